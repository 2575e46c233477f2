//! The JSON that the verbs print, as docs/cli.md describes it. Scripts rely on it: fields are added,
//! never renamed or removed.

use serde::Serialize;
use undertone_client_core::view::{
    ConversationView, FailureView, MessageStateView, MessageView, PersonView, SessionView,
};
use undertone_wire::conversation::ConversationKind;
use undertone_wire::{ConversationId, DeviceId, MessageId, Timestamp, UserId};

/// What kind of user: guests come later.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum UserKind {
    Account,
}

/// `register`, `login`, `whoami`.
#[derive(Debug, Serialize)]
pub(super) struct SessionResult {
    pub(super) user: UserId,
    pub(super) name: String,
    pub(super) device: DeviceId,
    pub(super) server: String,
    pub(super) kind: UserKind,
    pub(super) admin: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) recovery_key: Option<String>,
}

impl SessionResult {
    /// `None` if nobody is signed in.
    pub(super) fn new(session: SessionView, recovery_key: Option<String>) -> Option<Self> {
        match session {
            SessionView::SignedOut { .. } => None,
            SessionView::SignedIn {
                user,
                name,
                device,
                server,
                is_admin,
                ..
            } => {
                let kind = UserKind::Account;
                Some(Self {
                    user,
                    name,
                    device,
                    server,
                    kind,
                    admin: is_admin,
                    recovery_key,
                })
            }
        }
    }
}

/// `logout`.
#[derive(Debug, Serialize)]
pub(super) struct LogoutResult {
    pub(super) signed_out: bool,
}

/// `invite`.
#[derive(Debug, Serialize)]
pub(super) struct InvitationResult {
    pub(super) invitation: String,
    pub(super) expires_at: Timestamp,
}

/// A person in other results.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct PersonResult {
    pub(super) user: UserId,
    pub(super) name: String,
}

impl From<&PersonView> for PersonResult {
    fn from(person: &PersonView) -> Self {
        Self {
            user: person.user,
            name: person.name.clone(),
        }
    }
}

/// `devices`.
#[derive(Debug, Serialize)]
pub(super) struct DeviceResult {
    pub(super) device: DeviceId,
    pub(super) current: bool,
    pub(super) registered_at: Timestamp,
}

/// `dm`, and part of `conversations`.
#[derive(Debug, Serialize)]
pub(super) struct ConversationResult {
    pub(super) conversation: ConversationId,
    pub(super) kind: ConversationKind,
    pub(super) title: String,
}

/// `conversations`.
#[derive(Debug, Serialize)]
pub(super) struct ConversationLine {
    #[serde(flatten)]
    pub(super) conversation: ConversationResult,
    pub(super) peer: Option<PersonResult>,
    pub(super) online: bool,
    pub(super) unread: u32,
    pub(super) last_text: Option<String>,
    pub(super) last_at: Timestamp,
}

impl From<&ConversationView> for ConversationResult {
    fn from(view: &ConversationView) -> Self {
        Self {
            conversation: view.conversation,
            kind: view.kind,
            title: view.title.clone(),
        }
    }
}

impl From<&ConversationView> for ConversationLine {
    fn from(view: &ConversationView) -> Self {
        Self {
            conversation: view.into(),
            peer: view.peer.as_ref().map(PersonResult::from),
            online: view.peer.as_ref().is_some_and(|peer| peer.online),
            unread: view.unread,
            last_text: view.last_text.clone(),
            last_at: Timestamp::from_millis(view.last_at_ms),
        }
    }
}

/// `send`.
#[derive(Debug, Serialize)]
pub(super) struct SentResult {
    pub(super) message: Option<MessageId>,
    pub(super) conversation: ConversationId,
    pub(super) sequence: Option<u64>,
    pub(super) sent_at: Timestamp,
}

impl From<&MessageView> for SentResult {
    fn from(view: &MessageView) -> Self {
        Self {
            message: view.message,
            conversation: view.conversation,
            sequence: view.sequence,
            sent_at: Timestamp::from_millis(view.sent_at_ms),
        }
    }
}

/// `messages`, `search`, and part of `watch`.
#[derive(Debug, Serialize)]
pub(super) struct MessageResult {
    pub(super) message: Option<MessageId>,
    pub(super) conversation: ConversationId,
    pub(super) sequence: Option<u64>,
    pub(super) sender: PersonResult,
    pub(super) own: bool,
    pub(super) sent_at: Timestamp,
    pub(super) text: String,
    pub(super) state: MessageStateView,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) failure: Option<FailureView>,
}

impl From<&MessageView> for MessageResult {
    fn from(view: &MessageView) -> Self {
        Self {
            message: view.message,
            conversation: view.conversation,
            sequence: view.sequence,
            sender: PersonResult {
                user: view.sender,
                name: view.sender_name.clone(),
            },
            own: view.own,
            sent_at: Timestamp::from_millis(view.sent_at_ms),
            text: view.text.clone(),
            state: view.state,
            failure: view.failure.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_printed_as_documented() {
        let line = MessageResult {
            message: Some(MessageId::from_bytes([0; 32])),
            conversation: ConversationId::from_bytes([1; 16]),
            sequence: Some(7),
            sender: PersonResult {
                user: UserId::from_bytes([2; 16]),
                name: "Ada".to_owned(),
            },
            own: false,
            sent_at: Timestamp::from_millis(1_763_724_000_123),
            text: "hello".to_owned(),
            state: MessageStateView::Sent,
            failure: None,
        };
        let expected = concat!(
            r#"{"message":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","#,
            r#""conversation":"aeaqcaibaeaqcaibaeaqcaibae","sequence":7,"#,
            r#""sender":{"user":"aibaeaqcaibaeaqcaibaeaqcai","name":"Ada"},"own":false,"#,
            r#""sent_at":"2025-11-21T11:20:00.123Z","text":"hello","state":"sent"}"#,
        );
        assert_eq!(serde_json::to_string(&line).unwrap(), expected);
    }
}
