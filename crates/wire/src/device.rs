//! Devices and their certificates.

use crate::guest::UserKind;
use crate::{Bytes, DeviceId, Timestamp, UserId, UserName};
use serde::{Deserialize, Serialize};

/// What a user's identity key says of a device. It is the content of the leaf's basic credential, so
/// everyone in a group checks it (design D6). Signing and verification are in the `mls` crate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeviceCertificate {
    /// What is signed.
    pub body: DeviceCertificateBody,
    /// Ed25519 by the identity key over a label and the CBOR of `body`.
    pub signature: Bytes,
}

/// The signed part of a [`DeviceCertificate`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeviceCertificateBody {
    /// Format of the certificate: 1.
    pub version: u16,
    /// Whose device.
    pub user: UserId,
    /// What kind of user they are.
    pub kind: UserKind,
    /// Their name, so that a server cannot rename them.
    pub name: UserName,
    /// Which device.
    pub device: DeviceId,
    /// The user's Ed25519 identity key.
    pub identity_key: Bytes,
    /// The device's Ed25519 signature key, the same as in its leaves.
    pub signature_key: Bytes,
    /// When it was issued.
    pub issued_at: Timestamp,
}

/// A device in the directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeviceSummary {
    /// Which device.
    pub device: DeviceId,
    /// CBOR of its [`DeviceCertificate`].
    pub certificate: Bytes,
    /// When it was registered, to the day.
    pub registered_at: Timestamp,
}
