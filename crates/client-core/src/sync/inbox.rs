//! What comes in: entries of logs, applied strictly in order, and the server's answers to what was
//! sent. A batch is one transaction of group state, messages and cursors; only after it is anything
//! acknowledged.

use super::inbox_entry;
use super::outbox;
use super::rollback::{self, Check, Checked};
use crate::change::Change;
use crate::conversation::{change, epoch, external};
use crate::core::{Core, Me};
use crate::error::ClientError;
use crate::message::event::{self, Place};
use crate::message::history;
use crate::store::conversation::{Conversation, ConversationState};
use crate::store::history::{Notice, NoticeKind};
use crate::store::own_commit::OwnContent;
use crate::testing::{
    ACCEPTED_AFTER_COMMIT, ACCEPTED_BEFORE_COMMIT, COMMIT_AFTER_MERGE, COMMIT_BEFORE_MERGE,
    INBOX_BEFORE_COMMIT,
};
use std::collections::{BTreeMap, BTreeSet};
use undertone_mls::{CommitApplied, Group};
use undertone_wire::conversation::{Accepted, ConversationHead, LogEntry, LogPage};
use undertone_wire::stream::{Acknowledge, Refused};
use undertone_wire::{ConversationId, Sequence};

/// Something that came over the connection and changes the store.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// An entry as it happened.
    Entry(LogEntry),
    /// A part of a log that was fetched.
    Page(LogPage),
    /// A part of a log that this device has, to be compared.
    Check(Check, LogPage),
    /// Nobody has brought a server forward that went back.
    GiveUp(ConversationId),
    /// The server no longer has what comes after this device's place.
    CutOff(ConversationHead),
    /// The server is in an epoch before this device's: the commit between was voided while it was away.
    WentBack(ConversationHead),
    /// The server says that this device is not in a conversation.
    NotInside(ConversationId),
    /// The server has stored what was sent.
    Accepted(Accepted),
    /// The server has not.
    Refused(Refused),
    /// A commit is void, and all that came after it.
    Voided(Acknowledge),
    /// Others could process a commit.
    Stands(Acknowledge),
    /// A conversation has ended for everyone.
    Closed(ConversationId),
}

/// What a batch did.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// How far each conversation has come: to be acknowledged.
    pub(crate) advanced: BTreeMap<ConversationId, Sequence>,
    /// In which conversations the log must be read.
    pub(crate) behind: BTreeSet<ConversationId>,
    /// What happens to refused sends.
    pub(crate) verdicts: Vec<(ConversationId, outbox::Verdict)>,
    /// In which conversations nothing is under way any more.
    pub(crate) answered: BTreeSet<ConversationId>,
    /// Commits that this device cannot process.
    pub(crate) stuck: BTreeMap<ConversationId, Sequence>,
    /// Whether a conversation must be come into again.
    pub(crate) lost: bool,
    /// What became of comparisons.
    pub(crate) checked: BTreeMap<ConversationId, Checked>,
    changes: BTreeSet<ConversationId>,
}

/// A batch under way: conversations are read once and written once.
pub(super) struct Batch<'a> {
    pub(super) core: &'a Core,
    pub(super) me: &'a Me,
    conversations: BTreeMap<ConversationId, Conversation>,
    pub(super) outcome: Outcome,
}

/// Applies a batch in one transaction. An error means that nothing of it was stored.
pub(crate) fn apply(core: &Core, batch: Vec<Incoming>) -> Result<Outcome, ClientError> {
    let me = core.me()?;
    let outcome = core.transaction(|| {
        let mut running = Batch {
            core,
            me: &me,
            conversations: BTreeMap::new(),
            outcome: Outcome::default(),
        };
        for incoming in batch {
            running.apply(incoming)?;
        }
        let outcome = running.finish()?;
        if !outcome.advanced.is_empty() {
            core.checkpoints.reach(INBOX_BEFORE_COMMIT)?;
        }
        Ok(outcome)
    })?;
    if !outcome.answered.is_empty() {
        core.checkpoints.reach(ACCEPTED_AFTER_COMMIT)?;
    }
    for conversation in &outcome.changes {
        core.publish(Change::Timeline(*conversation));
    }
    if !outcome.changes.is_empty() {
        core.publish(Change::Conversations);
        core.publish(Change::Connection);
    }
    Ok(outcome)
}

/// The server has taken this device's own commit: the same as its echo, if that has not come before.
pub(crate) fn commit_accepted(core: &Core, accepted: &Accepted) -> Result<(), ClientError> {
    apply(core, vec![Incoming::Accepted(*accepted)]).map(drop)
}

impl Batch<'_> {
    fn apply(&mut self, incoming: Incoming) -> Result<(), ClientError> {
        match incoming {
            Incoming::Entry(entry) => self.entry(&entry),
            Incoming::Page(page) => self.page(&page),
            Incoming::Check(check, page) => self.check(check, &page),
            Incoming::GiveUp(id) => self.give_up(id),
            Incoming::CutOff(head) => self.cut_off(&head),
            Incoming::WentBack(head) => self.went_back(&head),
            Incoming::NotInside(id) => self.not_inside(id),
            Incoming::Voided(at) => self.voided(at),
            Incoming::Stands(at) => self.stands(at),
            Incoming::Closed(id) => self.closed(id),
            Incoming::Accepted(accepted) => self.accepted(&accepted),
            Incoming::Refused(refused) => {
                self.outcome.answered.insert(refused.conversation);
                self.outcome.changes.insert(refused.conversation);
                let Some(mut conversation) = self.take(refused.conversation)? else {
                    return Ok(());
                };
                let verdict = if rollback::refused(self, &mut conversation, &refused)? {
                    outbox::Verdict::Failed
                } else {
                    outbox::refused(self.core, &mut conversation, &refused)?
                };
                self.keep(conversation);
                self.outcome.verdicts.push((refused.conversation, verdict));
                Ok(())
            }
        }
    }

    fn entry(&mut self, entry: &LogEntry) -> Result<(), ClientError> {
        // An entry may overtake the Welcome: the log is read from the Welcome on.
        let Some(mut conversation) = self.take(entry.conversation)? else {
            return Ok(());
        };
        if conversation.state.follows_log()
            && entry.sequence > conversation.sequence
            && !self.outcome.stuck.contains_key(&entry.conversation)
        {
            if entry.sequence == conversation.sequence.next() {
                inbox_entry::apply(self, &mut conversation, entry)?;
            } else {
                self.outcome.behind.insert(entry.conversation);
            }
        }
        self.keep(conversation);
        Ok(())
    }

    fn page(&mut self, page: &LogPage) -> Result<(), ClientError> {
        let Some(before) = self.take(page.conversation)? else {
            return Ok(());
        };
        let begun_at = before.sequence;
        self.keep(before);
        for entry in page
            .entries
            .iter()
            .filter(|entry| entry.conversation == page.conversation)
        {
            self.entry(entry)?;
        }
        let Some(conversation) = self.take(page.conversation)? else {
            return Ok(());
        };
        // A log that does not go on is not asked for again before the server says anew where it stands.
        let progress = conversation.sequence > begun_at;
        if progress && conversation.state.follows_log() && conversation.sequence < page.head {
            self.outcome.behind.insert(page.conversation);
        }
        self.keep(conversation);
        Ok(())
    }

    /// The server no longer has what comes next: this device was away for longer than things are kept.
    /// Messages that are missing can be passed over, with a notice; where a commit is missing, it comes
    /// into the conversation again.
    fn cut_off(&mut self, head: &ConversationHead) -> Result<(), ClientError> {
        let Some(mut conversation) = self.take(head.conversation)? else {
            return Ok(());
        };
        if conversation.state == ConversationState::Active && head.first_kept > conversation.sequence.next() {
            self.notice(&conversation, NoticeKind::LostMessages)?;
            let epoch = self
                .core
                .groups
                .with(conversation.id, |group, _| Ok(group.epoch()))?;
            if head.epoch == epoch {
                let last_gone = Sequence(head.first_kept.0.saturating_sub(1));
                self.advance(&mut conversation, last_gone, None)?;
            } else {
                self.lose(&mut conversation)?;
            }
        }
        self.keep(conversation);
        Ok(())
    }

    /// This device was removed while it was away, or its commit was undone: it comes in again if its user
    /// may, and learns otherwise that they may not.
    fn not_inside(&mut self, id: ConversationId) -> Result<(), ClientError> {
        let Some(mut conversation) = self.take(id)? else {
            return Ok(());
        };
        if conversation.state == ConversationState::Active {
            self.lose(&mut conversation)?;
        }
        self.keep(conversation);
        Ok(())
    }

    /// A commit that was processed here is void: the group is of an epoch that never was, and what was sent
    /// in it counts as never sent. Where it was not processed, the log says the same. Word of an earlier
    /// commit than the one that this device's epoch began with comes late: the device is out of that branch.
    fn voided(&mut self, at: Acknowledge) -> Result<(), ClientError> {
        let Some(mut conversation) = self.take(at.conversation)? else {
            return Ok(());
        };
        if conversation.state == ConversationState::Active {
            let begun = self.core.store.first_running_hash(conversation.id)?;
            if conversation.sequence < at.sequence {
                self.outcome.behind.insert(conversation.id);
            } else if begun.is_none_or(|begun| begun <= at.sequence) {
                self.undo(&mut conversation, at.sequence)?;
                // What it was is said by that entry: nothing of what follows is lost.
                conversation.running_hash = Vec::new();
                conversation.sequence = Sequence(at.sequence.0.saturating_sub(1));
            }
        }
        self.keep(conversation);
        Ok(())
    }

    /// The same, learnt late. What others have sent since is lost to this device, which is said.
    pub(super) fn went_back(&mut self, head: &ConversationHead) -> Result<(), ClientError> {
        let Some(mut conversation) = self.take(head.conversation)? else {
            return Ok(());
        };
        if conversation.state == ConversationState::Active {
            if head.head > conversation.sequence {
                self.notice(&conversation, NoticeKind::LostMessages)?;
            }
            self.leave_branch(&mut conversation)?;
            conversation.running_hash = Vec::new();
        }
        self.keep(conversation);
        Ok(())
    }

    /// This device is in an epoch that never was: whatever happened in it did not, and it comes in again.
    pub(super) fn leave_branch(&mut self, conversation: &mut Conversation) -> Result<(), ClientError> {
        let begun = self.core.store.first_running_hash(conversation.id)?;
        let begun = begun.unwrap_or(conversation.sequence);
        self.undo(conversation, begun)
    }

    fn undo(&mut self, conversation: &mut Conversation, from: Sequence) -> Result<(), ClientError> {
        self.core.store.save_conversation(conversation)?;
        event::undone(self.core, self.me, conversation.id, from)?;
        self.lose(conversation)
    }

    /// A commit that was not processed here was processed by others: this device says whose it was, and
    /// comes in again.
    fn stands(&mut self, at: Acknowledge) -> Result<(), ClientError> {
        let Some(mut conversation) = self.take(at.conversation)? else {
            return Ok(());
        };
        if conversation.state == ConversationState::Active && conversation.sequence < at.sequence {
            event::left_behind(self.core, self.me, at)?;
            self.lose(&mut conversation)?;
        }
        self.keep(conversation);
        Ok(())
    }

    fn closed(&mut self, id: ConversationId) -> Result<(), ClientError> {
        let Some(mut conversation) = self.take(id)? else {
            return Ok(());
        };
        if !matches!(
            conversation.state,
            ConversationState::Removed | ConversationState::Creating
        ) {
            self.core.groups.delete(id)?;
            conversation.state = ConversationState::Closed;
            conversation.creation = None;
            self.changed(id);
        }
        self.keep(conversation);
        Ok(())
    }

    fn lose(&mut self, conversation: &mut Conversation) -> Result<(), ClientError> {
        external::lose(self.core, conversation)?;
        self.outcome.lost = true;
        self.changed(conversation.id);
        Ok(())
    }

    fn accepted(&mut self, accepted: &Accepted) -> Result<(), ClientError> {
        self.outcome.answered.insert(accepted.conversation);
        let Some(mut conversation) = self.take(accepted.conversation)? else {
            return Ok(());
        };
        let own_commit = self.core.store.own_commit(conversation.id)?;
        let own_commit = own_commit.filter(|own| own.counter == accepted.counter);
        if let Some(own) = own_commit {
            let is_next = accepted.sequence == conversation.sequence.next();
            match own.content {
                OwnContent::Commit { .. } if is_next => {
                    self.merge_own(&mut conversation, Place::of_accepted(accepted))?;
                    conversation.own_counter = conversation.own_counter.max(accepted.counter);
                }
                OwnContent::Commit { .. } => {
                    self.outcome.behind.insert(conversation.id);
                }
                // Its echo says the rest.
                OwnContent::Proposal(_) => {}
            }
        } else if outbox::accepted(self.core, &mut conversation, accepted)? {
            self.changed(conversation.id);
        }
        self.core.checkpoints.reach(ACCEPTED_BEFORE_COMMIT)?;
        self.keep(conversation);
        Ok(())
    }

    /// The log has this device's own commit: the next epoch begins.
    pub(super) fn merge_own(
        &mut self,
        conversation: &mut Conversation,
        place: Place,
    ) -> Result<(), ClientError> {
        self.core.checkpoints.reach(COMMIT_BEFORE_MERGE)?;
        let applied = self.core.groups.with(conversation.id, Group::merge_pending)?;
        if let Some(own) = self.core.store.own_commit(conversation.id)? {
            self.core
                .store
                .pass_epoch_by_own(conversation.id, &own, place.sequence)?;
        }
        self.core.store.delete_own_commit(conversation.id)?;
        let founded = conversation.state == ConversationState::Creating;
        conversation.state = ConversationState::Active;
        conversation.creation = None;
        change::fulfilled(self.core, conversation.id)?;
        if founded {
            event::founded(self.core, self.me, place)?;
        }
        self.begin_epoch(conversation, place, &applied)?;
        Ok(self.core.checkpoints.reach(COMMIT_AFTER_MERGE)?)
    }

    /// A commit was applied: the running hash begins anew.
    pub(super) fn begin_epoch(
        &mut self,
        conversation: &mut Conversation,
        place: Place,
        applied: &CommitApplied,
    ) -> Result<(), ClientError> {
        if !applied.added.is_empty() {
            outbox::keep_from_others(self.core, conversation.id)?;
        }
        epoch::begun(self.core, self.me, conversation, place, applied)?;
        let sequence = place.sequence;
        let authenticator = self
            .core
            .groups
            .with(conversation.id, |group, _| Ok(group.epoch_authenticator()))?;
        let hash = history::begin(&authenticator);
        self.core.store.forget_running_hashes(conversation.id, sequence)?;
        self.advance(conversation, sequence, Some(hash))
    }

    /// An entry is processed.
    pub(super) fn advance(
        &mut self,
        conversation: &mut Conversation,
        sequence: Sequence,
        hash: Option<[u8; 32]>,
    ) -> Result<(), ClientError> {
        conversation.sequence = sequence;
        conversation.running_hash = hash.map(Vec::from).unwrap_or_default();
        if let Some(hash) = hash {
            self.core
                .store
                .add_running_hash(conversation.id, sequence, &hash)?;
        }
        self.outcome.advanced.insert(conversation.id, sequence);
        self.changed(conversation.id);
        Ok(())
    }

    /// The user must know something about a conversation.
    pub(super) fn notice(
        &mut self,
        conversation: &Conversation,
        kind: NoticeKind,
    ) -> Result<(), ClientError> {
        let notice = Notice {
            kind,
            sequence: conversation.sequence,
            noticed_at: self.core.platform.now(),
        };
        self.core.store.add_notice(conversation.id, notice)?;
        self.changed(conversation.id);
        Ok(())
    }

    pub(super) fn changed(&mut self, conversation: ConversationId) {
        self.outcome.changes.insert(conversation);
    }

    pub(super) fn take(&mut self, id: ConversationId) -> Result<Option<Conversation>, ClientError> {
        match self.conversations.remove(&id) {
            Some(conversation) => Ok(Some(conversation)),
            None => Ok(self.core.store.conversation(id)?),
        }
    }

    pub(super) fn keep(&mut self, conversation: Conversation) {
        self.conversations.insert(conversation.id, conversation);
    }

    fn finish(self) -> Result<Outcome, ClientError> {
        for conversation in self.conversations.values() {
            self.core.store.save_conversation(conversation)?;
        }
        Ok(self.outcome)
    }
}
