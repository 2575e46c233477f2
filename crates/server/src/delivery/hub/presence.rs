//! Who may know that somebody is there, and what is said in passing (design D12): both only in small
//! conversations, neither ever stored.

use super::super::frame;
use super::{Connection, ConnectionId, Connections, Place};
use crate::store::crowd::Crowd;
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use undertone_wire::signal::{SealedSignal, Visibility};
use undertone_wire::stream::{Presence, ServerFrame};
use undertone_wire::{ConversationId, UserId};

impl Place {
    /// Who of those who share a conversation with the user is there, and may be seen.
    pub(crate) fn who_is_here(&self) -> Vec<Presence> {
        let connections = self.hub.lock();
        let Some(own) = connections.open.get(&self.id) else {
            return Vec::new();
        };
        let mut here = BTreeSet::new();
        for conversation in &own.follows {
            here.extend(connections.seen_in(*conversation, own.user));
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

    /// From now on nobody in these conversations is told that the device is there, nor gets its signals. The
    /// other person of a direct conversation is not told elsewhere either.
    pub(crate) fn hide(&self, hidden: HashSet<ConversationId>) {
        let mut connections = self.hub.lock();
        let Some(user) = connections.open.get(&self.id).map(|connection| connection.user) else {
            return;
        };
        connections.changing(user, |connections| {
            if let Some(connection) = connections.open.get_mut(&self.id) {
                connection.hidden = hidden;
            }
        });
    }

    /// The Welcome of this conversation waits for the device: nobody there is told that it is there, since a
    /// stranger may have brought it in.
    pub(crate) fn waits(&self, conversation: ConversationId) {
        let mut connections = self.hub.lock();
        let crowd = connections
            .gatherings
            .get(&conversation)
            .map(|gathering| gathering.crowd);
        if let Some(connection) = connections.open.get_mut(&self.id)
            && crowd.is_some_and(|crowd| crowd.is_small)
        {
            connection.unanswered.insert(conversation);
        }
    }

    /// The device has acknowledged the Welcome of this conversation, and said before where it hides.
    pub(crate) fn answered(&self, conversation: ConversationId) {
        let mut connections = self.hub.lock();
        let Some(user) = connections.open.get(&self.id).map(|connection| connection.user) else {
            return;
        };
        connections.changing(user, |connections| {
            if let Some(connection) = connections.open.get_mut(&self.id) {
                connection.unanswered.remove(&conversation);
            }
        });
    }

    /// Passes a signal on to the other connected members of a small conversation: now or never. Returns
    /// the frame for those who are connected elsewhere.
    pub(crate) fn signal(&self, signal: SealedSignal) -> Option<Bytes> {
        let connections = self.hub.lock();
        let own = connections.open.get(&self.id)?;
        let conversation = signal.conversation;
        let gathering = connections.gatherings.get(&conversation)?;
        let is_told = own.follows.contains(&conversation) && !own.is_hidden(conversation);
        if !is_told || !gathering.crowd.is_small {
            return None;
        }
        let sender = own.device;
        let frame = frame::encode(&ServerFrame::Signal(SealedSignal { sender, ..signal }))?;
        let others = gathering.followers.iter();
        for other in others.filter(|follower| follower.connection != self.id) {
            other.queue.offer(frame.clone());
        }
        Some(frame)
    }
}

impl Connection {
    /// Whether nobody in a conversation is told that it is there.
    fn is_hidden(&self, conversation: ConversationId) -> bool {
        self.hidden.contains(&conversation) || self.unanswered.contains(&conversation)
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
        let mut told: BTreeMap<UserId, Vec<ConnectionId>> = BTreeMap::new();
        for follower in &gathering.followers {
            let seen: BTreeSet<_> = self.seen_in(conversation, follower.user).collect();
            for user in seen {
                told.entry(user).or_default().push(follower.connection);
            }
        }
        for (user, others) in told {
            self.tell(&others, Presence { user, online: true });
        }
    }

    /// The connections of others that may know that a user is there.
    fn watchers_of(&self, user: UserId) -> HashSet<ConnectionId> {
        let mut watchers = HashSet::new();
        for connection in self.connections_of(user) {
            let unseen = self.hidden_from(connection);
            let shown = connection.follows.iter();
            for conversation in shown.filter(|conversation| !connection.is_hidden(**conversation)) {
                let Some(gathering) = self.gatherings.get(conversation) else {
                    continue;
                };
                if is_seen(connection.visibility, gathering.crowd) {
                    let others = gathering.followers.iter();
                    let others = others.filter(|other| other.user != user && !unseen.contains(&other.user));
                    watchers.extend(others.map(|other| other.connection));
                }
            }
        }
        watchers
    }

    fn connections_of(&self, user: UserId) -> impl Iterator<Item = &Connection> {
        let ids = self.users.get(&user).into_iter().flatten();
        ids.filter_map(|id| self.open.get(id))
    }

    /// The others in a conversation who may be seen by somebody who follows it.
    fn seen_in(&self, conversation: ConversationId, watcher: UserId) -> impl Iterator<Item = UserId> {
        let gathering = self.gatherings.get(&conversation).into_iter();
        gathering.flat_map(move |gathering| {
            let others = gathering.followers.iter();
            let others = others.filter(move |follower| follower.user != watcher);
            others.filter_map(move |follower| {
                let connection = self.open.get(&follower.connection)?;
                let is_shown = is_seen(connection.visibility, gathering.crowd)
                    && !connection.is_hidden(conversation)
                    && !self.hidden_from(connection).contains(&watcher);
                is_shown.then_some(follower.user)
            })
        })
    }

    /// The people whom a connection hides from everywhere: those of the direct conversations that it hides.
    fn hidden_from(&self, connection: &Connection) -> HashSet<UserId> {
        let hidden = connection.hidden.iter();
        let gatherings = hidden.filter_map(|conversation| self.gatherings.get(conversation));
        let direct = gatherings.filter(|gathering| gathering.crowd.is_direct);
        let people = direct.flat_map(|gathering| gathering.followers.iter().map(|follower| follower.user));
        people.filter(|person| *person != connection.user).collect()
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
