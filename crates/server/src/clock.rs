//! Time, passed in: the one place that asks the system for it.

use std::fmt;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use undertone_wire::Timestamp;

/// Tells the time. Two clocks in one: the date may be set back, the monotonic time never is.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The date and time of day.
    fn now(&self) -> Timestamp;
    /// How long the clock has run: for limits and delays.
    fn monotonic(&self) -> Duration;
}

/// The system's clock.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// Starts counting the monotonic time.
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn start() -> Self {
        Self {
            started: Instant::now(),
        }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }
}

/// A clock that moves only when it is told to.
#[cfg(any(test, feature = "testing"))]
#[derive(Debug)]
pub struct ManualClock {
    started_at: Timestamp,
    passed_ms: std::sync::atomic::AtomicU64,
}

#[cfg(any(test, feature = "testing"))]
impl ManualClock {
    /// Stands at this time.
    pub fn at(started_at: Timestamp) -> Self {
        Self {
            started_at,
            passed_ms: std::sync::atomic::AtomicU64::new(0),
        }
    }

    /// Moves on.
    pub fn advance(&self, duration: Duration) {
        let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        self.passed_ms
            .fetch_add(milliseconds, std::sync::atomic::Ordering::SeqCst);
    }
}

#[cfg(any(test, feature = "testing"))]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.started_at.plus(self.monotonic())
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.passed_ms.load(std::sync::atomic::Ordering::SeqCst))
    }
}
