//! Logging in, refreshing and logging out.

use crate::account::Vault;
use crate::guest::{GuestStay, UserKind};
use crate::{Bytes, DeviceId, LoginId, Timestamp, UserId, UserName};
use serde::{Deserialize, Serialize};

/// `POST /api/v1/login/start`: OPAQUE KE1 (RFC 9807 section 6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StartLoginRequest {
    /// Who.
    pub name: UserName,
    /// The OPAQUE `KE1`.
    pub request: Bytes,
}

/// The answer to [`StartLoginRequest`], of the same form for names that do not exist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StartLoginResponse {
    /// To be sent back.
    pub login: LoginId,
    /// The OPAQUE `KE2`.
    pub response: Bytes,
}

/// `POST /api/v1/login/finish`: OPAQUE KE3.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FinishLoginRequest {
    /// From the start.
    pub login: LoginId,
    /// The OPAQUE `KE3`.
    pub finalization: Bytes,
}

/// The answer to [`FinishLoginRequest`]: the vault, and a ticket with which one device may register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FinishLoginResponse {
    /// Single use, valid for five minutes.
    pub ticket: String,
    /// Who logged in.
    pub user: UserId,
    /// The name as it was registered.
    pub name: UserName,
    /// The identity key as the server knows it; the vault has the truth.
    pub identity_key: Bytes,
    /// To be opened by the OPAQUE export key.
    pub vault: Vault,
}

/// `POST /api/v1/devices`: registers a new certified device. Answered by [`SessionGrant`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AddDeviceRequest {
    /// From [`FinishLoginResponse`].
    pub ticket: String,
    /// CBOR of [`crate::device::DeviceCertificate`].
    pub certificate: Bytes,
}

/// A session of one device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionGrant {
    /// Whose.
    pub user: UserId,
    /// The name as it was registered.
    pub name: UserName,
    /// Account or guest.
    pub kind: UserKind,
    /// With a guest: how long they stay.
    #[serde(default)]
    pub stay: Option<GuestStay>,
    /// Which device.
    pub device: DeviceId,
    /// Administrators see the server's settings.
    pub is_admin: bool,
    /// EdDSA JWT, for `Authorization: Bearer` and the first WebSocket frame.
    pub access_token: String,
    /// When the access token ends.
    pub access_expires_at: Timestamp,
    /// Opaque, used once for the next grant.
    pub refresh_token: String,
}

/// `POST /api/v1/session/refresh`. Answered by [`SessionGrant`].
///
/// A token may be presented again until its successor was used, since answers get lost. Any older
/// one means that two parties hold the session: it is revoked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RefreshRequest {
    /// The newest refresh token that the device has stored.
    pub refresh_token: String,
    /// The device key's Ed25519 signature over [`RefreshRequest::signed_bytes`].
    pub signature: Bytes,
}

impl RefreshRequest {
    /// What the device signs: a label and the token.
    pub fn signed_bytes(refresh_token: &str) -> Vec<u8> {
        [b"Undertone refresh v1\0".as_slice(), refresh_token.as_bytes()].concat()
    }
}

/// `GET /api/v1/session`: who the caller is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionResponse {
    /// Whose session.
    pub user: UserId,
    /// The name as it was registered.
    pub name: UserName,
    /// Account or guest.
    pub kind: UserKind,
    /// With a guest: how long they stay.
    #[serde(default)]
    pub stay: Option<GuestStay>,
    /// Which device.
    pub device: DeviceId,
    /// Whether the user administers the server.
    pub is_admin: bool,
}
