//! People, and what is announced, as they are printed.

use super::{ConversationLine, ConversationResult, PersonResult};
use crate::output::printable;
use serde::Serialize;
use undertone_client_core::view::{NotifyLevel, NotifyView, PersonProfileView};
use undertone_wire::Timestamp;
use undertone_wire::guest::UserKind;

/// `profile`.
#[derive(Debug, Serialize)]
pub(in crate::command) struct CardResult {
    #[serde(flatten)]
    person: PersonResult,
    kind: UserKind,
    /// Empty: the user name is shown.
    display_name: String,
    status: String,
    pronouns: String,
    colour: u8,
    /// Whether there is one.
    picture: bool,
    /// Whether another whom this device knows is called nearly the same.
    name_clash: bool,
    blocked: bool,
}

impl From<&PersonProfileView> for CardResult {
    fn from(card: &PersonProfileView) -> Self {
        Self {
            person: PersonResult {
                user: card.user,
                name: card.user_name.clone(),
            },
            kind: card.kind,
            display_name: if card.name == card.user_name {
                String::new()
            } else {
                card.name.clone()
            },
            status: card.status.clone(),
            pronouns: card.pronouns.clone(),
            colour: card.identity_colour,
            picture: card.picture.is_some(),
            name_clash: card.name_clash,
            blocked: card.blocked,
        }
    }
}

impl CardResult {
    pub(in crate::command) fn words(&self) -> String {
        let mut words = printable(&self.person.name);
        for part in [&self.display_name, &self.pronouns, &self.status] {
            if !part.is_empty() {
                words.push_str("  ");
                words.push_str(&printable(part));
            }
        }
        words
    }
}

/// `block` and `unblock`.
#[derive(Debug, Serialize)]
pub(in crate::command) struct BlockedResult {
    #[serde(flatten)]
    pub(in crate::command) person: PersonResult,
    pub(in crate::command) blocked: bool,
}

impl From<&PersonProfileView> for BlockedResult {
    fn from(card: &PersonProfileView) -> Self {
        Self {
            person: PersonResult {
                user: card.user,
                name: card.user_name.clone(),
            },
            blocked: card.blocked,
        }
    }
}

/// A request for people.
pub(in crate::command) fn request_line(line: &ConversationLine) -> String {
    let text = line.last_text.as_deref().unwrap_or_default();
    let text = text.lines().next().unwrap_or_default();
    format!(
        "{}  {}  {}",
        line.conversation.conversation,
        printable(&line.conversation.title),
        printable(text)
    )
}

/// `notify`.
#[derive(Debug, Serialize)]
pub(in crate::command) struct NotifyResult {
    #[serde(flatten)]
    conversation: ConversationResult,
    level: NotifyLevel,
    default: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    muted_until: Option<Timestamp>,
}

impl NotifyResult {
    pub(in crate::command) fn new(conversation: ConversationResult, view: &NotifyView) -> Self {
        Self {
            conversation,
            level: view.level,
            default: view.is_default,
            muted_until: view.muted_until_ms.map(Timestamp::from_millis),
        }
    }

    pub(in crate::command) fn words(&self) -> String {
        let title = printable(&self.conversation.title);
        let level = match self.level {
            NotifyLevel::All => "all messages are announced",
            NotifyLevel::Mentions => "mentions are announced",
            NotifyLevel::Nothing => "nothing is announced",
        };
        match self.muted_until {
            Some(until) => format!("{title}: {level}; muted until {until}"),
            None => format!("{title}: {level}"),
        }
    }
}
