//! Key packages (RFC 9420 section 10): uploaded by a device, handed out once each.

use crate::{Bytes, DeviceId};
use serde::{Deserialize, Serialize};

/// `POST /api/v1/key-packages`: adds to the device's stock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UploadKeyPackagesRequest {
    /// TLS-encoded `KeyPackage`s, single use.
    pub key_packages: Vec<Bytes>,
    /// Replaces the package that is handed out when the others are used up. It carries the
    /// last-resort extension.
    #[serde(default)]
    pub last_resort: Option<Bytes>,
}

/// `GET /api/v1/key-packages`, and the answer to an upload: what the server holds of the device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeyPackageStock {
    /// Single-use packages left.
    pub available: u32,
    /// Whether there is a last resort.
    pub has_last_resort: bool,
}

/// `POST /api/v1/people/{user}/key-packages`: one package of each device of that user. Asking is
/// limited, and says nothing about who is online.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClaimKeyPackagesResponse {
    /// One for each device; devices without any are missing.
    pub key_packages: Vec<ClaimedKeyPackage>,
}

/// A package of one device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClaimedKeyPackage {
    /// Whose.
    pub device: DeviceId,
    /// TLS-encoded `KeyPackage`.
    pub key_package: Bytes,
}
