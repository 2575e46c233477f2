//! Time, passed in: the one place that asks the system for it.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use undertone_wire::Timestamp;

/// Tells the time. The system's date may be set forward or back at any moment; the monotonic time only
/// passes. The server's time is the date, but follows it when the server is ready for that: whoever keeps
/// ages calls [`Clock::step`] after it has adapted them.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The server's date and time of day.
    fn now(&self) -> Timestamp;
    /// How long the clock has run, the time asleep included: for limits, delays and ages.
    fn monotonic(&self) -> Duration;
    /// By how many milliseconds the system's date is ahead of the server's time.
    fn departure_ms(&self) -> i64;
    /// Sets the server's time by so many milliseconds.
    fn step(&self, by_ms: i64);
}

/// The system's clock.
#[derive(Debug)]
pub struct SystemClock {
    started: Start,
    /// The server's time, less the monotonic time.
    offset_ms: AtomicI64,
}

impl SystemClock {
    /// Starts counting the monotonic time.
    pub fn start() -> Self {
        let clock = Self {
            started: Start::now(),
            offset_ms: AtomicI64::new(0),
        };
        clock.step(clock.departure_ms());
        clock
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let offset = self.offset_ms.load(Ordering::SeqCst);
        Timestamp::from_millis(milliseconds(self.monotonic()).saturating_add_signed(offset))
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn departure_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        difference(milliseconds(since), self.now().as_millis())
    }

    fn step(&self, by_ms: i64) {
        self.offset_ms.fetch_add(by_ms, Ordering::SeqCst);
    }
}

/// When the clock began to run. On Linux the standard library's instants stand still while the machine
/// sleeps, so another clock of the system is asked there.
#[derive(Debug)]
struct Start {
    #[cfg(target_os = "linux")]
    at: Duration,
    #[cfg(not(target_os = "linux"))]
    at: std::time::Instant,
}

#[cfg(target_os = "linux")]
impl Start {
    fn now() -> Self {
        Self { at: since_boot() }
    }

    fn elapsed(&self) -> Duration {
        since_boot().saturating_sub(self.at)
    }
}

#[cfg(target_os = "linux")]
fn since_boot() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}

#[cfg(not(target_os = "linux"))]
impl Start {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now() -> Self {
        Self {
            at: std::time::Instant::now(),
        }
    }

    fn elapsed(&self) -> Duration {
        self.at.elapsed()
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn difference(one: u64, other: u64) -> i64 {
    let far = i64::try_from(one.abs_diff(other)).unwrap_or(i64::MAX);
    if one < other { -far } else { far }
}

/// A clock that moves only when it is told to.
#[cfg(any(test, feature = "testing"))]
#[derive(Debug)]
pub struct ManualClock {
    started_at: Timestamp,
    passed_ms: std::sync::atomic::AtomicU64,
    /// By how much the system's date was set.
    set_ms: AtomicI64,
    /// How much of that the server's time has followed.
    followed_ms: AtomicI64,
}

#[cfg(any(test, feature = "testing"))]
impl ManualClock {
    /// Stands at this time.
    pub fn at(started_at: Timestamp) -> Self {
        Self {
            started_at,
            passed_ms: std::sync::atomic::AtomicU64::new(0),
            set_ms: AtomicI64::new(0),
            followed_ms: AtomicI64::new(0),
        }
    }

    /// Moves on.
    pub fn advance(&self, duration: Duration) {
        self.passed_ms.fetch_add(milliseconds(duration), Ordering::SeqCst);
    }

    /// Sets the system's date forward or back, as an administrator or a time server does.
    pub fn set_date(&self, by_ms: i64) {
        self.set_ms.fetch_add(by_ms, Ordering::SeqCst);
    }
}

#[cfg(any(test, feature = "testing"))]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        let followed = self.followed_ms.load(Ordering::SeqCst);
        let passed = self.started_at.plus(self.monotonic()).as_millis();
        Timestamp::from_millis(passed.saturating_add_signed(followed))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.passed_ms.load(Ordering::SeqCst))
    }

    fn departure_ms(&self) -> i64 {
        self.set_ms.load(Ordering::SeqCst) - self.followed_ms.load(Ordering::SeqCst)
    }

    fn step(&self, by_ms: i64) {
        self.followed_ms.fetch_add(by_ms, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_time_is_the_date_until_that_is_set() {
        let clock = SystemClock::start();
        assert!(clock.departure_ms().abs() < 1000, "{}", clock.departure_ms());
        let before = clock.now();
        // As if somebody had set the date forward by an hour and the server had followed.
        clock.step(3_600_000);
        assert!(clock.now() >= before.plus(Duration::from_hours(1)));
        assert!(clock.departure_ms() < -3_500_000);
    }

    #[test]
    fn a_date_that_is_set_is_followed_only_by_a_step() {
        let clock = ManualClock::at(Timestamp::from_millis(1_000_000));
        clock.set_date(-5_000);
        clock.advance(Duration::from_secs(1));
        assert_eq!(clock.now(), Timestamp::from_millis(1_001_000));
        assert_eq!(clock.departure_ms(), -5_000);
        clock.step(-5_000);
        assert_eq!(clock.now(), Timestamp::from_millis(996_000));
        assert_eq!(clock.departure_ms(), 0);
    }
}
