//! Devices in PostgreSQL: adding, renewing, revoking.

use tokio_postgres::types::ToSql;
use undertone_wire::device::DeviceSummary;
use undertone_wire::limits::DEVICES_PER_USER_MAX;
use undertone_wire::{DeviceId, Timestamp, UserId};

use super::account::{execute, select_account};
use super::{PostgresStore, Transaction, in_transaction};
use crate::store::StoreError;
use crate::store::account::{
    AddDevice, AddDeviceError, KnownDevice, NewDevice, NewSession, SessionOwner, belongs_to, day, parse_name,
    sql,
};
use crate::store::column::{Column, milliseconds};

impl PostgresStore {
    pub(in crate::store) async fn add_device(
        &self,
        adding: AddDevice,
    ) -> Result<SessionOwner, AddDeviceError> {
        in_transaction!(self, transaction => add_device(&transaction, &adding))
    }

    pub(in crate::store) async fn revoke_device(
        &self,
        user: UserId,
        device: DeviceId,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        in_transaction!(self, transaction => revoke_device(&transaction, user, device, at))
    }
}

pub(super) async fn add_device(
    transaction: &Transaction<'_>,
    adding: &AddDevice,
) -> Result<SessionOwner, AddDeviceError> {
    let user = take_ticket(transaction, adding)
        .await?
        .ok_or(AddDeviceError::Ticket)?;
    lock_account(transaction, user).await?;
    let account = select_account(transaction, user)
        .await?
        .ok_or(AddDeviceError::Ticket)?;
    let name = parse_name(&account.name)?;
    if !belongs_to(&adding.device.body, user, &name, &account.identity_key) {
        return Err(AddDeviceError::Certificate);
    }
    let device = adding.device.body.device;
    match select_device(transaction, device).await? {
        None => add_new(transaction, user, adding).await?,
        Some(known) => renew(transaction, &known, adding).await?,
    }
    insert_session(transaction, device, adding.session, adding.at).await?;
    Ok(SessionOwner {
        user,
        name,
        is_admin: account.is_admin,
        device,
        guest_until: account.guest_until,
    })
}

async fn revoke_device(
    transaction: &Transaction<'_>,
    user: UserId,
    device: DeviceId,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let (device_bytes, user_bytes) = (device.as_bytes().as_slice(), user.as_bytes().as_slice());
    let revoked = execute(
        transaction,
        sql::REVOKE_DEVICE,
        &[&milliseconds(at), &device_bytes, &user_bytes],
    )
    .await?;
    if revoked == 0 {
        return Ok(false);
    }
    revoke_sessions(transaction, device, at).await?;
    super::key_package::wipe(transaction, device).await?;
    Ok(true)
}

async fn take_ticket(
    transaction: &Transaction<'_>,
    adding: &AddDevice,
) -> Result<Option<UserId>, StoreError> {
    let statement = transaction.prepare_cached(sql::TAKE_TICKET).await?;
    let ticket = adding.ticket.as_bytes().as_slice();
    let row = transaction
        .query_opt(&statement, &[&ticket, &milliseconds(adding.at)])
        .await?;
    row.map(|row| Column("login_ticket", "user_id").id(row.try_get(0)?))
        .transpose()
}

pub(super) async fn lock_account(transaction: &Transaction<'_>, user: UserId) -> Result<(), StoreError> {
    let statement = transaction.prepare_cached(sql::LOCK_ACCOUNT_POSTGRES).await?;
    transaction
        .query_opt(&statement, &[&user.as_bytes().as_slice()])
        .await?;
    Ok(())
}

async fn add_new(
    transaction: &Transaction<'_>,
    user: UserId,
    adding: &AddDevice,
) -> Result<(), AddDeviceError> {
    if count_devices(transaction, user).await? >= DEVICES_PER_USER_MAX {
        return Err(AddDeviceError::TooMany);
    }
    if insert_device(transaction, &adding.device, adding.at).await? {
        Ok(())
    } else {
        Err(AddDeviceError::Certificate)
    }
}

async fn count_devices(transaction: &Transaction<'_>, user: UserId) -> Result<usize, StoreError> {
    let statement = transaction.prepare_cached(sql::COUNT_DEVICES).await?;
    let count: i64 = transaction
        .query_one(&statement, &[&user.as_bytes().as_slice()])
        .await?
        .try_get(0)?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// The same device logs in again: its old sessions end.
async fn renew(
    transaction: &Transaction<'_>,
    known: &KnownDevice,
    adding: &AddDevice,
) -> Result<(), AddDeviceError> {
    let body = &adding.device.body;
    known.may_return(body)?;
    let parameters: &[&(dyn ToSql + Sync)] =
        &[&adding.device.certificate, &body.device.as_bytes().as_slice()];
    execute(transaction, sql::UPDATE_CERTIFICATE, parameters).await?;
    revoke_sessions(transaction, body.device, adding.at).await?;
    Ok(())
}

pub(super) async fn select_device(
    transaction: &Transaction<'_>,
    device: DeviceId,
) -> Result<Option<KnownDevice>, StoreError> {
    let statement = transaction.prepare_cached(sql::SELECT_DEVICE).await?;
    let row = transaction
        .query_opt(&statement, &[&device.as_bytes().as_slice()])
        .await?;
    row.map(|row| {
        Ok(KnownDevice {
            user: Column("device", "user_id").id(row.try_get(0)?)?,
            signature_key: row.try_get(1)?,
            is_revoked: row.try_get::<_, Option<i64>>(2)?.is_some(),
        })
    })
    .transpose()
}

pub(super) async fn select_devices(
    transaction: &Transaction<'_>,
    user: UserId,
) -> Result<Vec<DeviceSummary>, StoreError> {
    let statement = transaction.prepare_cached(sql::SELECT_DEVICES).await?;
    let rows = transaction
        .query(&statement, &[&user.as_bytes().as_slice()])
        .await?;
    rows.iter()
        .map(|row| {
            Ok(DeviceSummary {
                device: Column("device", "device_id").id(row.try_get(0)?)?,
                certificate: row.try_get::<_, Vec<u8>>(1)?.into(),
                registered_at: Column("device", "registered_at").time(row.try_get(2)?)?,
            })
        })
        .collect()
}

/// False when the device id exists.
pub(super) async fn insert_device(
    transaction: &Transaction<'_>,
    device: &NewDevice,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let body = &device.body;
    let parameters: &[&(dyn ToSql + Sync)] = &[
        &body.device.as_bytes().as_slice(),
        &body.user.as_bytes().as_slice(),
        &device.certificate,
        &body.signature_key.as_slice(),
        &day(at),
    ];
    Ok(execute(transaction, sql::INSERT_DEVICE, parameters).await? == 1)
}

pub(super) async fn insert_session(
    transaction: &Transaction<'_>,
    device: DeviceId,
    session: NewSession,
    at: Timestamp,
) -> Result<(), StoreError> {
    let parameters: &[&(dyn ToSql + Sync)] = &[
        &session.session.as_bytes().as_slice(),
        &device.as_bytes().as_slice(),
        &session.refresh.as_bytes().as_slice(),
        &milliseconds(at),
    ];
    execute(transaction, sql::INSERT_SESSION, parameters).await?;
    Ok(())
}

pub(super) async fn revoke_sessions(
    transaction: &Transaction<'_>,
    device: DeviceId,
    at: Timestamp,
) -> Result<(), StoreError> {
    let device = device.as_bytes().as_slice();
    execute(
        transaction,
        sql::REVOKE_SESSIONS_OF_DEVICE,
        &[&milliseconds(at), &device],
    )
    .await?;
    Ok(())
}
