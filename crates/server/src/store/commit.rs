//! The operations that change a group: its beginning, commits, proposals, and undoing a commit that
//! nobody could process. The statements are in [`super::sqlite`] and [`super::postgres`].

use super::conversation::{Refusal, Stored, on_both};
use super::ledger::Claim;
use super::{Store, StoreError};
use undertone_wire::conversation::{Accepted, ConversationHead, ConversationKind, EntryKind, LogEntry};
use undertone_wire::group::{GroupProfile, Role};
use undertone_wire::room::RoomLink;
use undertone_wire::{Bytes, ConversationId, Counter, DeviceId, Epoch, Sequence, Timestamp, UserId, codec};

/// So many commits of a user in one conversation may turn out to be unusable; no more are taken then.
pub(super) const VOIDED_MAX: i64 = 3;

/// A leaf of the group, as the tree has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewMember {
    /// Which device.
    pub device: DeviceId,
    /// Whose.
    pub user: UserId,
    /// Its place in the tree.
    pub leaf: u32,
    /// What the user may do.
    pub role: Role,
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
    /// What the members agree on after it, if it changes that.
    pub profile: Option<GroupProfile>,
    /// With the founding of a room, and with a commit that raises its rotation: the new link.
    pub link: Option<NewLink>,
    /// What the added devices need; missing if there are none.
    pub welcome: Option<NewWelcome>,
    /// Leaves that it adds. Of an external commit: the sender's own.
    pub added: Vec<NewMember>,
    /// Devices whose leaves it removes. Of an external commit, this may be the sender's earlier one.
    pub removed: Vec<DeviceId>,
    /// The sender's user, if the sender comes by this commit itself.
    pub joins: Option<UserId>,
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

/// A room's link with the rotation that it belongs to.
#[derive(Debug, Clone)]
pub struct NewLink {
    /// The rotation.
    pub rotation: u32,
    /// The link.
    pub link: RoomLink,
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
            at: self.sent_at,
        }
    }

    /// Where the log of those whom it adds begins: with a Welcome behind it, otherwise with it.
    pub(super) fn start_of_added(&self, sequence: Sequence) -> Sequence {
        match self.joins {
            Some(_) => Sequence(sequence.0.saturating_sub(1)),
            None => sequence,
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

/// What of a profile is kept in columns.
pub(super) struct Terms {
    pub(super) profile: Vec<u8>,
    pub(super) retention_ms: Option<i64>,
    pub(super) slow_mode_ms: i64,
    pub(super) ends_at: Option<Timestamp>,
}

impl Terms {
    pub(super) fn of(profile: &GroupProfile) -> Result<Self, StoreError> {
        let milliseconds = |seconds: u32| i64::from(seconds) * 1000;
        Ok(Self {
            profile: codec::to_cbor(profile).map_err(StoreError::unavailable)?,
            retention_ms: profile.retention_seconds.map(milliseconds),
            slow_mode_ms: milliseconds(profile.slow_mode_seconds),
            ends_at: profile.room.and_then(|room| room.expires_at),
        })
    }
}

/// A conversation that begins with its first commit.
#[derive(Debug, Clone)]
pub struct NewConversation {
    /// What it is for.
    pub kind: ConversationKind,
    /// The other person of a direct conversation.
    pub peer: Option<UserId>,
    /// The leaf of epoch 0.
    pub creator: NewMember,
    /// The commit from epoch 0 to 1.
    pub commit: NewCommit,
}

impl NewConversation {
    /// The two people of a direct conversation, ascending.
    pub(super) fn pair(&self) -> Option<(UserId, UserId)> {
        let peer = self.peer?;
        Some((self.creator.user.min(peer), self.creator.user.max(peer)))
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

/// A checked proposal: a device asks to be let go.
#[derive(Debug, Clone)]
pub struct NewProposal {
    /// Which conversation.
    pub conversation: ConversationId,
    /// The epoch for which it counts.
    pub epoch: Epoch,
    /// The device that asks.
    pub sender: DeviceId,
    /// Its counter.
    pub counter: Counter,
    /// MLS `PublicMessage`.
    pub payload: Bytes,
    /// The server's time.
    pub sent_at: Timestamp,
}

impl NewProposal {
    /// What it claims in the log.
    pub(super) fn claim(&self) -> Claim {
        Claim {
            conversation: self.conversation,
            sender: self.sender,
            epoch: self.epoch,
            counter: self.counter,
            kind: EntryKind::Proposal,
            at: self.sent_at,
        }
    }

    /// Its entry in the log.
    pub(super) fn into_entry(self, sequence: Sequence) -> LogEntry {
        LogEntry {
            conversation: self.conversation,
            sequence,
            kind: EntryKind::Proposal,
            epoch: self.epoch,
            sender: self.sender,
            counter: self.counter,
            sent_at: self.sent_at,
            payload: self.payload,
            franking_mac: Bytes::default(),
        }
    }
}

/// Whose view of a conversation, and with what they come.
#[derive(Debug, Clone, Copy)]
pub struct CommitStanding {
    /// Which conversation.
    pub conversation: ConversationId,
    /// The device that wants to change the group.
    pub sender: DeviceId,
    /// Its counter.
    pub counter: Counter,
    /// A commit or a proposal.
    pub kind: EntryKind,
    /// The server's time.
    pub at: Timestamp,
    /// The sender's user, if the sender may be no member yet.
    pub joins: Option<UserId>,
}

impl CommitStanding {
    /// What the device claims, in whatever epoch the group is.
    pub(super) fn claim(&self, epoch: Epoch) -> Claim {
        Claim {
            conversation: self.conversation,
            sender: self.sender,
            epoch,
            counter: self.counter,
            kind: self.kind,
            at: self.at,
        }
    }
}

/// The current epoch of a group with the server's public copy of it.
#[derive(Debug, Clone)]
pub struct GroupSnapshot {
    /// The current epoch.
    pub epoch: Epoch,
    /// The public group.
    pub public_state: Vec<u8>,
    /// What its members agree on; nothing where that was not kept when it began.
    pub profile: Option<GroupProfile>,
    /// Proposals that wait in this epoch, in order.
    pub proposals: Vec<Bytes>,
    /// If the asking device used this counter last, for the same: what it became.
    pub repeated: Option<Accepted>,
}

/// What counts of a conversation for a user of whom a device wants to come in by itself.
#[derive(Debug, Clone)]
pub struct OutsideView {
    /// What it is for.
    pub kind: ConversationKind,
    /// The current epoch.
    pub epoch: Epoch,
    /// What its members agree on; nothing where that was not kept when it began.
    pub profile: Option<GroupProfile>,
    /// Whether a device of the user is a member.
    pub is_member: bool,
    /// Whether commits of the user are not taken any more.
    pub is_charged: bool,
    /// People inside.
    pub people: u64,
    /// Devices inside.
    pub devices: u64,
}

/// What a joining commit is made from.
#[derive(Debug, Clone)]
pub struct GroupMaterial {
    /// MLS `GroupInfo` of the current epoch.
    pub group_info: Bytes,
    /// The public group, which has the tree.
    pub public_state: Vec<u8>,
}

/// A fresh `GroupInfo` of an epoch.
#[derive(Debug, Clone)]
pub struct NewGroupInfo {
    /// Which conversation.
    pub conversation: ConversationId,
    /// The epoch that it describes.
    pub epoch: Epoch,
    /// MLS `GroupInfo`.
    pub group_info: Bytes,
    /// It names another external key than the one before, and by another user: whoever failed by that one
    /// is not charged for it.
    pub other_key: bool,
}

/// A commit that a member device reported as impossible to process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Suspect {
    /// In which conversation.
    pub conversation: ConversationId,
    /// Its place.
    pub sequence: Sequence,
}

/// What became of a suspected commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Somebody else processed it, or it is too late to undo it.
    Stands,
    /// It is undone, with all that was sent in the epoch which it began.
    Voided(Undone),
}

/// What undoing a commit did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Undone {
    /// Devices that it had added: they are no members any more.
    pub added: Vec<DeviceId>,
    /// Devices that it had removed: they are members again.
    pub restored: Vec<DeviceId>,
    /// Whether its committer had come by it.
    pub was_join: bool,
}

on_both! {
    /// Begins a conversation: the group, its members, the first entry and the Welcomes, or nothing.
    conversation::create_conversation(new: NewConversation) -> Created;
    /// The direct conversation of two people.
    conversation::direct_conversation(one: UserId, other: UserId) -> Option<ConversationId>;
    /// What a commit or a proposal is checked against.
    conversation::group_snapshot(standing: CommitStanding) -> Result<GroupSnapshot, Refusal>;
    /// What counts for a user who wants to come in; nothing if there is no such conversation.
    group::outside_view(conversation: ConversationId, user: UserId) -> Option<OutsideView>;
    /// What a joining commit is made from; nothing if there is no such conversation.
    group::group_material(conversation: ConversationId) -> Option<GroupMaterial>;
    /// The devices that the server counts as members; the leaves of guests who ended are none.
    group::devices_inside(conversation: ConversationId) -> Vec<DeviceId>;
    /// Where the conversations of a user stand, those included of which only other devices are members.
    group::heads_of_user(user: UserId) -> Vec<ConversationHead>;
    /// Replaces the `GroupInfo`, if another one is wanted and the epoch is still the current one.
    group::replace_group_info(new: NewGroupInfo) -> ();
    /// Stores a checked commit, if its epoch is still the current one (compare and swap).
    commit::accept_commit(commit: NewCommit) -> Result<Stored, Refusal>;
    /// Stores a checked proposal, if its epoch is still the current one.
    group::accept_proposal(proposal: NewProposal) -> Result<Stored, Refusal>;
    /// Undoes a commit, unless a device of another user than its committer's has acknowledged it.
    undo::void_commit(suspect: Suspect) -> Verdict;
}
