//! Rooms from outside: links, what stands on the door, and what somebody who makes or changes a room or
//! a group says.

use serde::{Deserialize, Deserializer, Serialize};
use undertone_wire::content::{Expiry, HistorySharing};
use undertone_wire::{Bytes, ConversationId, Timestamp};

/// The link of a room, and the same as a code to be typed. Both are secrets of those who may come in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct RoomLinkView {
    /// `https://host/r/<room id>#<secret>`.
    pub link: String,
    /// The secret in groups of four characters.
    pub code: String,
}

impl std::fmt::Debug for RoomLinkView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RoomLinkView(…)")
    }
}

/// What stands on the door of a room.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct RoomDoorView {
    /// Which conversation.
    pub conversation: ConversationId,
    /// 0 to 11.
    pub identity_colour: u8,
    /// 0 to 5.
    pub identity_shape: u8,
    /// Whether this device is inside already.
    pub joined: bool,
    /// What it is called.
    pub title: String,
    /// What it is about.
    pub topic: String,
    /// Base64url of a PNG, JPEG or WebP.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional, type = "string"))]
    pub picture: Option<Bytes>,
    /// People inside.
    pub people: u32,
    /// Most people at once.
    pub capacity: u32,
    /// Nobody comes in.
    pub locked: bool,
    /// Somebody inside lets people in.
    pub knock: bool,
    /// Seconds between two messages of a person; 0 for none.
    pub slow_mode_seconds: u32,
    /// The server keeps undelivered messages so long.
    pub retention_seconds: u32,
    /// When messages vanish.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub timer: Option<Expiry>,
    /// What those who come get to read of before.
    pub history: HistorySharing,
    /// When the room ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub expires_at_ms: Option<u64>,
}

impl std::fmt::Debug for RoomDoorView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RoomDoorView({}, {} people)", self.conversation, self.people)
    }
}

/// What became of coming into a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct JoinedView {
    /// Which conversation.
    pub conversation: ConversationId,
    /// This device knocked: somebody inside opens, or not.
    pub waiting: bool,
}

/// A room that is to be made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default)]
pub struct RoomOptions {
    /// What it is called.
    pub title: String,
    /// Somebody inside lets people in.
    pub knock: bool,
    /// Most people at once.
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub capacity: Option<u32>,
    /// Seconds between two messages of a person; 0 for none.
    pub slow_mode_seconds: u32,
    /// The server keeps undelivered messages so long.
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub retention_seconds: Option<u32>,
    /// The room ends after so long.
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub expires_after_seconds: Option<u32>,
    /// When messages vanish.
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub timer: Option<Expiry>,
    /// What those who come get to read of before.
    pub history: HistorySharing,
}

/// What changes of what the members of a conversation agree on and the server does not know. What is
/// missing stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default)]
pub struct StatePatch {
    /// What it is called.
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub title: Option<String>,
    /// What it is about.
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub topic: Option<String>,
    /// PNG, JPEG or WebP, or none.
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional, type = "string | null"))]
    pub picture: Option<Option<Bytes>>,
    /// When messages vanish.
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional, type = "Expiry | null"))]
    pub timer: Option<Option<Expiry>>,
    /// What those who come get to read of before.
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub history: Option<HistorySharing>,
}

/// What changes of the terms, which the server knows, too. What is missing stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default)]
pub struct TermsPatch {
    /// Most people at once.
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub capacity: Option<u32>,
    /// Seconds between two messages of a person; 0 for none.
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub slow_mode_seconds: Option<u32>,
    /// The server keeps undelivered messages so long; its ceiling, if none.
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional, type = "number | null"))]
    pub retention_seconds: Option<Option<u32>>,
    /// Nobody comes in.
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub locked: Option<bool>,
    /// Somebody inside lets people in.
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub knock: Option<bool>,
    /// When the room ends.
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional, type = "string | null"))]
    pub expires_at: Option<Option<Timestamp>>,
}

/// A field that is there, be it `null`, is a wish.
#[expect(clippy::option_option, reason = "missing and `null` differ")]
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(value: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(value).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_is_missing_stays_and_null_takes_away() {
        let patch: StatePatch = serde_json::from_str(r#"{"timer":null,"title":"Tea"}"#).unwrap();
        assert_eq!((patch.timer, patch.picture.is_none()), (Some(None), true));
        assert_eq!(patch.title.as_deref(), Some("Tea"));
        let patch: TermsPatch = serde_json::from_str(r#"{"retentionSeconds":60,"expiresAt":null}"#).unwrap();
        assert_eq!(
            (patch.retention_seconds, patch.expires_at),
            (Some(Some(60)), Some(None))
        );
        assert_eq!(patch.locked, None);
    }
}
