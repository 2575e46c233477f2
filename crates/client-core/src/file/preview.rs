//! Previews, which strangers send: which thumbnails and which pictures a screen may draw. A few bytes can
//! claim to be a picture of a billion pixels; such are not drawn.

use undertone_wire::content::Preview;
use undertone_wire::limits::THUMBNAIL_BYTES_MAX;

/// The longest edge of a thumbnail, in pixels.
const THUMBNAIL_EDGE_MAX: usize = 512;
/// The longest edge of a picture that is drawn, in pixels.
const PICTURE_EDGE_MAX: usize = 16_384;
/// The most pixels of a picture that is drawn: four bytes each are in memory while it is.
const PICTURE_PIXELS_MAX: usize = 64_000_000;

/// The dimensions that a sender gives, where they can be meant seriously.
pub(crate) fn dimensions(preview: &Preview) -> Option<(u32, u32)> {
    let most = u32::try_from(PICTURE_EDGE_MAX)
        .unwrap_or(u32::MAX)
        .saturating_mul(4);
    let serious = |edge: u32| (1..=most).contains(&edge);
    (serious(preview.width) && serious(preview.height)).then_some((preview.width, preview.height))
}

/// Whether what somebody sent can be passed on.
pub(crate) fn is_safe(preview: &Preview) -> bool {
    let thumbnail = preview.thumbnail.as_ref();
    dimensions(preview).is_some() && thumbnail.is_none_or(|it| is_safe_thumbnail(it.as_slice()))
}

/// Whether a thumbnail is a small PNG, JPEG or WebP.
pub(crate) fn is_safe_thumbnail(bytes: &[u8]) -> bool {
    let Some(found) = Picture::of(bytes) else {
        return false;
    };
    let small = |edge: usize| (1..=THUMBNAIL_EDGE_MAX).contains(&edge);
    bytes.len() <= THUMBNAIL_BYTES_MAX && found.is_still && small(found.width) && small(found.height)
}

/// A picture by its own first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Picture {
    /// What it is, whatever its sender says.
    pub(crate) media_type: &'static str,
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// PNG, JPEG or WebP.
    is_still: bool,
}

impl Picture {
    /// Reads the head of a picture.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        use imagesize::ImageType;
        let (media_type, is_still) = match imagesize::image_type(bytes).ok()? {
            ImageType::Png => ("image/png", true),
            ImageType::Jpeg => ("image/jpeg", true),
            ImageType::Webp => ("image/webp", true),
            ImageType::Gif => ("image/gif", false),
            ImageType::Heif(imagesize::Compression::Av1) => ("image/avif", false),
            _ => return None,
        };
        let size = imagesize::blob_size(bytes).ok()?;
        Some(Self {
            media_type,
            width: size.width,
            height: size.height,
            is_still,
        })
    }

    /// Whether it may be drawn.
    pub(crate) fn is_drawable(&self) -> bool {
        let edge = |edge: usize| (1..=PICTURE_EDGE_MAX).contains(&edge);
        edge(self.width) && edge(self.height) && self.width.saturating_mul(self.height) <= PICTURE_PIXELS_MAX
    }
}

/// Width and height of a picture by its first bytes, if it may be drawn.
pub fn drawable_size(head: &[u8]) -> Option<(u32, u32)> {
    let picture = Picture::of(head).filter(Picture::is_drawable)?;
    u32::try_from(picture.width)
        .ok()
        .zip(u32::try_from(picture.height).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes.extend([8, 2, 0, 0, 0, 0, 0, 0, 0]);
        bytes
    }

    #[test]
    fn a_thumbnail_is_a_small_picture_of_three_kinds() {
        assert!(is_safe_thumbnail(&png(64, 48)));
        assert!(is_safe_thumbnail(&png(512, 1)));
        assert!(!is_safe_thumbnail(&png(513, 1)));
        assert!(!is_safe_thumbnail(&png(0, 48)));
        assert!(!is_safe_thumbnail(&png(64, u32::MAX)));
        assert!(!is_safe_thumbnail(b"GIF89a\x01\x00\x01\x00"));
        assert!(!is_safe_thumbnail(b"<svg xmlns='http://www.w3.org/2000/svg'/>"));
        assert!(!is_safe_thumbnail(b""));
        let mut long = png(64, 48);
        long.resize(THUMBNAIL_BYTES_MAX + 1, 0);
        assert!(!is_safe_thumbnail(&long));
    }

    #[test]
    fn a_picture_of_absurd_dimensions_is_not_drawn() {
        assert!(Picture::of(&png(4000, 3000)).is_some_and(|picture| picture.is_drawable()));
        assert!(!Picture::of(&png(16_385, 1)).is_some_and(|picture| picture.is_drawable()));
        assert!(!Picture::of(&png(16_000, 16_000)).is_some_and(|picture| picture.is_drawable()));
        assert!(Picture::of(b"<svg/>").is_none());
        assert_eq!(drawable_size(&png(4000, 3000)), Some((4000, 3000)));
        assert_eq!(drawable_size(&png(9000, 8000)), None);
        assert_eq!(drawable_size(b"\x89PNG\r\n"), None);
    }

    #[test]
    fn dimensions_by_the_senders_word_are_bounded() {
        let preview = |width, height| Preview {
            width,
            height,
            thumbnail: None,
        };
        assert_eq!(dimensions(&preview(4000, 3000)), Some((4000, 3000)));
        assert_eq!(dimensions(&preview(0, 3000)), None);
        assert_eq!(dimensions(&preview(u32::MAX, 1)), None);
    }
}
