//! A file that somebody wants to send, and what of it is checked before anything is read.

use super::error::FileError;
use super::name;
use super::preview::is_safe_thumbnail;
use super::source::FileSource;
use rand::{CryptoRng, RngCore};
use undertone_wire::content::{FileReference, Preview};
use undertone_wire::limits::{FILES_PER_MESSAGE_MAX, MEDIA_TYPE_BYTES_MAX};
use undertone_wire::{BlobId, Bytes};

/// What is said of a file whose kind is not known.
const UNKNOWN_TYPE: &str = "application/octet-stream";

/// A file that is to be sent.
pub struct Outgoing {
    /// What others see of its name; a path is cut to its last part.
    pub name: String,
    /// As `image/png`; empty if it is not known.
    pub media_type: String,
    /// Of pictures and videos: dimensions, and a small picture without metadata.
    pub preview: Option<Preview>,
    /// Of audio and video.
    pub duration_ms: Option<u32>,
    /// Its bytes.
    pub source: Box<dyn FileSource>,
}

impl std::fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Outgoing({} bytes)", self.source.size())
    }
}

/// Whether these files can be sent, as far as that can be known before they are read.
pub(super) fn check(files: &[Outgoing], limit: u64) -> Result<(), FileError> {
    if !(1..=FILES_PER_MESSAGE_MAX).contains(&files.len()) {
        return Err(FileError::Count);
    }
    for file in files {
        let size = file.source.size();
        if size > limit {
            return Err(FileError::TooLarge { size, limit });
        }
        let thumbnail = file.preview.as_ref().and_then(|it| it.thumbnail.as_ref());
        let is_safe = thumbnail.is_none_or(|it| is_safe_thumbnail(it.as_slice()));
        if !is_safe || !is_media_type(&file.media_type) {
            return Err(FileError::Description);
        }
    }
    Ok(())
}

/// What will be said of a file, as far as it is known before it is read.
pub(super) fn reference(file: &Outgoing, rng: &mut (impl CryptoRng + RngCore)) -> FileReference {
    let mut blob = [0; BlobId::LEN];
    rng.fill_bytes(&mut blob);
    let media_type = if file.media_type.is_empty() {
        UNKNOWN_TYPE.to_owned()
    } else {
        file.media_type.clone()
    };
    FileReference {
        blob: BlobId::from_bytes(blob),
        key: super::seal::make_key(rng).as_slice().into(),
        size: file.source.size(),
        sha256: Bytes::default(),
        name: name::safe(&file.name),
        media_type,
        preview: file.preview.clone(),
        duration_ms: file.duration_ms,
    }
}

/// A media type that can be passed on; nothing, if it cannot.
pub(super) fn printable(media_type: String) -> String {
    if is_media_type(&media_type) {
        media_type
    } else {
        String::new()
    }
}

fn is_media_type(text: &str) -> bool {
    text.len() <= MEDIA_TYPE_BYTES_MAX && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}
