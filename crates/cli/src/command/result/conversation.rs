//! Conversations, their people and their doors as they are printed.

use super::{PersonResult, TermsResult};
use serde::Serialize;
use undertone_client_core::view::{
    ConversationStateView, ConversationView, KnockView, MemberView, RoomDoorView, RoomLinkView,
};
use undertone_wire::conversation::ConversationKind;
use undertone_wire::group::Role;
use undertone_wire::guest::UserKind;
use undertone_wire::{ConversationId, DeviceId, Timestamp};

/// `dm`, `group create`, whatever changes a conversation, and part of `conversations`.
#[derive(Debug, Serialize)]
pub(in crate::command) struct ConversationResult {
    pub(in crate::command) conversation: ConversationId,
    pub(in crate::command) kind: ConversationKind,
    pub(in crate::command) title: String,
}

impl From<&ConversationView> for ConversationResult {
    fn from(view: &ConversationView) -> Self {
        Self {
            conversation: view.conversation,
            kind: view.kind,
            // Scripts go by names that nobody can take from somebody else.
            title: match &view.peer {
                Some(peer) => peer.user_name.clone(),
                None => view.title.clone(),
            },
        }
    }
}

/// `room create` and `room join`. `Debug` is left out: the link is a secret.
#[derive(Serialize)]
pub(in crate::command) struct RoomResult {
    #[serde(flatten)]
    pub(in crate::command) conversation: ConversationResult,
    /// After a knock: nobody has opened yet.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(in crate::command) waiting: bool,
    /// For those who come.
    #[serde(flatten)]
    pub(in crate::command) terms: Option<TermsResult>,
    #[serde(flatten)]
    pub(in crate::command) link: Option<LinkResult>,
}

/// `room link`, `room rotate`. `Debug` is left out: it is a secret.
#[derive(Serialize)]
pub(in crate::command) struct LinkResult {
    pub(in crate::command) link: String,
    pub(in crate::command) code: String,
}

impl From<RoomLinkView> for LinkResult {
    fn from(view: RoomLinkView) -> Self {
        Self {
            link: view.link,
            code: view.code,
        }
    }
}

/// `conversations`.
#[derive(Debug, Serialize)]
pub(in crate::command) struct ConversationLine {
    #[serde(flatten)]
    pub(in crate::command) conversation: ConversationResult,
    pub(in crate::command) role: Role,
    pub(in crate::command) state: ConversationStateView,
    pub(in crate::command) people: u32,
    pub(in crate::command) peer: Option<PersonResult>,
    pub(in crate::command) online: bool,
    pub(in crate::command) unread: u32,
    pub(in crate::command) last_text: Option<String>,
    pub(in crate::command) last_at: Timestamp,
    /// A stranger began it, and the user has not accepted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(in crate::command) request: bool,
}

impl From<&ConversationView> for ConversationLine {
    fn from(view: &ConversationView) -> Self {
        Self {
            conversation: view.into(),
            role: view.role,
            state: view.state,
            people: view.people,
            peer: view.peer.as_ref().map(PersonResult::from),
            online: view.peer.as_ref().is_some_and(|peer| peer.online),
            unread: view.unread,
            last_text: view.last_text.clone(),
            last_at: Timestamp::from_millis(view.last_at_ms),
            request: view.request,
        }
    }
}

/// `room info`: what holds in a conversation, as its members see it or as it stands on the door.
#[derive(Debug, Serialize)]
pub(in crate::command) struct InfoResult {
    #[serde(flatten)]
    pub(in crate::command) conversation: ConversationResult,
    pub(in crate::command) topic: String,
    /// Whether there is one.
    pub(in crate::command) picture: bool,
    pub(in crate::command) joined: bool,
    #[serde(flatten)]
    pub(in crate::command) terms: TermsResult,
    #[serde(flatten)]
    pub(in crate::command) door: Option<DoorResult>,
    #[serde(flatten)]
    pub(in crate::command) own: Option<OwnResult>,
}

/// The door of a room.
#[derive(Debug, Serialize)]
pub(in crate::command) struct DoorResult {
    pub(in crate::command) locked: bool,
    pub(in crate::command) knock: bool,
    pub(in crate::command) expires_at: Option<Timestamp>,
}

/// What is told to members alone.
#[derive(Debug, Serialize)]
pub(in crate::command) struct OwnResult {
    pub(in crate::command) role: Role,
    pub(in crate::command) state: ConversationStateView,
    pub(in crate::command) knocks: u32,
}

impl From<&ConversationView> for InfoResult {
    fn from(view: &ConversationView) -> Self {
        let door = view.room.map(|room| DoorResult {
            locked: room.locked,
            knock: room.knock,
            expires_at: room.expires_at_ms.map(Timestamp::from_millis),
        });
        Self {
            conversation: view.into(),
            topic: view.topic.clone(),
            picture: view.picture.is_some(),
            joined: view.state == ConversationStateView::Active,
            terms: view.into(),
            door,
            own: Some(OwnResult {
                role: view.role,
                state: view.state,
                knocks: view.knocks,
            }),
        }
    }
}

impl From<RoomDoorView> for InfoResult {
    fn from(view: RoomDoorView) -> Self {
        Self {
            terms: TermsResult::from(&view),
            conversation: ConversationResult {
                conversation: view.conversation,
                kind: ConversationKind::Room,
                title: view.title,
            },
            topic: view.topic,
            picture: view.picture.is_some(),
            joined: view.joined,
            door: Some(DoorResult {
                locked: view.locked,
                knock: view.knock,
                expires_at: view.expires_at_ms.map(Timestamp::from_millis),
            }),
            own: None,
        }
    }
}

/// `members`.
#[derive(Debug, Serialize)]
pub(in crate::command) struct MemberResult {
    #[serde(flatten)]
    pub(in crate::command) person: PersonResult,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::command) display_name: Option<String>,
    pub(in crate::command) kind: UserKind,
    pub(in crate::command) role: Role,
    pub(in crate::command) own: bool,
    pub(in crate::command) devices: u32,
    pub(in crate::command) key_changed: bool,
}

impl From<&MemberView> for MemberResult {
    fn from(view: &MemberView) -> Self {
        Self {
            person: PersonResult {
                user: view.user,
                name: view.user_name.clone(),
            },
            display_name: (view.name != view.user_name).then(|| view.name.clone()),
            kind: view.kind,
            role: view.role,
            own: view.is_me,
            devices: view.devices,
            key_changed: view.key_changed,
        }
    }
}

/// `room knocks`.
#[derive(Debug, Serialize)]
pub(in crate::command) struct KnockResult {
    pub(in crate::command) device: DeviceId,
    #[serde(flatten)]
    pub(in crate::command) person: PersonResult,
    pub(in crate::command) kind: UserKind,
    pub(in crate::command) knocked_at: Timestamp,
}

impl From<&KnockView> for KnockResult {
    fn from(view: &KnockView) -> Self {
        Self {
            device: view.device,
            person: PersonResult {
                user: view.user,
                name: view.name.clone(),
            },
            kind: view.kind,
            knocked_at: Timestamp::from_millis(view.knocked_at_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room() -> ConversationResult {
        ConversationResult {
            conversation: ConversationId::from_bytes([1; 16]),
            kind: ConversationKind::Room,
            title: "Harbour".to_owned(),
        }
    }

    #[test]
    fn a_room_is_printed_with_its_link_for_those_who_may_share_it() {
        let result = |link, waiting| RoomResult {
            conversation: room(),
            waiting,
            terms: None,
            link,
        };
        let link = LinkResult {
            link: "https://host/r/x#y".to_owned(),
            code: "abcd-efgh".to_owned(),
        };
        let known = r#"{"conversation":"aeaqcaibaeaqcaibaeaqcaibae","kind":"room","title":"Harbour""#;
        assert_eq!(
            serde_json::to_string(&result(Some(link), false)).unwrap(),
            format!(r#"{known},"link":"https://host/r/x#y","code":"abcd-efgh"}}"#)
        );
        assert_eq!(
            serde_json::to_string(&result(None, true)).unwrap(),
            format!(r#"{known},"waiting":true}}"#)
        );
    }
}
