//! Who may know that somebody is there, and what is said in passing (design D12): both only in small
//! conversations, neither ever stored.

use super::super::frame;
use super::{ConnectionId, Connections, Gathering, Registration};
use crate::store::crowd::Crowd;
use bytes::Bytes;
use std::collections::{BTreeSet, HashSet};
use undertone_wire::signal::{SealedSignal, Visibility};
use undertone_wire::stream::{Presence, ServerFrame};
use undertone_wire::{ConversationId, UserId};

impl Registration {
    /// Who of those who share a conversation with the user is there, and may be seen.
    pub(crate) fn who_is_here(&self) -> Vec<Presence> {
        let connections = self.hub.lock();
        let Some(own) = connections.open.get(&self.id) else {
            return Vec::new();
        };
        let mut here = BTreeSet::new();
        for gathering in own.follows.iter().filter_map(|id| connections.gatherings.get(id)) {
            here.extend(connections.seen_in(gathering).filter(|user| *user != own.user));
        }
        let online = |user| Presence { user, online: true };
        here.into_iter().map(online).collect()
    }

    /// From now on these may know that the device is there, and are told what that changes.
    pub(crate) fn show(&self, visibility: Visibility) {
        let mut connections = self.hub.lock();
        let Some(user) = connections.open.get(&self.id).map(|connection| connection.user) else {
            return;
        };
        connections.changing(user, |connections| {
            if let Some(connection) = connections.open.get_mut(&self.id) {
                connection.visibility = Some(visibility);
            }
        });
    }

    /// Passes a signal on to the other connected members of a small conversation: now or never.
    pub(crate) fn signal(&self, signal: SealedSignal) {
        let connections = self.hub.lock();
        let Some(own) = connections.open.get(&self.id) else {
            return;
        };
        let conversation = signal.conversation;
        let Some(gathering) = connections.gatherings.get(&conversation) else {
            return;
        };
        if !own.follows.contains(&conversation) || !gathering.crowd.is_small {
            return;
        }
        let sender = own.device;
        let Some(frame) = frame::encode(&ServerFrame::Signal(SealedSignal { sender, ..signal })) else {
            return;
        };
        let others = gathering.followers.iter();
        for other in others.filter(|follower| follower.connection != self.id) {
            other.queue.offer(frame.clone());
        }
    }
}

impl Connections {
    /// Does something that may change who sees a user, and tells those for whom it did.
    pub(super) fn changing<T>(&mut self, user: UserId, change: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.watchers_of(user);
        let outcome = change(self);
        let after = self.watchers_of(user);
        self.tell(after.difference(&before), Presence { user, online: true });
        self.tell(before.difference(&after), Presence { user, online: false });
        outcome
    }

    /// Tells all who follow a conversation of each other: its members have changed.
    pub(super) fn introduce(&mut self, conversation: ConversationId) {
        let Some(gathering) = self.gatherings.get(&conversation) else {
            return;
        };
        let seen: BTreeSet<UserId> = self.seen_in(gathering).collect();
        let here: Vec<_> = gathering
            .followers
            .iter()
            .map(|follower| (follower.connection, follower.user))
            .collect();
        for user in seen {
            let others = here.iter().filter(|(_, other)| *other != user);
            let others: Vec<_> = others.map(|(id, _)| *id).collect();
            self.tell(&others, Presence { user, online: true });
        }
    }

    /// The connections of others that may know that a user is there.
    fn watchers_of(&self, user: UserId) -> HashSet<ConnectionId> {
        let mut watchers = HashSet::new();
        for own in self.users.get(&user).into_iter().flatten() {
            let Some(connection) = self.open.get(own) else {
                continue;
            };
            for gathering in connection.follows.iter().filter_map(|id| self.gatherings.get(id)) {
                if is_seen(connection.visibility, gathering.crowd) {
                    let others = gathering.followers.iter().filter(|other| other.user != user);
                    watchers.extend(others.map(|other| other.connection));
                }
            }
        }
        watchers
    }

    /// The users who may be seen by those who follow a conversation.
    fn seen_in(&self, gathering: &Gathering) -> impl Iterator<Item = UserId> {
        gathering.followers.iter().filter_map(|follower| {
            let visibility = self.open.get(&follower.connection)?.visibility;
            is_seen(visibility, gathering.crowd).then_some(follower.user)
        })
    }

    fn tell<'a>(&mut self, whom: impl IntoIterator<Item = &'a ConnectionId>, presence: Presence) {
        let mut frame: Option<Bytes> = None;
        for id in whom {
            if frame.is_none() {
                frame = frame::encode(&ServerFrame::Presence(presence));
            }
            if let Some(frame) = &frame {
                self.push(*id, frame);
            }
        }
    }
}

/// Whether those who share a conversation may know.
const fn is_seen(visibility: Option<Visibility>, crowd: Crowd) -> bool {
    match visibility {
        Some(Visibility::Everyone) => crowd.is_small,
        Some(Visibility::Direct) => crowd.is_direct,
        Some(Visibility::Nobody) | None => false,
    }
}

#[cfg(test)]
mod tests;
