//! Sealed files on this device: natively in a directory next to the store, in the browser in one next
//! to the store's in the origin private file system. Only ciphertext lies there: the keys are in the store.
//! What lies there and why, the store's rows say; here are the bytes alone.

#[cfg(not(target_arch = "wasm32"))]
mod native;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
mod web;

use super::{StoreError, StoreLocation};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use undertone_wire::BlobId;

/// The place of all sealed files.
#[derive(Debug)]
pub(crate) struct SealedFiles(Place);

#[derive(Debug)]
enum Place {
    #[cfg(not(target_arch = "wasm32"))]
    Directory(native::Directory),
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    Opfs(web::Directory),
    /// Beside a store that is nowhere.
    Memory(Rc<RefCell<BTreeMap<BlobId, Vec<u8>>>>),
}

/// A sealed file that is being written. What was not finished is of no use.
#[derive(Debug)]
pub(crate) struct SealedWriter(Writer);

#[derive(Debug)]
enum Writer {
    #[cfg(not(target_arch = "wasm32"))]
    Directory(native::Writer),
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    Opfs(web::Writer),
    Memory {
        files: Rc<RefCell<BTreeMap<BlobId, Vec<u8>>>>,
        blob: BlobId,
        bytes: Vec<u8>,
    },
}

impl SealedFiles {
    /// The place that belongs to a store. Nothing is made before it is needed.
    pub(crate) fn beside(store: &StoreLocation) -> Self {
        match store {
            #[cfg(not(target_arch = "wasm32"))]
            StoreLocation::File(path) => Self(Place::Directory(native::Directory::beside(path))),
            #[cfg(test)]
            StoreLocation::Plain(path) => Self(Place::Directory(native::Directory::beside(path))),
            #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
            StoreLocation::Opfs { directory } => Self(Place::Opfs(web::Directory::beside(directory))),
            StoreLocation::Memory => Self(Place::Memory(Rc::default())),
        }
    }

    /// Begins a file, in place of one that may be there.
    pub(crate) async fn create(&self, blob: BlobId) -> Result<SealedWriter, StoreError> {
        Ok(SealedWriter(match &self.0 {
            #[cfg(not(target_arch = "wasm32"))]
            Place::Directory(directory) => Writer::Directory(directory.create(blob)?),
            #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
            Place::Opfs(directory) => Writer::Opfs(directory.create(blob).await?),
            Place::Memory(files) => Writer::Memory {
                files: Rc::clone(files),
                blob,
                bytes: std::future::ready(Vec::new()).await,
            },
        }))
    }

    /// Bytes of a file from an offset on; fewer only at its end.
    pub(crate) async fn read(&self, blob: BlobId, offset: u64, length: usize) -> Result<Vec<u8>, StoreError> {
        match &self.0 {
            #[cfg(not(target_arch = "wasm32"))]
            Place::Directory(directory) => directory.read(blob, offset, length),
            #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
            Place::Opfs(directory) => directory.read(blob, offset, length).await,
            Place::Memory(files) => std::future::ready(read_memory(files, blob, offset, length)).await,
        }
    }

    /// Deletes a file, if it is there.
    pub(crate) async fn delete(&self, blob: BlobId) -> Result<(), StoreError> {
        match &self.0 {
            #[cfg(not(target_arch = "wasm32"))]
            Place::Directory(directory) => directory.delete(blob),
            #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
            Place::Opfs(directory) => directory.delete(blob).await,
            Place::Memory(files) => {
                files.borrow_mut().remove(&blob);
                std::future::ready(Ok(())).await
            }
        }
    }

    /// The files that are there.
    pub(crate) async fn list(&self) -> Result<Vec<BlobId>, StoreError> {
        match &self.0 {
            #[cfg(not(target_arch = "wasm32"))]
            Place::Directory(directory) => directory.list(),
            #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
            Place::Opfs(directory) => directory.list().await,
            Place::Memory(files) => {
                let all = files.borrow().keys().copied().collect();
                std::future::ready(Ok(all)).await
            }
        }
    }
}

impl SealedWriter {
    /// Appends bytes.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        match &mut self.0 {
            #[cfg(not(target_arch = "wasm32"))]
            Writer::Directory(writer) => writer.write(bytes),
            #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
            Writer::Opfs(writer) => writer.write(bytes),
            Writer::Memory { bytes: kept, .. } => {
                kept.extend_from_slice(bytes);
                Ok(())
            }
        }
    }

    /// All is written, and survives a power cut.
    pub(crate) fn finish(self) -> Result<(), StoreError> {
        match self.0 {
            #[cfg(not(target_arch = "wasm32"))]
            Writer::Directory(writer) => writer.finish(),
            #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
            Writer::Opfs(writer) => writer.finish(),
            Writer::Memory { files, blob, bytes } => {
                files.borrow_mut().insert(blob, bytes);
                Ok(())
            }
        }
    }
}

fn read_memory(
    files: &RefCell<BTreeMap<BlobId, Vec<u8>>>,
    blob: BlobId,
    offset: u64,
    length: usize,
) -> Result<Vec<u8>, StoreError> {
    let files = files.borrow();
    let bytes = files
        .get(&blob)
        .ok_or_else(|| StoreError::File("there is no such file".into()))?;
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    Ok(bytes.iter().skip(offset).take(length).copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    const BLOB: BlobId = BlobId::from_bytes([7; 16]);

    fn story(files: &SealedFiles) {
        assert_eq!(files.list().now_or_never().unwrap().unwrap(), []);
        assert!(files.read(BLOB, 0, 1).now_or_never().unwrap().is_err());
        let mut writer = files.create(BLOB).now_or_never().unwrap().unwrap();
        writer.write(b"one ").unwrap();
        writer.write(b"two").unwrap();
        writer.finish().unwrap();
        assert_eq!(files.list().now_or_never().unwrap().unwrap(), [BLOB]);
        let read = |offset, length| files.read(BLOB, offset, length).now_or_never().unwrap();
        assert_eq!(read(4, 2).unwrap(), b"tw");
        assert_eq!(read(4, 100).unwrap(), b"two");
        assert_eq!(read(100, 1).unwrap(), b"");
        for _ in 0..2 {
            files.delete(BLOB).now_or_never().unwrap().unwrap();
        }
        assert_eq!(files.list().now_or_never().unwrap().unwrap(), []);
    }

    #[test]
    fn a_file_is_written_read_in_parts_and_deleted() {
        let directory = tempfile::tempdir().unwrap();
        let store = directory.path().join("store.db");
        story(&SealedFiles::beside(&StoreLocation::File(store)));
        story(&SealedFiles::beside(&StoreLocation::Memory));
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_on_the_machine_reads_it() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let files = SealedFiles::beside(&StoreLocation::File(directory.path().join("store.db")));
        let writer = files.create(BLOB).now_or_never().unwrap().unwrap();
        writer.finish().unwrap();
        let place = directory.path().join("store.db.files");
        assert_eq!(
            std::fs::metadata(&place).unwrap().permissions().mode() & 0o777,
            0o700
        );
        let file = std::fs::read_dir(place).unwrap().next().unwrap().unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}
