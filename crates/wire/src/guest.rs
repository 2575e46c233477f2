//! Guests: people without an account, for a while. Everything about them is made on their device.

use crate::account::Vault;
use crate::{Bytes, Timestamp, UserId, UserName};
use serde::{Deserialize, Serialize};

/// What kind of user somebody is. It stands in every certificate of their devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum UserKind {
    /// Has a name of their own on this server, and a password.
    Account,
    /// Has a temporary name which others may have, too.
    Guest,
}

/// `POST /api/v1/guests`: makes a guest with their only device, and logs it in. Answered by
/// [`crate::session::SessionGrant`]. Repeating it with the same device gives a new session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateGuestRequest {
    /// Drawn at random by the device; it is in the certificate.
    pub user: UserId,
    /// CBOR of [`crate::device::DeviceCertificate`] with [`UserKind::Guest`]. It says the name.
    pub certificate: Bytes,
    /// Where the server asked for it.
    #[serde(default)]
    pub proof: Option<ProofOfWork>,
}

/// What a server under load asks of strangers, with the error `proof_required`: a `solution` such that
/// `SHA-256(challenge ‖ solution as 8 bytes, big endian)` begins with so many zero bits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProofChallenge {
    /// To be sent back. It ends after a minute and counts once.
    pub challenge: Bytes,
    /// How many zero bits.
    pub difficulty: u8,
}

/// An answer to a [`ProofChallenge`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProofOfWork {
    /// As it was asked.
    pub challenge: Bytes,
    /// What was found.
    pub solution: u64,
}

/// `POST /api/v1/guests/account`: the calling guest becomes an account: same user, same identity key,
/// same conversations. Begun by `registration/start` with the wanted name. Answered by
/// [`crate::session::SessionGrant`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BecomeAccountRequest {
    /// The wanted name.
    pub name: UserName,
    /// The OPAQUE `RegistrationRecord`.
    pub record: Bytes,
    /// The Ed25519 public key derived from the recovery key.
    pub recovery_public_key: Bytes,
    /// The sealed vault and its wraps.
    pub vault: Vault,
    /// The device's new certificate: the same keys, [`UserKind::Account`] and the new name.
    pub certificate: Bytes,
    /// Where registration is by invitation: the invitation.
    #[serde(default)]
    pub invitation: Option<String>,
}

/// What a guest knows of their own end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GuestStay {
    /// The guest ends then, unless they come back before: each refresh puts it off.
    pub expires_at: Timestamp,
}
