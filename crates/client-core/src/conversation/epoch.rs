//! What follows from a commit, one's own or another's, once the group has merged it: who is inside, which
//! link counts, and what those who came must be told. Part of the commit's transaction.

use super::action::{self, Action};
use super::{leave, room_secret, rotate, terms};
use crate::core::{Core, Me};
use crate::error::ClientError;
use crate::message::event::{self, Place};
use crate::message::talk::deletion;
use crate::people::tell;
use crate::store::conversation::{Conversation, ConversationState};
use crate::store::message::Failure;
use crate::view::Intent;
use std::collections::BTreeSet;
use undertone_mls::{CommitApplied, Member};
use undertone_wire::conversation::ConversationKind;
use undertone_wire::group::Role;
use undertone_wire::{UserId, codec};

/// A new epoch began.
pub(crate) fn begun(
    core: &Core,
    me: &Me,
    conversation: &mut Conversation,
    place: Place,
    applied: &CommitApplied,
) -> Result<(), ClientError> {
    let id = conversation.id;
    conversation.sequence = place.sequence;
    read_profile(core, conversation)?;
    core.store.save_conversation(conversation)?;
    forget_gone(core, conversation, applied)?;
    if let (Some(before), Some(after)) = (applied.before.room, applied.after.room)
        && before.rotation != after.rotation
    {
        room_secret::rotated(core, id, after.rotation, applied.committer.user)?;
    }
    leave::ask_again(core, id)?;
    core.leaving.borrow_mut().remove(&id);
    event::commit(core, me, place, applied)?;
    if !applied.added.is_empty() {
        tell::newcomers(core, id)?;
    }
    if must_tell(core, me, conversation, applied)? {
        terms::tell(core, me, id)?;
        if let (Some(rotation), Some(secret)) = (
            room_secret::rotation(conversation),
            room_secret::current(core, conversation)?,
        ) && !applied.external
        {
            rotate::tell(core, me, conversation, rotation, &secret)?;
        }
    }
    Ok(())
}

/// This device is out: what was read stays, what was wanted comes to nothing.
pub(crate) fn ended(
    core: &Core,
    me: &Me,
    conversation: &mut Conversation,
    place: Place,
    applied: &CommitApplied,
) -> Result<(), ClientError> {
    let id = conversation.id;
    conversation.sequence = place.sequence;
    conversation.profile = Some(applied.after.clone());
    event::commit(core, me, place, applied)?;
    conversation.state = ConversationState::Removed;
    core.store.save_conversation(conversation)?;
    core.groups.delete(id)?;
    core.store.forget_room_secrets_before(id, u32::MAX)?;
    core.leaving.borrow_mut().remove(&id);
    for queued in core.store.actions(id)? {
        let action: Action = codec::from_cbor(&queued.action)?;
        if matches!(&action, Action::Intent(intent) if deletion::is_deletion(intent)) {
            // What was read stays, and can be deleted.
            continue;
        }
        let left = action == Action::Leave || action == Action::Intent(Box::new(Intent::Leave));
        let outcome = if left { Ok(()) } else { Err(Failure::unknown()) };
        action::settle(core, queued.id, outcome)?;
    }
    Ok(())
}

/// Takes over from the group what is read often.
pub(crate) fn read_profile(core: &Core, conversation: &mut Conversation) -> Result<(), ClientError> {
    let (profile, members) = core.groups.with(conversation.id, |group, _| {
        Ok((group.profile().clone(), group.members()?))
    })?;
    let people: BTreeSet<UserId> = members.iter().map(|member| member.user).collect();
    conversation.people = u32::try_from(people.len()).unwrap_or(u32::MAX);
    conversation.profile = Some(profile);
    Ok(())
}

/// A device that went counts anew when it comes again; a secret that it may have heard of is not used.
fn forget_gone(core: &Core, conversation: &Conversation, applied: &CommitApplied) -> Result<(), ClientError> {
    let again = |gone: &Member| applied.added.iter().any(|added| added.device == gone.device);
    for gone in applied.removed.iter().filter(|gone| !again(gone)) {
        core.store.forget_peer_counter(conversation.id, gone.device)?;
    }
    if let Some(room) = applied.before.room
        && !applied.removed.is_empty()
        && applied.after.room == Some(room)
    {
        let next = room.rotation.saturating_add(1);
        core.store.forget_proposed_secrets(conversation.id, next)?;
    }
    Ok(())
}

/// Whether this device tells those who came what is agreed on: whoever brought them does, if it may; of
/// those who came by themselves, or were brought by somebody who may not, the first admin's device.
fn must_tell(
    core: &Core,
    me: &Me,
    conversation: &Conversation,
    applied: &CommitApplied,
) -> Result<bool, ClientError> {
    let came = applied.added.iter().any(|added| added.device != me.device);
    if !came || applied.own_device_removed {
        return Ok(false);
    }
    let committer = applied.committer;
    if applied.after.kind == ConversationKind::Direct {
        return Ok(committer.device == me.device);
    }
    if !applied.external && applied.after.role(committer.user) >= Role::Admin {
        return Ok(committer.device == me.device);
    }
    let members = core.groups.with(conversation.id, |group, _| group.members())?;
    let old = |member: &&Member| !applied.added.iter().any(|added| added.device == member.device);
    let known = members
        .iter()
        .filter(old)
        .any(|member| member.user == committer.user);
    // Who comes by the link for the first time has read the state on the door.
    if applied.external && !known {
        return Ok(false);
    }
    let mut leading = members
        .iter()
        .filter(old)
        .filter(|member| applied.after.role(member.user) >= Role::Admin);
    Ok(leading.next().is_some_and(|first| first.device == me.device))
}
