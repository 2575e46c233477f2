//! The one thing of EXIF that is kept: which way up a picture is.

/// The tag of the orientation.
const ORIENTATION: u16 = 0x0112;
/// As the picture is stored.
const UPRIGHT: u16 = 1;
/// Of entries in a directory that are looked at.
const ENTRIES_MAX: u16 = 512;

/// The orientation that a TIFF structure names, if the picture must be turned to be upright.
pub(super) fn orientation(tiff: &[u8]) -> Option<u16> {
    let order = Order::of(tiff)?;
    let directory = usize::try_from(order.long(tiff, 4)?).ok()?;
    let count = order.short(tiff, directory)?.min(ENTRIES_MAX);
    for number in 0..usize::from(count) {
        let entry = directory.checked_add(2)?.checked_add(number.checked_mul(12)?)?;
        if order.short(tiff, entry)? == ORIENTATION {
            let value = order.short(tiff, entry.checked_add(8)?)?;
            return (2..=8).contains(&value).then_some(value);
        }
    }
    None
}

/// A TIFF structure that names nothing but an orientation.
pub(super) fn only(orientation: u16) -> Vec<u8> {
    let mut tiff = b"MM\0\x2a\0\0\0\x08\0\x01".to_vec();
    tiff.extend(ORIENTATION.to_be_bytes());
    // One number of two bytes, and no further directory.
    tiff.extend(b"\0\x03\0\0\0\x01");
    tiff.extend(orientation.max(UPRIGHT).to_be_bytes());
    tiff.extend([0; 6]);
    tiff
}

#[derive(Debug, Clone, Copy)]
enum Order {
    Little,
    Big,
}

impl Order {
    fn of(tiff: &[u8]) -> Option<Self> {
        match tiff.get(..4)? {
            b"II\x2a\0" => Some(Self::Little),
            b"MM\0\x2a" => Some(Self::Big),
            _ => None,
        }
    }

    fn short(self, tiff: &[u8], at: usize) -> Option<u16> {
        let bytes = *tiff.get(at..)?.first_chunk::<2>()?;
        Some(match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        })
    }

    fn long(self, tiff: &[u8], at: usize) -> Option<u32> {
        let bytes = *tiff.get(at..)?.first_chunk::<4>()?;
        Some(match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_up_is_read_in_both_byte_orders() {
        for value in 2..=8 {
            assert_eq!(orientation(&only(value)), Some(value));
        }
        assert_eq!(orientation(&only(1)), None);
        assert_eq!(orientation(&only(9)), None);
        let little = b"II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        assert_eq!(orientation(little), Some(6));
    }

    #[test]
    fn a_directory_that_leads_nowhere_names_none() {
        assert_eq!(orientation(b""), None);
        assert_eq!(orientation(b"II\x2a\0\xff\xff\xff\xff"), None);
        assert_eq!(orientation(b"MM\0\x2a\0\0\0\x08\xff\xff\x01\x12"), None);
    }
}
