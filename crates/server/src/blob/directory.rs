//! Blobs in a directory: one file for each. What is said of them in general is in [`super`].

use bytes::Bytes;
use data_encoding::HEXLOWER;
use futures::stream::{self, BoxStream, StreamExt as _};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio::task::spawn_blocking;

use crate::key_file::create_private_directory;
use crate::store::blob::BlobFile;

/// Bytes that are read and sent together.
const CHUNK_BYTES: usize = 64 * 1024;

/// The directory, which is made when the first blob comes.
#[derive(Debug, Clone)]
pub(super) struct Directory(Arc<Path>);

impl Directory {
    pub(super) fn at(path: PathBuf) -> Self {
        Self(path.into())
    }

    /// Makes it.
    pub(super) fn prepare(&self) -> io::Result<()> {
        create_private_directory(&self.0)
    }

    /// Writes a piece; it is on the disk for good when this returns.
    pub(super) async fn write(&self, file: BlobFile, offset: u64, piece: Bytes) -> io::Result<()> {
        let path = self.path(file);
        off_thread(move || write_durably(&path, offset, &piece)).await
    }

    /// Whether these bytes are there.
    pub(super) async fn holds(&self, file: BlobFile, offset: u64, piece: Bytes) -> io::Result<bool> {
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
    pub(super) async fn read(
        &self,
        file: BlobFile,
        part: Range<u64>,
    ) -> io::Result<BoxStream<'static, io::Result<Bytes>>> {
        let mut file = tokio::fs::File::open(self.path(file)).await?;
        file.seek(SeekFrom::Start(part.start)).await?;
        let rest = file.take(part.end.saturating_sub(part.start));
        let chunks = stream::try_unfold(rest, async |mut rest| {
            if rest.limit() == 0 {
                return Ok(None);
            }
            let mut chunk = Vec::with_capacity(CHUNK_BYTES);
            let mut within = (&mut rest).take(CHUNK_BYTES as u64);
            if within.read_to_end(&mut chunk).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            Ok(Some((Bytes::from(chunk), rest)))
        });
        Ok(chunks.boxed())
    }

    /// All files that are named like blobs.
    pub(super) async fn files(&self) -> io::Result<Vec<BlobFile>> {
        let directory = Arc::clone(&self.0);
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
    pub(super) async fn delete(&self, file: BlobFile) -> io::Result<()> {
        let path = self.path(file);
        off_thread(move || match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        })
        .await
    }

    pub(super) fn path(&self, file: BlobFile) -> PathBuf {
        let name = HEXLOWER.encode(file.as_bytes());
        let folder: String = name.chars().take(2).collect();
        self.0.join(folder).join(name)
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
) -> io::Result<T> {
    match spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(error) => Err(io::Error::other(error)),
    }
}
