//! Messages as they are printed.

use super::{FileResult, MarksResult, PersonResult};
use serde::Serialize;
use undertone_client_core::Client;
use undertone_client_core::view::{FailureView, MessageStateView, MessageView};
use undertone_wire::content::Expiry;
use undertone_wire::{ConversationId, MessageId, Timestamp};

/// `send`.
#[derive(Debug, Serialize)]
pub(in crate::command) struct SentResult {
    pub(in crate::command) message: Option<MessageId>,
    pub(in crate::command) conversation: ConversationId,
    pub(in crate::command) sequence: Option<u64>,
    pub(in crate::command) sent_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::command) timer: Option<Expiry>,
    /// The server or the room asked to wait for so long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::command) waited_seconds: Option<u64>,
    /// Files that keep what they say about their maker.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::command) tells_of_maker: Vec<String>,
}

impl From<&MessageView> for SentResult {
    fn from(view: &MessageView) -> Self {
        Self {
            message: view.message,
            conversation: view.conversation,
            sequence: view.sequence,
            sent_at: Timestamp::from_millis(view.sent_at_ms),
            timer: view.expiry,
            waited_seconds: None,
            tells_of_maker: view
                .files
                .iter()
                .filter(|file| Client::tells_of_maker(&file.name, &file.media_type))
                .map(|file| file.name.clone())
                .collect(),
        }
    }
}

/// `messages`, `search`, and part of `watch`.
#[derive(Debug, Serialize)]
pub(in crate::command) struct MessageResult {
    pub(in crate::command) message: Option<MessageId>,
    pub(in crate::command) conversation: ConversationId,
    pub(in crate::command) sequence: Option<u64>,
    pub(in crate::command) sender: PersonResult,
    pub(in crate::command) own: bool,
    pub(in crate::command) sent_at: Timestamp,
    pub(in crate::command) text: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::command) files: Vec<FileResult>,
    pub(in crate::command) state: MessageStateView,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::command) timer: Option<Expiry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::command) expires_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::command) shared_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::command) failure: Option<FailureView>,
    #[serde(flatten)]
    pub(in crate::command) marks: MarksResult,
}

impl From<&MessageView> for MessageResult {
    fn from(view: &MessageView) -> Self {
        Self {
            message: view.message,
            conversation: view.conversation,
            sequence: view.sequence,
            sender: PersonResult {
                user: view.sender,
                name: view.sender_user_name.clone(),
            },
            own: view.own,
            sent_at: Timestamp::from_millis(view.sent_at_ms),
            text: view.text.clone(),
            files: view.files.iter().map(FileResult::from).collect(),
            state: view.state,
            timer: view.expiry,
            expires_at: view.expires_at_ms.map(Timestamp::from_millis),
            shared_by: view.shared_by_name.clone(),
            failure: view.failure.clone(),
            marks: view.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use undertone_wire::UserId;

    fn message() -> MessageResult {
        MessageResult {
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
            files: Vec::new(),
            state: MessageStateView::Sent,
            timer: None,
            expires_at: None,
            shared_by: None,
            failure: None,
            marks: MarksResult::default(),
        }
    }

    const BEGINNING: &str = concat!(
        r#"{"message":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","#,
        r#""conversation":"aeaqcaibaeaqcaibaeaqcaibae","sequence":7,"#,
        r#""sender":{"user":"aibaeaqcaibaeaqcaibaeaqcai","name":"Ada"},"own":false,"#,
        r#""sent_at":"2025-11-21T11:20:00.123Z","text":"hello","state":"sent""#,
    );

    #[test]
    fn a_message_is_printed_as_documented() {
        let expected = format!("{BEGINNING}}}");
        assert_eq!(serde_json::to_string(&message()).unwrap(), expected);
    }

    #[test]
    fn what_was_said_about_a_message_is_printed_as_documented() {
        let marked = MessageResult {
            marks: MarksResult {
                reply_to: Some(MessageId::from_bytes([0; 32])),
                edited: true,
                pinned: true,
                read_by: 2,
                ..MarksResult::default()
            },
            ..message()
        };
        let reply = r#""reply_to":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa""#;
        let expected = format!("{BEGINNING},{reply},\"edited\":true,\"pinned\":true,\"read_by\":2}}");
        assert_eq!(serde_json::to_string(&marked).unwrap(), expected);
    }

    #[test]
    fn a_timer_is_printed_as_documented() {
        let vanishing = MessageResult {
            timer: Some(Expiry::AfterRead(30)),
            expires_at: Some(Timestamp::from_millis(1_763_724_030_123)),
            ..message()
        };
        let expected =
            format!(r#"{BEGINNING},"timer":{{"after_read":30}},"expires_at":"2025-11-21T11:20:30.123Z"}}"#);
        assert_eq!(serde_json::to_string(&vanishing).unwrap(), expected);
    }
}
