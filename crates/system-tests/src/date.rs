//! A clock whose date a story sets, as an administrator or a time server does. Time itself passes as it does
//! everywhere.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use undertone_server::clock::{Clock, SystemClock};
use undertone_wire::Timestamp;

/// See the module.
#[derive(Debug)]
pub(crate) struct SettableClock {
    system: SystemClock,
    /// By how much the machine's date was set.
    set_ms: AtomicI64,
}

impl Default for SettableClock {
    fn default() -> Self {
        Self {
            system: SystemClock::start(),
            set_ms: AtomicI64::new(0),
        }
    }
}

impl SettableClock {
    /// Sets the machine's date; the server's time follows when the server is ready for that.
    pub(crate) fn set_date(&self, by_ms: i64) {
        self.set_ms.fetch_add(by_ms, Ordering::SeqCst);
    }
}

impl Clock for SettableClock {
    fn now(&self) -> Timestamp {
        self.system.now()
    }

    fn monotonic(&self) -> Duration {
        self.system.monotonic()
    }

    fn departure_ms(&self) -> i64 {
        self.system.departure_ms() + self.set_ms.load(Ordering::SeqCst)
    }

    fn step(&self, by_ms: i64) {
        self.system.step(by_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_that_is_set_is_followed_by_a_step() {
        let clock = SettableClock::default();
        let before = clock.now();
        clock.set_date(3_600_000);
        assert!((3_599_000..=3_601_000).contains(&clock.departure_ms()));
        assert!(clock.now() < before.plus(Duration::from_mins(30)));
        clock.step(clock.departure_ms());
        assert!(clock.departure_ms().abs() < 1000);
        assert!(clock.now() >= before.plus(Duration::from_mins(59)));
    }
}
