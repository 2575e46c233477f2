//! A conversation from its beginning, part by part. A place stays good when the message there is gone.

use super::column::integer;
use super::message::{StoredMessage, read, select_message};
use super::{Store, StoreError};
use undertone_wire::{ConversationId, Timestamp};

/// After which row of a timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) position: i64,
    pub(crate) row: i64,
}

impl Place {
    /// Before everything.
    pub(crate) const BEGINNING: Self = Self {
        position: -1,
        row: -1,
    };
}

impl Store {
    /// At most so many rows after a place, oldest first, and the place of the last of them.
    pub(crate) fn rows_after(
        &self,
        conversation: ConversationId,
        place: Place,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<(StoredMessage, Place)>, StoreError> {
        self.rows(
            select_message!(
                "message m WHERE m.conversation = ?1 AND (m.position, m.id) > (?2, ?3) AND m.hidden = 0 \
                 AND (m.expires_at IS NULL OR m.expires_at > ?5) \
                 AND m.id NOT IN (SELECT message FROM deletion) ORDER BY m.position, m.id LIMIT ?4"
            ),
            (
                conversation.as_bytes(),
                place.position,
                place.row,
                i64::from(limit),
                integer(now.as_millis()),
            ),
            |row| {
                let place = Place {
                    position: row.get("position")?,
                    row: row.get("id")?,
                };
                Ok((read(row)?, place))
            },
        )
    }
}
