//! What happened to a conversation as it is printed: by `watch`, and by `messages --events`.

use super::PersonResult;
use crate::output::printable;
use serde::Serialize;
use undertone_client_core::view::{EventKind, EventView, MessageView};
use undertone_wire::content::{Expiry, HistorySharing};
use undertone_wire::group::Role;
use undertone_wire::{ConversationId, Timestamp};

/// One thing that happened, with the new value of what was changed.
#[derive(Debug, Serialize)]
pub(in crate::command) struct Happening {
    pub(in crate::command) change: EventKind,
    pub(in crate::command) conversation: ConversationId,
    pub(in crate::command) sequence: Option<u64>,
    pub(in crate::command) at: Timestamp,
    pub(in crate::command) who: PersonResult,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::command) whom: Vec<PersonResult>,
    /// Whether it happened to the user of this device, or was done by them.
    pub(in crate::command) own: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timer: Option<Expiry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<HistorySharing>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slow_mode_seconds: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retention_seconds: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    capacity: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_at: Option<Timestamp>,
}

/// A happening under the name of its kind.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(in crate::command) enum HappeningEvent {
    /// Who is in a conversation, and what they may do there.
    Membership(Happening),
    /// What holds in it.
    State(Happening),
}

impl HappeningEvent {
    /// Of a row of a timeline, unless that is a message.
    pub(in crate::command) fn of(row: &MessageView) -> Option<Self> {
        let event = row.event.as_ref()?;
        let happening = Happening::new(row, event);
        Some(if is_membership(event.what) {
            Self::Membership(happening)
        } else {
            Self::State(happening)
        })
    }

    /// What happened.
    pub(in crate::command) fn happening(&self) -> &Happening {
        match self {
            Self::Membership(happening) | Self::State(happening) => happening,
        }
    }

    /// As a sentence.
    pub(in crate::command) fn words(&self) -> String {
        self.happening().words()
    }
}

const fn is_membership(what: EventKind) -> bool {
    matches!(
        what,
        EventKind::Founded
            | EventKind::Joined
            | EventKind::Added
            | EventKind::Left
            | EventKind::Removed
            | EventKind::Banned
            | EventKind::Unbanned
            | EventKind::RoleChanged
            | EventKind::BecameAccount
    )
}

impl Happening {
    fn new(row: &MessageView, event: &EventView) -> Self {
        let whom = event.whom.iter().map(|person| PersonResult {
            user: person.user,
            name: person.user_name.clone(),
        });
        Self {
            change: event.what,
            conversation: row.conversation,
            sequence: row.sequence,
            at: Timestamp::from_millis(row.sent_at_ms),
            who: PersonResult {
                user: event.who,
                name: event.who_user_name.clone(),
            },
            whom: whom.collect(),
            own: event.who_is_me || event.whom.iter().any(|person| person.is_me),
            role: event.role,
            title: event.title.clone(),
            timer: event.timer,
            history: event.history,
            slow_mode_seconds: event.slow_mode_seconds,
            retention_seconds: event.retention_seconds,
            capacity: event.capacity,
            ends_at: event.ends_at_ms.map(Timestamp::from_millis),
        }
    }

    fn words(&self) -> String {
        let who = printable(&self.who.name);
        let whom: Vec<String> = self.whom.iter().map(|person| printable(&person.name)).collect();
        let whom = whom.join(", ");
        match self.change {
            EventKind::Founded => format!("{who} began this conversation"),
            EventKind::Joined => format!("{who} came in"),
            EventKind::Added => format!("{who} added {whom}"),
            EventKind::Left => format!("{who} left"),
            EventKind::Removed => format!("{who} put {whom} out"),
            EventKind::Banned => format!("{who} banned {whom}"),
            EventKind::Unbanned => format!("{who} lets {whom} come back"),
            EventKind::RoleChanged => {
                format!("{who} made {whom} {}", self.role.map_or("member", role_word))
            }
            EventKind::TitleChanged => {
                let title = printable(self.title.as_deref().unwrap_or_default());
                format!("{who} called this conversation {title}")
            }
            EventKind::TopicChanged => format!("{who} changed the topic"),
            EventKind::PictureChanged => format!("{who} changed the picture"),
            EventKind::TimerSet => format!("{who} set a timer: new messages vanish"),
            EventKind::TimerOff => format!("{who} took the timer away: new messages stay"),
            EventKind::HistoryChanged => format!("{who} changed what those who join can read"),
            EventKind::SlowModeChanged => {
                format!("{who} set slow mode to {} s", self.slow_mode_seconds.unwrap_or(0))
            }
            EventKind::RetentionChanged => format!("{who} changed how long the server keeps messages"),
            EventKind::Locked => format!("{who} locked the room"),
            EventKind::Unlocked => format!("{who} opened the room"),
            EventKind::KnockOn => format!("{who} lets people knock from now on"),
            EventKind::KnockOff => format!("{who} lets people in by the link alone"),
            EventKind::LinkChanged => format!("{who} replaced the link"),
            EventKind::CapacityChanged => {
                format!("{who} set the most people to {}", self.capacity.unwrap_or(0))
            }
            EventKind::ClosingChanged => format!("{who} changed when the room ends"),
            EventKind::BecameAccount => format!("{who} has an account now"),
            EventKind::Voided => format!("{who} sent a change that nobody could use; it does not count"),
            EventKind::KeptOut => {
                format!("{who} published a false key: somebody who wanted to come in had to try again")
            }
            EventKind::LeftBehind => {
                format!(
                    "{who} sent a change that others could use and this device could not; it came in again"
                )
            }
        }
    }
}

/// A role as people call it.
pub(in crate::command) const fn role_word(role: Role) -> &'static str {
    match role {
        Role::ReadOnly => "read-only",
        Role::Member => "member",
        Role::Admin => "admin",
        Role::Owner => "owner",
    }
}
