//! Frames of the WebSocket `/api/v1/stream`: each is the CBOR of one of these enums.

use crate::conversation::{
    Accepted, ConversationHead, LogEntry, LogPage, PendingWelcome, SubmitCommitRequest, SubmitProposalRequest,
};
use crate::message::SendMessageRequest;
use crate::signal::{SealedSignal, Visibility};
use crate::{ConversationId, Counter, ErrorBody, Sequence, Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// From client to server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientFrame {
    /// The first frame, and again before the token ends. Answered by [`ServerFrame::Authenticated`].
    Authenticate(Authenticate),
    /// Answered by [`ServerFrame::Accepted`] or [`ServerFrame::Refused`].
    Send(SendMessageRequest),
    /// Answered by [`ServerFrame::Accepted`] or [`ServerFrame::Refused`].
    Commit(SubmitCommitRequest),
    /// Answered by [`ServerFrame::Accepted`] or [`ServerFrame::Refused`].
    Propose(SubmitProposalRequest),
    /// A commit that this device cannot process. Answered, within some seconds, by
    /// [`ServerFrame::Voided`], or by [`ServerFrame::Stands`] if others could: then this device rejoins.
    CannotProcess(Acknowledge),
    /// Passed on to the other members that are connected. Not answered.
    Signal(SealedSignal),
    /// Whom to tell that the user is online. Not answered.
    Show(Visibility),
    /// Conversations in which nobody is told that the user is online, whatever is shown to others: people
    /// whom the user blocked, or has not answered yet. Sent before `Show`; replaces what was sent before. At
    /// most [`crate::limits::HIDDEN_CONVERSATIONS_MAX`]. Not answered.
    Hide(Vec<ConversationId>),
    /// Answered by [`ServerFrame::Log`].
    Fetch(FetchLog),
    /// All up to here is stored on this device. Not answered.
    Acknowledge(Acknowledge),
    /// The Welcome up to here is stored on this device. Not answered.
    AcknowledgeWelcome(Acknowledge),
    /// Answered by [`ServerFrame::Pong`].
    Ping,
}

/// See [`ClientFrame::Authenticate`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Authenticate {
    /// [`crate::PROTOCOL_VERSION`].
    pub version: u16,
    /// The JWT.
    pub access_token: String,
}

/// See [`ClientFrame::Fetch`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FetchLog {
    /// Which conversation.
    pub conversation: ConversationId,
    /// Entries after this one.
    pub after: Sequence,
    /// At most so many, up to [`crate::limits::LOG_PAGE_MAX`].
    pub limit: u32,
}

/// See [`ClientFrame::Acknowledge`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Acknowledge {
    /// Which conversation.
    pub conversation: ConversationId,
    /// Up to and with this one.
    pub sequence: Sequence,
}

/// From server to client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerFrame {
    /// The connection is live. All that is sent from now on reaches it; what was before is in `heads`.
    /// Sent again, unasked, when the device may have missed something.
    Authenticated(Authenticated),
    /// A Welcome for this device. Repeated at every connection until it is acknowledged.
    Welcome(PendingWelcome),
    /// A new entry of a conversation of which the device is a member, its own included.
    Entry(LogEntry),
    /// A send or commit is stored durably.
    Accepted(Accepted),
    /// A send or commit was refused and changed nothing.
    Refused(Refused),
    /// A part of a log.
    Log(LogPage),
    /// This entry, a commit, is void, and so is all that was sent in the epoch which it began. Whoever
    /// had processed it rejoins.
    Voided(Acknowledge),
    /// This entry, a commit, was processed by others: whoever cannot rejoins.
    Stands(Acknowledge),
    /// Someone knocks at a room of which the user is an admin or owner.
    Knock(ConversationId),
    /// An admin did not let this device into a room at which it knocked.
    KnockRefused(ConversationId),
    /// The conversation has ended for everyone: a room that expired.
    Closed(ConversationId),
    /// The `GroupInfo` of this conversation seems to be unusable: any member replaces it.
    GroupInfoWanted(ConversationId),
    /// Another member's signal.
    Signal(SealedSignal),
    /// A person with whom the user shares a conversation came or went.
    Presence(Presence),
    /// The answer to a ping.
    Pong,
    /// The frame before was refused, or the connection ends; it is closed after `unauthorized`,
    /// `bad_request` and `too_large`.
    Error(ErrorBody),
}

/// See [`ServerFrame::Authenticated`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Authenticated {
    /// The server's clock.
    pub now: Timestamp,
    /// When the access token ends: authenticate again before.
    pub expires_at: Timestamp,
    /// Where each of the device's conversations stands.
    pub heads: Vec<ConversationHead>,
    /// Who of the people with whom the user shares a conversation is online.
    pub presence: Vec<Presence>,
}

/// See [`ServerFrame::Refused`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Refused {
    /// In which conversation.
    pub conversation: ConversationId,
    /// The sender's counter.
    pub counter: Counter,
    /// Why.
    pub error: ErrorBody,
}

/// Whether someone is online.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Presence {
    /// Who.
    pub user: UserId,
    /// Whether any of their devices is connected.
    pub online: bool,
}
