//! Entries of a conversation go to this server's devices in the order of its log, each once, whether they
//! were stored here or came over the bus. It reads no database: what is missing is named to
//! [`super::level`], which reads it.

use super::News;
use crate::delivery::Hub;
use crate::store::level::Position;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use undertone_wire::conversation::ConversationHead;
use undertone_wire::{ConversationId, DeviceId, Epoch, Sequence};

/// Entries of one conversation that wait for an earlier one. Beyond, they are read from the log as well.
const HELD_MAX: usize = 128;

/// How far each conversation has come here.
pub(super) struct Order {
    hub: Hub,
    tracks: Mutex<HashMap<ConversationId, Track>>,
    /// Something is missing.
    pub(super) gap: Notify,
}

#[derive(Default)]
struct Track {
    /// The last entry that went to the devices; nothing if none is known to have.
    last: Option<Sequence>,
    /// The epoch that the database had, if no commit was heard of since.
    epoch: Option<Epoch>,
    /// Counts what may have changed the epoch.
    changes: u64,
    held: BTreeMap<Sequence, News>,
    /// Whether there is an entry that the bus did not carry.
    is_missed: bool,
}

/// What was known of a conversation before the database was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    changes: u64,
}

/// What the database says to what is known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// Nothing is missing.
    Even,
    /// Entries after this one did not come, or not yet.
    Behind(Sequence),
    /// Something happened that no entry shows, or nothing is known: the devices look themselves.
    Astray,
}

impl Order {
    pub(super) fn new(hub: Hub) -> Self {
        Self {
            hub,
            tracks: Mutex::default(),
            gap: Notify::new(),
        }
    }

    /// Delivers news if it is its turn, with what waited for it; drops what came before, and keeps what came
    /// too early.
    pub(super) fn pass(&self, news: News) {
        let mut tracks = self.lock();
        let track = tracks.entry(news.conversation).or_default();
        let Some(sequence) = news.sequence else {
            track.deliver(&self.hub, &news);
            return;
        };
        match track.last {
            Some(last) if sequence <= last => {}
            Some(last) if sequence > last.next() => {
                if track.held.len() < HELD_MAX {
                    track.held.entry(sequence).or_insert(news);
                }
                self.gap.notify_one();
            }
            _ => {
                track.deliver(&self.hub, &news);
                track.last = Some(sequence);
                track.release(&self.hub);
            }
        }
    }

    /// There is an entry that did not come itself.
    pub(super) fn missed(&self, conversation: ConversationId, sequence: Sequence) {
        let mut tracks = self.lock();
        let track = tracks.entry(conversation).or_default();
        if track.last.is_none_or(|last| last < sequence) {
            track.is_missed = true;
            self.gap.notify_one();
        }
    }

    /// A device was told these heads, and asks for what is before them itself.
    pub(super) fn note_heads(&self, heads: &[ConversationHead]) {
        let mut tracks = self.lock();
        for head in heads {
            let track = tracks.entry(head.conversation).or_default();
            if track.last.is_none() {
                track.last = Some(head.head);
                track.release(&self.hub);
            }
        }
    }

    /// Forgets conversations that nobody follows here.
    pub(super) fn keep_only(&self, followed: &HashSet<ConversationId>) {
        self.lock()
            .retain(|conversation, _| followed.contains(conversation));
    }

    /// Conversations of which something waits for an earlier entry, or is known to be in the log alone.
    pub(super) fn take_waiting(&self) -> Vec<ConversationId> {
        let mut tracks = self.lock();
        let waiting = tracks.iter_mut().filter_map(|(conversation, track)| {
            let is_missed = std::mem::take(&mut track.is_missed);
            (is_missed || !track.held.is_empty()).then_some(*conversation)
        });
        waiting.collect()
    }

    /// What is known before the database is asked.
    pub(super) fn mark(&self, conversation: ConversationId) -> Mark {
        let changes = self.lock().get(&conversation).map_or(0, |track| track.changes);
        Mark { changes }
    }

    /// Compares with what the database said after `mark`.
    pub(super) fn compare(&self, position: &Position, mark: Mark) -> Level {
        let mut tracks = self.lock();
        let track = tracks.entry(position.conversation).or_default();
        let Some(last) = track.last else {
            return Level::Astray;
        };
        if last < position.head {
            return Level::Behind(last);
        }
        if track.changes != mark.changes {
            return Level::Even;
        }
        match track.epoch.replace(position.epoch) {
            Some(epoch) if epoch != position.epoch => Level::Astray,
            _ => Level::Even,
        }
    }

    /// The devices are told to look themselves at all up to `head`; returns those that were to come in by
    /// what waited here.
    pub(super) fn skip_to(&self, conversation: ConversationId, head: Sequence) -> Vec<DeviceId> {
        let mut tracks = self.lock();
        let track = tracks.entry(conversation).or_default();
        track.last = Some(track.last.map_or(head, |last| last.max(head)));
        track.epoch = None;
        track.changes += 1;
        let later = track.held.split_off(&head.next());
        let skipped = std::mem::replace(&mut track.held, later);
        track.release(&self.hub);
        let memberships = skipped.into_values().filter_map(|news| news.membership);
        memberships
            .flat_map(|membership| {
                let added = membership.added.into_iter().map(|member| member.device);
                let others = membership.before.into_iter().chain(membership.removed);
                added.chain(others).collect::<Vec<_>>()
            })
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ConversationId, Track>> {
        // A panic while it was held leaves at worst a conversation that is found behind.
        self.tracks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Track {
    fn deliver(&mut self, hub: &Hub, news: &News) {
        if news.membership.is_some() || news.sequence.is_none() {
            self.epoch = None;
            self.changes += 1;
        }
        hub.deliver(news);
    }

    /// Delivers what waits, as far as nothing is missing before it.
    fn release(&mut self, hub: &Hub) {
        while let (Some(last), Some(first)) = (self.last, self.held.first_entry()) {
            if *first.key() > last.next() {
                return;
            }
            let (sequence, news) = first.remove_entry();
            if sequence > last {
                self.deliver(hub, &news);
                self.last = Some(sequence);
            }
        }
    }
}

#[cfg(test)]
mod tests;
