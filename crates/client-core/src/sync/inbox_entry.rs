//! One entry of a log: an own one that comes back, a message, or a commit. The entry is the next in
//! its log; `inbox` sees to that.

use super::inbox::Batch;
use crate::conversation::pin;
use crate::error::ClientError;
use crate::message::history;
use crate::message::key::MessageKey;
use crate::message::verify::{self, Knowledge, Verified};
use crate::store::conversation::{Conversation, ConversationState};
use crate::store::history::NoticeKind;
use crate::store::message::{MessageState, StoredMessage};
use undertone_mls::{CommitApplied, Decrypted};
use undertone_wire::content::SeenEntry;
use undertone_wire::conversation::{EntryKind, LogEntry};

/// Applies the next entry of a conversation's log.
pub(super) fn apply(
    batch: &mut Batch<'_>,
    conversation: &mut Conversation,
    entry: &LogEntry,
) -> Result<(), ClientError> {
    match (entry.sender == batch.me.device, entry.kind) {
        (true, EntryKind::Message) => own_message(batch, conversation, entry),
        (true, EntryKind::Commit) => own_commit(batch, conversation, entry),
        (false, EntryKind::Message) => message(batch, conversation, entry),
        (false, EntryKind::Commit) => commit(batch, conversation, entry),
    }
}

/// The echo of an own message: the acknowledgement that survives crashes. It is known by its bytes,
/// since the server could name anything after this device.
fn own_message(
    batch: &mut Batch<'_>,
    conversation: &mut Conversation,
    entry: &LogEntry,
) -> Result<(), ClientError> {
    let hash = history::hash_of(entry.payload.as_slice());
    match batch.core.store.message_by_payload(conversation.id, &hash)? {
        Some(message) => {
            batch.core.store.mark_echoed(message.row, entry)?;
            batch.core.store.delete_outgoing(message.row)?;
            batch.outcome.answered.insert(conversation.id);
        }
        None => batch.notice(conversation, NoticeKind::HistoryMismatch)?,
    }
    conversation.own_counter = conversation.own_counter.max(entry.counter);
    follow(batch, conversation, entry)
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
    batch.merge_own(conversation, entry.sequence)?;
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
        Ok(decrypted) => show(batch, conversation, entry, &decrypted)?,
        Err(error) if error.is_of_store() => return Err(error),
        Err(error) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a message cannot be opened"
            );
            core.groups.forget(conversation.id);
            Some(NoticeKind::LostMessages)
        }
    };
    if let Some(kind) = notice {
        batch.notice(conversation, kind)?;
    }
    core.store
        .save_peer_counter(conversation.id, entry.sender, entry.counter)?;
    follow(batch, conversation, entry)
}

/// Stores an opened message if it may be shown; says what is strange about it.
fn show(
    batch: &Batch<'_>,
    conversation: &Conversation,
    entry: &LogEntry,
    decrypted: &Decrypted,
) -> Result<Option<NoticeKind>, ClientError> {
    let verified = match verify::verify(entry, decrypted) {
        Ok(verified) => verified,
        Err(refusal) => return Ok(Some(refusal.notice())),
    };
    let store = &batch.core.store;
    let authenticator = batch
        .core
        .groups
        .with(conversation.id, |group, _| Ok(group.epoch_authenticator()))?;
    let known = Knowledge {
        epoch_authenticator: &authenticator,
        hash_at_seen: store.running_hash(conversation.id, verified.seen.sequence)?,
        last_counter: store.peer_counter(conversation.id, entry.sender)?,
    };
    let notice = verify::suspect(entry, &verified, &known);
    match store.message_sender(conversation.id, verified.message)? {
        Some(device) if device == entry.sender => return Ok(notice),
        // Somebody else's message, sent again in another name.
        Some(_) => return Ok(Some(NoticeKind::HistoryMismatch)),
        None => {}
    }
    match store.add_message(&row_of(batch, entry, verified)) {
        Ok(_row) => Ok(notice),
        // It would be refused for ever: one entry must not hold up the others.
        Err(error) if error.is_conflict() => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a message cannot be stored"
            );
            Ok(Some(NoticeKind::HistoryMismatch))
        }
        Err(error) => Err(error.into()),
    }
}

fn row_of(batch: &Batch<'_>, entry: &LogEntry, verified: Verified) -> StoredMessage {
    StoredMessage {
        row: 0,
        key: MessageKey::of_received(entry.conversation, verified.message),
        conversation: entry.conversation,
        message: verified.message,
        sequence: Some(entry.sequence),
        sender: verified.sender,
        sender_device: entry.sender,
        own: verified.sender == batch.me.user,
        state: MessageState::Sent,
        sent_at: entry.sent_at,
        text: verified.text,
        content: verified.content,
        franking_mac: entry.franking_mac.0.clone(),
        payload_hash: None,
    }
}

/// Another device's commit. One that cannot be processed ends what this device can do here: every later
/// entry is of an epoch that it does not have.
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
            certificates = core
                .groups
                .with(conversation.id, |group, _| group.certificates())?;
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
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a commit cannot be processed"
            );
            core.groups.forget(conversation.id);
            block(batch, conversation, NoticeKind::HistoryMismatch)
        }
    }
}

fn follow_commit(
    batch: &mut Batch<'_>,
    conversation: &mut Conversation,
    entry: &LogEntry,
    applied: &CommitApplied,
) -> Result<(), ClientError> {
    let core = batch.core;
    // Another commit was first: an own one is gone.
    core.store.delete_own_commit(conversation.id)?;
    if applied.own_device_removed {
        conversation.sequence = entry.sequence;
        conversation.state = ConversationState::Blocked;
        batch.outcome.advanced.insert(conversation.id, entry.sequence);
        batch.changed(conversation.id);
        return Ok(());
    }
    let last = core.store.peer_counter(conversation.id, entry.sender)?;
    let suspect = match &applied.seen {
        Some(seen) if applied.committer.device == entry.sender => suspect_seen(batch, conversation, seen)?,
        _ => Some(NoticeKind::HistoryMismatch),
    };
    for kind in [suspect, verify::counter_gap(entry.counter, last)]
        .into_iter()
        .flatten()
    {
        batch.notice(conversation, kind)?;
    }
    core.store
        .save_peer_counter(conversation.id, entry.sender, entry.counter)?;
    batch.begin_epoch(conversation, entry.sequence)
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
