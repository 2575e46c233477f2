//! What goes out: own commits, and own messages in the order in which they were written, one thing under
//! way in each conversation.
//!
//! An attempt (ciphertext, epoch, counter) is stored with the group's state before it is sent, and sent
//! again byte for byte after a lost connection. When the log shows a later epoch and not the message,
//! that attempt was never stored and never will be: the same content is encrypted anew under the same
//! counter.

use super::rollback;
use crate::conversation::{action, change, refresh_keys};
use crate::core::{Core, Me};
use crate::error::ClientError;
use crate::message::compose::{self, Circumstances};
use crate::message::{history, pace, talk};
use crate::store::conversation::{Conversation, ConversationState};
use crate::store::message::{Failure, MessageState, RowKind};
use crate::store::outbox::{Attempt, Outgoing};
use crate::store::own_commit::OwnContent;
use crate::testing::{SEND_AFTER_PERSIST, SEND_BEFORE_PERSIST};
use rand::Rng;
use std::time::Duration;
use undertone_mls::Group;
use undertone_wire::content::SeenEntry;
use undertone_wire::conversation::{Accepted, SubmitCommitRequest, SubmitProposalRequest};
use undertone_wire::message::SendMessageRequest;
use undertone_wire::stream::{ClientFrame, Refused};
use undertone_wire::{ConversationId, ErrorCode, codec};

/// Between two tries of something that the server cannot do at the moment.
const TRY_AGAIN: Duration = Duration::from_secs(2);
/// Who was too fast waits at most so much longer than the server asks: each is counted alone, and looks at the
/// time that is left.
const SPREAD_MAX: Duration = Duration::from_secs(1);

/// What happens to a send that was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The log moved on: read it, then send again.
    ReadLog,
    /// Send again after this long.
    Wait(Duration),
    /// The same, since the user or this device was too fast.
    TooFast(Duration),
    /// It failed for good; the next one may go.
    Failed,
    /// The session is of no use: connect again.
    Reconnect,
}

/// The next frame of a conversation that is level with its log, stored before it is given.
pub(crate) fn next(core: &Core, id: ConversationId) -> Result<Option<ClientFrame>, ClientError> {
    let me = core.me()?;
    let Some(conversation) = core.store.conversation(id)? else {
        return Ok(None);
    };
    if conversation.state != ConversationState::Active {
        return Ok(None);
    }
    if let Some(rollback) = core.store.rollback(id)? {
        return rollback::next(core, &conversation, rollback);
    }
    if let Some(frame) = own_commit(core, id)? {
        return Ok(Some(frame));
    }
    let outgoing = core.store.first_outgoing(id)?;
    let attempt = match &outgoing {
        Some(outgoing) => usable(core, &conversation, outgoing)?,
        None => None,
    };
    // What may have been sent has the counter that a commit would get: it goes first.
    if attempt.is_none() && may_commit(core, &conversation, outgoing.is_some())? {
        let prepared = change::prepare(core, &me, &conversation)?;
        if let Some(frame) = own_commit(core, id)?.filter(|_| prepared) {
            return Ok(Some(frame));
        }
    }
    // A part of what waits may have been settled meanwhile, or queued.
    let Some(outgoing) = core.store.first_outgoing(id)? else {
        return Ok(None);
    };
    let attempt = match attempt {
        Some(attempt) => attempt,
        None => encrypt(core, &me, &conversation, &outgoing)?,
    };
    let Attempt {
        epoch,
        counter,
        payload,
    } = attempt;
    let request = SendMessageRequest {
        conversation: id,
        epoch,
        counter,
        message: payload.into(),
        expires_after_seconds: outgoing.message.lifetime.after_sent(),
        // What no device would announce.
        quiet: outgoing.message.kind != RowKind::Message,
    };
    Ok(Some(ClientFrame::Send(request)))
}

/// Whether a commit may be made now: not right after a lost race.
fn may_commit(core: &Core, conversation: &Conversation, writes: bool) -> Result<bool, ClientError> {
    let id = conversation.id;
    let now = core.platform.monotonic_ms();
    let rests = core.rests.borrow().get(&id).is_some_and(|until| *until > now);
    if rests {
        return Ok(false);
    }
    core.rests.borrow_mut().remove(&id);
    // After a cut-off log the running hash is not known, and a message without it would look like
    // another history: a commit comes first, with which the hash begins anew.
    if writes && conversation.running_hash.is_empty() {
        core.transaction(|| refresh_keys::want_now(core, id))?;
    }
    Ok(true)
}

/// The own commit, or the own wish to be let go, that waits.
fn own_commit(core: &Core, id: ConversationId) -> Result<Option<ClientFrame>, ClientError> {
    let Some(own) = core.store.own_commit(id)? else {
        return Ok(None);
    };
    Ok(Some(match own.content {
        OwnContent::Commit { bundle, link } => ClientFrame::Commit(SubmitCommitRequest {
            conversation: id,
            epoch: own.epoch,
            commit: codec::from_cbor(&bundle)?,
            room: link.map(|link| codec::from_cbor(&link)).transpose()?,
        }),
        OwnContent::Proposal(proposal) => ClientFrame::Propose(SubmitProposalRequest {
            conversation: id,
            epoch: own.epoch,
            counter: own.counter,
            proposal: proposal.into(),
        }),
    }))
}

/// The stored attempt, if the server may still take it.
fn usable(
    core: &Core,
    conversation: &Conversation,
    outgoing: &Outgoing,
) -> Result<Option<Attempt>, ClientError> {
    let epoch = core.groups.with(conversation.id, |group, _| Ok(group.epoch()))?;
    let next_counter = conversation.own_counter.next();
    let attempt = outgoing.attempt.clone();
    Ok(attempt.filter(|attempt| attempt.epoch == epoch && attempt.counter == next_counter))
}

fn encrypt(
    core: &Core,
    me: &Me,
    conversation: &Conversation,
    outgoing: &Outgoing,
) -> Result<Attempt, ClientError> {
    let id = conversation.id;
    let row = outgoing.message.row;
    let content = &outgoing.message.content;
    let attempt = core.transaction(|| {
        let counter = conversation.own_counter.next();
        let (epoch, epoch_authenticator) = core
            .groups
            .with(id, |group, _| Ok((group.epoch(), group.epoch_authenticator())))?;
        let seen = SeenEntry {
            sequence: conversation.sequence,
            running_hash: conversation.running_hash.clone().into(),
        };
        let plaintext = compose::seal(
            content,
            Circumstances {
                counter,
                epoch_authenticator,
                seen,
            },
        )?;
        let tag = compose::tag_of(content)?;
        let payload = core.groups.with(id, |group, provider| {
            group.encrypt(provider, &me.mls, &plaintext, tag)
        })?;
        core.store.set_payload_hash(row, &history::hash_of(&payload))?;
        let attempt = Attempt {
            epoch,
            counter,
            payload,
        };
        core.store.save_attempt(row, &attempt)?;
        core.checkpoints.reach(SEND_BEFORE_PERSIST)?;
        Ok(attempt)
    })?;
    core.checkpoints.reach(SEND_AFTER_PERSIST)?;
    Ok(attempt)
}

/// The server says that it stored a message; gives whether it was one that waited for that. Part of a
/// transaction.
pub(super) fn accepted(
    core: &Core,
    conversation: &mut Conversation,
    accepted: &Accepted,
) -> Result<bool, ClientError> {
    let Some(outgoing) = core.store.first_outgoing(conversation.id)? else {
        return Ok(false);
    };
    let Some(attempt) = outgoing.attempt else {
        return Ok(false);
    };
    if attempt.counter != accepted.counter || accepted.counter <= conversation.own_counter {
        return Ok(false);
    }
    core.store
        .mark_accepted(outgoing.message.row, accepted.sequence, accepted.sent_at)?;
    core.store.delete_outgoing(outgoing.message.row)?;
    conversation.own_counter = accepted.counter;
    pace::went_out(core, conversation.id);
    Ok(true)
}

/// The server refused something. Part of a transaction.
pub(super) fn refused(
    core: &Core,
    conversation: &mut Conversation,
    refused: &Refused,
) -> Result<Verdict, ClientError> {
    if let Some(verdict) = temporary(refused) {
        if let (Verdict::ReadLog, Some(wait_ms)) = (verdict, refused.error.retry_after_ms) {
            action::queued(core, conversation.id, wait_ms)?;
        }
        return Ok(verdict);
    }
    let own_commit = core.store.own_commit(conversation.id)?;
    if own_commit.is_some_and(|commit| commit.counter == refused.counter) {
        core.groups.with(conversation.id, Group::clear_pending)?;
        core.store.delete_own_commit(conversation.id)?;
        for failed in core.store.actions_under_way(conversation.id)? {
            action::settle(core, failed.id, Err(failure_of(refused)))?;
        }
        // The commit that must come before a message: without it that message fails, too, and is not
        // tried without end.
        if conversation.running_hash.is_empty()
            && let Some(outgoing) = core.store.first_outgoing(conversation.id)?
        {
            fail(core, outgoing.message.row, failure_of(refused))?;
        }
        return Ok(Verdict::Failed);
    }
    let Some(outgoing) = core.store.first_outgoing(conversation.id)? else {
        return Ok(Verdict::Failed);
    };
    if outgoing
        .attempt
        .as_ref()
        .is_some_and(|attempt| attempt.counter == refused.counter)
    {
        fail(core, outgoing.message.row, failure_of(refused))?;
    }
    Ok(Verdict::Failed)
}

fn failure_of(refused: &Refused) -> Failure {
    Failure {
        code: refused.error.code.as_str().to_owned(),
        message: refused.error.message.clone(),
    }
}

fn fail(core: &Core, row: i64, failure: Failure) -> Result<(), ClientError> {
    core.store
        .set_message_state(row, &MessageState::Failed(failure))?;
    talk::refused(core, row)?;
    Ok(core.store.delete_outgoing(row)?)
}

/// Others are inside than those for whom this device sends anew what the server lost: it is not sent, and the
/// user decides. Part of a transaction.
pub(crate) fn keep_from_others(core: &Core, id: ConversationId) -> Result<(), ClientError> {
    for row in core.store.sent_again(id)? {
        let failure = Failure {
            code: "rolled_back".to_owned(),
            message: "the server lost it, and others have come since".to_owned(),
        };
        fail(core, row, failure)?;
    }
    Ok(())
}

pub(super) fn temporary(refused: &Refused) -> Option<Verdict> {
    let asked = refused.error.retry_after_ms.map(Duration::from_millis);
    match refused.error.code {
        ErrorCode::EpochStale | ErrorCode::CounterConflict => Some(Verdict::ReadLog),
        ErrorCode::RateLimited => {
            let wait = asked.unwrap_or(TRY_AGAIN);
            let latest = wait.saturating_add(SPREAD_MAX);
            Some(Verdict::TooFast(not_all_at_once(wait).min(latest)))
        }
        ErrorCode::Unavailable | ErrorCode::Internal => {
            Some(Verdict::Wait(not_all_at_once(asked.unwrap_or(TRY_AGAIN))))
        }
        ErrorCode::Unauthorized | ErrorCode::SessionRevoked => Some(Verdict::Reconnect),
        _ => None,
    }
}

/// A wait that is another for each client.
fn not_all_at_once(asked: Duration) -> Duration {
    let half = u64::try_from(asked.as_millis()).unwrap_or(u64::MAX) / 2;
    asked.saturating_add(Duration::from_millis(rand::rngs::OsRng.gen_range(0..=half)))
}
