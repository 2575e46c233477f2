//! How often a device comes into a conversation again that it loses: the first time at once, and then after
//! waits that grow and are never the same for two. Two devices that undo each other's commits, or a server
//! that voids each, would otherwise keep everybody busy without an end.

use rand::Rng;
use rand::rngs::OsRng;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;
use undertone_wire::ConversationId;

/// The wait between the first two returns; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(2);
/// But not longer than so.
const WAIT_MAX: Duration = Duration::from_mins(5);
/// Whoever was inside for so long has come in for good.
const CALM: Duration = Duration::from_mins(15);

/// See the module. All moments are milliseconds of the monotonic clock.
#[derive(Debug, Default)]
pub(crate) struct Returns(RefCell<BTreeMap<ConversationId, Return>>);

#[derive(Debug, Default)]
struct Return {
    count: u32,
    came_at: u64,
    may_at: u64,
    /// Somebody asked before.
    is_waited_for: bool,
}

impl Returns {
    /// A device has come into a lost conversation again.
    pub(crate) fn came(&self, id: ConversationId, now: u64) {
        let mut returns = self.0.borrow_mut();
        let known = returns.entry(id).or_default();
        if now.saturating_sub(known.came_at) >= millis(CALM) {
            known.count = 0;
        }
        let wait = millis(FIRST_WAIT).saturating_mul(2_u64.saturating_pow(known.count));
        let wait = wait.min(millis(WAIT_MAX));
        known.count = known.count.saturating_add(1);
        known.came_at = now;
        known.may_at = now.saturating_add(wait + OsRng.gen_range(0..=wait / 2));
        known.is_waited_for = false;
    }

    /// Whether it may come again now. If not, [`Self::next_ms`] says when.
    pub(crate) fn may(&self, id: ConversationId, now: u64) -> bool {
        let mut returns = self.0.borrow_mut();
        let Some(known) = returns.get_mut(&id) else {
            return true;
        };
        known.is_waited_for = now < known.may_at;
        !known.is_waited_for
    }

    /// Nobody waits any more whose moment has come.
    pub(crate) fn take_due(&self, now: u64) {
        for known in self.0.borrow_mut().values_mut() {
            known.is_waited_for &= now < known.may_at;
        }
    }

    /// When the next may come that was told to wait.
    pub(crate) fn next_ms(&self) -> u64 {
        let returns = self.0.borrow();
        let waiting = returns.values().filter(|known| known.is_waited_for);
        waiting.map(|known| known.may_at).min().unwrap_or(u64::MAX)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: ConversationId = ConversationId::from_bytes([1; 16]);

    #[test]
    fn the_first_return_is_at_once_and_the_others_wait_longer_and_longer() {
        let returns = Returns::default();
        let mut now = 0;
        assert!(returns.may(ONE, now));
        let mut waits = Vec::new();
        for _ in 0..12 {
            returns.came(ONE, now);
            assert_eq!(returns.next_ms(), u64::MAX, "nobody waits");
            assert!(!returns.may(ONE, now));
            let next = returns.next_ms();
            assert!(!returns.may(ONE, next - 1) && returns.may(ONE, next));
            assert_eq!(returns.next_ms(), u64::MAX);
            waits.push(next - now);
            now = next;
        }
        assert!((2000..=3000).contains(&waits[0]) && (32_000..=48_000).contains(&waits[4]));
        assert!((300_000..=450_000).contains(&waits[11]));
    }

    #[test]
    fn whoever_was_inside_for_long_begins_anew() {
        let returns = Returns::default();
        for _ in 0..10 {
            returns.came(ONE, 0);
        }
        let later = millis(CALM);
        assert!(!returns.may(ONE, 0) && returns.next_ms() < later);
        returns.take_due(later);
        assert_eq!(returns.next_ms(), u64::MAX);
        assert!(returns.may(ONE, later));
        returns.came(ONE, later);
        assert!(!returns.may(ONE, later) && returns.next_ms() <= later + 3000);
    }
}
