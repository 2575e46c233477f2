//! WebP: a RIFF file of chunks. Kept are those that decoders draw with; EXIF, XMP, what is not known and
//! what stands behind the end go.

use super::exif;

const EXTENDED: [u8; 4] = *b"VP8X";
const EXIF: [u8; 4] = *b"EXIF";
const KEPT: [&[u8; 4]; 7] = [b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"];
/// What the head says of EXIF and XMP.
const EXIF_FLAG: u8 = 0x08;
const XMP_FLAG: u8 = 0x04;

pub(super) fn strip(picture: &[u8]) -> Option<Vec<u8>> {
    let body = picture.strip_prefix(b"RIFF")?;
    let length = usize::try_from(u32::from_le_bytes(*body.first_chunk::<4>()?)).ok()?;
    let mut rest = body.get(4..length.checked_add(4)?)?.strip_prefix(b"WEBP")?;
    let mut kept = b"RIFF\0\0\0\0WEBP".to_vec();
    kept.reserve(picture.len());
    let mut flags_at = None;
    let mut orientation = None;
    while !rest.is_empty() {
        let kind = *rest.first_chunk::<4>()?;
        let length = u32::from_le_bytes(*rest.get(4..)?.first_chunk::<4>()?);
        let length = usize::try_from(length).ok()?;
        let whole = length.checked_add(8)?.checked_add(length % 2)?;
        let (chunk, after) = rest.split_at_checked(whole)?;
        rest = after;
        if kind == EXIF {
            let content = chunk.get(8..)?;
            let tiff = content.strip_prefix(b"Exif\0\0").unwrap_or(content);
            orientation = orientation.or_else(|| exif::orientation(tiff));
        }
        if KEPT.contains(&&kind) {
            if kind == EXTENDED {
                flags_at = Some(kept.len().checked_add(8)?);
            }
            kept.extend(chunk);
        }
    }
    let orientation = orientation.filter(|_| flags_at.is_some());
    if let Some(orientation) = orientation {
        let tiff = exif::only(orientation);
        kept.extend(EXIF);
        kept.extend(u32::try_from(tiff.len()).ok()?.to_le_bytes());
        kept.extend(tiff);
    }
    if let Some(at) = flags_at {
        let flags = kept.get_mut(at)?;
        *flags &= !(EXIF_FLAG | XMP_FLAG);
        if orientation.is_some() {
            *flags |= EXIF_FLAG;
        }
    }
    let length = u32::try_from(kept.len().checked_sub(8)?).ok()?;
    kept.get_mut(4..8)?.copy_from_slice(&length.to_le_bytes());
    Some(kept)
}
