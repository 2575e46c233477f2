//! Key packages of people who are to be added, as the server hands them out, and what must be true of
//! them before they are used.

use super::action::NewDevice;
use super::pin;
use crate::change::Change;
use crate::core::{Core, Me};
use crate::error::ClientError;
use undertone_mls::inspect_key_package;
use undertone_wire::device::DeviceCertificateBody;
use undertone_wire::{ErrorCode, UserId};

/// A key package that is what the server says it is.
pub(super) struct Claimed {
    pub(super) certificate: DeviceCertificateBody,
    pub(super) key_package: Vec<u8>,
}

impl Claimed {
    /// To be added by an action.
    pub(super) fn new_device(&self) -> NewDevice {
        NewDevice {
            user: self.certificate.user,
            device: self.certificate.device,
            key_package: self.key_package.as_slice().into(),
        }
    }
}

/// One key package of each device of a person; none, if they have no device that can be added.
pub(super) async fn claim(core: &Core, user: UserId) -> Result<Vec<Claimed>, ClientError> {
    let answer = core
        .account
        .authorized(async |token| core.api.claim_key_packages(token, user).await)
        .await;
    let response = match answer.map_err(ClientError::from) {
        Err(ClientError::Api(error)) if error.code() == Some(ErrorCode::NoDevice) => return Ok(Vec::new()),
        other => other?,
    };
    let mut all = Vec::new();
    for claimed in response.key_packages {
        let key_package = claimed.key_package.0;
        let info = inspect_key_package(&key_package, core.platform.now())?;
        if info.certificate.user != user || info.certificate.device != claimed.device {
            return Err(ClientError::ForeignKeys);
        }
        all.push(Claimed {
            certificate: info.certificate,
            key_package,
        });
    }
    Ok(all)
}

/// Those of the user's other devices.
pub(super) async fn claim_own_others(core: &Core, me: &Me) -> Result<Vec<Claimed>, ClientError> {
    let mut own = claim(core, me.user).await?;
    own.retain(|device| device.certificate.device != me.device);
    Ok(own)
}

/// Those of several people; each must have a device.
pub(super) async fn claim_all(core: &Core, users: &[UserId]) -> Result<Vec<Claimed>, ClientError> {
    let mut all = Vec::new();
    for user in users {
        let claimed = claim(core, *user).await?;
        if claimed.is_empty() {
            return Err(ClientError::NoDevice);
        }
        all.extend(claimed);
    }
    Ok(all)
}

/// Does something with claimed devices in one transaction, after their keys were pinned; notes, if they
/// are not the pinned ones.
pub(super) fn with_pinned<T>(
    core: &Core,
    me: &Me,
    certificates: &[DeviceCertificateBody],
    work: impl FnOnce() -> Result<T, ClientError>,
) -> Result<T, ClientError> {
    let done = core.transaction(|| {
        pin::check_and_pin(core, me, certificates)?;
        work()
    });
    if let Err(ClientError::KeyChanged { .. }) = &done {
        pin::note_changed(core, certificates)?;
        core.publish(Change::Conversations);
    }
    done
}

/// The certificates of claimed devices.
pub(super) fn certificates(devices: &[Claimed]) -> Vec<DeviceCertificateBody> {
    devices.iter().map(|device| device.certificate.clone()).collect()
}
