//! The way to the other servers: one connection to NATS, a subject for each conversation and each device that
//! somebody here follows or is. Core NATS only: nothing is kept there, and what is lost on the way is found
//! by [`super::level`].

use super::message::{BusKey, Change, Entry, Message};
use super::order::Order;
use super::{News, Topic};
use crate::delivery::Hub;
use crate::store::crowd::Crowd;
use async_nats::{Client, ConnectOptions, Event, ServerAddr, Subscriber};
use bytes::Bytes;
use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::AbortHandle;
use tokio::time::timeout;
use undertone_wire::{Bytes as WireBytes, DeviceId};

/// Messages that may wait for NATS. Beyond, they are dropped: the database has them.
const OUTBOX_MAX: usize = 8192;
/// Room that a message needs beside its frame.
const OVERHEAD_BYTES: usize = 64 * 1024;
/// NATS is asked for a sign of life this often, and given up when two are missing.
const PING_EVERY: Duration = Duration::from_secs(2);
/// Nobody waits longer for an answer over the bus.
const ANSWER_WITHIN: Duration = Duration::from_millis(500);
/// Connections that may wait for their subscriptions at once; beyond, they do without.
const SETTLING_MAX: usize = 4096;
/// Between two attempts to reach NATS.
const RECONNECT_EVERY: Duration = Duration::from_millis(500);

/// Why the bus cannot be joined.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// Not the address of a NATS server.
    #[error("--bus names no NATS server")]
    Address(#[source] std::io::Error),
    /// The connection cannot be prepared.
    #[error("cannot join the bus")]
    Connect(#[source] async_nats::ConnectError),
}

/// A handle to the connection. Cloning gives another handle to the same one.
#[derive(Clone)]
pub(super) struct Link(Arc<Shared>);

struct Shared {
    client: Client,
    names: Names,
    outbox: mpsc::Sender<(String, Bytes)>,
    settling: mpsc::Sender<oneshot::Sender<()>>,
    standing: Arc<Standing>,
    tasks: [AbortHandle; 2],
}

/// How things stand with NATS.
#[derive(Default)]
pub(super) struct Standing {
    is_up: AtomicBool,
    /// Something was lost, or may have been.
    pub(super) trouble: Notify,
}

/// The subjects of the servers of one key file, and what proves that a message is from one of them.
#[derive(Clone)]
struct Names {
    prefix: Arc<str>,
    key: BusKey,
}

impl Drop for Shared {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Link {
    /// Prepares the connection; it is made, and made again, in the background.
    pub(super) async fn open(hub: Hub, order: Arc<Order>, url: &str, key: BusKey) -> Result<Self, BusError> {
        let addresses = url.split(',').map(str::trim).map(str::parse::<ServerAddr>);
        let addresses = addresses
            .collect::<Result<Vec<_>, _>>()
            .map_err(BusError::Address)?;
        let standing = Arc::new(Standing::default());
        let client = options(&standing)
            .connect(addresses)
            .await
            .map_err(BusError::Connect)?;
        let names = Names {
            prefix: key.subject_prefix().into(),
            key,
        };
        let (outbox, waiting) = mpsc::channel(OUTBOX_MAX);
        let (settling, asked) = mpsc::channel(SETTLING_MAX);
        let listening = Listening {
            changed: hub.watch_topics(),
            hub,
            order,
            client: client.clone(),
            names: names.clone(),
            standing: Arc::clone(&standing),
            subscriptions: HashMap::new(),
        };
        let tasks = [
            tokio::spawn(send_all(client.clone(), waiting)).abort_handle(),
            tokio::spawn(listening.run(asked)).abort_handle(),
        ];
        Ok(Self(Arc::new(Shared {
            client,
            names,
            outbox,
            settling,
            standing,
            tasks,
        })))
    }

    /// How things stand.
    pub(super) fn standing(&self) -> &Standing {
        &self.0.standing
    }

    /// Tells the others what was committed: those who follow, and those who come.
    pub(super) fn publish(&self, news: &News) {
        let change = news.membership.as_ref().map(|membership| Change {
            removed: membership.removed.clone(),
            is_direct: membership.crowd.is_direct,
            is_small: membership.crowd.is_small,
        });
        let frame = || WireBytes(news.entry.to_vec());
        let fits = news.entry.len() + OVERHEAD_BYTES <= self.0.client.max_payload();
        let message = match news.sequence {
            None => Message::Aside(frame(), change),
            Some(sequence) if fits => Message::Entry(Entry {
                sequence,
                frame: frame(),
                change,
            }),
            Some(sequence) => Message::Look(sequence),
        };
        self.send(Topic::Conversation(news.conversation), &message);
        if let Some(membership) = &news.membership {
            let added = membership.added.iter().map(|member| member.device);
            for device in added.chain(membership.before.iter().copied()) {
                self.send(Topic::Device(device), &Message::Refresh);
            }
        }
    }

    /// Sends a message, unless NATS is away or too slow.
    pub(super) fn send(&self, topic: Topic, message: &Message) {
        if !self.0.standing.is_up.load(Ordering::Relaxed) {
            return;
        }
        let subject = self.0.names.subject(topic);
        if let Some(sealed) = self.0.names.key.seal(&subject, message)
            && self.0.outbox.try_send((subject, sealed)).is_err()
        {
            tracing::debug!("the bus is too slow: news was dropped");
        }
    }

    /// Waits until NATS knows what this server's devices follow, but not for long.
    pub(super) async fn settle(&self) {
        if !self.0.standing.is_up.load(Ordering::Relaxed) {
            return;
        }
        let (settled, waiting) = oneshot::channel();
        if self.0.settling.try_send(settled).is_ok() {
            // Whatever is missed now is found soon.
            drop(timeout(ANSWER_WITHIN, waiting).await);
        }
    }

    /// Whether another server says that the device is connected to it.
    pub(super) async fn is_anywhere(&self, device: DeviceId) -> bool {
        if !self.0.standing.is_up.load(Ordering::Relaxed) {
            return false;
        }
        let subject = self.0.names.subject(Topic::Device(device));
        let Some(sealed) = self.0.names.key.seal(&subject, &Message::AreYouThere) else {
            return false;
        };
        ask(&self.0.client, subject, sealed).await
    }
}

/// Whether anybody answers.
async fn ask(client: &Client, subject: String, sealed: Bytes) -> bool {
    let request = async_nats::Request::new()
        .payload(sealed)
        .timeout(Some(ANSWER_WITHIN));
    client.send_request(subject, request).await.is_ok()
}

fn options(standing: &Arc<Standing>) -> ConnectOptions {
    let standing = Arc::clone(standing);
    ConnectOptions::new()
        .name("undertone")
        .no_echo()
        .retry_on_initial_connect()
        .ping_interval(PING_EVERY)
        .connection_timeout(PING_EVERY)
        .reconnect_delay_callback(|_| RECONNECT_EVERY)
        .event_callback(move |event| {
            standing.note(&event);
            std::future::ready(())
        })
}

impl Standing {
    fn note(&self, event: &Event) {
        match event {
            Event::Connected => {
                self.is_up.store(true, Ordering::Relaxed);
                tracing::info!("the bus is there");
            }
            Event::Disconnected | Event::Closed => {
                self.is_up.store(false, Ordering::Relaxed);
                tracing::warn!("the bus is away: news of other servers comes from the database meanwhile");
            }
            Event::SlowConsumer(_) => tracing::warn!("the bus was too fast: news was dropped"),
            Event::LameDuckMode | Event::Draining => {}
            Event::ServerError(error) => {
                tracing::warn!(error = error as &dyn Error, "the bus refused something");
            }
            Event::ClientError(error) => tracing::warn!(bus.error = %error, "the bus does not work"),
        }
        self.trouble.notify_one();
    }
}

impl Names {
    fn subject(&self, topic: Topic) -> String {
        let prefix = &self.prefix;
        match topic {
            Topic::Conversation(conversation) => format!("{prefix}.conversation.{conversation}"),
            Topic::Device(device) => format!("{prefix}.device.{device}"),
        }
    }
}

async fn send_all(client: Client, mut waiting: mpsc::Receiver<(String, Bytes)>) {
    while let Some((subject, sealed)) = waiting.recv().await {
        if let Err(error) = client.publish(subject, sealed).await {
            tracing::debug!(error = &error as &dyn Error, "news was not sent");
        }
    }
}

/// Keeps the subscriptions as the hub wants them.
struct Listening {
    hub: Hub,
    order: Arc<Order>,
    client: Client,
    names: Names,
    standing: Arc<Standing>,
    changed: Arc<Notify>,
    subscriptions: HashMap<Topic, Subscription>,
}

/// Ends with its task.
struct Subscription(AbortHandle);

impl Drop for Subscription {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Listening {
    async fn run(mut self, mut asked: mpsc::Receiver<oneshot::Sender<()>>) {
        loop {
            let mut settling = Vec::new();
            tokio::select! {
                () = self.changed.notified() => {}
                first = asked.recv() => match first {
                    Some(first) => settling.push(first),
                    None => return,
                },
            }
            while let Ok(another) = asked.try_recv() {
                settling.push(another);
            }
            self.follow_hub().await;
            if !settling.is_empty() {
                // Nobody answers, but NATS says so, after it has seen what came before.
                let nobody = format!("{}.settle", self.names.prefix);
                ask(&self.client, nobody, Bytes::new()).await;
            }
            for settled in settling {
                if settled.send(()).is_err() {
                    tracing::trace!("whoever settled has waited long enough");
                }
            }
        }
    }

    async fn follow_hub(&mut self) {
        for (topic, is_wanted) in self.hub.take_changed_topics() {
            if !is_wanted {
                self.subscriptions.remove(&topic);
            } else if !self.subscriptions.contains_key(&topic) {
                let subject = self.names.subject(topic);
                match self.client.subscribe(subject).await {
                    Ok(subscriber) => self.listen(topic, subscriber),
                    Err(error) => {
                        tracing::warn!(error = &error as &dyn Error, "a subject could not be followed");
                    }
                }
            }
        }
    }

    fn listen(&mut self, topic: Topic, subscriber: Subscriber) {
        let ear = Ear {
            topic,
            hub: self.hub.clone(),
            order: Arc::clone(&self.order),
            client: self.client.clone(),
            names: self.names.clone(),
            standing: Arc::clone(&self.standing),
        };
        let task = tokio::spawn(ear.listen(subscriber));
        self.subscriptions
            .insert(topic, Subscription(task.abort_handle()));
    }
}

/// One subscription.
struct Ear {
    topic: Topic,
    hub: Hub,
    order: Arc<Order>,
    client: Client,
    names: Names,
    standing: Arc<Standing>,
}

impl Ear {
    async fn listen(self, mut subscriber: Subscriber) {
        use futures::StreamExt;
        while let Some(message) = subscriber.next().await {
            match self.names.key.open(&message.subject, &message.payload) {
                Some(Message::AreYouThere) => {
                    if let Some(reply) = message.reply
                        && let Err(error) = self.client.publish(reply, Bytes::new()).await
                    {
                        tracing::debug!(error = &error as &dyn Error, "an answer was not sent");
                    }
                }
                Some(known) => self.hear(known),
                None => tracing::warn!("the bus carries what is not from a server of this key file"),
            }
        }
        self.standing.trouble.notify_one();
    }

    fn hear(&self, message: Message) {
        match (self.topic, message) {
            (Topic::Conversation(conversation), Message::Entry(entry)) => self.order.pass(News {
                conversation,
                sequence: Some(entry.sequence),
                entry: entry.frame.0.into(),
                membership: entry.change.map(Change::into_membership),
            }),
            (Topic::Conversation(conversation), Message::Aside(frame, change)) => self.order.pass(News {
                conversation,
                sequence: None,
                entry: frame.0.into(),
                membership: change.map(Change::into_membership),
            }),
            (Topic::Conversation(conversation), Message::Look(sequence)) => {
                self.order.missed(conversation, sequence);
            }
            (Topic::Conversation(conversation), Message::TellUsers(users, frame)) => {
                self.hub.tell_users(conversation, &users, &frame.0.into());
            }
            (Topic::Conversation(conversation), Message::Signal(frame)) => {
                self.hub.pass_signal(conversation, &frame.0.into());
            }
            (Topic::Conversation(conversation), Message::Closed) => {
                self.hub.close_conversation(conversation);
            }
            (Topic::Device(device), Message::Tell(frame)) => self.hub.tell_device(device, &frame.0.into()),
            // That somebody was signed out is a hint alone, which may be late or sent again: whose session has
            // ended the database says.
            (Topic::Device(device), Message::Refresh | Message::SignedOut) => self.hub.refresh_device(device),
            // Sealed for this subject by a server that does not belong to this version.
            (Topic::Conversation(_) | Topic::Device(_), _) => {
                tracing::debug!("the bus carries a message out of place");
            }
        }
    }
}

impl Change {
    fn into_membership(self) -> super::Membership {
        super::Membership {
            before: Vec::new(),
            added: Vec::new(),
            welcome: None,
            removed: self.removed,
            crowd: Crowd {
                is_direct: self.is_direct,
                is_small: self.is_small,
            },
        }
    }
}
