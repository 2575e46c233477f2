//! Messages whose deletion can still be taken back: shown nowhere until then. What is done with them when
//! their time has come is decided in `message::talk`.

use super::column::{Column, integer};
use super::{Store, StoreError};
use undertone_wire::Timestamp;

impl Store {
    /// Hides a message until an action is settled.
    pub(crate) fn add_deletion(&self, message: i64, action: i64) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO deletion (message, action) VALUES (?1, ?2)",
            (message, action),
        )?;
        Ok(())
    }

    /// Whether a message is to be deleted.
    pub(crate) fn is_to_be_deleted(&self, message: i64) -> Result<bool, StoreError> {
        let found = self.row(
            "SELECT message FROM deletion WHERE message = ?1",
            [message],
            |row| {
                Column {
                    row,
                    table: "deletion",
                }
                .get::<i64>("message")
            },
        )?;
        Ok(found.is_some())
    }

    /// When the next of all actions is due that is not yet, whatever became of its conversation.
    pub(crate) fn next_held_at(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.row(
            "SELECT due_at FROM group_action WHERE due_at > ?1 ORDER BY due_at LIMIT 1",
            [integer(now.as_millis())],
            |row| {
                Column {
                    row,
                    table: "group_action",
                }
                .time("due_at")
            },
        )
    }
}
