//! Signals: what is said while it is true and never kept (design D12). They travel on the WebSocket only,
//! sealed under a key of the sender's leaf and the epoch. They decide nothing: a member could forge one.

use crate::{Bytes, ConversationId, DeviceId, Epoch, Timestamp};
use serde::{Deserialize, Serialize};

/// Between client and server: what the server passes on to the other connected members, at once or not
/// at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SealedSignal {
    /// In which conversation.
    pub conversation: ConversationId,
    /// The epoch of the key.
    pub epoch: Epoch,
    /// The sending device: set by the server, ignored from clients.
    pub sender: DeviceId,
    /// 24 bytes of nonce, then XChaCha20-Poly1305 of the CBOR of [`Signal`], padded to
    /// [`crate::limits::SIGNAL_BYTES`].
    pub sealed: Bytes,
}

/// What a signal says. The server never sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// Is writing; it ends by itself after [`crate::limits::TYPING_LIFE`], or with the message.
    Typing,
    /// Has stopped without sending.
    StoppedTyping,
    /// How present the sender is.
    Presence(Attention),
}

/// How present somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attention {
    /// At the device.
    Here,
    /// Connected, but not at it since then.
    Away(Timestamp),
    /// Leaves now.
    Gone(Timestamp),
}

/// Whom the server tells that a user is online. Sent first after each authentication: nobody is told
/// before, and everyone if another frame comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// All with whom the user shares a conversation.
    Everyone,
    /// Those with whom the user has a direct conversation.
    Direct,
    /// Nobody: the user seems offline.
    Nobody,
}
