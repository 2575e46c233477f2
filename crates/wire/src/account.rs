//! Accounts: registration, the people list and the vault.

use crate::device::DeviceSummary;
use crate::server_info::SetupRequest;
use crate::{Bytes, UserId, UserName};
use serde::{Deserialize, Serialize};

/// `POST /api/v1/registration/start`: the first half of OPAQUE registration (RFC 9807 section 5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StartRegistrationRequest {
    /// The wanted name.
    pub name: UserName,
    /// The OPAQUE `RegistrationRequest`.
    pub request: Bytes,
}

/// The answer to [`StartRegistrationRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StartRegistrationResponse {
    /// The OPAQUE `RegistrationResponse`.
    pub response: Bytes,
}

/// `POST /api/v1/registration/finish`: makes account and first device in one transaction and logs
/// the device in. Answered by [`crate::session::SessionGrant`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FinishRegistrationRequest {
    /// The same name as at the start.
    pub name: UserName,
    /// The id that the client drew at random; it is in the certificate.
    pub user: UserId,
    /// The OPAQUE `RegistrationRecord`.
    pub record: Bytes,
    /// The user's Ed25519 identity key (32 bytes) which certifies devices.
    pub identity_key: Bytes,
    /// The Ed25519 public key (32 bytes) derived from the recovery key.
    pub recovery_public_key: Bytes,
    /// The sealed vault and its wraps.
    pub vault: Vault,
    /// The first device's certificate: CBOR of [`crate::device::DeviceCertificate`].
    pub certificate: Bytes,
    /// Where registration is by invitation: the invitation.
    #[serde(default)]
    pub invitation: Option<String>,
    /// Only with the one-time set-up token: makes this the first administrator.
    #[serde(default)]
    pub setup: Option<SetupRequest>,
}

/// What the server keeps for a user and cannot open: identity secret, archive key and conversation
/// state keys, sealed under a random vault key that is wrapped twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Vault {
    /// The contents, sealed under the vault key.
    pub sealed: Bytes,
    /// The vault key, sealed under a key derived from the OPAQUE export key.
    pub key_by_password: Bytes,
    /// The vault key, sealed under a key derived from the recovery key.
    pub key_by_recovery: Bytes,
}

/// `GET /api/v1/people?query=…&after=…`: accounts by name; guests are never listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PeopleQuery {
    /// Only names that contain this, without regard to capitals. All, if missing.
    #[serde(default)]
    pub query: Option<String>,
    /// Only names that sort after this one: the last of the page before.
    #[serde(default)]
    pub after: Option<String>,
    /// At most so many, up to [`crate::limits::PEOPLE_PAGE_MAX`].
    #[serde(default)]
    pub limit: Option<u32>,
}

/// The answer to [`PeopleQuery`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PeopleResponse {
    /// By name.
    pub people: Vec<Person>,
    /// True when there are more after the last.
    pub more: bool,
}

/// One account in the people list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Person {
    /// Who.
    pub user: UserId,
    /// The name under which they registered.
    pub name: UserName,
}

/// `GET /api/v1/people/{user}`: what one needs to begin a conversation with someone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PersonDetails {
    /// Who.
    pub user: UserId,
    /// The name under which they registered.
    pub name: UserName,
    /// Their Ed25519 identity key; clients pin it at first contact.
    pub identity_key: Bytes,
    /// Their devices that are not revoked.
    pub devices: Vec<DeviceSummary>,
}

/// `POST /api/v1/invitations`: an administrator makes an invitation that one person can use once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InvitationResponse {
    /// What the invited person types or gets as a link.
    pub invitation: String,
    /// When it ends.
    pub expires_at: crate::Timestamp,
}
