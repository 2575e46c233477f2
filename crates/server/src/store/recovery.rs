//! The operations of a login by recovery key. That the key was shown is judged before.

use super::Store;
use super::StoreError;
use super::account::{AddDevice, AddDeviceError, SessionOwner};
use super::conversation::on_both;
use undertone_wire::{DeviceId, UserId};

/// The new password of somebody who has shown the recovery key.
#[derive(Debug, Clone)]
pub struct Recovery {
    /// With the ticket that showing the key gave.
    pub adding: AddDevice,
    /// The new OPAQUE record.
    pub password_file: Vec<u8>,
    /// The vault key, sealed by the client under the new password.
    pub key_by_password: Vec<u8>,
}

/// Whose session it is now, and the devices whose sessions ended.
pub type Recovered = (SessionOwner, Vec<DeviceId>);

impl Store {
    /// Takes the ticket, replaces the password, ends every session of the account, and adds the device
    /// or goes on with it.
    pub async fn recover(&self, recovery: Recovery) -> Result<Recovered, AddDeviceError> {
        match self {
            Self::Sqlite(store) => store.recover(recovery).await,
            Self::Postgres(store) => store.recover(recovery).await,
        }
    }
}

on_both! {
    /// Whose the account with this unique name key is, and the public half of its recovery key.
    recovery::recovery_key(name_key: String) -> Option<(UserId, Vec<u8>)>;
}
