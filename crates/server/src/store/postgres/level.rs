//! Staying level with the database, in PostgreSQL.

use super::PostgresStore;
use super::log::entry_of;
use crate::store::StoreError;
use crate::store::column::{Column, integer};
use crate::store::level::{Position, gap_entries};
use undertone_wire::conversation::LogEntry;
use undertone_wire::{ConversationId, DeviceId, Epoch, Sequence};

const SELECT_POSITIONS: &str = "
    select conversation_id, head, epoch from conversation where conversation_id = any($1)";
const SELECT_GAP: &str = "
    select sequence, kind, epoch, sender_device_id, counter, sent_at, payload, franking_mac
    from log_entry where conversation_id = $1 and sequence > $2 order by sequence limit $3";
const SELECT_SEATS: &str = "select device_id, conversation_id from member where device_id = any($1)";
const SELECT_SIGNED_OUT: &str = "
    select asked.device_id from unnest($1::bytea[]) as asked (device_id)
    where not exists (select 1 from session join device using (device_id)
        where session.device_id = asked.device_id
            and session.revoked_at is null and device.revoked_at is null)";

#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] =
    &[SELECT_POSITIONS, SELECT_GAP, SELECT_SEATS, SELECT_SIGNED_OUT];

impl PostgresStore {
    pub(in crate::store) async fn positions(
        &self,
        conversations: Vec<ConversationId>,
    ) -> Result<Vec<Position>, StoreError> {
        let client = self.connection().await?;
        let statement = client.prepare_cached(SELECT_POSITIONS).await?;
        let ids: Vec<&[u8]> = conversations.iter().map(|id| id.as_bytes().as_slice()).collect();
        let rows = client.query(&statement, &[&ids]).await?;
        let column = |name| Column("conversation", name);
        let rows = rows.iter().map(|row| {
            Ok(Position {
                conversation: column("conversation_id").id(row.try_get(0)?)?,
                head: Sequence(column("head").number(row.try_get(1)?)?),
                epoch: Epoch(column("epoch").number(row.try_get(2)?)?),
            })
        });
        rows.collect()
    }

    pub(in crate::store) async fn entries_after(
        &self,
        conversation: ConversationId,
        after: Sequence,
    ) -> Result<Vec<LogEntry>, StoreError> {
        let client = self.connection().await?;
        let statement = client.prepare_cached(SELECT_GAP).await?;
        let id = conversation.as_bytes().as_slice();
        let rows = client
            .query(&statement, &[&id, &integer(after.0), &gap_entries()])
            .await?;
        rows.iter().map(|row| entry_of(row, conversation)).collect()
    }

    pub(in crate::store) async fn seats_of(
        &self,
        devices: Vec<DeviceId>,
    ) -> Result<Vec<(DeviceId, ConversationId)>, StoreError> {
        let client = self.connection().await?;
        let statement = client.prepare_cached(SELECT_SEATS).await?;
        let rows = client.query(&statement, &[&bytes(&devices)]).await?;
        let column = |name| Column("member", name);
        let rows = rows.iter().map(|row| {
            let device = column("device_id").id(row.try_get(0)?)?;
            Ok((device, column("conversation_id").id(row.try_get(1)?)?))
        });
        rows.collect()
    }

    pub(in crate::store) async fn signed_out(
        &self,
        devices: Vec<DeviceId>,
    ) -> Result<Vec<DeviceId>, StoreError> {
        let client = self.connection().await?;
        let statement = client.prepare_cached(SELECT_SIGNED_OUT).await?;
        let rows = client.query(&statement, &[&bytes(&devices)]).await?;
        let rows = rows.iter();
        rows.map(|row| Column("device", "device_id").id(row.try_get(0)?))
            .collect()
    }
}

fn bytes(devices: &[DeviceId]) -> Vec<&[u8]> {
    devices.iter().map(|id| id.as_bytes().as_slice()).collect()
}
