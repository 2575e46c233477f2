//! Forgetting: the server keeps undelivered mail, and that only for a time (design D5). Here is decided
//! what counts as time, so that a clock that is set neither deletes too early nor keeps too long:
//!
//! - While the server runs, ages grow with the monotonic time alone. When the date is set, everything's
//!   age is moved along in the database first, and then the server's time follows the date.
//! - What happens to the clock while the server does not run cannot be told from time that passed. If the
//!   date is earlier than when the server forgot last, it was set back, and ages are moved along. If it is
//!   more than a day later, nothing is deleted for the first hour: time for a time server to correct the
//!   date, which then counts as above, and for devices to fetch what waits.
//! - Of several servers on one database one does this: two would move ages along twice.
//! - A room ends at a date, not at an age. After the date was set forward no room ends for an hour.

use crate::blob::Blobs;
use crate::bus::Bus;
use crate::clock::Clock;
use crate::job::{blobs, guests};
use crate::store::lead::Lead;
use crate::store::sweep::{ClockStep, Sweep, Swept};
use crate::store::{Store, StoreError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

/// Often enough that what was deleted does not stay readable in the database's own log.
pub const EVERY: Duration = Duration::from_mins(1);
/// Rooms are ended by people, too, who want to see it.
const GLANCE_EVERY: Duration = Duration::from_secs(1);
/// A date that departs by less was not set: clocks are slowed down and hurried a little all the time.
const SLACK_MS: i64 = 10_000;
/// A server that did not run for longer first waits.
const ABSENCE: Duration = Duration::from_hours(24);
/// How long a date must stand before it deletes something on its word alone.
const PROBATION: Duration = Duration::from_hours(1);

/// Forgets what is due, again and again.
pub struct Reaper {
    store: Store,
    clock: Arc<dyn Clock>,
    bus: Bus,
    blobs: Blobs,
    /// Whether this server does it, of several.
    lead: Option<Lead>,
    /// Whether the date was compared with the one of the last run of the server.
    is_compared: bool,
    /// Monotonic times before which nothing is deleted, and no room ends.
    deletes_from: Duration,
    rooms_end_from: Duration,
}

impl Reaper {
    /// One that has not looked at the clock yet.
    pub fn new(store: Store, clock: Arc<dyn Clock>, bus: Bus, blobs: Blobs) -> Self {
        Self {
            store,
            clock,
            bus,
            blobs,
            lead: None,
            is_compared: false,
            deletes_from: Duration::ZERO,
            rooms_end_from: Duration::ZERO,
        }
    }

    /// Works until `shutdown` becomes true or is dropped.
    pub async fn run(mut self, mut shutdown: watch::Receiver<bool>) {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut glances = interval(GLANCE_EVERY);
        glances.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let is_turn = tokio::select! {
                _ = ticks.tick() => true,
                _ = glances.tick() => false,
                _ = shutdown.wait_for(|stops| *stops) => return,
            };
            if !self.leads().await {
                // Ages are moved along by the one that leads.
                self.clock.step(self.clock.departure_ms());
            } else if is_turn || self.is_room_due().await {
                let turn = self.turn().await;
                let metrics = self.bus.hub().metrics();
                metrics.sweeps.inc();
                if turn.is_err() {
                    metrics.sweep_failures.inc();
                }
                report(turn);
            }
        }
    }

    /// Whether it falls to this server: one of several does it, and another when that one is gone.
    async fn leads(&mut self) -> bool {
        if let Some(lead) = &self.lead {
            if lead.holds().await {
                return true;
            }
            self.lead = None;
            // What the clock did meanwhile is another server's account.
            self.is_compared = false;
        }
        // A database that does not answer is reported by whoever asks it for more.
        self.lead = self.store.try_lead().await.ok().flatten();
        self.lead.is_some()
    }

    /// Whether people sit in a room whose time is over: they are not kept waiting for the next turn.
    pub async fn is_room_due(&self) -> bool {
        let is_held = self.clock.monotonic() < self.rooms_end_from;
        // A database that does not answer is reported by the turns.
        self.is_compared && !is_held && self.store.is_room_due(self.clock.now()).await.unwrap_or(false)
    }

    /// Follows the clock, forgets what is due, guests too, and tells those who are connected of rooms that ended.
    pub async fn turn(&mut self) -> Result<Swept, StoreError> {
        self.compare_with_last_run().await?;
        self.follow_date().await?;
        let passed = self.clock.monotonic();
        let swept = if passed < self.deletes_from {
            Swept::default()
        } else {
            let order = Sweep {
                now: self.clock.now(),
                rooms_end: passed >= self.rooms_end_from,
            };
            guests::end(&self.store, &self.bus, order.now).await?;
            let swept = sweep_all(&self.store, order).await?;
            for conversation in &swept.closed {
                self.bus.close_conversation(*conversation);
            }
            // After the rooms, whose blobs go with them. Whoever sits in one does not wait for that.
            let blobs = blobs::sweep(&self.store, &self.blobs, order.now).await?;
            Swept { blobs, ..swept }
        };
        self.store.truncate_log().await?;
        Ok(swept)
    }

    /// The date may have been set while the server did not run.
    async fn compare_with_last_run(&mut self) -> Result<(), StoreError> {
        if self.is_compared {
            return Ok(());
        }
        if let Some(last) = self.store.swept_at().await? {
            let now = self.clock.now();
            let set_back_ms = i64::try_from(last.since(now).as_millis()).unwrap_or(i64::MAX);
            if set_back_ms > SLACK_MS {
                let by_ms = -set_back_ms;
                self.store.step_clock(ClockStep { by_ms, now }).await?;
                tracing::warn!(
                    clock.step_ms = by_ms,
                    "the clock was set back while the server was off"
                );
            }
            if now.since(last) > ABSENCE {
                self.deletes_from = self.clock.monotonic() + PROBATION;
                self.rooms_end_from = self.deletes_from;
                tracing::warn!("the server was off for more than a day: nothing is deleted for an hour");
            }
        }
        self.is_compared = true;
        Ok(())
    }

    /// The date may have been set since the last turn. The database moves first: if the server dies in
    /// between, its next run finds ages that fit the date.
    async fn follow_date(&mut self) -> Result<(), StoreError> {
        let by_ms = self.clock.departure_ms();
        if by_ms.abs() > SLACK_MS {
            let now = self.clock.now().as_millis().saturating_add_signed(by_ms);
            let now = undertone_wire::Timestamp::from_millis(now);
            self.store.step_clock(ClockStep { by_ms, now }).await?;
            if by_ms > 0 {
                self.rooms_end_from = self.rooms_end_from.max(self.clock.monotonic() + PROBATION);
            }
            tracing::warn!(clock.step_ms = by_ms, "the clock was set");
        }
        self.clock.step(by_ms);
        Ok(())
    }
}

fn report(turn: Result<Swept, StoreError>) {
    match turn {
        Ok(swept) if !swept.is_empty() => tracing::info!(
            sweep.expired = swept.expired,
            sweep.entries = swept.entries,
            sweep.welcomes = swept.welcomes,
            sweep.knocks = swept.knocks,
            sweep.rooms = swept.rooms,
            sweep.key_packages = swept.key_packages,
            sweep.blobs = swept.blobs,
            "what was due is forgotten"
        ),
        Ok(_) => {}
        Err(error) => tracing::error!(
            error = &error as &dyn std::error::Error,
            "what is due could not be forgotten"
        ),
    }
}

/// Forgets all that is due now, in as many transactions as it takes.
pub async fn sweep_all(store: &Store, order: Sweep) -> Result<Swept, StoreError> {
    let mut swept = store.sweep(order).await?;
    while swept.is_unfinished {
        swept += store.sweep(order).await?;
    }
    Ok(swept)
}

#[cfg(test)]
mod tests;
