//! What the user is told of at once, and what only counts.

use crate::message::key::MessageKey;
use serde::{Deserialize, Serialize};
use undertone_wire::{ConversationId, UserId};

/// Which messages of a conversation are announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum NotifyLevel {
    /// Every one.
    All,
    /// Those that mention the user.
    Mentions,
    /// None.
    Nothing,
}

/// What the user chose for a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct NotifyView {
    /// Which messages are announced.
    pub level: NotifyLevel,
    /// Whether that is the default of conversations of its kind.
    pub is_default: bool,
    /// Until then only mentions are announced, by the local clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub muted_until_ms: Option<u64>,
    /// Whether it lies in the archive.
    pub archived: bool,
}

/// The hours of the day in which nothing is announced, by the local clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct QuietHoursView {
    /// The first minute of the day, 0 to 1439.
    pub from_minute: u16,
    /// The first minute after them; before `from_minute` if they go over midnight.
    pub to_minute: u16,
}

/// One message that is to be announced.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct NotificationView {
    /// Where it was said.
    pub conversation: ConversationId,
    /// Which message.
    pub key: MessageKey,
    /// What the conversation is called.
    pub title: String,
    /// Who said it.
    pub sender: UserId,
    /// What they are called.
    pub sender_name: String,
    /// What it says, without marks; nothing, if it vanishes.
    pub text: String,
    /// Whether it mentions the user.
    pub mention: bool,
    /// When it was sent.
    pub sent_at_ms: u64,
}

impl std::fmt::Debug for NotificationView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NotificationView({})", self.key)
    }
}

/// What stands on the app's sign.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct BadgeView {
    /// Unread messages of conversations that announce them.
    pub messages: u32,
    /// Unread mentions, wherever they are announced.
    pub mentions: u32,
}

/// The server's key for `PushManager.subscribe`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct PushInfoView {
    /// Base64url of 65 bytes.
    pub public_key: String,
}
