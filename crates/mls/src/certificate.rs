//! Identity keys, device keys and the certificates between them (design D6).
//!
//! A user's identity key certifies the signature key of each device; the certificate is the
//! credential of the device's leaves. Whether an identity key is the *right* one is not decided
//! here: clients pin it, the server compares it with the account's.

use crate::crypto::SuiteCrypto;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use openmls_traits::random::OpenMlsRand;
use openmls_traits::signatures::{Signer, SignerError};
use openmls_traits::types::SignatureScheme;
use undertone_wire::codec;
use undertone_wire::device::{DeviceCertificate, DeviceCertificateBody};
use undertone_wire::limits::CERTIFICATE_BYTES_MAX;
use zeroize::Zeroizing;

/// What precedes the signed bytes, so that the signature means nothing anywhere else.
const CERTIFICATE_LABEL: &[u8] = b"Undertone device certificate v1\0";

/// The only format of certificates there is.
const CERTIFICATE_VERSION: u16 = 1;

/// A signature is not the named key's over the given bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The key is not 32 bytes of an Ed25519 public key.
    #[error("the key is not an Ed25519 public key")]
    Key,
    /// The signature has not 64 bytes, or is another's.
    #[error("the signature does not fit")]
    Signature,
}

/// A certificate is not to be believed.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// Longer than [`CERTIFICATE_BYTES_MAX`].
    #[error("the certificate is too large")]
    TooLarge,
    /// Not the CBOR of a certificate.
    #[error("the certificate is malformed")]
    Malformed(#[from] codec::DecodeError),
    /// Of a version that this program does not know.
    #[error("the certificate has version {0}")]
    Version(u16),
    /// Not signed by the identity key that it names.
    #[error("the certificate is not signed by its identity key")]
    Signature(#[from] SignatureError),
    /// Could not be written as CBOR.
    #[error("the certificate cannot be encoded")]
    Encode(#[from] codec::EncodeError),
    /// A certificate is made for another identity key than this.
    #[error("the certificate names another identity key")]
    ForeignIdentity,
}

/// No randomness could be had from the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no randomness")]
pub struct NoRandomness;

fn random_seed(rand: &SuiteCrypto) -> Result<Zeroizing<[u8; 32]>, NoRandomness> {
    rand.random_array().map(Zeroizing::new).map_err(|_| NoRandomness)
}

/// The secret half of a user's identity key. Account devices unseal it only to certify, then drop
/// it; dropping wipes it.
pub struct IdentityKey(SigningKey);

/// The secret half of a device's signature key: it signs in groups, and session refreshes.
pub struct DeviceKey(SigningKey);

macro_rules! ed25519_key {
    ($name:ident) => {
        impl $name {
            /// A new key from the system's randomness.
            pub fn generate() -> Result<Self, NoRandomness> {
                random_seed(&SuiteCrypto::default()).map(|seed| Self::from_seed(&seed))
            }

            /// The key of a seed that [`Self::seed`] gave.
            pub fn from_seed(seed: &[u8; 32]) -> Self {
                Self(SigningKey::from_bytes(seed))
            }

            /// The seed, to be sealed. Wiped when dropped.
            pub fn seed(&self) -> Zeroizing<[u8; 32]> {
                Zeroizing::new(self.0.to_bytes())
            }

            /// The public half.
            pub fn public(&self) -> [u8; 32] {
                self.0.verifying_key().to_bytes()
            }

            /// Signs with Ed25519 (RFC 8032).
            pub fn sign(&self, message: &[u8]) -> [u8; 64] {
                self.0.sign(message).to_bytes()
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

ed25519_key!(IdentityKey);
ed25519_key!(DeviceKey);

impl Signer for DeviceKey {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(DeviceKey::sign(self, payload).to_vec())
    }

    fn signature_scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }
}

impl IdentityKey {
    /// Certifies a device: the CBOR of a [`DeviceCertificate`]. `body.identity_key` must be this key's.
    pub fn certify(&self, body: DeviceCertificateBody) -> Result<Vec<u8>, CertificateError> {
        if body.identity_key.as_slice() != self.public() {
            return Err(CertificateError::ForeignIdentity);
        }
        let signature = self.sign(&signed_bytes(&body)?).to_vec().into();
        Ok(codec::to_cbor(&DeviceCertificate { body, signature })?)
    }
}

fn signed_bytes(body: &DeviceCertificateBody) -> Result<Vec<u8>, codec::EncodeError> {
    Ok([CERTIFICATE_LABEL, &codec::to_cbor(body)?].concat())
}

/// Reads a certificate and checks that its own identity key signed it.
pub fn verify_certificate(bytes: &[u8]) -> Result<DeviceCertificateBody, CertificateError> {
    let DeviceCertificate { body, signature } = read(bytes)?;
    verify_signature(
        body.identity_key.as_slice(),
        &signed_bytes(&body)?,
        signature.as_slice(),
    )?;
    // A device key that is no key would make a leaf that nobody can check.
    verifying_key(body.signature_key.as_slice())?;
    Ok(body)
}

/// Reads a certificate that was verified when it came into this group's stored state. In a group of a
/// thousand, verifying all of them again would be most of the work of every commit.
pub(crate) fn read_known_certificate(bytes: &[u8]) -> Result<DeviceCertificateBody, CertificateError> {
    read(bytes).map(|certificate| certificate.body)
}

fn read(bytes: &[u8]) -> Result<DeviceCertificate, CertificateError> {
    if bytes.len() > CERTIFICATE_BYTES_MAX {
        return Err(CertificateError::TooLarge);
    }
    let certificate: DeviceCertificate = codec::from_cbor(bytes)?;
    if certificate.body.version != CERTIFICATE_VERSION {
        return Err(CertificateError::Version(certificate.body.version));
    }
    Ok(certificate)
}

/// Checks an Ed25519 signature, refusing the malleable forms.
pub fn verify_signature(public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
    let signature = Signature::from_slice(signature).map_err(|_| SignatureError::Signature)?;
    verifying_key(public_key)?
        .verify_strict(message, &signature)
        .map_err(|_| SignatureError::Signature)
}

fn verifying_key(public_key: &[u8]) -> Result<VerifyingKey, SignatureError> {
    let bytes = public_key.try_into().map_err(|_| SignatureError::Key)?;
    let key = VerifyingKey::from_bytes(bytes).map_err(|_| SignatureError::Key)?;
    if key.is_weak() {
        Err(SignatureError::Key)
    } else {
        Ok(key)
    }
}

/// The version to write into a new certificate.
pub const fn certificate_version() -> u16 {
    CERTIFICATE_VERSION
}

#[cfg(test)]
mod tests {
    use super::*;
    use undertone_wire::{DeviceId, Timestamp, UserId};

    fn body(identity: &IdentityKey, device: &DeviceKey) -> DeviceCertificateBody {
        DeviceCertificateBody {
            kind: undertone_wire::guest::UserKind::Account,
            version: CERTIFICATE_VERSION,
            user: UserId::from_bytes([1; 16]),
            name: "Ada".parse().unwrap(),
            device: DeviceId::from_bytes([2; 16]),
            identity_key: identity.public().to_vec().into(),
            signature_key: device.public().to_vec().into(),
            issued_at: Timestamp::from_millis(1),
        }
    }

    #[test]
    fn a_certificate_is_believed_as_signed_and_in_no_other_form() {
        let (identity, device) = (IdentityKey::generate().unwrap(), DeviceKey::generate().unwrap());
        let bytes = identity.certify(body(&identity, &device)).unwrap();
        assert_eq!(verify_certificate(&bytes).unwrap(), body(&identity, &device));
        for position in 0..bytes.len() {
            let mut tampered = bytes.clone();
            tampered[position] ^= 1;
            assert!(verify_certificate(&tampered).is_err(), "byte {position}");
            assert!(verify_certificate(&bytes[..position]).is_err());
        }
    }

    #[test]
    fn nobody_certifies_for_another_identity() {
        let (ada, eve) = (IdentityKey::generate().unwrap(), IdentityKey::generate().unwrap());
        let device = DeviceKey::generate().unwrap();
        assert!(matches!(
            eve.certify(body(&ada, &device)),
            Err(CertificateError::ForeignIdentity)
        ));
        let forged = DeviceCertificate {
            body: body(&ada, &device),
            signature: eve
                .sign(&signed_bytes(&body(&ada, &device)).unwrap())
                .to_vec()
                .into(),
        };
        let forged = codec::to_cbor(&forged).unwrap();
        assert!(matches!(
            verify_certificate(&forged),
            Err(CertificateError::Signature(SignatureError::Signature))
        ));
    }

    #[test]
    fn other_versions_and_oversize_are_refused() {
        let (identity, device) = (IdentityKey::generate().unwrap(), DeviceKey::generate().unwrap());
        let later = identity
            .certify(DeviceCertificateBody {
                version: 2,
                ..body(&identity, &device)
            })
            .unwrap();
        assert!(matches!(
            verify_certificate(&later),
            Err(CertificateError::Version(2))
        ));
        assert!(matches!(
            verify_certificate(&vec![0; CERTIFICATE_BYTES_MAX + 1]),
            Err(CertificateError::TooLarge)
        ));
        let at_limit = verify_certificate(&vec![0; CERTIFICATE_BYTES_MAX]);
        assert!(matches!(at_limit, Err(CertificateError::Malformed(_))));
    }

    #[test]
    fn a_device_key_that_is_no_key_is_refused() {
        let (identity, device) = (IdentityKey::generate().unwrap(), DeviceKey::generate().unwrap());
        for no_key in [vec![0u8; 32], vec![1u8; 31]] {
            let bytes = identity
                .certify(DeviceCertificateBody {
                    signature_key: no_key.into(),
                    ..body(&identity, &device)
                })
                .unwrap();
            assert!(matches!(
                verify_certificate(&bytes),
                Err(CertificateError::Signature(SignatureError::Key))
            ));
        }
    }

    #[test]
    fn every_generated_key_is_another() {
        assert_ne!(
            DeviceKey::generate().unwrap().public(),
            DeviceKey::generate().unwrap().public()
        );
        assert_ne!(
            IdentityKey::generate().unwrap().public(),
            IdentityKey::generate().unwrap().public()
        );
    }

    #[test]
    fn signatures_are_checked_strictly() {
        let key = DeviceKey::generate().unwrap();
        let signature = key.sign(b"message");
        assert_eq!(verify_signature(&key.public(), b"message", &signature), Ok(()));
        assert_eq!(
            verify_signature(&key.public(), b"massage", &signature),
            Err(SignatureError::Signature)
        );
        assert_eq!(
            verify_signature(&key.public(), b"message", &signature[..63]),
            Err(SignatureError::Signature)
        );
        assert_eq!(
            verify_signature(&[0; 32], b"message", &signature),
            Err(SignatureError::Key)
        );
        let mut weak = [0; 32];
        weak[0] = 1;
        assert_eq!(
            verify_signature(&weak, b"message", &signature),
            Err(SignatureError::Key)
        );
        let again = DeviceKey::from_seed(&key.seed());
        assert_eq!(again.public(), key.public());
        assert_eq!(format!("{key:?}"), "DeviceKey(…)");
    }
}
