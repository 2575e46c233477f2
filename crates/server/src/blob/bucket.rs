//! Blobs in a bucket of S3, or of what speaks like it. An object there is written once, as a whole, so a
//! blob lies in several, its *cells*: each holds the bytes from a multiple of [`CELL_BYTES`] on. What is
//! said of blobs in general is in [`super`].
//!
//! The name of a cell's object says how many bytes are in it. A piece that continues a cell makes a new
//! object of all its bytes, and the one before it goes when the database knows of the new one. So no object
//! ever changes, and a request that arrives late, from a server that was thought dead, takes nothing away.

use bytes::Bytes;
use data_encoding::HEXLOWER;
use futures::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{
    BackoffConfig, ClientOptions, GetOptions, GetRange, GetResult, ObjectStore, ObjectStoreExt as _,
    PutPayload, RetryConfig,
};
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use undertone_wire::limits::BLOB_PIECE_BYTES_MAX;

use super::s3_error::S3Error;
use crate::config::S3Place;
use crate::store::blob::{BlobFile, StoredBlob};

/// A full cell: as much as the largest piece, so that such pieces are objects as they come.
pub(super) const CELL_BYTES: u64 = BLOB_PIECE_BYTES_MAX as u64;
/// Cells that are asked for ahead of the one that is read.
const AHEAD: usize = 2;
/// After a failure that may pass, a request is made again so often.
const RETRIES: usize = 2;

/// How long S3 may take. Together it is less than a client waits.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// To be connected.
    pub connect: Duration,
    /// Between two signs of life in an answer.
    pub silence: Duration,
    /// For storing a piece, with all requests that this takes.
    pub piece: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            silence: Duration::from_secs(8),
            piece: Duration::from_secs(20),
        }
    }
}

/// The part of a bucket that is this server's.
#[derive(Clone)]
pub(super) struct Bucket {
    store: Arc<AmazonS3>,
    root: Path,
    patience: Patience,
}

impl std::fmt::Debug for Bucket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bucket")
            .field("root", &self.root)
            .finish_non_exhaustive()
    }
}

/// A part of a cell.
#[derive(Debug, PartialEq, Eq)]
struct CellPart {
    cell: u64,
    /// Bytes in the cell's object.
    length: u64,
    within: Range<u64>,
}

/// The cells in which these bytes lie, of a blob of which so many are there.
fn cells(part: Range<u64>, there: u64) -> impl Iterator<Item = CellPart> + use<> {
    let behind = part.end.div_ceil(CELL_BYTES);
    (part.start / CELL_BYTES..behind).map(move |cell| {
        let start = cell * CELL_BYTES;
        CellPart {
            cell,
            length: there.saturating_sub(start).min(CELL_BYTES),
            within: part.start.saturating_sub(start)..part.end.saturating_sub(start).min(CELL_BYTES),
        }
    })
}

impl Bucket {
    pub(super) fn open(place: &S3Place, patience: Patience) -> Result<Self, S3Error> {
        let client = ClientOptions::new()
            .with_allow_http(true)
            .with_connect_timeout(patience.connect)
            .with_read_timeout(patience.silence)
            .with_timeout_disabled();
        let retry = RetryConfig {
            backoff: BackoffConfig::default(),
            max_retries: RETRIES,
            retry_timeout: patience.silence,
        };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&place.bucket)
            .with_client_options(client)
            .with_retry(retry);
        if let Some(keys) = &place.keys {
            builder = builder
                .with_access_key_id(keys.access())
                .with_secret_access_key(keys.secret());
        }
        if let Some(endpoint) = &place.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        if let Some(region) = &place.region {
            builder = builder.with_region(region);
        }
        Ok(Self {
            store: Arc::new(builder.build().map_err(|error| S3Error::of(&error))?),
            root: Path::from(place.prefix.as_str()),
            patience,
        })
    }

    /// Whether the bucket answers, and to these keys.
    pub(super) async fn check(&self) -> Result<(), S3Error> {
        let mut objects = self.store.list(Some(&self.root));
        self.within(async { Ok(objects.try_next().await.map(drop)?) })
            .await
    }

    /// Stores the next piece; it is there for good when this returns.
    pub(super) async fn write(&self, stored: &StoredBlob, piece: Bytes) -> Result<(), S3Error> {
        self.within(self.write_cells(stored, piece)).await
    }

    async fn write_cells(&self, stored: &StoredBlob, mut piece: Bytes) -> Result<(), S3Error> {
        let mut cell = stored.received / CELL_BYTES;
        let begun = stored.received % CELL_BYTES;
        let mut head = if begun > 0 {
            let all = CellPart {
                cell,
                length: begun,
                within: 0..begun,
            };
            self.get(stored.file, &all).await?.bytes().await?
        } else {
            Bytes::new()
        };
        while !piece.is_empty() {
            let room = BLOB_PIECE_BYTES_MAX.saturating_sub(head.len());
            let fits = piece.split_to(room.min(piece.len()));
            let length = as_u64(head.len()) + as_u64(fits.len());
            let object = PutPayload::from_iter([std::mem::take(&mut head), fits]);
            self.store
                .put(&self.name(stored.file, cell, length), object)
                .await?;
            cell += 1;
        }
        Ok(())
    }

    /// Deletes the object that the last piece continued. `before` is what was known before that piece.
    pub(super) async fn settle(&self, before: &StoredBlob) -> Result<(), S3Error> {
        let (cell, begun) = (before.received / CELL_BYTES, before.received % CELL_BYTES);
        if begun == 0 {
            return Ok(());
        }
        let name = self.name(before.file, cell, begun);
        let deletion = self.within(async { Ok(self.store.delete(&name).await?) });
        match deletion.await {
            Err(S3Error::Missing) => Ok(()),
            outcome => outcome,
        }
    }

    /// Whether these bytes are there.
    pub(super) async fn holds(
        &self,
        stored: &StoredBlob,
        offset: u64,
        piece: &Bytes,
    ) -> Result<bool, S3Error> {
        let end = offset.saturating_add(as_u64(piece.len()));
        self.within(async {
            let mut there = Vec::with_capacity(piece.len());
            for part in cells(offset..end, stored.received) {
                there.extend_from_slice(&self.get(stored.file, &part).await?.bytes().await?);
            }
            Ok(there == *piece)
        })
        .await
    }

    /// Reads a part of a blob, a little at a time. When this returns, the first cell has answered.
    pub(super) async fn read(
        &self,
        stored: &StoredBlob,
        part: Range<u64>,
    ) -> Result<BoxStream<'static, io::Result<Bytes>>, S3Error> {
        let mut parts = cells(part, stored.received);
        let Some(first) = parts.next() else {
            return Ok(stream::empty().boxed());
        };
        let first = self.get(stored.file, &first).await?;
        let (bucket, file) = (self.clone(), stored.file);
        let others = stream::iter(parts).map(move |part| {
            let bucket = bucket.clone();
            async move { bucket.get(file, &part).await }
        });
        let others = others.buffered(AHEAD).map_ok(bytes_of).try_flatten();
        Ok(bytes_of(first).chain(others).map_err(io::Error::other).boxed())
    }

    /// All files that objects are named after.
    pub(super) async fn files(&self) -> Result<Vec<BlobFile>, S3Error> {
        let mut files: Vec<BlobFile> = Vec::new();
        let mut objects = self.store.list(Some(&self.root));
        while let Some(object) = objects.try_next().await? {
            files.extend(self.file_of(&object.location));
            files.dedup();
        }
        files.sort_unstable();
        files.dedup();
        Ok(files)
    }

    fn file_of(&self, location: &Path) -> Option<BlobFile> {
        let mut parts = location.prefix_match(&self.root)?;
        let (folder, name, _cell) = (parts.next()?, parts.next()?, parts.next()?);
        let is_ours = parts.next().is_none() && name.as_ref().starts_with(folder.as_ref());
        let bytes = HEXLOWER
            .decode(name.as_ref().as_bytes())
            .ok()
            .filter(|_| is_ours)?;
        BlobFile::try_from(bytes.as_slice()).ok()
    }

    /// Deletes all objects of a blob; what is left when it takes too long is deleted by the next try.
    pub(super) async fn delete(&self, file: BlobFile) -> Result<(), S3Error> {
        self.within(self.delete_objects(file)).await
    }

    async fn delete_objects(&self, file: BlobFile) -> Result<(), S3Error> {
        let objects = self.store.list(Some(&self.folder(file)));
        let names = objects.map_ok(|object| object.location).boxed();
        let mut deleted = self.store.delete_stream(names);
        while let Some(one) = deleted.next().await {
            match one.map_err(|error| S3Error::of(&error)) {
                // Somebody else was faster.
                Err(S3Error::Missing) | Ok(_) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn get(&self, file: BlobFile, part: &CellPart) -> Result<GetResult, S3Error> {
        let options = GetOptions {
            range: Some(GetRange::Bounded(part.within.clone())),
            ..GetOptions::default()
        };
        let name = self.name(file, part.cell, part.length);
        let found = self.store.get_opts(&name, options).await?;
        if found.range == part.within {
            Ok(found)
        } else {
            Err(S3Error::Short)
        }
    }

    async fn within<T>(&self, work: impl Future<Output = Result<T, S3Error>>) -> Result<T, S3Error> {
        timeout(self.patience.piece, work)
            .await
            .unwrap_or(Err(S3Error::Late))
    }

    fn folder(&self, file: BlobFile) -> Path {
        let name = HEXLOWER.encode(file.as_bytes());
        let first: String = name.chars().take(2).collect();
        self.root.clone().join(first).join(name)
    }

    fn name(&self, file: BlobFile, cell: u64, length: u64) -> Path {
        self.folder(file).join(format!("{cell:08x}-{length:08x}"))
    }
}

fn bytes_of(found: GetResult) -> BoxStream<'static, Result<Bytes, S3Error>> {
    found.into_stream().map_err(|error| S3Error::of(&error)).boxed()
}

fn as_u64(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_lie_in_cells() {
        let of = |part, there| cells(part, there).collect::<Vec<_>>();
        let part = |cell, length, within| CellPart { cell, length, within };
        assert_eq!(of(0..1, 1), [part(0, 1, 0..1)]);
        assert_eq!(
            of(0..CELL_BYTES, CELL_BYTES),
            [part(0, CELL_BYTES, 0..CELL_BYTES)]
        );
        assert_eq!(
            of(10..CELL_BYTES + 5, CELL_BYTES + 7),
            [part(0, CELL_BYTES, 10..CELL_BYTES), part(1, 7, 0..5)]
        );
        let far = 2 * CELL_BYTES;
        assert_eq!(of(far..far + 3, far + 3), [part(2, 3, 0..3)]);
        assert_eq!(
            of(5..5, 10).len(),
            1,
            "nobody asks for nothing, and nothing breaks"
        );
        assert_eq!(of(0..0, 10), []);
    }
}
