//! Logins by recovery key in SQLite.

use rusqlite::{OptionalExtension, params};
use undertone_wire::UserId;

use super::SqliteStore;
use super::account_device::{add_device, select_devices};
use crate::store::StoreError;
use crate::store::account::{AddDeviceError, sql};
use crate::store::column::{Column, milliseconds};
use crate::store::recovery::{Recovered, Recovery};

impl SqliteStore {
    pub(in crate::store) async fn recovery_key(
        &self,
        name_key: String,
    ) -> Result<Option<(UserId, Vec<u8>)>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(sql::SELECT_RECOVERY_KEY)?;
            let row = statement
                .query_row([name_key], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get(1)?)))
                .optional()?;
            row.map(|(user, key)| Ok((Column("account", "user_id").id(&user)?, key)))
                .transpose()
        })
        .await
    }

    pub(in crate::store) async fn recover(&self, recovery: Recovery) -> Result<Recovered, AddDeviceError> {
        self.write(move |connection| {
            let adding = &recovery.adding;
            let user = adding.device.body.user;
            connection
                .prepare_cached(sql::REVOKE_SESSIONS_OF_USER)
                .and_then(|mut revoke| revoke.execute(params![milliseconds(adding.at), user.as_bytes()]))
                .map_err(StoreError::from)?;
            // Takes the ticket, which must be this user's.
            let owner = add_device(connection, adding)?;
            connection
                .prepare_cached(sql::REPLACE_PASSWORD)
                .and_then(|mut replace| {
                    replace.execute(params![
                        recovery.password_file,
                        recovery.key_by_password,
                        user.as_bytes()
                    ])
                })
                .map_err(StoreError::from)?;
            let devices = select_devices(connection, user)?;
            Ok((owner, devices.into_iter().map(|device| device.device).collect()))
        })
        .await
    }
}
