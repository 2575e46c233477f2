//! How far others have read, what is being written, and whether the user tells of either. What is told is
//! decided in `message::receipt` and `message::signals`.

use super::column::{Column, integer};
use super::{Store, StoreError};
use crate::view::PrivacyView;
use undertone_wire::{ConversationId, Sequence, Timestamp, UserId, codec};

const PRIVACY: &str = "privacy";
/// So many receipts of a person are kept: older ones say when something old was read.
const RECEIPTS_KEPT: u32 = 100;

/// Somebody says how far they have read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StoredReceipt {
    pub(crate) conversation: ConversationId,
    pub(crate) user: UserId,
    /// Up to and with this one.
    pub(crate) read: Sequence,
    pub(crate) read_at: Timestamp,
    /// Where in the log they said so.
    pub(crate) at: Sequence,
}

impl Store {
    /// Keeps how far somebody has read, if that is further than before.
    pub(crate) fn save_receipt(&self, receipt: StoredReceipt) -> Result<bool, StoreError> {
        let added = self.execute(
            "INSERT INTO receipt (conversation, user, read, read_at, position) SELECT ?1, ?2, ?3, ?4, ?5 \
             WHERE ?3 > coalesce((SELECT max(read) FROM receipt WHERE conversation = ?1 AND user = ?2), 0)",
            (
                receipt.conversation.as_bytes(),
                receipt.user.as_bytes(),
                integer(receipt.read.0),
                integer(receipt.read_at.as_millis()),
                integer(receipt.at.0),
            ),
        )?;
        if added > 0 {
            self.execute(
                "DELETE FROM receipt WHERE conversation = ?1 AND user = ?2 AND read NOT IN (SELECT read \
                 FROM receipt WHERE conversation = ?1 AND user = ?2 ORDER BY read DESC LIMIT ?3)",
                (
                    receipt.conversation.as_bytes(),
                    receipt.user.as_bytes(),
                    RECEIPTS_KEPT,
                ),
            )?;
        }
        Ok(added > 0)
    }

    /// How far each person has read.
    pub(crate) fn receipts(&self, id: ConversationId) -> Result<Vec<(UserId, Sequence)>, StoreError> {
        self.rows(
            "SELECT user, max(read) AS read FROM receipt WHERE conversation = ?1 GROUP BY user",
            [id.as_bytes()],
            |row| {
                let column = Column {
                    row,
                    table: "receipt",
                };
                Ok((column.user("user")?, Sequence(column.number("read")?)))
            },
        )
    }

    /// Who has read an entry, and when they said so first, the first first.
    pub(crate) fn readers(
        &self,
        id: ConversationId,
        at: Sequence,
    ) -> Result<Vec<(UserId, Timestamp)>, StoreError> {
        self.rows(
            "SELECT user, min(read_at) AS read_at FROM receipt WHERE conversation = ?1 AND read >= ?2 \
             GROUP BY user ORDER BY read_at, user",
            (id.as_bytes(), integer(at.0)),
            |row| {
                let column = Column {
                    row,
                    table: "receipt",
                };
                Ok((column.user("user")?, column.time("read_at")?))
            },
        )
    }

    /// Forgets what was said of reading from a place in the log on.
    pub(crate) fn forget_receipts_since(&self, id: ConversationId, from: Sequence) -> Result<(), StoreError> {
        self.execute(
            "DELETE FROM receipt WHERE conversation = ?1 AND (position >= ?2 OR read >= ?2)",
            (id.as_bytes(), integer(from.0)),
        )?;
        Ok(())
    }

    /// The newest message of another person up to a place in the log, after another place.
    pub(crate) fn newest_of_others(
        &self,
        id: ConversationId,
        (after, up_to): (Sequence, Sequence),
    ) -> Result<Option<Sequence>, StoreError> {
        let newest = self.row(
            "SELECT max(position) AS position FROM message WHERE conversation = ?1 AND position > ?2 \
             AND position <= ?3 AND own = 0 AND event IS NULL AND shared_by IS NULL",
            (id.as_bytes(), integer(after.0), integer(up_to.0)),
            |row| {
                let column = Column {
                    row,
                    table: "message",
                };
                column.optional_number("position")
            },
        )?;
        Ok(newest.flatten().map(Sequence))
    }

    /// What is being written in a conversation.
    pub(crate) fn draft(&self, id: ConversationId) -> Result<Option<String>, StoreError> {
        self.row(
            "SELECT text FROM draft WHERE conversation = ?1",
            [id.as_bytes()],
            |row| Column { row, table: "draft" }.get("text"),
        )
    }

    /// Keeps what is being written.
    pub(crate) fn save_draft(&self, id: ConversationId, text: &str) -> Result<(), StoreError> {
        self.execute(
            "INSERT OR REPLACE INTO draft (conversation, text) VALUES (?1, ?2)",
            (id.as_bytes(), text),
        )?;
        Ok(())
    }

    /// Nothing is being written any more.
    pub(crate) fn delete_draft(&self, id: ConversationId) -> Result<bool, StoreError> {
        let deleted = self.execute("DELETE FROM draft WHERE conversation = ?1", [id.as_bytes()])?;
        Ok(deleted > 0)
    }

    /// Whether the user tells others that they read and write.
    pub(crate) fn privacy(&self) -> Result<PrivacyView, StoreError> {
        let bad = |_| StoreError::BadRow {
            table: "setting",
            column: PRIVACY,
        };
        let kept = self.setting(PRIVACY)?;
        kept.map_or(Ok(PrivacyView::default()), |bytes| {
            codec::from_cbor(&bytes).map_err(bad)
        })
    }

    /// Keeps it.
    pub(crate) fn save_privacy(&self, privacy: PrivacyView) -> Result<(), StoreError> {
        let bytes = codec::to_cbor(&privacy).map_err(|_bad| StoreError::BadRow {
            table: "setting",
            column: PRIVACY,
        })?;
        self.set_setting(PRIVACY, &bytes)
    }
}
