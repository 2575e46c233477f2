//! Devices in SQLite: adding, renewing, revoking.

use rusqlite::{Connection, OptionalExtension, params};
use undertone_wire::device::DeviceSummary;
use undertone_wire::limits::DEVICES_PER_USER_MAX;
use undertone_wire::{DeviceId, Timestamp, UserId};

use super::SqliteStore;
use super::account::select_account;
use crate::store::StoreError;
use crate::store::account::{
    AddDevice, AddDeviceError, KnownDevice, NewDevice, NewSession, SessionOwner, belongs_to, day, parse_name,
    sql,
};
use crate::store::column::{Column, milliseconds};

impl SqliteStore {
    pub(in crate::store) async fn add_device(
        &self,
        adding: AddDevice,
    ) -> Result<SessionOwner, AddDeviceError> {
        self.write(move |connection| add_device(connection, &adding))
            .await
    }

    pub(in crate::store) async fn revoke_device(
        &self,
        user: UserId,
        device: DeviceId,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let revoked = connection.prepare_cached(sql::REVOKE_DEVICE)?.execute(params![
                milliseconds(at),
                device.as_bytes(),
                user.as_bytes()
            ])?;
            if revoked == 0 {
                return Ok(false);
            }
            revoke_sessions(connection, device, at)?;
            super::key_package::wipe(connection, device)?;
            Ok(true)
        })
        .await
    }
}

pub(super) fn add_device(
    connection: &Connection,
    adding: &AddDevice,
) -> Result<SessionOwner, AddDeviceError> {
    let user = take_ticket(connection, adding)?;
    let account = select_account(connection, user)?.ok_or(AddDeviceError::Ticket)?;
    let name = parse_name(&account.name)?;
    if !belongs_to(&adding.device.body, user, &name, &account.identity_key) {
        return Err(AddDeviceError::Certificate);
    }
    let device = adding.device.body.device;
    match select_device(connection, device)? {
        None => add_new(connection, user, adding)?,
        Some(known) => renew(connection, &known, adding)?,
    }
    insert_session(connection, device, adding.session, adding.at)?;
    Ok(SessionOwner {
        user,
        name,
        is_admin: account.is_admin,
        device,
        guest_until: account.guest_until,
    })
}

fn take_ticket(connection: &Connection, adding: &AddDevice) -> Result<UserId, AddDeviceError> {
    let mut statement = connection
        .prepare_cached(sql::TAKE_TICKET)
        .map_err(StoreError::from)?;
    let taken = statement
        .query_row(
            params![adding.ticket.as_bytes(), milliseconds(adding.at)],
            |row| row.get::<_, Vec<u8>>(0),
        )
        .optional()
        .map_err(StoreError::from)?;
    let user = taken.ok_or(AddDeviceError::Ticket)?;
    Ok(Column("login_ticket", "user_id").id(&user)?)
}

fn add_new(connection: &Connection, user: UserId, adding: &AddDevice) -> Result<(), AddDeviceError> {
    let mut count = connection
        .prepare_cached(sql::COUNT_DEVICES)
        .map_err(StoreError::from)?;
    let devices: i64 = count
        .query_row([user.as_bytes()], |row| row.get(0))
        .map_err(StoreError::from)?;
    if usize::try_from(devices).unwrap_or(usize::MAX) >= DEVICES_PER_USER_MAX {
        return Err(AddDeviceError::TooMany);
    }
    if insert_device(connection, &adding.device, adding.at)? {
        Ok(())
    } else {
        Err(AddDeviceError::Certificate)
    }
}

/// The same device logs in again: its old sessions end.
fn renew(connection: &Connection, known: &KnownDevice, adding: &AddDevice) -> Result<(), AddDeviceError> {
    let body = &adding.device.body;
    known.may_return(body)?;
    connection
        .prepare_cached(sql::UPDATE_CERTIFICATE)
        .and_then(|mut update| update.execute(params![adding.device.certificate, body.device.as_bytes()]))
        .map_err(StoreError::from)?;
    revoke_sessions(connection, body.device, adding.at)?;
    Ok(())
}

pub(super) fn select_device(
    connection: &Connection,
    device: DeviceId,
) -> Result<Option<KnownDevice>, StoreError> {
    let mut statement = connection.prepare_cached(sql::SELECT_DEVICE)?;
    let row = statement
        .query_row([device.as_bytes()], |row| {
            Ok((
                row.get::<_, Vec<u8>>(0)?,
                row.get(1)?,
                row.get::<_, Option<i64>>(2)?,
            ))
        })
        .optional()?;
    row.map(|(user, signature_key, revoked_at)| {
        let user = Column("device", "user_id").id(&user)?;
        Ok(KnownDevice {
            user,
            signature_key,
            is_revoked: revoked_at.is_some(),
        })
    })
    .transpose()
}

pub(super) fn select_devices(
    connection: &Connection,
    user: UserId,
) -> Result<Vec<DeviceSummary>, StoreError> {
    let mut statement = connection.prepare_cached(sql::SELECT_DEVICES)?;
    let rows = statement.query_map([user.as_bytes()], |row| {
        Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?, row.get(2)?))
    })?;
    rows.map(|row| {
        let (device, certificate, registered_at) = row?;
        Ok(DeviceSummary {
            device: Column("device", "device_id").id(&device)?,
            certificate: certificate.into(),
            registered_at: Column("device", "registered_at").time(registered_at)?,
        })
    })
    .collect()
}

/// False when the device id exists.
pub(super) fn insert_device(
    connection: &Connection,
    device: &NewDevice,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let inserted = connection.prepare_cached(sql::INSERT_DEVICE)?.execute(params![
        device.body.device.as_bytes(),
        device.body.user.as_bytes(),
        device.certificate,
        device.body.signature_key.as_slice(),
        day(at),
    ])?;
    Ok(inserted == 1)
}

pub(super) fn insert_session(
    connection: &Connection,
    device: DeviceId,
    session: NewSession,
    at: Timestamp,
) -> Result<(), StoreError> {
    connection.prepare_cached(sql::INSERT_SESSION)?.execute(params![
        session.session.as_bytes(),
        device.as_bytes(),
        session.refresh.as_bytes(),
        milliseconds(at)
    ])?;
    Ok(())
}

pub(super) fn revoke_sessions(
    connection: &Connection,
    device: DeviceId,
    at: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql::REVOKE_SESSIONS_OF_DEVICE)?
        .execute(params![milliseconds(at), device.as_bytes()])?;
    Ok(())
}
