//! Inspecting key packages (RFC 9420 section 10.1).

use crate::certificate::CertificateError;
use crate::crypto::SuiteCrypto;
use crate::member::{LeafError, read_leaf};
use crate::suite;
use openmls::prelude::tls_codec::Deserialize as _;
use openmls::prelude::{KeyPackage, KeyPackageIn, KeyPackageVerifyError, ProtocolVersion};
use std::time::Duration;
use undertone_wire::Timestamp;
use undertone_wire::device::DeviceCertificateBody;
use undertone_wire::limits::KEY_PACKAGE_BYTES_MAX;

/// What a valid key package says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPackageInfo {
    /// Whose device it adds.
    pub certificate: DeviceCertificateBody,
    /// Whether it may be handed out more than once.
    pub last_resort: bool,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Its `KeyPackageRef` (RFC 9420 section 5.2).
    pub reference: [u8; 32],
}

/// A key package is refused.
#[derive(Debug, thiserror::Error)]
pub enum KeyPackageError {
    /// Longer than [`KEY_PACKAGE_BYTES_MAX`].
    #[error("the key package is too large")]
    TooLarge,
    /// Not a key package.
    #[error("the key package is malformed")]
    Malformed(#[source] tls_codec::Error),
    /// A signature, lifetime or extension in it is wrong.
    #[error("the key package is not valid")]
    Invalid(#[source] KeyPackageVerifyError),
    /// It is of another cipher suite. (Whether its leaf supports a group's extensions is checked on add.)
    #[error("the key package is of another suite")]
    Suite,
    /// Its leaf does not say believably whose it is.
    #[error("the key package is not certified")]
    Certificate(#[source] LeafError),
    /// Its time is over.
    #[error("the key package has expired")]
    Expired,
    /// Its reference could not be computed.
    #[error("the key package has no reference")]
    Reference,
}

impl From<CertificateError> for KeyPackageError {
    fn from(error: CertificateError) -> Self {
        Self::Certificate(LeafError::Certificate(error))
    }
}

/// Checks a key package as received: form, signatures, suite, lifetime, certificate.
pub fn inspect_key_package(bytes: &[u8], now: Timestamp) -> Result<KeyPackageInfo, KeyPackageError> {
    let (package, certificate) = parse(bytes)?;
    let expires_at = Timestamp::default().plus(Duration::from_secs(package.life_time().not_after()));
    if expires_at <= now {
        return Err(KeyPackageError::Expired);
    }
    let reference = package
        .hash_ref(&SuiteCrypto::default())
        .map_err(|_| KeyPackageError::Reference)?;
    Ok(KeyPackageInfo {
        certificate,
        last_resort: package.last_resort(),
        expires_at,
        reference: reference
            .as_slice()
            .try_into()
            .map_err(|_| KeyPackageError::Reference)?,
    })
}

/// Parses and validates.
pub(crate) fn parse(bytes: &[u8]) -> Result<(KeyPackage, DeviceCertificateBody), KeyPackageError> {
    if bytes.len() > KEY_PACKAGE_BYTES_MAX {
        return Err(KeyPackageError::TooLarge);
    }
    let package = KeyPackageIn::tls_deserialize_exact(bytes)
        .map_err(KeyPackageError::Malformed)?
        .validate(&SuiteCrypto::default(), ProtocolVersion::Mls10)
        .map_err(KeyPackageError::Invalid)?;
    let leaf = package.leaf_node();
    if package.ciphersuite() != suite::CIPHERSUITE {
        return Err(KeyPackageError::Suite);
    }
    let certificate = read_leaf(leaf.credential(), leaf.signature_key().as_slice())
        .map_err(KeyPackageError::Certificate)?;
    Ok((package, certificate))
}
