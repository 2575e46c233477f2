//! Pictures that tell of place, time, camera and author, as programs write them, and what is left.

#![allow(clippy::cast_possible_truncation, reason = "lengths in a test are small")]

use super::*;
use proptest::prelude::*;

macro_rules! picture {
    ($name:literal) => {
        include_bytes!(concat!("pictures/", $name)).as_slice()
    };
}

/// What stands in the metadata of the pictures, in one form or another.
const TOLD: [&[u8]; 9] = [
    b"CANARY",
    b"Canary",
    b"SECRETMODEL",
    b"2026",
    b"xmpmeta",
    b"8BIM",
    b"Author",
    b"XMP ",
    b"tEXt",
];

fn stripped(picture: &[u8]) -> Vec<u8> {
    Format::of(picture).unwrap().strip(picture).unwrap()
}

fn holds(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}

#[test]
fn what_a_picture_tells_besides_what_is_to_be_seen_goes() {
    for picture in [
        picture!("baseline-told.jpg"),
        picture!("progressive-told.jpg"),
        picture!("turned-told.jpg"),
        picture!("plain-told.png"),
        picture!("turned-told.png"),
        picture!("plain-told.webp"),
        picture!("turned-told.webp"),
    ] {
        assert!(TOLD.iter().any(|word| holds(picture, word)));
        let stripped = stripped(picture);
        for word in TOLD {
            assert!(!holds(&stripped, word), "{}", String::from_utf8_lossy(word));
        }
    }
}

#[test]
fn the_picture_itself_stays_byte_by_byte() {
    for (told, plain) in [
        (picture!("baseline-told.jpg"), picture!("baseline.jpg")),
        (picture!("progressive-told.jpg"), picture!("progressive.jpg")),
        (picture!("plain-told.png"), picture!("plain.png")),
    ] {
        assert_eq!(stripped(told), plain);
        assert_eq!(stripped(plain), plain, "nothing to take out");
    }
    let data = |picture: &[u8]| {
        let at = picture.windows(4).position(|window| window == b"VP8 ").unwrap();
        let length = u32::from_le_bytes(picture[at + 4..at + 8].try_into().unwrap());
        picture[at..at + 8 + length as usize].to_vec()
    };
    let webp = stripped(picture!("plain-told.webp"));
    assert_eq!(data(&webp), data(picture!("plain.webp")));
    let length = u32::from_le_bytes(webp[4..8].try_into().unwrap());
    assert_eq!(length as usize, webp.len() - 8);
    assert_eq!(webp[20] & 0x0c, 0, "its head no longer speaks of EXIF and XMP");
}

#[test]
fn which_way_up_a_picture_is_stays() {
    for (picture, way_up) in [
        (picture!("turned-told.jpg"), 6),
        (picture!("turned-told.png"), 3),
        (picture!("turned-told.webp"), 8),
    ] {
        let stripped = stripped(picture);
        let at = stripped.windows(4).position(|window| window == b"MM\0\x2a");
        let tiff = &stripped[at.unwrap()..];
        assert_eq!(exif::orientation(tiff), Some(way_up));
        assert!(tiff.starts_with(&exif::only(way_up)), "and nothing else");
        assert_eq!(super::super::preview::Picture::of(&stripped).unwrap().width, 24);
        assert_eq!(Format::of(&stripped).unwrap().strip(&stripped).unwrap(), stripped);
    }
}

#[test]
fn the_check_sum_of_a_chunk_is_the_known_one() {
    assert_eq!(png::crc32(b"123456789"), 0xcbf4_3926);
    assert_eq!(png::crc32(b"IEND"), 0xae42_6082);
}

#[test]
fn what_is_no_picture_is_left_alone() {
    for other in [
        b"".as_slice(),
        b"GIF8",
        b"\0\0\0\x18ftypisom",
        b"%PDF-1.7",
        b"RIFF\0\0\0\0WAVE",
        b"\xff\xd8",
    ] {
        assert_eq!(Format::of(other), None);
    }
}

#[test]
fn a_picture_that_is_cut_off_is_damaged() {
    for picture in [
        picture!("baseline.jpg"),
        picture!("progressive.jpg"),
        picture!("plain.png"),
        picture!("plain.webp"),
    ] {
        for length in HEAD_BYTES..picture.len() {
            let cut = &picture[..length];
            assert_eq!(Format::of(cut).unwrap().strip(cut), Err(Damaged), "{length}");
        }
    }
}

proptest! {
    #[test]
    fn whatever_follows_the_first_bytes_nothing_breaks(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        for head in [b"\xff\xd8\xff".as_slice(), png::SIGNATURE, b"RIFF\xff\0\0\0WEBP"] {
            let picture = [head, &bytes].concat();
            let once = Format::of(&picture).unwrap().strip(&picture);
            if let Ok(once) = once {
                prop_assert_eq!(Format::of(&once).unwrap().strip(&once), Ok(once.clone()));
            }
        }
    }

    #[test]
    fn whatever_is_changed_in_a_picture_nothing_breaks(at: prop::sample::Index, byte in any::<u8>()) {
        for picture in [picture!("progressive-told.jpg"), picture!("turned-told.png"), picture!("turned-told.webp")] {
            let mut changed = picture.to_vec();
            let at = at.index(changed.len());
            changed[at] = byte;
            if let Some(format) = Format::of(&changed) {
                drop(format.strip(&changed));
            }
        }
    }
}
