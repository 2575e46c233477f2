//! What sealing gives is fixed by examples, and whatever is done to a sealed file shows.

#![allow(clippy::cast_possible_truncation, reason = "lengths in a test are small")]

use super::*;
use data_encoding::HEXLOWER;
use proptest::prelude::*;
use sha2::Digest;

const KEY: [u8; 32] = [7; 32];

fn seal(key: &[u8], file: &[u8]) -> Vec<u8> {
    let keys = FileKeys::derive(key, file.len() as u64);
    let mut sealed = keys.commitment().to_vec();
    for number in 0..keys.layout().segments() {
        let begin = (Layout::begin_of(number) as usize).min(file.len());
        let end = begin + keys.layout().content_of(number);
        sealed.extend(keys.seal(number, &file[begin..end]).unwrap());
    }
    assert_eq!(sealed.len() as u64, keys.layout().sealed());
    sealed
}

fn open(key: &[u8], size: u64, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
    let keys = FileKeys::derive(key, size);
    keys.check_commitment(sealed)?;
    let mut file = Vec::new();
    let mut segments = sealed[COMMITMENT_BYTES..].chunks(SEALED_SEGMENT_BYTES);
    for number in 0..keys.layout().segments() {
        let segment = segments.next().unwrap_or_default();
        file.extend(keys.open(number, segment.to_vec())?);
    }
    Ok(file)
}

fn file(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 31 % 251) as u8).collect()
}

#[test]
fn a_sealed_file_is_what_the_protocol_says() {
    let keys = FileKeys::derive(&KEY, 5);
    assert_eq!(HEXLOWER.encode(keys.commitment()), COMMITMENT);
    let sealed = seal(&KEY, b"hello");
    assert_eq!(sealed.len(), 32 + 1024 + 16);
    assert_eq!(HEXLOWER.encode(&sealed[32..64]), BEGINNING);
    assert_eq!(HEXLOWER.encode(&Sha256::digest(&sealed)), SHORT);
    let sealed = seal(&KEY, &file(200_000));
    assert_eq!(HEXLOWER.encode(&Sha256::digest(sealed)), LONG);
}

// Computed by another program: HMAC-SHA-256 of Python, XChaCha20-Poly1305 of libsodium.
const COMMITMENT: &str = "df6d4a37ea6fc314f90d8451c360fc70608c57f8711d361c784e75c55ff80009";
const BEGINNING: &str = "6e015fe8aefb0693751417d952320eaca00c331d9e1f8a6794f57c550e3fa887";
const SHORT: &str = "cc6f1381b1ae85b33e960798a778bb04c4d2506931d5e6e6339831afc457f8c1";
const LONG: &str = "154f78332c87aeb536ac9d0f921c1fc57be93e49460f10fd2c4702347796e395";

#[test]
fn a_file_of_any_length_comes_back() {
    for length in [0, 1, 1024, 1025, 65_535, 65_536, 65_537, 131_072, 300_001] {
        let file = file(length);
        assert_eq!(
            open(&KEY, length as u64, &seal(&KEY, &file)).unwrap(),
            file,
            "{length}"
        );
    }
}

#[test]
fn another_key_is_noticed_before_anything_is_opened() {
    let sealed = seal(&KEY, b"hello");
    assert_eq!(open(&[8; 32], 5, &sealed), Err(OpenError::Commitment));
    assert_eq!(open(&KEY, 5, &sealed[..31]), Err(OpenError::Commitment));
}

#[test]
fn a_commitment_of_another_key_does_not_make_its_segments_open() {
    let mut sealed = seal(&[8; 32], b"hello");
    sealed[..32].copy_from_slice(FileKeys::derive(&KEY, 5).commitment());
    assert_eq!(open(&KEY, 5, &sealed), Err(OpenError::Segment));
}

#[test]
fn segments_stay_in_their_order() {
    let sealed = seal(&KEY, &file(262_144));
    let mut swapped = sealed[..32].to_vec();
    let segments: Vec<_> = sealed[32..].chunks(SEALED_SEGMENT_BYTES).collect();
    for number in [1, 0, 2, 3] {
        swapped.extend(segments[number]);
    }
    assert_eq!(open(&KEY, 262_144, &swapped), Err(OpenError::Segment));
}

#[test]
fn a_file_that_was_cut_off_is_noticed() {
    let sealed = seal(&KEY, &file(262_144));
    // At a border of segments: the new last one was not sealed as the last.
    let cut = &sealed[..32 + 2 * SEALED_SEGMENT_BYTES];
    assert_eq!(open(&KEY, 131_072, cut), Err(OpenError::Segment));
    assert_eq!(open(&KEY, 262_144, cut), Err(OpenError::Segment));
    assert_eq!(
        open(&KEY, 262_144, &sealed[..sealed.len() - 1]),
        Err(OpenError::Segment)
    );
}

#[test]
fn a_longer_file_than_was_said_is_noticed() {
    let sealed = seal(&KEY, &file(131_072));
    assert_eq!(open(&KEY, 65_536, &sealed), Err(OpenError::Segment));
}

#[test]
fn only_segments_of_the_file_are_sealed_and_opened() {
    let keys = FileKeys::derive(&KEY, 65_537);
    assert_eq!(keys.layout().segments(), 2);
    assert_eq!(keys.seal(2, &[]), Err(OpenError::Segment));
    assert_eq!(keys.seal(0, &vec![0; 65_535]), Err(OpenError::Segment));
    assert_eq!(keys.open(2, vec![0; 16]), Err(OpenError::Segment));
    assert_eq!(keys.open(u32::MAX, Vec::new()), Err(OpenError::Segment));
}

#[test]
fn keys_are_drawn_and_not_shown() {
    let rng = &mut rand::rngs::OsRng;
    assert_ne!(*make_key(rng), *make_key(rng));
    assert_eq!(format!("{:?}", FileKeys::derive(&KEY, 1)), "FileKeys(<redacted>)");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_single_changed_bit_anywhere_is_noticed(length in 0_usize..140_000, at: prop::sample::Index, bit in 0_u8..8) {
        let mut sealed = seal(&KEY, &file(length));
        let at = at.index(sealed.len());
        sealed[at] ^= 1 << bit;
        prop_assert!(open(&KEY, length as u64, &sealed).is_err());
    }

    #[test]
    fn every_segment_opens_by_itself(length in 0_usize..400_000, number: prop::sample::Index) {
        let file = file(length);
        let keys = FileKeys::derive(&KEY, length as u64);
        let layout = keys.layout();
        let number = number.index(layout.segments() as usize) as u32;
        let sealed = seal(&KEY, &file);
        let begin = Layout::offset_of(number) as usize;
        let end = begin + layout.sealed_segment(number).unwrap();
        let opened = keys.open(number, sealed[begin..end].to_vec()).unwrap();
        let from = (Layout::begin_of(number) as usize).min(length);
        prop_assert_eq!(&opened[..], &file[from..from + opened.len()]);
        prop_assert_eq!(opened.len(), layout.content_of(number));
    }
}
