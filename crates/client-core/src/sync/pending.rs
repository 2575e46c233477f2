//! What one connection waits for: answers to what was asked, entries that must come, and conversations
//! that are left alone for a while. Frames may get lost on the way, so that every wait has an end.

use super::rollback::Check;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use undertone_wire::{ConversationId, Sequence};

/// A question without an answer for so long means that the connection is of no use.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// So long after the server's word that it stored something, its echo must have come.
const ECHO_WITHIN: Duration = Duration::from_secs(1);
/// So often a commit is reported that cannot be processed, until the server says what becomes of it.
const REPORT_EVERY: Duration = Duration::from_secs(6);
/// So many logs are read at the same time.
const FETCHES_AT_ONCE: usize = 4;

/// See the module. All moments are milliseconds of the monotonic clock.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// When all conversations have come so far, this device is level.
    pub(super) goals: BTreeMap<ConversationId, Sequence>,
    /// Logs to be read.
    pub(super) behind: BTreeSet<ConversationId>,
    /// Logs that are compared with what this device has, before anything else happens with them.
    pub(super) checks: BTreeMap<ConversationId, Check>,
    fetching: BTreeMap<ConversationId, u64>,
    under_way: BTreeMap<ConversationId, u64>,
    held: BTreeMap<ConversationId, u64>,
    expected: BTreeMap<ConversationId, (Sequence, u64)>,
    /// Commits that this device cannot process, and when that is reported next.
    stuck: BTreeMap<ConversationId, (Sequence, u64)>,
}

impl Pending {
    /// The next log to be read; from now on an answer is expected.
    pub(super) fn next_fetch(&mut self, now: u64) -> Option<ConversationId> {
        if self.fetching.len() >= FETCHES_AT_ONCE {
            return None;
        }
        let busy = |id: &ConversationId| self.fetching.contains_key(id) || self.held.contains_key(id);
        let waiting = self.checks.keys().chain(&self.behind);
        let next = waiting.copied().find(|id| !busy(id))?;
        self.behind.remove(&next);
        self.fetching.insert(next, after(now, ANSWER_WITHIN));
        Some(next)
    }

    /// A part of a log came, or was refused.
    pub(super) fn fetched(&mut self, id: ConversationId) {
        self.fetching.remove(&id);
    }

    /// Whether something may be sent: the log is read and nothing else is under way.
    pub(super) fn may_send(&self, id: ConversationId) -> bool {
        !self.behind.contains(&id)
            && !self.checks.contains_key(&id)
            && !self.goals.contains_key(&id)
            && !self.fetching.contains_key(&id)
            && !self.under_way.contains_key(&id)
            && !self.held.contains_key(&id)
            && !self.stuck.contains_key(&id)
    }

    /// This device cannot process a commit.
    pub(super) fn stick(&mut self, id: ConversationId, at: Sequence, now: u64) {
        let known = self.stuck.get(&id).filter(|(known, _)| *known == at);
        if known.is_none() {
            self.stuck.insert(id, (at, now));
        }
    }

    /// A commit that could not be processed is in the way no longer.
    pub(super) fn unstick(&mut self, id: ConversationId) {
        self.stuck.remove(&id);
    }

    /// Commits that are to be reported as not processed.
    pub(super) fn take_reports(&mut self, now: u64) -> Vec<(ConversationId, Sequence)> {
        let mut due = Vec::new();
        for (id, (at, report_at)) in &mut self.stuck {
            if *report_at <= now {
                *report_at = after(now, REPORT_EVERY);
                due.push((*id, *at));
            }
        }
        due
    }

    /// Something was sent; an answer is expected.
    pub(super) fn sent(&mut self, id: ConversationId, now: u64) {
        self.under_way.insert(id, after(now, ANSWER_WITHIN));
    }

    /// The answer came.
    pub(super) fn answered(&mut self, id: ConversationId) {
        self.under_way.remove(&id);
    }

    /// Nothing is asked or sent in this conversation for a while.
    pub(super) fn hold(&mut self, id: ConversationId, until: u64) {
        self.held.insert(id, until);
    }

    /// The log moved on: no reason to wait any longer.
    pub(super) fn release(&mut self, id: ConversationId) {
        self.held.remove(&id);
    }

    /// An entry at this place must come.
    pub(super) fn expect(&mut self, id: ConversationId, sequence: Sequence, now: u64) {
        let expected = self.expected.entry(id).or_insert((sequence, 0));
        *expected = (expected.0.max(sequence), after(now, ECHO_WITHIN));
    }

    /// Conversations whose entries should have come by now.
    pub(super) fn take_overdue(&mut self, now: u64) -> Vec<(ConversationId, Sequence)> {
        self.held.retain(|_, until| *until > now);
        let overdue: Vec<_> = self
            .expected
            .iter()
            .filter(|(_, (_, by))| *by <= now)
            .map(|(id, (sequence, _))| (*id, *sequence))
            .collect();
        for (id, _) in &overdue {
            self.expected.remove(id);
        }
        overdue
    }

    /// Whether an answer is overdue.
    pub(super) fn is_late(&self, now: u64) -> bool {
        self.fetching
            .values()
            .chain(self.under_way.values())
            .any(|by| *by <= now)
    }

    /// When something here is due next.
    pub(super) fn next_ms(&self) -> u64 {
        let expected = self
            .expected
            .values()
            .chain(self.stuck.values())
            .map(|(_, by)| by);
        let waits = self
            .fetching
            .values()
            .chain(self.under_way.values())
            .chain(self.held.values());
        waits.chain(expected).min().copied().unwrap_or(u64::MAX)
    }

    /// Whether all logs are read.
    pub(super) fn is_level(&self) -> bool {
        self.behind.is_empty() && self.checks.is_empty() && self.fetching.is_empty() && self.goals.is_empty()
    }
}

/// A moment so long after another.
pub(super) fn after(now: u64, wait: Duration) -> u64 {
    now.saturating_add(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: ConversationId = ConversationId::from_bytes([1; 16]);

    #[test]
    fn nothing_is_sent_before_the_log_is_read_and_the_answer_came() {
        let mut pending = Pending::default();
        assert!(pending.may_send(ONE) && pending.is_level());
        pending.behind.insert(ONE);
        assert!(!pending.may_send(ONE));
        assert_eq!(pending.next_fetch(0), Some(ONE));
        assert_eq!(pending.next_fetch(0), None);
        assert!(!pending.may_send(ONE) && !pending.is_level());
        pending.fetched(ONE);
        assert!(pending.may_send(ONE) && pending.is_level());
        pending.sent(ONE, 0);
        assert!(!pending.may_send(ONE));
        pending.answered(ONE);
        pending.hold(ONE, 10);
        assert!(!pending.may_send(ONE));
        assert!(pending.take_overdue(10).is_empty());
        assert!(pending.may_send(ONE));
    }

    #[test]
    fn nothing_is_sent_after_a_commit_that_cannot_be_processed() {
        let mut pending = Pending::default();
        pending.stick(ONE, Sequence(7), 0);
        assert!(!pending.may_send(ONE));
        assert_eq!(pending.take_reports(0), [(ONE, Sequence(7))]);
        pending.stick(ONE, Sequence(7), 10);
        assert_eq!(pending.take_reports(5999), []);
        assert_eq!(pending.next_ms(), 6000);
        assert_eq!(pending.take_reports(6000), [(ONE, Sequence(7))]);
        pending.unstick(ONE);
        assert!(pending.may_send(ONE) && pending.take_reports(u64::MAX).is_empty());
    }

    #[test]
    fn no_wait_is_without_end() {
        let mut pending = Pending::default();
        assert_eq!(pending.next_ms(), u64::MAX);
        pending.sent(ONE, 100);
        assert_eq!(pending.next_ms(), 5100);
        assert!(!pending.is_late(5099));
        assert!(pending.is_late(5100));
        pending.answered(ONE);
        pending.expect(ONE, Sequence(7), 100);
        pending.expect(ONE, Sequence(6), 200);
        assert_eq!(pending.next_ms(), 1200);
        assert_eq!(pending.take_overdue(1199), []);
        assert_eq!(pending.take_overdue(1200), [(ONE, Sequence(7))]);
        assert_eq!(pending.next_ms(), u64::MAX);
    }
}
