//! A server that went back to a backup. It tells this device a log that is shorter than what the device has,
//! or goes on otherwise, and it does not know what the device sent since.
//!
//! 1. *Noticed*: where the server does not know that this device has read as far as it has, the log is read
//!    once more from there and compared, by the running hash and by the commits that ended epochs.
//! 2. *Kept*: what this device has stays; its own messages of the present epoch that the server lost are sent
//!    anew while nobody is added, and whoever has them already knows them by their ids.
//! 3. *Brought forward*: for an epoch that this device has passed it takes no second commit. Whoever made the
//!    commit that ended it sends the same again, and everybody else knows it by its hash. Only if nobody does
//!    so in time, or somebody else's commit was first, this device leaves its group and comes in anew.
//!
//! Not here: what a server undoes by itself (`inbox`), and how a device comes in (`conversation::external`).

use super::inbox::Batch;
use super::outbox;
use crate::conversation::external;
use crate::core::Core;
use crate::error::ClientError;
use crate::message::{history, talk};
use crate::store::conversation::{Conversation, ConversationState};
use crate::store::history::NoticeKind;
use crate::store::rollback::Rollback;
use std::collections::BTreeMap;
use std::time::Duration;
use undertone_mls::Group;
use undertone_wire::conversation::{
    CommitBundle, ConversationHead, EntryKind, LogEntry, LogPage, SubmitCommitRequest,
};
use undertone_wire::stream::{ClientFrame, Refused};
use undertone_wire::{ConversationId, Epoch, Sequence, codec};

/// So long the others have to send a commit again.
const PATIENCE: Duration = Duration::from_secs(20);

/// A log that is compared with what this device has of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Check {
    /// Where the server says that the conversation stands.
    pub(super) head: ConversationHead,
    /// How far this device has come.
    pub(super) known: Sequence,
    /// It is compared up to here.
    pub(super) after: Sequence,
    /// Up to here it is known to be the same.
    same: Sequence,
}

/// What became of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Checked {
    /// The log is the same so far, and goes on.
    GoesOn(Check),
    /// It is the same up to where this device is.
    Same(Sequence),
    /// The server has gone back; this device is where the two part.
    Back,
}

/// The comparisons to be made after a connection began.
pub(super) fn to_check(
    core: &Core,
    heads: &[ConversationHead],
) -> Result<BTreeMap<ConversationId, Check>, ClientError> {
    let mut checks = BTreeMap::new();
    for head in heads {
        let Some(known) = core.store.conversation(head.conversation)? else {
            continue;
        };
        if let Some(rollback) = core.store.rollback(known.id)? {
            // The others have their time again.
            let noticed_at = core.platform.now();
            core.store.save_rollback(
                known.id,
                Rollback {
                    noticed_at,
                    ..rollback
                },
            )?;
        }
        let is_behind = head.cursor < known.sequence || head.head < known.sequence;
        let is_cut_off = head.first_kept > known.sequence.next();
        if known.state == ConversationState::Active && is_behind && !is_cut_off {
            let after = head.cursor.max(Sequence(head.first_kept.0.saturating_sub(1)));
            checks.insert(
                head.conversation,
                Check {
                    head: *head,
                    known: known.sequence,
                    after,
                    same: after,
                },
            );
        }
    }
    Ok(checks)
}

impl Batch<'_> {
    /// A part of a log that is compared has come.
    pub(super) fn check(&mut self, check: Check, page: &LogPage) -> Result<(), ClientError> {
        let id = check.head.conversation;
        let Some(mut conversation) = self.take(id)? else {
            return Ok(());
        };
        if conversation.sequence != check.known {
            // It has gone on meanwhile, or come in anew: what was asked for says nothing any more.
            let checked = Checked::Same(conversation.sequence);
            self.outcome.checked.insert(id, checked);
            self.keep(conversation);
            return Ok(());
        }
        let checked = if conversation.state == ConversationState::Active {
            compare(self.core, check, page)?
        } else {
            Compared::Same
        };
        let checked = match checked {
            Compared::Same => {
                self.keep(conversation);
                // A commit that was undone meanwhile.
                if went_back(self.core, check.head)? {
                    self.went_back(&check.head)?;
                }
                self.outcome.checked.insert(id, Checked::Same(check.known));
                return Ok(());
            }
            Compared::GoesOn(check) => Checked::GoesOn(check),
            Compared::Parts(from) => {
                go_back(self, &mut conversation, from, &check.head)?;
                Checked::Back
            }
        };
        self.outcome.checked.insert(id, checked);
        self.keep(conversation);
        Ok(())
    }

    /// Nobody has brought the server forward in time.
    pub(super) fn give_up(&mut self, id: ConversationId) -> Result<(), ClientError> {
        let Some(mut conversation) = self.take(id)? else {
            return Ok(());
        };
        if conversation.state == ConversationState::Active {
            self.come_anew(&mut conversation)?;
        }
        self.core.store.delete_rollback(id)?;
        self.keep(conversation);
        Ok(())
    }

    /// The server goes on from an epoch that this device has passed by another commit: this device takes
    /// no part in that, and comes in from outside.
    fn come_anew(&mut self, conversation: &mut Conversation) -> Result<(), ClientError> {
        let core = self.core;
        core.store.delete_rollback(conversation.id)?;
        core.store.forget_passed_epochs(conversation.id)?;
        conversation.running_hash = Vec::new();
        external::lose(core, conversation)?;
        self.outcome.lost = true;
        self.changed(conversation.id);
        Ok(())
    }
}

/// Whether the server is in an epoch before this device's, and nobody brings it forward.
pub(super) fn went_back(core: &Core, head: ConversationHead) -> Result<bool, ClientError> {
    let id = head.conversation;
    let is_active = core
        .store
        .conversation(id)?
        .is_some_and(|known| known.state == ConversationState::Active);
    Ok(is_active && core.store.rollback(id)?.is_none() && head.epoch < core.groups.epoch(id)?)
}

enum Compared {
    Same,
    GoesOn(Check),
    /// The two are the same up to here.
    Parts(Sequence),
}

fn compare(core: &Core, mut check: Check, page: &LogPage) -> Result<Compared, ClientError> {
    let id = check.head.conversation;
    let epoch = core.groups.epoch(id)?;
    for entry in page.entries.iter().filter(|entry| entry.conversation == id) {
        if entry.sequence > check.known {
            return Ok(Compared::Same);
        }
        match is_known(core, entry, epoch)? {
            Some(false) => return Ok(Compared::Parts(check.same)),
            Some(true) => check.same = entry.sequence,
            None => {}
        }
        check.after = check.after.max(entry.sequence);
    }
    Ok(if check.after >= check.known {
        Compared::Same
    } else if check.after < page.head && !page.entries.is_empty() {
        Compared::GoesOn(check)
    } else if page.head < check.known {
        Compared::Parts(check.after.min(page.head))
    } else {
        Compared::Same
    })
}

/// Whether an entry is the one that this device has at its place; `None` where that cannot be told.
fn is_known(core: &Core, entry: &LogEntry, epoch: Epoch) -> Result<Option<bool>, ClientError> {
    let id = entry.conversation;
    if entry.kind == EntryKind::Voided {
        // That is told otherwise.
        return Ok(None);
    }
    if entry.kind == EntryKind::Commit {
        if entry.epoch >= epoch {
            return Ok(Some(false));
        }
        let passed = core.store.passed_epoch(id, entry.epoch)?;
        return Ok(passed.map(|passed| {
            passed.sequence == entry.sequence
                && passed.payload_hash == history::hash_of(entry.payload.as_slice())
        }));
    }
    if core.store.is_commit_at(id, entry.sequence)? {
        return Ok(Some(false));
    }
    let before = Sequence(entry.sequence.0.saturating_sub(1));
    let before = core.store.running_hash(id, before)?;
    let (Some(before), Some(here)) = (before, core.store.running_hash(id, entry.sequence)?) else {
        return Ok(None);
    };
    Ok(Some(history::extend(&before, entry)? == here))
}

/// This device goes back to where it and the server part, with everything that it has.
fn go_back(
    batch: &mut Batch<'_>,
    conversation: &mut Conversation,
    to: Sequence,
    head: &ConversationHead,
) -> Result<(), ClientError> {
    let core = batch.core;
    let id = conversation.id;
    tracing::warn!("the server has gone back to an earlier state");
    batch.notice(conversation, NoticeKind::RolledBack)?;
    let epoch = core.groups.epoch(id)?;
    let server = core.store.epoch_at(id, to)?;
    // Where it is not remembered, the server's word is all there is.
    let server = server.unwrap_or(if head.epoch < epoch { head.epoch } else { epoch });
    let hash = core.store.running_hash(id, to)?;
    core.store.save_conversation(conversation)?;
    talk::rolled_back(core, batch.me, id, to)?;
    if core.store.own_commit(id)?.is_some() {
        core.groups.with(id, Group::clear_pending)?;
        core.store.delete_own_commit(id)?;
        core.store.return_actions(id)?;
    }
    core.store.forget_peer_counters(id)?;
    conversation.sequence = to;
    conversation.running_hash = hash.map(Vec::from).unwrap_or_default();
    conversation.own_counter = head.counter;
    if server < epoch {
        core.store.save_rollback(
            id,
            Rollback {
                epoch: server,
                noticed_at: core.platform.now(),
            },
        )?;
    }
    batch.changed(id);
    Ok(())
}

/// While the server comes forward again: an entry of an epoch that this device has passed is the commit that
/// it knows, or is passed over, or ends its part in this group. Gives whether it was one.
pub(super) fn again(
    batch: &mut Batch<'_>,
    conversation: &mut Conversation,
    entry: &LogEntry,
) -> Result<bool, ClientError> {
    let core = batch.core;
    let id = conversation.id;
    let Some(rollback) = core.store.rollback(id)? else {
        return Ok(false);
    };
    let epoch = core.groups.epoch(id)?;
    if entry.epoch >= epoch {
        return Ok(false);
    }
    let mut hash = None;
    if entry.kind == EntryKind::Commit {
        let known = core.store.passed_epoch(id, entry.epoch)?;
        let same =
            known.is_some_and(|known| known.payload_hash == history::hash_of(entry.payload.as_slice()));
        if !same {
            batch.come_anew(conversation)?;
            return Ok(true);
        }
        core.store.move_passed_epoch(id, entry.epoch, entry.sequence)?;
        let next = entry.epoch.next();
        if next >= epoch {
            core.store.delete_rollback(id)?;
            let authenticator = core.groups.with(id, |group, _| Ok(group.epoch_authenticator()))?;
            hash = Some(history::begin(&authenticator));
        } else {
            core.store.save_rollback(
                id,
                Rollback {
                    epoch: next,
                    noticed_at: rollback.noticed_at,
                },
            )?;
        }
    }
    if entry.sender == batch.me.device {
        conversation.own_counter = conversation.own_counter.max(entry.counter);
    } else {
        core.store.save_peer_counter(id, entry.sender, entry.counter)?;
    }
    batch.advance(conversation, entry.sequence, hash)?;
    Ok(true)
}

/// What this device can do to bring the server forward: its own commit, as it was sent before.
pub(super) fn next(
    core: &Core,
    conversation: &Conversation,
    rollback: Rollback,
) -> Result<Option<ClientFrame>, ClientError> {
    let id = conversation.id;
    let passed = core.store.passed_epoch(id, rollback.epoch)?;
    let Some((bundle, link)) = passed.and_then(|passed| passed.own) else {
        return Ok(None);
    };
    let bundle: CommitBundle = codec::from_cbor(&bundle)?;
    Ok(Some(ClientFrame::Commit(SubmitCommitRequest {
        conversation: id,
        epoch: rollback.epoch,
        commit: CommitBundle {
            counter: conversation.own_counter.next(),
            ..bundle
        },
        room: link.map(|link| codec::from_cbor(&link)).transpose()?,
    })))
}

/// The server does not take the commit again; gives whether it was about one. What may change by itself is
/// tried once more when the log was read.
pub(super) fn refused(
    batch: &mut Batch<'_>,
    conversation: &mut Conversation,
    refused: &Refused,
) -> Result<bool, ClientError> {
    let core = batch.core;
    if core.store.rollback(conversation.id)?.is_none() || outbox::temporary(refused).is_some() {
        return Ok(false);
    }
    batch.come_anew(conversation)?;
    Ok(true)
}

/// The conversations for which the others have had their time.
pub(super) fn overdue(core: &Core) -> Result<Vec<ConversationId>, ClientError> {
    let now = core.platform.now();
    let waiting = core.store.rollbacks()?.into_iter();
    let late = waiting.filter(|(_, since)| now >= since.plus(PATIENCE));
    Ok(late.map(|(id, _)| id).collect())
}

/// How long the next of them still has.
pub(super) fn next_wait(core: &Core) -> Result<Option<Duration>, ClientError> {
    let now = core.platform.now();
    let waits = core.store.rollbacks()?.into_iter();
    Ok(waits.map(|(_, since)| since.plus(PATIENCE).since(now)).min())
}
