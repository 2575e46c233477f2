//! A server to call and people who call it, with the true client half of the password exchange.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use rand::rngs::OsRng;
use rand::{Rng, SeedableRng};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use tokio::sync::watch;
use tower::ServiceExt;
use undertone_mls::{DeviceKey, IdentityKey};
use undertone_opaque::{Identifiers, client};
use undertone_wire::account::{
    FinishRegistrationRequest, StartRegistrationRequest, StartRegistrationResponse, Vault,
};
use undertone_wire::device::DeviceCertificateBody;
use undertone_wire::error::ErrorResponse;
use undertone_wire::guest::UserKind;
use undertone_wire::server_info::{RegistrationPolicy, SetupRequest};
use undertone_wire::session::{
    AddDeviceRequest, FinishLoginRequest, FinishLoginResponse, RefreshRequest, SessionGrant,
    StartLoginRequest, StartLoginResponse,
};
use undertone_wire::{Bytes, DeviceId, ErrorBody, ErrorCode, Timestamp, UserId, UserName};

use crate::auth::TypedCode;
use crate::blob::Blobs;
use crate::clock::{Clock, ManualClock};
use crate::config::Config;
use crate::key_file::Keys;
use crate::router::router;
use crate::server::Environment;
use crate::state::{AppState, Assembly};
use crate::store::suite::TestStore;

/// An answer of the server.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    pub(super) fn json<T: DeserializeOwned>(&self) -> T {
        assert!(self.status.is_success(), "{} {}", self.status, self.text());
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(super) fn error(&self) -> ErrorBody {
        let response: ErrorResponse = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(self.status.as_u16(), response.error.code.status());
        response.error
    }

    pub(super) fn code(&self) -> ErrorCode {
        self.error().code
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

pub(super) struct World {
    pub(super) state: AppState,
    pub(super) clock: Arc<ManualClock>,
    pub(super) setup_token: String,
    router: Router,
    peer: SocketAddr,
    _store: TestStore,
    _stop: watch::Sender<bool>,
}

impl World {
    /// A server that nobody administers yet.
    pub(super) async fn new(store: TestStore) -> Self {
        Self::with_config(store, |config| {
            config.limit_scale = NonZeroU32::new(1000).unwrap();
        })
        .await
    }

    pub(super) async fn with_config(store: TestStore, change: impl FnOnce(&mut Config)) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_800_000_000_000)));
        let (stop, shutdown) = watch::channel(false);
        let mut config = Config::new("unused");
        change(&mut config);
        let mut rng = rand::rngs::StdRng::seed_from_u64(1);
        let blobs = Blobs::at(config.data_dir.join("blobs"));
        let state = AppState::assemble(Assembly {
            blobs,
            config,
            store: (*store).clone(),
            bus: crate::bus::Bus::alone(crate::delivery::Hub::default()),
            keys: Keys::generate(&mut rng),
            environment: Environment {
                clock: clock.clone(),
                checkpoints: crate::Checkpoints::default(),
            },
            local_ca: None,
            shutdown,
        })
        .unwrap();
        let code = TypedCode::generate(&mut OsRng);
        assert!(state.store.renew_setup_token(code.setup_hash()).await.unwrap());
        let router = router(state.clone());
        let peer = SocketAddr::from(([203, 0, 113, 77], 50_000));
        Self {
            state,
            clock,
            setup_token: code.to_text(),
            router,
            peer,
            _store: store,
            _stop: stop,
        }
    }

    /// A server that is set up, with its first administrator.
    pub(super) async fn set_up(store: TestStore, registration: RegistrationPolicy) -> (Self, Person) {
        let world = Self::new(store).await;
        let root = world.make_administrator("root", registration).await.unwrap();
        (world, root)
    }

    pub(super) async fn make_administrator(
        &self,
        name: &str,
        registration: RegistrationPolicy,
    ) -> Result<Person, ErrorBody> {
        let setup = SetupRequest {
            token: self.setup_token.clone(),
            server_name: "Home".to_owned(),
            registration,
        };
        self.register_with(name, |request| request.setup = Some(setup))
            .await
    }

    /// The same server as another network sees it.
    pub(super) fn come_from(&mut self, address: [u8; 4]) {
        self.peer = SocketAddr::from((address, 50_000));
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Answer {
        let mut request = request;
        request.extensions_mut().insert(ConnectInfo(self.peer));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 16 * 1024 * 1024).await.unwrap().to_vec();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    pub(super) async fn call(&self, method: Method, path: &str, token: Option<&str>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub(super) async fn get(&self, path: &str, person: &Person) -> Answer {
        self.call(Method::GET, path, Some(&person.grant.access_token))
            .await
    }

    pub(super) async fn post<T: Serialize>(&self, path: &str, body: &T) -> Answer {
        self.post_by(path, body, None).await
    }

    pub(super) async fn post_by<T: Serialize>(&self, path: &str, body: &T, token: Option<&str>) -> Answer {
        let request = Request::builder().method(Method::POST).uri(path);
        let mut request = request.header(header::CONTENT_TYPE, "application/json");
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        self.send(
            request
                .body(Body::from(serde_json::to_vec(body).unwrap()))
                .unwrap(),
        )
        .await
    }

    pub(super) async fn register(&self, name: &str) -> Result<Person, ErrorBody> {
        self.register_with(name, |_| ()).await
    }

    /// Registers, after the last request was changed so.
    pub(super) async fn register_with(
        &self,
        name: &str,
        change: impl FnOnce(&mut FinishRegistrationRequest),
    ) -> Result<Person, ErrorBody> {
        let draft = Draft::new(name);
        let mut request = self.start_registration(&draft).await?;
        change(&mut request);
        let answer = self.post("/api/v1/registration/finish", &request).await;
        if !answer.status.is_success() {
            return Err(answer.error());
        }
        Ok(Person {
            grant: answer.json(),
            name: draft.name,
            identity: draft.identity,
            device: draft.device,
        })
    }

    /// The first half; yields what the second sends.
    pub(super) async fn start_registration(
        &self,
        draft: &Draft,
    ) -> Result<FinishRegistrationRequest, ErrorBody> {
        let (registration, request) = client::Registration::start(&mut OsRng, PASSWORD).unwrap();
        let start = StartRegistrationRequest {
            name: draft.name.clone(),
            request: request.into(),
        };
        let answer = self.post("/api/v1/registration/start", &start).await;
        if !answer.status.is_success() {
            return Err(answer.error());
        }
        let response = answer.json::<StartRegistrationResponse>().response;
        let name_key = draft.name.unique_key();
        let identifiers = Identifiers::new(name_key.as_bytes());
        let registered = registration
            .finish(&mut OsRng, response.as_slice(), identifiers)
            .unwrap();
        Ok(FinishRegistrationRequest {
            name: draft.name.clone(),
            user: draft.user,
            record: registered.record.into(),
            identity_key: Bytes(draft.identity.public().to_vec()),
            recovery_public_key: Bytes(vec![5; 32]),
            vault: vault(),
            certificate: draft.certificate().into(),
            invitation: None,
            setup: None,
        })
    }

    /// The password exchange. `Err` is the client's view or the server's.
    pub(super) async fn log_in(
        &self,
        name: &str,
        password: &[u8],
    ) -> Result<FinishLoginResponse, LoginFailure> {
        let name: UserName = name.parse().unwrap();
        let (login, request) = client::Login::start(&mut OsRng, password).unwrap();
        let start = StartLoginRequest {
            name: name.clone(),
            request: request.into(),
        };
        let answer = self.post("/api/v1/login/start", &start).await;
        if !answer.status.is_success() {
            return Err(LoginFailure::Refused(answer.error()));
        }
        let started: StartLoginResponse = answer.json();
        let name_key = name.unique_key();
        let finished = login.finish(
            &mut OsRng,
            started.response.as_slice(),
            Identifiers::new(name_key.as_bytes()),
        );
        let Ok(finished) = finished else {
            return Err(LoginFailure::WrongPassword(started));
        };
        let finish = FinishLoginRequest {
            login: started.login,
            finalization: finished.finalization.into(),
        };
        let answer = self.post("/api/v1/login/finish", &finish).await;
        if answer.status.is_success() {
            Ok(answer.json())
        } else {
            Err(LoginFailure::Refused(answer.error()))
        }
    }

    pub(super) async fn add_device(&self, ticket: &str, certificate: Vec<u8>) -> Answer {
        let request = AddDeviceRequest {
            ticket: ticket.to_owned(),
            certificate: certificate.into(),
        };
        self.post("/api/v1/devices", &request).await
    }

    /// Refreshes with this token, signed by the person's device.
    pub(super) async fn refresh(
        &self,
        person: &Person,
        refresh_token: &str,
    ) -> Result<SessionGrant, ErrorBody> {
        let signature = person
            .device
            .sign(&RefreshRequest::signed_bytes(refresh_token))
            .to_vec()
            .into();
        let request = RefreshRequest {
            refresh_token: refresh_token.to_owned(),
            signature,
        };
        let answer = self.post("/api/v1/session/refresh", &request).await;
        if answer.status.is_success() {
            Ok(answer.json())
        } else {
            Err(answer.error())
        }
    }
}

/// Why a login failed: the client saw it, or the server said so.
#[derive(Debug)]
pub(super) enum LoginFailure {
    WrongPassword(StartLoginResponse),
    Refused(ErrorBody),
}

/// Everybody's password.
pub(super) const PASSWORD: &[u8] = b"correct horse battery staple";

pub(super) fn vault() -> Vault {
    let part = || Bytes(vec![9; 64]);
    Vault {
        sealed: part(),
        key_by_password: part(),
        key_by_recovery: part(),
    }
}

/// Somebody who is about to register.
pub(super) struct Draft {
    pub(super) name: UserName,
    pub(super) user: UserId,
    pub(super) device_id: DeviceId,
    pub(super) identity: IdentityKey,
    pub(super) device: DeviceKey,
}

impl Draft {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.parse().unwrap(),
            user: UserId::from_bytes(OsRng.r#gen()),
            device_id: DeviceId::from_bytes(OsRng.r#gen()),
            identity: IdentityKey::generate().unwrap(),
            device: DeviceKey::generate().unwrap(),
        }
    }

    pub(super) fn certificate(&self) -> Vec<u8> {
        certify(
            &self.identity,
            body(
                self.user,
                &self.name,
                self.device_id,
                &self.identity,
                &self.device,
            ),
        )
    }
}

/// Somebody who has an account.
pub(super) struct Person {
    pub(super) grant: SessionGrant,
    pub(super) name: UserName,
    pub(super) identity: IdentityKey,
    pub(super) device: DeviceKey,
}

impl Person {
    /// A certificate of theirs for a device.
    pub(super) fn certify(&self, device: DeviceId, key: &DeviceKey) -> Vec<u8> {
        certify(
            &self.identity,
            body(self.grant.user, &self.name, device, &self.identity, key),
        )
    }
}

pub(super) fn body(
    user: UserId,
    name: &UserName,
    device: DeviceId,
    identity: &IdentityKey,
    key: &DeviceKey,
) -> DeviceCertificateBody {
    DeviceCertificateBody {
        version: 1,
        user,
        kind: UserKind::Account,
        name: name.clone(),
        device,
        identity_key: Bytes(identity.public().to_vec()),
        signature_key: Bytes(key.public().to_vec()),
        issued_at: ManualClock::at(Timestamp::from_millis(1)).now(),
    }
}

pub(super) fn certify(identity: &IdentityKey, body: DeviceCertificateBody) -> Vec<u8> {
    identity.certify(body).unwrap()
}
