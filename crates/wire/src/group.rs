//! What everyone in a group agrees on: kind, roles, and the terms of a room. It stands in the
//! GroupContext (RFC 9420 section 8.1), so it is the same for all, and only a commit changes it. The
//! server reads it; what it must not read (title, picture, timers) is in [`crate::content`].

use crate::conversation::ConversationKind;
use crate::limits::CAPACITY_DEFAULT;
use crate::{Bytes, ConversationId, IdentityHash, PROTOCOL_VERSION, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a person may do in a group, from little to much. Direct conversations have no roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads, and leaves. Whoever is muted has this role.
    ReadOnly,
    /// Writes as well.
    Member,
    /// Adds and removes people below, mutes, bans, and sets the terms.
    Admin,
    /// Gives and takes every role below, and can make other owners.
    Owner,
}

/// A person's role, where it is another than [`Role::Member`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RoleOf {
    /// Who.
    pub user: UserId,
    /// What they may do.
    pub role: Role,
}

/// Somebody who may not come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Banned {
    /// Who.
    pub user: UserId,
    /// The first 16 bytes of the SHA-256 of their identity key, so that the key cannot return under
    /// another id.
    pub identity: IdentityHash,
}

/// The GroupContext extension of every group of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupProfile {
    /// The protocol under which the group was founded: [`crate::PROTOCOL_VERSION`]. Never changes.
    pub version: u16,
    /// What the conversation is for. Never changes.
    pub kind: ConversationKind,
    /// With [`ConversationKind::Direct`]: the two people, ascending. Empty otherwise. Never changes.
    pub users: Vec<UserId>,
    /// Roles other than [`Role::Member`], ascending by user. Everyone above member is in the group;
    /// who left while read-only finds that again.
    pub roles: Vec<RoleOf>,
    /// Most people (not devices) at once.
    pub capacity: u32,
    /// Seconds that a person below admin waits between two messages; 0 for none.
    pub slow_mode_seconds: u32,
    /// The server deletes undelivered entries after so many seconds; its ceiling, if missing.
    pub retention_seconds: Option<u32>,
    /// With [`ConversationKind::Room`]: the door.
    pub room: Option<RoomTerms>,
    /// Who may not come back, ascending.
    pub banned: Vec<Banned>,
}

/// The door of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RoomTerms {
    /// Which link is the current one, counted from 1. It names the PSK that a joining external commit
    /// must contain.
    pub rotation: u32,
    /// Nobody comes in.
    pub locked: bool,
    /// Nobody comes in by the link alone: an admin lets them in.
    pub knock: bool,
    /// The room ends then, for everyone.
    pub expires_at: Option<Timestamp>,
}

impl GroupProfile {
    /// Of a conversation of two people.
    pub fn direct(one: UserId, other: UserId) -> Self {
        let users = vec![one.min(other), one.max(other)];
        Self {
            users,
            capacity: 2,
            ..Self::new(ConversationKind::Direct)
        }
    }

    /// Of a group whose founder owns it.
    pub fn group(owner: UserId) -> Self {
        let mut profile = Self::new(ConversationKind::Group);
        profile.set_role(owner, Role::Owner);
        profile
    }

    /// Of a room whose founder owns it.
    pub fn room(owner: UserId, terms: RoomTerms) -> Self {
        let mut profile = Self::new(ConversationKind::Room);
        profile.set_role(owner, Role::Owner);
        Self {
            room: Some(terms),
            ..profile
        }
    }

    fn new(kind: ConversationKind) -> Self {
        Self {
            version: PROTOCOL_VERSION,
            kind,
            users: Vec::new(),
            roles: Vec::new(),
            capacity: CAPACITY_DEFAULT,
            slow_mode_seconds: 0,
            retention_seconds: None,
            room: None,
            banned: Vec::new(),
        }
    }

    /// What a person may do. Whether they are a member is not asked here.
    pub fn role(&self, user: UserId) -> Role {
        match self.roles.binary_search_by_key(&user, |entry| entry.user) {
            Ok(index) => self.roles.get(index).map_or(Role::Member, |entry| entry.role),
            Err(_) => Role::Member,
        }
    }

    /// Gives a person a role.
    pub fn set_role(&mut self, user: UserId, role: Role) {
        self.roles.retain(|entry| entry.user != user);
        if role != Role::Member {
            self.roles.push(RoleOf { user, role });
            self.roles.sort_unstable();
        }
    }

    /// Takes the roles above member from all but these people: whoever left has none.
    pub fn clear_roles_but(&mut self, people: &BTreeSet<UserId>) {
        self.roles
            .retain(|entry| entry.role < Role::Member || people.contains(&entry.user));
    }

    /// Whether this person or this identity key may not come back.
    pub fn is_banned(&self, user: UserId, identity: IdentityHash) -> bool {
        self.banned
            .iter()
            .any(|banned| banned.user == user || banned.identity == identity)
    }

    /// Notes that somebody may not come back.
    pub fn ban(&mut self, banned: Banned) {
        self.banned.push(banned);
        self.banned.sort_unstable();
        self.banned.dedup();
    }

    /// Most people at once.
    pub fn people_max(&self) -> usize {
        usize::try_from(self.capacity).unwrap_or(usize::MAX)
    }

    /// The id of the external PSK that a joining commit must contain; rooms only.
    pub fn psk_id(&self, conversation: ConversationId) -> Option<Vec<u8>> {
        self.room.map(|room| psk_id(conversation, room.rotation))
    }
}

/// The id of a room's external PSK (RFC 9420 section 8.4): the conversation and the rotation.
pub fn psk_id(conversation: ConversationId, rotation: u32) -> Vec<u8> {
    [conversation.as_bytes().as_slice(), &rotation.to_be_bytes()].concat()
}

/// `GET /api/v1/conversations/{id}/group`, for users who are members and come again; answered, too,
/// to whoever enters a room. What an external commit is made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroupResponse {
    /// Which conversation.
    pub conversation: ConversationId,
    /// MLS `GroupInfo` of the current epoch.
    pub group_info: Bytes,
    /// TLS-encoded ratchet tree of the current epoch.
    pub ratchet_tree: Bytes,
    /// Nobody else gets the group for joining within so many milliseconds.
    pub turn_ms: u32,
}

/// `PUT /api/v1/conversations/{id}/group-info`: a member replaces a `GroupInfo` by which nobody can
/// join. Answered with an empty body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplaceGroupInfoRequest {
    /// MLS `GroupInfo` of the current epoch, signed by the caller's leaf, without ratchet tree.
    pub group_info: Bytes,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_member_unless_said_otherwise() {
        let [ada, ben, cy] = [1, 2, 3].map(|n| UserId::from_bytes([n; 16]));
        let mut profile = GroupProfile::group(cy);
        profile.set_role(ada, Role::ReadOnly);
        assert_eq!(
            [ada, ben, cy].map(|user| profile.role(user)),
            [Role::ReadOnly, Role::Member, Role::Owner]
        );
        profile.set_role(ada, Role::Member);
        assert_eq!(profile.roles.len(), 1);
    }
}
