//! The operations on conversations and their logs: what goes in, what comes out. The statements are
//! in [`super::sqlite`] and [`super::postgres`], the rules they share in [`super::ledger`].

use super::ledger::Claim;
use super::{Store, StoreError};
use crate::franking::FrankingKey;
use undertone_wire::conversation::{
    Accepted, ConversationHead, ConversationKind, EntryKind, LogEntry, LogPage, PendingWelcome,
};
use undertone_wire::stream::{Acknowledge, FetchLog};
use undertone_wire::{
    Bytes, ConversationId, Counter, DeviceId, Epoch, ErrorCode, Sequence, Timestamp, UserId,
};

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
}

/// With what the server marks the entries that it stores.
#[derive(Debug, Clone)]
pub struct Stamp {
    /// The server's time.
    pub now: Timestamp,
    /// Makes the MAC over each franking tag.
    pub key: FrankingKey,
}

/// A leaf of the group, as the tree has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewMember {
    /// Which device.
    pub device: DeviceId,
    /// Whose.
    pub user: UserId,
    /// Its place in the tree.
    pub leaf: u32,
}

/// A checked commit with all that is stored with it or not at all.
#[derive(Debug, Clone)]
pub struct NewCommit {
    /// Which conversation.
    pub conversation: ConversationId,
    /// The epoch that it ends: the one against which it was checked.
    pub epoch: Epoch,
    /// The device whose session sent it.
    pub sender: DeviceId,
    /// The device's counter.
    pub counter: Counter,
    /// MLS `PublicMessage`.
    pub payload: Bytes,
    /// The epoch that it begins.
    pub next_epoch: Epoch,
    /// The public group after it.
    pub public_state: Vec<u8>,
    /// MLS `GroupInfo` of the new epoch.
    pub group_info: Bytes,
    /// What the added devices need; missing if there are none.
    pub welcome: Option<NewWelcome>,
    /// Leaves that it adds.
    pub added: Vec<NewMember>,
    /// Devices whose leaves it removes.
    pub removed: Vec<DeviceId>,
    /// The server's time.
    pub sent_at: Timestamp,
}

/// A Welcome with the tree that goes with it.
#[derive(Debug, Clone)]
pub struct NewWelcome {
    /// MLS `Welcome`.
    pub welcome: Bytes,
    /// TLS-encoded ratchet tree of the new epoch.
    pub ratchet_tree: Bytes,
}

impl NewCommit {
    /// What it claims in the log.
    pub(super) fn claim(&self) -> Claim {
        Claim {
            conversation: self.conversation,
            sender: self.sender,
            epoch: self.epoch,
            counter: self.counter,
            kind: EntryKind::Commit,
        }
    }

    /// Its entry in the log; commits have no franking tag.
    pub(super) fn into_entry(self, sequence: Sequence) -> LogEntry {
        LogEntry {
            conversation: self.conversation,
            sequence,
            kind: EntryKind::Commit,
            epoch: self.epoch,
            sender: self.sender,
            counter: self.counter,
            sent_at: self.sent_at,
            payload: self.payload,
            franking_mac: Bytes::default(),
        }
    }
}

/// A conversation that begins with its first commit.
#[derive(Debug, Clone)]
pub struct NewConversation {
    /// What it is for.
    pub kind: ConversationKind,
    /// The other person of a direct conversation.
    pub peer: UserId,
    /// The leaf of epoch 0.
    pub creator: NewMember,
    /// The commit from epoch 0 to 1.
    pub commit: NewCommit,
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
}

impl CommitStanding {
    /// What the device claims, in whatever epoch the group is.
    pub(super) fn claim(&self, epoch: Epoch) -> Claim {
        let Self {
            conversation,
            sender,
            counter,
        } = *self;
        Claim {
            conversation,
            sender,
            epoch,
            counter,
            kind: EntryKind::Commit,
        }
    }
}

impl Refusal {
    /// The code that a client gets.
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::NotMember => ErrorCode::NotFound,
            Self::EpochStale => ErrorCode::EpochStale,
            Self::CounterConflict => ErrorCode::CounterConflict,
        }
    }
}

/// What became of a new conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Created {
    /// It exists now; its first entry is to be published.
    New(LogEntry),
    /// It was created by the same request before.
    Repeated(Accepted),
    /// The two people have this one already.
    Exists(ConversationId),
    /// Another conversation has this id.
    IdTaken,
}

/// The current epoch of a group with the server's public copy of it.
#[derive(Debug, Clone)]
pub struct GroupSnapshot {
    /// The current epoch.
    pub epoch: Epoch,
    /// The public group.
    pub public_state: Vec<u8>,
    /// If the asking device used this counter last, for a commit: what it became.
    pub repeated: Option<Accepted>,
}

/// Whose view of a conversation, and with which counter they come.
#[derive(Debug, Clone, Copy)]
pub struct CommitStanding {
    /// Which conversation.
    pub conversation: ConversationId,
    /// The device that wants to commit.
    pub sender: DeviceId,
    /// Its counter.
    pub counter: Counter,
}

/// A device's acknowledgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceAcknowledge {
    /// Which device.
    pub device: DeviceId,
    /// Up to where it has stored what.
    pub up_to: Acknowledge,
}

/// What a sweep removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Log entries past their retention.
    pub entries: u64,
    /// Welcomes that nobody fetched in time.
    pub welcomes: u64,
    /// Marks of used key packages that have expired.
    pub key_packages: u64,
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
    /// Begins a conversation: the group, its members, the first entry and the Welcomes, or nothing.
    conversation::create_conversation(new: NewConversation) -> Created;
    /// The direct conversation of two people.
    conversation::direct_conversation(one: UserId, other: UserId) -> Option<ConversationId>;
    /// What a commit is checked against.
    conversation::group_snapshot(standing: CommitStanding) -> Result<GroupSnapshot, Refusal>;
    /// Stores a checked commit, if its epoch is still the current one (compare and swap).
    conversation::accept_commit(commit: NewCommit) -> Result<Stored, Refusal>;
    /// Gives all these messages their places, in one transaction. Each is judged by itself; the
    /// outcomes stand in the order of the messages.
    log::append_messages(messages: Vec<NewMessage>, stamp: Stamp) -> Vec<Result<Stored, Refusal>>;
    /// A page of a log, as a member device may see it: from its own beginning on.
    log::log_page(device: DeviceId, fetch: FetchLog) -> Result<LogPage, Refusal>;
    /// Where each of a device's conversations stands.
    log::heads(device: DeviceId) -> Vec<ConversationHead>;
    /// Moves cursors forward, in one transaction, and deletes what every member device has.
    log::acknowledge(acknowledged: Vec<DeviceAcknowledge>) -> ();
    /// Deletes what is past its retention at `now`, whether delivered or not.
    log::sweep(now: Timestamp) -> Swept;
    /// The Welcomes that wait for a device.
    welcome::pending_welcomes(device: DeviceId) -> Vec<PendingWelcome>;
    /// Deletes Welcomes that their devices have, with the tree when the last has it.
    welcome::acknowledge_welcomes(acknowledged: Vec<DeviceAcknowledge>) -> ();
}
