//! What is printed of what was said about messages.

use super::PersonResult;
use serde::Serialize;
use undertone_client_core::view::{MessageView, PrivacyView, ReaderView};
use undertone_wire::{MessageId, Timestamp};

/// What a message has besides what it says; each is left out where there is nothing of it.
#[derive(Debug, Default, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a mark of its own")]
pub(in crate::command) struct MarksResult {
    /// The message that it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::command) reply_to: Option<MessageId>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(in crate::command) edited: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(in crate::command) deleted: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(in crate::command) forwarded: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(in crate::command) pinned: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(in crate::command) starred: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(in crate::command) mentions_me: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::command) reactions: Vec<ReactionResult>,
    /// Of an own message: how many have read it.
    #[serde(skip_serializing_if = "is_zero")]
    pub(in crate::command) read_by: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// One emoji at a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(in crate::command) struct ReactionResult {
    emoji: String,
    count: u32,
    own: bool,
}

impl From<&MessageView> for MarksResult {
    fn from(view: &MessageView) -> Self {
        let reactions = view.reactions.iter().map(|reaction| ReactionResult {
            emoji: reaction.emoji.clone(),
            count: reaction.count,
            own: reaction.own,
        });
        Self {
            reply_to: view.reply.as_ref().and_then(|reply| reply.message),
            edited: view.edited,
            deleted: view.deleted,
            forwarded: view.forwarded,
            pinned: view.pinned,
            starred: view.starred,
            mentions_me: view.mentions_me,
            reactions: reactions.collect(),
            read_by: view.read_by,
        }
    }
}

impl MarksResult {
    /// As people read it, after the text.
    pub(in crate::command) fn words(&self) -> String {
        let marks = [
            (self.edited, "edited"),
            (self.forwarded, "forwarded"),
            (self.pinned, "pinned"),
            (self.starred, "starred"),
        ];
        let mut words: Vec<String> = marks
            .iter()
            .filter(|(on, _)| *on)
            .map(|(_, word)| (*word).to_owned())
            .collect();
        let reactions = self.reactions.iter();
        words.extend(reactions.map(|reaction| format!("{} {}", reaction.emoji, reaction.count)));
        if words.is_empty() {
            String::new()
        } else {
            format!("  ({})", words.join(", "))
        }
    }
}

/// `readers`.
#[derive(Debug, Serialize)]
pub(in crate::command) struct ReaderResult {
    #[serde(flatten)]
    pub(in crate::command) person: PersonResult,
    /// When they said so; missing: they have not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::command) read_at: Option<Timestamp>,
}

impl From<&ReaderView> for ReaderResult {
    fn from(view: &ReaderView) -> Self {
        Self {
            person: PersonResult {
                user: view.user,
                name: view.name.clone(),
            },
            read_at: view.at_ms.map(Timestamp::from_millis),
        }
    }
}

/// `privacy`.
#[derive(Debug, Serialize)]
pub(in crate::command) struct PrivacyResult {
    pub(in crate::command) receipts: bool,
    pub(in crate::command) typing: bool,
}

impl From<PrivacyView> for PrivacyResult {
    fn from(view: PrivacyView) -> Self {
        Self {
            receipts: view.receipts,
            typing: view.typing,
        }
    }
}
