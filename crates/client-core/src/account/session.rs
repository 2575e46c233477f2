//! Who is signed in on this device, and the tokens that prove it to the server (design D8).

use super::AccountError;
use crate::platform::Platform;
use crate::store::Store;
use crate::store::session::{StoredSession, Tokens};
use crate::transport::api::{Api, ApiError};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::time::Duration;
use undertone_mls::certificate::{DeviceKey, verify_certificate};
use undertone_mls::group::MlsDevice;
use undertone_wire::guest::UserKind;
use undertone_wire::limits::ACCESS_TOKEN_LIFE;
use undertone_wire::session::{RefreshRequest, SessionGrant};
use undertone_wire::{DeviceId, ErrorCode, Timestamp, UserId, UserName};
use zeroize::Zeroizing;

/// A token is renewed when less than this is left of it.
const RENEW_BEFORE: Duration = Duration::from_mins(1);

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Whose.
    pub user: UserId,
    /// The name as it was registered.
    pub name: UserName,
    /// This device.
    pub device: DeviceId,
    /// Whether the user administers the server.
    pub is_admin: bool,
    /// Account or guest.
    pub kind: UserKind,
    /// Of a guest: when they end, unless the session is renewed before.
    pub stay_until: Option<Timestamp>,
}

/// What goes into `Authorization` and the first WebSocket frame. `Debug` does not show it.
#[derive(Clone)]
pub struct AccessToken {
    /// The JWT.
    pub token: Zeroizing<String>,
    /// When it ends, by the server's clock.
    pub expires_at: Timestamp,
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccessToken(until {})", self.expires_at)
    }
}

/// The account on this device.
pub struct Account {
    pub(super) store: Rc<Store>,
    pub(super) platform: Rc<dyn Platform>,
    pub(super) api: Api,
    pub(super) state: RefCell<State>,
    /// Whoever holds it is asking for new tokens; the others wait and take what it got.
    renewing: futures::lock::Mutex<()>,
    /// Whether the last who was signed in was a guest who has ended.
    guest_ended: Cell<bool>,
}

/// What the device knows of its user.
pub(super) enum State {
    /// Nobody was ever signed in, or they logged out.
    SignedOut,
    /// The server ended the session; the device's keys and messages are kept for the same user.
    Ended(Box<StoredSession>),
    /// A session that lives, as far as this device knows.
    SignedIn(SignedIn),
}

pub(super) struct SignedIn {
    stored: Box<StoredSession>,
    mls: Rc<MlsDevice>,
    freshness: Freshness,
}

/// How much an access token is good for.
enum Freshness {
    /// From the store: by the clock on the wall, which may be wrong; the server has the last word.
    Stored,
    /// Granted to this process: good until then, by the monotonic clock.
    Granted { renew_at_ms: u64 },
    /// The server did not take it.
    Spent,
}

impl SignedIn {
    fn new(stored: Box<StoredSession>, freshness: Freshness) -> Self {
        let key = DeviceKey::from_seed(&stored.device_key_seed);
        let mls = Rc::new(MlsDevice {
            key,
            certificate: stored.certificate.clone(),
        });
        Self {
            stored,
            mls,
            freshness,
        }
    }

    fn token(&self) -> AccessToken {
        AccessToken {
            token: self.stored.access_token.clone(),
            expires_at: self.stored.access_expires_at,
        }
    }
}

/// The guest whom the server calls an account now. Only who asked for that has the certificate.
fn become_account(
    guest: &StoredSession,
    name: &UserName,
    tokens: Tokens,
) -> Result<StoredSession, AccountError> {
    let certificate = guest.next_certificate.clone();
    let certificate = certificate.ok_or(AccountError::ServerDisagrees)?;
    let body = verify_certificate(&certificate)?;
    if body.name != *name || body.kind != UserKind::Account {
        return Err(AccountError::ServerDisagrees);
    }
    Ok(StoredSession {
        name: body.name,
        kind: body.kind,
        certificate,
        identity_seed: None,
        next_certificate: None,
        renew_leaves: true,
        stay_until: tokens.stay_until,
        is_admin: tokens.is_admin,
        access_token: tokens.access_token,
        access_expires_at: tokens.access_expires_at,
        refresh_token: tokens.refresh_token,
        ..guest.clone()
    })
}

impl Account {
    /// Loads what the store knows. Nothing goes over the network.
    pub fn new(store: Rc<Store>, platform: Rc<dyn Platform>, api: Api) -> Result<Self, AccountError> {
        let state = match store.session()?.map(Box::new) {
            None => State::SignedOut,
            Some(stored) if stored.refresh_token.is_empty() => State::Ended(stored),
            Some(stored) => State::SignedIn(SignedIn::new(stored, Freshness::Stored)),
        };
        Ok(Self {
            guest_ended: Cell::new(store.guest_ended()?),
            store,
            platform,
            api,
            state: RefCell::new(state),
            renewing: futures::lock::Mutex::new(()),
        })
    }

    /// Who is signed in.
    pub fn session(&self) -> Option<Session> {
        self.signed_in(|signed_in| {
            let stored = &signed_in.stored;
            Session {
                user: stored.user,
                name: stored.name.clone(),
                device: stored.device,
                is_admin: stored.is_admin,
                kind: stored.kind,
                stay_until: stored.stay_until,
            }
        })
    }

    /// True when the server has ended the session: the same user may log in again and go on.
    pub fn is_ended(&self) -> bool {
        matches!(&*self.state.borrow(), State::Ended(_))
    }

    /// True when the last who was signed in was a guest whose time is over, until somebody else is.
    pub fn is_guest_ended(&self) -> bool {
        self.guest_ended.get()
    }

    /// What signs for this device in its groups.
    pub fn mls_device(&self) -> Option<Rc<MlsDevice>> {
        self.signed_in(|signed_in| Rc::clone(&signed_in.mls))
    }

    /// The public half of the user's identity key.
    pub fn identity_key(&self) -> Option<[u8; 32]> {
        self.signed_in(|signed_in| signed_in.stored.identity_key)
    }

    /// An access token with at least a minute left, renewed if need be. Cancel safe: a renewal whose
    /// answer was not stored is asked for again with the same refresh token.
    pub async fn access_token(&self) -> Result<AccessToken, AccountError> {
        if let Some(token) = self.fresh_token()? {
            return Ok(token);
        }
        let _turn = self.renewing.lock().await;
        // Whoever had the turn before may have brought one.
        match self.fresh_token()? {
            Some(token) => Ok(token),
            None => self.renew().await,
        }
    }

    /// The server did not take the token: the next call asks for another.
    pub fn forget_access_token(&self) {
        if let State::SignedIn(signed_in) = &mut *self.state.borrow_mut() {
            signed_in.freshness = Freshness::Spent;
        }
    }

    /// Makes a call with an access token, and once more with a new one if the server finds the first
    /// too old.
    pub async fn authorized<T>(
        &self,
        call: impl AsyncFn(&str) -> Result<T, ApiError>,
    ) -> Result<T, AccountError> {
        let token = self.access_token().await?;
        let mut result = call(&token.token).await;
        if result
            .as_ref()
            .is_err_and(|error| error.code() == Some(ErrorCode::Unauthorized))
        {
            self.spend(&token);
            let token = self.access_token().await?;
            result = call(&token.token).await;
        }
        match result {
            Err(error) if error.code() == Some(ErrorCode::SessionRevoked) => {
                self.end_here()?;
                Err(self.ended())
            }
            result => Ok(result?),
        }
    }

    /// Retires this device at the server, which ends its session, and deletes everything on it. Fails,
    /// and changes nothing, when the server cannot be asked.
    pub async fn logout(&self) -> Result<(), AccountError> {
        if let Some(Session { device, .. }) = self.session() {
            match self
                .authorized(async |token| self.api.revoke_device(token, device).await)
                .await
            {
                Ok(()) | Err(AccountError::SessionEnded | AccountError::GuestEnded) => {}
                Err(error) => return Err(error),
            }
        }
        self.store.wipe()?;
        *self.state.borrow_mut() = State::SignedOut;
        Ok(())
    }

    /// Asks for a new grant now, which puts a guest's end off.
    pub async fn stay(&self) -> Result<(), AccountError> {
        self.forget_access_token();
        self.access_token().await.map(drop)
    }

    /// The server said that the session is over, on the WebSocket for example: signs out and keeps
    /// keys and messages for the same user. Of a guest nothing is kept: nobody can be them again.
    pub fn end_here(&self) -> Result<(), AccountError> {
        let state = self.state.replace(State::SignedOut);
        let State::SignedIn(signed_in) = state else {
            self.state.replace(state);
            return Ok(());
        };
        let mut stored = signed_in.stored;
        if stored.kind == UserKind::Guest {
            self.guest_ended.set(true);
            self.store.wipe()?;
            return Ok(self.store.set_guest_ended(true)?);
        }
        stored.access_token = Zeroizing::default();
        stored.refresh_token = Zeroizing::default();
        let saved = self.store.save_session(&stored);
        self.state.replace(State::Ended(stored));
        Ok(saved?)
    }

    /// A session was granted: stored, then used.
    pub(super) fn begin(&self, stored: StoredSession) -> Result<(), AccountError> {
        self.store.save_session(&stored)?;
        if self.guest_ended.replace(false) {
            self.store.set_guest_ended(false)?;
        }
        let signed_in = SignedIn::new(Box::new(stored), self.granted_now());
        self.state.replace(State::SignedIn(signed_in));
        Ok(())
    }

    /// Why there is no session any more, after [`Self::end_here`].
    fn ended(&self) -> AccountError {
        if self.guest_ended.get() {
            AccountError::GuestEnded
        } else {
            AccountError::SessionEnded
        }
    }

    /// What is stored of who is signed in.
    pub(super) fn stored(&self) -> Option<StoredSession> {
        self.signed_in(|signed_in| signed_in.stored.as_ref().clone())
    }

    /// Whether the leaves of this device still have the certificate of before.
    pub(crate) fn wants_leaves_renewed(&self) -> bool {
        self.signed_in(|signed_in| signed_in.stored.renew_leaves) == Some(true)
    }

    /// The store knows that they will get the new one.
    pub(crate) fn leaves_renewed(&self) {
        if let State::SignedIn(signed_in) = &mut *self.state.borrow_mut() {
            signed_in.stored.renew_leaves = false;
        }
    }

    /// Keeps the certificate of the account that a guest is about to become, so that it is there if the
    /// server's answer is lost.
    pub(super) fn keep_next_certificate(&self, certificate: &[u8]) -> Result<(), AccountError> {
        if let State::SignedIn(signed_in) = &mut *self.state.borrow_mut() {
            signed_in.stored.next_certificate = Some(certificate.to_vec());
            self.store.save_session(&signed_in.stored)?;
        }
        Ok(())
    }

    fn signed_in<T>(&self, read: impl FnOnce(&SignedIn) -> T) -> Option<T> {
        match &*self.state.borrow() {
            State::SignedIn(signed_in) => Some(read(signed_in)),
            State::SignedOut | State::Ended(_) => None,
        }
    }

    /// `None` if the token must be renewed.
    fn fresh_token(&self) -> Result<Option<AccessToken>, AccountError> {
        let state = self.state.borrow();
        let signed_in = match &*state {
            State::SignedIn(signed_in) => signed_in,
            State::SignedOut => return Err(AccountError::SignedOut),
            State::Ended(_) => return Err(AccountError::SessionEnded),
        };
        let stored = &signed_in.stored;
        let fresh = match signed_in.freshness {
            Freshness::Stored => self.platform.now().plus(RENEW_BEFORE) < stored.access_expires_at,
            Freshness::Granted { renew_at_ms } => self.platform.monotonic_ms() < renew_at_ms,
            Freshness::Spent => false,
        };
        Ok(fresh.then(|| signed_in.token()))
    }

    /// Forgets a token unless a newer one has taken its place.
    fn spend(&self, token: &AccessToken) {
        let current = self.signed_in(|signed_in| signed_in.stored.access_token == token.token);
        if current == Some(true) {
            self.forget_access_token();
        }
    }

    async fn renew(&self) -> Result<AccessToken, AccountError> {
        let request = self
            .signed_in(|signed_in| {
                let refresh_token = signed_in.stored.refresh_token.to_string();
                let signature = signed_in
                    .mls
                    .key
                    .sign(&RefreshRequest::signed_bytes(&refresh_token));
                RefreshRequest {
                    refresh_token,
                    signature: signature.to_vec().into(),
                }
            })
            .ok_or(AccountError::SignedOut)?;
        let grant = match self.api.refresh(&request).await {
            Ok(grant) => grant,
            Err(error) => {
                return match error.code() {
                    // Here both mean the same: the server knows no session with this token.
                    Some(ErrorCode::SessionRevoked | ErrorCode::Unauthorized) => {
                        self.end_here()?;
                        Err(self.ended())
                    }
                    _ => Err(error.into()),
                };
            }
        };
        self.accept_grant(grant)
    }

    /// The new refresh token is stored before anything else is done with the grant. Until it was presented
    /// itself, the old one gives the same again, so nothing is lost if this device stops before (see
    /// [`RefreshRequest`]).
    pub(super) fn accept_grant(&self, grant: SessionGrant) -> Result<AccessToken, AccountError> {
        let renewed = self.granted_now();
        let mut state = self.state.borrow_mut();
        let State::SignedIn(signed_in) = &mut *state else {
            // Logged out while the answer was under way.
            return Err(AccountError::SignedOut);
        };
        let stored = &mut signed_in.stored;
        if grant.user != stored.user || grant.device != stored.device {
            return Err(AccountError::ServerDisagrees);
        }
        let tokens = Tokens {
            access_token: Zeroizing::new(grant.access_token),
            access_expires_at: grant.access_expires_at,
            refresh_token: Zeroizing::new(grant.refresh_token),
            is_admin: grant.is_admin,
            stay_until: grant.stay.map(|stay| stay.expires_at),
        };
        if grant.kind != stored.kind {
            *signed_in = SignedIn::new(Box::new(become_account(stored, &grant.name, tokens)?), renewed);
            self.store.save_session(&signed_in.stored)?;
            return Ok(signed_in.token());
        }
        self.store.save_tokens(&tokens)?;
        stored.access_token = tokens.access_token;
        stored.access_expires_at = tokens.access_expires_at;
        stored.refresh_token = tokens.refresh_token;
        stored.is_admin = tokens.is_admin;
        stored.stay_until = tokens.stay_until;
        signed_in.freshness = renewed;
        Ok(signed_in.token())
    }

    fn granted_now(&self) -> Freshness {
        let good_for = ACCESS_TOKEN_LIFE.saturating_sub(RENEW_BEFORE);
        let good_for_ms = u64::try_from(good_for.as_millis()).unwrap_or_default();
        Freshness::Granted {
            renew_at_ms: self.platform.monotonic_ms().saturating_add(good_for_ms),
        }
    }
}
