//! The list of conversations.

use super::IdentityLook;
use super::NotifyLevel;
use super::file;
use super::message::{MessageStateView, Names};
use super::person::{PersonView, contact};
use crate::conversation::intent::Wanted;
use crate::core::{Core, Me};
use crate::error::ClientError;
use crate::message::{clock, pace, state};
use crate::notify;
use crate::people;
use crate::store::conversation::{Conversation, ConversationState};
use crate::store::history::NoticeKind;
use crate::store::message::MessageState;
use serde::{Deserialize, Serialize};
use undertone_wire::content::{Expiry, HistorySharing};
use undertone_wire::conversation::ConversationKind;
use undertone_wire::group::{Role, RoomTerms};
use undertone_wire::{Bytes, ConversationId, Timestamp};

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
    /// The server went back to an earlier state.
    RolledBack,
}

/// How a conversation is on this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum ConversationStateView {
    /// Messages come and go.
    Active,
    /// This device is coming in, or comes in again.
    Joining,
    /// It knocked, and waits for an admin.
    Waiting,
    /// The user was put out, or left.
    Removed,
    /// It has ended for everyone.
    Closed,
    /// Nothing more can be sent; what was read stays.
    Blocked,
}

/// The door of a room, for those inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct RoomView {
    /// Nobody comes in.
    pub locked: bool,
    /// An admin lets people in.
    pub knock: bool,
    /// Which link is the current one, counted from 1.
    pub rotation: u32,
    /// When the room ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub expires_at_ms: Option<u64>,
}

/// What the user may do in a conversation, by role and terms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "each is an answer of its own")]
pub struct MayView {
    /// Write.
    pub write: bool,
    /// Bring others in.
    pub add: bool,
    /// Put out those below them.
    pub remove: bool,
    /// Change title, topic, picture, timer and history.
    pub set_state: bool,
    /// Change capacity, slow mode, retention and the door.
    pub set_terms: bool,
    /// See and pass on the room's link.
    pub share_link: bool,
}

/// One conversation in the list.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "each is an answer of its own")]
pub struct ConversationView {
    /// Which.
    pub conversation: ConversationId,
    /// What it is for.
    pub kind: ConversationKind,
    /// What it is called; of a direct conversation, the other person's name.
    pub title: String,
    /// What it is about.
    pub topic: String,
    /// Base64url of a PNG, JPEG or WebP.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional, type = "string"))]
    pub picture: Option<Bytes>,
    /// 0 to 11.
    pub identity_colour: u8,
    /// 0 to 5.
    pub identity_shape: u8,
    /// How it is on this device.
    pub state: ConversationStateView,
    /// What the user is in it.
    pub role: Role,
    /// What the user may do in it.
    pub may: MayView,
    /// People inside.
    pub people: u32,
    /// Most people at once.
    pub capacity: u32,
    /// The timer of new messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub timer: Option<Expiry>,
    /// What those who join get to read of before.
    pub history: HistorySharing,
    /// Seconds between two messages of a person below admin; 0 for none.
    pub slow_mode_seconds: u32,
    /// The server keeps undelivered messages so long; its own limit, if missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub retention_seconds: Option<u32>,
    /// The door of a room.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub room: Option<RoomView>,
    /// How many wait at the door, as far as this device knows.
    pub knocks: u32,
    /// When the user can write again, by the local clock, if they have to wait: for slow mode, or since they
    /// were too fast for the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub write_again_at_ms: Option<u64>,
    /// They wait since they were too fast for the server.
    pub too_fast: bool,
    /// Names of those who are writing.
    pub typing: Vec<String>,
    /// The other person of a direct conversation.
    pub peer: Option<PersonView>,
    /// The beginning of what the last message says, without marks.
    pub last_text: Option<String>,
    /// When it was sent; of an empty conversation, when that began.
    pub last_at_ms: u64,
    /// Where the last message is on its way.
    pub last_state: Option<MessageStateView>,
    /// Whether the user of this device sent it.
    pub last_own: bool,
    /// Messages of others after what was read; events do not count.
    pub unread: u32,
    /// Whether something is being written that was not sent.
    pub has_draft: bool,
    /// Whether something can be sent.
    pub writable: bool,
    /// The gravest thing that the user must know.
    pub notice: Option<NoticeView>,
    /// A stranger began it or brought the user in, and the user has not accepted.
    pub request: bool,
    /// Which of its messages are announced.
    pub notify: NotifyLevel,
    /// Until then only mentions are announced, by the local clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub muted_until_ms: Option<u64>,
    /// Whether it lies in the archive.
    pub archived: bool,
    /// Unread messages that mention the user.
    pub mentions: u32,
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
    let Ok(me) = core.me() else { return Ok(Vec::new()) };
    let begun = core.store.conversations()?;
    let begun = begun
        .into_iter()
        .filter(|conversation| conversation.state.has_begun());
    let mut listed = Vec::new();
    for conversation in begun {
        if !people::is_out_of_sight(core, &conversation)? {
            listed.push(conversation);
        }
    }
    // What is wanted is shown at once, although it can still be taken back.
    let wanted = Wanted::read(core)?;
    let mut views = listed
        .into_iter()
        .map(|conversation| view(core, &me, &wanted.conversation(conversation), &wanted))
        .collect::<Result<Vec<_>, _>>()?;
    views.sort_by_key(|view| std::cmp::Reverse((view.last_at_ms, view.conversation)));
    Ok(views)
}

/// What a conversation is called: by what is agreed on, or like the other person.
pub(crate) fn title(core: &Core, conversation: &Conversation) -> Result<String, ClientError> {
    let peer = match conversation.peer {
        Some(peer) => core.store.contact(peer)?,
        None => None,
    };
    match peer {
        Some(peer) => Ok(contact(core, &peer)?.name),
        None => Ok(state::shown_title(&core.store.agreed(conversation.id)?.title)),
    }
}

fn view(
    core: &Core,
    me: &Me,
    conversation: &Conversation,
    wanted: &Wanted,
) -> Result<ConversationView, ClientError> {
    let peer = match conversation.peer {
        Some(peer) => core.store.contact(peer)?,
        None => None,
    };
    let peer = peer.map(|known| contact(core, &known)).transpose()?;
    let choice = core.store.choice(conversation.id)?;
    let agreed = state::shown(wanted.state(conversation.id, core.store.agreed(conversation.id)?));
    let look = look_of(conversation);
    let profile = conversation.profile.as_ref();
    let role = role_of(me, conversation);
    let mut names = Names::new(core, me);
    let typing = core.signals.typing(conversation.id);
    let typing = typing.into_iter().map(|user| names.of(user));
    let now = clock::shown(core);
    let pause = pace::pause(core, me.user, conversation)?;
    let view = ConversationView {
        conversation: conversation.id,
        kind: conversation.kind,
        title: match &peer {
            Some(peer) => peer.name.clone(),
            None => agreed.title,
        },
        topic: agreed.topic,
        picture: agreed.picture,
        identity_colour: peer.as_ref().map_or(look.colour, |peer| peer.identity_colour),
        identity_shape: look.shape,
        state: state_of(conversation),
        role,
        may: may(conversation, role),
        people: conversation.people,
        capacity: profile.map_or(2, |profile| profile.capacity),
        timer: agreed.timer,
        history: agreed.history,
        slow_mode_seconds: profile.map_or(0, |profile| profile.slow_mode_seconds),
        retention_seconds: profile.and_then(|profile| profile.retention_seconds),
        room: profile.and_then(|profile| profile.room).map(room),
        knocks: core.knocks.borrow().get(&conversation.id).copied().unwrap_or(0),
        write_again_at_ms: pause.map(|pause| clock::on_wall(core, pause.until).as_millis()),
        too_fast: pause.is_some_and(|pause| pause.too_fast),
        typing: typing.collect::<Result<_, _>>()?,
        peer,
        last_text: None,
        last_at_ms: conversation.begun_at.as_millis(),
        last_state: None,
        last_own: false,
        unread: core
            .store
            .unread(conversation.id, conversation.read_sequence, now)?,
        has_draft: core.store.draft(conversation.id)?.is_some(),
        writable: may(conversation, role).write,
        notice: notices(core, conversation)?.first().copied(),
        request: choice.request.is_some() && !is_over(conversation.state),
        notify: notify::level(conversation, &choice),
        muted_until_ms: notify::muted_until_ms(core, &choice),
        archived: choice.archived,
        mentions: core
            .store
            .unread_mentions(conversation.id, conversation.read_sequence, now)?,
    };
    with_last(core, &mut names, view)
}

/// Whether the user left, was put out, or everybody was: nothing is asked any more.
const fn is_over(state: ConversationState) -> bool {
    matches!(state, ConversationState::Removed | ConversationState::Closed)
}

/// Adds what was said last.
fn with_last(
    core: &Core,
    names: &mut Names<'_>,
    mut view: ConversationView,
) -> Result<ConversationView, ClientError> {
    let newest = core.store.newest(view.conversation, clock::shown(core))?;
    if let Some(newest) = newest {
        view.last_at_ms = newest.sent_at.as_millis();
        view.last_own = newest.own;
        view.last_state = Some(match newest.state {
            MessageState::Sending => MessageStateView::Sending,
            MessageState::Sent => MessageStateView::Sent,
            MessageState::Failed(_) => MessageStateView::Failed,
        });
        view.last_text = Some(file::line(core, newest.row, names.plain(&newest.text)?)?);
    }
    if let Some(bubble) = core
        .bubbles
        .borrow()
        .iter()
        .rfind(|bubble| bubble.conversation == view.conversation)
    {
        view.last_text = Some(names.plain(&bubble.text)?);
        view.last_at_ms = bubble.written_at.as_millis();
        view.last_state = Some(MessageStateView::Sending);
        view.last_own = true;
    }
    Ok(view)
}

/// A conversation of two has the look of the other one; others have a look of their own.
fn look_of(conversation: &Conversation) -> IdentityLook {
    let own = IdentityLook::of_conversation(conversation.id);
    conversation.peer.map_or(own, IdentityLook::of)
}

const fn state_of(conversation: &Conversation) -> ConversationStateView {
    match conversation.state {
        ConversationState::Active => ConversationStateView::Active,
        ConversationState::Creating | ConversationState::Joining | ConversationState::Lost => {
            ConversationStateView::Joining
        }
        ConversationState::Waiting => ConversationStateView::Waiting,
        ConversationState::Removed => ConversationStateView::Removed,
        ConversationState::Closed => ConversationStateView::Closed,
        ConversationState::Blocked => ConversationStateView::Blocked,
    }
}

fn role_of(me: &Me, conversation: &Conversation) -> Role {
    let profile = conversation.profile.as_ref();
    profile.map_or(Role::Member, |profile| profile.role(me.user))
}

/// What the rules let a role do. The server and every other member judge by the same.
fn may(conversation: &Conversation, role: Role) -> MayView {
    let active = conversation.state == ConversationState::Active;
    let direct = conversation.kind == ConversationKind::Direct;
    let leads = active && !direct && role >= Role::Admin;
    let open = matches!(
        conversation.state,
        ConversationState::Active | ConversationState::Lost
    );
    MayView {
        write: open && role > Role::ReadOnly,
        add: leads,
        remove: leads,
        set_state: leads || (active && direct),
        set_terms: leads,
        share_link: active && conversation.kind == ConversationKind::Room && role > Role::ReadOnly,
    }
}

fn room(terms: RoomTerms) -> RoomView {
    RoomView {
        locked: terms.locked,
        knock: terms.knock,
        rotation: terms.rotation,
        expires_at_ms: terms.expires_at.map(Timestamp::as_millis),
    }
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
            NoticeKind::RolledBack => NoticeView::RolledBack,
        })
        .collect();
    let peer = match conversation.peer {
        Some(peer) => core.store.contact(peer)?,
        None => None,
    };
    let changed = peer.is_some_and(|contact| contact.key_changed);
    if changed && notices.first() != Some(&NoticeView::KeyChanged) {
        notices.insert(0, NoticeView::KeyChanged);
    }
    Ok(notices)
}
