//! PNG: a row of chunks. Kept are those that decoders draw with; texts (XMP is one), times, EXIF, what is
//! not known and what stands behind the last chunk go.

use super::exif;

pub(super) const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

const EXIF: [u8; 4] = *b"eXIf";
const DATA: [u8; 4] = *b"IDAT";
const END: [u8; 4] = *b"IEND";
const KEPT: [&[u8; 4]; 19] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP",
    b"mDCV", b"cLLI", b"bKGD", b"hIST", b"pHYs", b"acTL", b"fcTL", b"fdAT",
];

pub(super) fn strip(picture: &[u8]) -> Option<Vec<u8>> {
    let mut rest = picture.strip_prefix(SIGNATURE)?;
    let mut kept = Vec::with_capacity(picture.len());
    kept.extend(SIGNATURE);
    let mut orientation = None;
    loop {
        let length = usize::try_from(u32::from_be_bytes(*rest.first_chunk::<4>()?)).ok()?;
        let (chunk, after) = rest.split_at_checked(length.checked_add(12)?)?;
        rest = after;
        let kind = *chunk.get(4..)?.first_chunk::<4>()?;
        let content = chunk.get(8..length.checked_add(8)?)?;
        if kind == EXIF {
            orientation = orientation.or_else(|| exif::orientation(content));
        }
        if kind == DATA || kind == END {
            // Before the pixels if it came before them, else at the end, as it was.
            append_orientation(&mut kept, orientation.take());
        }
        if KEPT.contains(&&kind) {
            kept.extend(chunk);
        }
        if kind == END {
            return Some(kept);
        }
    }
}

fn append_orientation(kept: &mut Vec<u8>, orientation: Option<u16>) {
    let Some(orientation) = orientation else { return };
    let tiff = exif::only(orientation);
    kept.extend(u32::try_from(tiff.len()).unwrap_or(u32::MAX).to_be_bytes());
    let begin = kept.len();
    kept.extend(EXIF);
    kept.extend(tiff);
    let sum = crc32(kept.get(begin..).unwrap_or_default());
    kept.extend(sum.to_be_bytes());
}

/// The check sum of a chunk (ISO 3309).
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let sum = bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            let odd = sum & 1;
            (sum >> 1) ^ (odd * 0xedb8_8320)
        })
    });
    !sum
}
