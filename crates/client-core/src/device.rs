//! This device as others see it: its key, and the certificate that the user's identity key gives it.
//! Its sessions and tokens are the account's.

use crate::account::AccountError;
use crate::store::session::StoredSession;
use rand::RngCore;
use rand::rngs::OsRng;
use undertone_mls::certificate::{DeviceKey, IdentityKey};
use undertone_wire::device::DeviceCertificateBody;
use undertone_wire::guest::UserKind;
use undertone_wire::session::SessionGrant;
use undertone_wire::{DeviceId, Timestamp, UserId, UserName};
use zeroize::Zeroizing;

const CERTIFICATE_VERSION: u16 = 1;

/// Whose device a certificate says it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Whose<'a> {
    pub(crate) user: UserId,
    pub(crate) kind: UserKind,
    pub(crate) name: &'a UserName,
}

/// A device without a certificate.
pub(crate) struct NewDevice {
    device: DeviceId,
    key: DeviceKey,
}

/// A device that the server may be told of.
pub(crate) struct CertifiedDevice {
    user: UserId,
    device: DeviceId,
    key: DeviceKey,
    /// CBOR of the certificate.
    pub(crate) certificate: Vec<u8>,
}

impl NewDevice {
    /// A device that never was.
    pub(crate) fn generate() -> Result<Self, AccountError> {
        let mut id = [0; DeviceId::LEN];
        OsRng.fill_bytes(&mut id);
        Ok(Self {
            device: DeviceId::from_bytes(id),
            key: DeviceKey::generate()?,
        })
    }

    /// The device of an earlier session, with the same key: its leaves stay good.
    pub(crate) fn again(known: &StoredSession) -> Self {
        Self {
            device: known.device,
            key: DeviceKey::from_seed(&known.device_key_seed),
        }
    }

    /// Certifies it.
    pub(crate) fn certify(
        self,
        identity: &IdentityKey,
        whose: Whose<'_>,
        now: Timestamp,
    ) -> Result<CertifiedDevice, AccountError> {
        let certificate = identity.certify(DeviceCertificateBody {
            version: CERTIFICATE_VERSION,
            user: whose.user,
            kind: whose.kind,
            name: whose.name.clone(),
            device: self.device,
            identity_key: identity.public().as_slice().into(),
            signature_key: self.key.public().as_slice().into(),
            issued_at: now,
        })?;
        Ok(CertifiedDevice {
            user: whose.user,
            device: self.device,
            key: self.key,
            certificate,
        })
    }
}

impl CertifiedDevice {
    /// What the store keeps of it once the server has granted a session, which must be its own.
    pub(crate) fn session(
        self,
        grant: SessionGrant,
        identity_key: [u8; 32],
    ) -> Result<StoredSession, AccountError> {
        if grant.user != self.user || grant.device != self.device {
            return Err(AccountError::ServerDisagrees);
        }
        Ok(StoredSession {
            user: self.user,
            name: grant.name,
            device: self.device,
            is_admin: grant.is_admin,
            identity_key,
            certificate: self.certificate,
            device_key_seed: self.key.seed(),
            access_token: Zeroizing::new(grant.access_token),
            access_expires_at: grant.access_expires_at,
            refresh_token: Zeroizing::new(grant.refresh_token),
            kind: grant.kind,
            stay_until: grant.stay.map(|stay| stay.expires_at),
            identity_seed: None,
            next_certificate: None,
            renew_leaves: false,
        })
    }
}
