//! Staying level with the database, in SQLite. Several servers share none; here is what the suite of tests
//! and a single server's tools ask.

use super::SqliteStore;
use super::log::entry_of;
use crate::store::StoreError;
use crate::store::column::{Column, integer};
use crate::store::level::{Position, gap_entries};
use rusqlite::{OptionalExtension, params};
use undertone_wire::conversation::LogEntry;
use undertone_wire::{ConversationId, DeviceId, Epoch, Sequence};

const SELECT_POSITION: &str = "select head, epoch from conversation where conversation_id = ?1";
const SELECT_GAP: &str = "
    select sequence, kind, epoch, sender_device_id, counter, sent_at, payload, franking_mac
    from log_entry where conversation_id = ?1 and sequence > ?2 order by sequence limit ?3";
const SELECT_SEATS: &str = "select conversation_id from member where device_id = ?1";
const SELECT_IS_SIGNED_IN: &str = "
    select exists (select 1 from session join device using (device_id)
        where session.device_id = ?1 and session.revoked_at is null and device.revoked_at is null)";

#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] =
    &[SELECT_POSITION, SELECT_GAP, SELECT_SEATS, SELECT_IS_SIGNED_IN];

impl SqliteStore {
    pub(in crate::store) async fn positions(
        &self,
        conversations: Vec<ConversationId>,
    ) -> Result<Vec<Position>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(SELECT_POSITION)?;
            let mut positions = Vec::new();
            for conversation in conversations {
                let found = statement
                    .query_row(params![conversation.as_bytes()], |row| {
                        Ok((row.get(0)?, row.get(1)?))
                    })
                    .optional()?;
                if let Some((head, epoch)) = found {
                    positions.push(Position {
                        conversation,
                        head: Sequence(Column("conversation", "head").number(head)?),
                        epoch: Epoch(Column("conversation", "epoch").number(epoch)?),
                    });
                }
            }
            Ok(positions)
        })
        .await
    }

    pub(in crate::store) async fn entries_after(
        &self,
        conversation: ConversationId,
        after: Sequence,
    ) -> Result<Vec<LogEntry>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(SELECT_GAP)?;
            let mut rows =
                statement.query(params![conversation.as_bytes(), integer(after.0), gap_entries()])?;
            let mut entries = Vec::new();
            while let Some(row) = rows.next()? {
                entries.push(entry_of(row, conversation)?);
            }
            Ok(entries)
        })
        .await
    }

    pub(in crate::store) async fn seats_of(
        &self,
        devices: Vec<DeviceId>,
    ) -> Result<Vec<(DeviceId, ConversationId)>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(SELECT_SEATS)?;
            let mut seats = Vec::new();
            for device in devices {
                let mut rows = statement.query(params![device.as_bytes()])?;
                while let Some(row) = rows.next()? {
                    let id = Column("member", "conversation_id").id(&row.get::<_, Vec<u8>>(0)?)?;
                    seats.push((device, id));
                }
            }
            Ok(seats)
        })
        .await
    }

    pub(in crate::store) async fn signed_out(
        &self,
        devices: Vec<DeviceId>,
    ) -> Result<Vec<DeviceId>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(SELECT_IS_SIGNED_IN)?;
            let mut out = Vec::new();
            for device in devices {
                if !statement.query_row(params![device.as_bytes()], |row| row.get::<_, bool>(0))? {
                    out.push(device);
                }
            }
            Ok(out)
        })
        .await
    }
}
