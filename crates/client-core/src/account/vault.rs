//! The vault: what the server keeps for a user and cannot open. A random vault key seals the contents;
//! the vault key itself is sealed twice, for the password and for the recovery key (design D7).

use super::derive::derive_key;
use super::recovery_key::RecoveryKey;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use rand::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};
use undertone_mls::certificate::IdentityKey;
use undertone_wire::account::Vault;
use undertone_wire::limits::VAULT_BYTES_MAX;
use undertone_wire::{Bytes, UserId, codec};
use zeroize::{Zeroize, Zeroizing};

/// The format of sealed bytes and of the contents.
const VERSION: u16 = 1;
const NONCE_BYTES: usize = 24;
const KEY_BYTES: usize = 32;

const PASSWORD_LABEL: &[u8] = b"Undertone vault key by password v1\0";

/// Why a vault stays closed.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The key does not fit, or the vault was changed by someone who has not got it.
    #[error("the vault cannot be opened")]
    Closed,
    /// The vault is not of a form that this program knows.
    #[error("the vault is of a form that this program does not know")]
    Malformed(#[source] codec::DecodeError),
    /// A later version of the program made it.
    #[error("the vault has version {0}, which this program does not know")]
    Version(u16),
    /// The contents are complete but not what a vault holds.
    #[error("the vault does not hold what it should")]
    Contents,
    /// The contents cannot be written.
    #[error("the vault cannot be written")]
    Encode(#[from] codec::EncodeError),
}

/// What is inside. Dropping it wipes it.
pub(crate) struct VaultContents {
    /// Certifies devices.
    pub(crate) identity: IdentityKey,
    /// Will seal the archive of history for further devices.
    pub(crate) archive_key: Zeroizing<[u8; KEY_BYTES]>,
}

/// Whom a vault belongs to and what wraps its key.
pub(crate) struct VaultKeys<'a> {
    /// Bound into every seal.
    pub(crate) user: UserId,
    /// From the password exchange.
    pub(crate) export_key: &'a [u8],
    /// Just drawn.
    pub(crate) recovery: &'a RecoveryKey,
}

/// Makes a vault with a new vault key.
pub(crate) fn seal<R: RngCore + CryptoRng>(
    rng: &mut R,
    contents: &VaultContents,
    keys: &VaultKeys<'_>,
) -> Result<Vault, VaultError> {
    let user = keys.user;
    let mut vault_key = Zeroizing::new([0; KEY_BYTES]);
    rng.fill_bytes(vault_key.as_mut_slice());
    let by_password = password_wrap_key(user, keys.export_key);
    let by_recovery = keys.recovery.wrap_key(user);
    Ok(Vault {
        sealed: Seal {
            key: &vault_key,
            user,
            purpose: Purpose::Contents,
        }
        .close(rng, &contents.to_cbor()?)?,
        key_by_password: Seal {
            key: &by_password,
            user,
            purpose: Purpose::KeyByPassword,
        }
        .close(rng, &*vault_key)?,
        key_by_recovery: Seal {
            key: &by_recovery,
            user,
            purpose: Purpose::KeyByRecovery,
        }
        .close(rng, &*vault_key)?,
    })
}

/// Opens a vault with what the password exchange yields.
pub(crate) fn open_by_password(
    user: UserId,
    vault: &Vault,
    export_key: &[u8],
) -> Result<VaultContents, VaultError> {
    let key = password_wrap_key(user, export_key);
    let wrap = Seal {
        key: &key,
        user,
        purpose: Purpose::KeyByPassword,
    };
    open(user, vault, &wrap.open(&vault.key_by_password)?)
}

/// Opens a vault with the recovery key.
pub(crate) fn open_by_recovery(
    user: UserId,
    vault: &Vault,
    recovery: &RecoveryKey,
) -> Result<VaultContents, VaultError> {
    open(user, vault, &vault_key_by_recovery(user, vault, recovery)?)
}

/// Seals the vault key under another password, with what the recovery key opens.
pub(crate) fn rewrap<R: RngCore + CryptoRng>(
    rng: &mut R,
    vault: &Vault,
    keys: &VaultKeys<'_>,
) -> Result<Bytes, VaultError> {
    let user = keys.user;
    let vault_key = vault_key_by_recovery(user, vault, keys.recovery)?;
    let by_password = password_wrap_key(user, keys.export_key);
    Seal {
        key: &by_password,
        user,
        purpose: Purpose::KeyByPassword,
    }
    .close(rng, &vault_key)
}

fn vault_key_by_recovery(
    user: UserId,
    vault: &Vault,
    recovery: &RecoveryKey,
) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let key = recovery.wrap_key(user);
    let wrap = Seal {
        key: &key,
        user,
        purpose: Purpose::KeyByRecovery,
    };
    wrap.open(&vault.key_by_recovery)
}

fn open(user: UserId, vault: &Vault, vault_key: &[u8]) -> Result<VaultContents, VaultError> {
    let key =
        Zeroizing::new(<[u8; KEY_BYTES]>::try_from(vault_key).map_err(|_wrong_length| VaultError::Contents)?);
    VaultContents::from_cbor(
        &Seal {
            key: &key,
            user,
            purpose: Purpose::Contents,
        }
        .open(&vault.sealed)?,
    )
}

fn password_wrap_key(user: UserId, export_key: &[u8]) -> Zeroizing<[u8; KEY_BYTES]> {
    derive_key(export_key, &[PASSWORD_LABEL, user.as_bytes()].concat())
}

/// What sealed bytes are for: bound into the seal, so that none can stand in for another.
#[derive(Clone, Copy)]
enum Purpose {
    Contents,
    KeyByPassword,
    KeyByRecovery,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Contents => b"Undertone vault contents v1\0",
            Self::KeyByPassword => b"Undertone vault key for password v1\0",
            Self::KeyByRecovery => b"Undertone vault key for recovery v1\0",
        }
    }
}

/// XChaCha20-Poly1305 with a key, for one user and purpose.
struct Seal<'a> {
    key: &'a [u8; KEY_BYTES],
    user: UserId,
    purpose: Purpose,
}

/// How sealed bytes are written down.
#[derive(Serialize, Deserialize)]
struct Sealed {
    version: u16,
    nonce: Bytes,
    ciphertext: Bytes,
}

impl Seal<'_> {
    fn close<R: RngCore + CryptoRng>(&self, rng: &mut R, plaintext: &[u8]) -> Result<Bytes, VaultError> {
        let mut nonce = [0; NONCE_BYTES];
        rng.fill_bytes(&mut nonce);
        let aad = self.aad();
        let payload = Payload {
            msg: plaintext,
            aad: &aad,
        };
        let ciphertext = self.cipher().encrypt(XNonce::from_slice(&nonce), payload);
        let ciphertext = ciphertext.map_err(|_too_large| VaultError::Contents)?;
        let sealed = Sealed {
            version: VERSION,
            nonce: nonce.to_vec().into(),
            ciphertext: ciphertext.into(),
        };
        Ok(codec::to_cbor(&sealed)?.into())
    }

    fn open(&self, bytes: &Bytes) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        if bytes.len() > VAULT_BYTES_MAX {
            return Err(VaultError::Contents);
        }
        let sealed: Sealed = codec::from_cbor(bytes.as_slice()).map_err(VaultError::Malformed)?;
        if sealed.version != VERSION {
            return Err(VaultError::Version(sealed.version));
        }
        if sealed.nonce.len() != NONCE_BYTES {
            return Err(VaultError::Contents);
        }
        let aad = self.aad();
        let payload = Payload {
            msg: sealed.ciphertext.as_slice(),
            aad: &aad,
        };
        let opened = self
            .cipher()
            .decrypt(XNonce::from_slice(sealed.nonce.as_slice()), payload);
        // The library says nothing about why, on purpose.
        opened.map(Zeroizing::new).map_err(|_opaque| VaultError::Closed)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.key.into())
    }

    fn aad(&self) -> Vec<u8> {
        [self.purpose.label(), self.user.as_bytes()].concat()
    }
}

/// How the contents are written down. New fields are optional, with a default.
#[derive(Serialize, Deserialize)]
struct StoredContents {
    version: u16,
    identity_seed: Bytes,
    archive_key: Bytes,
}

impl Drop for StoredContents {
    fn drop(&mut self) {
        self.identity_seed.0.zeroize();
        self.archive_key.0.zeroize();
    }
}

impl VaultContents {
    fn to_cbor(&self) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let stored = StoredContents {
            version: VERSION,
            identity_seed: self.identity.seed().as_slice().into(),
            archive_key: self.archive_key.as_slice().into(),
        };
        Ok(Zeroizing::new(codec::to_cbor(&stored)?))
    }

    fn from_cbor(bytes: &[u8]) -> Result<Self, VaultError> {
        let stored: StoredContents = codec::from_cbor(bytes).map_err(VaultError::Malformed)?;
        if stored.version != VERSION {
            return Err(VaultError::Version(stored.version));
        }
        let seed = key_of(&stored.identity_seed)?;
        Ok(Self {
            identity: IdentityKey::from_seed(&seed),
            archive_key: key_of(&stored.archive_key)?,
        })
    }
}

fn key_of(bytes: &Bytes) -> Result<Zeroizing<[u8; KEY_BYTES]>, VaultError> {
    bytes
        .as_slice()
        .try_into()
        .map(Zeroizing::new)
        .map_err(|_wrong_length| VaultError::Contents)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::OsRng;

    const USER: UserId = UserId::from_bytes([1; 16]);
    const EXPORT_KEY: &[u8] = &[2; 64];

    fn contents() -> VaultContents {
        VaultContents {
            identity: IdentityKey::from_seed(&[5; 32]),
            archive_key: Zeroizing::new([6; 32]),
        }
    }

    fn sealed() -> (Vault, RecoveryKey) {
        let recovery = RecoveryKey::generate(&mut OsRng);
        let keys = VaultKeys {
            user: USER,
            export_key: EXPORT_KEY,
            recovery: &recovery,
        };
        (seal(&mut OsRng, &contents(), &keys).unwrap(), recovery)
    }

    #[test]
    fn password_and_recovery_key_open_the_same_vault() {
        let (vault, recovery) = sealed();
        let by_password = open_by_password(USER, &vault, EXPORT_KEY).unwrap();
        let typed: RecoveryKey = recovery.to_text().parse().unwrap();
        let by_recovery = open_by_recovery(USER, &vault, &typed).unwrap();
        for opened in [by_password, by_recovery] {
            assert_eq!(opened.identity.public(), contents().identity.public());
            assert_eq!(opened.archive_key, contents().archive_key);
        }
    }

    #[test]
    fn the_recovery_key_lets_another_password_open_it() {
        let (vault, recovery) = sealed();
        let keys = |recovery| VaultKeys {
            user: USER,
            export_key: &[3; 64],
            recovery,
        };
        let changed = Vault {
            key_by_password: rewrap(&mut OsRng, &vault, &keys(&recovery)).unwrap(),
            ..vault.clone()
        };
        let opened = open_by_password(USER, &changed, &[3; 64]).unwrap();
        assert_eq!(opened.archive_key, contents().archive_key);
        assert!(open_by_password(USER, &changed, EXPORT_KEY).is_err());
        open_by_recovery(USER, &changed, &recovery).unwrap();
        let other = RecoveryKey::generate(&mut OsRng);
        assert!(rewrap(&mut OsRng, &vault, &keys(&other)).is_err());
    }

    #[test]
    fn no_other_key_or_user_opens_it() {
        let (vault, _) = sealed();
        assert!(matches!(
            open_by_password(USER, &vault, &[3; 64]),
            Err(VaultError::Closed)
        ));
        let other = RecoveryKey::generate(&mut OsRng);
        assert!(matches!(
            open_by_recovery(USER, &vault, &other),
            Err(VaultError::Closed)
        ));
        let stranger = UserId::from_bytes([9; 16]);
        assert!(matches!(
            open_by_password(stranger, &vault, EXPORT_KEY),
            Err(VaultError::Closed)
        ));
    }

    #[test]
    fn every_changed_byte_keeps_it_closed() {
        let (vault, _) = sealed();
        for place in 0..vault.sealed.len() {
            let mut changed = vault.clone();
            changed.sealed.0[place] ^= 1;
            assert!(
                open_by_password(USER, &changed, EXPORT_KEY).is_err(),
                "byte {place} of the contents"
            );
        }
        for place in 0..vault.key_by_password.len() {
            let mut changed = vault.clone();
            changed.key_by_password.0[place] ^= 1;
            assert!(
                open_by_password(USER, &changed, EXPORT_KEY).is_err(),
                "byte {place} of the wrap"
            );
        }
    }

    #[test]
    fn the_parts_cannot_stand_in_for_each_other() {
        let (vault, _) = sealed();
        let (other, _) = sealed();
        let mixed = Vault {
            key_by_password: other.key_by_password.clone(),
            ..vault.clone()
        };
        assert!(matches!(
            open_by_password(USER, &mixed, EXPORT_KEY),
            Err(VaultError::Closed)
        ));
        let swapped = Vault {
            key_by_password: vault.key_by_recovery.clone(),
            ..vault
        };
        assert!(matches!(
            open_by_password(USER, &swapped, EXPORT_KEY),
            Err(VaultError::Closed)
        ));
    }

    #[test]
    fn a_later_version_and_rubbish_are_named() {
        let (vault, _) = sealed();
        let later = Sealed {
            version: 2,
            nonce: vec![0; 24].into(),
            ciphertext: Bytes::default(),
        };
        let later = Vault {
            key_by_password: codec::to_cbor(&later).unwrap().into(),
            ..vault.clone()
        };
        assert!(matches!(
            open_by_password(USER, &later, EXPORT_KEY),
            Err(VaultError::Version(2))
        ));
        let rubbish = Vault {
            key_by_password: vec![0xff; 80].into(),
            ..vault.clone()
        };
        assert!(matches!(
            open_by_password(USER, &rubbish, EXPORT_KEY),
            Err(VaultError::Malformed(_))
        ));
        let huge = Vault {
            key_by_password: vec![0; VAULT_BYTES_MAX + 1].into(),
            ..vault
        };
        assert!(matches!(
            open_by_password(USER, &huge, EXPORT_KEY),
            Err(VaultError::Contents)
        ));
    }
}
