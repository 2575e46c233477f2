//! Files of the facade: conversions only, as in `client`. A page's file is read in pieces, and one that is
//! opened is handed over in pieces, so that a large one is never in memory as a whole.

use crate::client::Client;
use crate::failure::Failure;
use crate::input::{ConversationIdText, MessageKeyText, parse};
use async_trait::async_trait;
use js_sys::{Array, Uint8Array};
use tsify::Ts;
use undertone_client_core::MessageKey;
use undertone_client_core::file::{Download, FileSource, Outgoing, SourceError};
use undertone_client_core::message::draft::Draft;
use undertone_wire::ConversationId;
use undertone_wire::content::Preview;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, FileSystemFileHandle, FileSystemWritableFileStream};

#[wasm_bindgen(typescript_custom_section)]
const OUTGOING: &str = "
/** A file that is to be sent. */
export interface OutgoingFile {
  readonly file: Blob;
  readonly name: string;
  readonly mediaType: string;
  /** Of pictures and videos, in pixels. */
  readonly width?: number;
  readonly height?: number;
  /** A small PNG, JPEG or WebP without metadata. */
  readonly thumbnail?: Uint8Array;
  readonly durationMs?: number;
}
";

#[wasm_bindgen]
extern "C" {
    /// What a page wants to send.
    #[wasm_bindgen(typescript_type = "OutgoingFile")]
    pub type OutgoingFile;
    #[wasm_bindgen(method, getter)]
    fn file(this: &OutgoingFile) -> Blob;
    #[wasm_bindgen(method, getter)]
    fn name(this: &OutgoingFile) -> String;
    #[wasm_bindgen(method, getter, js_name = mediaType)]
    fn media_type(this: &OutgoingFile) -> String;
    #[wasm_bindgen(method, getter)]
    fn width(this: &OutgoingFile) -> Option<u32>;
    #[wasm_bindgen(method, getter)]
    fn height(this: &OutgoingFile) -> Option<u32>;
    #[wasm_bindgen(method, getter)]
    fn thumbnail(this: &OutgoingFile) -> Option<Uint8Array>;
    #[wasm_bindgen(method, getter, js_name = durationMs)]
    fn duration_ms(this: &OutgoingFile) -> Option<u32>;
}

#[wasm_bindgen]
impl Client {
    /// Shows a message with files at once; resolves when the page may forget them.
    #[wasm_bindgen(js_name = sendFiles)]
    pub async fn send_files(
        &self,
        conversation: ConversationIdText,
        key: MessageKeyText,
        draft: Ts<Draft>,
        files: Vec<OutgoingFile>,
    ) -> Result<(), Failure> {
        let conversation = parse::<ConversationId>(&conversation)?;
        let key = parse::<MessageKey>(&key)?;
        let draft: Draft = draft.to_rust()?;
        let files = files.iter().map(outgoing).collect();
        self.core.send_files(conversation, key, (draft, files)).await?;
        Ok(())
    }

    /// Halts the upload of a file.
    #[wasm_bindgen(js_name = pauseFile)]
    pub fn pause_file(&self, key: &MessageKeyText, index: u32) -> Result<(), Failure> {
        Ok(self.core.pause_file(parse(key)?, index)?)
    }

    /// Goes on with an upload.
    #[wasm_bindgen(js_name = resumeFile)]
    pub fn resume_file(&self, key: &MessageKeyText, index: u32) -> Result<(), Failure> {
        Ok(self.core.resume_file(parse(key)?, index)?)
    }

    /// Takes a file back whose message is not sent yet.
    #[wasm_bindgen(js_name = cancelFile)]
    pub fn cancel_file(&self, key: &MessageKeyText, index: u32) -> Result<(), Failure> {
        Ok(self.core.cancel_file(parse(key)?, index)?)
    }

    /// The longest file that can be sent, in bytes.
    #[wasm_bindgen(js_name = fileBytesMax)]
    pub fn file_bytes_max(&self) -> Result<f64, Failure> {
        #[expect(clippy::cast_precision_loss, reason = "limits are far below 2^53")]
        Ok(self.core.file_bytes_max()? as f64)
    }

    /// Opens a file. The browser holds its bytes; it has no media type.
    #[wasm_bindgen(js_name = openFile)]
    pub async fn open_file(&self, key: MessageKeyText, index: u32) -> Result<Blob, Failure> {
        let mut download = self.core.download(parse(&key)?, index)?;
        let pieces = Array::new();
        while let Some(piece) = download.next().await? {
            let piece = Uint8Array::from(piece.as_slice());
            pieces.push(&JsValue::from(blob(&Array::of1(&piece), "")?));
        }
        blob(&pieces, "")
    }

    /// Opens a picture that can be drawn without harm; its media type is what its bytes say.
    #[wasm_bindgen(js_name = openPicture)]
    pub async fn open_picture(&self, key: MessageKeyText, index: u32) -> Result<Blob, Failure> {
        let picture = self.core.picture(parse(&key)?, index).await?;
        let bytes = Uint8Array::from(picture.bytes.as_slice());
        blob(&Array::of1(&bytes), picture.media_type)
    }

    /// Saves a file where the user chose, piece by piece. What is damaged is not saved.
    #[wasm_bindgen(js_name = saveFile)]
    pub async fn save_file(
        &self,
        key: MessageKeyText,
        index: u32,
        handle: FileSystemFileHandle,
    ) -> Result<(), Failure> {
        let mut download = self.core.download(parse(&key)?, index)?;
        let stream = JsFuture::from(handle.create_writable())
            .await
            .map_err(unwritable)?;
        let stream: FileSystemWritableFileStream = stream.unchecked_into();
        match write(&mut download, &stream).await {
            Ok(()) => {
                JsFuture::from(stream.close()).await.map_err(unwritable)?;
                Ok(())
            }
            Err(failure) => {
                // What was there before stays; an error of this tells nothing more.
                drop(JsFuture::from(stream.abort()).await);
                Err(failure)
            }
        }
    }
}

async fn write(download: &mut Download, stream: &FileSystemWritableFileStream) -> Result<(), Failure> {
    while let Some(piece) = download.next().await? {
        let bytes = Uint8Array::from(piece.as_slice());
        let written = stream.write_with_buffer_source(&bytes).map_err(unwritable)?;
        JsFuture::from(written).await.map_err(unwritable)?;
    }
    Ok(())
}

fn outgoing(file: &OutgoingFile) -> Outgoing {
    let size = file.width().zip(file.height());
    Outgoing {
        name: file.name(),
        media_type: file.media_type(),
        preview: size.map(|(width, height)| Preview {
            width,
            height,
            thumbnail: file.thumbnail().map(|bytes| bytes.to_vec().into()),
        }),
        duration_ms: file.duration_ms(),
        source: Box::new(PageFile(file.file())),
    }
}

/// A file that a page was given.
struct PageFile(Blob);

#[async_trait(?Send)]
impl FileSource for PageFile {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a length is a whole number from 0 to 2^53"
    )]
    fn size(&self) -> u64 {
        self.0.size() as u64
    }

    async fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>, SourceError> {
        #[expect(clippy::cast_precision_loss, reason = "lengths are far below 2^53")]
        let (from, to) = (offset as f64, offset as f64 + length as f64);
        let part = self.0.slice_with_f64_and_f64(from, to).map_err(unreadable)?;
        let bytes = JsFuture::from(part.array_buffer()).await.map_err(unreadable)?;
        let bytes = Uint8Array::new(&bytes).to_vec();
        if bytes.len() == length {
            Ok(bytes)
        } else {
            Err(SourceError::Changed)
        }
    }
}

fn blob(parts: &Array, media_type: &str) -> Result<Blob, Failure> {
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    Blob::new_with_blob_sequence_and_options(parts, &options)
        .map_err(|error| Failure::new("disk_full", format!("{error:?}")))
}

fn unreadable(error: JsValue) -> SourceError {
    // JavaScript's errors cannot leave their thread: keep their words.
    SourceError::Failed(format!("{error:?}").into())
}

fn unwritable(error: JsValue) -> Failure {
    Failure::new("file_unwritable", format!("{error:?}"))
}
