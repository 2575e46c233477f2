//! Devices with certificates, one for each person.

use anyhow::{Context as _, Result};
use undertone_mls::{DeviceKey, IdentityKey, MemoryKeyValue, MlsDevice, Provider, verify_certificate};
use undertone_wire::device::DeviceCertificateBody;
use undertone_wire::guest::UserKind;
use undertone_wire::{DeviceId, Timestamp, UserId};

/// One device of one person, with its store.
pub struct Person {
    /// Who.
    pub user: UserId,
    /// Which device.
    pub id: DeviceId,
    /// What it signs with.
    pub device: MlsDevice,
    /// Where its groups are.
    pub provider: Provider<MemoryKeyValue>,
}

impl Person {
    /// The guest with a number.
    pub fn new(number: u32) -> Result<Self> {
        Self::of(number, UserKind::Guest)
    }

    /// The account with a number.
    pub fn with_account(number: u32) -> Result<Self> {
        Self::of(number, UserKind::Account)
    }

    fn of(number: u32, kind: UserKind) -> Result<Self> {
        let identity = IdentityKey::generate()?;
        let key = DeviceKey::generate()?;
        let mut id = [0; 16];
        id.iter_mut()
            .zip(number.to_be_bytes())
            .for_each(|(to, from)| *to = from);
        let (user, id) = (UserId::from_bytes(id), DeviceId::from_bytes(id));
        let certificate = identity.certify(DeviceCertificateBody {
            version: undertone_mls::certificate::certificate_version(),
            user,
            kind,
            name: format!("Member {number}").parse().context("a name")?,
            device: id,
            identity_key: identity.public().to_vec().into(),
            signature_key: key.public().to_vec().into(),
            issued_at: Timestamp::from_millis(1),
        })?;
        Ok(Self {
            user,
            id,
            device: MlsDevice { key, certificate },
            provider: Provider::new(MemoryKeyValue::default()),
        })
    }

    /// What the device's certificate says.
    pub fn certificate(&self) -> Result<DeviceCertificateBody> {
        Ok(verify_certificate(&self.device.certificate)?)
    }

    /// A key package by which others add this device.
    pub fn key_package(&self) -> Result<Vec<u8>> {
        let mut packages = self.device.make_key_packages(&self.provider, 1, false)?;
        packages.pop().context("no key package")
    }
}
