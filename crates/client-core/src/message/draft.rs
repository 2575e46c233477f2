//! What somebody wants to say, before it is a message.

use super::key::MessageKey;
use serde::{Deserialize, Serialize};
use undertone_wire::content::Expiry;

/// A message that is to be sent.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Draft {
    /// What it says.
    pub text: String,
    /// When it vanishes; by the conversation's timer, if missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub expires: Option<Expiry>,
    /// It stays, although the conversation has a timer.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub keep: bool,
    /// The message of the same conversation that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub reply_to: Option<MessageKey>,
}

impl From<&str> for Draft {
    fn from(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            ..Self::default()
        }
    }
}

impl From<&String> for Draft {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl std::fmt::Debug for Draft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Draft")
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}
