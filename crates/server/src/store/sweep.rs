//! Forgetting, as the databases do it. What counts as old, and when, is decided by
//! [`crate::job::retention`]; here is what goes.
//!
//! - A message past its own expiry or its conversation's retention keeps its place: the hash of what it
//!   was stays, so that devices that come later can follow the order and the chain of commits.
//! - A log that reaches past the ceiling is cut, whatever is in it.
//! - Welcomes and knocks that nobody answered go.
//! - A room that has ended goes with all that it had. Its links are remembered for a while, without
//!   what they opened.

use super::conversation::on_both;
use super::{Store, StoreError};
use sha2::{Digest, Sha256};
use std::ops::AddAssign;
use std::time::Duration;
use undertone_wire::limits::RETENTION_CEILING;
use undertone_wire::{ConversationId, Timestamp};

/// Messages that expire, and rooms that end, in one transaction: it holds up those who write.
pub(super) const BATCH: i64 = 1000;
/// Rooms that end in one transaction.
pub(super) const ROOMS: i64 = 16;
/// Whoever knocked waits so long.
const KNOCK_LIFE: Duration = Duration::from_hours(24);
/// So long after its end a room is told of again, to those who missed it.
const CLOSED_LATELY: Duration = Duration::from_mins(10);

/// What is to be forgotten.
#[derive(Debug, Clone, Copy)]
pub struct Sweep {
    /// The server's time.
    pub now: Timestamp,
    /// Whether rooms end, too.
    pub rooms_end: bool,
}

impl Sweep {
    /// All that is due at this time.
    pub const fn at(now: Timestamp) -> Self {
        let rooms_end = true;
        Self { now, rooms_end }
    }
}

/// The clock was set: ages are counted anew, so that they stay what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockStep {
    /// By so many milliseconds, forward or back.
    pub by_ms: i64,
    /// The server's time after it.
    pub now: Timestamp,
}

/// What a sweep removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swept {
    /// Messages of which only a hash is left.
    pub expired: u64,
    /// Log entries past the ceiling.
    pub entries: u64,
    /// Welcomes that nobody fetched in time.
    pub welcomes: u64,
    /// Knocks that nobody answered in time, or that were answered.
    pub knocks: u64,
    /// Rooms that ended.
    pub rooms: u64,
    /// Key packages that expired, and marks of used ones.
    pub key_packages: u64,
    /// Blobs whose files were deleted, which [`crate::job::blobs`] counts.
    pub blobs: u64,
    /// Rooms that ended just now, or a moment ago.
    pub closed: Vec<ConversationId>,
    /// There is more than one transaction should do.
    pub is_unfinished: bool,
}

impl Swept {
    /// Whether nothing was there to remove.
    pub fn is_empty(&self) -> bool {
        [
            self.expired,
            self.entries,
            self.welcomes,
            self.knocks,
            self.rooms,
            self.key_packages,
            self.blobs,
        ]
        .iter()
        .all(|count| *count == 0)
    }
}

impl AddAssign for Swept {
    fn add_assign(&mut self, later: Self) {
        self.expired += later.expired;
        self.entries += later.entries;
        self.welcomes += later.welcomes;
        self.knocks += later.knocks;
        self.rooms += later.rooms;
        self.key_packages += later.key_packages;
        self.blobs += later.blobs;
        self.closed = later.closed;
        self.is_unfinished = later.is_unfinished;
    }
}

on_both! {
    /// Forgets what is due; again, while it says that there is more.
    sweep::sweep(order: Sweep) -> Swept;
    /// Whether a room's time is over that is still there.
    sweep::is_room_due(now: Timestamp) -> bool;
    /// When something was forgotten last.
    sweep::swept_at() -> Option<Timestamp>;
    /// Moves all ages along with the clock.
    sweep::step_clock(step: ClockStep) -> ();
}

/// The times before which things go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) now: i64,
    pub(super) ceiling: i64,
    pub(super) knock: i64,
    pub(super) told: i64,
}

impl Limits {
    pub(super) fn at(now: Timestamp) -> Self {
        let before = |life| super::column::milliseconds(now.minus(life));
        Self {
            now: super::column::milliseconds(now),
            ceiling: before(RETENTION_CEILING),
            knock: before(KNOCK_LIFE),
            told: before(CLOSED_LATELY),
        }
    }
}

/// What is left of a message.
pub(super) fn remains(payload: &[u8]) -> [u8; 32] {
    Sha256::digest(payload).into()
}
