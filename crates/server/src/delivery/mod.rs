//! Delivery: from what a device sends to what the others get. Everything that a device may do to a
//! log goes through [`Delivery`], over HTTP and over the WebSocket alike.
//!
//! # Layout
//! - [`group`]: what changes a group, and what it takes to come into one
//! - [`check`], [`creation`], [`directory`]: against the public group and the directory of devices
//! - [`pace`], [`turn`] with their [`queue`], [`suspicion`]: no storms, joins in turn, commits that nobody can
//!   process
//! - [`sequencer`]: batches, the database, publishing, the answer
//! - [`acknowledger`]: the devices' cursors
//! - [`hub`]: the connected devices, [`outgoing`] their queues, [`budget`] what those may hold together,
//!   [`frame`] what is in them

mod acknowledger;
mod budget;
mod check;
mod creation;
mod directory;
mod error;
mod frame;
mod group;
mod hub;
mod outgoing;
mod pace;
mod queue;
mod sequencer;
mod suspicion;
mod turn;

use crate::bus::Bus;
use crate::checkpoint::Checkpoints;
use crate::clock::Clock;
use crate::franking::FrankingKey;
use crate::push::Waker;
use crate::store::Store;
use crate::store::conversation::NewMessage;
use acknowledger::Acknowledger;
use pace::Pace;
use sequencer::{Answer, Sequencer, Tools};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use suspicion::Suspicion;
use tokio::sync::{oneshot, watch};
use tokio::time::{MissedTickBehavior, interval};
use turn::Turns;
use undertone_wire::conversation::Accepted;
use undertone_wire::message::SendMessageRequest;
use undertone_wire::stream::Acknowledge;
use undertone_wire::{DeviceId, UserId};

pub use check::Caller;
pub(crate) use directory::is_same_device;
pub use error::DeliveryError;
pub(crate) use frame::{decode, encode};
pub use hub::{Close, Hub};
pub(crate) use hub::{Place, Registration};

/// What delivery is made of.
pub struct Parts {
    /// The database.
    pub store: Store,
    /// The server's time.
    pub clock: Arc<dyn Clock>,
    /// Makes the MAC over franking tags.
    pub franking_key: FrankingKey,
    /// Where a test may kill the server.
    pub checkpoints: Checkpoints,
    /// Is told for whom something was stored.
    pub waker: Waker,
    /// The connected devices of this server, and the way to those of others.
    pub bus: Bus,
}

/// A handle to the delivery of this server. Cloning gives another handle to the same one.
#[derive(Clone)]
pub struct Delivery {
    store: Store,
    clock: Arc<dyn Clock>,
    checkpoints: Checkpoints,
    waker: Waker,
    hub: Hub,
    bus: Bus,
    sequencer: Sequencer,
    acknowledger: Acknowledger,
    pace: Arc<Pace>,
    turns: Arc<Turns>,
    suspicion: Arc<Suspicion>,
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Delivery")
    }
}

/// A message that was checked and queued. Its outcome is known when it is durable, or refused.
#[derive(Debug)]
pub(crate) struct QueuedMessage(oneshot::Receiver<Answer>);

impl QueuedMessage {
    /// Waits for the outcome.
    pub(crate) async fn answer(self) -> Result<Accepted, DeliveryError> {
        sequencer::answered(self.0).await
    }
}

impl Delivery {
    /// Starts delivery. It runs on the current runtime until the last handle is dropped.
    pub fn new(parts: Parts) -> Self {
        let Parts {
            store,
            clock,
            franking_key,
            checkpoints,
            waker,
            bus,
        } = parts;
        let hub = bus.hub().clone();
        let sequencer = Sequencer::start(Tools {
            store: store.clone(),
            clock: Arc::clone(&clock),
            key: franking_key,
            bus: bus.clone(),
            checkpoints: checkpoints.clone(),
            waker: waker.clone(),
        });
        let acknowledger = Acknowledger::start(store.clone(), checkpoints.clone());
        Self {
            store,
            clock,
            checkpoints,
            waker,
            hub,
            bus,
            sequencer,
            acknowledger,
            pace: Arc::default(),
            turns: Arc::default(),
            suspicion: Arc::default(),
        }
    }

    /// Judges suspected commits regularly, until `shutdown` becomes true or is dropped.
    pub async fn judge_regularly(self, mut shutdown: watch::Receiver<bool>) {
        let mut ticks = interval(group::JUDGE_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let stops = tokio::select! {
                _ = ticks.tick() => false,
                _ = shutdown.wait_for(|stops| *stops) => true,
            };
            if stops {
                return;
            }
            self.judge_suspects().await;
        }
    }

    /// The connected devices.
    pub fn hub(&self) -> &Hub {
        &self.hub
    }

    /// How many messages and changes wait to be stored.
    pub(crate) fn waiting_jobs(&self) -> usize {
        self.sequencer.waiting()
    }

    /// The way to connected devices, wherever they are.
    pub fn bus(&self) -> &Bus {
        &self.bus
    }

    /// The way to whoever wakes devices.
    pub(crate) fn waker(&self) -> &Waker {
        &self.waker
    }

    /// Takes a device among the connected ones.
    pub(crate) fn register(&self, user: UserId, device: DeviceId) -> Registration {
        self.hub.register(user, device)
    }

    /// Sends a message and waits until it is durable.
    pub async fn send(&self, caller: Caller, request: SendMessageRequest) -> Result<Accepted, DeliveryError> {
        self.queue(caller, request).await?.answer().await
    }

    /// Checks and queues a message. What one connection queues keeps its order.
    pub(crate) async fn queue(
        &self,
        caller: Caller,
        request: SendMessageRequest,
    ) -> Result<QueuedMessage, DeliveryError> {
        let header = check::message(&request)?;
        let SendMessageRequest {
            conversation,
            epoch,
            counter,
            message: payload,
            expires_after_seconds,
            quiet,
        } = request;
        let franking_tag = header.franking_tag;
        let expires_after = expires_after_seconds.map(|seconds| Duration::from_secs(seconds.into()));
        let message = NewMessage {
            conversation,
            epoch,
            sender: caller.device,
            counter,
            franking_tag,
            payload,
            expires_after,
        };
        self.sequencer.message(message, quiet).await.map(QueuedMessage)
    }

    /// Notes what a device has stored.
    pub(crate) fn acknowledge(&self, device: DeviceId, up_to: Acknowledge) {
        self.acknowledger.cursor(device, up_to);
    }

    /// Notes that a device has stored a Welcome.
    pub(crate) fn acknowledge_welcome(&self, device: DeviceId, up_to: Acknowledge) {
        self.acknowledger.welcome(device, up_to);
    }
}
