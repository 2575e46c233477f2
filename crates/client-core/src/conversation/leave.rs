//! Leaving: the user's other devices go by a commit, the last one asks the others to let it go. Who is
//! alone just goes.

use super::action::{self, Action};
use super::change::Draft;
use crate::core::{Core, Me};
use crate::error::ClientError;
use crate::message::history;
use crate::store::conversation::{Conversation, ConversationState};
use crate::store::own_commit::{OwnCommit, OwnContent};
use rand::Rng;
use std::rc::Rc;
use undertone_mls::rule::Violation;
use undertone_mls::{CommitRefused, GroupError};
use undertone_wire::conversation::ConversationKind;
use undertone_wire::group::{GroupProfile, Role};
use undertone_wire::{ConversationId, Timestamp, codec};

/// Due when a new epoch begins before anybody let this device go.
const LATER: Timestamp = Timestamp::from_millis(i64::MAX.unsigned_abs());

/// Those who ask are let go after at most so many milliseconds...
const LET_GO_MS: u64 = 100;
/// ... and so many more for each person inside...
const LET_GO_MS_EACH: u64 = 20;
/// ... but never more than so many.
const LET_GO_LONGEST_MS: u64 = 2_000;

/// Leaves a conversation with all of the user's devices. Resolves when the others know.
pub(crate) async fn leave(core: &Rc<Core>, id: ConversationId) -> Result<(), ClientError> {
    let conversation = core
        .store
        .conversation(id)?
        .ok_or(ClientError::UnknownConversation)?;
    if conversation.state == ConversationState::Waiting {
        return core.transaction(|| Ok(core.store.delete_conversation(id)?));
    }
    check(core, id)?;
    action::perform(core, id, &[Action::Leave]).await
}

/// Whether this device's user can leave, as far as this device knows.
pub(super) fn check(core: &Core, id: ConversationId) -> Result<(), ClientError> {
    let conversation = super::member::active(core, id)?;
    let me = core.me()?;
    let profile = conversation.profile.as_ref();
    let profile = profile.filter(|_| conversation.kind != ConversationKind::Direct);
    let profile = profile.ok_or(ClientError::UnknownConversation)?;
    if conversation.people > 1 && is_last_owner(profile, &me) {
        return Err(ClientError::NotDone(action::refusal_of(&last_owner())));
    }
    Ok(())
}

/// Takes up a leaving. Gives whether a commit is due for it: the one that takes along the user's other
/// devices.
pub(super) fn take_up(
    core: &Core,
    me: &Me,
    conversation: &Conversation,
    draft: &mut Draft,
    number: i64,
) -> Result<bool, ClientError> {
    let own = draft.members.iter().filter(|member| member.user == me.user);
    let others = own.clone().filter(|member| member.device != me.device);
    let leaves: Vec<u32> = others.map(|member| member.leaf).collect();
    if own.count() == draft.members.len() {
        go_alone(core, conversation)?;
        action::settle(core, number, Ok(()))?;
        return Ok(false);
    }
    if is_last_owner(&draft.profile, me) {
        action::settle(core, number, Err(action::refusal_of(&last_owner())))?;
        return Ok(false);
    }
    if !leaves.is_empty() {
        draft.remove.extend(leaves);
        return Ok(true);
    }
    let asked = core.groups.with(conversation.id, |group, provider| {
        let proposal = group.leave(provider, &me.mls)?;
        Ok((group.epoch(), proposal))
    });
    let (epoch, proposal) = match asked {
        Ok(asked) => asked,
        Err(ClientError::Group(error)) => {
            core.groups.forget(conversation.id);
            action::settle(core, number, Err(action::refusal_of(&error)))?;
            return Ok(false);
        }
        Err(error) => return Err(error),
    };
    let own = OwnCommit {
        epoch,
        counter: conversation.own_counter.next(),
        payload_hash: history::hash_of(&proposal),
        content: OwnContent::Proposal(proposal),
    };
    core.store.save_own_commit(conversation.id, &own)?;
    core.store.set_action_under_way(number, true)?;
    Ok(false)
}

/// The wish is stored on the server: whoever leaves need not wait, but the wish counts for this epoch
/// only. Belongs into a transaction.
pub(crate) fn asked(core: &Core, id: ConversationId) -> Result<(), ClientError> {
    for queued in core.store.actions_under_way(id)? {
        core.store.set_action_under_way(queued.id, false)?;
        core.store.set_action_due(queued.id, LATER)?;
        action::tell(core, queued.id, Ok(()));
    }
    Ok(())
}

/// Somebody asked to be let go: this device does it soon, unless another is first. The more are inside,
/// the longer it waits.
pub(crate) fn let_go_soon(core: &Core, conversation: &Conversation) {
    let each = LET_GO_MS_EACH.saturating_mul(conversation.people.into());
    let longest = LET_GO_MS.saturating_add(each).min(LET_GO_LONGEST_MS);
    let at = core.platform.monotonic_ms();
    let at = at.saturating_add(rand::rngs::OsRng.gen_range(0..=longest));
    core.leaving.borrow_mut().insert(conversation.id, at);
}

/// Queues the commit that lets those go who asked for it, where the time for it has come.
pub(crate) fn let_go_due(core: &Core) -> Result<(), ClientError> {
    let now = core.platform.monotonic_ms();
    let due: Vec<_> = core
        .leaving
        .borrow()
        .iter()
        .filter(|(_, at)| **at <= now)
        .map(|(id, _)| *id)
        .collect();
    for id in due {
        core.leaving.borrow_mut().remove(&id);
        let known = core.store.conversation(id)?;
        if known.is_some_and(|known| known.state == ConversationState::Active) {
            core.transaction(|| action::enqueue(core, id, &Action::LetGo, action::NOW))?;
        }
    }
    Ok(())
}

/// Another epoch began and this device is still inside: it asks again. Belongs into a transaction.
pub(super) fn ask_again(core: &Core, id: ConversationId) -> Result<(), ClientError> {
    for queued in core.store.actions(id)? {
        if codec::from_cbor::<Action>(&queued.action)? == Action::Leave {
            core.store.set_action_due(queued.id, action::NOW)?;
        }
    }
    Ok(())
}

fn is_last_owner(profile: &GroupProfile, me: &Me) -> bool {
    let mut owners = profile.roles.iter().filter(|entry| entry.role == Role::Owner);
    owners.all(|entry| entry.user == me.user) && profile.role(me.user) == Role::Owner
}

fn last_owner() -> GroupError {
    CommitRefused::from(Violation::NoOwner).into()
}

/// Nobody else is there to let this device go. What was read stays.
fn go_alone(core: &Core, conversation: &Conversation) -> Result<(), ClientError> {
    let gone = Conversation {
        state: ConversationState::Removed,
        ..conversation.clone()
    };
    core.groups.delete(conversation.id)?;
    Ok(core.store.save_conversation(&gone)?)
}
