//! Signals: who is writing, and who is at their device. They live in memory and on the connection only;
//! what is kept is when this device saw somebody last, and whom the user shows themselves to. Nothing is
//! decided by them: a member could forge what another member says.

mod seal;

use super::clock;
use crate::change::Change;
use crate::core::Core;
use crate::error::ClientError;
use crate::people;
use crate::store::conversation::{Conversation, ConversationState};
use crate::sync::status::Phase;
use crate::view::PresenceView;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use undertone_wire::conversation::ConversationKind;
use undertone_wire::limits::{SIGNAL_PEOPLE_MAX, TYPING_LIFE};
use undertone_wire::signal::{Attention, SealedSignal, Signal, Visibility};
use undertone_wire::stream::{ClientFrame, Presence};
use undertone_wire::{ConversationId, Timestamp, UserId};

/// Frames that wait for the connection; more are of no use to anybody.
const WAITING_MAX: usize = 256;

/// What is known of others' signals, and what was said of this user.
#[derive(Debug, Default)]
pub(crate) struct Signals {
    waiting: RefCell<Vec<ClientFrame>>,
    /// Who is writing, and until when by the monotonic clock.
    typing: RefCell<BTreeMap<(ConversationId, UserId), u64>>,
    /// When others were told last that this user is writing.
    typed: RefCell<BTreeMap<ConversationId, u64>>,
    attention: RefCell<HashMap<UserId, Attention>>,
    own: Cell<Option<Attention>>,
}

impl Signals {
    /// Who is writing in a conversation.
    pub(crate) fn typing(&self, conversation: ConversationId) -> Vec<UserId> {
        let typing = self.typing.borrow();
        let here = typing.keys().filter(|(id, _)| *id == conversation);
        here.map(|(_, user)| *user).collect()
    }

    /// Somebody has stopped, or sent what they were writing.
    pub(super) fn stopped(&self, conversation: ConversationId, user: UserId) -> bool {
        self.typing.borrow_mut().remove(&(conversation, user)).is_some()
    }

    /// Nothing is known of somebody any more.
    pub(crate) fn forget(&self, user: UserId) {
        self.typing.borrow_mut().retain(|(_, who), _| *who != user);
        self.attention.borrow_mut().remove(&user);
    }

    /// The frames that wait for the connection.
    pub(crate) fn take_waiting(&self) -> Vec<ClientFrame> {
        self.waiting.take()
    }
}

/// How present somebody is, as far as they show it.
pub(crate) fn presence(core: &Core, user: UserId) -> PresenceView {
    if core.store.is_blocked(user).unwrap_or(true) {
        return PresenceView::Unknown;
    }
    if core.online.borrow().contains(&user) {
        return match core.signals.attention.borrow().get(&user) {
            Some(Attention::Away(since)) => PresenceView::Away {
                since_ms: clock::on_wall(core, *since).as_millis(),
            },
            Some(Attention::Here | Attention::Gone(_)) | None => PresenceView::Here,
        };
    }
    match core.store.last_seen(user) {
        Ok(Some(at)) => PresenceView::Gone {
            last_seen_ms: clock::on_wall(core, at).as_millis(),
        },
        Ok(None) | Err(_) => PresenceView::Unknown,
    }
}

/// The user is writing. Others are told at most twice in the life of the signal.
pub(crate) fn typing(core: &Core, conversation: ConversationId) -> Result<(), ClientError> {
    let now = core.platform.monotonic_ms();
    if !core.store.privacy()?.typing {
        return Ok(());
    }
    let told = core.signals.typed.borrow().get(&conversation).copied();
    let life = u64::try_from(TYPING_LIFE.as_millis()).unwrap_or(u64::MAX);
    if !is_online(core) || told.is_some_and(|told| now.saturating_sub(told) < life / 2) {
        return Ok(());
    }
    if say_in(core, conversation, Signal::Typing)? {
        core.signals.typed.borrow_mut().insert(conversation, now);
    }
    Ok(())
}

/// The user has stopped writing, without sending.
pub(crate) fn stopped_typing(core: &Core, conversation: ConversationId) -> Result<(), ClientError> {
    let told = core.signals.typed.borrow_mut().remove(&conversation);
    if told.is_some() && is_online(core) {
        say_in(core, conversation, Signal::StoppedTyping)?;
    }
    Ok(())
}

/// The user has sent what they were writing: the message says so by itself.
pub(crate) fn sent(core: &Core, conversation: ConversationId) {
    core.signals.typed.borrow_mut().remove(&conversation);
}

/// The user is at the device, or not.
pub(crate) fn set_attention(core: &Core, here: bool) -> Result<(), ClientError> {
    let before = core.signals.own.get();
    let now = match (before, here) {
        (Some(Attention::Here) | None, true) | (Some(Attention::Away(_)), false) => {
            core.signals.own.set(before.or(Some(Attention::Here)));
            return Ok(());
        }
        (_, true) => Attention::Here,
        (_, false) => Attention::Away(clock::shown(core)),
    };
    core.signals.own.set(Some(now));
    if is_online(core) {
        say_everywhere(core, now, |_| true)?;
    }
    Ok(())
}

/// The connection is about to end.
pub(crate) fn leave(core: &Core) {
    let gone = Attention::Gone(clock::shown(core));
    if !is_online(core) {
        return;
    }
    if let Err(error) = say_everywhere(core, gone, |_| true) {
        tracing::debug!(
            error = &error as &dyn std::error::Error,
            "nobody was told of the end"
        );
    }
}

/// Whom the user shows themselves to.
pub(crate) fn set_visibility(core: &Core, visibility: Visibility) -> Result<(), ClientError> {
    core.store.save_visibility(visibility)?;
    if is_online(core) {
        put(core, ClientFrame::Show(visibility));
    }
    core.publish(Change::Presence);
    Ok(())
}

/// The connection begins, or was authenticated anew: the server is told to whom the user shows themselves.
pub(crate) fn connected(core: &Core) -> Result<(), ClientError> {
    let visibility = core.store.visibility()?;
    let hidden = people::hidden(core)?;
    if !hidden.is_empty() {
        put(core, ClientFrame::Hide(hidden.clone()));
    }
    if !hidden.is_empty() || visibility != Visibility::Everyone {
        put(core, ClientFrame::Show(visibility));
    }
    Ok(())
}

/// Where nothing is told of the user has changed: the server hears of it.
pub(crate) fn hide(core: &Core) {
    if !is_online(core) {
        return;
    }
    match people::hidden(core) {
        Ok(hidden) => put(core, ClientFrame::Hide(hidden)),
        Err(error) => tracing::warn!(
            error = &error as &dyn std::error::Error,
            "the server was not told where the user is not to be seen"
        ),
    }
}

/// The connection ended: nobody is known to be there. Whoever was, was seen until now.
pub(crate) fn disconnected(core: &Core) {
    core.signals.waiting.take();
    core.signals.typed.take();
    core.signals.attention.take();
    let typed = core.signals.typing.take();
    let online = core.online.take();
    for user in &online {
        seen(core, *user, clock::shown(core));
    }
    if !online.is_empty() {
        core.publish(Change::Presence);
    }
    if !typed.is_empty() {
        core.publish(Change::Conversations);
    }
}

/// The server says that somebody came or went. Who comes is told if this user is away.
pub(crate) fn presence_changed(core: &Core, presence: Presence) -> Result<(), ClientError> {
    let user = presence.user;
    let news = if presence.online {
        core.online.borrow_mut().insert(user)
    } else {
        core.signals.attention.borrow_mut().remove(&user);
        core.online.borrow_mut().remove(&user)
    };
    if !news {
        return Ok(());
    }
    if presence.online {
        if let Some(away @ Attention::Away(_)) = core.signals.own.get() {
            say_everywhere(core, away, |conversation| has(core, conversation, user))?;
        }
    } else {
        seen(core, user, clock::shown(core));
    }
    core.publish(Change::Presence);
    Ok(())
}

/// Another member's signal. What cannot be opened is nobody's.
pub(crate) fn receive(core: &Core, sealed: &SealedSignal) -> Result<(), ClientError> {
    let me = core.me()?;
    let known = core.store.conversation(sealed.conversation)?;
    if known.is_none_or(|known| !is_for_signals(&known)) {
        return Ok(());
    }
    let Some((user, signal)) = seal::open(core, sealed)? else {
        return Ok(());
    };
    if user == me.user || core.store.is_blocked(user)? {
        return Ok(());
    }
    let conversation = sealed.conversation;
    match signal {
        // Who does not tell does not know it of others.
        Signal::Typing if !core.store.privacy()?.typing => {}
        Signal::Typing => {
            let life = u64::try_from(TYPING_LIFE.as_millis()).unwrap_or(u64::MAX);
            let until = core.platform.monotonic_ms().saturating_add(life);
            core.signals
                .typing
                .borrow_mut()
                .insert((conversation, user), until);
            core.publish(Change::Conversations);
        }
        Signal::StoppedTyping => {
            if core.signals.stopped(conversation, user) {
                core.publish(Change::Conversations);
            }
        }
        Signal::Presence(attention) => attend(core, user, attention),
    }
    Ok(())
}

/// Those whose signal has ended are no longer writing; gives how long the next one has.
pub(super) fn drop_ended(core: &Core) -> Duration {
    let now = core.platform.monotonic_ms();
    let mut typing = core.signals.typing.borrow_mut();
    let before = typing.len();
    typing.retain(|_, until| *until > now);
    let ended = typing.len() < before;
    let next = typing.values().min().copied();
    drop(typing);
    if ended {
        core.publish(Change::Conversations);
    }
    next.map_or(Duration::MAX, |until| {
        Duration::from_millis(until.saturating_sub(now))
    })
}

fn attend(core: &Core, user: UserId, attention: Attention) {
    let now = clock::shown(core);
    let attention = match attention {
        Attention::Here => Attention::Here,
        Attention::Away(since) => Attention::Away(since.min(now)),
        Attention::Gone(at) => Attention::Gone(at.min(now)),
    };
    core.signals.attention.borrow_mut().insert(user, attention);
    core.publish(Change::Presence);
}

/// Keeps that somebody was seen. It is no harm if that cannot be kept.
fn seen(core: &Core, user: UserId, at: Timestamp) {
    if let Err(error) = core.store.save_last_seen(user, at) {
        tracing::debug!(error = &error as &dyn std::error::Error, "last seen was not kept");
    }
}

fn has(core: &Core, conversation: &Conversation, user: UserId) -> bool {
    if conversation.kind == ConversationKind::Direct {
        return conversation.peer == Some(user);
    }
    let members = core.groups.with(conversation.id, |group, _| group.members());
    members.is_ok_and(|members| members.iter().any(|member| member.user == user))
}

/// Says something in all conversations of a kind.
fn say_everywhere(
    core: &Core,
    attention: Attention,
    wanted: impl Fn(&Conversation) -> bool,
) -> Result<(), ClientError> {
    for conversation in core.store.conversations()? {
        if wanted(&conversation) {
            say(core, &conversation, Signal::Presence(attention))?;
        }
    }
    Ok(())
}

fn say_in(core: &Core, conversation: ConversationId, signal: Signal) -> Result<bool, ClientError> {
    let known = core.store.conversation(conversation)?;
    say(core, &known.ok_or(ClientError::UnknownConversation)?, signal)
}

/// Says something, if the user shows themselves there and somebody can hear it.
fn say(core: &Core, conversation: &Conversation, signal: Signal) -> Result<bool, ClientError> {
    let shows = match core.store.visibility()? {
        Visibility::Everyone => true,
        Visibility::Direct => conversation.kind == ConversationKind::Direct,
        Visibility::Nobody => false,
    };
    let heard = conversation
        .peer
        .is_none_or(|peer| core.online.borrow().contains(&peer));
    if !shows || !heard || !is_for_signals(conversation) || people::is_silent(core, conversation)? {
        return Ok(false);
    }
    let me = core.me()?;
    let sealed = seal::seal(core, &me, conversation.id, signal)?;
    put(core, ClientFrame::Signal(sealed));
    Ok(true)
}

fn is_for_signals(conversation: &Conversation) -> bool {
    let people = usize::try_from(conversation.people).unwrap_or(usize::MAX);
    conversation.state == ConversationState::Active && people <= SIGNAL_PEOPLE_MAX
}

fn is_online(core: &Core) -> bool {
    core.status.phase() == Phase::Online
}

/// Hands a frame to the connection.
fn put(core: &Core, frame: ClientFrame) {
    let mut waiting = core.signals.waiting.borrow_mut();
    if waiting.len() < WAITING_MAX {
        waiting.push(frame);
    }
    drop(waiting);
    core.signal.notify();
}
