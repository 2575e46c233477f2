//! Deletes blobs whose time is over, or that belong to nobody any more: first the file, then its row, so
//! that whatever happens in between is done again.

use crate::blob::Blobs;
use crate::store::{Store, StoreError};
use std::error::Error;
use undertone_wire::Timestamp;

/// Deletes what is due; says how many that were. A file that cannot be deleted is tried again next time.
pub async fn sweep(store: &Store, blobs: &Blobs, now: Timestamp) -> Result<u64, StoreError> {
    let mut deleted = 0;
    loop {
        let mut gone = Vec::new();
        for due in store.due_blobs(now).await? {
            let _turn = blobs.turn(due.blob).await;
            match blobs.delete(due.file).await {
                Ok(()) => gone.push(due.blob),
                Err(error) => tracing::warn!(error = &error as &dyn Error, "a blob could not be deleted"),
            }
        }
        if gone.is_empty() {
            return Ok(deleted);
        }
        deleted += u64::try_from(gone.len()).unwrap_or(u64::MAX);
        store.forget_blobs(gone).await?;
    }
}

/// Deletes files that no blob lies in: of an older backup of the database, or of none. A blob is known before
/// its file is made, so nothing that is under way goes.
pub async fn sweep_strays(store: &Store, blobs: &Blobs) -> Result<u64, StoreError> {
    let files = match blobs.files().await {
        Ok(files) => files,
        Err(error) => {
            tracing::warn!(
                error = &error as &dyn Error,
                "the directory of blobs cannot be read"
            );
            return Ok(0);
        }
    };
    let mut deleted = 0;
    for file in files {
        if store.is_blob_file(file).await? {
            continue;
        }
        match blobs.delete(file).await {
            Ok(()) => deleted += 1,
            Err(error) => tracing::warn!(error = &error as &dyn Error, "a file could not be deleted"),
        }
    }
    Ok(deleted)
}
