//! The job that wakes devices: it hears of entries that were stored, finds the devices that are not here,
//! and sends them pushes, a few at a time. Delivery never waits for it.

use super::schedule::Schedule;
use super::sender::{Occasion, Outcome, Pusher};
use crate::bus::Bus;
use crate::clock::Clock;
use crate::store::push::DeviceSubscription;
use crate::store::{Store, StoreError};
use futures::StreamExt as _;
use futures::stream;
use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use undertone_wire::{ConversationId, DeviceId, Timestamp};

/// Pushes under way at once.
const PUSHES_MAX: usize = 16;
/// What may wait to be looked at; beyond, some devices are not woken.
const NEWS_MAX: usize = 20_000;
/// Devices that other servers are asked for at once.
const ASKED_AT_ONCE: usize = 64;
/// How often is looked for what is due: what came since is asked for together.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A connection that ended may come back, and what it acknowledged at last is stored, within this.
const RETURN_WITHIN: Duration = Duration::from_secs(5);

/// The way to the job, if there is one. Cloning gives another handle to the same one.
#[derive(Clone, Default)]
pub struct Waker(Option<Arc<Mutex<News>>>);

/// What happened since the job looked.
#[derive(Default)]
struct News {
    /// Messages: where, and from which device.
    messages: HashSet<(ConversationId, DeviceId)>,
    /// Devices for which something else came.
    welcomed: HashSet<DeviceId>,
    arrived: HashSet<DeviceId>,
    /// And when.
    left: HashMap<DeviceId, Timestamp>,
}

impl fmt::Debug for Waker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waker")
    }
}

impl Waker {
    /// The way to a job that is going to run.
    pub(crate) fn to_job() -> Self {
        Self(Some(Arc::default()))
    }

    /// A message was stored for which devices are woken.
    pub(crate) fn message(&self, conversation: ConversationId, sender: DeviceId) {
        self.tell(|news| {
            if news.messages.len() < NEWS_MAX {
                news.messages.insert((conversation, sender));
            }
        });
    }

    /// A Welcome was stored for these devices.
    pub(crate) fn welcome(&self, devices: impl IntoIterator<Item = DeviceId>) {
        self.tell(|news| {
            let room = NEWS_MAX.saturating_sub(news.welcomed.len());
            news.welcomed.extend(devices.into_iter().take(room));
        });
    }

    /// A device has connected.
    pub(crate) fn arrived(&self, device: DeviceId) {
        self.tell(|news| {
            if news.arrived.len() < NEWS_MAX {
                news.arrived.insert(device);
            }
        });
    }

    /// A device's connection has ended; what was put into it last may not have come through.
    pub(crate) fn left(&self, device: DeviceId, at: Timestamp) {
        self.tell(|news| {
            if news.left.len() < NEWS_MAX {
                news.left.insert(device, at);
            }
        });
    }

    fn take(&self) -> News {
        let mut taken = News::default();
        self.tell(|news| mem::swap(&mut taken, news));
        taken
    }

    fn tell(&self, change: impl FnOnce(&mut News)) {
        if let Some(news) = &self.0 {
            // A panic while it was held leaves at worst a device that is not woken.
            change(&mut news.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }
}

/// What the job works with.
pub(crate) struct Tools {
    pub(crate) waker: Waker,
    pub(crate) pusher: Pusher,
    pub(crate) store: Store,
    pub(crate) bus: Bus,
    pub(crate) clock: Arc<dyn Clock>,
}

/// Wakes devices until `shutdown` becomes true or is dropped.
pub(crate) async fn run(tools: Tools, mut shutdown: watch::Receiver<bool>) {
    let mut job = Job {
        schedule: Schedule::default(),
        left: HashMap::new(),
        under_way: JoinSet::new(),
        tools,
    };
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let happened = tokio::select! {
            _ = shutdown.wait_for(|stops| *stops) => return,
            _ = looks.tick() => None,
            Some(sent) = job.under_way.join_next(), if !job.under_way.is_empty() => Some(sent),
        };
        match happened {
            None => {
                if let Err(error) = job.look().await {
                    tracing::warn!(error = &error as &dyn Error, "it is not known who is to be woken");
                }
            }
            Some(Ok((device, outcome))) => job.note(device, outcome),
            Some(Err(error)) => {
                tracing::error!(error = &error as &dyn Error, "a push's task was lost");
            }
        }
    }
}

struct Job {
    tools: Tools,
    schedule: Schedule,
    /// Devices that went, and when, by both clocks.
    left: HashMap<DeviceId, (Duration, Timestamp)>,
    under_way: JoinSet<(DeviceId, Outcome)>,
}

impl Job {
    async fn look(&mut self) -> Result<(), StoreError> {
        let now = self.tools.clock.monotonic();
        let today = self.tools.clock.now();
        let news = self.tools.waker.take();
        for device in news.arrived {
            self.left.remove(&device);
            self.schedule.arrived(device);
        }
        let left = news.left.into_iter();
        self.left.extend(left.map(|(device, at)| (device, (now, at))));
        if !news.messages.is_empty() {
            let devices = self.tools.store.devices_to_wake(news.messages, today).await?;
            self.owe(devices).await;
        }
        for device in news.welcomed {
            if self.tools.store.is_woken_by_welcomes(device, today).await? {
                self.owe([device]).await;
            }
        }
        self.look_after_those_who_left(now).await?;
        self.wake(now);
        Ok(())
    }

    async fn owe(&mut self, devices: impl IntoIterator<Item = DeviceId>) {
        // Another server that does not answer must not hold up those behind.
        let bus = &self.tools.bus;
        let asked = stream::iter(devices).map(async |device| (device, bus.is_connected(device).await));
        let asked: Vec<_> = asked.buffer_unordered(ASKED_AT_ONCE).collect().await;
        for (device, is_connected) in asked {
            if !is_connected && !self.schedule.owe(device) {
                tracing::warn!("too many devices are to be woken: one is not");
            }
        }
    }

    /// A connection that died took with it what was sent into it last.
    async fn look_after_those_who_left(&mut self, now: Duration) -> Result<(), StoreError> {
        let is_past = |at: Duration| at.saturating_add(RETURN_WITHIN) <= now;
        let gone: Vec<_> = self.left.extract_if(|_, (at, _)| is_past(*at)).collect();
        for (device, (_, left)) in gone {
            let is_connected = self.tools.bus.is_connected(device).await;
            // What came later has been looked at.
            if !is_connected && self.tools.store.is_waited_for(device, left).await? {
                self.owe([device]).await;
            }
        }
        Ok(())
    }

    /// Sends what is due, as far as there is room: what is not sent now is owed on.
    fn wake(&mut self, now: Duration) {
        if self.under_way.len() >= PUSHES_MAX {
            return;
        }
        for device in self.schedule.due(now, PUSHES_MAX - self.under_way.len()) {
            let (pusher, store, clock) = (
                self.tools.pusher.clone(),
                self.tools.store.clone(),
                Arc::clone(&self.tools.clock),
            );
            self.under_way.spawn(async move {
                let outcome = push(&pusher, &store, (device, Occasion::Wake), clock.as_ref()).await;
                (device, outcome.unwrap_or(Outcome::Gone))
            });
        }
    }

    fn note(&mut self, device: DeviceId, outcome: Outcome) {
        let now = self.tools.clock.monotonic();
        match outcome {
            Outcome::Accepted | Outcome::Refused => self.schedule.took(device),
            Outcome::Gone => self.schedule.forget(device),
            Outcome::Busy(wait) => self.schedule.failed(device, wait, now),
            Outcome::Unreachable => self.schedule.failed(device, None, now),
        }
    }
}

/// Sends a push to a device, and forgets its subscription if that has ended. Nothing, if it has none.
pub(crate) async fn push(
    pusher: &Pusher,
    store: &Store,
    (device, occasion): (DeviceId, Occasion),
    clock: &dyn Clock,
) -> Option<Outcome> {
    let found: Result<Option<DeviceSubscription>, _> = store.subscription(device).await;
    let subscription = match found {
        Ok(found) => found?,
        Err(error) => {
            tracing::warn!(error = &error as &dyn Error, "a subscription could not be read");
            return Some(Outcome::Unreachable);
        }
    };
    let outcome = pusher.send(&subscription, occasion, clock.now()).await;
    if outcome == Outcome::Gone
        && let Err(error) = store.forget_subscription(device, subscription.endpoint).await
    {
        tracing::warn!(
            error = &error as &dyn Error,
            "a subscription that has ended was not forgotten"
        );
    }
    Some(outcome)
}
