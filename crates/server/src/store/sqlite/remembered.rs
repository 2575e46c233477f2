//! What the writer remembers of conversations between two batches of messages, so that a busy conversation is
//! judged without asking the database who its members are. Every write of this process but messages and
//! acknowledgements makes it forget, and so does a write of another process, such as an administrator's, so that
//! what is remembered is what the rows say.

use super::writer::Undone;
use crate::store::StoreError;
use crate::store::ledger::Ledger;
use rusqlite::Connection;
use std::mem;
use std::sync::{Mutex, PoisonError};

/// Rows that are remembered at most; beyond, all are forgotten, and the busy ones are back at once.
const ROWS_MAX: usize = 100_000;

/// Changes when another connection has written.
const SELECT_VERSION: &str = "PRAGMA data_version";

/// A ledger, and when it was right.
#[derive(Default)]
pub(super) struct Remembered(Mutex<Memory>);

#[derive(Default)]
struct Memory {
    ledger: Ledger,
    at: Moment,
}

/// While it is the same, nobody else has changed what is remembered.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    undone: u64,
    version: i64,
}

impl Moment {
    /// The current one.
    pub(super) fn now(connection: &Connection, undone: &Undone) -> Result<Self, StoreError> {
        let mut statement = connection.prepare_cached(SELECT_VERSION)?;
        Ok(Self {
            undone: undone.count(),
            version: statement.query_row([], |row| row.get(0))?,
        })
    }
}

impl Remembered {
    /// Forgets everything.
    pub(super) fn forget(&self) {
        drop(self.take());
    }

    /// Lends the ledger to a batch. It comes back only with [`Remembered::keep`], so that a batch that
    /// failed leaves nothing behind.
    pub(super) fn lend(&self, now: Moment) -> Ledger {
        let memory = self.take();
        if memory.at == now {
            memory.ledger
        } else {
            Ledger::default()
        }
    }

    /// Takes the ledger back after its batch was written.
    pub(super) fn keep(&self, mut ledger: Ledger, at: Moment) {
        ledger.close();
        if ledger.rows() > ROWS_MAX {
            return;
        }
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Memory { ledger, at };
    }

    fn take(&self) -> Memory {
        mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
