//! Messages: what is stored, and behind it what is shown before it is stored.

use super::IdentityLook;
use super::event::{self, EventView};
use super::file::{self, FileView};
use super::talk::{MentionView, MessageMayView, Place, ReactionView, ReplyView, Told};
use crate::core::{Core, Me};
use crate::error::ClientError;
use crate::markup::{self, Block, Spoilers};
use crate::message::clock;
use crate::message::key::MessageKey;
use crate::message::send::Bubble;
use crate::people::directory;
use crate::store::message::{MessageState, RowKind, StoredMessage};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use undertone_wire::content::Expiry;
use undertone_wire::guest::UserKind;
use undertone_wire::{ConversationId, MessageId, UserId};

/// So much of a text is looked at for a preview.
const PREVIEW_CHARS: usize = 1000;

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
#[expect(clippy::struct_excessive_bools, reason = "each is an answer of its own")]
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
    /// What they are called; of a shared message by the sharer's word.
    pub sender_name: String,
    /// The name of their certificate; of a shared message by the sharer's word.
    pub sender_user_name: String,
    /// Whether another in the conversation is called nearly the same.
    pub sender_name_clash: bool,
    /// Whether nothing of it is shown, since the user does not want to hear its sender.
    pub hidden: bool,
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
    /// The same as a tree that a screen draws.
    pub blocks: Vec<Block>,
    /// Those who are mentioned by themselves.
    pub mentions: Vec<MentionView>,
    /// Whether the user is mentioned, by themselves or with others.
    pub mentions_me: bool,
    /// What it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub reply: Option<ReplyView>,
    /// Whether it says something else than at first.
    pub edited: bool,
    /// Whether it was taken back: text and all else are gone.
    pub deleted: bool,
    /// The emoji at it, the first first.
    pub reactions: Vec<ReactionView>,
    /// Whether it is pinned for everyone.
    pub pinned: bool,
    /// Whether the user starred it.
    pub starred: bool,
    /// Whether it was passed on from elsewhere.
    pub forwarded: bool,
    /// Its files.
    pub files: Vec<FileView>,
    /// What the user may do with it.
    pub may: MessageMayView,
    /// Of an own message: how many others have read it, as far as they say so.
    pub read_by: u32,
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

/// One message by its key.
pub(crate) fn message(core: &Core, key: MessageKey) -> Result<Option<MessageView>, ClientError> {
    let me = core.me()?;
    if let Some(bubble) = core.bubbles.borrow().iter().find(|bubble| bubble.key == key) {
        return bubble_view(&mut Names::new(core, &me), bubble).map(Some);
    }
    let now = clock::shown(core);
    let stored = core.store.message(key)?;
    let stored = stored.filter(|stored| stored.lifetime.expires_at.is_none_or(|at| at > now));
    let Some(stored) = stored else { return Ok(None) };
    if core.store.is_to_be_deleted(stored.row)? {
        return Ok(None);
    }
    Names::new(core, &me).view(stored).map(Some)
}

/// Stored messages as they are shown, in the order in which they come.
pub(crate) fn messages(
    core: &Core,
    me: &Me,
    stored: Vec<StoredMessage>,
) -> Result<Vec<MessageView>, ClientError> {
    let mut names = Names::new(core, me);
    stored.into_iter().map(|message| names.view(message)).collect()
}

/// A stored message as it is shown, and what it says in one line.
pub(crate) fn announced(
    core: &Core,
    me: &Me,
    stored: StoredMessage,
) -> Result<(MessageView, String), ClientError> {
    let mut names = Names::new(core, me);
    let row = stored.row;
    let view = names.view(stored)?;
    let text = file::line(core, row, names.plain(&view.text)?)?;
    Ok((view, text))
}

/// Somebody as they are called in a timeline.
#[derive(Clone)]
struct Sender {
    name: String,
    user_name: String,
    kind: UserKind,
}

/// Names of senders, each read once for a view.
pub(super) struct Names<'a> {
    core: &'a Core,
    me: &'a Me,
    known: HashMap<UserId, Sender>,
    clashing: HashMap<ConversationId, HashSet<UserId>>,
    places: HashMap<ConversationId, Rc<Place>>,
}

impl<'a> Names<'a> {
    pub(super) fn new(core: &'a Core, me: &'a Me) -> Self {
        Self {
            core,
            me,
            known: HashMap::new(),
            clashing: HashMap::new(),
            places: HashMap::new(),
        }
    }

    /// What counts for all messages of a conversation, read once.
    pub(super) fn place(&mut self, conversation: ConversationId) -> Result<Rc<Place>, ClientError> {
        if let Some(place) = self.places.get(&conversation) {
            return Ok(Rc::clone(place));
        }
        let place = Rc::new(Place::read(self.core, self.me, conversation)?);
        self.places.insert(conversation, Rc::clone(&place));
        Ok(place)
    }

    /// What is read.
    pub(super) const fn core(&self) -> &'a Core {
        self.core
    }

    /// Somebody's name; empty if this device does not know them.
    pub(super) fn of(&mut self, user: UserId) -> Result<String, ClientError> {
        Ok(self.person(user)?.name)
    }

    /// The name of somebody's certificate; empty if this device does not know them.
    pub(super) fn user_name_of(&mut self, user: UserId) -> Result<String, ClientError> {
        Ok(self.person(user)?.user_name)
    }

    /// Who is called nearly as another in a conversation. Of large ones it is enough to know whether
    /// they are called nearly as anybody whom this device knows.
    fn clashes(&mut self, conversation: ConversationId, user: UserId) -> Result<bool, ClientError> {
        if let Some(clashing) = self.clashing.get(&conversation) {
            return Ok(clashing.contains(&user));
        }
        let clashing = directory::clashing_in(self.core, conversation)?;
        let clashes = clashing.contains(&user);
        self.clashing.insert(conversation, clashing);
        Ok(clashes)
    }

    /// What people tell of themselves, and that nothing is shown of whom the user does not want to hear.
    fn with_people(&mut self, mut view: MessageView) -> Result<MessageView, ClientError> {
        let known = directory::known(self.core)?;
        if view.event.is_some() {
            return Ok(view);
        }
        if let Some(colour) = known.colour(view.sender) {
            view.identity_colour = colour;
        }
        view.sender_user_name = if view.shared {
            view.sender_name.clone()
        } else {
            self.user_name_of(view.sender)?
        };
        view.sender_name_clash = self.clashes(view.conversation, view.sender)?;
        if known.is_blocked(view.sender) && !view.own {
            view.hidden = true;
            view.text.clear();
            view.blocks.clear();
            view.mentions.clear();
            view.mentions_me = false;
            view.reply = None;
            view.reactions.clear();
            view.files.clear();
            view.blocks.clear();
            view.reply = None;
        }
        Ok(view)
    }

    /// The beginning of a text without its marks, with the names of those who are mentioned.
    pub(super) fn plain(&mut self, text: &str) -> Result<String, ClientError> {
        let text: String = text.chars().take(PREVIEW_CHARS).collect();
        let mut failed = Ok(());
        let plain = markup::plain_with_names(&text, Spoilers::Hidden, &mut |user| match self.of(user) {
            Ok(name) => Some(name).filter(|name| !name.is_empty()),
            Err(error) => {
                failed = Err(error);
                None
            }
        });
        failed.map(|()| plain)
    }

    /// Whether it is the user of this device.
    pub(super) fn is_me(&self, user: UserId) -> bool {
        user == self.me.user
    }

    fn person(&mut self, user: UserId) -> Result<Sender, ClientError> {
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
        let person = Sender {
            name: directory::known(self.core)?.name(user, &person.0),
            user_name: person.0,
            kind: person.1,
        };
        self.known.insert(user, person.clone());
        Ok(person)
    }

    pub(super) fn view(&mut self, message: StoredMessage) -> Result<MessageView, ClientError> {
        let told = Told::of(self, &message)?;
        let look = IdentityLook::of(message.sender);
        let Sender {
            name: known_name,
            kind: sender_kind,
            ..
        } = self.person(message.sender)?;
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
        self.with_people(MessageView {
            key: message.key,
            message: (state == MessageStateView::Sent && event.is_none()).then_some(message.message),
            conversation: message.conversation,
            sequence: message.sequence.map(|sequence| sequence.0),
            sender: message.sender,
            sender_name,
            sender_user_name: String::new(),
            sender_name_clash: false,
            hidden: false,
            sender_kind,
            identity_colour: look.colour,
            identity_shape: look.shape,
            own: message.own,
            sent_at_ms: message.sent_at.as_millis(),
            text: message.text,
            blocks: told.blocks,
            mentions: told.mentions,
            mentions_me: told.mentions_me,
            reply: told.reply,
            edited: message.marks.edited,
            deleted: message.marks.deleted,
            reactions: told.reactions,
            pinned: message.marks.pinned,
            starred: message.marks.starred,
            forwarded: message.marks.forwarded,
            files: told.files,
            may: told.may,
            read_by: told.read_by,
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

pub(super) fn bubble_view(names: &mut Names<'_>, bubble: &Bubble) -> Result<MessageView, ClientError> {
    let told = Told::of_bubble(names, bubble)?;
    let me = names.me;
    let look = IdentityLook::of(me.user);
    let sender_name = names.of(me.user)?;
    names.with_people(MessageView {
        key: bubble.key,
        message: None,
        conversation: bubble.conversation,
        sequence: None,
        sender: me.user,
        sender_name,
        sender_user_name: me.name.as_str().to_owned(),
        sender_name_clash: false,
        hidden: false,
        sender_kind: me.kind,
        identity_colour: look.colour,
        identity_shape: look.shape,
        own: true,
        sent_at_ms: bubble.written_at.as_millis(),
        text: bubble.text.clone(),
        blocks: told.blocks,
        mentions: told.mentions,
        mentions_me: told.mentions_me,
        reply: told.reply,
        edited: false,
        deleted: false,
        reactions: told.reactions,
        pinned: false,
        starred: false,
        forwarded: bubble.forwarded,
        files: told.files,
        may: told.may,
        read_by: told.read_by,
        state: MessageStateView::Sending,
        expiry: bubble.expires,
        expires_at_ms: None,
        shared: false,
        shared_by_name: None,
        event: None,
        failure: None,
    })
}
