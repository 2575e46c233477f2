//! A connection that lives: frames in and out, pings, acknowledgements, and a new token in time. It
//! ends with the first failure; nothing that it holds is missed, since the store has it all. What the
//! server says is in `frames`.

mod frames;

use super::connection::authenticate_frame;
use super::inbox::Incoming;
use super::outbox;
use super::pending::{Pending, after};
use super::{resync, rollback, stock};
use crate::account::{AccessToken, AccountError};
use crate::change::Change;
use crate::conversation::{external, fresh_device, intent, leave, room};
use crate::core::Core;
use crate::error::ClientError;
use crate::notify::push;
use crate::testing::{ACK_AFTER_WIRE, COMMIT_BEFORE_WIRE, SEND_AFTER_WIRE, SEND_BEFORE_WIRE};
use crate::transport::{Connection, FrameReceiver, FrameSender, TransportError};
use futures::future::{Either, LocalBoxFuture, select};
use futures::{FutureExt, select_biased};
use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;
use undertone_wire::limits::{LOG_PAGE_MAX, PING_DEADLINE, PING_EVERY};
use undertone_wire::stream::{Acknowledge, Authenticated, ClientFrame, FetchLog};
use undertone_wire::{ConversationId, Sequence, Timestamp, codec};

/// Acknowledgements wait so long for company.
const ACKNOWLEDGE_AFTER: Duration = Duration::from_millis(200);
/// So often the server is asked anew where each conversation stands: the last of what it sent may have
/// got lost.
const HEADS_EVERY: Duration = Duration::from_mins(1);
/// A token is renewed when so much is left of it: less than what the account calls fresh.
const RENEW_BEFORE: Duration = Duration::from_secs(50);
/// But never more often than so.
const RENEW_EVERY_AT_LEAST: Duration = Duration::from_secs(5);
/// After a refusal that the log may explain.
const HOLD_AFTER_STALE: Duration = Duration::from_millis(500);
/// After being woken, the connection must prove in this time that it lives.
const PROOF_OF_LIFE: Duration = Duration::from_secs(4);

/// See the module.
pub(super) struct Live {
    core: Rc<Core>,
    sender: Box<dyn FrameSender>,
    receiver: Box<dyn FrameReceiver>,
    /// Moments of the monotonic clock, in milliseconds.
    heard_by_ms: u64,
    ping_at_ms: u64,
    renew_at_ms: u64,
    heads_at_ms: u64,
    acknowledge_at_ms: Option<u64>,
    renewal: Option<LocalBoxFuture<'static, Result<AccessToken, AccountError>>>,
    acknowledgements: BTreeMap<ConversationId, Sequence>,
    /// Welcomes that are done with.
    joined: Vec<Acknowledge>,
    /// When it was looked last for what is due, by the wall clock.
    looked_at: Timestamp,
    /// A pong has come: the Welcomes that waited came before it.
    welcomes_seen: bool,
    /// Conversations whose log went on with the frames that are being processed.
    progressed: BTreeSet<ConversationId>,
    pending: Pending,
}

/// What woke the loop.
enum Event {
    Frame(Option<Vec<u8>>),
    Renewed(Result<AccessToken, AccountError>),
    Told,
    Timer,
}

impl Live {
    /// Takes over an authenticated connection.
    pub(super) fn new(
        core: &Rc<Core>,
        connection: Connection,
        authenticated: &Authenticated,
    ) -> Result<Self, ClientError> {
        let now = core.platform.monotonic_ms();
        let mut live = Self {
            core: Rc::clone(core),
            sender: connection.sender,
            receiver: connection.receiver,
            heard_by_ms: after(now, PING_DEADLINE),
            ping_at_ms: now,
            renew_at_ms: u64::MAX,
            heads_at_ms: u64::MAX,
            acknowledge_at_ms: None,
            renewal: None,
            acknowledgements: BTreeMap::new(),
            joined: Vec::new(),
            looked_at: core.platform.now(),
            welcomes_seen: false,
            progressed: BTreeSet::new(),
            pending: Pending::default(),
        };
        live.authenticated(authenticated, true)?;
        Ok(live)
    }

    /// Lives until it is asked to end, or something fails.
    pub(super) async fn run(mut self) -> Result<(), ClientError> {
        let core = Rc::clone(&self.core);
        core.spawn(refill(Rc::clone(&core)).boxed_local());
        external::resume(&core);
        fresh_device::look(&core);
        room::ask_at_doors(&core);
        intent::begin(&core)?;
        push::connected(&core);
        loop {
            if core.status.is_stopping() {
                self.send_signals().await?;
                self.acknowledge_now().await?;
                self.sender.close().await;
                return Ok(());
            }
            if core.status.take_wake() {
                self.prove_life();
            }
            if core.status.take_heads() {
                self.heads_at_ms = self.now();
            }
            let told = core.signal.count();
            self.send_all().await?;
            match self.next_event(told).await? {
                Event::Frame(None) => return Err(TransportError::Closed.into()),
                Event::Frame(Some(first)) => self.receive(&first)?,
                Event::Renewed(token) => {
                    self.renewal = None;
                    // Again in a while if the answer gets lost.
                    self.renew_at_ms = after(self.now(), RENEW_EVERY_AT_LEAST);
                    self.heads_at_ms = self.renew_at_ms;
                    self.send(&authenticate_frame(&token?.token)).await?;
                }
                Event::Told | Event::Timer => {}
            }
            self.check_level()?;
        }
    }

    async fn next_event(&mut self, told: u64) -> Result<Event, ClientError> {
        let now = self.now();
        if now >= self.heard_by_ms || self.pending.is_late(now) {
            return Err(ClientError::TimedOut);
        }
        let wait = Duration::from_millis(self.next_timer_ms().saturating_sub(now));
        let renewal = &mut self.renewal;
        let renewed = async {
            match renewal {
                Some(renewal) => renewal.await,
                None => std::future::pending().await,
            }
        };
        let mut renewed = pin!(renewed.fuse());
        let mut frame = self.receiver.receive().fuse();
        let mut timer = self.core.platform.sleep(wait).fuse();
        let mut told = pin!(self.core.signal.after(told).fuse());
        Ok(select_biased! {
            frame = frame => Event::Frame(frame?),
            token = renewed => Event::Renewed(token),
            () = told => Event::Told,
            () = timer => Event::Timer,
        })
    }

    fn next_timer_ms(&self) -> u64 {
        let renew = if self.renewal.is_some() {
            u64::MAX
        } else {
            self.renew_at_ms.min(self.heads_at_ms)
        };
        let acknowledge = self.acknowledge_at_ms.unwrap_or(u64::MAX);
        self.heard_by_ms
            .min(self.ping_at_ms)
            .min(renew)
            .min(acknowledge)
            .min(self.pending.next_ms())
            .min(self.next_commit_ms())
            .min(self.next_return_ms())
            .min(self.next_rollback_ms())
    }

    /// When nobody has brought forward a server in time that went back.
    fn next_rollback_ms(&self) -> u64 {
        let wait = rollback::next_wait(&self.core).ok().flatten();
        wait.map_or(u64::MAX, |wait| after(self.now(), wait.min(HEADS_EVERY)))
    }

    /// When a commit may be made that waits: after a lost race, for those who leave, or for its own time.
    fn next_commit_ms(&self) -> u64 {
        let core = &self.core;
        let now = core.platform.now();
        // What has become due since it was looked at last counts once more: it goes now.
        let at = core.store.next_action_at(self.looked_at.min(now)).ok().flatten();
        let at = at.map_or(u64::MAX, |at| after(self.now(), at.since(now).min(HEADS_EVERY)));
        let leaving = core.leaving.borrow().values().min().copied();
        let mut rests = core.rests.borrow_mut();
        // One that has passed since it was looked at last counts once more: its commit goes now.
        let soonest = rests.values().min().copied();
        rests.retain(|_, until| *until > self.now());
        at.min(leaving.unwrap_or(u64::MAX))
            .min(soonest.unwrap_or(u64::MAX))
    }

    /// When a conversation may be come into that was lost too soon. While others are come into, their end
    /// wakes the loop.
    fn next_return_ms(&self) -> u64 {
        if self.core.resuming.get() {
            return u64::MAX;
        }
        self.core.returns.next_ms()
    }

    /// Sends whatever is due.
    async fn send_all(&mut self) -> Result<(), ClientError> {
        // First of all: what comes before it makes the user visible to everyone.
        self.send_signals().await?;
        let now = self.now();
        if now >= self.ping_at_ms {
            self.ping_at_ms = after(now, PING_EVERY);
            self.send(&ClientFrame::Ping).await?;
        }
        if now >= self.renew_at_ms.min(self.heads_at_ms) && self.renewal.is_none() {
            let core = Rc::clone(&self.core);
            self.renewal = Some(async move { core.account.access_token().await }.boxed_local());
        }
        if now >= self.next_return_ms() {
            self.core.returns.take_due(now);
            external::resume(&self.core);
        }
        for joined in std::mem::take(&mut self.joined) {
            self.send(&ClientFrame::AcknowledgeWelcome(joined)).await?;
        }
        if self.acknowledge_at_ms.is_some_and(|at| now >= at) {
            self.acknowledge_now().await?;
        }
        for (conversation, sequence) in self.pending.take_reports(now) {
            self.send(&ClientFrame::CannotProcess(Acknowledge {
                conversation,
                sequence,
            }))
            .await?;
        }
        for conversation in rollback::overdue(&self.core)? {
            self.apply(vec![Incoming::GiveUp(conversation)])?;
        }
        self.fetch_logs().await?;
        self.send_outgoing().await
    }

    async fn send_signals(&mut self) -> Result<(), ClientError> {
        for signal in self.core.signals.take_waiting() {
            self.send(&signal).await?;
        }
        Ok(())
    }

    async fn fetch_logs(&mut self) -> Result<(), ClientError> {
        let now = self.now();
        for (conversation, sequence) in self.pending.take_overdue(now) {
            let known = self.core.store.conversation(conversation)?;
            if known.is_some_and(|known| known.sequence < sequence) {
                self.pending.behind.insert(conversation);
            }
        }
        while let Some(conversation) = self.pending.next_fetch(now) {
            let Some(known) = self.core.store.conversation(conversation)? else {
                self.pending.fetched(conversation);
                self.pending.checks.remove(&conversation);
                continue;
            };
            let check = self.pending.checks.get(&conversation);
            let fetch = FetchLog {
                conversation,
                after: check.map_or(known.sequence, |check| check.after),
                limit: LOG_PAGE_MAX,
            };
            self.send(&ClientFrame::Fetch(fetch)).await?;
        }
        Ok(())
    }

    /// One frame of each conversation that is level with its log and has nothing under way.
    async fn send_outgoing(&mut self) -> Result<(), ClientError> {
        let mut waiting = BTreeSet::new();
        waiting.extend(self.core.store.conversations_with_own_commit()?);
        leave::let_go_due(&self.core)?;
        self.looked_at = self.core.platform.now();
        let due = self.core.store.conversations_with_due_action(self.looked_at)?;
        intent::unfold_due(&self.core, &due)?;
        waiting.extend(due);
        // What was unfolded may be a message.
        waiting.extend(self.core.store.conversations_with_outgoing()?);
        waiting.extend(self.core.store.rollbacks()?.into_iter().map(|(id, _)| id));
        for conversation in waiting {
            if !self.pending.may_send(conversation) {
                continue;
            }
            let Some(frame) = outbox::next(&self.core, conversation)? else {
                continue;
            };
            self.pending.sent(conversation, self.now());
            let is_commit = matches!(frame, ClientFrame::Commit(_) | ClientFrame::Propose(_));
            self.core.checkpoints.reach(if is_commit {
                COMMIT_BEFORE_WIRE
            } else {
                SEND_BEFORE_WIRE
            })?;
            self.send(&frame).await?;
            self.core.checkpoints.reach(SEND_AFTER_WIRE)?;
        }
        Ok(())
    }

    fn acknowledge_soon(&mut self, conversation: ConversationId, sequence: Sequence) {
        self.acknowledgements.insert(conversation, sequence);
        if self.acknowledge_at_ms.is_none() {
            self.acknowledge_at_ms = Some(after(self.now(), ACKNOWLEDGE_AFTER));
        }
    }

    async fn acknowledge_now(&mut self) -> Result<(), ClientError> {
        self.acknowledge_at_ms = None;
        for (conversation, sequence) in std::mem::take(&mut self.acknowledgements) {
            self.send(&ClientFrame::Acknowledge(Acknowledge {
                conversation,
                sequence,
            }))
            .await?;
            self.core.checkpoints.reach(ACK_AFTER_WIRE)?;
        }
        Ok(())
    }

    /// Someone believes that the network changed: ping at once, and do not wait long for the answer.
    fn prove_life(&mut self) {
        let now = self.now();
        self.ping_at_ms = now;
        self.heard_by_ms = self.heard_by_ms.min(after(now, PROOF_OF_LIFE));
    }

    fn check_level(&mut self) -> Result<(), ClientError> {
        resync::drop_reached(&self.core, &mut self.pending.goals, self.welcomes_seen)?;
        if self
            .core
            .status
            .set_level(self.welcomes_seen && self.pending.is_level())
        {
            self.core.publish(Change::Connection);
        }
        Ok(())
    }

    /// Sends a frame. A network that takes nothing for so long is dead.
    async fn send(&mut self, frame: &ClientFrame) -> Result<(), ClientError> {
        self.core.checkpoints.alive()?;
        let bytes = codec::to_cbor(frame)?;
        let too_long = self.core.platform.sleep(PING_DEADLINE);
        match select(self.sender.send(bytes), too_long).await {
            Either::Left((sent, _)) => Ok(sent?),
            Either::Right(_) => Err(ClientError::TimedOut),
        }
    }

    fn now(&self) -> u64 {
        self.core.platform.monotonic_ms()
    }
}

/// Fills the stock of key packages up. A failure is made good at the next connection.
async fn refill(core: Rc<Core>) {
    if let Err(error) = stock::refill(&core).await {
        tracing::debug!(
            error = &error as &dyn std::error::Error,
            "key packages were not refilled"
        );
    }
}
