//! Group state as the mls crate writes it: keys and values in a table of the same database, so that
//! they share the transaction of the message that they belong to.

use super::{Store, StoreError};
use std::cell::RefCell;
use std::rc::Rc;
use undertone_mls::{KeyValue, KeyValueError};

/// The table of group state. It remembers a failure of the store, which OpenMLS wraps so deep that a
/// bad message and a full disk would look alike.
#[derive(Debug)]
pub struct MlsState {
    store: Rc<Store>,
    failure: RefCell<Option<StoreError>>,
}

/// The store failed; the cause is kept in [`MlsState::take_failure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the store failed")]
struct Failed;

impl MlsState {
    /// The table of a store.
    pub fn new(store: Rc<Store>) -> Self {
        Self {
            store,
            failure: RefCell::new(None),
        }
    }

    /// The failure of the store that made the last group operation fail, if it was that.
    pub fn take_failure(&self) -> Option<StoreError> {
        self.failure.take()
    }

    fn note<T>(&self, result: Result<T, StoreError>) -> Result<T, KeyValueError> {
        result.map_err(|error| {
            self.failure.replace(Some(error));
            KeyValueError(Box::new(Failed))
        })
    }
}

impl KeyValue for MlsState {
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, KeyValueError> {
        let read = |row: &rusqlite::Row<'_>| Ok(row.get(0)?);
        self.note(
            self.store
                .row("SELECT value FROM mls_state WHERE key = ?1", [key], read),
        )
    }

    fn write(&self, key: &[u8], value: &[u8]) -> Result<(), KeyValueError> {
        let sql = "INSERT OR REPLACE INTO mls_state (key, value) VALUES (?1, ?2)";
        self.note(self.store.execute(sql, (key, value)).map(drop))
    }

    fn delete(&self, key: &[u8]) -> Result<(), KeyValueError> {
        self.note(
            self.store
                .execute("DELETE FROM mls_state WHERE key = ?1", [key])
                .map(drop),
        )
    }
}
