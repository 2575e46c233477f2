//! Finds in the database what the bus lost, doubled or never carried, and makes it good within seconds,
//! also where nothing else happens: entries that did not come, memberships that changed, sessions that
//! ended. The database is asked regularly, and at once when the bus says that something may be missing.

use super::News;
use super::nats::Link;
use super::order::{Level, Mark, Order};
use crate::delivery::{Hub, encode};
use crate::store::level::{GAP_ENTRIES_MAX, Position};
use crate::store::{Store, StoreError};
use rand::Rng;
use rand::rngs::OsRng;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};
use undertone_wire::conversation::{EntryKind, LogEntry};
use undertone_wire::stream::ServerFrame;
use undertone_wire::{ConversationId, DeviceId, Sequence};

/// Between two looks at the database, at least and at most: not all servers at once, and a session that was
/// revoked ends within two seconds.
const LOOK_EVERY_MS: std::ops::Range<u64> = 1000..1600;
/// What is on its way counts as missing after this.
const GRACE: Duration = Duration::from_millis(100);
/// An entry that came too early waits so long for the one before it.
const PATIENCE: Duration = Duration::from_millis(40);
/// Conversations, and devices, that one question is about.
const ASK_AT_ONCE: usize = 1000;
/// Conversations that one look is about; the others are looked at next time.
const CONVERSATIONS_PER_LOOK: usize = 5000;
/// Devices whose memberships one look is about, likewise.
const DEVICES_PER_LOOK: usize = 500;

/// See the module.
pub(super) struct Watch {
    hub: Hub,
    store: Store,
    order: Arc<Order>,
    link: Link,
    /// Where the next look goes on.
    next_conversation: usize,
    next_device: usize,
}

/// Why it looks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reason {
    /// It is time.
    Regular,
    /// The bus was away, or dropped something: everything is looked at.
    Trouble,
    /// Entries wait for one before them.
    Gap,
}

impl Watch {
    pub(super) fn new(hub: Hub, store: Store, order: Arc<Order>, link: Link) -> Self {
        Self {
            hub,
            store,
            order,
            link,
            next_conversation: 0,
            next_device: 0,
        }
    }

    /// Looks until `shutdown` becomes true or is dropped.
    pub(super) async fn run(mut self, mut shutdown: watch::Receiver<bool>) {
        let mut next = Instant::now() + pause();
        loop {
            let reason = tokio::select! {
                () = sleep_until(next) => Reason::Regular,
                () = self.link.standing().trouble.notified() => Reason::Trouble,
                () = self.order.gap.notified() => Reason::Gap,
                _ = shutdown.wait_for(|stops| *stops) => return,
            };
            if reason == Reason::Regular {
                next = Instant::now() + pause();
            }
            if let Err(error) = self.look(reason).await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the database does not say what the bus may have lost"
                );
            }
        }
    }

    async fn look(&mut self, reason: Reason) -> Result<(), StoreError> {
        if reason == Reason::Gap {
            sleep(PATIENCE).await;
            let waiting = self.order.take_waiting();
            return self.look_at_conversations(waiting, Duration::ZERO).await;
        }
        self.end_sessions().await?;
        let mut followed = self.hub.followed();
        self.order.keep_only(&followed.iter().copied().collect());
        let mut devices = self.hub.connected();
        if reason == Reason::Regular {
            followed.sort_unstable();
            devices.sort_unstable();
            followed = turn(&followed, &mut self.next_conversation, CONVERSATIONS_PER_LOOK);
            devices = turn(&devices, &mut self.next_device, DEVICES_PER_LOOK);
        }
        self.look_at_conversations(followed, GRACE).await?;
        self.look_at_devices(devices).await
    }

    /// Ends connections whose sessions have ended.
    async fn end_sessions(&self) -> Result<(), StoreError> {
        for devices in self.hub.connected().chunks(ASK_AT_ONCE) {
            for device in self.store.signed_out(devices.to_vec()).await? {
                self.hub.close_sessions_of(device);
            }
        }
        Ok(())
    }

    /// Makes good what is missing of these conversations, unless it comes within `grace`.
    async fn look_at_conversations(
        &self,
        conversations: Vec<ConversationId>,
        grace: Duration,
    ) -> Result<(), StoreError> {
        for some in conversations.chunks(ASK_AT_ONCE) {
            let behind = self.compare(some).await?;
            if behind.is_empty() {
                continue;
            }
            sleep(grace).await;
            for (position, mark) in behind {
                // It may have come meanwhile.
                match self.order.compare(&position, mark) {
                    Level::Even => {}
                    Level::Behind(last) => self.fill(position, last).await?,
                    Level::Astray => self.send_back(position.conversation, position.head),
                }
            }
        }
        Ok(())
    }

    /// The conversations that are not as the database has them. Those that are gone are closed.
    async fn compare(&self, conversations: &[ConversationId]) -> Result<Vec<(Position, Mark)>, StoreError> {
        let marks: Vec<_> = conversations.iter().map(|id| self.order.mark(*id)).collect();
        let positions = self.store.positions(conversations.to_vec()).await?;
        let found: BTreeMap<_, _> = positions
            .into_iter()
            .map(|position| (position.conversation, position))
            .collect();
        let mut behind = Vec::new();
        for (conversation, mark) in conversations.iter().zip(marks) {
            match found.get(conversation) {
                None => self.hub.close_conversation(*conversation),
                Some(position) => match self.order.compare(position, mark) {
                    Level::Even => {}
                    Level::Behind(_) => behind.push((*position, mark)),
                    Level::Astray => self.send_back(*conversation, position.head),
                },
            }
        }
        Ok(behind)
    }

    /// Reads what is missing and passes it on. What changed the membership is left to the devices.
    async fn fill(&self, position: Position, last: Sequence) -> Result<(), StoreError> {
        let conversation = position.conversation;
        let entries = self.store.entries_after(conversation, last).await?;
        self.hub.metrics().bus_gaps.inc();
        tracing::debug!(gap.entries = entries.len(), "a gap of the bus was found");
        if !is_plain(&entries, last) {
            let head = entries.last().map_or(position.head, |entry| entry.sequence);
            self.send_back(conversation, head.max(position.head));
            return Ok(());
        }
        for entry in entries {
            let sequence = Some(entry.sequence);
            if let Some(entry) = encode(&ServerFrame::Entry(entry)) {
                self.order.pass(News {
                    conversation,
                    sequence,
                    entry,
                    membership: None,
                });
            }
        }
        Ok(())
    }

    /// Those who follow a conversation look for themselves what they miss.
    fn send_back(&self, conversation: ConversationId, head: Sequence) {
        for device in self.order.skip_to(conversation, head) {
            self.hub.refresh_device(device);
        }
        self.hub.refresh_followers(conversation);
    }

    /// Devices that follow other conversations than they are members of begin anew.
    async fn look_at_devices(&self, devices: Vec<DeviceId>) -> Result<(), StoreError> {
        for some in devices.chunks(ASK_AT_ONCE) {
            let astray = self.astray(some).await?;
            if astray.is_empty() {
                continue;
            }
            sleep(GRACE).await;
            for device in self.astray(&astray).await? {
                self.hub.refresh_device(device);
            }
        }
        Ok(())
    }

    async fn astray(&self, devices: &[DeviceId]) -> Result<Vec<DeviceId>, StoreError> {
        let mut seats: BTreeMap<DeviceId, HashSet<ConversationId>> =
            devices.iter().map(|device| (*device, HashSet::new())).collect();
        for (device, conversation) in self.store.seats_of(devices.to_vec()).await? {
            seats.entry(device).or_default().insert(conversation);
        }
        let astray = seats
            .into_iter()
            .filter(|(device, seats)| self.hub.follows_otherwise(*device, seats));
        Ok(astray.map(|(device, _)| device).collect())
    }
}

/// Whether entries follow `last` without a hole, and none changed who is a member.
fn is_plain(entries: &[LogEntry], last: Sequence) -> bool {
    let is_whole = entries.len() < GAP_ENTRIES_MAX;
    let mut expected = last;
    is_whole
        && !entries.is_empty()
        && entries.iter().all(|entry| {
            expected = expected.next();
            let is_plain = match entry.kind {
                EntryKind::Message | EntryKind::Proposal | EntryKind::Expired => true,
                EntryKind::Commit | EntryKind::Voided => false,
            };
            is_plain && entry.sequence == expected
        })
}

/// The next of `all`, at most so many; all come round.
fn turn<T: Copy + Ord>(all: &[T], next: &mut usize, most: usize) -> Vec<T> {
    if all.len() <= most {
        *next = 0;
        return all.to_vec();
    }
    let start = *next % all.len();
    *next = start + most;
    let chosen: BTreeSet<T> = all.iter().cycle().skip(start).take(most).copied().collect();
    chosen.into_iter().collect()
}

/// Until the next look.
fn pause() -> Duration {
    Duration::from_millis(OsRng.gen_range(LOOK_EVERY_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_comes_round() {
        let all: Vec<u32> = (0..10).collect();
        let mut next = 0;
        let mut seen = BTreeSet::new();
        for _ in 0..3 {
            let some = turn(&all, &mut next, 4);
            assert_eq!(some.len(), 4);
            seen.extend(some);
        }
        assert_eq!(seen.len(), 10);
        assert_eq!(turn(&all, &mut next, 10), all);
    }
}
