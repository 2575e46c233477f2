//! One entry of a log: an own one that comes back, a message, a commit, a wish to be let go, or the hole
//! that one of these has left. The entry is the next in its log; `inbox` sees to that.

use super::inbox::Batch;
use super::rollback;
use crate::conversation::{action, epoch, leave, pin};
use crate::core::Core;
use crate::error::ClientError;
use crate::message::event::{self, Place, Suspect};
use crate::message::receive::{self, Arrival};
use crate::message::{history, verify};
use crate::store::conversation::{Conversation, ConversationState};
use crate::store::history::NoticeKind;
use undertone_mls::CommitApplied;
use undertone_wire::ConversationId;
use undertone_wire::content::SeenEntry;
use undertone_wire::conversation::{EntryKind, LogEntry};
use undertone_wire::device::DeviceCertificateBody;

/// Applies the next entry of a conversation's log.
pub(super) fn apply(
    batch: &mut Batch<'_>,
    conversation: &mut Conversation,
    entry: &LogEntry,
) -> Result<(), ClientError> {
    if rollback::again(batch, conversation, entry)? {
        return Ok(());
    }
    match (entry.sender == batch.me.device, entry.kind) {
        (true, EntryKind::Message) => own_message(batch, conversation, entry),
        (true, EntryKind::Commit) => own_commit(batch, conversation, entry),
        (false, EntryKind::Message) => message(batch, conversation, entry),
        (false, EntryKind::Commit) => commit(batch, conversation, entry),
        (true, EntryKind::Proposal) => own_proposal(batch, conversation, entry),
        (false, EntryKind::Proposal) => proposal(batch, conversation, entry),
        (true, EntryKind::Expired) => own_expired(batch, conversation, entry),
        (true, EntryKind::Voided) => {
            event::voided(batch.core, batch.me, entry)?;
            follow_own(batch, conversation, entry)
        }
        (false, EntryKind::Expired | EntryKind::Voided) => hole(batch, conversation, entry),
    }
}

/// Something of another device that is gone: its counter counts as used.
fn hole(batch: &mut Batch<'_>, conversation: &mut Conversation, entry: &LogEntry) -> Result<(), ClientError> {
    let core = batch.core;
    if entry.kind == EntryKind::Voided {
        event::voided(core, batch.me, entry)?;
    } else {
        let last = core.store.peer_counter(conversation.id, entry.sender)?;
        if let Some(kind) = verify::counter_gap(entry.counter, last) {
            batch.notice(conversation, kind)?;
        }
    }
    follow_other(batch, conversation, entry)
}

/// An own message that reached its end on the server before it came back here: what is left of it is the
/// hash by which it is known.
fn own_expired(
    batch: &mut Batch<'_>,
    conversation: &mut Conversation,
    entry: &LogEntry,
) -> Result<(), ClientError> {
    if let Ok(hash) = <[u8; 32]>::try_from(entry.payload.as_slice()) {
        echoed(batch, conversation, entry, &hash)?;
    }
    follow_own(batch, conversation, entry)
}

/// Notes the echo of an own message; gives whether it is known.
fn echoed(
    batch: &mut Batch<'_>,
    conversation: &Conversation,
    entry: &LogEntry,
    hash: &[u8; 32],
) -> Result<bool, ClientError> {
    let store = &batch.core.store;
    let Some(message) = store.message_by_payload(conversation.id, hash)? else {
        return Ok(store.take_ended_echo(conversation.id, hash)?);
    };
    receive::own_echo(&arrival(batch, conversation, entry), &message)?;
    batch.outcome.answered.insert(conversation.id);
    Ok(true)
}

fn arrival<'a>(batch: &Batch<'a>, conversation: &'a Conversation, entry: &'a LogEntry) -> Arrival<'a> {
    Arrival {
        core: batch.core,
        me: batch.me,
        conversation,
        entry,
    }
}

/// The own wish to be let go is in the log: the others know.
fn own_proposal(
    batch: &mut Batch<'_>,
    conversation: &mut Conversation,
    entry: &LogEntry,
) -> Result<(), ClientError> {
    let hash = history::hash_of(entry.payload.as_slice());
    let known = batch.core.store.own_commit(conversation.id)?;
    if known.is_some_and(|known| known.payload_hash == hash) {
        batch.core.store.delete_own_commit(conversation.id)?;
        leave::asked(batch.core, conversation.id)?;
        batch.outcome.answered.insert(conversation.id);
    } else {
        batch.notice(conversation, NoticeKind::HistoryMismatch)?;
    }
    follow_own(batch, conversation, entry)
}

/// Somebody asks to be let go: after a little while, which is another for each device, this one does it,
/// unless another has.
fn proposal(
    batch: &mut Batch<'_>,
    conversation: &mut Conversation,
    entry: &LogEntry,
) -> Result<(), ClientError> {
    let core = batch.core;
    let asked = core.store.savepoint(|| {
        core.groups.with(conversation.id, |group, provider| {
            group.apply_proposal(provider, entry.payload.as_slice())
        })
    });
    match asked {
        Ok(_member) => leave::let_go_soon(core, conversation),
        Err(error) if error.is_of_store() => return Err(error),
        Err(error) => {
            unprocessed(core, entry, &error);
        }
    }
    follow_other(batch, conversation, entry)
}

/// The echo of an own message: the acknowledgement that survives crashes. It is known by its bytes,
/// since the server could name anything after this device.
fn own_message(
    batch: &mut Batch<'_>,
    conversation: &mut Conversation,
    entry: &LogEntry,
) -> Result<(), ClientError> {
    let hash = history::hash_of(entry.payload.as_slice());
    if !echoed(batch, conversation, entry, &hash)? {
        batch.notice(conversation, NoticeKind::HistoryMismatch)?;
    }
    follow_own(batch, conversation, entry)
}

fn own_commit(
    batch: &mut Batch<'_>,
    conversation: &mut Conversation,
    entry: &LogEntry,
) -> Result<(), ClientError> {
    let hash = history::hash_of(entry.payload.as_slice());
    let known = batch.core.store.own_commit(conversation.id)?;
    if known.is_none_or(|known| known.payload_hash != hash) {
        return block(batch, conversation, NoticeKind::HistoryMismatch);
    }
    batch.merge_own(conversation, Place::of(entry))?;
    batch.outcome.answered.insert(conversation.id);
    conversation.own_counter = conversation.own_counter.max(entry.counter);
    Ok(())
}

/// Another device's message. What cannot be read or believed is passed over, with a notice: one bad
/// message must not hold up the others.
fn message(
    batch: &mut Batch<'_>,
    conversation: &mut Conversation,
    entry: &LogEntry,
) -> Result<(), ClientError> {
    let core = batch.core;
    let opened = core.store.savepoint(|| {
        core.groups.with(conversation.id, |group, provider| {
            group.decrypt(provider, entry.payload.as_slice())
        })
    });
    let notice = match opened {
        Ok(decrypted) => receive::message(&arrival(batch, conversation, entry), &decrypted)?,
        Err(error) if error.is_of_store() => return Err(error),
        Err(error) => {
            unprocessed(core, entry, &error);
            Some(NoticeKind::LostMessages)
        }
    };
    if let Some(kind) = notice {
        batch.notice(conversation, kind)?;
    }
    follow_other(batch, conversation, entry)
}

/// Another device's commit. One that this device cannot process is reported: the server voids it, or says
/// that others could. One that was made in an earlier epoch than this device's says that it is this device's
/// that is void.
fn commit(
    batch: &mut Batch<'_>,
    conversation: &mut Conversation,
    entry: &LogEntry,
) -> Result<(), ClientError> {
    let core = batch.core;
    let mut certificates = Vec::new();
    let applied = core.store.savepoint(|| {
        let apply = |group: &mut undertone_mls::Group, provider: &_| {
            group.apply_commit(provider, entry.payload.as_slice())
        };
        let applied = core.groups.with(conversation.id, apply)?;
        if !applied.own_device_removed {
            certificates = new_certificates(core, conversation.id, &applied)?;
            pin::check_and_pin(core, batch.me, &certificates)?;
        }
        Ok::<_, ClientError>(applied)
    });
    match applied {
        Ok(applied) => follow_commit(batch, conversation, entry, &applied),
        Err(error) if error.is_of_store() => Err(error),
        Err(ClientError::KeyChanged { .. }) => {
            core.groups.forget(conversation.id);
            pin::note_changed(core, &certificates)?;
            block(batch, conversation, NoticeKind::KeyChanged)
        }
        Err(error) => {
            unprocessed(core, entry, &error);
            // Reported, it would be the others' commit that is voided, and then each that follows it.
            let epoch = core.groups.with(conversation.id, |group, _| Ok(group.epoch()))?;
            if entry.epoch < epoch {
                return batch.leave_branch(conversation);
            }
            suspect_author(batch, entry);
            batch.outcome.stuck.insert(conversation.id, entry.sequence);
            Ok(())
        }
    }
}

/// Remembers who made a commit that cannot be processed, to name them if it is voided.
fn suspect_author(batch: &Batch<'_>, entry: &LogEntry) {
    let core = batch.core;
    let author = core.groups.with(entry.conversation, |group, provider| {
        group.author_of(provider, &batch.me.mls, entry.payload.as_slice())
    });
    match author {
        Ok(author) if author.device == entry.sender => {
            let place = Place::of(entry);
            let suspect = Suspect { place, author };
            core.suspects.borrow_mut().insert(entry.conversation, suspect);
        }
        Ok(_) => tracing::debug!("a commit is not of the device that sent it"),
        Err(error) => tracing::debug!(
            error = &error as &dyn std::error::Error,
            "nobody knows whose commit it is"
        ),
    }
}

/// The certificates that came with a commit.
fn new_certificates(
    core: &Core,
    id: ConversationId,
    applied: &CommitApplied,
) -> Result<Vec<DeviceCertificateBody>, ClientError> {
    let mut new: Vec<_> = applied.renamed.iter().cloned().collect();
    if !applied.added.is_empty() {
        let all = core.groups.with(id, |group, _| group.certificates())?;
        let is_new = |device| applied.added.iter().any(|added| added.device == device);
        new.extend(all.into_iter().filter(|certificate| is_new(certificate.device)));
    }
    Ok(new)
}

fn follow_commit(
    batch: &mut Batch<'_>,
    conversation: &mut Conversation,
    entry: &LogEntry,
    applied: &CommitApplied,
) -> Result<(), ClientError> {
    let core = batch.core;
    let place = Place::of(entry);
    // Another commit was first: an own one is gone.
    core.store.delete_own_commit(conversation.id)?;
    if applied.own_device_removed {
        epoch::ended(core, batch.me, conversation, place, applied)?;
        batch.outcome.advanced.insert(conversation.id, entry.sequence);
        batch.changed(conversation.id);
        return Ok(());
    }
    action::lost_race(core, conversation.id)?;
    let last = core.store.peer_counter(conversation.id, entry.sender)?;
    let is_sender = applied.committer.device == entry.sender;
    let suspect = match &applied.seen {
        // Who comes from outside has seen nothing, and may count anew.
        _ if applied.external && is_sender => None,
        Some(seen) if is_sender => {
            suspect_seen(batch, conversation, seen)?.or(verify::counter_gap(entry.counter, last))
        }
        _ => Some(NoticeKind::HistoryMismatch),
    };
    if let Some(kind) = suspect {
        batch.notice(conversation, kind)?;
    }
    core.store
        .save_peer_counter(conversation.id, entry.sender, entry.counter)?;
    let hash = history::hash_of(entry.payload.as_slice());
    core.store
        .pass_epoch(conversation.id, (entry.epoch, entry.sequence), &hash)?;
    batch.begin_epoch(conversation, place, applied)
}

/// What is strange about the log that a committer had. One without a running hash has lost entries by
/// retention and begins its hash anew by this commit (`sync::outbox`): the other side lost messages,
/// which is said, but is no other history.
fn suspect_seen(
    batch: &Batch<'_>,
    conversation: &Conversation,
    seen: &SeenEntry,
) -> Result<Option<NoticeKind>, ClientError> {
    if seen.sequence > conversation.sequence {
        return Ok(Some(NoticeKind::HistoryMismatch));
    }
    let known = batch.core.store.running_hash(conversation.id, seen.sequence)?;
    Ok(match known {
        Some(_) if seen.running_hash.is_empty() => Some(NoticeKind::LostMessages),
        Some(hash) if seen.running_hash.as_slice() != hash => Some(NoticeKind::HistoryMismatch),
        _ => None,
    })
}

/// An entry of another device cannot be processed: what its processing has left in memory is dropped.
fn unprocessed(core: &Core, entry: &LogEntry, error: &ClientError) {
    let kind = entry.kind;
    tracing::warn!(
        error = error as &dyn std::error::Error,
        ?kind,
        "an entry cannot be processed"
    );
    core.groups.forget(entry.conversation);
}

/// An own entry was processed: its counter is used.
fn follow_own(
    batch: &mut Batch<'_>,
    conversation: &mut Conversation,
    entry: &LogEntry,
) -> Result<(), ClientError> {
    conversation.own_counter = conversation.own_counter.max(entry.counter);
    follow(batch, conversation, entry)
}

/// An entry of another device was processed: its counter is used.
fn follow_other(
    batch: &mut Batch<'_>,
    conversation: &mut Conversation,
    entry: &LogEntry,
) -> Result<(), ClientError> {
    batch
        .core
        .store
        .save_peer_counter(conversation.id, entry.sender, entry.counter)?;
    follow(batch, conversation, entry)
}

/// A message was processed: the running hash goes on, where it is known.
fn follow(
    batch: &mut Batch<'_>,
    conversation: &mut Conversation,
    entry: &LogEntry,
) -> Result<(), ClientError> {
    let before: Option<[u8; 32]> = conversation.running_hash.as_slice().try_into().ok();
    let hash = before.map(|before| history::extend(&before, entry)).transpose()?;
    batch.advance(conversation, entry.sequence, hash)
}

fn block(
    batch: &mut Batch<'_>,
    conversation: &mut Conversation,
    kind: NoticeKind,
) -> Result<(), ClientError> {
    conversation.state = ConversationState::Blocked;
    batch.notice(conversation, kind)
}
