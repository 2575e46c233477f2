//! What a backup asks of the database: one state of it as a file, whether such a file is whole, and what
//! is to be forgotten before it is used again. The archive around it is made in [`crate::backup`].

use super::blob::BlobFile;
use super::conversation::on_both;
use super::{SqliteKey, Store, StoreError};
use std::path::Path;

pub use super::postgres::backup::Reach;

/// What lies on the disk for a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptBlob {
    /// Under which name.
    pub file: BlobFile,
    /// So many of its bytes are there for good.
    pub bytes: u64,
}

/// A copy of the database is not what it should be.
#[derive(Debug, thiserror::Error)]
#[error("the database file is damaged: {0}")]
pub struct Damaged(pub(super) String);

on_both! {
    /// The blobs that have files.
    backup::kept_blobs() -> Vec<KeptBlob>;
    /// Forgets what must not be used twice: key packages that were given out since the backup was made
    /// are no secret of their device any more, and devices make new ones when they connect.
    backup::settle_restored() -> ();
}

impl Store {
    /// Copies the encrypted file at `from` to `to`, which must not be there: one state of it, also while a
    /// server writes. The copy is encrypted with the same key.
    pub fn copy_sqlite(from: &Path, key: &SqliteKey, to: &Path) -> Result<(), StoreError> {
        super::sqlite::backup::copy(from, key, to)
    }

    /// Reads the whole encrypted file at `path`: each page must be authentic, the structure sound, and no
    /// row may refer to nothing.
    pub fn check_sqlite(path: &Path, key: &SqliteKey) -> Result<(), StoreError> {
        super::sqlite::backup::check(path, key)
    }

    /// Connects to PostgreSQL without touching the schema.
    pub fn reach_postgres(url: &str) -> Result<Self, StoreError> {
        super::PostgresStore::connect(url).map(Self::Postgres)
    }
}

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[SELECT_KEPT_BLOBS, FORGET_KEY_PACKAGES, FORGET_LOGIN_TICKETS];

pub(super) const SELECT_KEPT_BLOBS: &str = "select file, received from blob where received > 0";
pub(super) const FORGET_KEY_PACKAGES: &str = "delete from key_package";
pub(super) const FORGET_LOGIN_TICKETS: &str = "delete from login_ticket";
