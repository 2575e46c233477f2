//! Messages that vanish: when their timers begin and end, and that nothing of them stays in the
//! files. What time it is, is decided in `message::clock`.

use super::column::{Column, integer};
use super::{Store, StoreError};
use undertone_wire::{ConversationId, Sequence, Timestamp};

const TRUSTED_TIME: &str = "trusted_time";

/// What is kept of the server's clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct KeptTime {
    /// No earlier than this.
    pub(crate) trusted: Timestamp,
    /// What the local clock was short of the server's when they were compared last, in milliseconds.
    pub(crate) behind_ms: i64,
}

impl Store {
    /// The timers of what others wrote begin for all that was read.
    pub(crate) fn begin_read_timers(
        &self,
        conversation: ConversationId,
        read: Sequence,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        self.execute(
            "UPDATE message SET expires_at = ?3 + timer_seconds * 1000 WHERE conversation = ?1 \
             AND position <= ?2 AND timer_from = 'read' AND own = 0 AND expires_at IS NULL",
            (conversation.as_bytes(), integer(read.0), integer(now.as_millis())),
        )
    }

    /// No timer that began with reading ends later than if it began now: it may have begun by a clock
    /// that was ahead.
    pub(crate) fn bound_read_timers(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.execute(
            "UPDATE message SET expires_at = ?1 + timer_seconds * 1000 WHERE timer_from = 'read' AND own = 0 \
             AND expires_at > ?1 + timer_seconds * 1000",
            [integer(now.as_millis())],
        )
    }

    /// The conversations with messages that have ended.
    pub(crate) fn conversations_with_ended(&self, now: Timestamp) -> Result<Vec<ConversationId>, StoreError> {
        self.rows(
            "SELECT DISTINCT conversation FROM message WHERE expires_at <= ?1",
            [integer(now.as_millis())],
            |row| {
                Column {
                    row,
                    table: "message",
                }
                .conversation("conversation")
            },
        )
    }

    /// Deletes the messages that have ended, with all that is indexed of them. Own ones that have not come
    /// back through the log yet are known when they do. Part of a transaction.
    pub(crate) fn delete_ended(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.withdraw_ended_files(now)?;
        self.keep_unread_files(now)?;
        self.execute(
            "INSERT OR IGNORE INTO ended_echo (conversation, payload_hash) SELECT conversation, payload_hash \
             FROM message WHERE expires_at <= ?1 AND payload_hash IS NOT NULL AND sequence IS NULL",
            [integer(now.as_millis())],
        )?;
        // What was to be said about one goes with it, and may be in the log already.
        self.execute(
            "INSERT OR IGNORE INTO ended_echo (conversation, payload_hash) \
             SELECT p.conversation, p.payload_hash FROM message m JOIN message p ON p.about = m.id \
             WHERE m.expires_at <= ?1 AND p.payload_hash IS NOT NULL AND p.sequence IS NULL",
            [integer(now.as_millis())],
        )?;
        self.execute(
            "DELETE FROM message WHERE expires_at <= ?1",
            [integer(now.as_millis())],
        )
    }

    /// Whether this is the echo of an own message that has ended; forgets it.
    pub(crate) fn take_ended_echo(&self, id: ConversationId, hash: &[u8; 32]) -> Result<bool, StoreError> {
        let known = self.execute(
            "DELETE FROM ended_echo WHERE conversation = ?1 AND payload_hash = ?2",
            (id.as_bytes(), hash),
        )?;
        Ok(known > 0)
    }

    /// When the next message ends that has not ended before.
    pub(crate) fn next_end(&self, after: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let next = self.row(
            "SELECT min(expires_at) AS expires_at FROM message WHERE expires_at > ?1",
            [integer(after.as_millis())],
            |row| {
                let column = Column {
                    row,
                    table: "message",
                };
                column.optional_number("expires_at")
            },
        )?;
        Ok(next.flatten().map(Timestamp::from_millis))
    }

    /// Has nothing of what was deleted stay in the write-ahead log: deleted bytes are overwritten in
    /// their pages (`secure_delete`), but the log still has the pages from before until it is emptied.
    /// Not inside a transaction.
    pub(crate) fn empty_log(&self) -> Result<(), StoreError> {
        let busy = self.row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
            Ok(row.get::<_, i64>(0)?)
        })?;
        if busy == Some(1) {
            tracing::warn!("the write-ahead log could not be emptied");
        }
        Ok(())
    }

    /// What was kept of the server's clock.
    pub(crate) fn kept_time(&self) -> Result<KeptTime, StoreError> {
        let Some(bytes) = self.setting(TRUSTED_TIME)? else {
            return Ok(KeptTime::default());
        };
        let bad = StoreError::BadRow {
            table: "setting",
            column: TRUSTED_TIME,
        };
        let (trusted, behind) = bytes.split_first_chunk::<8>().ok_or(bad)?;
        let behind: [u8; 8] = behind.try_into().map_err(|_| StoreError::BadRow {
            table: "setting",
            column: TRUSTED_TIME,
        })?;
        Ok(KeptTime {
            trusted: Timestamp::from_millis(u64::from_be_bytes(*trusted)),
            behind_ms: i64::from_be_bytes(behind),
        })
    }

    /// Keeps it.
    pub(crate) fn keep_time(&self, kept: KeptTime) -> Result<(), StoreError> {
        let trusted = kept.trusted.as_millis().to_be_bytes();
        let bytes = [trusted, kept.behind_ms.to_be_bytes()].concat();
        self.set_setting(TRUSTED_TIME, &bytes)
    }
}

#[cfg(test)]
mod tests;
