//! People of a group or room: adding, putting out, roles. What is allowed is decided by the rule in `mls`.

use super::action::{self, Action};
use super::{claim, room_secret};
use crate::core::Core;
use crate::error::ClientError;
use crate::store::conversation::{Conversation, ConversationState};
use std::collections::BTreeSet;
use std::rc::Rc;
use undertone_wire::group::Role;
use undertone_wire::{ConversationId, UserId};

/// A conversation that can be changed by this device.
pub(super) fn active(core: &Core, id: ConversationId) -> Result<Conversation, ClientError> {
    let known = core.store.conversation(id)?;
    let known = known.ok_or(ClientError::UnknownConversation)?;
    match known.state {
        ConversationState::Active => Ok(known),
        ConversationState::Creating | ConversationState::Joining => Err(ClientError::UnknownConversation),
        _ => Err(ClientError::ConversationBlocked),
    }
}

/// Adds people with all their devices, in one commit.
pub(crate) async fn add(core: &Rc<Core>, id: ConversationId, users: &[UserId]) -> Result<(), ClientError> {
    let conversation = active(core, id)?;
    let me = core.me()?;
    let members = core.groups.with(id, |group, _| group.members())?;
    let inside: BTreeSet<UserId> = members.iter().map(|member| member.user).collect();
    let new: BTreeSet<UserId> = users
        .iter()
        .copied()
        .filter(|user| !inside.contains(user))
        .collect();
    if new.is_empty() {
        return Ok(());
    }
    let new: Vec<UserId> = new.into_iter().collect();
    let claimed = claim::claim_all(core, &new).await?;
    // Whoever is brought into a room learns its secret after that: until then nobody comes by the link.
    let close = is_open(&conversation);
    let devices = claimed.iter().map(claim::Claimed::new_device).collect();
    let mut actions = vec![Action::Add { devices, close }];
    if close {
        actions.push(Action::Open);
    }
    claim::with_pinned(core, &me, &claim::certificates(&claimed), || Ok(()))?;
    action::perform(core, id, &actions).await
}

/// Puts a person out.
pub(crate) async fn remove(core: &Rc<Core>, id: ConversationId, user: UserId) -> Result<(), ClientError> {
    put_out(core, id, user, false).await
}

/// Puts a person out for good.
pub(crate) async fn ban(core: &Rc<Core>, id: ConversationId, user: UserId) -> Result<(), ClientError> {
    put_out(core, id, user, true).await
}

async fn put_out(core: &Rc<Core>, id: ConversationId, user: UserId, ban: bool) -> Result<(), ClientError> {
    let actions = putting_out(core, id, user, ban)?;
    action::perform(core, id, &actions).await
}

/// How a person is put out. Whoever is put out of a room knows its link: it is replaced.
pub(super) fn putting_out(
    core: &Core,
    id: ConversationId,
    user: UserId,
    ban: bool,
) -> Result<Vec<Action>, ClientError> {
    let conversation = active(core, id)?;
    let me = core.me()?;
    if user == me.user {
        return Err(ClientError::OwnPerson);
    }
    let is_room = room_secret::rotation(&conversation).is_some();
    let members = core.groups.with(id, |group, _| group.members())?;
    let is_inside = members.iter().any(|member| member.user == user);
    if !is_inside && !ban {
        return Err(ClientError::UnknownPerson);
    }
    let close = is_room && is_inside;
    let mut actions = vec![Action::Remove { user, ban, close }];
    if close {
        let open = conversation
            .profile
            .and_then(|profile| profile.room)
            .is_some_and(|room| !room.locked);
        actions.push(Action::Rotate { open });
    }
    Ok(actions)
}

/// Lets somebody who was banned come back.
pub(crate) async fn unban(core: &Rc<Core>, id: ConversationId, user: UserId) -> Result<(), ClientError> {
    active(core, id)?;
    action::perform(core, id, &[Action::Unban(user)]).await
}

/// Gives a role.
pub(crate) async fn set_role(
    core: &Rc<Core>,
    id: ConversationId,
    user: UserId,
    role: Role,
) -> Result<(), ClientError> {
    active(core, id)?;
    action::perform(core, id, &[Action::SetRole { user, role }]).await
}

fn is_open(conversation: &Conversation) -> bool {
    let room = conversation.profile.as_ref().and_then(|profile| profile.room);
    room.is_some_and(|room| !room.locked && !room.knock)
}
