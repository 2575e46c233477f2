//! Where the bytes of blobs lie: one file for each, in a directory of their own, under a name that the
//! server drew. It is not where blobs are known: whose they are and how far they have come stands in
//! [`crate::store::blob`].
//!
//! A file comes after its row and goes before it. What is written counts when the row says so: a piece
//! that was on its way when the server died is written again.

use bytes::Bytes;
use data_encoding::HEXLOWER;
use futures::stream::{self, Stream};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use undertone_wire::BlobId;

use crate::key_file::create_private_directory;
use crate::store::blob::BlobFile;

/// Blobs share so many turns: what is done with one keeps few others waiting.
const TURNS: usize = 64;
/// Bytes that are read and sent together.
const CHUNK_BYTES: usize = 64 * 1024;

/// The disk could not do what was asked: it is full, or broken, or somebody took a file away.
#[derive(Debug, thiserror::Error)]
#[error("the directory of blobs cannot be used")]
pub struct DiskError(#[from] io::Error);

/// A handle to the directory. Cloning gives another handle to the same one.
#[derive(Debug, Clone)]
pub struct Blobs {
    directory: Arc<Path>,
    turns: Arc<[Arc<Semaphore>]>,
}

/// The right to change one blob: nobody else does meanwhile. Dropping gives it back.
#[derive(Debug)]
pub struct Turn(#[expect(dead_code, reason = "it is given back when dropped")] Option<OwnedSemaphorePermit>);

impl Blobs {
    /// The blobs in this directory, which is made when the first one comes.
    pub fn at(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into().into(),
            turns: (0..TURNS).map(|_| Arc::new(Semaphore::new(1))).collect(),
        }
    }

    /// Makes the directory, to know at the start whether that can be done.
    pub fn prepare(&self) -> Result<(), DiskError> {
        Ok(create_private_directory(&self.directory)?)
    }

    /// Waits until nobody changes this blob.
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

    /// Writes a piece; it is on the disk for good when this returns.
    pub async fn write(&self, file: BlobFile, offset: u64, piece: Bytes) -> Result<(), DiskError> {
        let path = self.path(file);
        off_thread(move || write_durably(&path, offset, &piece)).await
    }

    /// Whether these bytes are there already.
    pub async fn holds(&self, file: BlobFile, offset: u64, piece: Bytes) -> Result<bool, DiskError> {
        let path = self.path(file);
        off_thread(move || {
            let mut file = File::open(path)?;
            file.seek(SeekFrom::Start(offset))?;
            let mut there = vec![0; piece.len()];
            file.read_exact(&mut there)?;
            Ok(there == piece)
        })
        .await
    }

    /// Reads a part of a file, a little at a time.
    pub async fn read(
        &self,
        file: BlobFile,
        part: Range<u64>,
    ) -> Result<impl Stream<Item = io::Result<Bytes>> + use<>, DiskError> {
        let mut file = tokio::fs::File::open(self.path(file)).await?;
        file.seek(SeekFrom::Start(part.start)).await?;
        let rest = file.take(part.end.saturating_sub(part.start));
        Ok(stream::try_unfold(rest, async |mut rest| {
            if rest.limit() == 0 {
                return Ok(None);
            }
            let mut chunk = Vec::with_capacity(CHUNK_BYTES);
            let mut within = (&mut rest).take(CHUNK_BYTES as u64);
            if within.read_to_end(&mut chunk).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            Ok(Some((Bytes::from(chunk), rest)))
        }))
    }

    /// All files that are named like blobs.
    pub async fn files(&self) -> Result<Vec<BlobFile>, DiskError> {
        let directory = Arc::clone(&self.directory);
        off_thread(move || {
            let mut files = Vec::new();
            let folders = match fs::read_dir(directory) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(files),
                folders => folders?,
            };
            for folder in folders {
                let folder = folder?;
                if !folder.file_type()?.is_dir() {
                    continue;
                }
                for file in fs::read_dir(folder.path())? {
                    let name = file?.file_name();
                    let bytes = HEXLOWER.decode(name.as_encoded_bytes()).unwrap_or_default();
                    files.extend(BlobFile::try_from(bytes.as_slice()).ok());
                }
            }
            Ok(files)
        })
        .await
    }

    /// Deletes a file, if it is there.
    pub async fn delete(&self, file: BlobFile) -> Result<(), DiskError> {
        let path = self.path(file);
        off_thread(move || match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        })
        .await
    }

    fn path(&self, file: BlobFile) -> PathBuf {
        let name = HEXLOWER.encode(file.as_bytes());
        let folder: String = name.chars().take(2).collect();
        self.directory.join(folder).join(name)
    }
}

fn write_durably(path: &Path, offset: u64, piece: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    let is_new = !path.exists();
    if is_new {
        create_private_directory(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    file.write_all(piece)?;
    file.sync_data()?;
    if is_new {
        // The name is to survive as well as the bytes.
        File::open(folder)?.sync_all()?;
        if let Some(directory) = folder.parent() {
            File::open(directory)?.sync_all()?;
        }
    }
    Ok(())
}

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, DiskError> {
    match spawn_blocking(work).await {
        Ok(outcome) => Ok(outcome?),
        Err(error) => Err(DiskError(io::Error::other(error))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::TryStreamExt;
    use std::os::unix::fs::PermissionsExt;

    const FILE: BlobFile = BlobFile::from_bytes([0xab; 16]);

    async fn all(blobs: &Blobs, part: Range<u64>) -> io::Result<Vec<u8>> {
        let read = blobs.read(FILE, part).await.unwrap();
        let chunks: Vec<Bytes> = read.try_collect().await?;
        Ok(chunks.concat())
    }

    #[tokio::test]
    async fn pieces_are_read_as_they_were_written() {
        let home = tempfile::tempdir().unwrap();
        let blobs = Blobs::at(home.path().join("blobs"));
        let bytes: Vec<u8> = (0..300_000_u32).map(|number| number.to_le_bytes()[1]).collect();
        let bytes = Bytes::from(bytes);
        blobs.write(FILE, 0, bytes.slice(..100_000)).await.unwrap();
        blobs.write(FILE, 100_000, bytes.slice(100_000..)).await.unwrap();
        assert_eq!(all(&blobs, 0..300_000).await.unwrap(), bytes);
        assert_eq!(
            all(&blobs, 99_999..100_001).await.unwrap(),
            bytes[99_999..100_001]
        );
        assert!(all(&blobs, 299_000..300_001).await.is_err(), "it is shorter");
        let piece = bytes.slice(50_000..60_000);
        assert!(blobs.holds(FILE, 50_000, piece.clone()).await.unwrap());
        assert!(!blobs.holds(FILE, 50_001, piece).await.unwrap());
        let path = blobs.path(FILE);
        assert!(path.ends_with(format!("blobs/ab/{}", "ab".repeat(16))));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        blobs.delete(FILE).await.unwrap();
        assert!(!path.exists());
        blobs.delete(FILE).await.unwrap();
    }

    #[tokio::test]
    async fn a_blob_is_changed_by_one_at_a_time() {
        let blobs = Blobs::at("unused");
        let id = BlobId::from_bytes([1; 16]);
        let first = blobs.turn(id).await;
        let second = blobs.turn(id);
        tokio::pin!(second);
        assert!(futures::poll!(second.as_mut()).is_pending());
        drop(first);
        assert!(futures::poll!(second.as_mut()).is_ready());
    }

    #[tokio::test]
    async fn a_directory_that_cannot_be_used_is_an_error() {
        let home = tempfile::tempdir().unwrap();
        let taken = home.path().join("blobs");
        fs::write(&taken, "a file").unwrap();
        let blobs = Blobs::at(taken);
        assert!(blobs.prepare().is_err());
        assert!(blobs.write(FILE, 0, Bytes::from_static(b"x")).await.is_err());
    }
}
