//! Messages that came and were not announced yet, and those that mention the user. Which are announced is
//! decided in `notify`.

use super::column::{Column, integer};
use super::message::{StoredMessage, read, select_message as select};
use super::{Store, StoreError};
use undertone_wire::{ConversationId, Sequence, Timestamp, UserId};

/// More are not kept: whoever was away so long reads the list.
const KEPT_MAX: i64 = 50;

/// A message that was not announced yet.
#[derive(Debug)]
pub(crate) struct Unannounced {
    pub(crate) message: StoredMessage,
    pub(crate) mention: bool,
}

impl Store {
    /// Keeps that a message is to be announced.
    pub(crate) fn add_announcement(&self, message: i64) -> Result<(), StoreError> {
        self.execute(
            "INSERT OR IGNORE INTO announcement (message) VALUES (?1)",
            [message],
        )?;
        self.execute(
            "DELETE FROM announcement WHERE message NOT IN \
             (SELECT message FROM announcement ORDER BY message DESC LIMIT ?1)",
            [KEPT_MAX],
        )?;
        Ok(())
    }

    /// Keeps that a message mentions the user.
    pub(crate) fn add_mention(&self, message: i64) -> Result<(), StoreError> {
        self.execute("INSERT OR IGNORE INTO mention (message) VALUES (?1)", [message])?;
        Ok(())
    }

    /// What was not announced yet, is unread, has not ended and is not of somebody who is blocked, oldest
    /// first. From now on all counts as announced.
    pub(crate) fn take_announcements(&self, now: Timestamp) -> Result<Vec<Unannounced>, StoreError> {
        let messages = self.rows(
            select!(
                "announcement a JOIN message m ON m.id = a.message \
                 JOIN conversation c ON c.id = m.conversation WHERE m.position > c.read_sequence \
                 AND (m.expires_at IS NULL OR m.expires_at > ?1) \
                 AND m.sender NOT IN (SELECT user FROM blocked) ORDER BY m.id"
            ),
            [integer(now.as_millis())],
            read,
        )?;
        self.execute("DELETE FROM announcement", [])?;
        let mut taken = Vec::with_capacity(messages.len());
        for message in messages {
            let mention = self.is_mention(message.row)?;
            taken.push(Unannounced { message, mention });
        }
        Ok(taken)
    }

    /// Deletes all that was said in a conversation, and what happened in it.
    pub(crate) fn delete_messages_of(&self, id: ConversationId) -> Result<(), StoreError> {
        self.execute("DELETE FROM message WHERE conversation = ?1", [id.as_bytes()])?;
        Ok(())
    }

    /// The conversations in which somebody wrote.
    pub(crate) fn conversations_where_wrote(&self, user: UserId) -> Result<Vec<ConversationId>, StoreError> {
        self.rows(
            "SELECT DISTINCT conversation FROM message WHERE sender = ?1",
            [user.as_bytes()],
            |row| {
                Column {
                    row,
                    table: "message",
                }
                .conversation("conversation")
            },
        )
    }

    /// Whether a message mentions the user.
    pub(crate) fn is_mention(&self, message: i64) -> Result<bool, StoreError> {
        let found = self.row(
            "SELECT message FROM mention WHERE message = ?1",
            [message],
            |_| Ok(()),
        )?;
        Ok(found.is_some())
    }

    /// How many messages after what was read mention the user and have not ended.
    pub(crate) fn unread_mentions(
        &self,
        conversation: ConversationId,
        read: Sequence,
        now: Timestamp,
    ) -> Result<u32, StoreError> {
        let count = self.row(
            "SELECT count(*) AS unread FROM mention n JOIN message m ON m.id = n.message \
             WHERE m.conversation = ?1 AND m.position > ?2 \
             AND (m.expires_at IS NULL OR m.expires_at > ?3) \
             AND m.sender NOT IN (SELECT user FROM blocked) AND m.id NOT IN (SELECT message FROM deletion)",
            (conversation.as_bytes(), integer(read.0), integer(now.as_millis())),
            |row| {
                Column {
                    row,
                    table: "mention",
                }
                .number("unread")
            },
        )?;
        Ok(count
            .and_then(|count| u32::try_from(count).ok())
            .unwrap_or(u32::MAX))
    }
}
