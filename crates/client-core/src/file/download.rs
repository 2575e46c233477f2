//! Opening a file: its segments are fetched from this device or from the server, decrypted one after the
//! other, and handed on in pieces. The last piece comes only if the whole is what was sent. Any part can
//! be opened by itself, where somebody wants to look into the middle.

use super::error::{FileError, SourceError};
use super::preview::Picture;
use super::seal::{FileKeys, Layout, SEALED_SEGMENT_BYTES};
use super::source::FileSource;
use super::upload::{KEPT_BYTES_MAX, keep_within_limits};
use super::{name, transfer};
use crate::account::AccountError;
use crate::change::Change;
use crate::core::Core;
use crate::error::ClientError;
use crate::message::key::MessageKey;
use crate::store::sealed::SealedWriter;
use crate::sync::backoff;
use async_trait::async_trait;
use sha2::{Digest, Sha256};
use std::rc::Rc;
use subtle::ConstantTimeEq;
use undertone_wire::content::FileReference;
use undertone_wire::limits::SEGMENT_BYTES;
use undertone_wire::{Bytes, ConversationId, ErrorCode};

/// Segments that are fetched at once: about a megabyte.
const SEGMENTS_AT_ONCE: u32 = 16;
/// So often a piece is asked for before the download fails.
const TRIES: u32 = 6;
/// Larger pictures are not drawn.
const PICTURE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// A file that is being opened, from its beginning to its end.
pub struct Download {
    core: Rc<Core>,
    conversation: ConversationId,
    reference: FileReference,
    keys: FileKeys,
    is_here: bool,
    next: u32,
    /// So many segments are fetched at once.
    step: u32,
    hash: Sha256,
    /// What was fetched is kept on this device, where it is small enough.
    keep: Option<SealedWriter>,
}

impl std::fmt::Debug for Download {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Download({} bytes)", self.reference.size)
    }
}

impl Download {
    /// Begins to open a file of a message.
    pub(crate) fn begin(core: &Rc<Core>, key: MessageKey, index: u32) -> Result<Self, ClientError> {
        let (message, file) = transfer::find(core, key, index)?;
        let reference = file.reference;
        Ok(Self {
            core: Rc::clone(core),
            conversation: message.conversation,
            keys: FileKeys::derive(reference.key.as_slice(), reference.size),
            reference,
            is_here: file.is_here,
            next: 0,
            step: SEGMENTS_AT_ONCE,
            hash: Sha256::new(),
            keep: None,
        })
    }

    /// Fetches one segment after the other, as a far larger file would be.
    #[cfg(test)]
    pub(crate) fn slowly(self) -> Self {
        Self { step: 1, ..self }
    }

    /// How many bytes it has.
    pub fn size(&self) -> u64 {
        self.reference.size
    }

    /// A name that it can be saved under.
    pub fn name(&self) -> String {
        name::safe(&self.reference.name)
    }

    /// The next piece, or `None` behind the last. The last one comes only if all of them together are what
    /// was sent; of an empty file there is none.
    ///
    /// Not cancel safe: a download whose piece was given up begins anew.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, ClientError> {
        let layout = self.keys.layout();
        if self.next >= layout.segments() {
            return Ok(None);
        }
        let content = self.advance().await?;
        self.hash.update(&content);
        if Layout::begin_of(self.next) >= self.reference.size {
            self.check_hash()?;
            // Padding may fill many segments: there is nothing in them but for who keeps the whole.
            while self.keep.is_some() && self.next < layout.segments() {
                self.advance().await?;
            }
            self.next = layout.segments();
            self.kept().await?;
        }
        Ok((!content.is_empty()).then_some(content))
    }

    /// Fetches, keeps and opens the next segments.
    async fn advance(&mut self) -> Result<Vec<u8>, ClientError> {
        let first = self.next;
        let until = first.saturating_add(self.step).min(self.keys.layout().segments());
        let sealed = self.fetch(first, until).await?;
        self.keep(first, &sealed).await?;
        let content = self.open(first, &sealed)?;
        self.next = until;
        Ok(content)
    }

    /// Bytes from the middle of the file, at most so many; the hash of the whole is not checked.
    pub async fn read_part(&self, offset: u64, length: usize) -> Result<Vec<u8>, ClientError> {
        let left = self.reference.size.saturating_sub(offset);
        let length = u64::try_from(length).unwrap_or(u64::MAX).min(left);
        if length == 0 {
            return Ok(Vec::new());
        }
        let segment = u64::try_from(SEGMENT_BYTES).unwrap_or(u64::MAX);
        let number = |at: u64| u32::try_from(at / segment).unwrap_or(u32::MAX);
        let first = number(offset);
        let last = number(offset.saturating_add(length).saturating_sub(1));
        let until = last
            .min(first.saturating_add(SEGMENTS_AT_ONCE).saturating_sub(1))
            .saturating_add(1);
        let sealed = self.fetch(first, until).await?;
        let content = self.open(first, &sealed)?;
        let skip = usize::try_from(offset.saturating_sub(Layout::begin_of(first))).unwrap_or(usize::MAX);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        Ok(content.into_iter().skip(skip).take(length).collect())
    }

    /// Sealed segments, the first with what stands before it.
    async fn fetch(&self, first: u32, until: u32) -> Result<Vec<u8>, ClientError> {
        let layout = self.keys.layout();
        let from = if first == 0 { 0 } else { Layout::offset_of(first) };
        let to = Layout::offset_of(until).min(layout.sealed());
        let length = usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX);
        let blob = self.reference.blob;
        if self.is_here {
            let read = self.core.sealed.read(blob, from, length).await;
            // What is not on the disk any more may be on the server.
            if let Some(bytes) = read.ok().filter(|bytes| bytes.len() == length) {
                return Ok(bytes);
            }
        }
        let bytes = self.fetch_from_server((from, to)).await?;
        if bytes.len() == length {
            Ok(bytes)
        } else {
            Err(FileError::Damaged(None).into())
        }
    }

    async fn fetch_from_server(&self, (from, to): (u64, u64)) -> Result<Vec<u8>, ClientError> {
        let core = &self.core;
        let blob = self.reference.blob;
        let mut failures = 0;
        loop {
            let got = core
                .account
                .authorized(async |token| core.api.blob_range(token, blob, (from, to)).await)
                .await;
            match got {
                Ok(bytes) => return Ok(bytes),
                Err(AccountError::Api(error)) if error.code() == Some(ErrorCode::NotFound) => {
                    return Err(FileError::Gone.into());
                }
                Err(AccountError::Api(error)) if error.is_temporary() && failures < TRIES => {
                    failures += 1;
                    core.platform
                        .sleep(backoff::delay(failures, &mut rand::rngs::OsRng))
                        .await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn open(&self, first: u32, sealed: &[u8]) -> Result<Vec<u8>, ClientError> {
        let damaged = |error| FileError::Damaged(Some(error));
        let mut rest = sealed;
        if first == 0 {
            self.keys.check_commitment(sealed).map_err(damaged)?;
            rest = sealed.get(self.keys.commitment().len()..).unwrap_or_default();
        }
        let mut content = Vec::with_capacity(rest.len());
        for (number, segment) in (first..).zip(rest.chunks(SEALED_SEGMENT_BYTES)) {
            content.extend(self.keys.open(number, segment.to_vec()).map_err(damaged)?);
        }
        Ok(content)
    }

    fn check_hash(&self) -> Result<(), FileError> {
        let found = self.hash.clone().finalize();
        if bool::from(found.as_slice().ct_eq(self.reference.sha256.as_slice())) {
            Ok(())
        } else {
            Err(FileError::Damaged(None))
        }
    }

    /// Keeps what was fetched of a small file. A disk that takes nothing does not hold the download up.
    async fn keep(&mut self, first: u32, sealed: &[u8]) -> Result<(), ClientError> {
        if self.is_here || self.keys.layout().sealed() > KEPT_BYTES_MAX {
            return Ok(());
        }
        if first == 0 {
            self.keep = self.core.sealed.create(self.reference.blob).await.ok();
        }
        if let Some(writer) = &mut self.keep
            && writer.write(sealed).is_err()
        {
            self.keep = None;
        }
        Ok(())
    }

    /// The last of it was kept.
    async fn kept(&mut self) -> Result<(), ClientError> {
        let core = &self.core;
        let Some(writer) = self.keep.take() else {
            return Ok(());
        };
        if writer.finish().is_err() {
            return Ok(());
        }
        let blob = self.reference.blob;
        if !core.store.knows_blob(blob)? {
            // Its message was deleted meanwhile.
            core.sealed.delete(blob).await?;
            return Ok(());
        }
        core.transaction(|| Ok(core.store.set_file_here(blob, Some(core.platform.now()))?))?;
        core.publish(Change::Timeline(self.conversation));
        keep_within_limits(core).await
    }
}

/// Of a file that is passed on.
#[async_trait(?Send)]
impl FileSource for Download {
    fn size(&self) -> u64 {
        self.reference.size
    }

    async fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>, SourceError> {
        let mut bytes = Vec::with_capacity(length);
        while bytes.len() < length {
            let done = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            let left = length.saturating_sub(bytes.len());
            let piece = self.read_part(offset.saturating_add(done), left).await;
            let piece = piece.map_err(|error| SourceError::Failed(error.into()))?;
            if piece.is_empty() {
                return Err(SourceError::Changed);
            }
            bytes.extend(piece);
        }
        Ok(bytes)
    }
}

/// A picture that may be drawn.
#[derive(Clone, PartialEq, Eq)]
pub struct OpenedPicture {
    /// What it is by its own bytes.
    pub media_type: &'static str,
    /// The file.
    pub bytes: Bytes,
}

impl std::fmt::Debug for OpenedPicture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "OpenedPicture({}, {} bytes)",
            self.media_type,
            self.bytes.len()
        )
    }
}

/// Opens a picture, if its own bytes say that it is one that can be drawn without harm.
pub(crate) async fn picture(
    core: &Rc<Core>,
    key: MessageKey,
    index: u32,
) -> Result<OpenedPicture, ClientError> {
    let mut download = Download::begin(core, key, index)?;
    if download.size() > PICTURE_BYTES_MAX {
        return Err(FileError::NotShown.into());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(download.size()).unwrap_or_default());
    while let Some(piece) = download.next().await? {
        bytes.extend(piece);
    }
    let found = Picture::of(&bytes).filter(Picture::is_drawable);
    let found = found.ok_or(FileError::NotShown)?;
    Ok(OpenedPicture {
        media_type: found.media_type,
        bytes: bytes.into(),
    })
}
