//! What is inside an encrypted message. The server never sees these types; both clients do.
//!
//! The shape follows the content format of IETF MIMI. [`Envelope`] is what MLS encrypts, after
//! padding; [`Content`] is what has an id and can be reported.

use crate::{Bytes, Counter, MessageId, Sequence, Timestamp};
use serde::{Deserialize, Serialize};

/// The plaintext of an application message, before padding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// CBOR of [`Content`]: the bytes that the message id and the franking tag cover.
    pub content: Bytes,
    /// The sender's own counter in this conversation: a gap shows what was withheld.
    pub counter: Counter,
    /// The MLS epoch authenticator (RFC 9420 section 8.7): a difference shows a forked group.
    pub epoch_authenticator: Bytes,
    /// What the sender had processed when it sent: a difference shows forked or reordered history.
    pub seen: SeenEntry,
}

/// The last log entry that a device processed, and the running hash of the log up to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenEntry {
    /// Its place.
    pub sequence: Sequence,
    /// `H(n) = SHA-256(H(n-1) ‖ CBOR(kind, sequence, epoch, sender, counter, SHA-256(payload)))`, begun
    /// anew at each commit from the new epoch's authenticator.
    pub running_hash: Bytes,
}

/// A message as people mean it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// 16 random bytes: the key of the franking tag, and what makes the message id unguessable.
    pub salt: Bytes,
    /// The sender's clock. Shown only where the server's time is not known yet.
    pub written_at: Timestamp,
    /// The message that this one is an edit of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<MessageId>,
    /// The message that this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<MessageId>,
    /// When it is to vanish.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Expiry>,
    /// What it says.
    pub part: Part,
}

/// When a message vanishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expiry {
    /// So many seconds after it was sent.
    AfterSent(u32),
    /// So many seconds after it was read.
    AfterRead(u32),
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Plain text, at most [`crate::limits::TEXT_BYTES_MAX`] bytes.
    Text(String),
}
