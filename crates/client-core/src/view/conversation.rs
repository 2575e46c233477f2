//! The list of conversations.

use super::message::MessageStateView;
use super::person::{PersonView, contact};
use crate::core::Core;
use crate::error::ClientError;
use crate::store::conversation::{Conversation, ConversationState};
use crate::store::history::NoticeKind;
use crate::store::message::{MessageState, Page};
use serde::{Deserialize, Serialize};
use undertone_wire::ConversationId;
use undertone_wire::conversation::ConversationKind;

/// Something that the user must know about a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum NoticeView {
    /// Someone's identity key is not the one that was pinned.
    KeyChanged,
    /// Others have seen another history than this device.
    HistoryMismatch,
    /// A message is missing, or could not be read.
    LostMessages,
}

/// One conversation in the list.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct ConversationView {
    /// Which.
    pub conversation: ConversationId,
    /// What it is for.
    pub kind: ConversationKind,
    /// What it is called.
    pub title: String,
    /// The other person of a direct conversation.
    pub peer: Option<PersonView>,
    /// What the last message says.
    pub last_text: Option<String>,
    /// When it was sent; of an empty conversation, when that began.
    pub last_at_ms: u64,
    /// Where the last message is on its way.
    pub last_state: Option<MessageStateView>,
    /// Whether the user of this device sent it.
    pub last_own: bool,
    /// Messages of others after what was read.
    pub unread: u32,
    /// Whether something can be sent.
    pub writable: bool,
    /// The gravest thing that the user must know.
    pub notice: Option<NoticeView>,
}

impl std::fmt::Debug for ConversationView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "ConversationView({}, {} unread)",
            self.conversation, self.unread
        )
    }
}

/// Reads the list: the one with the newest message first. Empty while nobody is signed in.
pub(crate) fn conversations(core: &Core) -> Result<Vec<ConversationView>, ClientError> {
    if core.account.session().is_none() {
        return Ok(Vec::new());
    }
    let begun = core.store.conversations()?;
    let begun = begun
        .iter()
        .filter(|conversation| conversation.state != ConversationState::Creating);
    let mut views = begun
        .map(|conversation| view(core, conversation))
        .collect::<Result<Vec<_>, _>>()?;
    views.sort_by_key(|view| std::cmp::Reverse((view.last_at_ms, view.conversation)));
    Ok(views)
}

fn view(core: &Core, conversation: &Conversation) -> Result<ConversationView, ClientError> {
    let peer = core
        .store
        .contact(conversation.peer)?
        .map(|known| contact(core, &known));
    let (newest, _) = core.store.timeline(Page {
        conversation: conversation.id,
        before: None,
        limit: 1,
    })?;
    let newest = newest.into_iter().next();
    let mut view = ConversationView {
        conversation: conversation.id,
        kind: conversation.kind,
        title: peer.as_ref().map(|peer| peer.name.clone()).unwrap_or_default(),
        peer,
        last_text: None,
        last_at_ms: conversation.begun_at.as_millis(),
        last_state: None,
        last_own: false,
        unread: core.store.unread(conversation.id, conversation.read_sequence)?,
        writable: conversation.state == ConversationState::Active,
        notice: notices(core, conversation)?.first().copied(),
    };
    if let Some(newest) = newest {
        view.last_at_ms = newest.sent_at.as_millis();
        view.last_own = newest.own;
        view.last_state = Some(match newest.state {
            MessageState::Sending => MessageStateView::Sending,
            MessageState::Sent => MessageStateView::Sent,
            MessageState::Failed(_) => MessageStateView::Failed,
        });
        view.last_text = Some(newest.text);
    }
    if let Some(bubble) = core
        .bubbles
        .borrow()
        .iter()
        .rfind(|bubble| bubble.conversation == conversation.id)
    {
        view.last_text = Some(bubble.text.clone());
        view.last_at_ms = bubble.written_at.as_millis();
        view.last_state = Some(MessageStateView::Sending);
        view.last_own = true;
    }
    Ok(view)
}

/// The notices of a conversation, the gravest first.
pub(super) fn notices(core: &Core, conversation: &Conversation) -> Result<Vec<NoticeView>, ClientError> {
    let stored = core.store.notices(conversation.id)?;
    let mut notices: Vec<_> = stored
        .into_iter()
        .map(|notice| match notice.kind {
            NoticeKind::KeyChanged => NoticeView::KeyChanged,
            NoticeKind::HistoryMismatch => NoticeView::HistoryMismatch,
            NoticeKind::LostMessages => NoticeView::LostMessages,
        })
        .collect();
    let changed = core
        .store
        .contact(conversation.peer)?
        .is_some_and(|contact| contact.key_changed);
    if changed && notices.first() != Some(&NoticeView::KeyChanged) {
        notices.insert(0, NoticeView::KeyChanged);
    }
    Ok(notices)
}
