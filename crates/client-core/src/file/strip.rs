//! What a picture tells of its maker besides what is to be seen (EXIF, XMP, IPTC, comments, thumbnails of
//! before, and whatever stands behind its end) is taken out before it is sealed. The picture itself is
//! copied byte by byte; only the way up is kept. What a picture may keep is listed: what is not known goes.
//! What files of other kinds tell stays in them, and their sender is told so (`super::kind`).

mod exif;
mod gif;
mod heif;
mod jpeg;
mod png;
mod webp;

/// Larger pictures are not taken: this is done in memory.
pub(super) const PICTURE_BYTES_MAX: u64 = 128 * 1024 * 1024;
/// So many bytes tell whether it is a picture.
pub(super) const HEAD_BYTES: usize = 64;

/// A picture that is not built as its first bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Damaged;

/// The kinds of pictures that are stripped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Gif,
    /// HEIC, AVIF, and what is built like them.
    Heif,
    Jpeg,
    Png,
    WebP,
}

impl Format {
    /// By the first bytes: whatever name or media type a file has.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        if head.starts_with(jpeg::SIGNATURE) {
            Some(Self::Jpeg)
        } else if head.starts_with(png::SIGNATURE) {
            Some(Self::Png)
        } else if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
            Some(Self::WebP)
        } else if gif::SIGNATURES
            .iter()
            .any(|signature| head.starts_with(signature))
        {
            Some(Self::Gif)
        } else if heif::is_one(head) {
            Some(Self::Heif)
        } else {
            None
        }
    }

    /// The same picture, which tells no more than what is to be seen.
    pub(super) fn strip(self, picture: &[u8]) -> Result<Vec<u8>, Damaged> {
        match self {
            Self::Gif => gif::strip(picture),
            Self::Heif => heif::strip(picture),
            Self::Jpeg => jpeg::strip(picture),
            Self::Png => png::strip(picture),
            Self::WebP => webp::strip(picture),
        }
        .ok_or(Damaged)
    }
}

#[cfg(test)]
mod tests;
