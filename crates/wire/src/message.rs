//! Sending an application message.

use crate::{Bytes, ConversationId, Counter, Epoch};
use serde::{Deserialize, Serialize};

/// `POST /api/v1/conversations/{id}/messages`, or a WebSocket frame. Answered by
/// [`crate::conversation::Accepted`]. Sending the same counter again gives the first answer again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SendMessageRequest {
    /// Which conversation.
    pub conversation: ConversationId,
    /// The epoch under which it was encrypted; it must be the current one.
    pub epoch: Epoch,
    /// The device's counter in this conversation.
    pub counter: Counter,
    /// MLS `PrivateMessage` whose authenticated data is [`MessageAuthenticatedData`].
    pub message: Bytes,
    /// The server deletes it after so many seconds, delivered or not.
    #[serde(default)]
    pub expires_after_seconds: Option<u32>,
    /// Nobody is to be woken for it: a receipt, a reaction, an edit. Always sent, so that both are as long.
    #[serde(default)]
    pub quiet: bool,
}

/// The authenticated data of every application message: seen by the server, covered by the
/// sender's signature (RFC 9420 section 6.3.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageAuthenticatedData {
    /// [`crate::PROTOCOL_VERSION`].
    pub version: u16,
    /// `HMAC-SHA-256(salt, content)`: commits to the content without showing it (message franking).
    pub franking_tag: Bytes,
}

/// The authenticated data of every commit: what the committer had seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitAuthenticatedData {
    /// [`crate::PROTOCOL_VERSION`].
    pub version: u16,
    /// The last log entry that the committer had processed, and the running hash there.
    pub seen: crate::content::SeenEntry,
}
