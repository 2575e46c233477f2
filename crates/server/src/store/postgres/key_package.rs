//! Key packages in PostgreSQL.

use super::{PostgresStore, Transaction, in_transaction};
use crate::store::StoreError;
use crate::store::column::{Column, milliseconds};
use crate::store::key_package::{Claimer, NewKeyPackage, NewStock, STOCK_MAX, StockFull};
use undertone_wire::key_package::{ClaimedKeyPackage, KeyPackageStock};
use undertone_wire::{Bytes, DeviceId, Timestamp, UserId};

// One upload or revocation of a device at a time.
const LOCK_DEVICE: &str = "select 1 from device where device_id = $1 and revoked_at is null for update";
const INSERT: &str = "
    insert into key_package (reference, device_id, expires_at, key_package)
    select $1, $2, $3, $4 where not exists (select 1 from used_key_package where reference = $1)
    on conflict (reference) do nothing";
const REPLACE_LAST_RESORT: &str = "
    insert into last_resort_key_package (device_id, expires_at, key_package) values ($1, $2, $3)
    on conflict (device_id) do update set
        expires_at = excluded.expires_at, key_package = excluded.key_package";
const COUNT: &str = "
    select (select count(*) from key_package where device_id = $1),
        exists (select 1 from last_resort_key_package where device_id = $1)";
const SELECT_DEVICES: &str = "
    select device_id from device
    where user_id = $1 and device_id <> $2 and revoked_at is null order by device_id";
// Two who ask at once get two different ones.
const TAKE: &str = "
    delete from key_package where reference = (
        select reference from key_package where device_id = $1 and expires_at > $2
        order by expires_at limit 1 for update skip locked)
    returning reference, expires_at, key_package";
const INSERT_USED: &str =
    "insert into used_key_package (reference, device_id, expires_at) values ($1, $2, $3)";
const SELECT_LAST_RESORT: &str =
    "select key_package from last_resort_key_package where device_id = $1 and expires_at > $2";
const SELECT_REACHABLE: &str = "
    select device_id from device
    where user_id = $1 and revoked_at is null and (
        exists (select 1 from key_package
            where key_package.device_id = device.device_id and key_package.expires_at > $2)
        or exists (select 1 from last_resort_key_package as last
            where last.device_id = device.device_id and last.expires_at > $2))";
const WIPE: &str = "delete from key_package where device_id = $1";
const WIPE_LAST_RESORT: &str = "delete from last_resort_key_package where device_id = $1";

#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[
    LOCK_DEVICE,
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

impl PostgresStore {
    pub(in crate::store) async fn add_key_packages(
        &self,
        new: NewStock,
    ) -> Result<Result<KeyPackageStock, StockFull>, StoreError> {
        in_transaction!(self, transaction => add(&transaction, &new))
    }

    pub(in crate::store) async fn key_package_stock(
        &self,
        device: DeviceId,
    ) -> Result<KeyPackageStock, StoreError> {
        in_transaction!(self, transaction => stock(&transaction, device))
    }

    pub(in crate::store) async fn claim_key_packages(
        &self,
        claimer: Claimer,
    ) -> Result<Vec<ClaimedKeyPackage>, StoreError> {
        in_transaction!(self, transaction => claim(&transaction, &claimer))
    }

    pub(in crate::store) async fn reachable_devices(
        &self,
        user: UserId,
        now: Timestamp,
    ) -> Result<Vec<DeviceId>, StoreError> {
        let client = self.connection().await?;
        let statement = client.prepare_cached(SELECT_REACHABLE).await?;
        let rows = client
            .query(&statement, &[&user.as_bytes().as_slice(), &milliseconds(now)])
            .await?;
        rows.iter()
            .map(|row| Column("device", "device_id").id(row.try_get(0)?))
            .collect()
    }
}

/// Deletes the whole stock of a device; part of its revocation.
pub(in crate::store) async fn wipe(
    transaction: &Transaction<'_>,
    device: DeviceId,
) -> Result<(), StoreError> {
    let device = device.as_bytes().as_slice();
    transaction.execute(WIPE, &[&device]).await?;
    transaction.execute(WIPE_LAST_RESORT, &[&device]).await?;
    Ok(())
}

async fn add(
    transaction: &Transaction<'_>,
    new: &NewStock,
) -> Result<Result<KeyPackageStock, StockFull>, StoreError> {
    let device = new.device.as_bytes().as_slice();
    transaction.execute(LOCK_DEVICE, &[&device]).await?;
    let before = stock(transaction, new.device).await?;
    let wanted = usize::try_from(before.available)
        .unwrap_or(usize::MAX)
        .saturating_add(new.single_use.len());
    if wanted > STOCK_MAX {
        return Ok(Err(StockFull));
    }
    let insert = transaction.prepare_cached(INSERT).await?;
    for package in &new.single_use {
        let (reference, bytes) = (package.reference.as_slice(), package.key_package.as_slice());
        let expires_at = milliseconds(package.expires_at);
        transaction
            .execute(&insert, &[&reference, &device, &expires_at, &bytes])
            .await?;
    }
    if let Some(NewKeyPackage {
        expires_at,
        key_package,
        ..
    }) = &new.last_resort
    {
        let replace = transaction.prepare_cached(REPLACE_LAST_RESORT).await?;
        let bytes = key_package.as_slice();
        transaction
            .execute(&replace, &[&device, &milliseconds(*expires_at), &bytes])
            .await?;
    }
    stock(transaction, new.device).await.map(Ok)
}

async fn stock(transaction: &Transaction<'_>, device: DeviceId) -> Result<KeyPackageStock, StoreError> {
    let statement = transaction.prepare_cached(COUNT).await?;
    let row = transaction
        .query_one(&statement, &[&device.as_bytes().as_slice()])
        .await?;
    let available: i64 = row.try_get(0)?;
    Ok(KeyPackageStock {
        available: u32::try_from(available).unwrap_or(u32::MAX),
        has_last_resort: row.try_get(1)?,
    })
}

async fn claim(
    transaction: &Transaction<'_>,
    claimer: &Claimer,
) -> Result<Vec<ClaimedKeyPackage>, StoreError> {
    let statement = transaction.prepare_cached(SELECT_DEVICES).await?;
    let target = claimer.target.as_bytes().as_slice();
    let rows = transaction
        .query(&statement, &[&target, &claimer.device.as_bytes().as_slice()])
        .await?;
    let mut taken = Vec::with_capacity(rows.len());
    for row in rows {
        let device = Column("device", "device_id").id(row.try_get(0)?)?;
        taken.extend(take(transaction, device, claimer.now).await?);
    }
    Ok(taken)
}

/// One package of a device, or nothing if it has not even a last resort.
async fn take(
    transaction: &Transaction<'_>,
    device: DeviceId,
    now: Timestamp,
) -> Result<Option<ClaimedKeyPackage>, StoreError> {
    let (id, now) = (device.as_bytes().as_slice(), milliseconds(now));
    let statement = transaction.prepare_cached(TAKE).await?;
    if let Some(row) = transaction.query_opt(&statement, &[&id, &now]).await? {
        let (reference, expires_at): (&[u8], i64) = (row.try_get(0)?, row.try_get(1)?);
        let used = transaction.prepare_cached(INSERT_USED).await?;
        transaction
            .execute(&used, &[&reference, &id, &expires_at])
            .await?;
        return Ok(Some(ClaimedKeyPackage {
            device,
            key_package: Bytes(row.try_get(2)?),
        }));
    }
    let statement = transaction.prepare_cached(SELECT_LAST_RESORT).await?;
    let last_resort = transaction.query_opt(&statement, &[&id, &now]).await?;
    last_resort
        .map(|row| {
            Ok(ClaimedKeyPackage {
                device,
                key_package: Bytes(row.try_get(0)?),
            })
        })
        .transpose()
}
