//! A few connections for reading, each with a thread of its own. Readers never wait for the writer (WAL).

use super::super::StoreError;
use super::thread::Threads;
use async_channel::{Receiver, Sender};
use rusqlite::{Connection, TransactionBehavior};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::available_parallelism;
use tokio::sync::oneshot;

/// While one waits for the disk, another reads.
const READERS_MIN: usize = 2;
/// More would only wait for the disk.
const READERS_MAX: usize = 4;
/// Visits that may wait before callers have to.
const QUEUE_VISITS_MAX: usize = 1024;

type Visit = Box<dyn FnOnce(&mut Reader) + Send>;

/// The way to the threads that read; they end when the last handle is dropped. Fields are dropped in order:
/// the queue is closed before the threads are waited for.
#[derive(Clone)]
pub(super) struct Readers {
    visits: Sender<Visit>,
    _threads: Arc<Threads>,
}

/// A connection on its thread.
pub(super) struct Reader(Connection);

impl Readers {
    pub(super) fn open(connect: impl Fn() -> Result<Connection, StoreError>) -> Result<Self, StoreError> {
        let (visits, queue) = async_channel::bounded(QUEUE_VISITS_MAX);
        let cores = available_parallelism().map_or(READERS_MIN, usize::from);
        let mut threads = Threads::default();
        for _ in 0..cores.clamp(READERS_MIN, READERS_MAX) {
            let connection = connect()?;
            connection.execute_batch("PRAGMA query_only = ON;")?;
            let (mut reader, queue) = (Reader(connection), queue.clone());
            threads
                .spawn("store-reader", move || reader.serve(&queue))
                .map_err(|error: io::Error| StoreError::unavailable(error))?;
        }
        Ok(Self {
            visits,
            _threads: Arc::new(threads),
        })
    }

    /// Runs `work` with a connection that nobody else has meanwhile.
    pub(super) async fn visit<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut Reader) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, outcome) = oneshot::channel();
        // The caller may have gone away; then nobody wants to know.
        let visit: Visit = Box::new(move |reader| drop(answer.send(work(reader))));
        let sent = self.visits.send(visit).await;
        sent.map_err(|_| StoreError::unavailable("the readers have stopped"))?;
        // Of a visit that panicked the channel alone tells.
        outcome.await.map_err(StoreError::unavailable)?
    }
}

impl Reader {
    /// Runs `work` in one read transaction: it sees one state.
    pub(super) fn read<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let transaction = self
            .0
            .transaction_with_behavior(TransactionBehavior::Deferred)
            .map_err(StoreError::from)?;
        work(&transaction)
        // Dropping the transaction ends it; there is nothing to commit.
    }

    /// Takes one visit after the other, until there is nobody who could make one.
    fn serve(&mut self, queue: &Receiver<Visit>) {
        while let Ok(visit) = queue.recv_blocking() {
            if catch_unwind(AssertUnwindSafe(|| visit(self))).is_err() {
                // The panic hook has said where.
                tracing::error!("a reading panicked");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readers() -> Readers {
        Readers::open(|| Ok(Connection::open_in_memory()?)).unwrap()
    }

    async fn number(readers: &Readers) -> i64 {
        let work = |reader: &mut Reader| {
            reader.read(|connection| {
                Ok::<_, StoreError>(connection.query_row("select 7", [], |row| row.get(0))?)
            })
        };
        readers.visit(work).await.unwrap()
    }

    #[tokio::test]
    async fn a_reading_that_panics_fails_alone() {
        let readers = readers();
        for _ in 0..2 * READERS_MAX {
            let lost = readers
                .visit(|_: &mut Reader| -> Result<(), StoreError> { panic!("a mistake") })
                .await;
            assert!(matches!(lost, Err(StoreError::Unavailable { .. })), "{lost:?}");
        }
        assert_eq!(number(&readers).await, 7);
    }

    #[tokio::test]
    async fn nobody_waits_for_a_reading_that_is_slow() {
        let readers = readers();
        let (go_on, wait) = std::sync::mpsc::channel::<()>();
        let slow = readers.visit(move |_: &mut Reader| {
            wait.recv().map_err(StoreError::unavailable)?;
            Ok::<_, StoreError>(())
        });
        let quick = async {
            assert_eq!(number(&readers).await, 7);
            go_on.send(()).unwrap();
        };
        let (slow, ()) = tokio::join!(slow, quick);
        slow.unwrap();
    }
}
