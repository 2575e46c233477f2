//! What happened to a conversation, as a row of its timeline: who came, who went, what was changed.
//! The words for it are the screen's.

use super::message::Names;
use crate::error::ClientError;
use crate::message::event::{Event, Happening};
use crate::message::state;
use serde::{Deserialize, Serialize};
use undertone_wire::content::{Expiry, HistorySharing};
use undertone_wire::group::Role;
use undertone_wire::{Timestamp, UserId};

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// `who` began the conversation.
    Founded,
    /// `who` came in by themselves.
    Joined,
    /// `who` brought `whom` in.
    Added,
    /// `who` went by themselves.
    Left,
    /// `who` put `whom` out.
    Removed,
    /// `who` put `whom` out, and they may not come back.
    Banned,
    /// `who` lets `whom` come back.
    Unbanned,
    /// `who` gave `whom` the role `role`.
    RoleChanged,
    /// The new one is `title`.
    TitleChanged,
    /// There is a new topic.
    TopicChanged,
    /// There is a new picture, or none any more.
    PictureChanged,
    /// New messages vanish by `timer`.
    TimerSet,
    /// New messages stay.
    TimerOff,
    /// Those who join get `history`.
    HistoryChanged,
    /// The new one is `slow_mode_seconds`; 0 for none.
    SlowModeChanged,
    /// The new one is `retention_seconds`; the server's limit, if missing.
    RetentionChanged,
    /// Nobody comes in.
    Locked,
    /// People come in again.
    Unlocked,
    /// An admin lets people in.
    KnockOn,
    /// The link is enough.
    KnockOff,
    /// The room has a new link.
    LinkChanged,
    /// The new one is `capacity`.
    CapacityChanged,
    /// The room ends at `ends_at_ms`; never, if missing.
    ClosingChanged,
    /// `who`, a guest before, has an account.
    BecameAccount,
    /// What `who` did to the group could be processed by nobody, and does not count.
    Voided,
    /// By what `who` published nobody could come in; this device has checked that it was wrong.
    KeptOut,
    /// What `who` did to the group could be processed by others and not by this device: it came in again.
    LeftBehind,
}

/// Somebody to whom something happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct EventPersonView {
    /// Who.
    pub user: UserId,
    /// What they are called.
    pub name: String,
    /// The name of their certificate.
    pub user_name: String,
    /// Whether it is the user of this device.
    pub is_me: bool,
}

/// A row of the timeline that is no message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct EventView {
    /// What happened.
    pub what: EventKind,
    /// Who did it.
    pub who: UserId,
    /// What they are called.
    pub who_name: String,
    /// The name of their certificate.
    pub who_user_name: String,
    /// Whether it is the user of this device.
    pub who_is_me: bool,
    /// To whom.
    pub whom: Vec<EventPersonView>,
    /// The new role.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub role: Option<Role>,
    /// The new title.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub title: Option<String>,
    /// The new timer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub timer: Option<Expiry>,
    /// What those who join get to read of before, from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub history: Option<HistorySharing>,
    /// The new slow mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub slow_mode_seconds: Option<u32>,
    /// The new retention.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub retention_seconds: Option<u32>,
    /// The new capacity.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub capacity: Option<u32>,
    /// When the room ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub ends_at_ms: Option<u64>,
}

/// How a stored event is shown.
pub(super) fn view(names: &mut Names<'_>, who: UserId, event: &Event) -> Result<EventView, ClientError> {
    let mut whom = Vec::with_capacity(event.whom.len());
    for user in &event.whom {
        whom.push(EventPersonView {
            user: *user,
            name: names.of(*user)?,
            user_name: names.user_name_of(*user)?,
            is_me: names.is_me(*user),
        });
    }
    let mut view = EventView {
        what: kind(&event.what),
        who,
        who_name: names.of(who)?,
        who_user_name: names.user_name_of(who)?,
        who_is_me: names.is_me(who),
        whom,
        role: None,
        title: None,
        timer: None,
        history: None,
        slow_mode_seconds: None,
        retention_seconds: None,
        capacity: None,
        ends_at_ms: None,
    };
    match &event.what {
        Happening::RoleChanged(role) => view.role = Some(*role),
        Happening::TitleChanged(title) => view.title = Some(state::shown_title(title)),
        Happening::TimerChanged(timer) => view.timer = *timer,
        Happening::HistoryChanged(history) => view.history = Some(*history),
        Happening::SlowModeChanged(seconds) => view.slow_mode_seconds = Some(*seconds),
        Happening::RetentionChanged(seconds) => view.retention_seconds = *seconds,
        Happening::CapacityChanged(capacity) => view.capacity = Some(*capacity),
        Happening::ClosingChanged(at) => view.ends_at_ms = at.map(Timestamp::as_millis),
        _ => {}
    }
    Ok(view)
}

const fn kind(what: &Happening) -> EventKind {
    match what {
        Happening::Founded => EventKind::Founded,
        Happening::Joined => EventKind::Joined,
        Happening::Added => EventKind::Added,
        Happening::Left => EventKind::Left,
        Happening::Removed => EventKind::Removed,
        Happening::Banned => EventKind::Banned,
        Happening::Unbanned => EventKind::Unbanned,
        Happening::RoleChanged(_) => EventKind::RoleChanged,
        Happening::TitleChanged(_) => EventKind::TitleChanged,
        Happening::TopicChanged => EventKind::TopicChanged,
        Happening::PictureChanged => EventKind::PictureChanged,
        Happening::TimerChanged(Some(_)) => EventKind::TimerSet,
        Happening::TimerChanged(None) => EventKind::TimerOff,
        Happening::HistoryChanged(_) => EventKind::HistoryChanged,
        Happening::SlowModeChanged(_) => EventKind::SlowModeChanged,
        Happening::RetentionChanged(_) => EventKind::RetentionChanged,
        Happening::LockChanged(true) => EventKind::Locked,
        Happening::LockChanged(false) => EventKind::Unlocked,
        Happening::KnockChanged(true) => EventKind::KnockOn,
        Happening::KnockChanged(false) => EventKind::KnockOff,
        Happening::LinkChanged => EventKind::LinkChanged,
        Happening::CapacityChanged(_) => EventKind::CapacityChanged,
        Happening::ClosingChanged(_) => EventKind::ClosingChanged,
        Happening::BecameAccount => EventKind::BecameAccount,
        Happening::Voided => EventKind::Voided,
        Happening::KeptOut => EventKind::KeptOut,
        Happening::LeftBehind => EventKind::LeftBehind,
    }
}
