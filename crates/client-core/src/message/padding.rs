//! Padding to size classes, so that the length of a ciphertext says little about what was written.
//!
//! A padded message is its length in four bytes, itself, and zeros up to the next class: 256, 384,
//! 512, 768, 1024 … bytes, each power of two and what lies half-way to the next.

use undertone_wire::limits::MESSAGE_BYTES_MAX;

const LENGTH_BYTES: usize = 4;
/// The smallest class.
const SMALLEST: usize = 256;
/// The largest class: what MLS adds must still fit into a message.
const LARGEST: usize = MESSAGE_BYTES_MAX / 4 * 3;

/// More than a message can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the message is too long")]
pub struct TooLong;

/// Bytes that no honest client pads so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the padding is malformed")]
pub struct BadPadding;

/// Pads to the next class.
pub fn pad(content: &[u8]) -> Result<Vec<u8>, TooLong> {
    let length = u32::try_from(content.len()).map_err(|_| TooLong)?;
    let wanted = content.len().checked_add(LENGTH_BYTES).ok_or(TooLong)?;
    let class = class_of(wanted).ok_or(TooLong)?;
    let mut padded = Vec::with_capacity(class);
    padded.extend_from_slice(&length.to_be_bytes());
    padded.extend_from_slice(content);
    padded.resize(class, 0);
    Ok(padded)
}

/// Takes the padding away. Only what [`pad`] makes is accepted, so that padding carries nothing.
pub fn unpad(padded: &[u8]) -> Result<&[u8], BadPadding> {
    let (length, rest) = padded.split_first_chunk::<LENGTH_BYTES>().ok_or(BadPadding)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| BadPadding)?;
    let (content, zeros) = rest.split_at_checked(length).ok_or(BadPadding)?;
    let wanted = length.checked_add(LENGTH_BYTES).ok_or(BadPadding)?;
    let canonical = class_of(wanted) == Some(padded.len()) && zeros.iter().all(|byte| *byte == 0);
    if canonical { Ok(content) } else { Err(BadPadding) }
}

/// The smallest class that holds so many bytes.
fn class_of(length: usize) -> Option<usize> {
    let power = length.max(SMALLEST).checked_next_power_of_two()?;
    let half_way = power / 4 * 3;
    let class = if length <= half_way && half_way >= SMALLEST {
        half_way
    } else {
        power
    };
    (class <= LARGEST).then_some(class)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use undertone_wire::limits::TEXT_BYTES_MAX;

    #[test]
    fn classes_are_powers_of_two_and_half_way_between() {
        let classes: Vec<_> = [0, 252, 253, 380, 381, 508, 509, 764, 765]
            .map(|n| pad(&vec![1; n]).unwrap().len())
            .into();
        assert_eq!(classes, [256, 256, 384, 384, 512, 512, 768, 768, 1024]);
    }

    #[test]
    fn the_longest_text_fits_and_more_than_the_largest_class_does_not() {
        assert_eq!(pad(&vec![1; TEXT_BYTES_MAX + 400]).unwrap().len(), LARGEST);
        assert_eq!(pad(&vec![1; LARGEST - LENGTH_BYTES + 1]), Err(TooLong));
    }

    #[test]
    fn other_padding_is_refused() {
        let padded = pad(b"hello").unwrap();
        let mut with_news = padded.clone();
        with_news[200] = 1;
        let mut longer = padded.clone();
        longer.resize(384, 0);
        let mut lying = padded.clone();
        lying[3] = 255;
        for bad in [&with_news[..], &longer, &lying, &padded[..255], b"", b"\0\0\0"] {
            assert_eq!(unpad(bad), Err(BadPadding));
        }
    }

    proptest! {
        #[test]
        fn what_is_padded_comes_back(content in proptest::collection::vec(any::<u8>(), 0..5000)) {
            let padded = pad(&content).unwrap();
            prop_assert_eq!(unpad(&padded), Ok(content.as_slice()));
            prop_assert!(padded.len() >= content.len() + LENGTH_BYTES);
            prop_assert!(padded.len() <= SMALLEST.max((content.len() + LENGTH_BYTES) * 3 / 2 + 2));
        }

        #[test]
        fn any_bytes_are_refused_or_pad_back_to_themselves(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            if let Ok(content) = unpad(&bytes) {
                prop_assert_eq!(pad(content).unwrap(), bytes.clone());
            }
        }
    }
}
