//! Storms are held off here: the commits of one conversation are checked one at a time, those that remove
//! nobody follow each other with a pause, and whoever was overtaken by another commit gets a place in a
//! queue, so that many who commit at once do not overtake each other for ever (design D3). It is all in
//! memory: the order itself is kept by the database.

use super::queue::{Place, Queue};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use undertone_wire::{ConversationId, DeviceId};

/// The pause between two commits that remove nobody.
const PAUSE: Duration = Duration::from_millis(250);
/// A place in the queue is thought to take this at most, however slowly commits follow each other.
const SLOWEST: Duration = Duration::from_secs(1);
/// Whoever was overtaken is expected back within this after the time that they were told.
const PATIENCE: Duration = Duration::from_secs(2);
/// Conversations share so many gates; two at the same one wait for each other's check at worst.
const GATES: usize = 256;
/// Conversations that are remembered before those are forgotten where nothing happens any more.
const REMEMBERED: usize = 4096;

/// The gates, who went through last, and who waits.
pub(super) struct Pace {
    gates: Vec<Semaphore>,
    conversations: Mutex<HashMap<ConversationId, Commits>>,
}

/// The commits of one conversation.
#[derive(Default)]
struct Commits {
    /// When the last one that removed nobody was stored.
    last: Option<Duration>,
    /// How fast they follow each other while somebody waits.
    interval: Duration,
    /// Who was overtaken, in the order in which they are expected back.
    waiting: Queue,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            gates: (0..GATES).map(|_| Semaphore::new(1)).collect(),
            conversations: Mutex::default(),
        }
    }
}

impl Pace {
    /// Waits until no other commit of the conversation is being checked. First come, first served.
    ///
    /// Cancel safe because a place in the queue is given up when dropped.
    pub(super) async fn enter(&self, conversation: ConversationId) -> Option<SemaphorePermit<'_>> {
        let mut hasher = DefaultHasher::new();
        conversation.hash(&mut hasher);
        let gates = u64::try_from(self.gates.len()).unwrap_or(u64::MAX).max(1);
        let gate = usize::try_from(hasher.finish() % gates).unwrap_or_default();
        // They are never closed.
        self.gates.get(gate)?.acquire().await.ok()
    }

    /// Whether a commit that removes nobody may follow now, or how long it is to wait.
    pub(super) fn check(&self, conversation: ConversationId, now: Duration) -> Result<(), Duration> {
        let conversations = self.conversations();
        let last = conversations.get(&conversation).and_then(|commits| commits.last);
        let passed = last.map(|last| now.saturating_sub(last));
        match passed.and_then(|passed| PAUSE.checked_sub(passed)) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => Ok(()),
        }
    }

    /// A device's commit was for an epoch that has passed: how long it is to wait before the next one. It
    /// keeps its place if it comes too early.
    pub(super) fn overtaken(
        &self,
        conversation: ConversationId,
        device: DeviceId,
        now: Duration,
    ) -> Duration {
        let mut conversations = self.conversations();
        conversations.entry(conversation).or_default().wait(device, now)
    }

    /// A device's commit was stored.
    pub(super) fn note(&self, conversation: ConversationId, device: DeviceId, removes: bool, now: Duration) {
        let mut conversations = self.conversations();
        if conversations.len() >= REMEMBERED {
            conversations.retain(|_, commits| !commits.is_past(now));
        }
        let commits = conversations.entry(conversation).or_default();
        commits.waiting.remove(device);
        if !removes {
            commits.follow(now);
        }
    }

    fn conversations(&self) -> MutexGuard<'_, HashMap<ConversationId, Commits>> {
        self.conversations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Commits {
    fn is_past(&self, now: Duration) -> bool {
        self.last.is_none_or(|last| now.saturating_sub(last) >= PAUSE) && self.waiting.is_past(now)
    }

    /// Another one was stored.
    fn follow(&mut self, now: Duration) {
        let since = self.last.map(|last| now.saturating_sub(last));
        self.interval = match since.filter(|_| !self.waiting.is_empty()) {
            Some(since) => (self.interval.saturating_mul(3).saturating_add(since) / 4).clamp(PAUSE, SLOWEST),
            None => PAUSE,
        };
        self.last = Some(now);
    }

    fn wait(&mut self, device: DeviceId, now: Duration) -> Duration {
        let ahead = self.waiting.ahead_of(device, now);
        let interval = self.interval.max(PAUSE);
        // The first may come when the pause after the last one has passed.
        let first = self
            .last
            .map_or(now, |last| last.saturating_add(interval).max(now));
        let ahead_of_it = interval.saturating_mul(u32::try_from(ahead).unwrap_or(u32::MAX));
        let wait = first.saturating_add(ahead_of_it).saturating_sub(now).max(PAUSE);
        let until = now.saturating_add(wait).saturating_add(PATIENCE);
        self.waiting.expect(ahead, Place { device, until });
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::super::queue::WAITING_MAX;
    use super::*;
    use futures::FutureExt;

    const ONE: ConversationId = ConversationId::from_bytes([1; 16]);
    const OTHER: ConversationId = ConversationId::from_bytes([2; 16]);

    fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn device(number: u8) -> DeviceId {
        DeviceId::from_bytes([number; 16])
    }

    fn conversation(number: u32) -> ConversationId {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&number.to_be_bytes());
        ConversationId::from_bytes(id)
    }

    #[test]
    fn commits_of_one_conversation_keep_their_distance() {
        let pace = Pace::default();
        assert_eq!(pace.check(ONE, at(5)), Ok(()));
        pace.note(ONE, device(1), false, at(5));
        assert_eq!(pace.check(ONE, at(105)), Err(at(150)));
        assert_eq!(pace.check(OTHER, at(105)), Ok(()));
        assert_eq!(pace.check(ONE, at(255)), Ok(()));
        pace.note(ONE, device(1), true, at(300));
        assert_eq!(
            pace.check(ONE, at(301)),
            Ok(()),
            "one that removes somebody counts for nothing"
        );
    }

    #[test]
    fn those_who_were_overtaken_come_one_after_another() {
        let pace = Pace::default();
        pace.note(ONE, device(1), false, at(1000));
        assert_eq!(pace.overtaken(ONE, device(2), at(1010)), PAUSE, "never at once");
        assert_eq!(pace.overtaken(ONE, device(3), at(1020)), at(480));
        assert_eq!(pace.overtaken(ONE, device(4), at(1020)), at(730));
        assert_eq!(
            pace.overtaken(ONE, device(3), at(1100)),
            at(400),
            "it keeps its place"
        );
        assert_eq!(pace.overtaken(OTHER, device(3), at(1100)), PAUSE);
        pace.note(ONE, device(2), false, at(1250));
        assert_eq!(pace.overtaken(ONE, device(4), at(1250)), at(500), "and moves up");
    }

    #[test]
    fn whoever_does_not_come_back_is_not_waited_for() {
        let pace = Pace::default();
        pace.note(ONE, device(1), false, at(0));
        pace.overtaken(ONE, device(2), at(0));
        pace.overtaken(ONE, device(3), at(0));
        assert_eq!(pace.overtaken(ONE, device(3), at(2400)), PAUSE);
    }

    #[test]
    fn the_queue_goes_as_fast_as_commits_follow_each_other() {
        let pace = Pace::default();
        pace.overtaken(ONE, device(9), at(0));
        for number in 0..20 {
            pace.overtaken(ONE, device(9), at(number * 800));
            pace.note(ONE, device(1), false, at(number * 800));
        }
        let wait = pace.overtaken(ONE, device(8), at(19 * 800));
        assert!(
            at(1500) < wait && wait <= at(1600),
            "two places of 800 ms: {wait:?}"
        );
        for number in 0..20 {
            pace.overtaken(ONE, device(9), at(30_000 + number * 5000));
            pace.note(ONE, device(1), false, at(30_000 + number * 5000));
        }
        let wait = pace.overtaken(ONE, device(8), at(30_000 + 19 * 5000));
        assert_eq!(wait, 2 * SLOWEST);
    }

    #[test]
    fn what_is_long_past_is_forgotten_and_a_queue_has_an_end() {
        let pace = Pace::default();
        for number in 0..2 * u32::try_from(REMEMBERED).unwrap() {
            let now = at(u64::from(number) * 10);
            pace.note(conversation(number), device(1), false, now);
        }
        assert!(pace.conversations().len() <= REMEMBERED + 1);
        for number in 0..=u32::try_from(WAITING_MAX).unwrap() + 100 {
            let device = DeviceId::from_bytes(*conversation(number).as_bytes());
            pace.overtaken(ONE, device, at(0));
        }
        assert_eq!(pace.conversations()[&ONE].waiting.len(), WAITING_MAX);
    }

    #[tokio::test]
    async fn one_commit_of_a_conversation_is_checked_at_a_time() {
        let pace = Pace::default();
        let first = pace.enter(ONE).await;
        assert!(pace.enter(ONE).now_or_never().is_none());
        drop(first);
        assert!(pace.enter(ONE).now_or_never().flatten().is_some());
    }
}
