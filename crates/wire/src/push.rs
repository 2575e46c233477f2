//! Web Push (RFC 8030, RFC 8291, RFC 8292): how the server wakes a device that is not connected. What it
//! sends is of constant size and says neither what, nor where, nor by whom.

use crate::{Bytes, ConversationId, Timestamp};
use serde::{Deserialize, Serialize};

/// `GET /api/v1/push`: the server's VAPID key, for `PushManager.subscribe`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PushInfo {
    /// An uncompressed point of P-256, 65 bytes.
    pub public_key: Bytes,
}

/// `PUT /api/v1/push/subscription`: where and how this device is woken. Replaces the one before;
/// `DELETE` ends it. The server forgets it when the push service says that it is gone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PushSubscription {
    /// An `https` address of at most [`crate::limits::PUSH_ENDPOINT_BYTES_MAX`] bytes.
    pub endpoint: String,
    /// The browser's key: an uncompressed point of P-256, 65 bytes.
    pub p256dh: Bytes,
    /// 16 bytes.
    pub auth: Bytes,
}

impl std::fmt::Debug for PushSubscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PushSubscription(…)")
    }
}

/// `PUT /api/v1/push/wishes`: for what this device is woken. A subscription begins with none: then for
/// nothing. Replaces those before, and goes with the subscription.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PushWishes {
    /// By messages in these conversations, at most [`crate::limits::PUSH_CONVERSATIONS_MAX`]. Those of which
    /// the device is no member do not count.
    pub conversations: Vec<PushWish>,
    /// By a Welcome into a conversation that the device does not know.
    pub welcomes: bool,
    /// By nothing in these hours of each day.
    #[serde(default)]
    pub quiet_hours: Option<PushQuietHours>,
}

/// A conversation by which a device is woken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PushWish {
    /// Which.
    pub conversation: ConversationId,
    /// Not before: it is muted until then.
    #[serde(default)]
    pub not_before: Option<Timestamp>,
}

/// Hours of each day, by minutes of UTC since midnight, 0 to 1439. They may go over midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PushQuietHours {
    /// The first minute.
    pub from_minute: u16,
    /// The first minute after.
    pub to_minute: u16,
}

impl PushQuietHours {
    /// Whether the minutes are some of a day, and not all or none.
    pub const fn is_valid(self) -> bool {
        const DAY: u16 = 24 * 60;
        self.from_minute < DAY && self.to_minute < DAY && self.from_minute != self.to_minute
    }
}

/// `POST /api/v1/push/test`: what became of a test to this device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PushTestResponse {
    /// How far it came.
    pub result: PushTestResult,
}

/// How far a test came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum PushTestResult {
    /// The push service took it: it is up to the service and the browser now.
    Accepted,
    /// This device has no subscription.
    NotSubscribed,
    /// The push service says that the subscription is gone; it was removed.
    Gone,
    /// The push service refused it.
    Refused,
    /// The push service was not reached.
    Unreachable,
}
