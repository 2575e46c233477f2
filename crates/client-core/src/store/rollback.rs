//! What shows that a server went back to a backup, and what this device does to its own store then: it
//! loses nothing, and only the places in the log are no longer what they were.

use super::column::{Column, integer};
use super::own_commit::{OwnCommit, OwnContent};
use super::{Store, StoreError};
use undertone_wire::{ConversationId, Epoch, Sequence, Timestamp};

/// So many epochs are remembered by the hashes of the commits that ended them.
const EPOCHS_KEPT: u64 = 64;
/// So many own commits are kept as they were sent.
const BUNDLES_KEPT: u64 = 8;
/// And none that is longer.
const BUNDLE_BYTES_MAX: usize = 256 * 1024;

/// An epoch that this device has passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedEpoch {
    /// Where the commit stands that ended it.
    pub sequence: Sequence,
    /// SHA-256 of that commit.
    pub payload_hash: [u8; 32],
    /// What was sent, if it was this device's own: a commit's bundle and the new link with it, as CBOR.
    pub own: Option<(Vec<u8>, Option<Vec<u8>>)>,
}

/// A conversation whose server is behind this device's epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rollback {
    /// The server's.
    pub epoch: Epoch,
    /// By this device's clock.
    pub noticed_at: Timestamp,
}

impl Store {
    /// Keeps which commit ended an epoch.
    pub fn pass_epoch(
        &self,
        id: ConversationId,
        (epoch, sequence): (Epoch, Sequence),
        payload_hash: &[u8; 32],
    ) -> Result<(), StoreError> {
        self.execute(
            "INSERT OR REPLACE INTO passed_epoch (conversation, epoch, sequence, payload_hash) \
             VALUES (?1, ?2, ?3, ?4)",
            (id.as_bytes(), integer(epoch.0), integer(sequence.0), payload_hash),
        )?;
        self.execute(
            "DELETE FROM passed_epoch WHERE conversation = ?1 AND epoch <= ?2",
            (
                id.as_bytes(),
                integer(epoch.0).saturating_sub(integer(EPOCHS_KEPT)),
            ),
        )?;
        self.execute(
            "UPDATE passed_epoch SET bundle = NULL, link = NULL \
             WHERE conversation = ?1 AND epoch <= ?2 AND bundle IS NOT NULL",
            (
                id.as_bytes(),
                integer(epoch.0).saturating_sub(integer(BUNDLES_KEPT)),
            ),
        )?;
        Ok(())
    }

    /// Keeps an own commit that ended an epoch, as it was sent.
    pub fn pass_epoch_by_own(
        &self,
        id: ConversationId,
        own: &OwnCommit,
        sequence: Sequence,
    ) -> Result<(), StoreError> {
        self.pass_epoch(id, (own.epoch, sequence), &own.payload_hash)?;
        if let OwnContent::Commit { bundle, link } = &own.content
            && bundle.len() <= BUNDLE_BYTES_MAX
        {
            self.execute(
                "UPDATE passed_epoch SET bundle = ?3, link = ?4 WHERE conversation = ?1 AND epoch = ?2",
                (id.as_bytes(), integer(own.epoch.0), bundle, link),
            )?;
        }
        Ok(())
    }

    /// How an epoch was ended, if that is still known.
    pub fn passed_epoch(&self, id: ConversationId, epoch: Epoch) -> Result<Option<PassedEpoch>, StoreError> {
        self.row(
            "SELECT sequence, payload_hash, bundle, link FROM passed_epoch \
             WHERE conversation = ?1 AND epoch = ?2",
            (id.as_bytes(), integer(epoch.0)),
            |row| {
                let column = Column {
                    row,
                    table: "passed_epoch",
                };
                let bundle: Option<Vec<u8>> = column.get("bundle")?;
                let link = column.get("link")?;
                Ok(PassedEpoch {
                    sequence: Sequence(column.number("sequence")?),
                    payload_hash: column.array("payload_hash")?,
                    own: bundle.map(|bundle| (bundle, link)),
                })
            },
        )
    }

    /// Whether a commit stands at a place, as far as that is still known.
    pub fn is_commit_at(&self, id: ConversationId, at: Sequence) -> Result<bool, StoreError> {
        let found = self.row(
            "SELECT 1 AS found FROM passed_epoch WHERE conversation = ?1 AND sequence = ?2",
            (id.as_bytes(), integer(at.0)),
            |_| Ok(()),
        )?;
        Ok(found.is_some())
    }

    /// The first epoch that was ended after a place in the log.
    pub fn epoch_at(&self, id: ConversationId, at: Sequence) -> Result<Option<Epoch>, StoreError> {
        self.row(
            "SELECT epoch FROM passed_epoch WHERE conversation = ?1 AND sequence > ?2 ORDER BY epoch LIMIT 1",
            (id.as_bytes(), integer(at.0)),
            |row| {
                let column = Column {
                    row,
                    table: "passed_epoch",
                };
                column.number("epoch").map(Epoch)
            },
        )
    }

    /// The commit that ended an epoch stands somewhere else now.
    pub fn move_passed_epoch(
        &self,
        id: ConversationId,
        epoch: Epoch,
        to: Sequence,
    ) -> Result<(), StoreError> {
        self.execute(
            "UPDATE passed_epoch SET sequence = ?3 WHERE conversation = ?1 AND epoch = ?2",
            (id.as_bytes(), integer(epoch.0), integer(to.0)),
        )?;
        Ok(())
    }

    /// The epochs of a group that this device has left count no longer.
    pub fn forget_passed_epochs(&self, id: ConversationId) -> Result<(), StoreError> {
        self.execute(
            "DELETE FROM passed_epoch WHERE conversation = ?1",
            [id.as_bytes()],
        )?;
        Ok(())
    }

    /// Keeps that the server is in that epoch again.
    pub fn save_rollback(&self, id: ConversationId, rollback: Rollback) -> Result<(), StoreError> {
        self.execute(
            "INSERT OR REPLACE INTO rollback (conversation, epoch, noticed_at) VALUES (?1, ?2, ?3)",
            (
                id.as_bytes(),
                integer(rollback.epoch.0),
                integer(rollback.noticed_at.as_millis()),
            ),
        )?;
        Ok(())
    }

    /// Whether the server is behind this device's epoch.
    pub fn rollback(&self, id: ConversationId) -> Result<Option<Rollback>, StoreError> {
        self.row(
            "SELECT epoch, noticed_at FROM rollback WHERE conversation = ?1",
            [id.as_bytes()],
            |row| {
                let column = Column {
                    row,
                    table: "rollback",
                };
                Ok(Rollback {
                    epoch: Epoch(column.number("epoch")?),
                    noticed_at: column.time("noticed_at")?,
                })
            },
        )
    }

    /// All conversations whose server is behind, with when that was noticed.
    pub fn rollbacks(&self) -> Result<Vec<(ConversationId, Timestamp)>, StoreError> {
        self.rows(
            "SELECT conversation, noticed_at FROM rollback ORDER BY conversation",
            [],
            |row| {
                let column = Column {
                    row,
                    table: "rollback",
                };
                Ok((column.conversation("conversation")?, column.time("noticed_at")?))
            },
        )
    }

    /// The server has come as far again, or this device comes in anew.
    pub fn delete_rollback(&self, id: ConversationId) -> Result<(), StoreError> {
        self.execute("DELETE FROM rollback WHERE conversation = ?1", [id.as_bytes()])?;
        Ok(())
    }

    /// The log ends after `to` again. This device's own messages that stood behind `sent_after` are to be sent
    /// anew; all else stays, at the end of what the log has. What vanishes is not given a second life.
    pub fn roll_back_to(
        &self,
        id: ConversationId,
        to: Sequence,
        sent_after: Sequence,
    ) -> Result<(), StoreError> {
        let place = (id.as_bytes(), integer(to.0));
        let sent = (id.as_bytes(), integer(sent_after.0));
        // Before the places move: what was not read stays so.
        self.execute(
            "UPDATE conversation SET read_sequence = CASE WHEN EXISTS (SELECT 1 FROM message m \
             WHERE m.conversation = ?1 AND m.position > read_sequence AND m.own = 0 AND m.state = 'sent' \
             AND m.event IS NULL) THEN max(0, min(read_sequence, ?2 - 1)) ELSE min(read_sequence, ?2) END \
             WHERE id = ?1",
            place,
        )?;
        self.execute(
            "INSERT OR IGNORE INTO outbox (id, conversation) SELECT id, conversation FROM message \
             WHERE conversation = ?1 AND position > ?2 AND payload_hash IS NOT NULL AND state = 'sent' \
             AND deleted = 0 AND timer_seconds IS NULL ORDER BY position, id",
            sent,
        )?;
        self.execute(
            "UPDATE message SET state = 'sending', sequence = NULL, position = 9223372036854775807, \
             franking_mac = x'', payload_hash = NULL \
             WHERE conversation = ?1 AND position > ?2 AND payload_hash IS NOT NULL AND state = 'sent' \
             AND deleted = 0 AND timer_seconds IS NULL",
            sent,
        )?;
        self.execute(
            "UPDATE message SET sequence = NULL, position = ?2 \
             WHERE conversation = ?1 AND position > ?2 AND state = 'sent'",
            place,
        )?;
        // Nothing that is on its way may have been taken: the counter under which it went is used for something else.
        self.execute(
            "UPDATE outbox SET epoch = NULL, counter = NULL, payload = NULL WHERE conversation = ?1",
            [id.as_bytes()],
        )?;
        // What this device said about messages is said anew.
        self.execute(
            "DELETE FROM remark WHERE conversation = ?1 AND position > ?2 AND own = 1 AND part IS NULL",
            sent,
        )?;
        self.execute(
            "UPDATE remark SET position = ?2 WHERE conversation = ?1 AND position > ?2 AND part IS NULL",
            place,
        )?;
        self.execute(
            "UPDATE receipt SET position = min(position, ?2), read = min(read, ?2) \
             WHERE conversation = ?1 AND (position > ?2 OR read > ?2)",
            place,
        )?;
        self.execute(
            "UPDATE arrival SET sequence = min(sequence, ?2) WHERE conversation = ?1",
            place,
        )?;
        self.execute(
            "DELETE FROM history WHERE conversation = ?1 AND sequence > ?2",
            place,
        )?;
        Ok(())
    }

    /// A message that had lost its place has come again.
    pub fn place_again(
        &self,
        id: ConversationId,
        message: undertone_wire::MessageId,
        entry: &undertone_wire::conversation::LogEntry,
    ) -> Result<(), StoreError> {
        self.execute(
            "UPDATE message SET sequence = ?3, position = ?3, franking_mac = ?4 \
             WHERE conversation = ?1 AND message = ?2 AND sequence IS NULL AND state = 'sent'",
            (
                id.as_bytes(),
                message.as_bytes(),
                integer(entry.sequence.0),
                entry.franking_mac.as_slice(),
            ),
        )?;
        Ok(())
    }
}
