//! Push subscriptions in SQLite. The statements are shared with PostgreSQL.

use super::SqliteStore;
use crate::auth::SessionId;
use crate::store::StoreError;
use crate::store::column::{Column, milliseconds};
use crate::store::push::{self, DeviceSubscription};
use rusqlite::{OptionalExtension, params};
use std::collections::HashSet;
use undertone_wire::push::PushWishes;
use undertone_wire::{ConversationId, DeviceId, Timestamp};

impl SqliteStore {
    pub(in crate::store) async fn put_subscription(
        &self,
        session: SessionId,
        subscription: DeviceSubscription,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            let DeviceSubscription {
                device,
                endpoint,
                public_key,
                auth,
            } = subscription;
            connection
                .prepare_cached(push::CLEAR)?
                .execute(params![device.as_bytes(), endpoint])?;
            connection.prepare_cached(push::INSERT)?.execute(params![
                device.as_bytes(),
                session.as_bytes(),
                endpoint,
                public_key,
                auth
            ])?;
            Ok(())
        })
        .await
    }

    pub(in crate::store) async fn subscription(
        &self,
        device: DeviceId,
    ) -> Result<Option<DeviceSubscription>, StoreError> {
        self.read(move |connection| {
            let found = connection
                .prepare_cached(push::SELECT)?
                .query_row(params![device.as_bytes()], |row| {
                    Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?, row.get::<_, Vec<u8>>(2)?))
                })
                .optional()?;
            found
                .map(|(endpoint, key, auth)| push::read(device, (endpoint, &key, &auth)))
                .transpose()
        })
        .await
    }

    pub(in crate::store) async fn delete_subscription(&self, device: DeviceId) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection
                .prepare_cached(push::DELETE)?
                .execute(params![device.as_bytes()])?;
            Ok(())
        })
        .await
    }

    pub(in crate::store) async fn forget_subscription(
        &self,
        device: DeviceId,
        endpoint: String,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection
                .prepare_cached(push::FORGET)?
                .execute(params![device.as_bytes(), endpoint])?;
            Ok(())
        })
        .await
    }

    pub(in crate::store) async fn put_wishes(
        &self,
        device: DeviceId,
        wishes: PushWishes,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            let quiet = wishes.quiet_hours;
            connection.prepare_cached(push::UPDATE_WISHES)?.execute(params![
                quiet.map(|hours| hours.from_minute),
                quiet.map(|hours| hours.to_minute),
                wishes.welcomes,
                device.as_bytes()
            ])?;
            connection
                .prepare_cached(push::DELETE_WISHES)?
                .execute(params![device.as_bytes()])?;
            let mut insert = connection.prepare_cached(push::INSERT_WISH)?;
            for wish in wishes.conversations {
                insert.execute(params![
                    wish.not_before.map(milliseconds),
                    wish.conversation.as_bytes(),
                    device.as_bytes()
                ])?;
            }
            Ok(())
        })
        .await
    }

    pub(in crate::store) async fn devices_to_wake(
        &self,
        messages: HashSet<(ConversationId, DeviceId)>,
        now: Timestamp,
    ) -> Result<HashSet<DeviceId>, StoreError> {
        self.read(move |connection| {
            let is_any: bool = connection
                .prepare_cached(push::SELECT_ANY)?
                .query_row([], |row| row.get(0))?;
            let mut devices = HashSet::new();
            if !is_any {
                return Ok(devices);
            }
            let mut statement = connection.prepare_cached(push::SELECT_TO_WAKE)?;
            for (conversation, sender) in messages {
                let parameters = params![
                    conversation.as_bytes(),
                    sender.as_bytes(),
                    milliseconds(now),
                    push::minute(now)
                ];
                let mut rows = statement.query(parameters)?;
                while let Some(row) = rows.next()? {
                    devices.insert(Column("member", "device_id").id(&row.get::<_, Vec<u8>>(0)?)?);
                }
            }
            Ok(devices)
        })
        .await
    }

    pub(in crate::store) async fn is_woken_by_welcomes(
        &self,
        device: DeviceId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(push::SELECT_BY_WELCOMES)?;
            let parameters = params![device.as_bytes(), push::minute(now)];
            Ok(statement.query_row(parameters, |row| row.get(0))?)
        })
        .await
    }

    pub(in crate::store) async fn is_waited_for(
        &self,
        device: DeviceId,
        left: Timestamp,
    ) -> Result<bool, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(push::SELECT_IS_WAITED_FOR)?;
            let parameters = params![device.as_bytes(), push::minute(left), milliseconds(left)];
            Ok(statement.query_row(parameters, |row| row.get(0))?)
        })
        .await
    }
}
