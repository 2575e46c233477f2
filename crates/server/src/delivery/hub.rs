//! The connected devices of this server: who is there, which conversations they follow, and the
//! queues into which frames for them go. It knows no database and no sockets. Who may know that somebody
//! is there, and what is said in passing, is in [`presence`].

mod nodes;
mod presence;

use super::budget::Budget;
use super::frame;
use super::outgoing::{self, Receiver, Sender};
use crate::bus::{Membership, News, Topic};
use crate::metrics::Metrics;
use crate::store::crowd::Crowd;
use bytes::Bytes;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, oneshot};
use undertone_wire::signal::Visibility;
use undertone_wire::stream::ServerFrame;
use undertone_wire::{ConversationId, DeviceId, UserId};

/// Connections of one device at once: its store has one owner, but a dead connection may linger.
const CONNECTIONS_PER_DEVICE_MAX: usize = 4;

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
    budget: Budget,
    metrics: Metrics,
    last: u64,
    is_stopping: bool,
    open: HashMap<ConnectionId, Connection>,
    devices: HashMap<DeviceId, Vec<ConnectionId>>,
    users: HashMap<UserId, Vec<ConnectionId>>,
    gatherings: HashMap<ConversationId, Gathering>,
    /// What other servers are to tell this one; nothing if there are none.
    interest: Option<nodes::Interest>,
}

/// Those who follow a conversation.
struct Gathering {
    crowd: Crowd,
    followers: Vec<Follower>,
}

struct Connection {
    user: UserId,
    device: DeviceId,
    queue: Sender,
    close: oneshot::Sender<Close>,
    /// Tells the connection to begin anew.
    refresh: Arc<Notify>,
    follows: HashSet<ConversationId>,
    /// Who may know that it is there; nobody before its first frame.
    visibility: Option<Visibility>,
    /// Where nobody may know it, whatever `visibility` says.
    hidden: HashSet<ConversationId>,
    /// Direct conversations whose Welcome the device has not acknowledged: nobody there may know that it is
    /// there either, since its user could not say yet whether they may.
    unanswered: HashSet<ConversationId>,
}

/// A connection that follows a conversation, with what delivery needs beside it.
struct Follower {
    connection: ConnectionId,
    user: UserId,
    queue: Sender,
}

/// Where a device's connection stands in the hub, as long as its [`Registration`] lives.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    hub: Hub,
    id: ConnectionId,
}

/// A device's stay in the hub; leaving is dropping it.
#[derive(Debug)]
pub(crate) struct Registration {
    pub(crate) place: Place,
    /// What is to be sent.
    pub(crate) frames: Receiver,
    /// Resolves when the server ends the connection.
    pub(crate) closed: oneshot::Receiver<Close>,
    /// Resolves when the device may have missed something.
    pub(crate) refresh: Arc<Notify>,
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hub")
    }
}

impl Hub {
    /// Takes a device in. It follows nothing yet, except what it is added to from now on.
    pub(crate) fn register(&self, user: UserId, device: DeviceId) -> Registration {
        let (close, closed) = oneshot::channel();
        let refresh = Arc::new(Notify::new());
        let mut connections = self.lock();
        let (queue, frames) = outgoing::queue(&connections.budget);
        connections.last += 1;
        let id = ConnectionId(connections.last);
        let connection = Connection {
            user,
            device,
            queue,
            close,
            refresh: Arc::clone(&refresh),
            follows: HashSet::new(),
            visibility: None,
            hidden: HashSet::new(),
            unanswered: HashSet::new(),
        };
        connections.open.insert(id, connection);
        connections.users.entry(user).or_default().push(id);
        connections.devices.entry(device).or_default().push(id);
        connections.note_topic(Topic::Device(device));
        if connections.is_stopping {
            connections.close(id, Close::Stopping);
        }
        drop(connections);
        let hub = self.clone();
        Registration {
            place: Place { hub, id },
            frames,
            closed,
            refresh,
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

    /// What this server counts.
    pub(crate) fn metrics(&self) -> Metrics {
        self.lock().metrics.clone()
    }

    /// Bytes of frames that wait for devices to take them.
    pub(crate) fn waiting_bytes(&self) -> usize {
        self.lock().budget.waiting()
    }

    /// Whether the device is connected.
    pub(crate) fn is_connected(&self, device: DeviceId) -> bool {
        self.lock().devices.contains_key(&device)
    }

    /// Whether any device of the user is connected.
    pub fn is_online(&self, user: UserId) -> bool {
        self.lock().users.contains_key(&user)
    }

    /// Puts what was committed into the queues of those whom it concerns.
    pub(crate) fn deliver(&self, news: &News) {
        let mut connections = self.lock();
        if let Some(membership) = &news.membership {
            for device in &membership.before {
                connections.follow_by_device(*device, news.conversation, membership.crowd);
            }
        }
        connections.push_to_followers(news.conversation, &news.entry);
        if let Some(membership) = &news.membership {
            connections.change_members(news.conversation, membership);
        }
    }

    /// Tells something to a device.
    pub(crate) fn tell_device(&self, device: DeviceId, frame: &Bytes) {
        let mut connections = self.lock();
        for id in connections.devices.get(&device).cloned().unwrap_or_default() {
            connections.push(id, frame);
        }
    }

    /// Tells something to these users, as far as they follow the conversation.
    pub(crate) fn tell_users(&self, conversation: ConversationId, users: &[UserId], frame: &Bytes) {
        let mut connections = self.lock();
        let told: Vec<_> = connections
            .gatherings
            .get(&conversation)
            .map_or(Vec::new(), |gathering| {
                let followers = gathering.followers.iter();
                let named = followers.filter(|follower| users.contains(&follower.user));
                named.map(|follower| follower.connection).collect()
            });
        for id in told {
            connections.push(id, frame);
        }
    }

    /// Tells all who follow a conversation that it has ended; nobody follows it any more.
    pub(crate) fn close_conversation(&self, conversation: ConversationId) {
        let Some(frame) = frame::encode(&ServerFrame::Closed(conversation)) else {
            return;
        };
        let mut connections = self.lock();
        connections.push_to_followers(conversation, &frame);
        let gathering = connections.gatherings.remove(&conversation);
        connections.note_topic(Topic::Conversation(conversation));
        for follower in gathering.iter().flat_map(|gathering| &gathering.followers) {
            if let Some(connection) = connections.open.get_mut(&follower.connection) {
                connection.follows.remove(&conversation);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Connections> {
        // A panic while it was held leaves at worst a device without some frames, which it fetches.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// The session was judged: if the device has too many connections, the oldest make room. Not before, or a
    /// session that has ended could still put them out.
    pub(crate) fn make_room(&self, device: DeviceId) {
        let mut connections = self.hub.lock();
        let of_device = connections.devices.get(&device).cloned().unwrap_or_default();
        let surplus = of_device.len().saturating_sub(CONNECTIONS_PER_DEVICE_MAX);
        for old in of_device.into_iter().take(surplus) {
            connections.close(old, Close::Replaced);
        }
    }

    /// Follows these conversations, beside those that it follows already.
    pub(crate) fn follow(&self, conversations: impl IntoIterator<Item = (ConversationId, Crowd)>) {
        let mut connections = self.hub.lock();
        for (conversation, crowd) in conversations {
            connections.follow(self.id, conversation, crowd);
        }
    }

    /// What it follows.
    pub(crate) fn followed(&self) -> HashSet<ConversationId> {
        let connections = self.hub.lock();
        let connection = connections.open.get(&self.id);
        connection.map_or_else(HashSet::new, |connection| connection.follows.clone())
    }

    /// Stops following these: the device was removed before it began to follow.
    pub(crate) fn unfollow<'a>(&self, conversations: impl IntoIterator<Item = &'a ConversationId>) {
        let mut conversations = conversations.into_iter().peekable();
        if conversations.peek().is_none() {
            return;
        }
        let mut connections = self.hub.lock();
        for conversation in conversations {
            connections.unfollow(self.id, *conversation);
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.place.hub.lock().remove(self.place.id);
    }
}

impl Connections {
    fn close(&mut self, id: ConnectionId, reason: Close) {
        if reason == Close::Slow {
            self.metrics.slow_dropped.inc();
        }
        if let Some(connection) = self.remove(id)
            && connection.close.send(reason).is_err()
        {
            tracing::trace!("a connection was gone before it was closed");
        }
    }

    /// Takes a connection out, and tells the others if they see the user by no other one.
    fn remove(&mut self, id: ConnectionId) -> Option<Connection> {
        let user = self.open.get(&id)?.user;
        self.changing(user, |connections| connections.take_out(id))
    }

    fn take_out(&mut self, id: ConnectionId) -> Option<Connection> {
        let connection = self.open.remove(&id)?;
        for conversation in &connection.follows {
            self.forget_follower(id, *conversation);
        }
        if let Some(of_device) = self.devices.get_mut(&connection.device) {
            of_device.retain(|other| *other != id);
            if of_device.is_empty() {
                self.devices.remove(&connection.device);
                self.note_topic(Topic::Device(connection.device));
            }
        }
        if let Some(of_user) = self.users.get_mut(&connection.user) {
            of_user.retain(|other| *other != id);
            if of_user.is_empty() {
                self.users.remove(&connection.user);
            }
        }
        Some(connection)
    }

    fn follow(&mut self, id: ConnectionId, conversation: ConversationId, crowd: Crowd) {
        let Some(connection) = self.open.get_mut(&id) else {
            return;
        };
        let is_new = connection.follows.insert(conversation);
        let follower = Follower {
            connection: id,
            user: connection.user,
            queue: connection.queue.clone(),
        };
        let gathering = self.gatherings.entry(conversation).or_insert_with(|| Gathering {
            crowd,
            followers: Vec::new(),
        });
        gathering.crowd = crowd;
        if is_new {
            let is_first = gathering.followers.is_empty();
            gathering.followers.push(follower);
            if is_first {
                self.note_topic(Topic::Conversation(conversation));
            }
        }
    }

    fn follow_by_device(&mut self, device: DeviceId, conversation: ConversationId, crowd: Crowd) {
        for id in self.devices.get(&device).cloned().unwrap_or_default() {
            self.follow(id, conversation, crowd);
        }
    }

    fn unfollow(&mut self, id: ConnectionId, conversation: ConversationId) {
        if let Some(connection) = self.open.get_mut(&id) {
            connection.follows.remove(&conversation);
        }
        self.forget_follower(id, conversation);
    }

    fn forget_follower(&mut self, id: ConnectionId, conversation: ConversationId) {
        if let Some(gathering) = self.gatherings.get_mut(&conversation) {
            gathering.followers.retain(|follower| follower.connection != id);
            if gathering.followers.is_empty() {
                self.gatherings.remove(&conversation);
                self.note_topic(Topic::Conversation(conversation));
            }
        }
    }

    fn push_to_followers(&mut self, conversation: ConversationId, frame: &Bytes) {
        let Some(gathering) = self.gatherings.get(&conversation) else {
            return;
        };
        let frame = self.budget.count(frame.clone());
        let count = u64::try_from(gathering.followers.len()).unwrap_or(u64::MAX);
        self.metrics.deliveries.inc_by(count);
        let slow = gathering
            .followers
            .iter()
            .filter(|follower| follower.queue.push(frame.clone()).is_err())
            .map(|follower| follower.connection)
            .collect::<Vec<_>>();
        for id in slow {
            self.close(id, Close::Slow);
        }
    }

    fn push(&mut self, id: ConnectionId, frame: &Bytes) {
        self.metrics.deliveries.inc();
        let is_slow = self
            .open
            .get(&id)
            .is_some_and(|open| open.queue.push(self.budget.count(frame.clone())).is_err());
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
                    if let Some(connection) = self.open.get_mut(&id)
                        && membership.crowd.is_small
                    {
                        connection.unanswered.insert(conversation);
                    }
                }
                self.follow(id, conversation, membership.crowd);
            }
        }
        if let Some(gathering) = self.gatherings.get_mut(&conversation) {
            gathering.crowd = membership.crowd;
        }
        self.introduce(conversation);
    }
}

#[cfg(test)]
mod tests;
