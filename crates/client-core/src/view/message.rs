//! Messages and timelines: what is stored, and behind it what is shown before it is stored.

use super::IdentityLook;
use super::conversation::{NoticeView, notices};
use super::event::{self, EventView};
use crate::core::{Core, Me};
use crate::error::ClientError;
use crate::message::clock;
use crate::message::key::MessageKey;
use crate::message::send::Bubble;
use crate::store::message::{MessageState, Page, RowKind, StoredMessage};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use undertone_wire::content::Expiry;
use undertone_wire::guest::UserKind;
use undertone_wire::{ConversationId, MessageId, UserId};

/// Most messages of one page or one search.
const LIMIT_MAX: u32 = 500;

/// Where a message is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum MessageStateView {
    /// Not yet stored by the server.
    Sending,
    /// Stored by the server.
    Sent,
    /// Refused for good.
    Failed,
}

/// Why a message failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct FailureView {
    /// The stable code.
    pub code: String,
    /// A sentence for people.
    pub message: String,
}

/// One message.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct MessageView {
    /// What this device calls it.
    pub key: MessageKey,
    /// Its id on all devices, once it has been sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub message: Option<MessageId>,
    /// In which conversation.
    pub conversation: ConversationId,
    /// Its place in the log, once it has been sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub sequence: Option<u64>,
    /// Who sent it, by the MLS leaf.
    pub sender: UserId,
    /// Their name, by their certificate; of a shared message by the sharer's word.
    pub sender_name: String,
    /// Account or guest.
    pub sender_kind: UserKind,
    /// 0 to 11.
    pub identity_colour: u8,
    /// 0 to 5.
    pub identity_shape: u8,
    /// Whether the user of this device sent it.
    pub own: bool,
    /// The server's time; before it is sent, the writer's.
    pub sent_at_ms: u64,
    /// What it says; empty with `event`.
    pub text: String,
    /// Where it is on its way.
    pub state: MessageStateView,
    /// The timer with which it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub expiry: Option<Expiry>,
    /// When it vanishes, by the local clock; missing until that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub expires_at_ms: Option<u64>,
    /// Whether it is from before this device came, by the word of `shared_by_name` alone.
    pub shared: bool,
    /// Who shared it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub shared_by_name: Option<String>,
    /// What happened, if this row is no message.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub event: Option<EventView>,
    /// With `failed`: why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub failure: Option<FailureView>,
}

impl std::fmt::Debug for MessageView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "MessageView({}, {:?}, {:?})",
            self.key, self.sequence, self.state
        )
    }
}

/// Which part of a timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct TimelineQuery {
    /// At most so many: the newest.
    pub limit: u32,
    /// Only what stands before this message.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub before: Option<MessageKey>,
}

/// A part of a timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct TimelineView {
    /// Of which conversation.
    pub conversation: ConversationId,
    /// Oldest first.
    pub messages: Vec<MessageView>,
    /// Whether there is more before the first.
    pub more: bool,
    /// What the user must know about the conversation, the gravest first.
    pub notices: Vec<NoticeView>,
}

/// Reads a part of a timeline. Empty while nobody is signed in.
pub(crate) fn timeline(
    core: &Core,
    conversation: ConversationId,
    query: TimelineQuery,
) -> Result<TimelineView, ClientError> {
    let Ok(me) = core.me() else {
        return Ok(TimelineView {
            conversation,
            messages: Vec::new(),
            more: false,
            notices: Vec::new(),
        });
    };
    let known = core
        .store
        .conversation(conversation)?
        .ok_or(ClientError::UnknownConversation)?;
    let limit = query.limit.min(LIMIT_MAX);
    let (stored, more) = core.store.timeline(Page {
        conversation,
        before: query.before,
        limit,
        now: clock::shown(core),
    })?;
    let mut names = Names::new(core, &me);
    let mut messages = Vec::with_capacity(stored.len());
    for message in stored.into_iter().rev() {
        messages.push(names.view(message)?);
    }
    if query.before.is_none() {
        let bubbles = core.bubbles.borrow();
        let here = bubbles
            .iter()
            .filter(|bubble| bubble.conversation == conversation);
        messages.extend(here.map(|bubble| bubble_view(&me, bubble)));
    }
    let notices = notices(core, &known)?;
    Ok(TimelineView {
        conversation,
        messages,
        more,
        notices,
    })
}

/// One message by its key.
pub(crate) fn message(core: &Core, key: MessageKey) -> Result<Option<MessageView>, ClientError> {
    let me = core.me()?;
    if let Some(bubble) = core.bubbles.borrow().iter().find(|bubble| bubble.key == key) {
        return Ok(Some(bubble_view(&me, bubble)));
    }
    let stored = core.store.message(key)?;
    let now = clock::shown(core);
    stored
        .filter(|stored| stored.lifetime.expires_at.is_none_or(|at| at > now))
        .map(|stored| Names::new(core, &me).view(stored))
        .transpose()
}

/// Messages that hold all words of a query, newest first. None while nobody is signed in.
pub(crate) fn search(core: &Core, query: &str, limit: u32) -> Result<Vec<MessageView>, ClientError> {
    let Ok(me) = core.me() else { return Ok(Vec::new()) };
    let mut names = Names::new(core, &me);
    let found = core
        .store
        .search(query, limit.min(LIMIT_MAX), clock::shown(core))?;
    found.into_iter().map(|message| names.view(message)).collect()
}

/// Names of senders, each read once for a view.
pub(super) struct Names<'a> {
    core: &'a Core,
    me: &'a Me,
    known: HashMap<UserId, (String, UserKind)>,
}

impl<'a> Names<'a> {
    pub(super) fn new(core: &'a Core, me: &'a Me) -> Self {
        Self {
            core,
            me,
            known: HashMap::new(),
        }
    }

    /// Somebody's name; empty if this device does not know them.
    pub(super) fn of(&mut self, user: UserId) -> Result<String, ClientError> {
        Ok(self.person(user)?.0)
    }

    /// Whether it is the user of this device.
    pub(super) fn is_me(&self, user: UserId) -> bool {
        user == self.me.user
    }

    fn person(&mut self, user: UserId) -> Result<(String, UserKind), ClientError> {
        if let Some(person) = self.known.get(&user) {
            return Ok(person.clone());
        }
        let contact = self.core.store.contact(user)?;
        let known = contact.map(|contact| (contact.name.as_str().to_owned(), contact.kind));
        let person = if self.is_me(user) {
            (self.me.name.as_str().to_owned(), self.me.kind)
        } else {
            known.unwrap_or((String::new(), UserKind::Account))
        };
        self.known.insert(user, person.clone());
        Ok(person)
    }

    fn view(&mut self, message: StoredMessage) -> Result<MessageView, ClientError> {
        let look = IdentityLook::of(message.sender);
        let (known_name, sender_kind) = self.person(message.sender)?;
        let (sender_name, shared_by_name, event) = match &message.kind {
            RowKind::Shared(shared) => {
                let name = shared.name.as_str().to_owned();
                (name, Some(self.of(shared.user)?), None)
            }
            RowKind::Event(event) => {
                let view = event::view(self, message.sender, event)?;
                (known_name, None, Some(view))
            }
            RowKind::Message | RowKind::Hidden => (known_name, None, None),
        };
        let (state, failure) = match message.state {
            MessageState::Sending => (MessageStateView::Sending, None),
            MessageState::Sent => (MessageStateView::Sent, None),
            MessageState::Failed(failure) => {
                let view = FailureView {
                    code: failure.code,
                    message: failure.message,
                };
                (MessageStateView::Failed, Some(view))
            }
        };
        Ok(MessageView {
            key: message.key,
            message: (state == MessageStateView::Sent && event.is_none()).then_some(message.message),
            conversation: message.conversation,
            sequence: message.sequence.map(|sequence| sequence.0),
            sender: message.sender,
            sender_name,
            sender_kind,
            identity_colour: look.colour,
            identity_shape: look.shape,
            own: message.own,
            sent_at_ms: message.sent_at.as_millis(),
            text: message.text,
            state,
            expiry: message.lifetime.expiry,
            expires_at_ms: message
                .lifetime
                .expires_at
                .map(|at| clock::on_wall(self.core, at).as_millis()),
            shared: shared_by_name.is_some(),
            shared_by_name,
            event,
            failure,
        })
    }
}

fn bubble_view(me: &Me, bubble: &Bubble) -> MessageView {
    let look = IdentityLook::of(me.user);
    MessageView {
        key: bubble.key,
        message: None,
        conversation: bubble.conversation,
        sequence: None,
        sender: me.user,
        sender_name: me.name.as_str().to_owned(),
        sender_kind: me.kind,
        identity_colour: look.colour,
        identity_shape: look.shape,
        own: true,
        sent_at_ms: bubble.written_at.as_millis(),
        text: bubble.text.clone(),
        state: MessageStateView::Sending,
        expiry: bubble.expires,
        expires_at_ms: None,
        shared: false,
        shared_by_name: None,
        event: None,
        failure: None,
    }
}
