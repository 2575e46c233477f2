//! Key packages in SQLite.

use super::SqliteStore;
use crate::store::StoreError;
use crate::store::column::{Column, milliseconds};
use crate::store::key_package::{Claimer, NewKeyPackage, NewStock, STOCK_MAX, StockFull};
use rusqlite::{Connection, OptionalExtension, params};
use undertone_wire::key_package::{ClaimedKeyPackage, KeyPackageStock};
use undertone_wire::{Bytes, DeviceId, Timestamp, UserId};

const INSERT: &str = "
    insert into key_package (reference, device_id, expires_at, key_package)
    select ?1, ?2, ?3, ?4 where not exists (select 1 from used_key_package where reference = ?1)
    on conflict (reference) do nothing";
const REPLACE_LAST_RESORT: &str = "
    insert into last_resort_key_package (device_id, expires_at, key_package) values (?1, ?2, ?3)
    on conflict (device_id) do update set
        expires_at = excluded.expires_at, key_package = excluded.key_package";
const COUNT: &str = "
    select (select count(*) from key_package where device_id = ?1),
        exists (select 1 from last_resort_key_package where device_id = ?1)";
const SELECT_DEVICES: &str = "
    select device_id from device
    where user_id = ?1 and device_id <> ?2 and revoked_at is null order by device_id";
const TAKE: &str = "
    delete from key_package where reference = (
        select reference from key_package where device_id = ?1 and expires_at > ?2
        order by expires_at limit 1)
    returning reference, expires_at, key_package";
const INSERT_USED: &str =
    "insert into used_key_package (reference, device_id, expires_at) values (?1, ?2, ?3)";
const SELECT_LAST_RESORT: &str =
    "select key_package from last_resort_key_package where device_id = ?1 and expires_at > ?2";
const SELECT_REACHABLE: &str = "
    select device_id from device
    where user_id = ?1 and revoked_at is null and (
        exists (select 1 from key_package
            where key_package.device_id = device.device_id and key_package.expires_at > ?2)
        or exists (select 1 from last_resort_key_package as last
            where last.device_id = device.device_id and last.expires_at > ?2))";
const WIPE: &str = "delete from key_package where device_id = ?1";
const WIPE_LAST_RESORT: &str = "delete from last_resort_key_package where device_id = ?1";

#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[
    INSERT,
    REPLACE_LAST_RESORT,
    COUNT,
    SELECT_DEVICES,
    TAKE,
    INSERT_USED,
    SELECT_LAST_RESORT,
    SELECT_REACHABLE,
    WIPE,
    WIPE_LAST_RESORT,
];

impl SqliteStore {
    pub(in crate::store) async fn add_key_packages(
        &self,
        new: NewStock,
    ) -> Result<Result<KeyPackageStock, StockFull>, StoreError> {
        self.write(move |connection| add(connection, &new)).await
    }

    pub(in crate::store) async fn key_package_stock(
        &self,
        device: DeviceId,
    ) -> Result<KeyPackageStock, StoreError> {
        self.read(move |connection| stock(connection, device)).await
    }

    pub(in crate::store) async fn claim_key_packages(
        &self,
        claimer: Claimer,
    ) -> Result<Vec<ClaimedKeyPackage>, StoreError> {
        self.write(move |connection| {
            let devices = device_ids(connection, claimer.target, claimer.device)?;
            let mut taken = Vec::with_capacity(devices.len());
            for device in devices {
                taken.extend(take(connection, device, claimer.now)?);
            }
            Ok(taken)
        })
        .await
    }

    pub(in crate::store) async fn reachable_devices(
        &self,
        user: UserId,
        now: Timestamp,
    ) -> Result<Vec<DeviceId>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(SELECT_REACHABLE)?;
            let rows = statement.query_map(params![user.as_bytes(), milliseconds(now)], |row| {
                row.get::<_, Vec<u8>>(0)
            })?;
            rows.map(|row| Column("device", "device_id").id(&row?)).collect()
        })
        .await
    }
}

/// Deletes the whole stock of a device; part of its revocation.
pub(in crate::store) fn wipe(connection: &Connection, device: DeviceId) -> Result<(), StoreError> {
    connection
        .prepare_cached(WIPE)?
        .execute(params![device.as_bytes()])?;
    connection
        .prepare_cached(WIPE_LAST_RESORT)?
        .execute(params![device.as_bytes()])?;
    Ok(())
}

fn add(connection: &Connection, new: &NewStock) -> Result<Result<KeyPackageStock, StockFull>, StoreError> {
    let before = stock(connection, new.device)?;
    let wanted = usize::try_from(before.available)
        .unwrap_or(usize::MAX)
        .saturating_add(new.single_use.len());
    if wanted > STOCK_MAX {
        return Ok(Err(StockFull));
    }
    for package in &new.single_use {
        connection.prepare_cached(INSERT)?.execute(params![
            package.reference,
            new.device.as_bytes(),
            milliseconds(package.expires_at),
            package.key_package.as_slice(),
        ])?;
    }
    if let Some(NewKeyPackage {
        expires_at,
        key_package,
        ..
    }) = &new.last_resort
    {
        connection.prepare_cached(REPLACE_LAST_RESORT)?.execute(params![
            new.device.as_bytes(),
            milliseconds(*expires_at),
            key_package.as_slice()
        ])?;
    }
    stock(connection, new.device).map(Ok)
}

fn stock(connection: &Connection, device: DeviceId) -> Result<KeyPackageStock, StoreError> {
    Ok(connection
        .prepare_cached(COUNT)?
        .query_row(params![device.as_bytes()], |row| {
            Ok(KeyPackageStock {
                available: row.get(0)?,
                has_last_resort: row.get(1)?,
            })
        })?)
}

fn device_ids(connection: &Connection, user: UserId, except: DeviceId) -> Result<Vec<DeviceId>, StoreError> {
    let mut statement = connection.prepare_cached(SELECT_DEVICES)?;
    let rows = statement.query_map(params![user.as_bytes(), except.as_bytes()], |row| {
        row.get::<_, Vec<u8>>(0)
    })?;
    rows.map(|row| Column("device", "device_id").id(&row?)).collect()
}

/// One package of a device, or nothing if it has not even a last resort.
fn take(
    connection: &Connection,
    device: DeviceId,
    now: Timestamp,
) -> Result<Option<ClaimedKeyPackage>, StoreError> {
    let taken = connection
        .prepare_cached(TAKE)?
        .query_row(params![device.as_bytes(), milliseconds(now)], |row| {
            Ok((
                row.get::<_, Vec<u8>>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, Vec<u8>>(2)?,
            ))
        })
        .optional()?;
    if let Some((reference, expires_at, key_package)) = taken {
        connection
            .prepare_cached(INSERT_USED)?
            .execute(params![reference, device.as_bytes(), expires_at])?;
        return Ok(Some(ClaimedKeyPackage {
            device,
            key_package: Bytes(key_package),
        }));
    }
    let last_resort = connection
        .prepare_cached(SELECT_LAST_RESORT)?
        .query_row(params![device.as_bytes(), milliseconds(now)], |row| row.get(0))
        .optional()?;
    Ok(last_resort.map(|key_package| ClaimedKeyPackage {
        device,
        key_package: Bytes(key_package),
    }))
}
