//! Why someone could not be registered, logged in or kept signed in.

use super::password::InvalidPassword;
use super::recovery_key::InvalidRecoveryKey;
use super::vault::VaultError;
use crate::platform::NoEstimate;
use crate::store::StoreError;
use crate::transport::api::ApiError;
use undertone_mls::certificate::{CertificateError, NoRandomness};
use undertone_opaque::OpaqueError;
use undertone_wire::text::InvalidUserName;

/// A failure of [`super::Account`].
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The name is not a valid one.
    #[error("{0}")]
    Name(#[from] InvalidUserName),
    /// The password cannot be taken.
    #[error("{0}")]
    Password(#[from] InvalidPassword),
    /// Nobody could say how strong the password is.
    #[error("{0}")]
    NoEstimate(#[from] NoEstimate),
    /// The name and the password do not fit together, or there is no such name.
    #[error("that name and password do not fit together")]
    WrongCredentials,
    /// This device is signed in already.
    #[error("someone is signed in on this device already")]
    SignedIn,
    /// This device holds the messages of another user.
    #[error("this device holds the messages of another account; log that one out first")]
    OtherAccount,
    /// Nobody is signed in.
    #[error("nobody is signed in")]
    SignedOut,
    /// What was typed is not a recovery key.
    #[error("{0}")]
    RecoveryKey(#[from] InvalidRecoveryKey),
    /// Who is signed in is not a guest.
    #[error("you have an account already")]
    NoGuest,
    /// The guest who was signed in has ended; nothing of them is left on this device.
    #[error("your time as a guest is over; nothing of it is left on this device")]
    GuestEnded,
    /// A server asks for more work than it may.
    #[error("the server asks this device to work for too long")]
    ProofTooHard,
    /// The server has ended this device's session.
    #[error("the server has ended this session; log in again")]
    SessionEnded,
    /// The identity key that the server names is not the one in the vault, or its answer belongs to
    /// someone else. Nothing was stored.
    #[error("the server's answer does not belong to this account: it may be lying, or be broken")]
    ServerDisagrees,
    /// The vault stays closed.
    #[error("{0}")]
    Vault(#[from] VaultError),
    /// The password exchange broke off.
    #[error("the password exchange with the server failed")]
    Exchange(#[source] OpaqueError),
    /// A certificate could not be made.
    #[error("this device could not be certified")]
    Certificate(#[from] CertificateError),
    /// The system gives no randomness.
    #[error("{0}")]
    NoRandomness(#[from] NoRandomness),
    /// The server refused, or could not be asked.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The device's store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AccountError {
    /// A stable word for programs, in the manner of [`undertone_wire::ErrorCode`]. `None` for what the
    /// server or the store said: they have codes of their own.
    pub fn code(&self) -> Option<&'static str> {
        Some(match self {
            Self::Name(_) => "name_invalid",
            Self::Password(InvalidPassword::Weak(_)) => "weak_password",
            Self::Password(_) => "password_invalid",
            Self::NoEstimate(_) => "strength_unknown",
            Self::WrongCredentials => "wrong_credentials",
            Self::SignedIn => "signed_in",
            Self::OtherAccount => "other_account",
            Self::SignedOut => "signed_out",
            Self::SessionEnded => "session_revoked",
            Self::RecoveryKey(_) => "recovery_key_invalid",
            Self::NoGuest => "not_a_guest",
            Self::GuestEnded => "guest_ended",
            Self::ProofTooHard => "proof_too_hard",
            Self::ServerDisagrees => "server_disagrees",
            Self::Vault(_) => "vault_closed",
            Self::Exchange(_) | Self::Certificate(_) | Self::NoRandomness(_) => "internal",
            Self::Api(_) | Self::Store(_) => return None,
        })
    }
}

impl From<OpaqueError> for AccountError {
    fn from(error: OpaqueError) -> Self {
        match error {
            OpaqueError::WrongPassword => Self::WrongCredentials,
            error => Self::Exchange(error),
        }
    }
}
