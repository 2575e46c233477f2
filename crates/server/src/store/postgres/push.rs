//! Push subscriptions in PostgreSQL. The statements are shared with SQLite.

use super::{PostgresStore, Transaction, in_transaction};
use crate::auth::SessionId;
use crate::store::StoreError;
use crate::store::column::Column;
use crate::store::push::{self, DeviceSubscription};
use std::collections::HashSet;
use undertone_wire::{ConversationId, DeviceId};

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

    pub(in crate::store) async fn devices_to_wake(
        &self,
        messages: HashSet<(ConversationId, DeviceId)>,
    ) -> Result<HashSet<DeviceId>, StoreError> {
        let client = self.connection().await?;
        let any = client.prepare_cached(push::SELECT_ANY).await?;
        let mut devices = HashSet::new();
        if !client.query_one(&any, &[]).await?.try_get::<_, bool>(0)? {
            return Ok(devices);
        }
        let statement = client.prepare_cached(push::SELECT_TO_WAKE).await?;
        for (conversation, sender) in messages {
            let (conversation, sender) = (conversation.as_bytes().as_slice(), sender.as_bytes().as_slice());
            for row in client.query(&statement, &[&conversation, &sender]).await? {
                devices.insert(Column("member", "device_id").id(row.try_get(0)?)?);
            }
        }
        Ok(devices)
    }

    pub(in crate::store) async fn is_waited_for(&self, device: DeviceId) -> Result<bool, StoreError> {
        let client = self.connection().await?;
        let statement = client.prepare_cached(push::SELECT_IS_WAITED_FOR).await?;
        let row = client
            .query_one(&statement, &[&device.as_bytes().as_slice()])
            .await?;
        Ok(row.try_get(0)?)
    }
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
