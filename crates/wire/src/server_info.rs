//! What a server says about itself, and its first set-up.

use serde::{Deserialize, Serialize};

/// Who may make an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum RegistrationPolicy {
    /// Everybody who reaches the server.
    Open,
    /// Who has an invitation.
    Invitation,
    /// Nobody.
    Closed,
}

/// `GET /api/v1/server`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServerInfo {
    /// The name that the administrator gave it; empty before set-up.
    pub name: String,
    /// Version of the server's program.
    pub version: String,
    /// The only protocol version that it speaks.
    pub protocol_version: u16,
    /// Who may make an account.
    pub registration: RegistrationPolicy,
    /// Whether people without an account may come into rooms.
    pub guests: bool,
    /// True while the one-time set-up token is unused: the third door.
    pub setup_open: bool,
    /// SHA-256 of the local CA's certificate in hexadecimal, where the server made its own.
    #[serde(default)]
    pub ca_fingerprint: Option<String>,
    /// The largest file that may be sent, before it is padded and sealed; nothing from servers that do not say.
    #[serde(default)]
    pub file_bytes_max: u64,
}

/// `POST /api/v1/setup/check`: whether a set-up token is the right one. Answered with an empty body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CheckSetupTokenRequest {
    /// As printed by the server.
    pub token: String,
}

/// The first set-up, part of the first administrator's registration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetupRequest {
    /// As printed by the server. It is gone afterwards.
    pub token: String,
    /// What people see on the first page: 1 to 64 bytes.
    pub server_name: String,
    /// Who may make an account.
    pub registration: RegistrationPolicy,
}
