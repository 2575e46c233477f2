//! The size of a picture by its first bytes: enough to refuse one that would freeze a screen, without
//! opening it.

use undertone_wire::limits::{PICTURE_BYTES_MAX, PICTURE_SIDE_MAX};

/// Whether it may be the picture of a profile: PNG, JPEG or WebP, small, and of a size that can be shown.
pub(crate) fn is_portrait(bytes: &[u8]) -> bool {
    let sides = 1..=PICTURE_SIDE_MAX;
    bytes.len() <= PICTURE_BYTES_MAX
        && size_of(bytes).is_some_and(|(width, height)| sides.contains(&width) && sides.contains(&height))
}

/// Width and height, as the header says.
fn size_of(bytes: &[u8]) -> Option<(u32, u32)> {
    if let Some(png) = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n") {
        return size_of_png(png);
    }
    if let Some(jpeg) = bytes.strip_prefix(b"\xff\xd8") {
        return size_of_jpeg(jpeg);
    }
    let is_webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    is_webp.then(|| size_of_webp(bytes.get(12..)?)).flatten()
}

fn size_of_png(chunks: &[u8]) -> Option<(u32, u32)> {
    (chunks.get(4..8)? == b"IHDR").then_some(())?;
    let side = |at: usize| {
        Some(u32::from_be_bytes(
            chunks.get(at..at.checked_add(4)?)?.try_into().ok()?,
        ))
    };
    Some((side(8)?, side(12)?))
}

/// The first frame header; what stands before it is passed over by its length.
fn size_of_jpeg(mut rest: &[u8]) -> Option<(u32, u32)> {
    loop {
        let [0xff, marker, high, low, ..] = *rest else {
            return None;
        };
        match marker {
            // Fill bytes.
            0xff => rest = rest.get(1..)?,
            // Start of frame, but for the tables of Huffman codes, of arithmetic coding, and extensions.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                let [height @ .., _, _] = *rest.get(5..9)?.first_chunk::<4>()?;
                let [_, _, width @ ..] = *rest.get(5..9)?.first_chunk::<4>()?;
                return Some((
                    u32::from(u16::from_be_bytes(width)),
                    u32::from(u16::from_be_bytes(height)),
                ));
            }
            _ => {
                let length = usize::from(u16::from_be_bytes([high, low]));
                rest = rest.get(length.checked_add(2)?..)?;
            }
        }
    }
}

fn size_of_webp(chunk: &[u8]) -> Option<(u32, u32)> {
    let body = chunk.get(8..)?;
    match chunk.get(..4)? {
        b"VP8X" => {
            let side = |at: usize| {
                let [one, two, three] = *body.get(at..)?.first_chunk::<3>()?;
                u32::from_le_bytes([one, two, three, 0]).checked_add(1)
            };
            Some((side(4)?, side(7)?))
        }
        b"VP8L" => {
            (*body.first()? == 0x2f).then_some(())?;
            let bits = u32::from_le_bytes(*body.get(1..)?.first_chunk::<4>()?);
            Some(((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1))
        }
        b"VP8 " => {
            (body.get(3..6)? == [0x9d, 0x01, 0x2a]).then_some(())?;
            let side = |at: usize| {
                let side = u16::from_le_bytes(*body.get(at..)?.first_chunk::<2>()?);
                Some(u32::from(side & 0x3fff))
            };
            Some((side(6)?, side(8)?))
        }
        _ => None,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The header of a PNG of that size.
    pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes.extend([8, 6, 0, 0, 0]);
        bytes
    }

    fn jpeg(width: u16, height: u16) -> Vec<u8> {
        let mut bytes = b"\xff\xd8\xff\xe0\0\x04ab\xff\xff\xc4\0\x02\xff\xc2\0\x11\x08".to_vec();
        bytes.extend(height.to_be_bytes());
        bytes.extend(width.to_be_bytes());
        bytes
    }

    fn webp(kind: [u8; 4], body: &[u8]) -> Vec<u8> {
        [b"RIFF\0\0\0\0WEBP", kind.as_slice(), b"\0\0\0\0", body].concat()
    }

    #[test]
    fn the_size_of_each_format_is_read_from_its_header() {
        assert_eq!(size_of(&png(640, 480)), Some((640, 480)));
        assert_eq!(size_of(&jpeg(640, 480)), Some((640, 480)));
        let extended = webp(*b"VP8X", &[0, 0, 0, 0, 0x7f, 2, 0, 0xdf, 1, 0]);
        let lossless = webp(*b"VP8L", &[0x2f, 0x7f, 0xc2, 0x77, 0]);
        let lossy = webp(*b"VP8 ", &[0, 0, 0, 0x9d, 1, 0x2a, 0x80, 2, 0xe0, 1]);
        for bytes in [extended, lossless, lossy] {
            assert_eq!(size_of(&bytes), Some((640, 480)));
        }
    }

    #[test]
    fn what_is_absurd_or_cut_off_is_no_portrait() {
        assert!(is_portrait(&png(256, 256)) && is_portrait(&jpeg(1024, 1)));
        assert!(!is_portrait(&png(0, 256)) && !is_portrait(&png(256, u32::MAX)));
        assert!(!is_portrait(&jpeg(1025, 8)) && !is_portrait(b"GIF89a") && !is_portrait(b""));
        let long = [png(16, 16), vec![0; PICTURE_BYTES_MAX]].concat();
        assert!(!is_portrait(&long));
        for whole in [png(16, 16), jpeg(16, 16), webp(*b"VP8L", &[0x2f, 1, 1, 1, 1])] {
            let header = whole.len().min(24);
            for end in 0..header {
                assert!(!is_portrait(&whole[..end]), "{end}");
            }
        }
        // A marker that leads nowhere ends.
        assert!(!is_portrait(&[0xff; 4096]) && !is_portrait(b"\xff\xd8\xff\xe0\0\0\xff\xe0\0\0"));
    }
}
