//! Who sits at a leaf: read from the certificate in the leaf's credential.

use crate::certificate::{CertificateError, verify_certificate};
use openmls::prelude::{BasicCredential, Credential};
use undertone_wire::device::DeviceCertificateBody;
use undertone_wire::{DeviceId, UserId};

/// One device in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Member {
    /// Its leaf index (RFC 9420 section 4).
    pub leaf: u32,
    /// Whose device.
    pub user: UserId,
    /// Which device.
    pub device: DeviceId,
}

/// A leaf does not say believably whose it is.
#[derive(Debug, thiserror::Error)]
pub enum LeafError {
    /// The credential is not of the basic type.
    #[error("the credential is not a basic one")]
    CredentialType(#[source] openmls::prelude::BasicCredentialError),
    /// The certificate in it is not to be believed.
    #[error("the credential holds no valid certificate")]
    Certificate(#[from] CertificateError),
    /// The certificate is for another signature key than the leaf's.
    #[error("the certificate is for another key")]
    ForeignKey,
}

/// Reads and checks the certificate of a leaf with this credential and signature key.
pub(crate) fn read_leaf(
    credential: &Credential,
    signature_key: &[u8],
) -> Result<DeviceCertificateBody, LeafError> {
    let basic = BasicCredential::try_from(credential.clone()).map_err(LeafError::CredentialType)?;
    let certificate = verify_certificate(basic.identity())?;
    if certificate.signature_key.as_slice() != signature_key {
        return Err(LeafError::ForeignKey);
    }
    Ok(certificate)
}

/// The member that a certificate puts at a leaf.
pub(crate) fn member_at(leaf: u32, certificate: &DeviceCertificateBody) -> Member {
    Member {
        leaf,
        user: certificate.user,
        device: certificate.device,
    }
}
