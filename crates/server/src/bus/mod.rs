//! News from the database to the connected devices. The database is the only truth: the bus carries
//! what was committed, nothing depends on it, and what it loses is fetched (design D4).
//!
//! A single server's bus is a call into its own hub. With several, each publishes to the others over NATS as
//! well, and delivers what comes from them to its own hub: `docs/decisions/0009` says how order is kept and
//! how gaps are found.
//!
//! # Layout
//! - [`message`]: what servers tell each other, sealed against forgery
//! - [`nats`]: the connection, subjects and subscriptions
//! - [`order`]: entries of a conversation go to the devices in the order of its log
//! - [`level`]: what the bus lost is found in the database, and made good

mod level;
mod message;
mod nats;
mod order;

use crate::delivery::Hub;
use crate::delivery::encode;
use crate::store::Store;
use crate::store::commit::NewMember;
use crate::store::crowd::Crowd;
use bytes::Bytes;
use message::Message;
use nats::Link;
use order::Order;
use std::fmt;
use std::sync::Arc;
use tokio::sync::watch;
use undertone_wire::conversation::ConversationHead;
use undertone_wire::stream::ServerFrame;
use undertone_wire::{Bytes as WireBytes, ConversationId, DeviceId, Sequence, UserId};

pub use message::BusKey;
pub use nats::BusError;

/// Something was committed. Frames are encoded once for all who get them.
#[derive(Debug, Clone)]
pub(crate) struct News {
    /// In which conversation.
    pub(crate) conversation: ConversationId,
    /// The place of the entry in the log; nothing for other news.
    pub(crate) sequence: Option<Sequence>,
    /// The new entry, or other news, for all who were members before it.
    pub(crate) entry: Bytes,
    /// What it did to the membership; nothing for a message.
    pub(crate) membership: Option<Membership>,
}

/// What a commit did to the membership.
#[derive(Debug, Clone)]
pub(crate) struct Membership {
    /// Who gets the news, too, and follows from now on: the founder, whoever comes by their own commit,
    /// and whoever is a member again.
    pub(crate) before: Vec<DeviceId>,
    /// Who came.
    pub(crate) added: Vec<NewMember>,
    /// The Welcome, for those who came.
    pub(crate) welcome: Option<Bytes>,
    /// Who went; the commit is the last entry that they get.
    pub(crate) removed: Vec<DeviceId>,
    /// How many people there are now.
    pub(crate) crowd: Crowd,
}

/// What this server has a name for on the bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Topic {
    /// Those who follow a conversation.
    Conversation(ConversationId),
    /// A connected device.
    Device(DeviceId),
}

/// The way to connected devices, here and on other servers. Cloning gives another handle to the same one.
#[derive(Clone)]
pub struct Bus {
    hub: Hub,
    others: Option<Others>,
}

/// What there is only with several servers.
#[derive(Clone)]
struct Others {
    order: Arc<Order>,
    link: Link,
}

impl fmt::Debug for Bus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bus")
            .field("is_alone", &self.others.is_none())
            .finish_non_exhaustive()
    }
}

impl Bus {
    /// The bus of a single server.
    pub fn alone(hub: Hub) -> Self {
        Self { hub, others: None }
    }

    /// Joins the servers of the same key file at a NATS server. It need not be there yet.
    pub(crate) async fn join(hub: Hub, url: &str, key: BusKey) -> Result<Self, BusError> {
        let order = Arc::new(Order::new(hub.clone()));
        let link = Link::open(hub.clone(), Arc::clone(&order), url, key).await?;
        let others = Some(Others { order, link });
        Ok(Self { hub, others })
    }

    /// The devices that are connected to this server.
    pub(crate) fn hub(&self) -> &Hub {
        &self.hub
    }

    /// Keeps the devices of this server level with the database, until `shutdown` becomes true or is
    /// dropped. A single server has nothing to do here.
    pub(crate) async fn stay_level(self, store: Store, shutdown: watch::Receiver<bool>) {
        if let Some(Others { order, link }) = self.others {
            level::Watch::new(self.hub, store, order, link)
                .run(shutdown)
                .await;
        }
    }

    /// Delivers what was committed, in the order of the calls.
    pub(crate) fn publish(&self, news: &News) {
        match &self.others {
            None => self.hub.deliver(news),
            Some(Others { order, link }) => {
                link.publish(news);
                order.pass(news.clone());
            }
        }
    }

    /// Tells something to a device.
    pub(crate) fn tell_device(&self, device: DeviceId, frame: &ServerFrame) {
        let Some(frame) = encode(frame) else { return };
        if let Some(others) = &self.others {
            let message = Message::Tell(WireBytes(frame.to_vec()));
            others.link.send(Topic::Device(device), &message);
        }
        self.hub.tell_device(device, &frame);
    }

    /// Tells something to these users, as far as they follow the conversation.
    pub(crate) fn tell_users(&self, conversation: ConversationId, users: &[UserId], frame: &ServerFrame) {
        let Some(frame) = encode(frame) else { return };
        if let Some(others) = &self.others {
            let message = Message::TellUsers(users.to_vec(), WireBytes(frame.to_vec()));
            others.link.send(Topic::Conversation(conversation), &message);
        }
        self.hub.tell_users(conversation, users, &frame);
    }

    /// Passes on what a device says in passing; its own server has told its own devices.
    pub(crate) fn signal(&self, conversation: ConversationId, frame: &Bytes) {
        if let Some(others) = &self.others {
            let message = Message::Signal(WireBytes(frame.to_vec()));
            others.link.send(Topic::Conversation(conversation), &message);
        }
    }

    /// Tells all who follow a conversation that it has ended.
    pub(crate) fn close_conversation(&self, conversation: ConversationId) {
        if let Some(others) = &self.others {
            others
                .link
                .send(Topic::Conversation(conversation), &Message::Closed);
        }
        self.hub.close_conversation(conversation);
    }

    /// Ends the connections of a device everywhere: it was revoked, or logged out.
    pub fn close_sessions_of(&self, device: DeviceId) {
        if let Some(others) = &self.others {
            others.link.send(Topic::Device(device), &Message::SignedOut);
        }
        self.hub.close_sessions_of(device);
    }

    /// Waits until what is said from now on about what this server's devices follow reaches it. What comes
    /// too late is found in the database.
    pub(crate) async fn settle(&self) {
        if let Some(others) = &self.others {
            others.link.settle().await;
        }
    }

    /// A device is told that its conversations stand there: it asks for all before itself.
    pub(crate) fn note_heads(&self, heads: &[ConversationHead]) {
        if let Some(others) = &self.others {
            others.order.note_heads(heads);
        }
    }

    /// Whether the device is connected, to any server that can be asked.
    pub(crate) async fn is_connected(&self, device: DeviceId) -> bool {
        if self.hub.is_connected(device) {
            return true;
        }
        match &self.others {
            None => false,
            Some(others) => others.link.is_anywhere(device).await,
        }
    }
}
