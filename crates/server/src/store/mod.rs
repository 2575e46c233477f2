//! The database: whole operations ("append these messages", "accept this commit with its Welcomes"),
//! not rows. SQL is written here and nowhere else; nothing here knows HTTP or MLS.
//!
//! # Layout
//! - [`sqlite`], [`postgres`]: the two databases: connection, transactions, and the statements
//! - [`migration`]: the schema, forward only
//! - [`account`], [`guest`], [`recovery`]: who uses this server
//! - [`blob`], [`commit`], [`conversation`], [`key_package`], [`level`]: the operations, their inputs and outcomes
//! - [`arrival`]: what is read when a device connects
//! - [`backup`]: one state of the database as a file
//! - [`lead`]: what one of several servers does alone
//! - [`error`]: what can go wrong, by what the caller can do

pub mod account;
pub mod arrival;
pub mod backup;
pub mod blob;
mod column;
pub mod commit;
pub mod conversation;
pub mod crowd;
pub mod error;
pub mod guest;
pub mod key_package;
pub mod lead;
mod ledger;
pub mod level;
pub mod migration;
pub mod postgres;
pub mod push;
pub mod recovery;
pub mod room;
pub mod sqlite;
#[cfg(test)]
pub(crate) mod suite;
pub mod sweep;

use std::path::Path;

pub use error::StoreError;
pub use postgres::PostgresStore;
pub use sqlite::{SqliteKey, SqliteStore};

/// The database that this server was started with. Cloning gives another handle to the same one.
#[derive(Clone)]
pub enum Store {
    /// One encrypted file in the data directory.
    Sqlite(SqliteStore),
    /// A PostgreSQL server.
    Postgres(PostgresStore),
}

impl Store {
    /// Opens or makes the encrypted file at `path` and brings its schema up to date.
    pub async fn open_sqlite(path: &Path, key: &SqliteKey) -> Result<Self, StoreError> {
        SqliteStore::open(path, key).await.map(Self::Sqlite)
    }

    /// Connects to PostgreSQL at `url` (`postgres://user:password@host/database`) and brings its
    /// schema up to date.
    pub async fn open_postgres(url: &str) -> Result<Self, StoreError> {
        PostgresStore::open(url).await.map(Self::Postgres)
    }

    /// Where the database keeps a log of changes: writes it back and empties it, so that what was
    /// deleted does not stay readable in it.
    pub async fn truncate_log(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(store) => store.truncate_log().await,
            // PostgreSQL recycles its log by itself; only ciphertext is in it.
            Self::Postgres(_) => Ok(()),
        }
    }

    /// Leaves nothing in the database's files but what is stored: what was deleted before stays in
    /// PostgreSQL's until the tables are written anew, which holds up everybody for a moment.
    pub async fn rewrite_files(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(store) => store.truncate_log().await,
            Self::Postgres(store) => store.rewrite_tables().await,
        }
    }

    /// Whether the database answers.
    pub async fn check(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(store) => store.check().await,
            Self::Postgres(store) => store.check().await,
        }
    }
}
