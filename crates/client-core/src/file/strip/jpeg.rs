//! JPEG: a row of marked segments up to the end of the image. Kept are those that decoders need, the JFIF
//! head, the colour profile and Adobe's note on colours; APP1 (EXIF, XMP), APP13 (IPTC), comments and
//! everything behind the end of the image (further pictures, films of phones) go.

use super::exif;

pub(super) const SIGNATURE: &[u8] = &[0xff, START, 0xff];

const START: u8 = 0xd8;
const END: u8 = 0xd9;
const SCAN: u8 = 0xda;
const JFIF: u8 = 0xe0;
const EXIF: u8 = 0xe1;
const PROFILE: u8 = 0xe2;
const ADOBE: u8 = 0xee;
const COMMENT: u8 = 0xfe;

const EXIF_HEAD: &[u8] = b"Exif\0\0";

pub(super) fn strip(picture: &[u8]) -> Option<Vec<u8>> {
    let mut rest = picture.strip_prefix(&[0xff, START])?;
    let mut kept = Vec::with_capacity(picture.len());
    kept.extend([0xff, START]);
    let mut orientation = None;
    loop {
        let (marker, after) = next_marker(rest)?;
        rest = after;
        match marker {
            END => {
                kept.extend([0xff, END]);
                return Some(kept);
            }
            // Neither has a length; outside a scan they mean nothing.
            0x01 | 0xd0..=0xd7 => continue,
            _ => {}
        }
        let (segment, after) = segment(rest)?;
        rest = after;
        if marker == EXIF {
            let tiff = segment.get(2..).and_then(|it| it.strip_prefix(EXIF_HEAD));
            orientation = orientation.or_else(|| tiff.and_then(exif::orientation));
        }
        if is_frame_or_scan(marker) {
            // Before the first frame, as it was.
            append_orientation(&mut kept, orientation.take());
        }
        if is_kept(marker, segment.get(2..)?) {
            kept.extend([0xff, marker]);
            kept.extend(segment);
        }
        if marker == SCAN {
            let (scan, after) = entropy(rest)?;
            kept.extend(scan);
            rest = after;
        }
    }
}

/// The next marker, behind bytes that fill.
fn next_marker(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let mut rest = bytes.strip_prefix(&[0xff])?;
    loop {
        let (marker, after) = rest.split_first()?;
        rest = after;
        match *marker {
            0xff => {}
            0x00 | START => return None,
            marker => return Some((marker, rest)),
        }
    }
}

/// A segment with the two bytes of its length, and what follows.
fn segment(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = u16::from_be_bytes(*bytes.first_chunk::<2>()?);
    if length < 2 {
        return None;
    }
    bytes.split_at_checked(usize::from(length))
}

/// The coded data of a scan, up to the next marker that ends it.
fn entropy(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut from = 0;
    loop {
        let found = bytes.get(from..)?.iter().position(|byte| *byte == 0xff)?;
        let at = from.checked_add(found)?;
        match bytes.get(at.checked_add(1)?)? {
            // A coded 0xff, or a mark to begin anew at.
            0x00 | 0xd0..=0xd7 => from = at.checked_add(2)?,
            0xff => from = at.checked_add(1)?,
            _ => return bytes.split_at_checked(at),
        }
    }
}

const fn is_frame_or_scan(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf | SCAN)
}

fn is_kept(marker: u8, content: &[u8]) -> bool {
    match marker {
        // Without the thumbnail that may follow.
        JFIF => content.starts_with(b"JFIF\0") && content.len() == 14,
        PROFILE => content.starts_with(b"ICC_PROFILE\0"),
        ADOBE => content.starts_with(b"Adobe") && content.len() == 12,
        COMMENT | 0xe1..=0xef | 0xf0..=0xfd => false,
        _ => true,
    }
}

fn append_orientation(kept: &mut Vec<u8>, orientation: Option<u16>) {
    let Some(orientation) = orientation else { return };
    let tiff = exif::only(orientation);
    let length = tiff.len().saturating_add(EXIF_HEAD.len()).saturating_add(2);
    let length = u16::try_from(length).unwrap_or(u16::MAX);
    kept.extend([0xff, EXIF]);
    kept.extend(length.to_be_bytes());
    kept.extend(EXIF_HEAD);
    kept.extend(tiff);
}
