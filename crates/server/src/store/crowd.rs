//! How many people a conversation has, as far as that decides something: presence and signals are for
//! small ones. Nothing here is exact beyond that limit.

use super::conversation::on_both;
use super::{Store, StoreError};
use undertone_wire::ConversationId;
use undertone_wire::DeviceId;
use undertone_wire::limits::SIGNAL_PEOPLE_MAX;

/// Counted no further: one more than is few.
pub(super) fn counted() -> i64 {
    i64::try_from(SIGNAL_PEOPLE_MAX).map_or(i64::MAX, |few| few + 1)
}

/// The people of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crowd {
    /// Whether it is the conversation of two people.
    pub is_direct: bool,
    /// Whether it is small enough for presence and signals (design D12).
    pub is_small: bool,
}

impl Crowd {
    /// What is thought of a conversation of which nothing is known.
    pub const UNKNOWN: Self = Self {
        is_direct: false,
        is_small: false,
    };

    /// From the stored kind and the counted people.
    pub(super) fn new(is_direct: bool, people: i64) -> Self {
        let is_small = people < counted();
        Self { is_direct, is_small }
    }
}

on_both! {
    /// The people of one conversation; nothing if there is no such.
    crowd::crowd(conversation: ConversationId) -> Option<Crowd>;
    /// The people of each of a device's conversations.
    crowd::crowds(device: DeviceId) -> Vec<(ConversationId, Crowd)>;
}
