//! Logins by recovery key in PostgreSQL.

use undertone_wire::UserId;

use super::account::execute;
use super::account_device::{add_device, select_devices};
use super::{PostgresStore, Transaction, in_transaction};
use crate::store::StoreError;
use crate::store::account::{AddDeviceError, sql};
use crate::store::column::{Column, milliseconds};
use crate::store::recovery::{Recovered, Recovery};

impl PostgresStore {
    pub(in crate::store) async fn recovery_key(
        &self,
        name_key: String,
    ) -> Result<Option<(UserId, Vec<u8>)>, StoreError> {
        let connection = self.connection().await?;
        let statement = connection.prepare_cached(sql::SELECT_RECOVERY_KEY).await?;
        let Some(row) = connection.query_opt(&statement, &[&name_key]).await? else {
            return Ok(None);
        };
        Ok(Some((
            Column("account", "user_id").id(row.try_get(0)?)?,
            row.try_get(1)?,
        )))
    }

    pub(in crate::store) async fn recover(&self, recovery: Recovery) -> Result<Recovered, AddDeviceError> {
        in_transaction!(self, transaction => recover(&transaction, &recovery))
    }
}

async fn recover(transaction: &Transaction<'_>, recovery: &Recovery) -> Result<Recovered, AddDeviceError> {
    let adding = &recovery.adding;
    let user = adding.device.body.user;
    let user_bytes = user.as_bytes().as_slice();
    execute(
        transaction,
        sql::REVOKE_SESSIONS_OF_USER,
        &[&milliseconds(adding.at), &user_bytes],
    )
    .await?;
    // Takes the ticket, which must be this user's.
    let owner = add_device(transaction, adding).await?;
    execute(
        transaction,
        sql::REPLACE_PASSWORD,
        &[&recovery.password_file, &recovery.key_by_password, &user_bytes],
    )
    .await?;
    let devices = select_devices(transaction, user).await?;
    Ok((owner, devices.into_iter().map(|device| device.device).collect()))
}
