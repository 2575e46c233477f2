//! Own files on the server that outlive their message here, since its timer begins with reading and not
//! everybody has read. When they go is decided in `message::reaper`.

use super::column::{Column, integer};
use super::{Store, StoreError};
use std::time::Duration;
use undertone_wire::{BlobId, ConversationId, Sequence, Timestamp};

/// A file for which somebody may still come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UnreadFile {
    /// Its bytes on the server.
    pub(crate) blob: BlobId,
    /// Where its message was.
    pub(crate) conversation: ConversationId,
    /// Where in the log.
    pub(crate) position: Sequence,
    /// How long whoever reads it has it.
    pub(crate) timer: Duration,
    /// When the last of those who read it has had their time; missing while somebody has not read.
    pub(crate) ends_at: Option<Timestamp>,
}

impl Store {
    /// The files of own messages that end here, and whose timer began with reading, wait for the others.
    /// Part of the transaction that deletes the messages.
    pub(super) fn keep_unread_files(&self, now: Timestamp) -> Result<(), StoreError> {
        self.execute(
            "INSERT OR IGNORE INTO unread_file (blob, conversation, position, timer_seconds) \
             SELECT f.blob, m.conversation, m.sequence, m.timer_seconds FROM file f \
             JOIN message m ON m.id = f.message WHERE m.expires_at <= ?1 AND m.own = 1 \
             AND m.timer_from = 'read' AND m.sequence IS NOT NULL",
            [integer(now.as_millis())],
        )?;
        Ok(())
    }

    /// All that wait.
    pub(crate) fn unread_files(&self) -> Result<Vec<UnreadFile>, StoreError> {
        self.rows(
            "SELECT blob, conversation, position, timer_seconds, ends_at FROM unread_file",
            [],
            |row| {
                let column = Column {
                    row,
                    table: "unread_file",
                };
                Ok(UnreadFile {
                    blob: column.array("blob").map(BlobId::from_bytes)?,
                    conversation: column.conversation("conversation")?,
                    position: Sequence(column.number("position")?),
                    timer: Duration::from_secs(column.number("timer_seconds")?),
                    ends_at: column.optional_number("ends_at")?.map(Timestamp::from_millis),
                })
            },
        )
    }

    /// Everybody has read it: it goes when the last of them has had their time.
    pub(crate) fn end_unread_file(&self, blob: BlobId, at: Timestamp) -> Result<(), StoreError> {
        self.execute(
            "UPDATE unread_file SET ends_at = ?2 WHERE blob = ?1",
            (blob.as_bytes(), integer(at.as_millis())),
        )?;
        Ok(())
    }

    /// Has the server delete those whose time is over; gives how many. Part of a transaction.
    pub(crate) fn withdraw_read_files(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.execute(
            "INSERT OR REPLACE INTO blob_gone (blob, on_server) SELECT blob, 1 FROM unread_file \
             WHERE ends_at <= ?1",
            [integer(now.as_millis())],
        )?;
        self.execute(
            "DELETE FROM unread_file WHERE ends_at <= ?1",
            [integer(now.as_millis())],
        )
    }
}
