//! A server's account side in memory, as small as the tests of this module need, and able to lie.

use crate::transport::{Connection, HttpRequest, HttpResponse, Method, Transport, TransportError};
use async_trait::async_trait;
use rand::rngs::OsRng;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use undertone_mls::certificate::{verify_certificate, verify_signature};
use undertone_opaque::Identifiers;
use undertone_opaque::server::{
    LoginStart, ServerSetup, finish_login, finish_registration, start_login, start_registration,
};
use undertone_wire::account::*;
use undertone_wire::error::ErrorResponse;
use undertone_wire::guest::{BecomeAccountRequest, CreateGuestRequest, GuestStay, ProofChallenge, UserKind};
use undertone_wire::recovery::*;
use undertone_wire::session::*;
use undertone_wire::{DeviceId, ErrorBody, ErrorCode, LoginId, Timestamp, UserId, UserName};
use zeroize::Zeroizing;

/// What it knows of a user.
#[derive(Clone)]
pub(super) struct AccountRow {
    pub(super) name: UserName,
    pub(super) user: UserId,
    pub(super) identity_key: undertone_wire::Bytes,
    pub(super) vault: Vault,
    password_file: Vec<u8>,
    recovery_key: Vec<u8>,
}

struct SessionRow {
    user: UserId,
    name: UserName,
    kind: UserKind,
    signature_key: Vec<u8>,
    /// Counts the grants: a refresh token is "refresh <device> <n>". The one before gives the newest again.
    generation: u32,
}

/// The unique key of a name, and the state of its password exchange.
type LoginRow = (String, Zeroizing<Vec<u8>>);

/// How the next request of a path ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It never arrives.
    RequestLost,
    /// It is carried out, but its answer is lost.
    AnswerLost,
}

pub(super) struct FakeServer {
    setup: ServerSetup,
    pub(super) accounts: RefCell<BTreeMap<String, AccountRow>>,
    logins: RefCell<BTreeMap<LoginId, LoginRow>>,
    /// Names that a recovery was begun for.
    recoveries: RefCell<BTreeMap<LoginId, String>>,
    /// So many zero bits are asked of guests.
    pub(super) difficulty: Cell<Option<u8>>,
    sessions: RefCell<BTreeMap<DeviceId, SessionRow>>,
    pub(super) now: Cell<Timestamp>,
    /// The next request of this path fails so.
    pub(super) fault: RefCell<Option<(String, Fault)>>,
    /// Paths in order of arrival.
    pub(super) seen: RefCell<Vec<String>>,
    /// Access tokens that are not taken.
    pub(super) refuse_access: RefCell<Vec<String>>,
}

impl FakeServer {
    pub(super) fn new() -> Self {
        Self {
            setup: ServerSetup::generate(&mut OsRng),
            accounts: RefCell::default(),
            logins: RefCell::default(),
            recoveries: RefCell::default(),
            difficulty: Cell::new(None),
            sessions: RefCell::default(),
            now: Cell::new(Timestamp::from_millis(1_000_000)),
            fault: RefCell::default(),
            seen: RefCell::default(),
            refuse_access: RefCell::default(),
        }
    }

    pub(super) fn devices(&self) -> Vec<DeviceId> {
        self.sessions.borrow().keys().copied().collect()
    }

    pub(super) fn count(&self, path: &str) -> usize {
        self.seen.borrow().iter().filter(|seen| *seen == path).count()
    }

    pub(super) fn change(&self, name: &str, change: impl FnOnce(&mut AccountRow)) {
        change(self.accounts.borrow_mut().get_mut(name).unwrap());
    }

    /// Says of every guest that they are an account of this name.
    pub(super) fn promote(&self, name: &str) {
        for row in self.sessions.borrow_mut().values_mut() {
            (row.kind, row.name) = (UserKind::Account, name.parse().unwrap());
        }
    }

    /// Forgets every session, as after a revocation.
    pub(super) fn revoke_all(&self) {
        self.sessions.borrow_mut().clear();
    }

    fn answer(&self, request: &HttpRequest) -> Result<Vec<u8>, ErrorBody> {
        let refused = |code: ErrorCode| ErrorBody::new(code, code.as_str());
        if request.path == "/api/v1/guests" {
            return self.create_guest(&read(request.body.as_deref()));
        }
        self.answer_account(request).map_err(refused)
    }

    fn answer_account(&self, request: &HttpRequest) -> Result<Vec<u8>, ErrorCode> {
        let body = request.body.as_deref();
        match request.path.as_str() {
            "/api/v1/registration/start" => {
                let request: StartRegistrationRequest = read(body);
                let key = request.name.unique_key();
                let response =
                    start_registration(&self.setup, request.request.as_slice(), key.as_bytes()).unwrap();
                Ok(json(&StartRegistrationResponse {
                    response: response.into(),
                }))
            }
            "/api/v1/registration/finish" => self.register(read(body)),
            "/api/v1/login/start" => Ok(json(&self.start_login(&read(body)))),
            "/api/v1/login/finish" => self.finish_login(&read(body)),
            "/api/v1/devices" => {
                let request: AddDeviceRequest = read(body);
                let accounts = self.accounts.borrow();
                let account = accounts
                    .values()
                    .find(|account| account.user.to_string() == request.ticket)
                    .unwrap();
                Ok(self.grant(account, request.certificate.as_slice()))
            }
            "/api/v1/session/refresh" => self.refresh(&read(body)),
            "/api/v1/session" => self.session(request),
            "/api/v1/guests/account" => self.become_account(request),
            "/api/v1/recovery/start" => Ok(self.start_recovery(&read(body))),
            "/api/v1/recovery/prove" => self.prove_recovery(&read(body)),
            "/api/v1/recovery/finish" => self.finish_recovery(&read(body)),
            path => match path.strip_prefix("/api/v1/devices/") {
                Some(device) => {
                    assert_eq!(request.method, Method::Delete);
                    self.sessions.borrow_mut().remove(&device.parse().unwrap());
                    Ok(Vec::new())
                }
                None => panic!("no such path: {path}"),
            },
        }
    }

    fn register(&self, request: FinishRegistrationRequest) -> Result<Vec<u8>, ErrorCode> {
        let account = AccountRow {
            name: request.name.clone(),
            user: request.user,
            identity_key: request.identity_key,
            vault: request.vault,
            password_file: finish_registration(request.record.as_slice()).unwrap(),
            recovery_key: request.recovery_public_key.0.clone(),
        };
        let mut accounts = self.accounts.borrow_mut();
        if accounts.contains_key(&request.name.unique_key()) {
            return Err(ErrorCode::NameTaken);
        }
        assert_eq!(request.recovery_public_key.len(), 32);
        let answer = self.grant(&account, request.certificate.as_slice());
        accounts.insert(request.name.unique_key(), account);
        Ok(answer)
    }

    fn start_login(&self, request: &StartLoginRequest) -> StartLoginResponse {
        let key = request.name.unique_key();
        let accounts = self.accounts.borrow();
        let start = LoginStart {
            password_file: accounts.get(&key).map(|account| account.password_file.as_slice()),
            request: request.request.as_slice(),
            credential_identifier: key.as_bytes(),
            identifiers: Identifiers::new(key.as_bytes()),
        };
        let started = start_login(&mut OsRng, &self.setup, start).unwrap();
        let mut logins = self.logins.borrow_mut();
        let login = LoginId::from_bytes([u8::try_from(logins.len()).unwrap(); 16]);
        logins.insert(login, (key, started.state));
        StartLoginResponse {
            login,
            response: started.response.into(),
        }
    }

    fn finish_login(&self, request: &FinishLoginRequest) -> Result<Vec<u8>, ErrorCode> {
        let (key, state) = self
            .logins
            .borrow_mut()
            .remove(&request.login)
            .ok_or(ErrorCode::WrongCredentials)?;
        finish_login(
            &state,
            request.finalization.as_slice(),
            Identifiers::new(key.as_bytes()),
        )
        .map_err(|_| ErrorCode::WrongCredentials)?;
        let accounts = self.accounts.borrow();
        let account = &accounts[&key];
        Ok(json(&FinishLoginResponse {
            ticket: account.user.to_string(),
            user: account.user,
            name: account.name.clone(),
            identity_key: account.identity_key.clone(),
            vault: account.vault.clone(),
        }))
    }

    fn grant(&self, account: &AccountRow, certificate: &[u8]) -> Vec<u8> {
        let certificate = verify_certificate(certificate).unwrap();
        assert_eq!(certificate.user, account.user);
        assert_eq!(certificate.name, account.name);
        let row = SessionRow {
            user: account.user,
            name: account.name.clone(),
            kind: UserKind::Account,
            signature_key: certificate.signature_key.as_slice().to_vec(),
            generation: 1,
        };
        let answer = json(&self.session_grant(certificate.device, &row));
        self.sessions.borrow_mut().insert(certificate.device, row);
        answer
    }

    fn session_grant(&self, device: DeviceId, row: &SessionRow) -> SessionGrant {
        SessionGrant {
            user: row.user,
            name: row.name.clone(),
            kind: row.kind,
            stay: self.stay(row.kind),
            device,
            is_admin: false,
            access_token: format!("access {device} {}", row.generation),
            access_expires_at: self.now.get().plus(undertone_wire::limits::ACCESS_TOKEN_LIFE),
            refresh_token: format!("refresh {device} {}", row.generation),
        }
    }

    /// A guest stays for a day.
    fn stay(&self, kind: UserKind) -> Option<GuestStay> {
        (kind == UserKind::Guest).then(|| GuestStay {
            expires_at: self.now.get().plus(std::time::Duration::from_hours(24)),
        })
    }

    fn create_guest(&self, request: &CreateGuestRequest) -> Result<Vec<u8>, ErrorBody> {
        let challenge = b"find something".as_slice();
        if let Some(difficulty) = self.difficulty.get()
            && request
                .proof
                .as_ref()
                .is_none_or(|proof| proof.challenge.as_slice() != challenge)
        {
            let mut error = ErrorBody::new(ErrorCode::ProofRequired, "work");
            error.proof = Some(ProofChallenge {
                challenge: challenge.into(),
                difficulty,
            });
            return Err(error);
        }
        let certificate = verify_certificate(request.certificate.as_slice()).unwrap();
        assert_eq!(certificate.kind, UserKind::Guest);
        assert_eq!(certificate.user, request.user);
        let row = SessionRow {
            user: certificate.user,
            name: certificate.name,
            kind: UserKind::Guest,
            signature_key: certificate.signature_key.0,
            generation: 1,
        };
        let answer = json(&self.session_grant(certificate.device, &row));
        self.sessions.borrow_mut().insert(certificate.device, row);
        Ok(answer)
    }

    fn become_account(&self, request: &HttpRequest) -> Result<Vec<u8>, ErrorCode> {
        let (device, _) = parse_token("access", request.bearer.as_deref().unwrap()).unwrap();
        let request: BecomeAccountRequest = read(request.body.as_deref());
        let key = request.name.unique_key();
        let mut accounts = self.accounts.borrow_mut();
        if accounts.contains_key(&key) {
            return Err(ErrorCode::NameTaken);
        }
        let certificate = verify_certificate(request.certificate.as_slice()).unwrap();
        let mut sessions = self.sessions.borrow_mut();
        let row = sessions.get_mut(&device).ok_or(ErrorCode::SessionRevoked)?;
        assert_eq!((certificate.device, certificate.user), (device, row.user));
        assert_eq!(certificate.signature_key.0, row.signature_key);
        assert_eq!(
            (certificate.kind, &certificate.name),
            (UserKind::Account, &request.name)
        );
        (row.kind, row.name) = (UserKind::Account, request.name.clone());
        row.generation += 1;
        let account = AccountRow {
            name: request.name,
            user: row.user,
            identity_key: certificate.identity_key,
            vault: request.vault,
            password_file: finish_registration(request.record.as_slice()).unwrap(),
            recovery_key: request.recovery_public_key.0,
        };
        accounts.insert(key, account);
        Ok(json(&self.session_grant(device, row)))
    }

    fn start_recovery(&self, request: &StartRecoveryRequest) -> Vec<u8> {
        let mut recoveries = self.recoveries.borrow_mut();
        let recovery = LoginId::from_bytes([u8::try_from(recoveries.len()).unwrap(); 16]);
        recoveries.insert(recovery, request.name.unique_key());
        json(&StartRecoveryResponse {
            recovery,
            challenge: recovery.as_bytes().as_slice().into(),
        })
    }

    fn prove_recovery(&self, request: &ProveRecoveryRequest) -> Result<Vec<u8>, ErrorCode> {
        let key = self.recoveries.borrow()[&request.recovery].clone();
        let accounts = self.accounts.borrow();
        let account = accounts.get(&key).ok_or(ErrorCode::WrongCredentials)?;
        let signed = ProveRecoveryRequest::signed_bytes(&key, request.recovery.as_bytes());
        verify_signature(&account.recovery_key, &signed, request.signature.as_slice())
            .map_err(|_| ErrorCode::WrongCredentials)?;
        let response = start_registration(&self.setup, request.request.as_slice(), key.as_bytes()).unwrap();
        Ok(json(&ProveRecoveryResponse {
            ticket: key.clone(),
            user: account.user,
            name: account.name.clone(),
            identity_key: account.identity_key.clone(),
            vault: account.vault.clone(),
            response: response.into(),
        }))
    }

    fn finish_recovery(&self, request: &FinishRecoveryRequest) -> Result<Vec<u8>, ErrorCode> {
        let mut accounts = self.accounts.borrow_mut();
        let account = accounts.get_mut(&request.ticket).ok_or(ErrorCode::Unauthorized)?;
        account.password_file = finish_registration(request.record.as_slice()).unwrap();
        account.vault.key_by_password = request.key_by_password.clone();
        let user = account.user;
        self.sessions.borrow_mut().retain(|_, row| row.user != user);
        Ok(self.grant(account, request.certificate.as_slice()))
    }

    fn refresh(&self, request: &RefreshRequest) -> Result<Vec<u8>, ErrorCode> {
        let (device, generation) =
            parse_token("refresh", &request.refresh_token).ok_or(ErrorCode::Unauthorized)?;
        let mut sessions = self.sessions.borrow_mut();
        let row = sessions.get_mut(&device).ok_or(ErrorCode::SessionRevoked)?;
        let signed = RefreshRequest::signed_bytes(&request.refresh_token);
        verify_signature(&row.signature_key, &signed, request.signature.as_slice()).unwrap();
        if generation == row.generation {
            row.generation += 1;
        } else if generation + 1 != row.generation {
            sessions.remove(&device);
            return Err(ErrorCode::SessionRevoked);
        }
        let answer = json(&self.session_grant(device, row));
        Ok(answer)
    }

    fn session(&self, request: &HttpRequest) -> Result<Vec<u8>, ErrorCode> {
        let token = request.bearer.clone().unwrap();
        let (device, generation) = parse_token("access", &token).unwrap();
        let sessions = self.sessions.borrow();
        let row = sessions.get(&device).ok_or(ErrorCode::SessionRevoked)?;
        if self.refuse_access.borrow().contains(&token) || generation != row.generation {
            return Err(ErrorCode::Unauthorized);
        }
        let (user, name, kind) = (row.user, row.name.clone(), row.kind);
        Ok(json(&SessionResponse {
            user,
            name,
            kind,
            stay: self.stay(kind),
            device,
            is_admin: false,
        }))
    }
}

#[async_trait(?Send)]
impl Transport for FakeServer {
    async fn request(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        // Let others run, as a network would.
        tokio::task::yield_now().await;
        self.seen.borrow_mut().push(request.path.clone());
        let fault = self
            .fault
            .borrow_mut()
            .take_if(|(path, _)| *path == request.path)
            .map(|(_, fault)| fault);
        if fault == Some(Fault::RequestLost) {
            return Err(TransportError::TimedOut);
        }
        let answer = match self.answer(&request) {
            Ok(body) => HttpResponse { status: 200, body },
            Err(error) => HttpResponse {
                status: error.code.status(),
                body: json(&ErrorResponse { error }),
            },
        };
        if fault == Some(Fault::AnswerLost) {
            return Err(TransportError::TimedOut);
        }
        Ok(answer)
    }

    async fn connect(&self) -> Result<Connection, TransportError> {
        Err(TransportError::Closed)
    }

    fn origin(&self) -> &'static str {
        "https://test"
    }
}

fn parse_token(kind: &str, token: &str) -> Option<(DeviceId, u32)> {
    let mut words = token.split(' ');
    if words.next()? != kind {
        return None;
    }
    Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?))
}

fn read<T: DeserializeOwned>(body: Option<&[u8]>) -> T {
    serde_json::from_slice(body.unwrap()).unwrap()
}

fn json<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).unwrap()
}
