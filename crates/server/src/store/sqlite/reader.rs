//! A few connections for reading, used on blocking threads. Readers never wait for the writer (WAL).

use super::super::StoreError;
use rusqlite::{Connection, TransactionBehavior};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// Enough for the cores of a small machine; more would only wait for the disk.
const READERS: usize = 4;

pub(super) struct Readers {
    /// As many permits as connections: who holds one finds an idle connection.
    permits: Semaphore,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn open(connect: impl Fn() -> Result<Connection, StoreError>) -> Result<Self, StoreError> {
        let idle = (0..READERS)
            .map(|_| {
                let connection = connect()?;
                connection.execute_batch("PRAGMA query_only = ON;")?;
                Ok(connection)
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        Ok(Self {
            permits: Semaphore::new(READERS),
            idle: Mutex::new(idle),
        })
    }

    pub(super) async fn read<T, E, F>(self: Arc<Self>, work: F) -> Result<T, E>
    where
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let reading = tokio::task::spawn_blocking({
            let permit_holder = Arc::clone(&self);
            let permit = self.permits.acquire().await.map_err(StoreError::unavailable)?;
            permit.forget();
            move || {
                let lease = Lease::take(permit_holder);
                lease.read(work)
            }
        });
        reading.await.map_err(StoreError::unavailable)?
    }
}

/// A connection on loan. It goes back when dropped, also when the work panics.
struct Lease {
    readers: Arc<Readers>,
    connection: Option<Connection>,
}

impl Lease {
    fn take(readers: Arc<Readers>) -> Self {
        let connection = readers.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Self { readers, connection }
    }

    fn read<T, E: From<StoreError>>(
        mut self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let Some(connection) = self.connection.as_mut() else {
            return Err(StoreError::unavailable("no connection is idle").into());
        };
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Deferred)
            .map_err(StoreError::from)?;
        work(&transaction)
        // Dropping the transaction ends it; there is nothing to commit.
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.readers
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(connection);
        }
        self.readers.permits.add_permits(1);
    }
}
