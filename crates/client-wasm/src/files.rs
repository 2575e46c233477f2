//! Files of the facade: conversions only, as in `client`. A page's file is read in pieces, and one that is
//! opened is handed over in pieces, so that a large one is never in memory as a whole.

use crate::client::{Client, each};
use crate::convert::ToCore;
use crate::failure::Failure;
use crate::input::{ConversationIdText, MessageKeyText, parse};
use async_trait::async_trait;
use js_sys::{Array, Uint8Array};
use tsify::Ts;
use undertone_client_core::MessageKey;
use undertone_client_core::file::{Download, FileSource, Outgoing, SourceError, drawable_size};
use undertone_client_core::message::draft::Draft;
use undertone_client_core::view::GalleryView;
use undertone_wire::ConversationId;
use undertone_wire::content::Preview;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag};

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
        let draft: Draft = draft.to_core()?;
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

    /// Whether a file keeps what it says about its maker when it is sent, by its name and media type.
    #[wasm_bindgen(js_name = tellsOfMaker)]
    pub fn tells_of_maker(&self, name: &str, media_type: &str) -> bool {
        undertone_client_core::Client::tells_of_maker(name, media_type)
    }

    /// The longest file that can be sent, in bytes.
    #[wasm_bindgen(js_name = fileBytesMax)]
    pub fn file_bytes_max(&self) -> Result<f64, Failure> {
        #[expect(clippy::cast_precision_loss, reason = "limits are far below 2^53")]
        Ok(self.core.file_bytes_max()? as f64)
    }

    /// The newest pictures of a conversation, the oldest of them first.
    pub fn pictures(&self, conversation: &ConversationIdText) -> Result<Vec<Ts<GalleryView>>, Failure> {
        each(self.core.pictures(parse(conversation)?)?)
    }

    /// Width and height of a picture by its first bytes; nothing, if it cannot be drawn without harm.
    #[wasm_bindgen(js_name = drawableSize)]
    pub fn drawable_size(&self, head: &[u8]) -> Option<Vec<u32>> {
        drawable_size(head).map(|(width, height)| vec![width, height])
    }

    /// Bytes from the middle of a file, at most so many; fewer do not mean its end. The hash of the whole is
    /// not checked.
    #[wasm_bindgen(js_name = readFile)]
    pub async fn read_file(
        &self,
        key: MessageKeyText,
        index: u32,
        offset: f64,
        length: u32,
    ) -> Result<Uint8Array, Failure> {
        let download = self.core.download(parse(&key)?, index)?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let part = download.read_part(whole(offset), length).await?;
        Ok(Uint8Array::from(part.as_slice()))
    }

    /// The piece of a file that begins at an offset, for who takes all of them in their order under a name of
    /// their own; nothing behind the last, which comes only if all together are what was sent. The same again
    /// is safe.
    #[wasm_bindgen(js_name = takeFile)]
    pub async fn take_file(
        &self,
        taker: String,
        key: MessageKeyText,
        index: u32,
        offset: f64,
    ) -> Result<Option<Uint8Array>, Failure> {
        let offset = whole(offset);
        let known = {
            let mut all = self.taken.borrow_mut();
            let at = all.iter().position(|(name, _)| *name == taker);
            at.map(|at| all.remove(at).1)
        };
        let mut taken = match known.filter(|taken| taken.at == offset) {
            Some(taken) => taken,
            None => Taken::until(self.core.download(parse(&key)?, index)?, offset).await?,
        };
        let piece = taken.next().await?;
        if taken.at < taken.download.size() {
            let mut all = self.taken.borrow_mut();
            if all.len() >= TAKERS_MAX {
                // Who has not asked for longest has stopped, or begins anew.
                all.remove(0);
            }
            all.push((taker, taken));
        }
        Ok(piece.map(|piece| Uint8Array::from(piece.as_slice())))
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
}

/// So many files are taken piece by piece at once.
const TAKERS_MAX: usize = 16;

/// A file that is taken piece by piece, and how far it is.
#[derive(Debug)]
pub(crate) struct Taken {
    download: Download,
    at: u64,
}

impl Taken {
    /// Takes a file up to an offset, once more: what came before it is checked with the rest.
    async fn until(download: Download, offset: u64) -> Result<Self, Failure> {
        let mut taken = Self { download, at: 0 };
        while taken.at < offset {
            if taken.next().await?.is_none() {
                break;
            }
        }
        if taken.at == offset {
            Ok(taken)
        } else {
            Err(Failure::new("bad_request", "no piece begins there"))
        }
    }

    async fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let piece = self.download.next().await?;
        let length = piece.as_ref().map_or(0, Vec::len);
        self.at = self.at.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
        Ok(piece)
    }
}

/// A number of JavaScript as a length: whole numbers up to 2^53 are.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what is negative or not a number becomes 0"
)]
fn whole(number: f64) -> u64 {
    number as u64
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
    fn size(&self) -> u64 {
        whole(self.0.size())
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
