//! How far people have read: told to others a while after reading, the newest place only, and never where
//! it would be more noise than news. Off for a user who wants neither to tell nor to know.

use super::receive::Arrival;
use super::{clock, send};
use crate::change::Change;
use crate::core::{Core, Me};
use crate::error::ClientError;
use crate::people;
use crate::store::conversation::{Conversation, ConversationState};
use crate::store::receipt::StoredReceipt;
use crate::sync::status::Phase;
use crate::view::PrivacyView;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;
use undertone_wire::content::{Part, Receipt};
use undertone_wire::group::Role;
use undertone_wire::guest::UserKind;
use undertone_wire::limits::SIGNAL_PEOPLE_MAX;
use undertone_wire::{ConversationId, Sequence, UserId};

/// So long what is read is gathered.
const GATHER_MS: u64 = 2000;
/// And so much longer for each person in the conversation: all of them tell.
const GATHER_MS_PER_PERSON: u64 = 100;
/// Between two receipts of a guest: guests may send less.
const GUEST_EVERY_MS: u64 = 15_000;

/// What is to be told, and what was.
#[derive(Debug, Default)]
pub(crate) struct Receipts {
    /// When what was read in a conversation is told, by the monotonic clock.
    due: RefCell<BTreeMap<ConversationId, u64>>,
    /// How far this device has told, and when.
    told: RefCell<BTreeMap<ConversationId, (Sequence, u64)>>,
}

impl Receipts {
    /// Somebody else is signed in, or nobody.
    pub(crate) fn forget(&self) {
        self.due.take();
        self.told.take();
    }
}

/// The user has read something: others are told in a while.
pub(super) fn read_here(core: &Core, conversation: &Conversation) -> Result<(), ClientError> {
    let me = core.me()?;
    if !may_tell(core, &me, conversation)? {
        return Ok(());
    }
    let now = core.platform.monotonic_ms();
    let gather =
        GATHER_MS.saturating_add(GATHER_MS_PER_PERSON.saturating_mul(u64::from(conversation.people)));
    let mut due = now.saturating_add(gather);
    let told = core.receipts.told.borrow().get(&conversation.id).copied();
    if let Some((_, at)) = told.filter(|_| me.kind == UserKind::Guest) {
        due = due.max(at.saturating_add(GUEST_EVERY_MS));
    }
    core.receipts
        .due
        .borrow_mut()
        .entry(conversation.id)
        .or_insert(due);
    core.signal.notify();
    Ok(())
}

/// Tells what is due; says how long nothing is to be done.
pub(super) fn round(core: &Core) -> Result<Duration, ClientError> {
    let now = core.platform.monotonic_ms();
    if core.status.phase() != Phase::Online {
        return Ok(Duration::MAX);
    }
    let due: Vec<_> = {
        let mut waiting = core.receipts.due.borrow_mut();
        let due = waiting.iter().filter(|(_, at)| **at <= now);
        let due: Vec<_> = due.map(|(id, _)| *id).collect();
        waiting.retain(|id, _| !due.contains(id));
        due
    };
    for conversation in due {
        tell(core, conversation)?;
    }
    let next = core.receipts.due.borrow().values().min().copied();
    Ok(next.map_or(Duration::MAX, |at| Duration::from_millis(at.saturating_sub(now))))
}

fn tell(core: &Core, id: ConversationId) -> Result<(), ClientError> {
    let me = core.me()?;
    let Some(known) = core.store.conversation(id)? else {
        return Ok(());
    };
    if !may_tell(core, &me, &known)? {
        return Ok(());
    }
    let in_log = core.store.receipts(id)?;
    let in_log = in_log.iter().find(|(user, _)| *user == me.user);
    let told = core.receipts.told.borrow().get(&id).map(|(told, _)| *told);
    let told = told.max(in_log.map(|(_, read)| *read)).unwrap_or_default();
    let Some(read) = core.store.newest_of_others(id, (told, known.read_sequence))? else {
        return Ok(());
    };
    core.transaction(|| send::queue_part(core, &me, id, Part::Receipt(Receipt { read })))?;
    let now = core.platform.monotonic_ms();
    core.receipts.told.borrow_mut().insert(id, (read, now));
    core.signal.notify();
    Ok(())
}

/// Whether reading is told in a conversation at all.
fn may_tell(core: &Core, me: &Me, conversation: &Conversation) -> Result<bool, ClientError> {
    let profile = conversation.profile.as_ref();
    let slow = profile.is_some_and(|profile| profile.slow_mode_seconds > 0);
    let may_write = profile.is_none_or(|profile| profile.role(me.user) > Role::ReadOnly);
    Ok(is_for_receipts(conversation)
        && !people::is_silent(core, conversation)?
        && conversation.state == ConversationState::Active
        && !slow
        && may_write
        && core.store.privacy()?.receipts)
}

fn is_for_receipts(conversation: &Conversation) -> bool {
    usize::try_from(conversation.people).unwrap_or(usize::MAX) <= SIGNAL_PEOPLE_MAX
}

/// Somebody says how far they have read. The user's own word, from another device, is news here as well.
/// Part of the entry's transaction.
pub(super) fn received(arrival: &Arrival<'_>, user: UserId, receipt: Receipt) -> Result<(), ClientError> {
    let Arrival { core, me, entry, .. } = *arrival;
    if receipt.read >= entry.sequence {
        return Ok(());
    }
    let news = core.store.save_receipt(StoredReceipt {
        conversation: entry.conversation,
        user,
        read: receipt.read,
        read_at: entry.sent_at,
        at: entry.sequence,
    })?;
    if news && user == me.user && entry.sender != me.device {
        core.store.mark_read(entry.conversation, receipt.read)?;
        let now = clock::trusted(core);
        core.store
            .begin_read_timers(entry.conversation, receipt.read, now)?;
    }
    Ok(())
}

/// How far others have read, as far as the user wants to know.
pub(crate) fn known(
    core: &Core,
    me: &Me,
    conversation: &Conversation,
) -> Result<Vec<(UserId, Sequence)>, ClientError> {
    if !is_for_receipts(conversation) || !core.store.privacy()?.receipts {
        return Ok(Vec::new());
    }
    let mut known = core.store.receipts(conversation.id)?;
    known.retain(|(user, _)| *user != me.user);
    Ok(known)
}

/// Sets whether the user tells that they read and write, and knows it of others.
pub(crate) fn set_privacy(core: &Core, privacy: PrivacyView) -> Result<(), ClientError> {
    core.store.save_privacy(privacy)?;
    if !privacy.receipts {
        core.receipts.forget();
    }
    for conversation in core.store.conversations()? {
        core.publish(Change::Timeline(conversation.id));
    }
    core.publish(Change::Conversations);
    Ok(())
}

/// Told at once what is read and was not told yet, for a client that is about to end.
pub(crate) fn tell_now(core: &Core) -> Result<(), ClientError> {
    let due: Vec<_> = core.receipts.due.take().into_keys().collect();
    due.into_iter()
        .try_for_each(|conversation| tell(core, conversation))
}
