//! Who sits at a leaf: read from the certificate in the leaf's credential.

use crate::certificate::{CertificateError, read_known_certificate, verify_certificate};
use crate::rule::Newcomer;
use openmls::prelude::{BasicCredential, Credential};
use sha2::{Digest as _, Sha256};
use undertone_wire::device::DeviceCertificateBody;
use undertone_wire::{DeviceId, IdentityHash, UserId};

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

/// Reads the certificate of a leaf of stored state, which was checked before it was stored.
pub(crate) fn read_known_leaf(credential: &Credential) -> Result<DeviceCertificateBody, LeafError> {
    let basic = BasicCredential::try_from(credential.clone()).map_err(LeafError::CredentialType)?;
    Ok(read_known_certificate(basic.identity())?)
}

/// The member that a certificate puts at a leaf.
pub(crate) fn member_at(leaf: u32, certificate: &DeviceCertificateBody) -> Member {
    Member {
        leaf,
        user: certificate.user,
        device: certificate.device,
    }
}

/// The hash by which bans name an identity key.
pub fn identity_hash(identity_key: &[u8]) -> IdentityHash {
    let digest = Sha256::digest(identity_key);
    let mut hash = [0; IdentityHash::LEN];
    hash.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    IdentityHash::from_bytes(hash)
}

/// Who would become a member with that certificate.
pub(crate) fn newcomer(certificate: &DeviceCertificateBody) -> Newcomer {
    Newcomer {
        user: certificate.user,
        device: certificate.device,
        identity: identity_hash(certificate.identity_key.as_slice()),
    }
}
