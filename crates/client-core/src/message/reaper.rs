//! Messages that have ended are deleted, and screens are told when one is to be hidden. What time it
//! is, is decided in `clock`.
//!
//! While the client runs, what has ended by trusted time is gone from the database and from its
//! write-ahead log within [`RAW_STORAGE_BOUND`]: the row is deleted with its index entry (`secure_delete`
//! overwrites both), and the log is emptied after that. A client that was closed does it when it is opened.

use super::clock;
use crate::change::Change;
use crate::core::Core;
use crate::error::ClientError;
use crate::store::conversation::ConversationState;
use crate::store::unread_file::UnreadFile;
use std::cell::Cell;
use std::time::Duration;
use undertone_wire::{Sequence, Timestamp};

/// How long after its end a message may be found in the files of a client that runs.
pub const RAW_STORAGE_BOUND: Duration = Duration::from_mins(1);
/// At most between two looks: less than the bound.
const LOOK_EVERY: Duration = Duration::from_secs(20);
/// While something is to end, trusted time is kept so often.
const KEEP_EVERY: Duration = Duration::from_mins(1);

/// How far the work is.
#[derive(Debug)]
pub(crate) struct Reaper {
    /// Screens know what is hidden up to here.
    hidden_until: Cell<Timestamp>,
    /// Something was deleted and is still in the write-ahead log.
    log_to_empty: Cell<bool>,
    /// Trusted time as it was kept last.
    kept: Cell<Timestamp>,
}

impl Reaper {
    /// The client was opened: what a crash left in the log is to go.
    pub(crate) const fn new() -> Self {
        Self {
            hidden_until: Cell::new(Timestamp::from_millis(0)),
            log_to_empty: Cell::new(true),
            kept: Cell::new(Timestamp::from_millis(0)),
        }
    }

    /// Something was deleted.
    pub(crate) fn deleted(&self) {
        self.log_to_empty.set(true);
    }
}

/// Deletes, tells, and says how long nothing is to be done.
pub(super) fn round(core: &Core) -> Result<Duration, ClientError> {
    reap(core)?;
    let shown = clock::shown(core);
    hide(core, shown)?;
    let trusted = clock::trusted(core);
    let mut wait = LOOK_EVERY;
    // What is hidden next, and what is deleted next: two clocks, two ends.
    for now in [shown, trusted] {
        if let Some(next) = core.store.next_end(now)? {
            wait = wait.min(next.since(now));
        }
    }
    let to_end = core.store.next_end(trusted)?.is_some();
    if to_end && trusted.since(core.reaper.kept.get()) >= KEEP_EVERY {
        core.reaper.kept.set(trusted);
        core.transaction(|| clock::keep(core))?;
    }
    Ok(wait)
}

/// Deletes what has ended by trusted time, and empties the log of the database.
pub(crate) fn reap(core: &Core) -> Result<(), ClientError> {
    let now = clock::trusted(core);
    let conversations = core.store.conversations_with_ended(now)?;
    if !conversations.is_empty() {
        core.transaction(|| {
            clock::keep(core)?;
            Ok(core.store.delete_ended(now)?)
        })?;
        core.reaper.deleted();
    }
    if core.reaper.log_to_empty.get() {
        core.store.empty_log()?;
        core.reaper.log_to_empty.set(false);
    }
    let_read_files_go(core, now)?;
    for conversation in &conversations {
        core.publish(Change::Timeline(*conversation));
    }
    if !conversations.is_empty() {
        core.publish(Change::Conversations);
    }
    Ok(())
}

/// Own files that waited for readers: once everybody has read and has had their time, the server is to
/// delete them. From whoever sends no receipts nobody knows; then the server's own limit is the bound.
fn let_read_files_go(core: &Core, now: Timestamp) -> Result<(), ClientError> {
    let waiting = core.store.unread_files()?;
    if waiting.is_empty() {
        return Ok(());
    }
    let gone = core.transaction(|| {
        for file in waiting {
            if file.ends_at.is_none() && has_been_read_by_all(core, &file)? {
                core.store.end_unread_file(file.blob, now.plus(file.timer))?;
            }
        }
        Ok(core.store.withdraw_read_files(now)?)
    })?;
    if gone > 0 {
        core.signal.notify();
    }
    Ok(())
}

/// Whether everybody else who is inside says that they have read up to there.
fn has_been_read_by_all(core: &Core, file: &UnreadFile) -> Result<bool, ClientError> {
    let me = core.me()?;
    let known = core.store.conversation(file.conversation)?;
    if !known.is_some_and(|known| known.state == ConversationState::Active) {
        return Ok(false);
    }
    let read = core.store.receipts(file.conversation)?;
    let members = core.groups.with(file.conversation, |group, _| group.members())?;
    Ok(members.iter().all(|member| {
        let has_read = |(user, to): &(_, Sequence)| *user == member.user && *to >= file.position;
        member.user == me.user || read.iter().any(has_read)
    }))
}

/// Has screens look again if something is hidden that was shown at the last look, or the other way about.
fn hide(core: &Core, shown: Timestamp) -> Result<(), ClientError> {
    let before = core.reaper.hidden_until.replace(shown);
    let (earlier, later) = (before.min(shown), before.max(shown));
    let crossed = core.store.next_end(earlier)?.is_some_and(|next| next <= later);
    if !crossed {
        return Ok(());
    }
    for conversation in core.store.conversations_with_ended(later)? {
        core.publish(Change::Timeline(conversation));
    }
    core.publish(Change::Conversations);
    Ok(())
}
