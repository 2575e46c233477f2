//! The lines of `watch`, as docs/cli.md describes them. What is printed when is decided in the module
//! above.

use crate::command::message;
use crate::command::result::{ConversationResult, HappeningEvent, MessageResult, PersonResult};
use crate::output::printable;
use serde::Serialize;
use undertone_client_core::view::{ConnectionState, ConversationStateView, PersonView, PresenceView};
use undertone_wire::Timestamp;

/// One line of `watch`.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum Event {
    /// All that happened before is printed; from now on things are printed as they come.
    Ready,
    /// A message was received, or sent by this account.
    Message(MessageResult),
    /// A message that was printed is no longer what it was: edited, deleted, pinned, reacted to, read.
    Changed(MessageResult),
    /// This device became part of a conversation.
    Membership {
        change: MembershipChange,
        #[serde(flatten)]
        conversation: ConversationResult,
    },
    /// How a conversation is on this device changed.
    Standing {
        state: ConversationStateView,
        #[serde(flatten)]
        conversation: ConversationResult,
    },
    /// Others began or ceased to write.
    Typing {
        names: Vec<String>,
        #[serde(flatten)]
        conversation: ConversationResult,
    },
    /// Others knock at the door of a room, or none any more.
    Knock {
        knocks: u32,
        #[serde(flatten)]
        conversation: ConversationResult,
    },
    /// A person came or went.
    Presence(PresenceResult),
    /// The connection changed.
    Connection { state: ConnectionState },
    /// Something happened in a conversation; it brings its own tag.
    #[serde(untagged)]
    Happening(HappeningEvent),
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum MembershipChange {
    Joined,
}

/// How present somebody is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct PresenceResult {
    #[serde(flatten)]
    person: PersonResult,
    pub(super) online: bool,
    presence: PresenceWord,
    /// Since when they are away, or when they were seen last.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum PresenceWord {
    Here,
    Away,
    Gone,
    Unknown,
}

impl From<&PersonView> for PresenceResult {
    fn from(person: &PersonView) -> Self {
        let (presence, since) = match person.presence {
            PresenceView::Here => (PresenceWord::Here, None),
            PresenceView::Away { since_ms } => (PresenceWord::Away, Some(since_ms)),
            PresenceView::Gone { last_seen_ms } => (PresenceWord::Gone, Some(last_seen_ms)),
            PresenceView::Unknown => (PresenceWord::Unknown, None),
        };
        Self {
            person: person.into(),
            online: person.online,
            presence,
            since: since.map(Timestamp::from_millis),
        }
    }
}

/// An event as people read it.
pub(super) fn words(event: &Event) -> String {
    match event {
        Event::Ready => "Watching. Ctrl-C ends it.".to_owned(),
        Event::Message(message) | Event::Changed(message) => message::line(message),
        Event::Happening(event) => message::event_line(event),
        Event::Membership { conversation, .. } => {
            format!("New conversation: {}", printable(&conversation.title))
        }
        Event::Standing { state, conversation } => {
            format!("{}: {}", printable(&conversation.title), standing_words(*state))
        }
        Event::Typing { names, conversation } => {
            let title = printable(&conversation.title);
            if names.is_empty() {
                format!("{title}: nobody is writing")
            } else {
                format!("{title}: {} writing", printable(&names.join(", ")))
            }
        }
        Event::Knock { knocks, conversation } => {
            format!("{}: {knocks} at the door", printable(&conversation.title))
        }
        Event::Presence(presence) => presence_words(presence),
        Event::Connection { state } => match state {
            ConnectionState::Connecting => "Connecting.".to_owned(),
            ConnectionState::Online => "Connected.".to_owned(),
            ConnectionState::Offline => "The server is not reached; trying again.".to_owned(),
            ConnectionState::SignedOut => "Signed out.".to_owned(),
        },
    }
}

const fn standing_words(state: ConversationStateView) -> &'static str {
    match state {
        ConversationStateView::Active => "you are in",
        ConversationStateView::Joining => "coming in",
        ConversationStateView::Waiting => "waiting at the door",
        ConversationStateView::Removed => "you are out",
        ConversationStateView::Closed => "it has ended",
        ConversationStateView::Blocked => "nothing more can be sent",
    }
}

fn presence_words(presence: &PresenceResult) -> String {
    let name = printable(&presence.person.name);
    match presence.presence {
        PresenceWord::Away => format!("{name} is away"),
        _ if presence.online => format!("{name} is online"),
        _ => format!("{name} is offline"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use undertone_wire::conversation::ConversationKind;
    use undertone_wire::{ConversationId, UserId};

    #[test]
    fn events_are_printed_as_documented() {
        let conversation = || ConversationResult {
            conversation: ConversationId::from_bytes([1; 16]),
            kind: ConversationKind::Room,
            title: "Tea".to_owned(),
        };
        let presence = PresenceResult {
            person: PersonResult {
                user: UserId::from_bytes([2; 16]),
                name: "Ada".to_owned(),
            },
            online: true,
            presence: PresenceWord::Away,
            since: Some(Timestamp::from_millis(1_763_724_000_123)),
        };
        let room = r#""conversation":"aeaqcaibaeaqcaibaeaqcaibae","kind":"room","title":"Tea"}"#;
        for (event, expected) in [
            (Event::Ready, r#"{"event":"ready"}"#.to_owned()),
            (
                Event::Membership {
                    change: MembershipChange::Joined,
                    conversation: conversation(),
                },
                format!(r#"{{"event":"membership","change":"joined",{room}"#),
            ),
            (
                Event::Typing {
                    names: vec!["Ada".to_owned()],
                    conversation: conversation(),
                },
                format!(r#"{{"event":"typing","names":["Ada"],{room}"#),
            ),
            (
                Event::Standing {
                    state: ConversationStateView::Waiting,
                    conversation: conversation(),
                },
                format!(r#"{{"event":"standing","state":"waiting",{room}"#),
            ),
            (
                Event::Presence(presence),
                concat!(
                    r#"{"event":"presence","user":"aibaeaqcaibaeaqcaibaeaqcai","name":"Ada","online":true,"#,
                    r#""presence":"away","since":"2025-11-21T11:20:00.123Z"}"#,
                )
                .to_owned(),
            ),
        ] {
            assert_eq!(serde_json::to_string(&event).unwrap(), expected);
        }
    }
}
