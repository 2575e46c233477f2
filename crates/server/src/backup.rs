//! Backups: everything that a server needs to go on somewhere else, in one encrypted file, made while the
//! server runs; and the way back into an empty directory.
//!
//! The file is an age file (<https://age-encryption.org/v1>) under a passphrase; in it is a tar archive:
//! the key file, the database of one moment, the local certificate authority, the blobs that lie on a
//! disk, and a list of it all with sizes and hashes. Other programs can open both. A backup counts only
//! when it was read back and found whole.
//!
//! # Layout
//! - [`take`], [`restore`]: the two ways
//! - [`archive`]: the file: what may be in it, writing, reading
//! - [`tools`]: PostgreSQL's own programs
//! - [`place`]: files and directories that appear whole or not at all
//!
//! What clients do when a server has gone back to a backup is theirs (`client-core/src/sync/rollback.rs`).

mod archive;
mod place;
mod restore;
mod take;
mod tools;

use crate::server::StartError;
use crate::store::StoreError;
use std::io;
use std::path::{Path, PathBuf};

pub use archive::Passphrase;
pub use restore::restore;
pub use take::take;

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// When it was made, in milliseconds since 1970.
    pub made_at_ms: u64,
    /// Which kind of database: `sqlite` or `postgres`.
    pub database: String,
    /// Files of people.
    pub blobs: u64,
    /// Files of people that the database knows and the disk did not have.
    pub blobs_missing: u64,
    /// Bytes of all files in it.
    pub bytes: u64,
}

/// Why there is no backup, or no server was restored. Nothing was left behind.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// No server has kept anything there.
    #[error("no server has kept anything in {0}")]
    NoServer(PathBuf),
    /// Nothing is overwritten.
    #[error("{0} is there already: nothing is overwritten")]
    Exists(PathBuf),
    /// A directory that must be empty is not.
    #[error("{0} is not empty: a backup is restored into a directory that is empty or not there yet")]
    NotEmpty(PathBuf),
    /// The database must be empty and is not.
    #[error("the database has tables already: a backup is restored into an empty one")]
    DatabaseNotEmpty,
    /// Too short to protect anything.
    #[error(
        "the passphrase is too short: it takes at least {} characters",
        archive::PASSPHRASE_CHARS_MIN
    )]
    WeakPassphrase,
    /// The file was encrypted with another passphrase.
    #[error("the passphrase does not open this backup")]
    WrongPassphrase,
    /// The file is no backup, or one of a newer program.
    #[error("this is no backup that this version understands: {0}")]
    Foreign(&'static str),
    /// Something in the file is not as it was written.
    #[error("the backup is damaged: {0}")]
    Damaged(String),
    /// The backup is of the other kind of database.
    #[error("the backup is of {found}: say so with --database")]
    OtherDatabase {
        /// What it is of.
        found: String,
    },
    /// A program that is needed is not installed.
    #[error("{tool} is not installed: install PostgreSQL's client programs (Debian: postgresql-client)")]
    NoTool {
        /// Which.
        tool: &'static str,
    },
    /// PostgreSQL's program failed.
    #[error("{tool} failed: {said}")]
    Tool {
        /// Which.
        tool: &'static str,
        /// What it said.
        said: String,
    },
    /// The keys or the database cannot be used.
    #[error(transparent)]
    Server(#[from] StartError),
    /// The database failed.
    #[error("cannot use the database")]
    Store(#[from] StoreError),
    /// A file cannot be read or written.
    #[error("cannot use {path}")]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl BackupError {
    /// The stable word for scripts.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoServer(_) => "no_server",
            Self::Exists(_) => "exists",
            Self::NotEmpty(_) | Self::DatabaseNotEmpty => "not_empty",
            Self::WeakPassphrase => "passphrase_weak",
            Self::WrongPassphrase => "passphrase_wrong",
            Self::Foreign(_) => "no_backup",
            Self::Damaged(_) => "backup_damaged",
            Self::OtherDatabase { .. } => "other_database",
            Self::NoTool { .. } => "tool_missing",
            Self::Tool { .. } => "tool_failed",
            Self::Server(_) => "not_started",
            Self::Store(_) => "database",
            Self::Io { .. } => "file_unusable",
        }
    }
}

/// What the system said about a file.
fn at(path: &Path) -> impl Fn(io::Error) -> BackupError {
    let path = path.to_owned();
    move |source| BackupError::Io {
        path: path.clone(),
        source,
    }
}

/// Runs what waits for the disk where that holds up nobody.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BackupError> + Send + 'static,
) -> Result<T, BackupError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(BackupError::Store(StoreError::unavailable(error))),
    }
}

#[cfg(test)]
mod tests;
