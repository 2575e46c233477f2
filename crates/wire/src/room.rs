//! Rooms by link (design D9): looking through the door, coming in, knocking. The link's secret is never
//! sent: what is sent are the public room id and the admission token, which are both derived from it.

use crate::{Bytes, ConversationId, DeviceId, RoomId, Timestamp};
use serde::{Deserialize, Serialize};

/// What the server keeps for one link of a room. Part of founding it, and of each commit that raises
/// the rotation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RoomLink {
    /// Derived from the secret.
    pub room: RoomId,
    /// SHA-256 of the admission token (32 bytes).
    pub admission_hash: Bytes,
    /// CBOR of [`crate::content::ConversationState`], sealed under a key derived from the secret.
    pub sealed_state: Bytes,
}

/// `POST /api/v1/rooms/look` and `POST /api/v1/rooms/enter`: who has the link shows it.
///
/// A room that does not exist and a token that does not fit are both `not_found`. With the token of an
/// older link: `link_replaced`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RoomRequest {
    /// Which room.
    pub room: RoomId,
    /// Derived from the secret (32 bytes).
    pub admission_token: Bytes,
}

/// What stands on the door: the answer to `look`, which needs no session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RoomDoor {
    /// Which conversation.
    pub conversation: ConversationId,
    /// From [`RoomLink`].
    pub sealed_state: Bytes,
    /// People inside.
    pub people: u32,
    /// Most people at once.
    pub capacity: u32,
    /// Nobody comes in.
    pub locked: bool,
    /// An admin lets people in.
    pub knock: bool,
    /// Seconds between two messages of a person; 0 for none.
    pub slow_mode_seconds: u32,
    /// Undelivered messages are kept so long.
    pub retention_seconds: u32,
    /// When the room ends.
    pub expires_at: Option<Timestamp>,
}

/// `POST /api/v1/rooms/knock`: asks an admin to be let in. Answered with an empty body; the answer of
/// the admin is a Welcome, or [`crate::stream::ServerFrame::KnockRefused`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KnockRequest {
    /// Which room.
    pub room: RoomId,
    /// Derived from the secret (32 bytes).
    pub admission_token: Bytes,
    /// A key package of the calling device, with which an admin adds it.
    pub key_package: Bytes,
}

/// Somebody at the door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Knock {
    /// Which device. Its certificate, with user and name, is in the key package.
    pub device: DeviceId,
    /// To be added with.
    pub key_package: Bytes,
    /// When.
    pub knocked_at: Timestamp,
}

/// `GET /api/v1/conversations/{id}/knocks`, for admins and owners.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KnocksResponse {
    /// Who knocked first is first.
    pub knocks: Vec<Knock>,
}

/// `GET /api/v1/conversations/{id}/ended`, for admins and owners: leaves that stand in the tree and are nobody's
/// any more, since their guests have ended. Who asks removes them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EndedResponse {
    /// Their devices.
    pub devices: Vec<DeviceId>,
}

/// `PUT /api/v1/conversations/{id}/sealed-state`, for admins and owners: what stands on the door
/// changed. Answered with an empty body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplaceSealedStateRequest {
    /// The current link's room id.
    pub room: RoomId,
    /// As in [`RoomLink`].
    pub sealed_state: Bytes,
}
