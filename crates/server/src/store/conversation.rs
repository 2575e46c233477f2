//! The operations on the logs of conversations: what goes in, what comes out. The statements are in
//! [`super::sqlite`] and [`super::postgres`], the rules they share in [`super::ledger`]. What changes
//! the group is in [`super::commit`].

use super::{Store, StoreError};
use crate::franking::FrankingKey;
use std::time::Duration;
use undertone_wire::conversation::{Accepted, ConversationHead, LogEntry, LogPage, PendingWelcome};
use undertone_wire::stream::{Acknowledge, FetchLog};
use undertone_wire::{Bytes, ConversationId, Counter, DeviceId, Epoch, ErrorCode, Timestamp};

/// Bytes of payload in one page of a log, unless its first entry is larger alone.
pub(super) const PAGE_PAYLOAD_BYTES: usize = 1024 * 1024;

/// An application message that wants a place in its conversation's log.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// Which conversation.
    pub conversation: ConversationId,
    /// The epoch under which it was encrypted.
    pub epoch: Epoch,
    /// The device whose session sent it.
    pub sender: DeviceId,
    /// The device's counter.
    pub counter: Counter,
    /// The commitment to its content.
    pub franking_tag: [u8; 32],
    /// MLS `PrivateMessage`.
    pub payload: Bytes,
    /// The server forgets it after this, delivered or not.
    pub expires_after: Option<Duration>,
}

/// With what the server marks the entries that it stores.
#[derive(Debug, Clone)]
pub struct Stamp {
    /// The server's time.
    pub now: Timestamp,
    /// Makes the MAC over each franking tag.
    pub key: FrankingKey,
}

/// An entry has its place, durably.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stored {
    /// It got it just now, and is to be published.
    New(LogEntry),
    /// It got it when it was sent before.
    Repeated(Accepted),
}

impl Stored {
    /// What the sender is told: the same both times.
    pub fn accepted(&self) -> Accepted {
        match self {
            Self::New(entry) => Accepted {
                conversation: entry.conversation,
                counter: entry.counter,
                sequence: entry.sequence,
                sent_at: entry.sent_at,
            },
            Self::Repeated(accepted) => *accepted,
        }
    }
}

/// Why an entry was not stored. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such conversation, or the device is not a member: outsiders cannot tell.
    #[error("there is no such conversation")]
    NotMember,
    /// It belongs to another epoch than the current one.
    #[error("the group has moved on: read the log and send again")]
    EpochStale,
    /// The counter was used for something else, or leaves a gap.
    #[error("the counter was used before or leaves a gap")]
    CounterConflict,
    /// The sender's role is to read.
    #[error("the sender may only read")]
    ReadOnly,
    /// The conversation is in slow mode, and it is not the sender's turn yet.
    #[error("the conversation is in slow mode: wait {0:?}")]
    SlowMode(Duration),
    /// The room has ended.
    #[error("the room has ended")]
    Ended,
    /// The room id of the new link is another conversation's.
    #[error("the link is another conversation's")]
    LinkTaken,
    /// Too many of the user's commits could not be processed by anybody.
    #[error("the user's commits are not taken any more")]
    Charged,
}

impl Refusal {
    /// The code that a client gets.
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::NotMember => ErrorCode::NotFound,
            Self::EpochStale => ErrorCode::EpochStale,
            Self::CounterConflict => ErrorCode::CounterConflict,
            Self::ReadOnly => ErrorCode::ReadOnly,
            Self::SlowMode(_) => ErrorCode::RateLimited,
            Self::Ended => ErrorCode::RoomClosed,
            Self::LinkTaken => ErrorCode::BadRequest,
            Self::Charged => ErrorCode::CommitInvalid,
        }
    }
}

/// A device's acknowledgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceAcknowledge {
    /// Which device.
    pub device: DeviceId,
    /// Up to where it has stored what.
    pub up_to: Acknowledge,
}

macro_rules! on_both {
    ($($(#[$doc:meta])* $module:ident::$name:ident($($arg:ident: $kind:ty),*) -> $out:ty;)*) => {
        impl Store {
            $($(#[$doc])*
            pub async fn $name(&self, $($arg: $kind),*) -> Result<$out, StoreError> {
                match self {
                    Self::Sqlite(store) => store.$name($($arg),*).await,
                    Self::Postgres(store) => store.$name($($arg),*).await,
                }
            })*
        }
    };
}
pub(super) use on_both;

on_both! {
    /// Gives all these messages their places, in one transaction. Each is judged by itself; the
    /// outcomes stand in the order of the messages.
    log::append_messages(messages: Vec<NewMessage>, stamp: Stamp) -> Vec<Result<Stored, Refusal>>;
    /// A page of a log, as a member device may see it: from its own beginning on.
    log::log_page(device: DeviceId, fetch: FetchLog) -> Result<LogPage, Refusal>;
    /// Where each of a device's conversations stands.
    log::heads(device: DeviceId) -> Vec<ConversationHead>;
    /// Moves cursors forward, in one transaction, and deletes what every member device has.
    log::acknowledge(acknowledged: Vec<DeviceAcknowledge>) -> ();
    /// The Welcomes that wait for a device.
    welcome::pending_welcomes(device: DeviceId) -> Vec<PendingWelcome>;
    /// Deletes Welcomes that their devices have, with the tree when the last has it.
    welcome::acknowledge_welcomes(acknowledged: Vec<DeviceAcknowledge>) -> ();
}
