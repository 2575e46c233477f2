//! What one of several servers asks again and again, to stay level with the database: what the bus between
//! them lost shows here. It changes nothing.

use super::conversation::on_both;
use super::{Store, StoreError};
use undertone_wire::conversation::LogEntry;
use undertone_wire::{ConversationId, DeviceId, Epoch, Sequence};

/// Entries that are read at once to fill a gap; a longer one is left to the clients.
pub(crate) const GAP_ENTRIES_MAX: usize = 128;

/// Where a conversation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Which conversation.
    pub conversation: ConversationId,
    /// Its newest entry.
    pub head: Sequence,
    /// Its epoch.
    pub epoch: Epoch,
}

on_both! {
    /// Where these conversations stand; nothing for those that are gone.
    level::positions(conversations: Vec<ConversationId>) -> Vec<Position>;
    /// The entries after a place, up to [`GAP_ENTRIES_MAX`], as they are in the log.
    level::entries_after(conversation: ConversationId, after: Sequence) -> Vec<LogEntry>;
    /// Of which conversations these devices are members.
    level::seats_of(devices: Vec<DeviceId>) -> Vec<(DeviceId, ConversationId)>;
    /// Which of these devices have no session that is still good.
    level::signed_out(devices: Vec<DeviceId>) -> Vec<DeviceId>;
}

/// [`GAP_ENTRIES_MAX`] for a database.
pub(super) fn gap_entries() -> i64 {
    i64::try_from(GAP_ENTRIES_MAX).unwrap_or(i64::MAX)
}
