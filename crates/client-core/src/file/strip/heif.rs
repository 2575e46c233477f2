//! HEIC and AVIF: boxes within boxes. What they tell of their maker are items beside the picture (EXIF, XMP),
//! to which a list of places points. Those bytes, and boxes for programs' own notes, become zeros, so that
//! every place in the file stays good. Which way up the picture is does not depend on them.

use std::collections::BTreeSet;
use std::ops::Range;

/// What the first box says of files that are built so.
const BRANDS: [&[u8; 4]; 9] = [
    b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif", b"avis",
];
/// Items that are no pictures: EXIF; XMP; whatever a program calls by an address.
const TELLING_ITEMS: [&[u8; 4]; 3] = [b"Exif", b"mime", b"uri "];
/// What a picture is made of. All else goes: notes of programs, and films that cameras put behind a picture.
const PICTURE: [&[u8; 4]; 4] = [b"ftyp", b"meta", b"mdat", b"moov"];
/// What the list of items is made of.
const ITEMS: [&[u8; 4]; 10] = [
    b"hdlr", b"pitm", b"iinf", b"iloc", b"iprp", b"iref", b"idat", b"grpl", b"dinf", b"ipro",
];
/// What a picture that moves is made of, and each of its tracks.
const FILM: [&[u8; 4]; 2] = [b"mvhd", b"trak"];
const TRACK: [&[u8; 4]; 4] = [b"tkhd", b"tref", b"edts", b"mdia"];
/// Properties of items that are words of a person or of a program.
const TELLING_PROPERTIES: [&[u8; 4]; 2] = [b"udes", b"uuid"];
/// Notes are few, and in few pieces.
const PLACES_MAX: usize = 1000;
/// The box that nobody reads.
const NOTHING: &[u8; 4] = b"free";

pub(super) fn is_one(head: &[u8]) -> bool {
    let length = head.first_chunk().map_or(0, |length| u32::from_be_bytes(*length));
    let end = usize::try_from(length).unwrap_or(usize::MAX).min(head.len());
    // The brand, a version, and other brands that it may be read as.
    let brands = head.get(8..end).unwrap_or_default().chunks_exact(4);
    head.get(4..8) == Some(b"ftyp")
        && brands
            .enumerate()
            .any(|(at, brand)| at != 1 && BRANDS.iter().any(|known| brand == known.as_slice()))
}

pub(super) fn strip(picture: &[u8]) -> Option<Vec<u8>> {
    let mut kept = picture.to_vec();
    let mut has_items = false;
    for found in keep_only(picture, &mut kept, 0..picture.len(), &PICTURE)? {
        match &found.kind {
            b"meta" => {
                has_items = true;
                strip_items(picture, &mut kept, &found)?;
            }
            b"moov" => strip_film(picture, &mut kept, found.content)?,
            _ => {}
        }
    }
    // A picture without a list of items is none.
    has_items.then_some(kept)
}

/// One box: what it is, and where its kind and its content stand.
struct Found {
    kind: [u8; 4],
    kind_at: usize,
    content: Range<usize>,
}

/// The boxes that stand in a row.
fn boxes(bytes: &[u8], within: Range<usize>) -> Option<Vec<Found>> {
    let mut found = Vec::new();
    let mut at = within.start;
    while at < within.end {
        let mut reader = Reader(bytes.get(at..within.end)?);
        let kind_at = at.checked_add(4)?;
        let (mut length, mut head) = (reader.number(4)?, 8);
        let kind = *reader.0.first_chunk::<4>()?;
        if length == 1 {
            reader.number(4)?;
            (length, head) = (reader.number(8)?, 16);
        } else if length == 0 {
            // Up to the end.
            length = u64::try_from(within.end.checked_sub(at)?).ok()?;
        }
        let end = at.checked_add(usize::try_from(length).ok()?)?;
        let content = at.checked_add(head)?..end;
        if content.start > content.end || end > within.end {
            return None;
        }
        found.push(Found {
            kind,
            kind_at,
            content,
        });
        at = end;
    }
    Some(found)
}

/// The boxes that stand in a row and are known; the others become nothing.
fn keep_only(
    picture: &[u8],
    kept: &mut [u8],
    within: Range<usize>,
    known: &[&[u8; 4]],
) -> Option<Vec<Found>> {
    let (stay, go): (Vec<Found>, Vec<Found>) = boxes(picture, within)?
        .into_iter()
        .partition(|found| known.contains(&&found.kind));
    for found in &go {
        blank(kept, found)?;
    }
    Some(stay)
}

fn strip_film(picture: &[u8], kept: &mut [u8], film: Range<usize>) -> Option<()> {
    for found in keep_only(picture, kept, film, &FILM)? {
        if found.kind == *b"trak" {
            keep_only(picture, kept, found.content, &TRACK)?;
        }
    }
    Some(())
}

/// What is said of the items, but for how they look.
fn strip_properties(picture: &[u8], kept: &mut [u8], properties: Range<usize>) -> Option<()> {
    for list in boxes(picture, properties)? {
        if list.kind == *b"ipco" {
            for property in boxes(picture, list.content)? {
                if TELLING_PROPERTIES.contains(&&property.kind) {
                    blank(kept, &property)?;
                }
            }
        }
    }
    Some(())
}

fn blank(kept: &mut [u8], found: &Found) -> Option<()> {
    let kind_end = found.kind_at.checked_add(4)?;
    kept.get_mut(found.kind_at..kind_end)?.copy_from_slice(NOTHING);
    kept.get_mut(found.content.clone())?.fill(0);
    Some(())
}

fn strip_items(picture: &[u8], kept: &mut [u8], meta: &Found) -> Option<()> {
    let inside = meta.content.start.checked_add(4)?..meta.content.end;
    let inner = keep_only(picture, kept, inside, &ITEMS)?;
    let content = |kind: &[u8; 4]| {
        let found = inner.iter().find(|found| found.kind == *kind);
        found.map(|found| found.content.clone())
    };
    if let Some(properties) = content(b"iprp") {
        strip_properties(picture, kept, properties)?;
    }
    let Some(list) = content(b"iinf") else {
        return Some(());
    };
    let telling = telling_items(picture, list)?;
    if telling.is_empty() {
        return Some(());
    }
    let within = content(b"idat");
    // Places that overlap again and again would cost more than any picture is worth.
    let mut left = kept.len();
    for place in places(picture.get(content(b"iloc")?)?, &telling)? {
        let base = match place.base {
            Base::File => 0,
            Base::Data => within.as_ref()?.start,
        };
        let start = base.checked_add(usize::try_from(place.start).ok()?)?;
        let length = usize::try_from(place.length).ok()?;
        left = left.checked_sub(length)?;
        let end = start.checked_add(length)?;
        kept.get_mut(start..end)?.fill(0);
    }
    Some(())
}

/// The numbers of the items that are no pictures.
fn telling_items(picture: &[u8], list: Range<usize>) -> Option<BTreeSet<u64>> {
    let mut reader = Reader(picture.get(list.clone())?);
    let version = reader.number(1)?;
    let head = if version == 0 { 6 } else { 8 };
    let mut telling = BTreeSet::new();
    for entry in boxes(picture, list.start.checked_add(head)?..list.end)? {
        let mut reader = Reader(picture.get(entry.content)?);
        let version = reader.number(1)?;
        reader.number(3)?;
        let item = match version {
            2 => reader.number(2)?,
            3 => reader.number(4)?,
            _ => return None,
        };
        reader.number(2)?;
        let kind = *reader.0.first_chunk::<4>()?;
        if TELLING_ITEMS.contains(&&kind) {
            telling.insert(item);
        }
    }
    Some(telling)
}

/// What the place of an item is counted from.
enum Base {
    File,
    /// The box for small items, beside the list.
    Data,
}

struct Place {
    base: Base,
    start: u64,
    length: u64,
}

/// Where the bytes of these items are.
fn places(list: &[u8], items: &BTreeSet<u64>) -> Option<Vec<Place>> {
    let mut reader = Reader(list);
    let version = reader.number(1)?;
    reader.number(3)?;
    let (offsets, lengths) = halves(reader.number(1)?)?;
    let (bases, indices) = halves(reader.number(1)?)?;
    let numbers = if version < 2 { 2 } else { 4 };
    let count = reader.number(numbers)?;
    let mut places = Vec::new();
    for _ in 0..count {
        let item = reader.number(numbers)?;
        let way = if version == 0 { 0 } else { reader.number(2)? & 0xf };
        let elsewhere = reader.number(2)?;
        let base = reader.number(bases)?;
        for _ in 0..reader.number(2)? {
            if version > 0 {
                reader.number(indices)?;
            }
            let start = base.checked_add(reader.number(offsets)?)?;
            let length = reader.number(lengths)?;
            if !items.contains(&item) {
                if offsets == 0 && lengths == 0 {
                    break;
                }
                continue;
            }
            let base = match way {
                0 => Base::File,
                1 => Base::Data,
                _ => return None,
            };
            if elsewhere != 0 || length == 0 {
                return None;
            }
            if places.len() >= PLACES_MAX {
                return None;
            }
            places.push(Place { base, start, length });
        }
    }
    Some(places)
}

fn halves(byte: u64) -> Option<(usize, usize)> {
    let half = |value: u64| usize::try_from(value).ok().filter(|bytes| *bytes <= 8);
    Some((half(byte >> 4)?, half(byte & 0xf)?))
}

/// Reads numbers, the highest byte first.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn number(&mut self, bytes: usize) -> Option<u64> {
        let (number, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(number.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::cast_possible_truncation, reason = "lengths in a test are small")]

    use super::*;
    use proptest::prelude::*;

    const PIXELS: &[u8] = b"the pixels themselves";
    const EXIF: &[u8] = b"\0\0\0\0MM\0\x2aCANARY";
    const XMP: &[u8] = b"<x:xmpmeta>CANARY";

    fn boxed(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
        [
            &(content.len() as u32 + 8).to_be_bytes(),
            kind.as_slice(),
            content,
        ]
        .concat()
    }

    fn item(number: u16, kind: [u8; 4]) -> Vec<u8> {
        boxed(
            *b"infe",
            &[
                b"\x02\0\0\0",
                number.to_be_bytes().as_slice(),
                b"\0\0",
                kind.as_slice(),
                b"\0",
            ]
            .concat(),
        )
    }

    /// A place: item, from where it is counted, where, how long.
    fn place(number: u16, way: u8, at: usize, length: usize) -> Vec<u8> {
        let (at, length) = ((at as u32).to_be_bytes(), (length as u32).to_be_bytes());
        [
            &number.to_be_bytes(),
            [0, way].as_slice(),
            b"\0\0",
            b"\0\x01",
            &at,
            &length,
        ]
        .concat()
    }

    /// A picture with EXIF behind the pixels and XMP among the small items.
    fn told() -> Vec<u8> {
        let begin = boxed(*b"ftyp", b"avif\0\0\0\0mif1");
        let meta = |pixels: usize| {
            let list = [item(1, *b"av01"), item(2, *b"Exif"), item(3, *b"mime")].concat();
            let places = [
                place(1, 0, pixels, PIXELS.len()),
                place(2, 0, pixels + PIXELS.len(), EXIF.len()),
                place(3, 1, 0, XMP.len()),
            ];
            let inner = [
                boxed(*b"iinf", &[b"\0\0\0\0\0\x03", list.as_slice()].concat()),
                boxed(
                    *b"iloc",
                    &[b"\x01\0\0\0\x44\0\0\x03", places.concat().as_slice()].concat(),
                ),
                boxed(*b"idat", XMP),
                boxed(*b"uuid", b"sixteen bytes...CANARY"),
                boxed(*b"iprp", &boxed(*b"ipco", &boxed(*b"udes", b"CANARY"))),
            ];
            boxed(*b"meta", &[b"\0\0\0\0", inner.concat().as_slice()].concat())
        };
        let pixels_at = begin.len() + meta(0).len() + 8;
        let film = boxed(*b"moov", &boxed(*b"trak", &boxed(*b"udta", b"CANARY")));
        [
            begin,
            meta(pixels_at),
            boxed(*b"mdat", &[PIXELS, EXIF].concat()),
            film,
            boxed(*b"mpvd", b"a film with CANARY"),
        ]
        .concat()
    }

    fn holds(bytes: &[u8], word: &[u8]) -> bool {
        bytes.windows(word.len()).any(|window| window == word)
    }

    #[test]
    fn what_is_told_becomes_zeros_and_every_place_stays() {
        let told = told();
        assert!(is_one(&told) && holds(&told, b"CANARY"));
        let plain = strip(&told).unwrap();
        assert_eq!(plain.len(), told.len());
        assert!(!holds(&plain, b"CANARY") && !holds(&plain, b"xmpmeta"));
        assert!(holds(&plain, PIXELS));
        let lists = |bytes: &[u8]| {
            let at = bytes.windows(4).position(|window| window == b"iinf").unwrap();
            let end = bytes.windows(4).position(|window| window == b"idat").unwrap();
            bytes[at..end].to_vec()
        };
        assert_eq!(lists(&plain), lists(&told));
        assert_eq!(strip(&plain), Some(plain.clone()), "nothing is left to take out");
    }

    #[test]
    fn a_picture_whose_notes_cannot_be_found_is_not_passed_off_as_clean() {
        let told = told();
        for length in 12..told.len() {
            if let Some(plain) = strip(&told[..length]) {
                assert!(!holds(&plain, b"CANARY"), "{length}");
            }
        }
        let at = told.windows(4).position(|window| window == b"iloc").unwrap();
        let mut lost = told;
        lost[at..at + 4].copy_from_slice(b"lost");
        assert_eq!(strip(&lost), None);
    }

    #[test]
    fn a_file_by_another_name_that_may_be_read_as_a_picture_is_one() {
        assert!(is_one(b"\0\0\0\x14ftypmiaf\0\0\0\0avif"));
        assert!(!is_one(b"\0\0\0\x14ftypisom\0\0\0\0mp42"));
        assert!(!is_one(b"\0\0\0\x14ftypisomavif"), "a version is no brand");
        assert!(
            !is_one(b"\0\0\0\x10ftypisom\0\0\0\0avif"),
            "what stands behind is no brand"
        );
    }

    #[test]
    fn what_would_take_for_ever_is_refused() {
        let lengths = (1..=50_000_u32).rev().map(|depth| depth * 8);
        let deep: Vec<u8> = lengths
            .flat_map(|length| [length.to_be_bytes(), *b"moov"].concat())
            .collect();
        assert!(
            strip(&[told(), deep].concat()).is_some(),
            "a film in a film is nothing"
        );
        let begin = boxed(*b"ftyp", b"avif\0\0\0\0mif1");
        let pixels = boxed(*b"mdat", &[7; 1000]);
        let again = [0, 0, 0, 0, 0, 0, 4, 0].repeat(3);
        let places = [b"\x01\0\0\0\x44\0\0\x01\0\x02\0\0\0\0\0\x03".as_slice(), &again];
        let inner = [
            boxed(
                *b"iinf",
                &[b"\0\0\0\0\0\x01", item(2, *b"Exif").as_slice()].concat(),
            ),
            boxed(*b"iloc", &places.concat()),
        ];
        let meta = boxed(*b"meta", &[b"\0\0\0\0", inner.concat().as_slice()].concat());
        assert_eq!(
            strip(&[begin, meta, pixels].concat()),
            None,
            "the same place again"
        );
    }

    proptest! {
        #[test]
        fn whatever_is_changed_nothing_breaks(at: prop::sample::Index, byte in any::<u8>()) {
            let mut changed = told();
            let at = at.index(changed.len());
            changed[at] = byte;
            drop(strip(&changed));
        }
    }
}
