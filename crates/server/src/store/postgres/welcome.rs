//! Welcomes in PostgreSQL: one blob for all devices that a commit added, deleted when the last has it.

use super::{PostgresStore, Transaction, in_transaction};
use crate::store::StoreError;
use crate::store::column::{Column, integer};
use crate::store::conversation::DeviceAcknowledge;
use tokio_postgres::Row;
use undertone_wire::conversation::PendingWelcome;
use undertone_wire::{Bytes, DeviceId, Sequence};

const SELECT_PENDING: &str = "
    select conversation_id, sequence, sender_device_id, sent_at, welcome, ratchet_tree
    from pending_welcome join welcome using (conversation_id, sequence) where device_id = $1";
// The conversation's row is locked first: two devices that acknowledge at once must see each other.
const LOCK: &str = "
    select 1 from conversation where conversation_id = any($1) order by conversation_id for update";
const DELETE_PENDING: &str = "
    delete from pending_welcome
    using unnest($1::bytea[], $2::bytea[], $3::bigint[]) as new (device_id, conversation_id, sequence)
    where pending_welcome.device_id = new.device_id
        and pending_welcome.conversation_id = new.conversation_id
        and pending_welcome.sequence <= new.sequence";
const DELETE_DELIVERED: &str = "
    delete from welcome where conversation_id = any($1) and not exists (
        select 1 from pending_welcome
        where pending_welcome.conversation_id = welcome.conversation_id
            and pending_welcome.sequence = welcome.sequence)";

#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[SELECT_PENDING, LOCK, DELETE_PENDING, DELETE_DELIVERED];

impl PostgresStore {
    pub(in crate::store) async fn pending_welcomes(
        &self,
        device: DeviceId,
    ) -> Result<Vec<PendingWelcome>, StoreError> {
        let client = self.connection().await?;
        let statement = client.prepare_cached(SELECT_PENDING).await?;
        let rows = client.query(&statement, &[&device.as_bytes().as_slice()]).await?;
        rows.iter().map(welcome_of).collect()
    }

    pub(in crate::store) async fn acknowledge_welcomes(
        &self,
        acknowledged: Vec<DeviceAcknowledge>,
    ) -> Result<(), StoreError> {
        in_transaction!(self, transaction => delete(&transaction, &acknowledged))
    }
}

async fn delete(transaction: &Transaction<'_>, acknowledged: &[DeviceAcknowledge]) -> Result<(), StoreError> {
    let conversations: Vec<&[u8]> = acknowledged
        .iter()
        .map(|one| one.up_to.conversation.as_bytes().as_slice())
        .collect();
    let devices: Vec<&[u8]> = acknowledged
        .iter()
        .map(|one| one.device.as_bytes().as_slice())
        .collect();
    let sequences: Vec<i64> = acknowledged
        .iter()
        .map(|one| integer(one.up_to.sequence.0))
        .collect();
    transaction.execute(LOCK, &[&conversations]).await?;
    if transaction
        .execute(DELETE_PENDING, &[&devices, &conversations, &sequences])
        .await?
        > 0
    {
        transaction.execute(DELETE_DELIVERED, &[&conversations]).await?;
    }
    Ok(())
}

fn welcome_of(row: &Row) -> Result<PendingWelcome, StoreError> {
    let column = |name| Column("welcome", name);
    Ok(PendingWelcome {
        conversation: column("conversation_id").id(row.try_get(0)?)?,
        sequence: Sequence(column("sequence").number(row.try_get(1)?)?),
        sender: column("sender_device_id").id(row.try_get(2)?)?,
        sent_at: column("sent_at").time(row.try_get(3)?)?,
        welcome: Bytes(row.try_get(4)?),
        ratchet_tree: Bytes(row.try_get(5)?),
    })
}
