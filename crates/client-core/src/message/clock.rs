//! What time it is, for messages that vanish. Two clocks are asked, and each decides one thing.
//!
//! *Trusted time* decides what is deleted. It is the server's time as it was heard last, and goes on by
//! the monotonic clock; it never goes back, and is kept over restarts. The clock on the wall has no part in
//! it: whatever that jumps to, nothing is deleted early, and nothing is kept longer than until the server
//! is heard again. While a device is offline and closed, trusted time stands still: what ends meanwhile
//! is deleted when the device is back, or has been open for as long.
//!
//! *Shown time* decides what is shown. It is the later of trusted time and the clock on the wall,
//! corrected by how far that was from the server's when they were compared last. So a message is hidden
//! at once when either clock says that it has ended, and what a wrong clock had hidden is shown again as
//! soon as the server is heard, at most a minute later while there is a connection.
//!
//! A timer that begins with reading begins at trusted time once the server was heard since the start,
//! before that at shown time, and is cut to its length as soon as the server is heard: a clock that was
//! ahead keeps nothing.

use crate::core::Core;
use crate::error::ClientError;
use crate::platform::Platform;
use crate::store::expiry::KeptTime;
use std::cell::Cell;
use undertone_wire::Timestamp;

/// See the module.
#[derive(Debug)]
pub(crate) struct Clock {
    trusted: Cell<Timestamp>,
    /// The monotonic clock when `trusted` was right.
    at_ms: Cell<u64>,
    /// What is to be added to the clock on the wall.
    behind_ms: Cell<i64>,
    /// Whether the server was heard since the start.
    heard: Cell<bool>,
}

impl Clock {
    /// Goes on from what was kept.
    pub(crate) fn new(kept: KeptTime, platform: &dyn Platform) -> Self {
        Self {
            trusted: Cell::new(kept.trusted),
            at_ms: Cell::new(platform.monotonic_ms()),
            behind_ms: Cell::new(kept.behind_ms),
            heard: Cell::new(false),
        }
    }

    /// Trusted time.
    pub(crate) fn trusted(&self, platform: &dyn Platform) -> Timestamp {
        let passed = platform.monotonic_ms().saturating_sub(self.at_ms.get());
        Timestamp::from_millis(self.trusted.get().as_millis().saturating_add(passed))
    }

    /// Shown time.
    pub(crate) fn shown(&self, platform: &dyn Platform) -> Timestamp {
        let wall = platform.now().as_millis();
        let corrected = wall.saturating_add_signed(self.behind_ms.get());
        self.trusted(platform).max(Timestamp::from_millis(corrected))
    }

    /// When a timer begins that begins with reading.
    fn read_at(&self, platform: &dyn Platform) -> Timestamp {
        if self.heard.get() {
            self.trusted(platform)
        } else {
            self.shown(platform)
        }
    }

    /// A moment of the server's clock as the clock on the wall will show it.
    fn on_wall(&self, moment: Timestamp) -> Timestamp {
        let behind = self.behind_ms.get();
        Timestamp::from_millis(moment.as_millis().saturating_add_signed(behind.saturating_neg()))
    }

    fn kept(&self, platform: &dyn Platform) -> KeptTime {
        KeptTime {
            trusted: self.trusted(platform),
            behind_ms: self.behind_ms.get(),
        }
    }

    fn hear(&self, now: Timestamp, platform: &dyn Platform) {
        self.trusted.set(self.trusted(platform).max(now));
        self.at_ms.set(platform.monotonic_ms());
        let (server, wall) = (integer(now), integer(platform.now()));
        self.behind_ms.set(server.saturating_sub(wall));
        self.heard.set(true);
    }
}

/// The server said what time it is.
pub(crate) fn heard(core: &Core, now: Timestamp) -> Result<(), ClientError> {
    core.clock.hear(now, &*core.platform);
    core.transaction(|| {
        keep(core)?;
        Ok(core
            .store
            .bound_read_timers(core.clock.trusted(&*core.platform))?)
    })?;
    core.signal.notify();
    Ok(())
}

/// Keeps how far trusted time has come.
pub(crate) fn keep(core: &Core) -> Result<(), ClientError> {
    Ok(core.store.keep_time(core.clock.kept(&*core.platform))?)
}

/// What is deleted had ended by then.
pub(crate) fn trusted(core: &Core) -> Timestamp {
    core.clock.trusted(&*core.platform)
}

/// What is not shown had ended by then.
pub(crate) fn shown(core: &Core) -> Timestamp {
    core.clock.shown(&*core.platform)
}

/// When a timer begins that begins with reading.
pub(crate) fn read_at(core: &Core) -> Timestamp {
    core.clock.read_at(&*core.platform)
}

/// A moment of the server's clock as the clock on the wall will show it.
pub(crate) fn on_wall(core: &Core, moment: Timestamp) -> Timestamp {
    core.clock.on_wall(moment)
}

fn integer(moment: Timestamp) -> i64 {
    i64::try_from(moment.as_millis()).unwrap_or(i64::MAX)
}
