//! Messages: rows of the timeline, found by key, by place and by id.

use super::column::{Column, integer};
use super::{Store, StoreError};
use crate::message::key::MessageKey;
use rusqlite::Row;
use undertone_wire::conversation::LogEntry;
use undertone_wire::{ConversationId, DeviceId, MessageId, Sequence, Timestamp, UserId};

/// Where an own message is on its way; messages of others are always sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageState {
    /// On its way.
    Sending,
    /// Stored by the server.
    Sent,
    /// Refused for good.
    Failed(Failure),
}

/// Why a message failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The stable code.
    pub code: String,
    /// A sentence for people.
    pub message: String,
}

impl Failure {
    /// One without particulars.
    pub fn unknown() -> Self {
        Self {
            code: "not_sent".to_owned(),
            message: "the message was not sent".to_owned(),
        }
    }
}

/// One message.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredMessage {
    /// The order in which this device came to know of it.
    pub row: i64,
    /// What screens call it.
    pub key: MessageKey,
    /// In which conversation.
    pub conversation: ConversationId,
    /// Its id on all devices.
    pub message: MessageId,
    /// Its place in the log; for an own message at first by the server's word, then by the log itself.
    pub sequence: Option<Sequence>,
    /// Who sent it, by the MLS leaf.
    pub sender: UserId,
    /// From which device.
    pub sender_device: DeviceId,
    /// Whether the user of this device sent it.
    pub own: bool,
    /// Where it is on its way.
    pub state: MessageState,
    /// The server's time, or the sender's before that is known.
    pub sent_at: Timestamp,
    /// What it says.
    pub text: String,
    /// CBOR of its content.
    pub content: Vec<u8>,
    /// The server's MAC over its franking tag.
    pub franking_mac: Vec<u8>,
    /// Of an own message: SHA-256 of the last ciphertext.
    pub payload_hash: Option<[u8; 32]>,
}

impl std::fmt::Debug for StoredMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StoredMessage({}, {:?})", self.message, self.sequence)
    }
}

/// Which part of a timeline.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Of which conversation.
    pub conversation: ConversationId,
    /// Only what stands before this message.
    pub before: Option<MessageKey>,
    /// At most so many: the newest.
    pub limit: u32,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT m.id AS id, m.key AS key, m.conversation AS conversation, m.message AS message, \
             m.position AS position, m.sender AS sender, m.sender_device AS sender_device, m.own AS own, \
             m.state AS state, m.failure_code AS failure_code, m.failure_message AS failure_message, \
             m.sent_at AS sent_at, m.text AS text, m.content AS content, m.franking_mac AS franking_mac, \
             m.payload_hash AS payload_hash FROM ",
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
        self.execute(
            "INSERT INTO message (key, conversation, message, sequence, position, sender, sender_device, own, \
             state, failure_code, failure_message, sent_at, text, content, franking_mac, payload_hash) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
            rusqlite::params![
                message.key.as_bytes(),
                message.conversation.as_bytes(),
                message.message.as_bytes(),
                sequence,
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
            ],
        )?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Keeps that the server says to have stored a message at this place.
    pub fn mark_accepted(&self, row: i64, sequence: Sequence, sent_at: Timestamp) -> Result<(), StoreError> {
        self.execute(
            "UPDATE message SET state = 'sent', failure_code = NULL, failure_message = NULL, position = ?2, \
             sent_at = ?3 WHERE id = ?1",
            (row, integer(sequence.0), integer(sent_at.as_millis())),
        )?;
        Ok(())
    }

    /// Keeps that the log has a message, and where.
    pub fn mark_echoed(&self, row: i64, entry: &LogEntry) -> Result<(), StoreError> {
        self.execute(
            "UPDATE message SET state = 'sent', failure_code = NULL, failure_message = NULL, sequence = ?2, \
             position = ?2, sent_at = ?3, franking_mac = ?4 WHERE id = ?1",
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
            |row| {
                Column {
                    row,
                    table: "message",
                }
                .array("key")
                .map(MessageKey::from_bytes)
            },
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
        let mut messages = self.rows(
            select!(
                "message m WHERE m.conversation = ?1 AND (m.position, m.id) < (?2, ?3) \
                 ORDER BY m.position DESC, m.id DESC LIMIT ?4"
            ),
            (
                page.conversation.as_bytes(),
                position,
                row,
                i64::from(page.limit).saturating_add(1),
            ),
            read,
        )?;
        let wanted = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let more = messages.len() > wanted;
        messages.truncate(wanted);
        Ok((messages, more))
    }

    /// How many messages of others stand after what was read.
    pub fn unread(&self, conversation: ConversationId, read: Sequence) -> Result<u32, StoreError> {
        let count = self.row(
            "SELECT count(*) AS unread FROM message WHERE conversation = ?1 AND position > ?2 AND own = 0",
            (conversation.as_bytes(), integer(read.0)),
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

fn parts(state: &MessageState) -> (&'static str, Option<&Failure>) {
    match state {
        MessageState::Sending => ("sending", None),
        MessageState::Sent => ("sent", None),
        MessageState::Failed(failure) => ("failed", Some(failure)),
    }
}

pub(super) fn read(row: &Row<'_>) -> Result<StoredMessage, StoreError> {
    let column = Column {
        row,
        table: "message",
    };
    let state: String = column.get("state")?;
    let failure = |name| Ok::<String, StoreError>(column.get::<Option<String>>(name)?.unwrap_or_default());
    let payload_hash: Option<Vec<u8>> = column.get("payload_hash")?;
    let position: i64 = column.get("position")?;
    Ok(StoredMessage {
        row: column.get("id")?,
        key: MessageKey::from_bytes(column.array("key")?),
        conversation: column.conversation("conversation")?,
        message: column.message("message")?,
        sequence: if position == i64::MAX {
            None
        } else {
            Some(Sequence(column.number("position")?))
        },
        sender: column.user("sender")?,
        sender_device: column.device("sender_device")?,
        own: column.get("own")?,
        state: match state.as_str() {
            "sending" => MessageState::Sending,
            "sent" => MessageState::Sent,
            "failed" => MessageState::Failed(Failure {
                code: failure("failure_code")?,
                message: failure("failure_message")?,
            }),
            _ => return Err(column.bad("state")),
        },
        sent_at: column.time("sent_at")?,
        text: column.get("text")?,
        content: column.get("content")?,
        franking_mac: column.get("franking_mac")?,
        payload_hash: payload_hash
            .map(|hash| hash.try_into().map_err(|_| column.bad("payload_hash")))
            .transpose()?,
    })
}
