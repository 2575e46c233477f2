//! The connected devices of this server: who is there, which conversations they follow, and the
//! queues into which frames for them go. It knows no database and no sockets.

use super::frame;
use super::outgoing::{self, Receiver, Sender};
use crate::bus::{Membership, News};
use bytes::Bytes;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;
use undertone_wire::stream::{Presence, ServerFrame};
use undertone_wire::{ConversationId, DeviceId, UserId};

/// Connections of one device at once: its store has one owner, but a dead connection may linger.
const CONNECTIONS_PER_DEVICE_MAX: usize = 4;
/// Presence is told in conversations with at most so many connected devices (design D12).
const PRESENCE_FOLLOWERS_MAX: usize = 50;

/// Why the server ends a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Close {
    /// The device or its session was revoked.
    Revoked,
    /// The client takes its frames too slowly.
    Slow,
    /// The device has opened too many others since.
    Replaced,
    /// The server stops.
    Stopping,
}

/// A handle to the connections. Cloning gives another handle to the same ones.
#[derive(Clone, Default)]
pub struct Hub(Arc<Mutex<Connections>>);

/// Which connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct ConnectionId(u64);

#[derive(Default)]
struct Connections {
    last: u64,
    is_stopping: bool,
    open: HashMap<ConnectionId, Connection>,
    devices: HashMap<DeviceId, Vec<ConnectionId>>,
    /// How many connections each user has.
    users: HashMap<UserId, usize>,
    followers: HashMap<ConversationId, Vec<Follower>>,
}

struct Connection {
    user: UserId,
    device: DeviceId,
    queue: Sender,
    close: oneshot::Sender<Close>,
    follows: HashSet<ConversationId>,
}

/// A connection that follows a conversation, with what delivery needs beside it.
struct Follower {
    connection: ConnectionId,
    user: UserId,
    queue: Sender,
}

/// A device's place in the hub; leaving it is dropping it.
#[derive(Debug)]
pub(crate) struct Registration {
    hub: Hub,
    id: ConnectionId,
    /// What is to be sent.
    pub(crate) frames: Receiver,
    /// Resolves when the server ends the connection.
    pub(crate) closed: oneshot::Receiver<Close>,
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hub")
    }
}

impl Hub {
    /// Takes a device in. It follows nothing yet, except what it is added to from now on.
    pub(crate) fn register(&self, user: UserId, device: DeviceId) -> Registration {
        let (queue, frames) = outgoing::queue();
        let (close, closed) = oneshot::channel();
        let mut connections = self.lock();
        connections.last += 1;
        let id = ConnectionId(connections.last);
        let connection = Connection {
            user,
            device,
            queue,
            close,
            follows: HashSet::new(),
        };
        connections.open.insert(id, connection);
        *connections.users.entry(user).or_default() += 1;
        let of_device = connections.devices.entry(device).or_default();
        of_device.push(id);
        let surplus = of_device.len().saturating_sub(CONNECTIONS_PER_DEVICE_MAX);
        let replaced: Vec<_> = of_device.iter().take(surplus).copied().collect();
        for old in replaced {
            connections.close(old, Close::Replaced);
        }
        if connections.is_stopping {
            connections.close(id, Close::Stopping);
        }
        drop(connections);
        Registration {
            hub: self.clone(),
            id,
            frames,
            closed,
        }
    }

    /// Ends the connections of a device: it was revoked, or logged out.
    pub fn close_sessions_of(&self, device: DeviceId) {
        let mut connections = self.lock();
        for id in connections.devices.get(&device).cloned().unwrap_or_default() {
            connections.close(id, Close::Revoked);
        }
    }

    /// Ends all connections, and every one that comes after: the server stops.
    pub fn close_all(&self) {
        let mut connections = self.lock();
        connections.is_stopping = true;
        let all: Vec<_> = connections.open.keys().copied().collect();
        for id in all {
            connections.close(id, Close::Stopping);
        }
    }

    /// How many connections are open.
    pub fn connection_count(&self) -> usize {
        self.lock().open.len()
    }

    /// Whether any device of the user is connected.
    pub fn is_online(&self, user: UserId) -> bool {
        self.lock().users.contains_key(&user)
    }

    /// Puts what was committed into the queues of those whom it concerns.
    pub(crate) fn deliver(&self, news: &News) {
        let mut connections = self.lock();
        if let Some(founder) = news.membership.as_ref().and_then(|membership| membership.founder) {
            connections.follow_by_device(founder, news.conversation);
        }
        connections.push_to_followers(news.conversation, &news.entry);
        if let Some(membership) = &news.membership {
            connections.change_members(news.conversation, membership);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Connections> {
        // A panic while it was held leaves at worst a device without some frames, which it fetches.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registration {
    /// Follows these conversations, beside those that it follows already.
    pub(crate) fn follow(&self, conversations: impl IntoIterator<Item = ConversationId>) {
        let mut connections = self.hub.lock();
        for conversation in conversations {
            connections.follow(self.id, conversation);
        }
    }

    /// Stops following these: the device was removed before it began to follow.
    pub(crate) fn unfollow<'a>(&self, conversations: impl IntoIterator<Item = &'a ConversationId>) {
        let mut connections = self.hub.lock();
        for conversation in conversations {
            connections.unfollow(self.id, *conversation);
        }
    }

    /// Tells those who share a conversation that the user is here, and says who of them is.
    pub(crate) fn announce(&self) -> Vec<Presence> {
        let mut connections = self.hub.lock();
        let Some(connection) = connections.open.get(&self.id) else {
            return Vec::new();
        };
        let user = connection.user;
        let others = connections.peers_of(self.id);
        let online: HashSet<UserId> = others.iter().map(|(_, other)| *other).collect();
        connections.tell(&others, Presence { user, online: true });
        online
            .into_iter()
            .map(|user| Presence { user, online: true })
            .collect()
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.hub.lock().remove(self.id);
    }
}

impl Connections {
    fn close(&mut self, id: ConnectionId, reason: Close) {
        if let Some(connection) = self.remove(id)
            && connection.close.send(reason).is_err()
        {
            tracing::trace!("a connection was gone before it was closed");
        }
    }

    /// Takes a connection out, and tells the others if it was the user's last.
    fn remove(&mut self, id: ConnectionId) -> Option<Connection> {
        let peers = self.peers_of(id);
        let connection = self.open.remove(&id)?;
        if let Some(of_device) = self.devices.get_mut(&connection.device) {
            of_device.retain(|other| *other != id);
            if of_device.is_empty() {
                self.devices.remove(&connection.device);
            }
        }
        for conversation in &connection.follows {
            self.forget_follower(id, *conversation);
        }
        let user = connection.user;
        let remaining = self.users.get(&user).map_or(0, |count| count.saturating_sub(1));
        if remaining == 0 {
            self.users.remove(&user);
            self.tell(&peers, Presence { user, online: false });
        } else {
            self.users.insert(user, remaining);
        }
        Some(connection)
    }

    fn follow(&mut self, id: ConnectionId, conversation: ConversationId) {
        let Some(connection) = self.open.get_mut(&id) else {
            return;
        };
        if connection.follows.insert(conversation) {
            let follower = Follower {
                connection: id,
                user: connection.user,
                queue: connection.queue.clone(),
            };
            self.followers.entry(conversation).or_default().push(follower);
        }
    }

    fn follow_by_device(&mut self, device: DeviceId, conversation: ConversationId) {
        for id in self.devices.get(&device).cloned().unwrap_or_default() {
            self.follow(id, conversation);
        }
    }

    fn unfollow(&mut self, id: ConnectionId, conversation: ConversationId) {
        if let Some(connection) = self.open.get_mut(&id) {
            connection.follows.remove(&conversation);
        }
        self.forget_follower(id, conversation);
    }

    fn forget_follower(&mut self, id: ConnectionId, conversation: ConversationId) {
        if let Some(followers) = self.followers.get_mut(&conversation) {
            followers.retain(|follower| follower.connection != id);
            if followers.is_empty() {
                self.followers.remove(&conversation);
            }
        }
    }

    fn push_to_followers(&mut self, conversation: ConversationId, frame: &Bytes) {
        let Some(followers) = self.followers.get(&conversation) else {
            return;
        };
        let slow = followers
            .iter()
            .filter(|follower| follower.queue.push(frame.clone()).is_err())
            .map(|follower| follower.connection)
            .collect::<Vec<_>>();
        for id in slow {
            self.close(id, Close::Slow);
        }
    }

    fn push(&mut self, id: ConnectionId, frame: &Bytes) {
        let is_slow = self
            .open
            .get(&id)
            .is_some_and(|open| open.queue.push(frame.clone()).is_err());
        if is_slow {
            self.close(id, Close::Slow);
        }
    }

    fn change_members(&mut self, conversation: ConversationId, membership: &Membership) {
        for device in &membership.removed {
            for id in self.devices.get(device).cloned().unwrap_or_default() {
                self.unfollow(id, conversation);
            }
        }
        for member in &membership.added {
            for id in self.devices.get(&member.device).cloned().unwrap_or_default() {
                if let Some(welcome) = &membership.welcome {
                    self.push(id, welcome);
                }
                self.follow(id, conversation);
            }
        }
        self.introduce(conversation);
    }

    /// Tells all who follow a conversation of each other: its members have changed.
    fn introduce(&mut self, conversation: ConversationId) {
        let Some(followers) = self.followers.get(&conversation) else {
            return;
        };
        if followers.len() > PRESENCE_FOLLOWERS_MAX {
            return;
        }
        let here: Vec<_> = followers
            .iter()
            .map(|follower| (follower.connection, follower.user))
            .collect();
        let users: HashSet<UserId> = here.iter().map(|(_, user)| *user).collect();
        for user in users {
            let others: Vec<_> = here.iter().filter(|(_, other)| *other != user).copied().collect();
            self.tell(&others, Presence { user, online: true });
        }
    }

    /// The connections of other users who share a conversation with this one.
    fn peers_of(&self, id: ConnectionId) -> Vec<(ConnectionId, UserId)> {
        let Some(connection) = self.open.get(&id) else {
            return Vec::new();
        };
        let mut peers = HashMap::new();
        for conversation in &connection.follows {
            let Some(followers) = self.followers.get(conversation) else {
                continue;
            };
            if followers.len() > PRESENCE_FOLLOWERS_MAX {
                continue;
            }
            let others = followers
                .iter()
                .filter(|follower| follower.user != connection.user);
            peers.extend(others.map(|follower| (follower.connection, follower.user)));
        }
        peers.into_iter().collect()
    }

    fn tell(&mut self, whom: &[(ConnectionId, UserId)], presence: Presence) {
        if whom.is_empty() {
            return;
        }
        let Some(frame) = frame::encode(&ServerFrame::Presence(presence)) else {
            return;
        };
        for (id, _) in whom {
            self.push(*id, &frame);
        }
    }
}

#[cfg(test)]
mod tests;
