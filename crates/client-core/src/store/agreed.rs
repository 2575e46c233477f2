//! What the members of a conversation agree on and the server does not know: the newest state that
//! somebody said who may. Who may is decided in `message::state`.

use super::column::Column;
use super::{Store, StoreError};
use undertone_wire::content::ConversationState;
use undertone_wire::{ConversationId, codec};

impl Store {
    /// What is agreed on; `None` if this device was not told yet.
    pub(crate) fn known_agreed(&self, id: ConversationId) -> Result<Option<ConversationState>, StoreError> {
        self.row(
            "SELECT state FROM agreed_state WHERE conversation = ?1",
            [id.as_bytes()],
            |row| {
                let column = Column {
                    row,
                    table: "agreed_state",
                };
                let bytes: Vec<u8> = column.get("state")?;
                codec::from_cbor(&bytes).map_err(|_bad| column.bad("state"))
            },
        )
    }

    /// What is agreed on: no title, no timer, no history, if this device was not told yet.
    pub(crate) fn agreed(&self, id: ConversationId) -> Result<ConversationState, StoreError> {
        Ok(self.known_agreed(id)?.unwrap_or_default())
    }

    /// Keeps what is agreed on.
    pub(crate) fn save_agreed(
        &self,
        id: ConversationId,
        state: &ConversationState,
    ) -> Result<(), StoreError> {
        let bytes = codec::to_cbor(state).map_err(|_bad| StoreError::BadRow {
            table: "agreed_state",
            column: "state",
        })?;
        self.execute(
            "INSERT OR REPLACE INTO agreed_state (conversation, state) VALUES (?1, ?2)",
            (id.as_bytes(), bytes),
        )?;
        Ok(())
    }
}
