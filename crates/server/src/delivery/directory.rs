//! The directory of people and devices, with which the leaves of a group are compared: whoever says who
//! they are in a certificate must be registered as that.

use super::check::contain;
use super::error::DeliveryError;
use crate::store::Store;
use crate::store::account::StoredPerson;
use std::collections::{BTreeMap, BTreeSet};
use undertone_wire::device::DeviceCertificateBody;
use undertone_wire::{DeviceId, Timestamp, UserId};

/// The registered people and devices that a commit is compared with.
pub(super) struct Directory(BTreeMap<UserId, StoredPerson>);

impl Directory {
    pub(super) async fn read(
        store: &Store,
        users: impl IntoIterator<Item = UserId>,
    ) -> Result<Self, DeliveryError> {
        let mut people = BTreeMap::new();
        for user in users.into_iter().collect::<BTreeSet<_>>() {
            let person = store.person(user).await?.ok_or(DeliveryError::NoPerson)?;
            people.insert(user, person);
        }
        Ok(Self(people))
    }

    /// Whether each of these certificates is the one that is registered for its device.
    pub(super) fn has<'a>(
        &self,
        certificates: impl IntoIterator<Item = &'a DeviceCertificateBody>,
    ) -> Result<(), DeliveryError> {
        let all = certificates
            .into_iter()
            .all(|certificate| self.has_one(certificate));
        all.then_some(()).ok_or(DeliveryError::Certificate)
    }

    fn has_one(&self, certificate: &DeviceCertificateBody) -> bool {
        let Some(person) = self.0.get(&certificate.user) else {
            return false;
        };
        let device = person
            .devices
            .iter()
            .find(|device| device.device == certificate.device);
        let registered = device.and_then(|device| {
            contain(|| undertone_mls::verify_certificate(device.certificate.as_slice()))
                .ok()?
                .ok()
        });
        registered.is_some_and(|registered| {
            is_same_device(&registered, certificate)
                && registered.identity_key.as_slice() == person.identity_key
        })
    }

    /// The devices of a user that can be added.
    pub(super) async fn reachable(
        &self,
        store: &Store,
        user: UserId,
        now: Timestamp,
    ) -> Result<BTreeSet<DeviceId>, DeliveryError> {
        Ok(store.reachable_devices(user, now).await?.into_iter().collect())
    }
}

/// Whether two certificates say the same of the same device. A device that logged in again has a
/// later one, for the same keys.
pub(crate) fn is_same_device(one: &DeviceCertificateBody, other: &DeviceCertificateBody) -> bool {
    one.user == other.user
        && one.kind == other.kind
        && one.name == other.name
        && one.device == other.device
        && one.identity_key == other.identity_key
        && one.signature_key == other.signature_key
}
