//! Devices that were members of a group when this device lost it. What they are good for is decided in
//! `conversation::external`.

use super::{Store, StoreError};
use undertone_wire::{ConversationId, DeviceId};

impl Store {
    /// Keeps that a device was a member.
    pub fn add_voucher(&self, conversation: ConversationId, device: DeviceId) -> Result<(), StoreError> {
        self.execute(
            "INSERT OR IGNORE INTO voucher (conversation, device) VALUES (?1, ?2)",
            (conversation.as_bytes(), device.as_bytes()),
        )?;
        Ok(())
    }

    /// Whether a device was a member.
    pub fn is_voucher(&self, conversation: ConversationId, device: DeviceId) -> Result<bool, StoreError> {
        let found = self.row(
            "SELECT device FROM voucher WHERE conversation = ?1 AND device = ?2",
            (conversation.as_bytes(), device.as_bytes()),
            |_| Ok(()),
        )?;
        Ok(found.is_some())
    }

    /// This device is inside again.
    pub fn forget_vouchers(&self, conversation: ConversationId) -> Result<(), StoreError> {
        self.execute(
            "DELETE FROM voucher WHERE conversation = ?1",
            [conversation.as_bytes()],
        )?;
        Ok(())
    }
}
