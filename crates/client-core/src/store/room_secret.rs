//! Secrets of the links of rooms. Which of them counts is decided in `conversation::room_secret`.

use super::column::{Column, integer};
use super::{Store, StoreError};
use undertone_wire::limits::ROOM_SECRET_BYTES;
use undertone_wire::{ConversationId, UserId};
use zeroize::Zeroizing;

/// The random part of a link.
pub type SecretBytes = Zeroizing<[u8; ROOM_SECRET_BYTES]>;

impl Store {
    /// The secret of a rotation: the one that counts, or with `user` the one that they propose.
    pub fn room_secret(
        &self,
        conversation: ConversationId,
        rotation: u32,
        user: Option<UserId>,
    ) -> Result<Option<SecretBytes>, StoreError> {
        self.row(
            "SELECT secret FROM room_secret WHERE conversation = ?1 AND rotation = ?2 AND user = ?3",
            (
                conversation.as_bytes(),
                integer(rotation.into()),
                key(user.as_ref()),
            ),
            |row| {
                let column = Column {
                    row,
                    table: "room_secret",
                };
                column.array("secret").map(Zeroizing::new)
            },
        )
    }

    /// Keeps the secret of a rotation: the one that counts, or with `user` the one that they propose.
    pub fn save_room_secret(
        &self,
        conversation: ConversationId,
        rotation: u32,
        user: Option<UserId>,
        secret: &SecretBytes,
    ) -> Result<(), StoreError> {
        self.execute(
            "INSERT OR REPLACE INTO room_secret (conversation, rotation, user, secret) VALUES (?1, ?2, ?3, ?4)",
            (
                conversation.as_bytes(),
                integer(rotation.into()),
                key(user.as_ref()),
                secret.as_slice(),
            ),
        )?;
        Ok(())
    }

    /// Forgets what was proposed for a rotation.
    pub fn forget_proposed_secrets(
        &self,
        conversation: ConversationId,
        rotation: u32,
    ) -> Result<(), StoreError> {
        self.execute(
            "DELETE FROM room_secret WHERE conversation = ?1 AND rotation = ?2 AND length(user) > 0",
            (conversation.as_bytes(), integer(rotation.into())),
        )?;
        Ok(())
    }

    /// Forgets all secrets of earlier rotations.
    pub fn forget_room_secrets_before(
        &self,
        conversation: ConversationId,
        rotation: u32,
    ) -> Result<(), StoreError> {
        self.execute(
            "DELETE FROM room_secret WHERE conversation = ?1 AND rotation < ?2",
            (conversation.as_bytes(), integer(rotation.into())),
        )?;
        Ok(())
    }
}

/// Nobody is written as no bytes.
fn key(user: Option<&UserId>) -> &[u8] {
    user.map_or(&[], |user| user.as_bytes())
}
