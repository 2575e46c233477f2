//! Sealed files in a directory of the machine, which nobody else on it may read.

use crate::store::StoreError;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use undertone_wire::BlobId;

#[derive(Debug)]
pub(super) struct Directory(PathBuf);

#[derive(Debug)]
pub(super) struct Writer(File);

impl Directory {
    pub(super) fn beside(store: &Path) -> Self {
        let mut name = store.file_name().unwrap_or_default().to_owned();
        name.push(".files");
        Self(store.with_file_name(name))
    }

    pub(super) fn create(&self, blob: BlobId) -> Result<Writer, StoreError> {
        let mut directory = DirBuilder::new();
        directory.recursive(true);
        let mut file = OpenOptions::new();
        file.write(true).create(true).truncate(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
            directory.mode(0o700);
            file.mode(0o600);
        }
        directory.create(&self.0).map_err(failed)?;
        file.open(self.path(blob)).map(Writer).map_err(failed)
    }

    pub(super) fn read(&self, blob: BlobId, offset: u64, length: usize) -> Result<Vec<u8>, StoreError> {
        let mut file = File::open(self.path(blob)).map_err(failed)?;
        file.seek(SeekFrom::Start(offset)).map_err(failed)?;
        let mut bytes = Vec::with_capacity(length);
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        file.take(length).read_to_end(&mut bytes).map_err(failed)?;
        Ok(bytes)
    }

    pub(super) fn delete(&self, blob: BlobId) -> Result<(), StoreError> {
        match fs::remove_file(self.path(blob)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(error)),
            _ => Ok(()),
        }
    }

    pub(super) fn list(&self) -> Result<Vec<BlobId>, StoreError> {
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut blobs = Vec::new();
        for entry in entries {
            let name = entry.map_err(failed)?.file_name();
            // What is not ours is left alone.
            blobs.extend(name.to_str().and_then(|name| name.parse::<BlobId>().ok()));
        }
        Ok(blobs)
    }

    fn path(&self, blob: BlobId) -> PathBuf {
        self.0.join(blob.to_string())
    }
}

impl Writer {
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.0.write_all(bytes).map_err(failed)
    }

    pub(super) fn finish(self) -> Result<(), StoreError> {
        self.0.sync_all().map_err(failed)
    }
}

fn failed(error: io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::NoRoom(Box::new(error)),
        _ => StoreError::File(Box::new(error)),
    }
}
