//! Tests of the message plane on a whole server: real groups, a real database, and where it matters
//! real sockets. What a person's devices do is in [`phone`].

mod blob;
mod creation;
mod door;
mod group;
mod guest;
mod hide;
mod key_package;
mod message;
mod metrics;
mod outage;
mod phone;
mod push;
mod room;
mod rough;
mod scale;
mod stream;
mod void;

use crate::auth::{SessionId, TokenHash};
use crate::clock::{Clock, ManualClock, SystemClock};
use crate::router::router;
use crate::server::{Environment, RunningServer, start};
use crate::state::AppState;
use crate::store::account::{Admission, NewAccount, NewDevice, NewSession};
use crate::store::guest::NewGuest;
use crate::{Checkpoints, Config};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use phone::Phone;
use rand::rngs::OsRng;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tempfile::TempDir;
use tower::ServiceExt;
use undertone_wire::account::Vault;
use undertone_wire::error::ErrorResponse;
use undertone_wire::guest::UserKind;
use undertone_wire::server_info::RegistrationPolicy;
use undertone_wire::{Bytes, ConversationId, ErrorCode, Timestamp};

/// A server with an encrypted file of its own.
pub(crate) struct Server {
    running: RunningServer,
    state: AppState,
    _directory: TempDir,
}

impl Server {
    /// With limits that no test reaches.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| ()).await
    }

    /// With other settings than the usual ones of tests.
    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        Self::start_by(Arc::new(SystemClock::start()), change).await
    }

    /// On a clock that stands still unless the test moves it.
    pub(crate) async fn start_still() -> (Self, Arc<ManualClock>) {
        Self::start_still_with(|_| ()).await
    }

    /// The same, with other settings.
    pub(crate) async fn start_still_with(change: impl FnOnce(&mut Config)) -> (Self, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::at(SystemClock::start().now()));
        (Self::start_by(clock.clone(), change).await, clock)
    }

    async fn start_by(clock: Arc<dyn Clock>, change: impl FnOnce(&mut Config)) -> Self {
        let directory = TempDir::new().unwrap();
        let environment = Environment {
            clock,
            checkpoints: Checkpoints::default(),
        };
        let mut config = Config::for_tests(directory.path());
        change(&mut config);
        let running = start(config, environment).await.unwrap();
        let state = running.state().clone();
        Self {
            running,
            state,
            _directory: directory,
        }
    }

    /// Registers a person with one device.
    pub(crate) async fn register(&self, name: &str) -> Phone {
        let phone = Phone::new(name);
        let (session, new) = session();
        let account = NewAccount {
            admission: self.admission().await,
            password_file: vec![1],
            recovery_public_key: vec![0; 32],
            vault: Vault {
                sealed: Bytes(vec![1]),
                key_by_password: Bytes(vec![1]),
                key_by_recovery: Bytes(vec![1]),
            },
            device: NewDevice {
                body: phone.body(),
                certificate: phone.mls.certificate.clone(),
            },
            session: new,
            at: self.now(),
        };
        self.state.store.create_account(account).await.unwrap();
        self.log_in(phone, session)
    }

    /// Lets a guest in.
    pub(crate) async fn guest(&self, name: &str) -> Phone {
        let phone = Phone::of(name, UserKind::Guest);
        let (session, new) = session();
        let guest = NewGuest {
            device: NewDevice {
                body: phone.body(),
                certificate: phone.mls.certificate.clone(),
            },
            session: new,
            until: self.now().plus(std::time::Duration::from_hours(24)),
            at: self.now(),
        };
        self.state.store.create_guest(guest).await.unwrap();
        self.log_in(phone, session)
    }

    /// Registers another device of the same person.
    pub(crate) async fn register_second(&self, first: &Phone) -> Phone {
        use crate::store::account::{AddDevice, NewTicket};
        let phone = first.second();
        let (session, new) = session();
        let ticket = new.refresh;
        let expires_at = self.now().plus(std::time::Duration::from_mins(1));
        self.state
            .store
            .finish_login(NewTicket {
                ticket,
                user: phone.user,
                expires_at,
            })
            .await
            .unwrap();
        let device = NewDevice {
            body: phone.body(),
            certificate: phone.mls.certificate.clone(),
        };
        self.state
            .store
            .add_device(AddDevice {
                ticket,
                device,
                session: new,
                at: self.now(),
            })
            .await
            .unwrap();
        self.log_in(phone, session)
    }

    fn log_in(&self, mut phone: Phone, session: SessionId) -> Phone {
        phone.token = self
            .state
            .tokens
            .issue(phone.user, phone.device, session, self.now())
            .unwrap()
            .0;
        phone
    }

    fn now(&self) -> Timestamp {
        self.state.clock.now()
    }

    async fn admission(&self) -> Admission {
        let token = session().1.refresh;
        if !self.state.store.renew_setup_token(token).await.unwrap() {
            return Admission::Nothing;
        }
        let registration = RegistrationPolicy::Open;
        Admission::Setup {
            token,
            server_name: "Test".to_owned(),
            registration,
        }
    }

    /// A request in the name of a device; the answer, or the documented refusal.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        phone: &Phone,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, undertone_wire::ErrorBody> {
        self.post_bytes(phone, path, serde_json::to_vec(body).unwrap())
            .await
    }

    pub(crate) async fn post_bytes<T: DeserializeOwned>(
        &self,
        phone: &Phone,
        path: &str,
        body: Vec<u8>,
    ) -> Result<T, undertone_wire::ErrorBody> {
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
        self.ask(phone, request.body(Body::from(body)).unwrap()).await
    }

    pub(crate) async fn put(
        &self,
        phone: &Phone,
        path: &str,
        body: &impl Serialize,
    ) -> Result<(), undertone_wire::ErrorBody> {
        let request = Request::put(path).header(header::CONTENT_TYPE, "application/json");
        let body = Body::from(serde_json::to_vec(body).unwrap());
        self.ask(phone, request.body(body).unwrap()).await
    }

    pub(crate) async fn delete(&self, phone: &Phone, path: &str) -> Result<(), undertone_wire::ErrorBody> {
        self.ask(phone, Request::delete(path).body(Body::empty()).unwrap())
            .await
    }

    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        phone: &Phone,
        path: &str,
    ) -> Result<T, undertone_wire::ErrorBody> {
        self.ask(phone, Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        phone: &Phone,
        mut request: Request<Body>,
    ) -> Result<T, undertone_wire::ErrorBody> {
        let bearer = format!("Bearer {}", phone.token);
        request
            .headers_mut()
            .insert(header::AUTHORIZATION, bearer.parse().unwrap());
        request
            .extensions_mut()
            .insert(ConnectInfo(SocketAddr::from((Ipv4Addr::LOCALHOST, 4))));
        let response = router(self.state.clone()).oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX)
            .await
            .unwrap();
        if status == StatusCode::NO_CONTENT {
            return Ok(serde_json::from_str("null").unwrap());
        }
        if status == StatusCode::OK {
            return Ok(serde_json::from_slice(&bytes).unwrap());
        }
        let refused = serde_json::from_slice::<ErrorResponse>(&bytes).unwrap().error;
        assert_eq!(status.as_u16(), refused.code.status());
        Err(refused)
    }
}

fn session() -> (SessionId, NewSession) {
    let session = SessionId::generate(&mut OsRng);
    let hash = [*session.as_bytes(), *SessionId::generate(&mut OsRng).as_bytes()].concat();
    let refresh = TokenHash::try_from(hash.as_slice()).unwrap();
    (session, NewSession { session, refresh })
}

/// The code of a refusal.
fn code<T: std::fmt::Debug>(outcome: Result<T, undertone_wire::ErrorBody>) -> ErrorCode {
    outcome.unwrap_err().code
}

/// Alice and Bob in a conversation that she began and he joined.
struct Talk {
    server: Server,
    alice: Phone,
    bob: Phone,
    id: ConversationId,
}

async fn talk() -> Talk {
    talk_with(|_| ()).await
}

/// The same, with other settings.
async fn talk_with(change: impl FnOnce(&mut Config)) -> Talk {
    let server = Server::start_with(change).await;
    let (mut alice, mut bob) = (server.register("alice").await, server.register("bob").await);
    bob.stock(&server, 3).await;
    let id = alice.begin(&server, bob.user).await;
    bob.join(&server.state.store.pending_welcomes(bob.device).await.unwrap()[0]);
    Talk {
        server,
        alice,
        bob,
        id,
    }
}
