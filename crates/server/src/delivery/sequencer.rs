//! The one place where entries get into logs: it takes all that waits into one batch, stores it,
//! publishes it in the order of the logs, and only then answers the senders.

use super::error::DeliveryError;
use super::frame;
use crate::bus::{Bus, Membership, News};
use crate::checkpoint::Checkpoints;
use crate::clock::Clock;
use crate::franking::FrankingKey;
use crate::metrics::Metrics;
use crate::push::Waker;
use crate::store::commit::{
    Created, NewCommit, NewConversation, NewProposal, NewWelcome, Suspect, Undone, Verdict,
};
use crate::store::conversation::{NewMessage, Refusal, Stamp, Stored};
use crate::store::crowd::Crowd;
use crate::store::{Store, StoreError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use undertone_wire::conversation::{Accepted, LogEntry, PendingWelcome};
use undertone_wire::stream::{Acknowledge, ServerFrame};
use undertone_wire::{ConversationId, DeviceId};

/// Jobs that may wait before senders have to.
const QUEUE_JOBS_MAX: usize = 4096;
/// Jobs of one batch.
const BATCH_JOBS_MAX: usize = 1024;
/// Payload that may wait, in units of [`PAYLOAD_UNIT`] bytes: 64 MiB.
const QUEUE_PAYLOAD_UNITS: u32 = 64 * 1024;
const PAYLOAD_UNIT: usize = 1024;

/// What a sender gets.
pub(super) type Answer = Result<Accepted, DeliveryError>;

/// A change of the group, stored by itself.
enum Change {
    Commit(NewCommit),
    Create(NewConversation),
    Propose(NewProposal),
}

enum Work {
    /// And whether nobody is woken for it: that is not kept.
    Message(NewMessage, bool),
    Change(Box<Change>),
}

/// What waits: something of a sender, or a commit to be judged.
enum Job {
    Store { work: Work, sender: Sender },
    Undo(Suspect, oneshot::Sender<Result<Verdict, StoreError>>),
}

/// Who waits for the answer, and their share of the memory for what waits.
struct Sender {
    answer: oneshot::Sender<Answer>,
    /// When it came.
    since: Duration,
    _share: OwnedSemaphorePermit,
}

impl Sender {
    fn answer(self, answer: Answer) {
        // A sender that went away finds its entry in the log.
        drop(self.answer.send(answer));
    }
}

/// The way into the queue.
#[derive(Clone)]
pub(super) struct Sequencer {
    jobs: mpsc::Sender<Job>,
    payload: Arc<Semaphore>,
    clock: Arc<dyn Clock>,
}

/// What the sequencer works with.
pub(super) struct Tools {
    pub(super) store: Store,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) key: FrankingKey,
    pub(super) bus: Bus,
    pub(super) checkpoints: Checkpoints,
    pub(super) waker: Waker,
}

impl Sequencer {
    /// Starts it. It ends when the last handle is dropped and the queue is empty.
    pub(super) fn start(tools: Tools) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE_JOBS_MAX);
        let clock = Arc::clone(&tools.clock);
        tokio::spawn(run(tools, queue));
        let payload = Arc::new(Semaphore::new(
            usize::try_from(QUEUE_PAYLOAD_UNITS).unwrap_or(usize::MAX),
        ));
        Self { jobs, payload, clock }
    }

    /// How many jobs wait.
    pub(super) fn waiting(&self) -> usize {
        self.jobs.max_capacity() - self.jobs.capacity()
    }

    /// Queues a message, for which nobody is woken if it is quiet. What one caller queues keeps its order.
    ///
    /// Cancel safe because the message is queued whole or not at all.
    pub(super) async fn message(
        &self,
        message: NewMessage,
        quiet: bool,
    ) -> Result<oneshot::Receiver<Answer>, DeliveryError> {
        let size = message.payload.len();
        self.queue(Work::Message(message, quiet), size).await
    }

    /// Stores a checked commit.
    pub(super) async fn commit(&self, commit: NewCommit) -> Answer {
        let size = commit_size(&commit);
        answered(
            self.queue(Work::Change(Box::new(Change::Commit(commit))), size)
                .await?,
        )
        .await
    }

    /// Stores a checked conversation.
    pub(super) async fn create(&self, new: NewConversation) -> Answer {
        let size = commit_size(&new.commit);
        answered(
            self.queue(Work::Change(Box::new(Change::Create(new))), size)
                .await?,
        )
        .await
    }

    /// Stores a checked proposal.
    pub(super) async fn propose(&self, proposal: NewProposal) -> Answer {
        let size = proposal.payload.len();
        answered(
            self.queue(Work::Change(Box::new(Change::Propose(proposal))), size)
                .await?,
        )
        .await
    }

    /// Undoes a commit, if it may be undone. It waits in the same queue, so that what is published keeps
    /// the order of what is stored.
    pub(super) async fn undo(&self, suspect: Suspect) -> Result<Verdict, DeliveryError> {
        let (verdict, outcome) = oneshot::channel();
        self.jobs
            .send(Job::Undo(suspect, verdict))
            .await
            .map_err(|_| stopped("the sequencer has stopped"))?;
        Ok(outcome.await.map_err(stopped)??)
    }

    async fn queue(&self, work: Work, size: usize) -> Result<oneshot::Receiver<Answer>, DeliveryError> {
        let since = self.clock.monotonic();
        let units = u32::try_from(size / PAYLOAD_UNIT)
            .unwrap_or(u32::MAX)
            .min(QUEUE_PAYLOAD_UNITS - 1)
            + 1;
        let share = Arc::clone(&self.payload)
            .acquire_many_owned(units)
            .await
            .map_err(stopped)?;
        let (answer, outcome) = oneshot::channel();
        self.jobs
            .send(Job::Store {
                work,
                sender: Sender {
                    answer,
                    since,
                    _share: share,
                },
            })
            .await
            .map_err(|_| stopped("it has ended"))?;
        Ok(outcome)
    }
}

/// Waits for the outcome of a queued message.
pub(super) async fn answered(outcome: oneshot::Receiver<Answer>) -> Answer {
    outcome.await.map_err(stopped)?
}

fn stopped(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> DeliveryError {
    DeliveryError::Store(StoreError::unavailable(source))
}

fn commit_size(commit: &NewCommit) -> usize {
    let welcome = commit
        .welcome
        .as_ref()
        .map_or(0, |new| new.welcome.len() + new.ratchet_tree.len());
    commit.payload.len() + commit.public_state.len() + commit.group_info.len() + welcome
}

fn as_u64(number: impl TryInto<u64>) -> u64 {
    number.try_into().unwrap_or(u64::MAX)
}

async fn run(tools: Tools, mut queue: mpsc::Receiver<Job>) {
    let mut batch = Vec::new();
    let metrics = tools.bus.hub().metrics();
    while queue.recv_many(&mut batch, BATCH_JOBS_MAX).await > 0 {
        let (mut messages, mut quiet, mut senders) = (Vec::new(), Vec::new(), Vec::new());
        let (mut changes, mut suspects) = (Vec::new(), Vec::new());
        for job in batch.drain(..) {
            match job {
                Job::Store {
                    work: Work::Message(message, is_quiet),
                    sender,
                } => {
                    messages.push(message);
                    quiet.push(is_quiet);
                    senders.push(sender);
                }
                Job::Store {
                    work: Work::Change(change),
                    sender,
                } => changes.push((change, sender)),
                Job::Undo(suspect, verdict) => suspects.push((suspect, verdict)),
            }
        }
        if !messages.is_empty() {
            metrics.batch.observe(as_u64(messages.len()));
            let answers = tools.append(messages, quiet, &metrics).await;
            let now = tools.clock.monotonic();
            for sender in &senders {
                let took = now.saturating_sub(sender.since);
                metrics.delivery_time.observe(as_u64(took.as_micros()));
            }
            senders
                .into_iter()
                .zip(answers)
                .for_each(|(sender, answer)| sender.answer(answer));
        }
        for (change, sender) in changes {
            sender.answer(tools.change(*change).await);
        }
        for (suspect, verdict) in suspects {
            // Whoever asked may have gone away; the others were told.
            drop(verdict.send(tools.undo(suspect).await));
        }
    }
}

impl Tools {
    /// `quiet` stands in the order of the messages.
    async fn append(&self, messages: Vec<NewMessage>, quiet: Vec<bool>, metrics: &Metrics) -> Vec<Answer> {
        let count = messages.len();
        self.checkpoints.reach("server.delivery.before_persist").await;
        let stamp = Stamp {
            now: self.clock.now(),
            key: self.key.clone(),
        };
        let stored = self.store.append_messages(messages, stamp).await;
        self.checkpoints.reach("server.delivery.after_persist").await;
        let outcomes = match stored {
            Ok(outcomes) => outcomes,
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    count,
                    "messages were not stored"
                );
                metrics.not_stored.inc_by(as_u64(count));
                return (0..count)
                    .map(|_| Err(DeliveryError::NotStored(error.code())))
                    .collect();
            }
        };
        let mut answers = Vec::with_capacity(count);
        for (outcome, quiet) in outcomes.into_iter().zip(quiet) {
            if matches!(outcome, Err(Refusal::EpochStale)) {
                metrics.epochs_refused.inc();
            }
            answers.push(outcome.map_err(DeliveryError::from).map(|stored| {
                let accepted = stored.accepted();
                if let Stored::New(entry) = &stored
                    && !quiet
                {
                    self.waker.message(entry.conversation, entry.sender);
                }
                self.publish(stored, None);
                accepted
            }));
        }
        self.checkpoints.reach("server.delivery.after_publish").await;
        answers
    }

    async fn change(&self, change: Change) -> Answer {
        self.checkpoints.reach("server.commit.before_persist").await;
        let (stored, newcomers) = match change {
            Change::Propose(mut proposal) => {
                proposal.sent_at = self.clock.now();
                (self.store.accept_proposal(proposal).await??, None)
            }
            Change::Commit(mut commit) => {
                commit.sent_at = self.clock.now();
                let joiner = commit.joins.map(|_| commit.sender);
                let newcomers = Newcomers::of(&commit, joiner);
                (self.store.accept_commit(commit).await??, Some(newcomers))
            }
            Change::Create(mut new) => {
                new.commit.sent_at = self.clock.now();
                let newcomers = Newcomers::of(&new.commit, Some(new.creator.device));
                let stored = match self.store.create_conversation(new).await? {
                    Created::New(entry) => Stored::New(entry),
                    Created::Repeated(accepted) => Stored::Repeated(accepted),
                    Created::Exists(conversation) => return Err(DeliveryError::Exists(conversation)),
                    Created::IdTaken => return Err(DeliveryError::IdTaken),
                };
                (stored, Some(newcomers))
            }
        };
        self.checkpoints.reach("server.commit.after_persist").await;
        let accepted = stored.accepted();
        let newcomers = match newcomers {
            Some(mut newcomers) => {
                newcomers.membership.crowd = self.crowd(accepted.conversation).await;
                Some(newcomers)
            }
            None => None,
        };
        self.publish(stored, newcomers);
        self.checkpoints.reach("server.commit.after_publish").await;
        Ok(accepted)
    }

    /// Undoes a commit, and tells the members: those who were, those who are again, and those who are
    /// not any more.
    async fn undo(&self, suspect: Suspect) -> Result<Verdict, StoreError> {
        let Suspect {
            conversation,
            sequence,
        } = suspect;
        let verdict = self.store.void_commit(suspect).await?;
        let Verdict::Voided(Undone {
            added,
            restored,
            was_join,
        }) = &verdict
        else {
            return Ok(verdict);
        };
        let removed = added.iter().filter(|device| !restored.contains(device));
        let membership = Membership {
            before: restored.clone(),
            added: Vec::new(),
            welcome: None,
            removed: removed.copied().collect(),
            crowd: self.crowd(conversation).await,
        };
        let voided = ServerFrame::Voided(Acknowledge {
            conversation,
            sequence,
        });
        let told = [
            (voided, Some(membership)),
            (ServerFrame::GroupInfoWanted(conversation), None),
        ];
        for (frame, membership) in told.into_iter().take(if *was_join { 2 } else { 1 }) {
            if let Some(entry) = frame::encode(&frame) {
                self.bus.publish(&News {
                    conversation,
                    sequence: None,
                    entry,
                    membership,
                });
            }
        }
        Ok(verdict)
    }

    /// The people of a conversation that has just changed. What is stored stands, whatever this says.
    async fn crowd(&self, conversation: ConversationId) -> Crowd {
        match self.store.crowd(conversation).await {
            Ok(crowd) => crowd.unwrap_or(Crowd::UNKNOWN),
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "people were not counted"
                );
                Crowd::UNKNOWN
            }
        }
    }

    fn publish(&self, stored: Stored, newcomers: Option<Newcomers>) {
        // What was stored before was published before; whoever missed it fetches it.
        let Stored::New(entry) = stored else { return };
        let (conversation, sequence) = (entry.conversation, Some(entry.sequence));
        let welcomed = newcomers.iter().flat_map(|newcomers| &newcomers.membership.added);
        self.waker.welcome(welcomed.map(|member| member.device));
        let membership = newcomers.map(|newcomers| newcomers.joined_at(&entry));
        if let Some(entry) = frame::encode(&ServerFrame::Entry(entry)) {
            self.bus.publish(&News {
                conversation,
                sequence,
                entry,
                membership,
            });
        }
    }
}

/// What a commit does to the membership, until its place in the log is known.
struct Newcomers {
    membership: Membership,
    welcome: Option<NewWelcome>,
}

impl Newcomers {
    /// `sender`: the committing device, if it did not follow the conversation before.
    fn of(commit: &NewCommit, sender: Option<DeviceId>) -> Self {
        let (added, removed) = (commit.added.clone(), commit.removed.clone());
        let membership = Membership {
            before: sender.into_iter().collect(),
            added,
            welcome: None,
            removed,
            crowd: Crowd::UNKNOWN,
        };
        Self {
            membership,
            welcome: commit.welcome.clone(),
        }
    }

    fn joined_at(self, entry: &LogEntry) -> Membership {
        let welcome = self.welcome.and_then(|new| {
            frame::encode(&ServerFrame::Welcome(PendingWelcome {
                conversation: entry.conversation,
                sequence: entry.sequence,
                sender: entry.sender,
                sent_at: entry.sent_at,
                welcome: new.welcome,
                ratchet_tree: new.ratchet_tree,
            }))
        });
        Membership {
            welcome,
            ..self.membership
        }
    }
}
