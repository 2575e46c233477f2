//! What is inside an encrypted message. The server never sees these types; both clients do.
//!
//! The shape follows the content format of IETF MIMI. [`Envelope`] is what MLS encrypts, after
//! padding; [`Content`] is what has an id and can be reported.

use crate::{BlobId, Bytes, Counter, MessageId, Sequence, Timestamp, UserId, UserName};
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
    /// The sender passes on what somebody said elsewhere.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forwarded: bool,
    /// What it says.
    pub part: Part,
}

/// When a message vanishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
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
    /// Text with marks (docs/protocol.md, "Text"), at most [`crate::limits::TEXT_BYTES_MAX`] bytes.
    Text(String),
    /// Files, and words to them.
    Files(Attachment),
    /// Takes the message that is named by [`Content::replaces`] back. Counts from its sender, in groups and
    /// rooms from admins and owners too.
    Deleted,
    /// How the sender feels about the message that is named by [`Content::in_reply_to`].
    Reaction(Reaction),
    /// The message that is named by [`Content::in_reply_to`] is pinned for everyone, or no longer. Counts
    /// from whoever may set the state.
    Pin(bool),
    /// How far the sender has read. Each replaces the one before.
    Receipt(Receipt),
    /// What the sender tells of themselves. Each replaces the one before.
    Profile(Profile),
    /// The conversation's state from now on. Counts only from somebody who may change it: in a direct
    /// conversation both, otherwise admins and owners.
    State(ConversationState),
    /// The secret of a room's next link, sent before the commit that names it. From admins and owners.
    RoomSecret(RoomSecret),
    /// Earlier messages for those who came since, where the room shares its history.
    History(SharedHistory),
}

/// What members agree on and the server must not know. Each state replaces the one before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationState {
    /// At most [`crate::limits::TITLE_BYTES_MAX`] bytes; empty in direct conversations.
    pub title: String,
    /// At most [`crate::limits::TOPIC_BYTES_MAX`] bytes.
    pub topic: String,
    /// PNG, JPEG or WebP of at most [`crate::limits::PICTURE_BYTES_MAX`] bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<Bytes>,
    /// The timer of new messages that have none of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timer: Option<Expiry>,
    /// What those who join get to read of before.
    pub history: HistorySharing,
}

/// What those who join get to read of before they came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum HistorySharing {
    /// Nothing.
    #[default]
    Nothing,
    /// So many of the last messages, up to [`crate::limits::HISTORY_MESSAGES_MAX`].
    Messages(u16),
    /// The messages of so many hours, and no more than [`crate::limits::HISTORY_MESSAGES_MAX`].
    Hours(u16),
}

/// The secret of a room's link: 15 random bytes, 24 characters of base 32.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomSecret {
    /// The rotation that it belongs to.
    pub rotation: u32,
    /// The secret.
    pub secret: Bytes,
}

impl std::fmt::Debug for RoomSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RoomSecret")
            .field("rotation", &self.rotation)
            .finish_non_exhaustive()
    }
}

/// Messages from before somebody came, vouched for by the member who shares them and by nobody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedHistory {
    /// For the devices that the commit at this place added. Others ignore it.
    pub for_commit: Sequence,
    /// Oldest first.
    pub messages: Vec<SharedMessage>,
}

/// One message as the sharer has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedMessage {
    /// Who wrote it, by the sharer's word.
    pub user: UserId,
    /// Their name, by the sharer's word.
    pub name: UserName,
    /// When, by the server's clock.
    pub sent_at: Timestamp,
    /// CBOR of [`Content`].
    pub content: Bytes,
}

/// Files of one message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// As [`Part::Text`]; may be empty.
    pub text: String,
    /// 1 to [`crate::limits::FILES_PER_MESSAGE_MAX`].
    pub files: Vec<FileReference>,
}

/// Where a file lies, how it is opened, and what it is by its sender's word.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileReference {
    /// Where the sealed bytes lie on the server.
    pub blob: BlobId,
    /// 32 random bytes, from which the keys of the segments are derived.
    pub key: Bytes,
    /// Bytes of the file itself, without padding.
    pub size: u64,
    /// SHA-256 of the file itself.
    pub sha256: Bytes,
    /// At most [`crate::limits::FILE_NAME_BYTES_MAX`] bytes. Never used as a path.
    pub name: String,
    /// As `image/png`. Only what the reader's program knows is shown in place.
    pub media_type: String,
    /// Of pictures and videos.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<Preview>,
    /// Of audio and video.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u32>,
}

impl std::fmt::Debug for FileReference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileReference")
            .field("blob", &self.blob)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// What is shown of a picture before it is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// Of the picture, in pixels.
    pub width: u32,
    /// Of the picture, in pixels.
    pub height: u32,
    /// A small PNG, JPEG or WebP of at most [`crate::limits::THUMBNAIL_BYTES_MAX`] bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnail: Option<Bytes>,
}

/// An emoji at a message, or no longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    /// One emoji, at most [`crate::limits::EMOJI_BYTES_MAX`] bytes.
    pub emoji: String,
    /// False takes it back.
    pub on: bool,
}

/// How far somebody has read a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// All up to and with this one.
    pub read: Sequence,
}

/// What a person tells those with whom they share a conversation, and the server never learns.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// At most [`crate::limits::DISPLAY_NAME_BYTES_MAX`] bytes; empty: the user name counts.
    pub display_name: String,
    /// At most [`crate::limits::STATUS_BYTES_MAX`] bytes.
    pub status: String,
    /// At most [`crate::limits::PRONOUNS_BYTES_MAX`] bytes.
    pub pronouns: String,
    /// PNG, JPEG or WebP of at most [`crate::limits::PICTURE_BYTES_MAX`] bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<Bytes>,
    /// 0 to 11; missing: the one that follows from the identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colour: Option<u8>,
}
