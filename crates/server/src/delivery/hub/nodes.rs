//! What a hub does when it is one of several: it says which subjects of the bus concern it, and lets devices
//! begin anew that may have missed something.

use super::{Connections, Hub};
use crate::bus::Topic;
use bytes::Bytes;
use std::collections::HashSet;
use std::sync::Arc;
use tokio::sync::Notify;
use undertone_wire::{ConversationId, DeviceId};

/// Topics that began or ceased to concern this hub.
#[derive(Default)]
pub(super) struct Interest {
    changed: HashSet<Topic>,
    notify: Arc<Notify>,
}

impl Connections {
    /// Notes that a topic may have begun or ceased to concern this hub. A single server does not care.
    pub(super) fn note_topic(&mut self, topic: Topic) {
        if let Some(interest) = &mut self.interest {
            interest.changed.insert(topic);
            interest.notify.notify_one();
        }
    }

    fn concerns(&self, topic: &Topic) -> bool {
        match topic {
            Topic::Conversation(conversation) => self.gatherings.contains_key(conversation),
            Topic::Device(device) => self.devices.contains_key(device),
        }
    }

    fn refresh(&self, device: DeviceId) {
        for id in self.devices.get(&device).into_iter().flatten() {
            if let Some(connection) = self.open.get(id) {
                connection.refresh.notify_one();
            }
        }
    }
}

impl Hub {
    /// Begins to note topics; resolves whenever [`Hub::take_changed_topics`] has something to say.
    pub(crate) fn watch_topics(&self) -> Arc<Notify> {
        let mut connections = self.lock();
        Arc::clone(&connections.interest.get_or_insert_default().notify)
    }

    /// The topics that changed since it was asked last, and whether each concerns this hub now.
    pub(crate) fn take_changed_topics(&self) -> Vec<(Topic, bool)> {
        let mut connections = self.lock();
        let interest = connections.interest.as_mut();
        let changed = interest.map(|interest| std::mem::take(&mut interest.changed));
        let changed = changed.unwrap_or_default().into_iter();
        changed
            .map(|topic| (topic, connections.concerns(&topic)))
            .collect()
    }

    /// The conversations that somebody follows here.
    pub(crate) fn followed(&self) -> Vec<ConversationId> {
        self.lock().gatherings.keys().copied().collect()
    }

    /// The devices that are connected here.
    pub(crate) fn connected(&self) -> Vec<DeviceId> {
        self.lock().devices.keys().copied().collect()
    }

    /// Whether a connected device follows other conversations than these.
    pub(crate) fn follows_otherwise(&self, device: DeviceId, seats: &HashSet<ConversationId>) -> bool {
        let connections = self.lock();
        let mut ids = connections.devices.get(&device).into_iter().flatten();
        ids.any(|id| {
            let connection = connections.open.get(id);
            connection.is_some_and(|connection| connection.follows != *seats)
        })
    }

    /// Lets a device begin anew: with what it is a member of, where that stands, and what waits for it.
    pub(crate) fn refresh_device(&self, device: DeviceId) {
        self.lock().refresh(device);
    }

    /// Lets all who follow a conversation begin anew.
    pub(crate) fn refresh_followers(&self, conversation: ConversationId) {
        let connections = self.lock();
        let gathering = connections.gatherings.get(&conversation);
        let followers = gathering.into_iter().flat_map(|gathering| &gathering.followers);
        for follower in followers {
            if let Some(connection) = connections.open.get(&follower.connection) {
                connection.refresh.notify_one();
            }
        }
    }

    /// Passes a signal of another server's device on to the members of a small conversation.
    pub(crate) fn pass_signal(&self, conversation: ConversationId, frame: &Bytes) {
        let connections = self.lock();
        let gathering = connections.gatherings.get(&conversation);
        let Some(gathering) = gathering.filter(|gathering| gathering.crowd.is_small) else {
            return;
        };
        for follower in &gathering.followers {
            follower.queue.offer(frame.clone());
        }
    }
}
