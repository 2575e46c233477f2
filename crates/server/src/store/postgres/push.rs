//! Push subscriptions in PostgreSQL. The statements are shared with SQLite.

use super::{PostgresStore, Transaction, in_transaction};
use crate::auth::SessionId;
use crate::store::StoreError;
use crate::store::column::{Column, milliseconds};
use crate::store::push::{self, DeviceSubscription};
use std::collections::HashSet;
use undertone_wire::push::PushWishes;
use undertone_wire::{ConversationId, DeviceId, Timestamp};

impl PostgresStore {
    pub(in crate::store) async fn put_subscription(
        &self,
        session: SessionId,
        subscription: DeviceSubscription,
    ) -> Result<(), StoreError> {
        in_transaction!(self, transaction => put(&transaction, session, &subscription))
    }

    pub(in crate::store) async fn subscription(
        &self,
        device: DeviceId,
    ) -> Result<Option<DeviceSubscription>, StoreError> {
        let client = self.connection().await?;
        let statement = client.prepare_cached(push::SELECT).await?;
        let row = client
            .query_opt(&statement, &[&device.as_bytes().as_slice()])
            .await?;
        row.map(|row| push::read(device, (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?)))
            .transpose()
    }

    pub(in crate::store) async fn delete_subscription(&self, device: DeviceId) -> Result<(), StoreError> {
        let client = self.connection().await?;
        let device = device.as_bytes().as_slice();
        client.execute(push::DELETE, &[&device]).await?;
        Ok(())
    }

    pub(in crate::store) async fn forget_subscription(
        &self,
        device: DeviceId,
        endpoint: String,
    ) -> Result<(), StoreError> {
        let client = self.connection().await?;
        let device = device.as_bytes().as_slice();
        client.execute(push::FORGET, &[&device, &endpoint]).await?;
        Ok(())
    }

    pub(in crate::store) async fn put_wishes(
        &self,
        device: DeviceId,
        wishes: PushWishes,
    ) -> Result<(), StoreError> {
        in_transaction!(self, transaction => wish(&transaction, device, &wishes))
    }

    pub(in crate::store) async fn devices_to_wake(
        &self,
        messages: HashSet<(ConversationId, DeviceId)>,
        now: Timestamp,
    ) -> Result<HashSet<DeviceId>, StoreError> {
        let client = self.connection().await?;
        let any = client.prepare_cached(push::SELECT_ANY).await?;
        let mut devices = HashSet::new();
        if !client.query_one(&any, &[]).await?.try_get::<_, bool>(0)? {
            return Ok(devices);
        }
        let statement = client.prepare_cached(push::SELECT_TO_WAKE).await?;
        let (now, minute) = (milliseconds(now), push::minute(now));
        for (conversation, sender) in messages {
            let (conversation, sender) = (conversation.as_bytes().as_slice(), sender.as_bytes().as_slice());
            let rows = client
                .query(&statement, &[&conversation, &sender, &now, &minute])
                .await?;
            for row in rows {
                devices.insert(Column("member", "device_id").id(row.try_get(0)?)?);
            }
        }
        Ok(devices)
    }

    pub(in crate::store) async fn is_woken_by_welcomes(
        &self,
        device: DeviceId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let client = self.connection().await?;
        let statement = client.prepare_cached(push::SELECT_BY_WELCOMES).await?;
        let row = client
            .query_one(&statement, &[&device.as_bytes().as_slice(), &push::minute(now)])
            .await?;
        Ok(row.try_get(0)?)
    }

    pub(in crate::store) async fn is_waited_for(
        &self,
        device: DeviceId,
        left: Timestamp,
    ) -> Result<bool, StoreError> {
        let client = self.connection().await?;
        let statement = client.prepare_cached(push::SELECT_IS_WAITED_FOR).await?;
        let (left, minute) = (milliseconds(left), push::minute(left));
        let row = client
            .query_one(&statement, &[&device.as_bytes().as_slice(), &minute, &left])
            .await?;
        Ok(row.try_get(0)?)
    }
}

async fn wish(
    transaction: &Transaction<'_>,
    device: DeviceId,
    wishes: &PushWishes,
) -> Result<(), StoreError> {
    let device = device.as_bytes().as_slice();
    let quiet = wishes.quiet_hours;
    let from = quiet.map(|hours| i64::from(hours.from_minute));
    let to = quiet.map(|hours| i64::from(hours.to_minute));
    transaction
        .execute(push::UPDATE_WISHES, &[&from, &to, &wishes.welcomes, &device])
        .await?;
    transaction.execute(push::DELETE_WISHES, &[&device]).await?;
    let insert = transaction.prepare_cached(push::INSERT_WISH).await?;
    for wish in &wishes.conversations {
        let not_before = wish.not_before.map(milliseconds);
        let conversation = wish.conversation.as_bytes().as_slice();
        transaction
            .execute(&insert, &[&not_before, &conversation, &device])
            .await?;
    }
    Ok(())
}

async fn put(
    transaction: &Transaction<'_>,
    session: SessionId,
    subscription: &DeviceSubscription,
) -> Result<(), StoreError> {
    let device = subscription.device.as_bytes().as_slice();
    let endpoint = &subscription.endpoint;
    transaction.execute(push::CLEAR, &[&device, endpoint]).await?;
    let (session, public_key, auth) = (
        session.as_bytes().as_slice(),
        subscription.public_key.as_slice(),
        subscription.auth.as_slice(),
    );
    transaction
        .execute(push::INSERT, &[&device, &session, endpoint, &public_key, &auth])
        .await?;
    Ok(())
}
