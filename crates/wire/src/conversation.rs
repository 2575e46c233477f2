//! Conversations: how one begins, changes by commits, and what the server's log of it holds.

use crate::room::RoomLink;
use crate::{Bytes, ConversationId, Counter, DeviceId, Epoch, Sequence, Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// What a conversation is for. It stands in the GroupContext, so everyone sees the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum ConversationKind {
    /// Two people, all their devices. There is one for each pair.
    Direct,
    /// People whom admins add.
    Group,
    /// People who come by a link.
    Room,
}

/// `POST /api/v1/conversations`: begins a conversation with its first commit, which adds everybody,
/// in one transaction. Answered by [`Accepted`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateConversationRequest {
    /// Drawn at random; also the MLS group id.
    pub conversation: ConversationId,
    /// What it is for.
    pub kind: ConversationKind,
    /// With [`ConversationKind::Direct`]: the other person.
    #[serde(default)]
    pub peer: Option<UserId>,
    /// With [`ConversationKind::Room`]: its link.
    #[serde(default)]
    pub room: Option<RoomLink>,
    /// MLS `GroupInfo` of epoch 0, without ratchet tree.
    pub group_info: Bytes,
    /// TLS-encoded ratchet tree of epoch 0: the creator's leaf alone.
    pub ratchet_tree: Bytes,
    /// The commit from epoch 0 to 1.
    pub commit: CommitBundle,
}

/// A commit with all that must be stored with it or not at all (design D2, D3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CommitBundle {
    /// The device's counter in this conversation.
    pub counter: Counter,
    /// MLS `PublicMessage` with the commit.
    pub commit: Bytes,
    /// MLS `GroupInfo` of the new epoch, signed by the committer, without ratchet tree.
    pub group_info: Bytes,
    /// MLS `Welcome` for the devices that the commit adds; missing if it adds none.
    #[serde(default)]
    pub welcome: Option<Bytes>,
}

/// `POST /api/v1/conversations/{id}/commits`, or a WebSocket frame. Answered by [`Accepted`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SubmitCommitRequest {
    /// Which conversation.
    pub conversation: ConversationId,
    /// The epoch that the commit ends.
    pub epoch: Epoch,
    /// The commit.
    pub commit: CommitBundle,
    /// With a commit that raises a room's rotation: the new link.
    #[serde(default)]
    pub room: Option<RoomLink>,
}

/// `POST /api/v1/conversations/{id}/join`: an external commit (RFC 9420 section 12.4.3.2), by which a device
/// comes into a room, or comes again into a conversation of its user. Answered by [`Accepted`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JoinRequest {
    /// Which conversation.
    pub conversation: ConversationId,
    /// The epoch that the commit ends.
    pub epoch: Epoch,
    /// The commit. Its counter is 1 for a device that is no member, otherwise the next one.
    pub commit: CommitBundle,
    /// For whoever is no member yet: the room's.
    #[serde(default)]
    pub admission_token: Option<Bytes>,
}

/// `POST /api/v1/conversations/{id}/proposals`, or a WebSocket frame: a `SelfRemove`, with which a device asks
/// to be let go. Any member online commits it. Answered by [`Accepted`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SubmitProposalRequest {
    /// Which conversation.
    pub conversation: ConversationId,
    /// The epoch for which it counts: if another commit is first, it is to be sent again.
    pub epoch: Epoch,
    /// The device's counter in this conversation.
    pub counter: Counter,
    /// MLS `PublicMessage` with the proposal.
    pub proposal: Bytes,
}

/// The server has stored something durably.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Accepted {
    /// In which conversation.
    pub conversation: ConversationId,
    /// The sender's counter.
    pub counter: Counter,
    /// Its place in the log.
    pub sequence: Sequence,
    /// The server's time of storing it.
    pub sent_at: Timestamp,
}

/// What an entry of the log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// An MLS `PublicMessage` with a commit: the next epoch begins after it.
    Commit,
    /// An MLS `PrivateMessage` of the current epoch.
    Message,
    /// An MLS `PublicMessage` with a proposal for the current epoch.
    Proposal,
    /// A message that reached its own expiry on the server: `payload` is the SHA-256 of what it was.
    Expired,
    /// A commit that no member could process, or what was sent in the epoch that it began. It counts as
    /// never sent; `payload` is empty, or for a commit from outside the `GroupInfo` that it was made from.
    Voided,
}

/// One entry of a conversation's log, as every member device gets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogEntry {
    /// Which conversation.
    pub conversation: ConversationId,
    /// Its place: gapless.
    pub sequence: Sequence,
    /// What `payload` is.
    pub kind: EntryKind,
    /// The epoch in which it was sent.
    pub epoch: Epoch,
    /// The device whose session sent it. Clients refuse a message whose MLS leaf is another.
    pub sender: DeviceId,
    /// The sender's counter.
    pub counter: Counter,
    /// The server's time of storing it.
    pub sent_at: Timestamp,
    /// The MLS message.
    pub payload: Bytes,
    /// The server's MAC over (franking tag, conversation, sequence, sending device, time); empty for
    /// commits, which have no franking tag.
    pub franking_mac: Bytes,
}

/// A Welcome that waits for a device, with the tree that it needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PendingWelcome {
    /// Into which conversation.
    pub conversation: ConversationId,
    /// The place of the commit that added the device: its log begins after it.
    pub sequence: Sequence,
    /// The device that sent the commit.
    pub sender: DeviceId,
    /// When.
    pub sent_at: Timestamp,
    /// MLS `Welcome`.
    pub welcome: Bytes,
    /// TLS-encoded ratchet tree of the new epoch.
    pub ratchet_tree: Bytes,
}

/// Where a conversation stands, for a device that comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConversationHead {
    /// Which conversation.
    pub conversation: ConversationId,
    /// The newest entry.
    pub head: Sequence,
    /// The oldest entry that is still kept, or the one after the head if there is none.
    pub first_kept: Sequence,
    /// What this device has acknowledged.
    pub cursor: Sequence,
    /// The current epoch.
    pub epoch: Epoch,
    /// The counter of what this device sent last, as far as the server knows: it is smaller than the device's
    /// own when the server has gone back to a backup.
    #[serde(default)]
    pub counter: Counter,
}

/// `GET /api/v1/conversations`: the conversations of which the device is a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConversationsResponse {
    /// In no particular order.
    pub conversations: Vec<ConversationHead>,
}

/// `GET /api/v1/conversations/{id}/log?after=…&limit=…`, and the answer to a fetch on the WebSocket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogPage {
    /// Which conversation.
    pub conversation: ConversationId,
    /// Entries after the asked one, in order.
    pub entries: Vec<LogEntry>,
    /// Where the conversation stands.
    pub head: Sequence,
    /// The oldest entry that is still kept, or the one after the head if there is none.
    pub first_kept: Sequence,
}
