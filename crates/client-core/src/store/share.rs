//! What was said before somebody came: by which commit this device came, and for whose newcomers this
//! device may have to share. Whether it does is decided in `message::share`.

use super::column::{Column, integer};
use super::message::{StoredMessage, read, select_message};
use super::{Store, StoreError};
use undertone_wire::{ConversationId, Sequence, Timestamp, UserId};

/// How this device came into a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arrival {
    /// By which commit.
    pub(crate) sequence: Sequence,
    /// Who shared what was said before.
    pub(crate) shared_by: Option<UserId>,
}

/// A commit for whose newcomers somebody is to share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ShareWanted {
    /// In which conversation.
    pub(crate) conversation: ConversationId,
    /// Which commit.
    pub(crate) sequence: Sequence,
    /// This device's place among those who may: the first waits least.
    pub(crate) place: u32,
}

/// What may be shared.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shareable {
    pub(crate) conversation: ConversationId,
    /// Before this commit.
    pub(crate) before: Sequence,
    /// Sent no earlier.
    pub(crate) since: Timestamp,
    /// At most so many: the newest.
    pub(crate) limit: u16,
    /// What ended before is not shared.
    pub(crate) now: Timestamp,
}

impl Store {
    /// How this device came into a conversation.
    pub(crate) fn arrival(&self, id: ConversationId) -> Result<Option<Arrival>, StoreError> {
        self.row(
            "SELECT sequence, shared_by FROM arrival WHERE conversation = ?1",
            [id.as_bytes()],
            |row| {
                let column = Column {
                    row,
                    table: "arrival",
                };
                Ok(Arrival {
                    sequence: Sequence(column.number("sequence")?),
                    shared_by: column.optional_user("shared_by")?,
                })
            },
        )
    }

    /// Keeps how this device came into a conversation.
    pub(crate) fn save_arrival(&self, id: ConversationId, arrival: Arrival) -> Result<(), StoreError> {
        self.execute(
            "INSERT OR REPLACE INTO arrival (conversation, sequence, shared_by) VALUES (?1, ?2, ?3)",
            (
                id.as_bytes(),
                integer(arrival.sequence.0),
                arrival.shared_by.as_ref().map(UserId::as_bytes),
            ),
        )?;
        Ok(())
    }

    /// Keeps that somebody is to share for the newcomers of a commit.
    pub(crate) fn add_share_wanted(&self, wanted: ShareWanted) -> Result<(), StoreError> {
        self.execute(
            "INSERT OR REPLACE INTO share_wanted (conversation, sequence, place) VALUES (?1, ?2, ?3)",
            (
                wanted.conversation.as_bytes(),
                integer(wanted.sequence.0),
                wanted.place,
            ),
        )?;
        Ok(())
    }

    /// The commits for whose newcomers somebody is to share.
    pub(crate) fn shares_wanted(&self) -> Result<Vec<ShareWanted>, StoreError> {
        self.rows(
            "SELECT conversation, sequence, place FROM share_wanted ORDER BY conversation, sequence",
            [],
            |row| {
                let column = Column {
                    row,
                    table: "share_wanted",
                };
                Ok(ShareWanted {
                    conversation: column.conversation("conversation")?,
                    sequence: Sequence(column.number("sequence")?),
                    place: column.get("place")?,
                })
            },
        )
    }

    /// Somebody has shared for the newcomers of a commit; gives whether that was still wanted.
    pub(crate) fn delete_share_wanted(
        &self,
        id: ConversationId,
        sequence: Sequence,
    ) -> Result<bool, StoreError> {
        let deleted = self.execute(
            "DELETE FROM share_wanted WHERE conversation = ?1 AND sequence = ?2",
            (id.as_bytes(), integer(sequence.0)),
        )?;
        Ok(deleted > 0)
    }

    /// How many messages were shared with this device for a commit.
    pub(crate) fn shared_count(&self, id: ConversationId, commit: Sequence) -> Result<u64, StoreError> {
        let count = self.row(
            "SELECT count(*) AS shared FROM message WHERE conversation = ?1 AND position = ?2 \
             AND shared_by IS NOT NULL",
            (id.as_bytes(), integer(commit.0.saturating_sub(1))),
            |row| {
                Column {
                    row,
                    table: "message",
                }
                .number("shared")
            },
        )?;
        Ok(count.unwrap_or_default())
    }

    /// The messages that may be shared, oldest first.
    pub(crate) fn shareable(&self, wanted: Shareable) -> Result<Vec<StoredMessage>, StoreError> {
        let mut messages = self.rows(
            select_message!(
                "message m WHERE m.conversation = ?1 AND m.position < ?2 AND m.event IS NULL AND m.hidden = 0 AND m.deleted = 0 \
                 AND m.state = 'sent' AND m.sent_at >= ?3 AND (m.expires_at IS NULL OR m.expires_at > ?4) \
                 AND m.id NOT IN (SELECT message FROM deletion) \
                 ORDER BY m.position DESC, m.id DESC LIMIT ?5"
            ),
            (
                wanted.conversation.as_bytes(),
                integer(wanted.before.0),
                integer(wanted.since.as_millis()),
                integer(wanted.now.as_millis()),
                wanted.limit,
            ),
            read,
        )?;
        messages.reverse();
        Ok(messages)
    }
}
