//! Deletes blobs whose time is over, or that belong to nobody any more: first its bytes, then its row, so
//! that whatever happens in between is done again.

use crate::blob::{BlobError, Blobs};
use crate::store::{Store, StoreError};
use futures::stream::{self, StreamExt as _};
use std::error::Error;
use undertone_wire::Timestamp;

/// What is deleted at the same time: a place on the network takes its time for each.
const TOGETHER: usize = 8;

/// Deletes what is due; says how many that were. What cannot be deleted is tried again next time.
pub async fn sweep(store: &Store, blobs: &Blobs, now: Timestamp) -> Result<u64, StoreError> {
    let mut deleted = 0;
    loop {
        let due = stream::iter(store.due_blobs(now).await?);
        let deletions = due.map(|due| async move {
            let _turn = blobs.turn(due.blob).await;
            blobs.delete(due.file).await.map(|()| due.blob)
        });
        let (mut gone, mut failure) = (Vec::new(), None);
        let mut deletions = deletions.buffer_unordered(TOGETHER);
        while let Some(outcome) = deletions.next().await {
            match outcome {
                Ok(blob) => gone.push(blob),
                Err(error) => failure = Some(error),
            }
            if failure.as_ref().is_some_and(BlobError::is_of_place) {
                break;
            }
        }
        let is_over = gone.is_empty() || failure.as_ref().is_some_and(BlobError::is_of_place);
        if let Some(error) = failure {
            tracing::warn!(error = &error as &dyn Error, "a blob could not be deleted");
        }
        deleted += u64::try_from(gone.len()).unwrap_or(u64::MAX);
        store.forget_blobs(gone).await?;
        if is_over {
            return Ok(deleted);
        }
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
                "the place of the blobs cannot be read"
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
