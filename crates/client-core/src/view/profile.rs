//! What people tell of themselves: the user's own profile, and the card of somebody else. Names in lists
//! are `view::person`'s.

use super::PresenceView;
use serde::{Deserialize, Serialize};
use undertone_wire::guest::UserKind;
use undertone_wire::{Bytes, ConversationId, UserId};

/// What the user tells of themselves.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct ProfileView {
    /// Empty: the user name is shown.
    pub display_name: String,
    /// A line or two.
    pub status: String,
    /// As the user writes them.
    pub pronouns: String,
    /// Base64url of a PNG, JPEG or WebP.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional, type = "string"))]
    pub picture: Option<Bytes>,
    /// 0 to 11; missing: the one that follows from the identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub colour: Option<u8>,
}

impl std::fmt::Debug for ProfileView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ProfileView(…)")
    }
}

/// What the user wants to tell of themselves. It replaces what was told before.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default)]
pub struct ProfileInput {
    /// Empty: the user name is shown.
    pub display_name: String,
    /// A line or two.
    pub status: String,
    /// As the user writes them.
    pub pronouns: String,
    /// Base64url of a PNG, JPEG or WebP.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional, type = "string"))]
    pub picture: Option<Bytes>,
    /// 0 to 11; missing: the one that follows from the identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub colour: Option<u8>,
}

impl std::fmt::Debug for ProfileInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ProfileInput(…)")
    }
}

/// The card of a person, the user of this device included.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "each is an answer of its own")]
pub struct PersonProfileView {
    /// Who.
    pub user: UserId,
    /// What they are called: the display name, or else the user name.
    pub name: String,
    /// The name of their certificate, which nobody else has.
    pub user_name: String,
    /// A line or two; may be empty.
    pub status: String,
    /// As they write them; may be empty.
    pub pronouns: String,
    /// Base64url of a PNG, JPEG or WebP.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional, type = "string"))]
    pub picture: Option<Bytes>,
    /// 0 to 11.
    pub identity_colour: u8,
    /// 0 to 5.
    pub identity_shape: u8,
    /// Account or guest.
    pub kind: UserKind,
    /// Whether another whom this device knows is called nearly the same.
    pub name_clash: bool,
    /// Whether it is the user of this device.
    pub is_me: bool,
    /// Whether the user does not want to hear them.
    pub blocked: bool,
    /// Whether somebody tried to come in under their name with another identity key.
    pub key_changed: bool,
    /// Whether one of their devices is connected.
    pub online: bool,
    /// How present they are, as far as they show it.
    pub presence: PresenceView,
    /// The conversation of the two.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub direct: Option<ConversationId>,
}

impl std::fmt::Debug for PersonProfileView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PersonProfileView({})", self.user)
    }
}

/// What happens when somebody writes with whom the user never had a direct conversation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Strangers {
    /// It is a request: nothing notifies, and nothing is told of the user, until they accept.
    #[default]
    Request,
    /// It is a conversation like any other.
    Directly,
}
