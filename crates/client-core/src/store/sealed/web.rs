//! Sealed files in the origin private file system of a browser. Written through an access handle, which
//! only a worker has; read as a file, which others may read at the same time.

use crate::store::StoreError;
use undertone_wire::BlobId;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, DomException, File, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetDirectoryOptions,
    FileSystemGetFileOptions, FileSystemReadWriteOptions, FileSystemSyncAccessHandle, WorkerGlobalScope,
};

#[derive(Debug)]
pub(super) struct Directory(String);

/// Holds the only handle that may write; it is closed with the writer.
#[derive(Debug)]
pub(super) struct Writer {
    handle: FileSystemSyncAccessHandle,
    at: f64,
}

impl Directory {
    pub(super) fn beside(store: &str) -> Self {
        Self(format!("{store}-files"))
    }

    pub(super) async fn create(&self, blob: BlobId) -> Result<Writer, StoreError> {
        let file = self.file(blob, true).await?;
        let handle = JsFuture::from(file.create_sync_access_handle())
            .await
            .map_err(failed)?;
        let handle: FileSystemSyncAccessHandle = handle.unchecked_into();
        let writer = Writer { handle, at: 0.0 };
        writer.handle.truncate_with_u32(0).map_err(failed)?;
        Ok(writer)
    }

    pub(super) async fn read(&self, blob: BlobId, offset: u64, length: usize) -> Result<Vec<u8>, StoreError> {
        let file = self.file(blob, false).await?;
        let file: File = JsFuture::from(file.get_file())
            .await
            .map_err(failed)?
            .unchecked_into();
        let end = offset.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
        let part: Blob = file
            .slice_with_f64_and_f64(number(offset), number(end))
            .map_err(failed)?;
        let bytes = JsFuture::from(part.array_buffer()).await.map_err(failed)?;
        Ok(js_sys::Uint8Array::new(&bytes).to_vec())
    }

    pub(super) async fn delete(&self, blob: BlobId) -> Result<(), StoreError> {
        let directory = self.open().await?;
        match JsFuture::from(directory.remove_entry(&blob.to_string())).await {
            Err(error) if !is_not_found(&error) => Err(failed(error)),
            _ => Ok(()),
        }
    }

    pub(super) async fn list(&self) -> Result<Vec<BlobId>, StoreError> {
        let names = self.open().await?.keys();
        let mut blobs = Vec::new();
        loop {
            let next = names.next().map_err(failed)?;
            let next = JsFuture::from(next).await.map_err(failed)?;
            let next: js_sys::IteratorNext = next.unchecked_into();
            if next.done() {
                return Ok(blobs);
            }
            let name = next.value().as_string();
            blobs.extend(name.and_then(|name| name.parse::<BlobId>().ok()));
        }
    }

    async fn open(&self) -> Result<FileSystemDirectoryHandle, StoreError> {
        let worker = js_sys::global()
            .dyn_into::<WorkerGlobalScope>()
            .map_err(|_other| StoreError::File("this is no worker".into()))?;
        let root = JsFuture::from(worker.navigator().storage().get_directory())
            .await
            .map_err(failed)?;
        let root: FileSystemDirectoryHandle = root.unchecked_into();
        let options = FileSystemGetDirectoryOptions::new();
        options.set_create(true);
        let directory = root.get_directory_handle_with_options(&self.0, &options);
        Ok(JsFuture::from(directory).await.map_err(failed)?.unchecked_into())
    }

    async fn file(&self, blob: BlobId, create: bool) -> Result<FileSystemFileHandle, StoreError> {
        let options = FileSystemGetFileOptions::new();
        options.set_create(create);
        let directory = self.open().await?;
        let file = directory.get_file_handle_with_options(&blob.to_string(), &options);
        Ok(JsFuture::from(file).await.map_err(failed)?.unchecked_into())
    }
}

impl Writer {
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let options = FileSystemReadWriteOptions::new();
        options.set_at(self.at);
        let written = self
            .handle
            .write_with_u8_array_and_options(bytes, &options)
            .map_err(failed)?;
        let wanted = number(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        self.at += wanted;
        if written < wanted {
            return Err(StoreError::NoRoom("the browser gives no more room".into()));
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<(), StoreError> {
        self.handle.flush().map_err(failed)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.handle.close();
    }
}

#[expect(clippy::cast_precision_loss, reason = "files are far smaller than 2^53 bytes")]
fn number(bytes: u64) -> f64 {
    bytes as f64
}

fn is_not_found(error: &JsValue) -> bool {
    error_name(error) == "NotFoundError"
}

fn error_name(error: &JsValue) -> String {
    error
        .dyn_ref::<DomException>()
        .map(DomException::name)
        .unwrap_or_default()
}

fn failed(error: JsValue) -> StoreError {
    // JavaScript's errors cannot leave their thread: keep their words.
    if error_name(&error) == "QuotaExceededError" {
        StoreError::NoRoom("the browser gives no more room".into())
    } else {
        StoreError::File(format!("{error:?}").into())
    }
}
