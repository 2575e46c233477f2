//! Telling others what the user tells of themselves: when it changes, and when somebody new is in a
//! conversation. Not at once: each waits a little at random, the longer the more people are there, so that
//! those who come together are told together and a full room does not speak all at once.

use crate::core::Core;
use crate::error::ClientError;
use crate::message::send;
use crate::store::conversation::{Conversation, ConversationState};
use crate::sync::status::Phase;
use rand::Rng;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;
use undertone_wire::ConversationId;
use undertone_wire::content::{Part, Profile};
use undertone_wire::conversation::ConversationKind;
use undertone_wire::group::Role;
use undertone_wire::guest::UserKind;

/// At the least, so that what changes at once is told at once.
const SOONEST_MS: u64 = 300;
/// For each person in the conversation, so much more at the most.
const SPREAD_MS: u64 = 150;
/// A conversation is not told again within this.
const AGAIN_MS: u64 = 20_000;
/// Between two conversations.
const PACE_MS: u64 = 250;
/// The same for guests, who may not say much in a minute.
const GUEST_PACE_MS: u64 = 12_000;

/// When this device tells which conversation, by the monotonic clock.
#[derive(Debug, Default)]
pub(crate) struct Telling {
    due: RefCell<BTreeMap<ConversationId, u64>>,
    told: RefCell<BTreeMap<ConversationId, u64>>,
    /// Before this moment nobody is told.
    next: Cell<u64>,
}

/// All conversations are to be told. Part of a transaction.
pub(crate) fn everybody(core: &Core) -> Result<(), ClientError> {
    for conversation in core.store.conversations()? {
        if conversation.state.has_begun() {
            core.store.add_profile_due(conversation.id)?;
        }
    }
    Ok(())
}

/// Somebody new is in a conversation, perhaps this user. Part of the transaction that let them in.
pub(crate) fn newcomers(core: &Core, conversation: ConversationId) -> Result<(), ClientError> {
    Ok(core.store.add_profile_due(conversation)?)
}

/// Tells a conversation at once, even that there is nothing to tell: so the user's other devices learn
/// that a request was accepted. Where nobody is told, they learn it when the user writes. Part of a transaction.
pub(crate) fn accepted(core: &Core, known: &Conversation) -> Result<(), ClientError> {
    let me = core.me()?;
    let conversation = known.id;
    if known.kind != ConversationKind::Direct && !may_be_told(core, known)? {
        return newcomers(core, conversation);
    }
    let told = core.store.profile(me.user)?.map(|told| told.profile);
    core.store.delete_profile_due(conversation)?;
    let part = Part::Profile(told.unwrap_or_default());
    send::queue_part(core, &me, conversation, part)?;
    Ok(())
}

/// Tells all that are to be told, without waiting.
pub(crate) fn now(core: &Core) -> Result<(), ClientError> {
    let me = core.me()?;
    let Some(own) = core.store.profile(me.user)? else {
        return Ok(());
    };
    for id in core.store.profiles_due()? {
        let known = core.store.conversation(id)?;
        if known.map_or(Ok(false), |known| may_be_told(core, &known))? {
            tell(core, id, &own.profile)?;
        }
    }
    Ok(())
}

/// Tells where it is time; says how long nothing is to be done.
pub(crate) fn round(core: &Core) -> Result<Duration, ClientError> {
    let telling = &core.telling;
    let due = core.store.profiles_due()?;
    telling.due.borrow_mut().retain(|id, _| due.contains(id));
    if core.status.phase() != Phase::Online || !core.status.is_level() || due.is_empty() {
        telling.due.borrow_mut().clear();
        return Ok(Duration::MAX);
    }
    let me = core.me()?;
    let Some(own) = core.store.profile(me.user)? else {
        return forget_all(core, &due);
    };
    let pace = match me.kind {
        UserKind::Account => PACE_MS,
        UserKind::Guest => GUEST_PACE_MS,
    };
    let mut wait = u64::MAX;
    for id in due {
        let Some(conversation) = core.store.conversation(id)? else {
            continue;
        };
        if !may_be_told(core, &conversation)? {
            // Whatever changes that has it told then; one that is on its way is only waited for.
            if conversation.state == ConversationState::Active {
                core.store.delete_profile_due(id)?;
            }
            continue;
        }
        let now = core.platform.monotonic_ms();
        let at = *telling
            .due
            .borrow_mut()
            .entry(id)
            .or_insert_with(|| moment(telling, &conversation, now));
        let at = at.max(telling.next.get());
        if at > now {
            wait = wait.min(at.saturating_sub(now));
            continue;
        }
        tell(core, id, &own.profile)?;
        telling.told.borrow_mut().insert(id, now);
        telling.due.borrow_mut().remove(&id);
        telling.next.set(now.saturating_add(pace));
    }
    Ok(Duration::from_millis(wait))
}

/// Who never told anything has nothing to tell.
fn forget_all(core: &Core, due: &[ConversationId]) -> Result<Duration, ClientError> {
    core.transaction(|| {
        for id in due {
            core.store.delete_profile_due(*id)?;
        }
        Ok(())
    })?;
    Ok(Duration::MAX)
}

fn moment(telling: &Telling, conversation: &Conversation, now: u64) -> u64 {
    let spread = SPREAD_MS.saturating_mul(u64::from(conversation.people).max(1));
    let jitter = rand::rngs::OsRng.gen_range(0..spread);
    let soon = now.saturating_add(SOONEST_MS).saturating_add(jitter);
    let told = telling.told.borrow().get(&conversation.id).copied();
    told.map_or(soon, |told| soon.max(told.saturating_add(AGAIN_MS)))
}

fn tell(core: &Core, id: ConversationId, profile: &Profile) -> Result<(), ClientError> {
    let me = core.me()?;
    core.transaction(|| {
        core.store.delete_profile_due(id)?;
        send::queue_part(core, &me, id, Part::Profile(profile.clone()))
    })?;
    core.signal.notify();
    Ok(())
}

/// Whether a conversation is one that is told: of few enough people, accepted, and where a hidden message
/// does not cost the user their turn to speak.
fn may_be_told(core: &Core, conversation: &Conversation) -> Result<bool, ClientError> {
    let me = core.me()?;
    let role = conversation.profile.as_ref().map(|profile| {
        let slow = profile.slow_mode_seconds > 0;
        (profile.role(me.user), slow)
    });
    let can_speak = role.is_none_or(|(role, slow)| role >= Role::Admin || (role > Role::ReadOnly && !slow));
    let blocked = match conversation.peer {
        Some(peer) => core.store.is_blocked(peer)?,
        None => false,
    };
    Ok(conversation.state == ConversationState::Active
        && conversation.people <= super::people_max()
        && can_speak
        && !blocked
        && core.store.choice(conversation.id)?.request.is_none())
}
