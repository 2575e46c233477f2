//! The outbox: own messages that the server has not confirmed, each with the attempt that is under
//! way. The order of sending is the order of the rows.

use super::column::{Column, integer};
use super::message::{StoredMessage, read as read_message, select_message};
use super::{Store, StoreError};
use undertone_wire::{ConversationId, Counter, Epoch};

/// A message to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// What.
    pub message: StoredMessage,
    /// The attempt that was stored last.
    pub attempt: Option<Attempt>,
}

/// A ciphertext that was, or is about to be, sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Under which epoch it was encrypted.
    pub epoch: Epoch,
    /// This device's counter in it.
    pub counter: Counter,
    /// The MLS `PrivateMessage`.
    pub payload: Vec<u8>,
}

impl std::fmt::Debug for Attempt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Attempt(epoch {}, counter {})", self.epoch, self.counter)
    }
}

const WAITING: &str = "SELECT count(*) AS waiting FROM outbox o JOIN conversation c ON c.id = o.conversation \
    WHERE c.state = 'active'";

impl Store {
    /// Puts a message at the end.
    pub fn add_outgoing(&self, row: i64, conversation: ConversationId) -> Result<(), StoreError> {
        self.execute(
            "INSERT OR IGNORE INTO outbox (id, conversation) VALUES (?1, ?2)",
            (row, conversation.as_bytes()),
        )?;
        Ok(())
    }

    /// Keeps the attempt before it is sent.
    pub fn save_attempt(&self, row: i64, attempt: &Attempt) -> Result<(), StoreError> {
        self.execute(
            "UPDATE outbox SET epoch = ?2, counter = ?3, payload = ?4 WHERE id = ?1",
            (
                row,
                integer(attempt.epoch.0),
                integer(attempt.counter.0),
                &attempt.payload,
            ),
        )?;
        Ok(())
    }

    /// Takes a message out: confirmed, failed or discarded.
    pub fn delete_outgoing(&self, row: i64) -> Result<(), StoreError> {
        self.execute("DELETE FROM outbox WHERE id = ?1", [row])?;
        Ok(())
    }

    /// All that waits in a conversation is for those alone who are inside now.
    pub(crate) fn note_sent_again(&self, conversation: ConversationId) -> Result<(), StoreError> {
        self.execute(
            "UPDATE outbox SET again = 1 WHERE conversation = ?1",
            [conversation.as_bytes()],
        )?;
        Ok(())
    }

    /// What waits in a conversation for those alone who were inside when the server went back.
    pub(crate) fn sent_again(&self, conversation: ConversationId) -> Result<Vec<i64>, StoreError> {
        self.rows(
            "SELECT id FROM outbox WHERE conversation = ?1 AND again = 1 ORDER BY id",
            [conversation.as_bytes()],
            |row| Ok(row.get("id")?),
        )
    }

    /// Whether a message waits to be sent.
    pub(crate) fn is_outgoing(&self, row: i64) -> Result<bool, StoreError> {
        let found = self.row("SELECT id FROM outbox WHERE id = ?1", [row], |_| Ok(()))?;
        Ok(found.is_some())
    }

    /// What this device has said in a conversation without words (what members agree on, say) and has not seen in
    /// the log yet, the newest first; what was refused is not among it. Looks at the newest rows alone, where
    /// such things are.
    pub(crate) fn unheard_parts(&self, conversation: ConversationId) -> Result<Vec<Vec<u8>>, StoreError> {
        self.rows(
            "SELECT content FROM message WHERE conversation = ?1 AND own = 1 AND hidden = 1 AND state <> 'failed' \
             AND id > (SELECT max(id) FROM message) - 1000 ORDER BY id DESC",
            [conversation.as_bytes()],
            |row| Ok(row.get("content")?),
        )
    }

    /// The first message to be sent in a conversation.
    pub fn first_outgoing(&self, conversation: ConversationId) -> Result<Option<Outgoing>, StoreError> {
        let sql = select_message!(
            "message m JOIN outbox o ON o.id = m.id WHERE o.conversation = ?1 ORDER BY o.id LIMIT 1"
        );
        let Some(message) = self.row(sql, [conversation.as_bytes()], read_message)? else {
            return Ok(None);
        };
        let attempt = self.attempt(message.row)?;
        Ok(Some(Outgoing { message, attempt }))
    }

    /// The conversations in which something is to be sent.
    pub fn conversations_with_outgoing(&self) -> Result<Vec<ConversationId>, StoreError> {
        self.rows(
            "SELECT DISTINCT conversation FROM outbox ORDER BY conversation",
            [],
            |row| Column { row, table: "outbox" }.conversation("conversation"),
        )
    }

    /// How many messages are to be sent in conversations that take any.
    pub fn outgoing_count(&self) -> Result<u32, StoreError> {
        let count = self.row(WAITING, [], |row| {
            Column { row, table: "outbox" }.number("waiting")
        })?;
        Ok(count
            .and_then(|count| u32::try_from(count).ok())
            .unwrap_or(u32::MAX))
    }

    fn attempt(&self, row: i64) -> Result<Option<Attempt>, StoreError> {
        let attempt = self.row(
            "SELECT epoch, counter, payload FROM outbox WHERE id = ?1",
            [row],
            |row| {
                let column = Column { row, table: "outbox" };
                let epoch = column.optional_number("epoch")?;
                let counter = column.optional_number("counter")?;
                let payload: Option<Vec<u8>> = column.get("payload")?;
                Ok(epoch
                    .zip(counter)
                    .zip(payload)
                    .map(|((epoch, counter), payload)| Attempt {
                        epoch: Epoch(epoch),
                        counter: Counter(counter),
                        payload,
                    }))
            },
        )?;
        Ok(attempt.flatten())
    }
}
