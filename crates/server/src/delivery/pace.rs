//! Storms are held off here: the commits of one conversation are checked one at a time, and those that
//! remove nobody follow each other with a pause (design D3). It is all in memory: the order itself is
//! kept by the database.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use undertone_wire::ConversationId;

/// The pause between two commits that remove nobody.
const PAUSE: Duration = Duration::from_millis(250);
/// Conversations share so many gates; two at the same one wait for each other's check at worst.
const GATES: usize = 256;
/// Conversations of which the last commit is remembered before those that are long past are forgotten.
const REMEMBERED: usize = 4096;

/// The gates, and when somebody went through last.
pub(super) struct Pace {
    gates: Vec<Semaphore>,
    last: Mutex<HashMap<ConversationId, Duration>>,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            gates: (0..GATES).map(|_| Semaphore::new(1)).collect(),
            last: Mutex::default(),
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
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = last.get(&conversation).map(|last| now.saturating_sub(*last));
        match passed.and_then(|passed| PAUSE.checked_sub(passed)) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => Ok(()),
        }
    }

    /// One that removes nobody was stored.
    pub(super) fn note(&self, conversation: ConversationId, now: Duration) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() >= REMEMBERED {
            last.retain(|_, last| now.saturating_sub(*last) < PAUSE);
        }
        last.insert(conversation, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    const ONE: ConversationId = ConversationId::from_bytes([1; 16]);
    const OTHER: ConversationId = ConversationId::from_bytes([2; 16]);

    fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn commits_of_one_conversation_keep_their_distance() {
        let pace = Pace::default();
        assert_eq!(pace.check(ONE, at(5)), Ok(()));
        pace.note(ONE, at(5));
        assert_eq!(pace.check(ONE, at(105)), Err(at(150)));
        assert_eq!(pace.check(OTHER, at(105)), Ok(()));
        assert_eq!(pace.check(ONE, at(255)), Ok(()));
    }

    #[test]
    fn what_is_long_past_is_forgotten() {
        let pace = Pace::default();
        for number in 0..2 * u32::try_from(REMEMBERED).unwrap() {
            let mut id = [0; 16];
            id[..4].copy_from_slice(&number.to_be_bytes());
            pace.note(ConversationId::from_bytes(id), at(u64::from(number)));
        }
        assert!(pace.last.lock().unwrap().len() <= REMEMBERED + 1);
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
