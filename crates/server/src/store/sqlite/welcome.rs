//! Welcomes in SQLite: one blob for all devices that a commit added, deleted when the last has it.

use super::SqliteStore;
use crate::store::StoreError;
use crate::store::column::{Column, integer};
use crate::store::conversation::DeviceAcknowledge;
use rusqlite::{Connection, Row, params};
use undertone_wire::conversation::PendingWelcome;
use undertone_wire::{Bytes, DeviceId, Sequence};

const SELECT_PENDING: &str = "
    select conversation_id, sequence, sender_device_id, sent_at, welcome, ratchet_tree
    from pending_welcome join welcome using (conversation_id, sequence) where device_id = ?1";
const DELETE_PENDING: &str = "
    delete from pending_welcome where device_id = ?1 and conversation_id = ?2 and sequence <= ?3";
const DELETE_DELIVERED: &str = "
    delete from welcome where conversation_id = ?1 and not exists (
        select 1 from pending_welcome
        where pending_welcome.conversation_id = welcome.conversation_id
            and pending_welcome.sequence = welcome.sequence)";

#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[SELECT_PENDING, DELETE_PENDING, DELETE_DELIVERED];

impl SqliteStore {
    pub(in crate::store) async fn pending_welcomes(
        &self,
        device: DeviceId,
    ) -> Result<Vec<PendingWelcome>, StoreError> {
        self.read(move |connection| select_pending(connection, device))
            .await
    }

    pub(in crate::store) async fn acknowledge_welcomes(
        &self,
        acknowledged: Vec<DeviceAcknowledge>,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            for DeviceAcknowledge { device, up_to } in acknowledged {
                let conversation = up_to.conversation.as_bytes();
                let sequence = integer(up_to.sequence.0);
                let deleted = connection.prepare_cached(DELETE_PENDING)?.execute(params![
                    device.as_bytes(),
                    conversation,
                    sequence
                ])?;
                if deleted > 0 {
                    connection
                        .prepare_cached(DELETE_DELIVERED)?
                        .execute(params![conversation])?;
                }
            }
            Ok(())
        })
        .await
    }
}

pub(super) fn select_pending(
    connection: &Connection,
    device: DeviceId,
) -> Result<Vec<PendingWelcome>, StoreError> {
    let mut statement = connection.prepare_cached(SELECT_PENDING)?;
    let mut rows = statement.query(params![device.as_bytes()])?;
    let mut welcomes = Vec::new();
    while let Some(row) = rows.next()? {
        welcomes.push(welcome_of(row)?);
    }
    Ok(welcomes)
}

fn welcome_of(row: &Row<'_>) -> Result<PendingWelcome, StoreError> {
    let column = |name| Column("welcome", name);
    Ok(PendingWelcome {
        conversation: column("conversation_id").id(&row.get::<_, Vec<u8>>(0)?)?,
        sequence: Sequence(column("sequence").number(row.get(1)?)?),
        sender: column("sender_device_id").id(&row.get::<_, Vec<u8>>(2)?)?,
        sent_at: column("sent_at").time(row.get(3)?)?,
        welcome: Bytes(row.get(4)?),
        ratchet_tree: Bytes(row.get(5)?),
    })
}
