//! Backups of the SQLite file: a copy page by page in one reading, and the check of a copy.

use super::{SqliteKey, SqliteStore, connect};
use crate::store::StoreError;
use crate::store::backup::{Damaged, FORGET_KEY_PACKAGES, FORGET_LOGIN_TICKETS, KeptBlob, SELECT_KEPT_BLOBS};
use crate::store::column::Column;
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use std::path::Path;

/// All pages in one step: the copy is of one moment, and writers go on beside it (WAL).
const ALL_PAGES: i32 = -1;

pub(in crate::store) fn copy(from: &Path, key: &SqliteKey, to: &Path) -> Result<(), StoreError> {
    let source = connect(&from.to_owned(), key)?;
    let mut target = Connection::open(to)?;
    target.execute_batch(&key.pragma())?;
    let copying = Backup::new(&source, &mut target)?;
    match copying.step(ALL_PAGES)? {
        StepResult::Done => Ok(()),
        _ => Err(StoreError::unavailable(
            "somebody holds the database, so it could not be copied",
        )),
    }
}

pub(in crate::store) fn check(path: &Path, key: &SqliteKey) -> Result<(), StoreError> {
    let connection = connect(&path.to_owned(), key)?;
    for pragma in ["PRAGMA cipher_integrity_check", "PRAGMA integrity_check"] {
        let mut statement = connection.prepare(pragma)?;
        let found = statement.query_map([], |row| row.get::<_, String>(0))?;
        let found = found.collect::<Result<Vec<_>, _>>()?;
        if let Some(bad) = found.into_iter().find(|line| line != "ok") {
            return Err(StoreError::unavailable(Damaged(bad)));
        }
    }
    if connection.prepare("PRAGMA foreign_key_check")?.exists([])? {
        let what = "a row refers to nothing".to_owned();
        return Err(StoreError::unavailable(Damaged(what)));
    }
    Ok(())
}

impl SqliteStore {
    pub(in crate::store) async fn kept_blobs(&self) -> Result<Vec<KeptBlob>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare(SELECT_KEPT_BLOBS)?;
            let mut rows = statement.query([])?;
            let mut kept = Vec::new();
            while let Some(row) = rows.next()? {
                kept.push(KeptBlob {
                    file: Column("blob", "file").id(&row.get::<_, Vec<u8>>(0)?)?,
                    bytes: Column("blob", "received").number(row.get(1)?)?,
                });
            }
            Ok(kept)
        })
        .await
    }

    pub(in crate::store) async fn settle_restored(&self) -> Result<(), StoreError> {
        self.write(|connection| {
            connection.execute(FORGET_KEY_PACKAGES, [])?;
            connection.execute(FORGET_LOGIN_TICKETS, [])?;
            Ok(())
        })
        .await
    }
}
