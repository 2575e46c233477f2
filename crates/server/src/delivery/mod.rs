//! Delivery: from what a device sends to what the others get. Everything that a device may do to a
//! log goes through [`Delivery`], over HTTP and over the WebSocket alike.
//!
//! # Layout
//! - [`check`]: against the public group and the directory of devices
//! - [`sequencer`]: batches, the database, publishing, the answer
//! - [`acknowledger`]: the devices' cursors
//! - [`hub`]: the connected devices, [`outgoing`] their queues, [`frame`] what is in them

mod acknowledger;
mod check;
mod error;
mod frame;
mod hub;
mod outgoing;
mod sequencer;

use crate::bus::LocalBus;
use crate::checkpoint::Checkpoints;
use crate::clock::Clock;
use crate::franking::FrankingKey;
use crate::store::Store;
use crate::store::conversation::{CommitStanding, NewMessage, Refusal};
use acknowledger::Acknowledger;
use check::CommitUnderCheck;
use sequencer::{Answer, Sequencer, Tools};
use std::fmt;
use std::sync::Arc;
use tokio::sync::oneshot;
use undertone_wire::conversation::{Accepted, CreateConversationRequest, SubmitCommitRequest};
use undertone_wire::message::SendMessageRequest;
use undertone_wire::stream::Acknowledge;
use undertone_wire::{DeviceId, UserId};

pub use check::Caller;
pub(crate) use check::is_same_device;
pub use error::DeliveryError;
pub(crate) use frame::{decode, encode};
pub(crate) use hub::Registration;
pub use hub::{Close, Hub};

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
}

/// A handle to the delivery of this server. Cloning gives another handle to the same one.
#[derive(Clone)]
pub struct Delivery {
    store: Store,
    clock: Arc<dyn Clock>,
    checkpoints: Checkpoints,
    hub: Hub,
    sequencer: Sequencer,
    acknowledger: Acknowledger,
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
        } = parts;
        let hub = Hub::default();
        let sequencer = Sequencer::start(Tools {
            store: store.clone(),
            clock: Arc::clone(&clock),
            key: franking_key,
            bus: LocalBus::new(hub.clone()),
            checkpoints: checkpoints.clone(),
        });
        let acknowledger = Acknowledger::start(store.clone(), checkpoints.clone());
        Self {
            store,
            clock,
            checkpoints,
            hub,
            sequencer,
            acknowledger,
        }
    }

    /// The connected devices.
    pub fn hub(&self) -> &Hub {
        &self.hub
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
        } = request;
        let franking_tag = header.franking_tag;
        let message = NewMessage {
            conversation,
            epoch,
            sender: caller.device,
            counter,
            franking_tag,
            payload,
        };
        self.sequencer.message(message).await.map(QueuedMessage)
    }

    /// Checks a commit, stores it, and waits until it is durable.
    pub async fn commit(
        &self,
        caller: Caller,
        request: SubmitCommitRequest,
    ) -> Result<Accepted, DeliveryError> {
        let SubmitCommitRequest {
            conversation,
            epoch,
            commit: bundle,
        } = request;
        self.checkpoints.reach("server.commit.before_check").await;
        let standing = CommitStanding {
            conversation,
            sender: caller.device,
            counter: bundle.counter,
        };
        let snapshot = self.store.group_snapshot(standing).await??;
        if let Some(accepted) = snapshot.repeated {
            return Ok(accepted);
        }
        if snapshot.epoch != epoch {
            return Err(Refusal::EpochStale.into());
        }
        let public_state = snapshot.public_state;
        let under_check = CommitUnderCheck {
            conversation,
            epoch,
            public_state,
            bundle,
        };
        let commit = check::commit(&self.store, caller, under_check).await?;
        self.sequencer.commit(commit).await
    }

    /// Checks a new conversation with its first commit, stores both, and waits until they are durable.
    pub async fn create(
        &self,
        caller: Caller,
        request: CreateConversationRequest,
    ) -> Result<Accepted, DeliveryError> {
        self.checkpoints.reach("server.create.before_check").await;
        let existing = self.store.direct_conversation(caller.user, request.peer).await?;
        match existing {
            Some(same) if same == request.conversation => return self.created_before(caller, &request).await,
            Some(other) => return Err(DeliveryError::Exists(other)),
            None => {}
        }
        let new = check::creation(&self.store, caller, request, self.clock.now()).await?;
        self.sequencer.create(new).await
    }

    /// The answer to a creation whose first answer was lost.
    async fn created_before(
        &self,
        caller: Caller,
        request: &CreateConversationRequest,
    ) -> Result<Accepted, DeliveryError> {
        let conversation = request.conversation;
        let standing = CommitStanding {
            conversation,
            sender: caller.device,
            counter: request.commit.counter,
        };
        let repeated = self
            .store
            .group_snapshot(standing)
            .await?
            .ok()
            .and_then(|snapshot| snapshot.repeated);
        repeated.ok_or(DeliveryError::Exists(conversation))
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
