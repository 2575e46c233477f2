//! What the user wants of a conversation and can take back for some seconds.

use super::{StatePatch, TermsPatch};
use crate::message::key::MessageKey;
use serde::{Deserialize, Serialize};
use undertone_wire::UserId;
use undertone_wire::group::Role;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Intent {
    /// Puts a person out.
    Remove(UserId),
    /// Puts a person out for good.
    Ban(UserId),
    /// Gives a person a role.
    SetRole {
        /// Whom.
        user: UserId,
        /// Which.
        role: Role,
    },
    /// Leaves, with all of the user's devices.
    Leave,
    /// Changes the terms.
    Terms(TermsPatch),
    /// Changes what the members agree on and the server does not know.
    State(StatePatch),
    /// Deletes messages of the conversation on this device only.
    DeleteHere(Vec<MessageKey>),
    /// Takes a message of the conversation back for everyone.
    DeleteForEveryone(MessageKey),
}

/// By what an intent is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(transparent)]
pub struct IntentNumber(pub i64);

/// An intent that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct IntentView {
    /// Which.
    pub number: IntentNumber,
    /// Until then it can be taken back, by this device's clock.
    pub undo_until_ms: u64,
}
