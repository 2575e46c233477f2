//! The JSON that the verbs print, as docs/cli.md describes it. Scripts rely on it: fields are added,
//! never renamed or removed.

mod conversation;
mod file;
mod happening;
mod message;
mod person;
mod talk;
mod terms;

pub(super) use conversation::{
    ConversationLine, ConversationResult, InfoResult, KnockResult, LinkResult, MemberResult, RoomResult,
};
pub(super) use file::{FileResult, SavedResult};
pub(super) use happening::{HappeningEvent, role_word};
pub(super) use message::{MessageResult, SentResult};
pub(super) use person::{BlockedResult, CardResult, NotifyResult, request_line};
pub(super) use talk::{MarksResult, PrivacyResult, ReaderResult};
pub(super) use terms::TermsResult;

use serde::Serialize;
use undertone_client_core::view::{PersonView, SessionView};
use undertone_wire::guest::UserKind;
use undertone_wire::signal::Visibility;
use undertone_wire::{ConversationId, DeviceId, Timestamp, UserId};

/// `register`, `login`, `guest`, `whoami`.
#[derive(Debug, Serialize)]
pub(super) struct SessionResult {
    pub(super) user: UserId,
    pub(super) name: String,
    pub(super) device: DeviceId,
    pub(super) server: String,
    pub(super) kind: UserKind,
    pub(super) admin: bool,
    /// Of a guest: when the stay ends, unless they come back before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stay_until: Option<Timestamp>,
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
                kind,
                stay_until_ms,
                ..
            } => Some(Self {
                user,
                name,
                device,
                server,
                kind,
                admin: is_admin,
                stay_until: stay_until_ms.map(Timestamp::from_millis),
                recovery_key,
            }),
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

/// `read`.
#[derive(Debug, Serialize)]
pub(super) struct ReadResult {
    pub(super) conversation: ConversationId,
    pub(super) read: bool,
}

/// `visibility`.
#[derive(Debug, Serialize)]
pub(super) struct VisibilityResult {
    pub(super) visible_to: Visibility,
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
            name: person.user_name.clone(),
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
