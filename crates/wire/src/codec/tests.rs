//! The bytes are those of another implementation; what is not the one form of a type is refused.

use super::*;
use crate::{Bytes, Timestamp, UserId};
use proptest::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Shape {
    Unit,
    Newtype(Option<u32>),
    Tuple(i64, String),
    Struct { bytes: Bytes, id: UserId },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Everything {
    truth: bool,
    small: (u8, i8, u16, i16),
    large: (u32, i32, u64, i64),
    ratio: f64,
    half: f32,
    letter: char,
    text: String,
    nothing: (),
    perhaps: Option<Box<Everything>>,
    shapes: Vec<Shape>,
    named: BTreeMap<String, u16>,
    at: Timestamp,
}

fn shape() -> impl Strategy<Value = Shape> {
    prop_oneof![
        Just(Shape::Unit),
        any::<Option<u32>>().prop_map(Shape::Newtype),
        any::<(i64, String)>().prop_map(|(number, text)| Shape::Tuple(number, text)),
        any::<(Vec<u8>, [u8; 16])>().prop_map(|(bytes, id)| Shape::Struct {
            bytes: bytes.into(),
            id: UserId::from_bytes(id),
        }),
    ]
}

prop_compose! {
    fn flat()(
        (truth, small, large) in any::<(bool, (u8, i8, u16, i16), (u32, i32, u64, i64))>(),
        (ratio, half) in (-1e9..1e9f64, -1e3..1e3f32),
        (letter, text) in any::<(char, String)>(),
        shapes in proptest::collection::vec(shape(), 0..5),
        named in any::<BTreeMap<String, u16>>(),
        at in 0..4_000_000_000_000u64,
    ) -> Everything {
        let at = Timestamp::from_millis(at);
        Everything {
            truth, small, large, ratio, half, letter, text, nothing: (), perhaps: None, shapes, named, at,
        }
    }
}

fn everything() -> impl Strategy<Value = Everything> {
    (flat(), proptest::option::of(flat())).prop_map(|(outer, inner)| Everything {
        perhaps: inner.map(Box::new),
        ..outer
    })
}

proptest! {
    #[test]
    fn the_bytes_are_those_of_another_implementation(value in everything()) {
        let bytes = to_cbor(&value).unwrap();
        let mut expected = Vec::new();
        value.serialize(&mut minicbor_serde::Serializer::new(&mut expected)).unwrap();
        prop_assert_eq!(&bytes, &expected);
        prop_assert_eq!(&from_cbor::<Everything>(&bytes).unwrap(), &value);
        for end in 0..bytes.len() {
            prop_assert!(from_cbor::<Everything>(&bytes[..end]).is_err());
        }
    }

    #[test]
    fn what_is_readable_is_what_json_has(value in everything()) {
        let readable = to_readable(&value).unwrap();
        prop_assert_eq!(&from_readable::<Everything>(&readable).unwrap(), &value);
        let tree: serde_json::Value = from_readable(&readable).unwrap();
        prop_assert_eq!(&tree, &serde_json::to_value(&value).unwrap());
        let again = to_readable(&tree).unwrap();
        prop_assert_eq!(&from_readable::<Everything>(&again).unwrap(), &value);
    }

    #[test]
    fn no_bytes_bring_the_reader_down(bytes in any::<Vec<u8>>()) {
        // What is read at all is read again as the same.
        if let Ok(value) = from_cbor::<Vec<Shape>>(&bytes) {
            prop_assert_eq!(from_cbor::<Vec<Shape>>(&to_cbor(&value).unwrap()).unwrap(), value);
        }
    }
}

#[test]
fn truncated_and_trailing_bytes_are_refused() {
    let bytes = to_cbor(&(1u8, "two")).unwrap();
    assert_eq!(from_cbor::<(u8, String)>(&bytes).unwrap(), (1, "two".to_owned()));
    let mut longer = bytes;
    longer.push(0);
    assert_eq!(from_cbor::<(u8, String)>(&longer), Err(DecodeError::Trailing));
}

#[test]
fn a_length_that_is_a_lie_takes_no_memory() {
    // An array of 2^62 numbers, of which one is there.
    let bytes = [0x9b, 0x40, 0, 0, 0, 0, 0, 0, 0, 1];
    assert_eq!(
        from_cbor::<Vec<u64>>(&bytes),
        Err(DecodeError::Malformed(Fault::End))
    );
}

/// Has one field.
#[derive(Debug, Deserialize)]
struct Short {
    #[expect(dead_code, reason = "it is never read")]
    n: u8,
}

#[test]
fn each_mistake_has_its_name() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Named {
        number: u8,
    }
    fn fault<T: DeserializeOwned + std::fmt::Debug>(value: &impl Serialize) -> Fault {
        match from_cbor::<T>(&to_cbor(value).unwrap()) {
            Err(DecodeError::Malformed(fault)) => fault,
            other => unreachable!("{other:?}"),
        }
    }
    let map = |name: &str, number: u32| BTreeMap::from([(name.to_owned(), number)]);
    assert_eq!(fault::<Named>(&map("number", 256)), Fault::Value);
    assert_eq!(fault::<Named>(&map("other", 1)), Fault::Missing);
    assert_eq!(fault::<Named>(&[1]), Fault::Kind);
    assert_eq!(fault::<Shape>(&"Other"), Fault::Variant);
    assert_eq!(fault::<Shape>(&"Newtype"), Fault::Kind);
    assert_eq!(fault::<Shape>(&map("Unit", 1)), Fault::Kind);
    assert_eq!(fault::<(u8, u8)>(&[1, 2, 3]), Fault::Length);
    let twice = [0xa2, 0x61, b'n', 1, 0x61, b'n', 2];
    assert!(matches!(
        from_cbor::<Short>(&twice),
        Err(DecodeError::Malformed(Fault::Field))
    ));
}

#[test]
fn what_has_no_length_in_front_is_read_to_its_end() {
    let open = [0x9f, 1, 2, 0xff];
    assert_eq!(from_cbor::<Vec<u8>>(&open).unwrap(), [1, 2]);
    assert!(from_cbor::<Vec<u8>>(&open[..3]).is_err());
}
