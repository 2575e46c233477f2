//! The operations on rooms: their links, and who stands at the door. What a link opens is judged here,
//! for both databases alike; nothing here knows what is sealed.

use super::column::Column;
use super::conversation::on_both;
use super::{Store, StoreError};
use crate::auth::TokenHash;
use std::cmp::Ordering;
use undertone_wire::group::{GroupProfile, Role, RoomTerms};
use undertone_wire::limits::KNOCKS_MAX;
use undertone_wire::room::Knock;
use undertone_wire::{Bytes, ConversationId, DeviceId, RoomId, Timestamp, UserId, codec};

/// Somebody comes with a link.
#[derive(Debug, Clone, Copy)]
pub struct Visit {
    /// Which room it names.
    pub room: RoomId,
    /// Of the token that it gives.
    pub token: TokenHash,
    /// Who comes, if they have said so.
    pub user: Option<UserId>,
    /// Now.
    pub now: Timestamp,
}

/// What somebody with the current link finds.
#[derive(Debug, Clone)]
pub struct Door {
    /// Which conversation.
    pub conversation: ConversationId,
    /// What stands on it.
    pub sealed_state: Bytes,
    /// People inside.
    pub people: u32,
    /// The group's profile.
    pub profile: GroupProfile,
    /// The part of it that only rooms have.
    pub terms: RoomTerms,
    /// Whether the visitor is inside already, with any device.
    pub is_member: bool,
}

/// Why a link does not lead to a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoDoor {
    /// There is no such room, or the token is not its link's: strangers cannot tell.
    #[error("there is no such room")]
    Unknown,
    /// The link was right once.
    #[error("the link was replaced")]
    Replaced,
    /// The room has ended.
    #[error("the room has ended")]
    Closed,
}

/// A device asks to be let in.
#[derive(Debug, Clone)]
pub struct NewKnock {
    /// Where.
    pub conversation: ConversationId,
    /// Who, and with what it is to be added.
    pub knock: Knock,
}

/// What became of a knock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Knocked {
    /// It waits for an admin; an earlier one of the same device is replaced.
    Waits,
    /// Too many wait.
    TooMany,
    /// The device is inside.
    IsMember,
}

/// Another sealed state for a room's current link.
#[derive(Debug, Clone)]
pub struct NewSealedState {
    /// Which conversation.
    pub conversation: ConversationId,
    /// The current link's room id.
    pub room: RoomId,
    /// What stands on the door from now on.
    pub sealed_state: Bytes,
}

on_both! {
    /// What stands on the door to which a link leads, for those with its token.
    room::door(visit: Visit) -> Result<Door, NoDoor>;
    /// Whether a token is that of the conversation's current link.
    room::admits(conversation: ConversationId, token: TokenHash) -> Result<(), NoDoor>;
    /// The role of a device's user in a conversation; none for outsiders.
    room::role_in(conversation: ConversationId, device: DeviceId) -> Option<Role>;
    /// Admins and owners, who open to those who knock.
    room::admins(conversation: ConversationId) -> Vec<UserId>;
    /// Lets a device wait at the door.
    room::knock(new: NewKnock) -> Knocked;
    /// Who waits at the door, first come first.
    room::knocks(conversation: ConversationId) -> Vec<Knock>;
    /// Whether a device waits at the door, or was let in.
    room::is_at_door(conversation: ConversationId, device: DeviceId) -> bool;
    /// Takes a device from the door; false if it did not wait.
    room::refuse_knock(conversation: ConversationId, device: DeviceId) -> bool;
    /// Changes what stands on the door.
    room::replace_sealed_state(new: NewSealedState) -> Result<(), NoDoor>;
}

/// How many may wait at a door, as the databases count.
pub(super) fn knocks_max() -> i64 {
    i64::try_from(KNOCKS_MAX).unwrap_or(i64::MAX)
}

/// A link with what it leads to, as the databases have it.
#[derive(Debug)]
pub(super) struct LinkRow {
    pub(super) conversation: Vec<u8>,
    pub(super) rotation: i64,
    pub(super) admission_hash: Vec<u8>,
    pub(super) sealed_state: Vec<u8>,
    pub(super) is_closed: bool,
    /// Missing if the conversation is gone.
    pub(super) profile: Option<Vec<u8>>,
}

/// What is known beside the link.
#[derive(Debug, Clone, Copy)]
pub(super) struct Inside {
    pub(super) people: i64,
    pub(super) is_member: bool,
}

impl LinkRow {
    /// Who has the link's token learns what became of it; nobody else learns anything.
    pub(super) fn judge(&self, token: &TokenHash) -> Result<Result<GroupProfile, NoDoor>, StoreError> {
        let kept = TokenHash::try_from(self.admission_hash.as_slice())
            .map_err(|_| Column("room_link", "admission_hash").inconsistent())?;
        if kept == *token {
            self.state()
        } else {
            Ok(Err(NoDoor::Unknown))
        }
    }

    /// What became of the link.
    pub(super) fn state(&self) -> Result<Result<GroupProfile, NoDoor>, StoreError> {
        let Some(profile) = self.profile.as_deref().filter(|_| !self.is_closed) else {
            return Ok(Err(NoDoor::Closed));
        };
        let profile = profile_of(profile)?;
        let current = i64::from(profile.room.map_or(0, |terms| terms.rotation));
        Ok(match self.rotation.cmp(&current) {
            Ordering::Less => Err(NoDoor::Replaced),
            Ordering::Equal => Ok(profile),
            // The commit that was to bring it was undone.
            Ordering::Greater => Err(NoDoor::Unknown),
        })
    }

    /// The door, for somebody who comes with the link.
    pub(super) fn open(self, visit: &Visit, inside: Inside) -> Result<Result<Door, NoDoor>, StoreError> {
        let profile = match self.judge(&visit.token)? {
            Ok(profile) => profile,
            Err(refused) => return Ok(Err(refused)),
        };
        let column = Column("conversation_group", "profile");
        let terms = profile.room.ok_or_else(|| column.inconsistent())?;
        if terms.expires_at.is_some_and(|ends| ends <= visit.now) {
            return Ok(Err(NoDoor::Closed));
        }
        Ok(Ok(Door {
            conversation: Column("room_link", "conversation_id").id(&self.conversation)?,
            sealed_state: Bytes(self.sealed_state),
            people: u32::try_from(inside.people).unwrap_or(u32::MAX),
            profile,
            terms,
            is_member: inside.is_member,
        }))
    }
}

/// Reads a stored profile.
pub(super) fn profile_of(cbor: &[u8]) -> Result<GroupProfile, StoreError> {
    codec::from_cbor(cbor).map_err(|_| Column("conversation_group", "profile").inconsistent())
}
