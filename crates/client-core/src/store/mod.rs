//! The client's store: one SQLite database, encrypted by SQLCipher, the same natively and in the
//! browser, and the only place with SQL. It decides nothing: rules are in `message`, `conversation`
//! and `sync`, which call whole operations inside [`Store::transaction`].

pub mod action;
mod agreed;
pub(crate) mod announcement;
pub(crate) mod choice;
mod column;
pub mod contact;
pub mod conversation;
mod deletion;
pub(crate) mod expiry;
pub(crate) mod export;
pub(crate) mod file;
pub mod history;
pub mod message;
pub mod mls_state;
mod open;
pub mod outbox;
pub mod own_commit;
pub(crate) mod profile;
pub(crate) mod receipt;
pub(crate) mod rollback;
pub mod room_secret;
mod schema;
pub(crate) mod sealed;
pub mod search;
mod seen;
pub mod session;
pub(crate) mod share;
pub(crate) mod talk;
pub(crate) mod unread_file;
mod voucher;

use crate::testing::{Checkpoints, Killed};
use rusqlite::{Connection, OptionalExtension, Params, Row};
use std::cell::Cell;
use std::rc::Rc;

pub use open::{StoreKey, StoreLocation};

/// What the store could not do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The key is not the one with which the store was made, or the file is no store.
    #[error("the store cannot be opened with this key")]
    WrongKey(#[source] rusqlite::Error),
    /// Another process has the store open.
    #[error("another program has this profile open")]
    InUse(#[source] rusqlite::Error),
    /// There is no room left for it.
    #[error("the disk is full")]
    Full(#[source] rusqlite::Error),
    /// There is no room left for a file beside it.
    #[error("there is no room left on this device")]
    NoRoom(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Made by a later version of this program.
    #[error("this profile was written by a later version of Undertone (format {found})")]
    TooNew {
        /// The format of the file.
        found: i64,
    },
    /// A fresh file did not get the random salt that it was given.
    #[error("the store got no random salt")]
    NoSalt,
    /// The file or its directory cannot be used.
    #[error("the store's file cannot be used")]
    File(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A row is not what was written: a damaged store, or a mistake of this program.
    #[error("the store holds a bad value in {table}.{column}")]
    BadRow {
        /// Where.
        table: &'static str,
        /// Where in it.
        column: &'static str,
    },
    /// Anything else that SQLite reports.
    #[error("the store failed")]
    Database(#[source] rusqlite::Error),
    /// A test ended the client.
    #[error(transparent)]
    Killed(#[from] Killed),
}

impl StoreError {
    /// Whether a row could not be stored because of what is stored already: trying again is no use.
    pub(crate) fn is_conflict(&self) -> bool {
        match self {
            Self::Database(error) => {
                error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation)
            }
            _ => false,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full(error),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::InUse(error),
            Some(ErrorCode::NotADatabase) => Self::WrongKey(error),
            _ => Self::Database(error),
        }
    }
}

/// An open store. Single-threaded; clones of the `Rc` around it share the one connection.
pub struct Store {
    connection: Connection,
    checkpoints: Checkpoints,
    /// Counts what changes of people: of names, profiles and who is blocked.
    people_version: Cell<u64>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store(…)")
    }
}

impl Store {
    /// Opens or makes a store, and brings its tables up to date.
    pub async fn open(
        location: &StoreLocation,
        key: &StoreKey,
        checkpoints: Checkpoints,
    ) -> Result<Rc<Self>, StoreError> {
        let connection = open::open(location, key).await?;
        schema::migrate(&connection)?;
        Ok(Rc::new(Self {
            connection,
            checkpoints,
            people_version: Cell::new(1),
        }))
    }

    /// Runs `work` in one transaction: all of it is stored, or, if it gives an error, none. What holds
    /// a copy of stored state (a group) must be dropped after an error. Not nested.
    pub fn transaction<T, E: From<StoreError>>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        self.checkpoints.alive().map_err(StoreError::from)?;
        let transaction = self
            .connection
            .unchecked_transaction()
            .map_err(StoreError::from)?;
        // Dropping the transaction on an error rolls it back.
        let value = work()?;
        transaction.commit().map_err(StoreError::from)?;
        Ok(value)
    }

    /// Runs `work` inside a transaction so that its error undoes its own part only.
    pub fn savepoint<T, E: From<StoreError>>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        self.execute("SAVEPOINT part", [])?;
        match work() {
            Ok(value) => {
                self.execute("RELEASE part", [])?;
                Ok(value)
            }
            Err(error) => {
                self.execute("ROLLBACK TO part", [])?;
                self.execute("RELEASE part", [])?;
                Err(error)
            }
        }
    }

    /// Runs a constant statement; gives the number of rows that it changed.
    fn execute(&self, sql: &'static str, parameters: impl Params) -> Result<usize, StoreError> {
        Ok(self.connection.prepare_cached(sql)?.execute(parameters)?)
    }

    /// Runs a constant query for at most one row.
    fn row<T>(
        &self,
        sql: &'static str,
        parameters: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(parameters)?;
        rows.next()?.map(read).transpose()
    }

    /// Runs a constant query for all its rows.
    fn rows<T>(
        &self,
        sql: &'static str,
        parameters: impl Params,
        read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(parameters)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(read(row)?);
        }
        Ok(all)
    }

    /// Another number after each change of names, profiles and who is blocked.
    pub(crate) fn people_version(&self) -> u64 {
        self.people_version.get()
    }

    fn people_changed(&self) {
        let next = self.people_version.get().wrapping_add(1);
        self.people_version.set(next);
    }

    /// A small thing by its name.
    fn setting(&self, name: &'static str) -> Result<Option<Vec<u8>>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT value FROM setting WHERE name = ?1")?;
        Ok(statement.query_row([name], |row| row.get(0)).optional()?)
    }

    /// Keeps a small thing by its name.
    fn set_setting(&self, name: &'static str, value: &[u8]) -> Result<(), StoreError> {
        self.execute(
            "INSERT OR REPLACE INTO setting (name, value) VALUES (?1, ?2)",
            (name, value),
        )?;
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests;
