//! The operations on guests: how one comes, becomes an account, and ends. What a guest may do is judged
//! by the handlers.

use super::account::{Admission, CreateAccountError, KnownDevice, NewDevice, NewSession, SessionOwner};
use super::conversation::on_both;
use super::postgres::Retry;
use super::{Store, StoreError};
use crate::auth::{SessionId, TokenHash};
use undertone_wire::account::Vault;
use undertone_wire::{DeviceId, Timestamp, UserId};

/// A guest with their only device, whose certificate names both.
#[derive(Debug, Clone)]
pub struct NewGuest {
    /// With its certificate.
    pub device: NewDevice,
    /// The device's.
    pub session: NewSession,
    /// When they end, unless they come back before.
    pub until: Timestamp,
    /// Now.
    pub at: Timestamp,
}

impl NewGuest {
    /// Whose session it becomes.
    pub(super) fn owner(&self) -> SessionOwner {
        let body = &self.device.body;
        SessionOwner {
            user: body.user,
            name: body.name.clone(),
            is_admin: false,
            device: body.device,
            guest_until: Some(self.until),
        }
    }
}

/// Why a guest was not let in. Nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum CreateGuestError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The user, the device or the identity key is another's, or was.
    #[error("the id or the key is taken")]
    Taken,
}

impl Retry for CreateGuestError {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_transient())
    }
}

/// A guest who becomes an account. The session goes on with another refresh token.
#[derive(Debug, Clone)]
pub struct BecomeAccount {
    /// Who.
    pub user: UserId,
    /// The session that asks.
    pub session: SessionId,
    /// The hash of its next refresh token.
    pub refresh: TokenHash,
    /// What lets them.
    pub admission: Admission,
    /// The OPAQUE record.
    pub password_file: Vec<u8>,
    /// Ed25519.
    pub recovery_public_key: Vec<u8>,
    /// Sealed by the client.
    pub vault: Vault,
    /// Their device with its new certificate, which says the name.
    pub device: NewDevice,
    /// Now.
    pub at: Timestamp,
}

impl BecomeAccount {
    /// Whether what is stored is this guest, still here, and this device theirs.
    pub(super) fn judge(
        &self,
        guest_until: Option<Timestamp>,
        identity_key: &[u8],
        device: &KnownDevice,
    ) -> Result<(), BecomeAccountError> {
        let body = &self.device.body;
        if guest_until.is_none_or(|until| until <= self.at) {
            return Err(BecomeAccountError::NotGuest);
        }
        if body.user != self.user || body.identity_key.as_slice() != identity_key {
            return Err(BecomeAccountError::Certificate);
        }
        device
            .may_return(body)
            .map_err(|_another| BecomeAccountError::Certificate)
    }

    /// Whose session it is afterwards.
    pub(super) fn owner(&self, is_admin: bool) -> SessionOwner {
        let body = &self.device.body;
        SessionOwner {
            user: body.user,
            name: body.name.clone(),
            is_admin,
            device: body.device,
            guest_until: None,
        }
    }
}

/// Why a guest stays a guest. Nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum BecomeAccountError {
    /// As with any registration.
    #[error(transparent)]
    Account(#[from] CreateAccountError),
    /// Is an account already, or has ended.
    #[error("not a guest")]
    NotGuest,
    /// The certificate is not of this guest's device and keys.
    #[error("the certificate is not of this guest")]
    Certificate,
}

impl From<StoreError> for BecomeAccountError {
    fn from(error: StoreError) -> Self {
        Self::Account(error.into())
    }
}

impl Retry for BecomeAccountError {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Account(error) if error.is_transient())
    }
}

impl Store {
    /// Makes a guest and their session; the same device again gets a new session.
    pub async fn create_guest(&self, guest: NewGuest) -> Result<SessionOwner, CreateGuestError> {
        match self {
            Self::Sqlite(store) => store.create_guest(guest).await,
            Self::Postgres(store) => store.create_guest(guest).await,
        }
    }

    /// Makes an account of a guest: same user, same devices.
    pub async fn become_account(&self, change: BecomeAccount) -> Result<SessionOwner, BecomeAccountError> {
        match self {
            Self::Sqlite(store) => store.become_account(change).await,
            Self::Postgres(store) => store.become_account(change).await,
        }
    }
}

on_both! {
    /// Deletes the guests whose time is over, with all that is theirs, and ends the rooms in which nobody
    /// is left; names the devices that they had.
    guest::end_guests(now: Timestamp) -> Vec<DeviceId>;
}
