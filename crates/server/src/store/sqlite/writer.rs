//! The one thread that writes. It takes all jobs that are waiting into one transaction, so that one
//! `fsync` serves many; each job has a savepoint, so that a failing one does not spoil the others.

use super::super::StoreError;
use super::thread::Threads;
use rusqlite::{Connection, TransactionBehavior};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{mpsc, oneshot};

/// Jobs that may wait before writers have to.
const QUEUE_JOBS_MAX: usize = 4096;
/// Jobs that share one transaction.
const GROUP_JOBS_MAX: usize = 1024;

/// Whether the transaction of a job became durable.
type Committed = Result<(), Arc<rusqlite::Error>>;
/// Tells a job's caller the outcome, once it is known whether the transaction is durable.
type Reply = Box<dyn FnOnce(Committed) + Send>;
/// What a job did: kept or undone, and who wants to know.
struct Done {
    keep: bool,
    reply: Reply,
}
type Job = Box<dyn FnOnce(&Connection) -> Done + Send>;

enum Order {
    Write(Job),
    TruncateLog(oneshot::Sender<Result<(), StoreError>>),
}

/// The way to the writer's thread, which ends when the last handle is dropped. Fields are dropped in
/// order: the queue is closed before the thread is waited for.
#[derive(Clone)]
pub(super) struct Writer {
    orders: mpsc::Sender<Order>,
    undone: Undone,
    _thread: Arc<Threads>,
}

/// How many transactions were undone: what was remembered of rows before may be wrong since. It is raised
/// before anything else is written.
#[derive(Debug, Clone, Default)]
pub(super) struct Undone(Arc<AtomicU64>);

impl Undone {
    /// The number so far.
    pub(super) fn count(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    fn note(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Writer {
    pub(super) fn start(connection: Connection) -> Result<Self, std::io::Error> {
        let (orders, queue) = mpsc::channel(QUEUE_JOBS_MAX);
        let undone = Undone::default();
        let noted = undone.clone();
        let mut thread = Threads::default();
        thread.spawn("store-writer", move || run(connection, queue, &noted))?;
        Ok(Self {
            orders,
            undone,
            _thread: Arc::new(thread),
        })
    }

    /// How many transactions were undone.
    pub(super) fn undone(&self) -> &Undone {
        &self.undone
    }

    pub(super) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, outcome) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let result = work(connection);
            let keep = result.is_ok();
            let reply: Reply = Box::new(move |committed| {
                // A refusal stands whatever becomes of the others; a success only when durable.
                let result = match (result, committed) {
                    (Ok(_), Err(source)) => Err(StoreError::unavailable(source).into()),
                    (result, _) => result,
                };
                // The caller may have gone away; then nobody wants to know.
                drop(answer.send(result));
            });
            Done { keep, reply }
        });
        self.orders
            .send(Order::Write(job))
            .await
            .map_err(|_| writer_gone())?;
        outcome.await.map_err(StoreError::unavailable)?
    }

    pub(super) async fn truncate_log(&self) -> Result<(), StoreError> {
        let (answer, outcome) = oneshot::channel();
        self.orders
            .send(Order::TruncateLog(answer))
            .await
            .map_err(|_| writer_gone())?;
        outcome.await.map_err(StoreError::unavailable)?
    }
}

fn writer_gone() -> StoreError {
    StoreError::unavailable("the writer has stopped")
}

fn run(mut connection: Connection, mut queue: mpsc::Receiver<Order>, undone: &Undone) {
    let mut next = queue.blocking_recv();
    while let Some(order) = next {
        match order {
            Order::Write(first) => {
                let (jobs, after) = gather(first, &mut queue);
                commit_together(&mut connection, jobs, undone);
                next = after.or_else(|| queue.blocking_recv());
            }
            Order::TruncateLog(answer) => {
                drop(answer.send(truncate(&connection)));
                next = queue.blocking_recv();
            }
        }
    }
}

/// Writes the log back and empties it. Whoever reads at the moment is waited for, but not for ever.
fn truncate(connection: &Connection) -> Result<(), StoreError> {
    let is_busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if is_busy {
        return Err(StoreError::unavailable(
            "somebody reads, so the log could not be emptied",
        ));
    }
    Ok(())
}

/// The jobs that wait now, and the order that ends the group, if it is of another kind.
fn gather(first: Job, queue: &mut mpsc::Receiver<Order>) -> (Vec<Job>, Option<Order>) {
    let mut jobs = vec![first];
    while jobs.len() < GROUP_JOBS_MAX {
        match queue.try_recv() {
            Ok(Order::Write(job)) => jobs.push(job),
            Ok(other) => return (jobs, Some(other)),
            Err(_) => break,
        }
    }
    (jobs, None)
}

fn commit_together(connection: &mut Connection, jobs: Vec<Job>, undone: &Undone) {
    let mut replies = Vec::with_capacity(jobs.len());
    let committed = transact(connection, jobs, &mut replies).map_err(Arc::new);
    if let Err(error) = &committed {
        undone.note();
        tracing::error!(
            error = error.as_ref() as &dyn std::error::Error,
            "a group of writes was not stored"
        );
    }
    for reply in replies {
        reply(committed.clone());
    }
}

/// Runs the jobs in one transaction. Jobs that were not run when it fails are dropped, which their
/// callers see as unavailable.
fn transact(connection: &mut Connection, jobs: Vec<Job>, replies: &mut Vec<Reply>) -> rusqlite::Result<()> {
    let mut transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for job in jobs {
        let savepoint = transaction.savepoint()?;
        let done = catch_unwind(AssertUnwindSafe(|| job(&savepoint)));
        let keep = done.as_ref().is_ok_and(|done| done.keep);
        if let Ok(done) = done {
            replies.push(done.reply);
        } else {
            // Its caller sees the dropped channel; the panic hook has said where.
            tracing::error!("a write panicked and was undone");
        }
        // A full disk or an input/output error makes SQLite undo the whole transaction by itself.
        if savepoint.is_autocommit() {
            return Err(rusqlite::Error::SqliteFailure(
                rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ABORT_ROLLBACK),
                Some("the transaction was rolled back by the database".to_owned()),
            ));
        }
        if keep {
            savepoint.commit()?;
        }
        // A savepoint that is dropped undoes what was done since.
    }
    transaction.commit()
}
