//! Where the bytes of blobs lie: in a directory or in a bucket of S3, under a name that the server drew. It
//! is not where blobs are known: whose they are and how far they have come stands in
//! [`crate::store::blob`].
//!
//! Bytes come after their row and go before it. What is stored counts when the row says so: a piece that
//! was on its way when the server died is stored again.

use bytes::Bytes;
use futures::stream::BoxStream;
use std::error::Error;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use undertone_wire::BlobId;

use crate::config::BlobPlace;
use crate::store::blob::{BlobFile, StoredBlob};
use bucket::Bucket;
use directory::Directory;

mod bucket;
mod directory;
mod s3_error;
#[cfg(test)]
mod tests;

pub use bucket::Patience;
pub use s3_error::{S3Error, S3Word};

/// Blobs share so many turns: what is done with one keeps few others waiting.
const TURNS: usize = 64;

/// The place of the blobs could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The disk is full, or broken, or somebody took a file away.
    #[error("the directory of blobs cannot be used")]
    Disk(#[from] io::Error),
    /// S3 is away, or refuses.
    #[error("the bucket of blobs cannot be used")]
    S3(#[from] S3Error),
}

impl BlobError {
    /// Whether everything else would fail now, too.
    pub const fn is_of_place(&self) -> bool {
        match self {
            Self::Disk(_) => false,
            Self::S3(error) => error.may_pass() || matches!(error, S3Error::Refused(_)),
        }
    }
}

/// A handle to the blobs' place. Cloning gives another handle to the same one.
#[derive(Debug, Clone)]
pub struct Blobs {
    place: Place,
    turns: Arc<[Arc<Semaphore>]>,
}

#[derive(Debug, Clone)]
enum Place {
    Directory(Directory),
    Bucket(Bucket),
}

/// The right to change one blob: nobody else on this server does meanwhile. Dropping gives it back.
#[derive(Debug)]
pub struct Turn(#[expect(dead_code, reason = "it is given back when dropped")] Option<OwnedSemaphorePermit>);

impl Blobs {
    /// The blobs in this directory, which is made when the first one comes.
    pub fn at(directory: impl Into<PathBuf>) -> Self {
        Self::of(Place::Directory(Directory::at(directory.into())))
    }

    /// The blobs where the settings say. Nobody is asked yet.
    pub fn open(place: &BlobPlace, data: &Path) -> Result<Self, BlobError> {
        Self::open_with(place, data, Patience::default())
    }

    /// The same, with this patience towards S3.
    pub fn open_with(place: &BlobPlace, data: &Path, patience: Patience) -> Result<Self, BlobError> {
        let place = match place {
            BlobPlace::DataDirectory => Place::Directory(Directory::at(data.join("blobs"))),
            BlobPlace::Directory(path) => Place::Directory(Directory::at(path.clone())),
            BlobPlace::S3(place) => Place::Bucket(Bucket::open(place, patience)?),
        };
        Ok(Self::of(place))
    }

    fn of(place: Place) -> Self {
        Self {
            place,
            turns: (0..TURNS).map(|_| Arc::new(Semaphore::new(1))).collect(),
        }
    }

    /// Makes the directory, or asks the bucket, to know at the start whether that can be done. That S3 is
    /// away is no reason not to start: messages do not wait for files.
    pub async fn prepare(&self) -> Result<(), BlobError> {
        match &self.place {
            Place::Directory(directory) => Ok(directory.prepare()?),
            Place::Bucket(bucket) => match bucket.check().await {
                Err(error) if error.may_pass() => {
                    tracing::warn!(
                        error = &error as &dyn Error,
                        "there are no files until S3 answers"
                    );
                    Ok(())
                }
                outcome => Ok(outcome?),
            },
        }
    }

    /// Waits until nobody on this server changes this blob.
    pub async fn turn(&self, blob: BlobId) -> Turn {
        let number = blob
            .as_bytes()
            .iter()
            .fold(0_usize, |sum, byte| sum + usize::from(*byte));
        match self.turns.get(number % TURNS) {
            // It is never closed.
            Some(turn) => Turn(Arc::clone(turn).acquire_owned().await.ok()),
            None => Turn(None),
        }
    }

    /// Stores the next piece of a blob; it is there for good when this returns.
    pub async fn write(&self, stored: &StoredBlob, piece: Bytes) -> Result<(), BlobError> {
        match &self.place {
            Place::Directory(directory) => Ok(directory.write(stored.file, stored.received, piece).await?),
            Place::Bucket(bucket) => Ok(bucket.write(stored, piece).await?),
        }
    }

    /// Lets go of what a piece has replaced, now that the database knows of the piece. `before` is what was
    /// known before it. What cannot be deleted goes with the blob.
    pub async fn settle(&self, before: &StoredBlob) {
        if let Place::Bucket(bucket) = &self.place
            && let Err(error) = bucket.settle(before).await
        {
            tracing::debug!(error = &error as &dyn Error, "a replaced object was not deleted");
        }
    }

    /// Whether these bytes of a blob are there already. They end where it ends now, or before.
    pub async fn holds(&self, stored: &StoredBlob, offset: u64, piece: Bytes) -> Result<bool, BlobError> {
        match &self.place {
            Place::Directory(directory) => Ok(directory.holds(stored.file, offset, piece).await?),
            Place::Bucket(bucket) => Ok(bucket.holds(stored, offset, &piece).await?),
        }
    }

    /// Reads a part of a blob, a little at a time.
    pub async fn read(
        &self,
        stored: &StoredBlob,
        part: Range<u64>,
    ) -> Result<BoxStream<'static, io::Result<Bytes>>, BlobError> {
        match &self.place {
            Place::Directory(directory) => Ok(directory.read(stored.file, part).await?),
            Place::Bucket(bucket) => Ok(bucket.read(stored, part).await?),
        }
    }

    /// All names under which something lies.
    pub async fn files(&self) -> Result<Vec<BlobFile>, BlobError> {
        match &self.place {
            Place::Directory(directory) => Ok(directory.files().await?),
            Place::Bucket(bucket) => Ok(bucket.files().await?),
        }
    }

    /// Deletes what lies under a name, if there is something.
    pub async fn delete(&self, file: BlobFile) -> Result<(), BlobError> {
        match &self.place {
            Place::Directory(directory) => Ok(directory.delete(file).await?),
            Place::Bucket(bucket) => Ok(bucket.delete(file).await?),
        }
    }
}
