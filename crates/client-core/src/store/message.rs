//! Messages: rows of the timeline, found by key, by place and by id. Events stand among them.

mod row;

use super::column::{Column, integer};
use super::{Store, StoreError};
use crate::message::key::MessageKey;
use row::{KindColumns, parts, timer_parts};
use undertone_wire::conversation::LogEntry;
use undertone_wire::{ConversationId, DeviceId, MessageId, Sequence, Timestamp};

pub(super) use row::read;
pub use row::{Failure, Lifetime, Marks, MessageState, RowKind, SharedBy, StoredMessage};

/// Which part of a timeline.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Of which conversation.
    pub conversation: ConversationId,
    /// Only what stands before this message.
    pub before: Option<MessageKey>,
    /// At most so many: the newest.
    pub limit: u32,
    /// What ended before is not shown.
    pub now: Timestamp,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT m.id AS id, m.key AS key, m.conversation AS conversation, m.message AS message, \
             m.position AS position, m.sender AS sender, m.sender_device AS sender_device, m.own AS own, \
             m.state AS state, m.failure_code AS failure_code, m.failure_message AS failure_message, \
             m.sent_at AS sent_at, m.text AS text, m.content AS content, m.franking_mac AS franking_mac, \
             m.payload_hash AS payload_hash, m.event AS event, m.hidden AS hidden, m.shared_by AS shared_by, \
             m.shared_name AS shared_name, m.timer_seconds AS timer_seconds, m.timer_from AS timer_from, \
             m.expires_at AS expires_at, m.reply_to AS reply_to, m.forwarded AS forwarded, \
             m.edited AS edited, m.deleted AS deleted, m.starred AS starred, m.pinned_at AS pinned_at FROM ",
            $rest
        )
    };
}
pub(super) use select as select_message;

impl Store {
    /// Keeps a new message; `row` of the given value is ignored. Gives the row's number. A place in the
    /// log must come from the log.
    pub fn add_message(&self, message: &StoredMessage) -> Result<i64, StoreError> {
        let (state, failure) = parts(&message.state);
        let sequence = message.sequence.map(|sequence| integer(sequence.0));
        let (timer_seconds, timer_from) = timer_parts(message.lifetime.expiry);
        let row = KindColumns::of(&message.kind)?;
        self.execute(
            "INSERT INTO message (key, conversation, message, sequence, position, sender, sender_device, own, \
             state, failure_code, failure_message, sent_at, text, content, franking_mac, payload_hash, \
             event, hidden, shared_by, shared_name, timer_seconds, timer_from, expires_at, reply_to, forwarded, \
             edited, about) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, \
             ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27)",
            rusqlite::params![
                message.key.as_bytes(),
                message.conversation.as_bytes(),
                message.message.as_bytes(),
                sequence.filter(|_| row.is_of_log),
                sequence.unwrap_or(i64::MAX),
                message.sender.as_bytes(),
                message.sender_device.as_bytes(),
                message.own,
                state,
                failure.map(|failure| failure.code.as_str()),
                failure.map(|failure| failure.message.as_str()),
                integer(message.sent_at.as_millis()),
                message.text,
                message.content,
                message.franking_mac,
                message.payload_hash,
                row.event,
                row.hidden,
                row.shared_by,
                row.shared_name,
                timer_seconds,
                timer_from,
                message.lifetime.expires_at.map(|at| integer(at.as_millis())),
                message.marks.reply_to.as_ref().map(MessageId::as_bytes),
                message.marks.forwarded,
                message.marks.edited,
                message.marks.about,
            ],
        )?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Keeps that the server says to have stored an own message at this place: its timer begins.
    pub fn mark_accepted(&self, row: i64, sequence: Sequence, sent_at: Timestamp) -> Result<(), StoreError> {
        self.execute(
            "UPDATE message SET state = 'sent', failure_code = NULL, failure_message = NULL, position = ?2, \
             sent_at = ?3, expires_at = ?3 + timer_seconds * 1000 WHERE id = ?1",
            (row, integer(sequence.0), integer(sent_at.as_millis())),
        )?;
        Ok(())
    }

    /// Keeps that the log has a message, and where.
    pub fn mark_echoed(&self, row: i64, entry: &LogEntry) -> Result<(), StoreError> {
        self.execute(
            "UPDATE message SET state = 'sent', failure_code = NULL, failure_message = NULL, sequence = ?2, \
             position = ?2, sent_at = ?3, franking_mac = ?4, expires_at = ?3 + timer_seconds * 1000 \
             WHERE id = ?1",
            (
                row,
                integer(entry.sequence.0),
                integer(entry.sent_at.as_millis()),
                entry.franking_mac.as_slice(),
            ),
        )?;
        Ok(())
    }

    /// Keeps where an own message is on its way.
    pub fn set_message_state(&self, row: i64, state: &MessageState) -> Result<(), StoreError> {
        let (state, failure) = parts(state);
        self.execute(
            "UPDATE message SET state = ?2, failure_code = ?3, failure_message = ?4 WHERE id = ?1",
            (
                row,
                state,
                failure.map(|failure| failure.code.as_str()),
                failure.map(|failure| failure.message.as_str()),
            ),
        )?;
        Ok(())
    }

    /// Keeps the hash of the ciphertext of an attempt, by which its echo is known.
    pub fn set_payload_hash(&self, row: i64, hash: &[u8; 32]) -> Result<(), StoreError> {
        self.execute("UPDATE message SET payload_hash = ?2 WHERE id = ?1", (row, hash))?;
        Ok(())
    }

    /// Keeps that nothing from this place on counts: this device's messages are to be sent anew, those of
    /// others come again from their authors, what happened did not happen.
    pub fn undo_from(&self, conversation: ConversationId, from: Sequence) -> Result<(), StoreError> {
        let place = (conversation.as_bytes(), integer(from.0));
        self.execute(
            "INSERT OR IGNORE INTO outbox (id, conversation) SELECT id, conversation FROM message \
             WHERE conversation = ?1 AND position >= ?2 AND payload_hash IS NOT NULL AND state = 'sent' \
             AND deleted = 0",
            place,
        )?;
        self.execute(
            "UPDATE message SET state = 'sending', sequence = NULL, position = 9223372036854775807, \
             franking_mac = x'', payload_hash = NULL, expires_at = NULL \
             WHERE conversation = ?1 AND position >= ?2 AND payload_hash IS NOT NULL AND state = 'sent' \
             AND deleted = 0",
            place,
        )?;
        self.execute(
            "DELETE FROM message WHERE conversation = ?1 AND position >= ?2 AND state = 'sent'",
            place,
        )?;
        Ok(())
    }

    /// Deletes a message.
    pub fn delete_message(&self, row: i64) -> Result<(), StoreError> {
        self.execute("DELETE FROM message WHERE id = ?1", [row])?;
        Ok(())
    }

    /// A message by its key.
    pub fn message(&self, key: MessageKey) -> Result<Option<StoredMessage>, StoreError> {
        self.row(select!("message m WHERE m.key = ?1"), [key.as_bytes()], read)
    }

    /// What this device calls a message of that id: the first that it came to know, if the same content
    /// was sent into several conversations.
    pub fn message_key(&self, message: MessageId) -> Result<Option<MessageKey>, StoreError> {
        self.row(
            "SELECT key FROM message WHERE message = ?1 ORDER BY id LIMIT 1",
            [message.as_bytes()],
            key_of,
        )
    }

    /// The device that sent this message, if the conversation holds it already.
    pub fn message_sender(
        &self,
        conversation: ConversationId,
        message: MessageId,
    ) -> Result<Option<DeviceId>, StoreError> {
        self.row(
            "SELECT sender_device FROM message WHERE conversation = ?1 AND message = ?2",
            (conversation.as_bytes(), message.as_bytes()),
            |row| {
                Column {
                    row,
                    table: "message",
                }
                .device("sender_device")
            },
        )
    }

    /// The own message of a conversation whose last ciphertext has this hash.
    pub fn message_by_payload(
        &self,
        conversation: ConversationId,
        hash: &[u8; 32],
    ) -> Result<Option<StoredMessage>, StoreError> {
        self.row(
            select!("message m WHERE m.conversation = ?1 AND m.payload_hash = ?2 ORDER BY m.id DESC LIMIT 1"),
            (conversation.as_bytes(), hash),
            read,
        )
    }

    /// A part of a timeline, newest first, and whether there is more before it.
    pub fn timeline(&self, page: Page) -> Result<(Vec<StoredMessage>, bool), StoreError> {
        let (position, row) = match page.before {
            Some(key) => self.place_of(key)?.unwrap_or((i64::MAX, i64::MAX)),
            None => (i64::MAX, i64::MAX),
        };
        let messages = self.rows(
            select!(
                "message m WHERE m.conversation = ?1 AND (m.position, m.id) < (?2, ?3) AND m.hidden = 0 \
                 AND (m.expires_at IS NULL OR m.expires_at > ?5) \
                 AND m.id NOT IN (SELECT message FROM deletion) ORDER BY m.position DESC, m.id DESC LIMIT ?4"
            ),
            (
                page.conversation.as_bytes(),
                position,
                row,
                i64::from(page.limit).saturating_add(1),
                integer(page.now.as_millis()),
            ),
            read,
        )?;
        Ok(cut(messages, page.limit))
    }

    /// What stands after a message, oldest first, or with it; and whether there is more after it.
    pub(crate) fn timeline_after(
        &self,
        page: Page,
        with_it: bool,
    ) -> Result<(Vec<StoredMessage>, bool), StoreError> {
        let place = match page.before {
            Some(key) => self.place_of(key)?,
            None => None,
        };
        let (position, row) = place.unwrap_or((-1, -1));
        let messages = self.rows(
            select!(
                "message m WHERE m.conversation = ?1 AND (m.position, m.id) >= (?2, ?3) AND m.hidden = 0 \
                 AND (m.expires_at IS NULL OR m.expires_at > ?5) \
                 AND m.id NOT IN (SELECT message FROM deletion) ORDER BY m.position, m.id LIMIT ?4"
            ),
            (
                page.conversation.as_bytes(),
                position,
                if with_it { row } else { row.saturating_add(1) },
                i64::from(page.limit).saturating_add(1),
                integer(page.now.as_millis()),
            ),
            read,
        )?;
        Ok(cut(messages, page.limit))
    }

    /// The first message of others after what was read that has not ended.
    pub(crate) fn first_unread(
        &self,
        conversation: ConversationId,
        read: Sequence,
        now: Timestamp,
    ) -> Result<Option<MessageKey>, StoreError> {
        self.row(
            "SELECT key FROM message WHERE conversation = ?1 AND position > ?2 AND own = 0 AND hidden = 0 \
             AND event IS NULL AND deleted = 0 AND (expires_at IS NULL OR expires_at > ?3) \
             AND sender NOT IN (SELECT user FROM blocked) AND id NOT IN (SELECT message FROM deletion) \
             ORDER BY position, id LIMIT 1",
            (conversation.as_bytes(), integer(read.0), integer(now.as_millis())),
            key_of,
        )
    }

    /// What was said last and has not ended.
    pub fn newest(
        &self,
        conversation: ConversationId,
        now: Timestamp,
    ) -> Result<Option<StoredMessage>, StoreError> {
        self.row(
            select!(
                "message m WHERE m.conversation = ?1 AND m.hidden = 0 AND m.event IS NULL \
                 AND m.deleted = 0 AND (m.expires_at IS NULL OR m.expires_at > ?2) \
                 AND m.sender NOT IN (SELECT user FROM blocked) AND m.id NOT IN (SELECT message FROM deletion) \
                 ORDER BY m.position DESC, m.id DESC LIMIT 1"
            ),
            (conversation.as_bytes(), integer(now.as_millis())),
            read,
        )
    }

    /// When this device's user wrote last, by the server's clock.
    pub fn last_written(&self, conversation: ConversationId) -> Result<Option<Timestamp>, StoreError> {
        self.row(
            "SELECT sent_at FROM message WHERE conversation = ?1 AND own = 1 AND state = 'sent' \
             AND event IS NULL AND shared_by IS NULL AND hidden = 0 ORDER BY position DESC LIMIT 1",
            [conversation.as_bytes()],
            |row| {
                Column {
                    row,
                    table: "message",
                }
                .time("sent_at")
            },
        )
    }

    /// How many messages of others stand after what was read and have not ended.
    pub fn unread(
        &self,
        conversation: ConversationId,
        read: Sequence,
        now: Timestamp,
    ) -> Result<u32, StoreError> {
        let count = self.row(
            "SELECT count(*) AS unread FROM message WHERE conversation = ?1 AND position > ?2 AND own = 0 \
             AND event IS NULL AND deleted = 0 AND (expires_at IS NULL OR expires_at > ?3) \
             AND sender NOT IN (SELECT user FROM blocked) AND id NOT IN (SELECT message FROM deletion)",
            (conversation.as_bytes(), integer(read.0), integer(now.as_millis())),
            |row| {
                Column {
                    row,
                    table: "message",
                }
                .number("unread")
            },
        )?;
        Ok(count
            .and_then(|count| u32::try_from(count).ok())
            .unwrap_or(u32::MAX))
    }

    fn place_of(&self, key: MessageKey) -> Result<Option<(i64, i64)>, StoreError> {
        self.row(
            "SELECT position, id FROM message WHERE key = ?1",
            [key.as_bytes()],
            |row| {
                let column = Column {
                    row,
                    table: "message",
                };
                Ok((column.get("position")?, column.get("id")?))
            },
        )
    }
}

/// One more than the page holds was asked for: whether there is more is what is left over.
fn cut(mut messages: Vec<StoredMessage>, limit: u32) -> (Vec<StoredMessage>, bool) {
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = messages.len() > wanted;
    messages.truncate(wanted);
    (messages, more)
}

fn key_of(row: &rusqlite::Row<'_>) -> Result<MessageKey, StoreError> {
    Column {
        row,
        table: "message",
    }
    .array("key")
    .map(MessageKey::from_bytes)
}
