//! How the connection is, for screens and for whoever waits. The connection writes it, everybody else
//! reads, but for the wishes that others have of the connection: to end, to try at once, to ask anew.

use crate::error::ClientError;
use std::cell::{Cell, RefCell};

/// Where the connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Phase {
    /// Not started.
    #[default]
    Stopped,
    /// Nobody is signed in.
    SignedOut,
    /// On the way.
    Connecting,
    /// Authenticated.
    Online,
    /// Failed; tried again at this moment of the monotonic clock.
    Waiting {
        /// Milliseconds.
        until_ms: u64,
    },
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Status {
    phase: Cell<Phase>,
    /// Everything that the server had when the connection began is processed.
    level: Cell<bool>,
    stop: Cell<bool>,
    wake: Cell<bool>,
    heads: Cell<bool>,
    failure: RefCell<Option<ClientError>>,
}

impl Status {
    /// Where the connection is.
    pub(crate) fn phase(&self) -> Phase {
        self.phase.get()
    }

    /// Whether the connection's task runs.
    pub(crate) fn is_running(&self) -> bool {
        self.phase.get() != Phase::Stopped
    }

    /// Keeps where the connection is; gives whether that is news.
    pub(crate) fn set_phase(&self, phase: Phase) -> bool {
        if phase != Phase::Online {
            self.level.set(false);
        }
        self.phase.replace(phase) != phase
    }

    /// Whether this device has processed all that the server had for it.
    pub(crate) fn is_level(&self) -> bool {
        self.level.get()
    }

    /// Keeps that; gives whether it is news.
    pub(crate) fn set_level(&self, level: bool) -> bool {
        self.level.replace(level) != level
    }

    /// Asks the connection's task to end, or no longer to.
    pub(crate) fn set_stop(&self, stop: bool) {
        self.stop.set(stop);
    }

    /// Whether the connection's task was asked to end.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stop.get()
    }

    /// Asks the connection to try at once, or to prove that it lives.
    pub(crate) fn ask_wake(&self) {
        self.wake.set(true);
    }

    /// Whether that was asked; asks no longer.
    pub(crate) fn take_wake(&self) -> bool {
        self.wake.take()
    }

    /// Asks the connection to ask the server where everything stands: presence of new people, too.
    pub(crate) fn ask_heads(&self) {
        self.heads.set(true);
    }

    /// Whether that was asked; asks no longer.
    pub(crate) fn take_heads(&self) -> bool {
        self.heads.take()
    }

    /// Keeps why the connection ended.
    pub(crate) fn set_failure(&self, failure: ClientError) {
        self.failure.replace(Some(failure));
    }

    /// Why the connection ended, since it was asked last.
    pub(crate) fn take_failure(&self) -> Option<ClientError> {
        self.failure.take()
    }
}
