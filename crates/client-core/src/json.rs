//! JSON of any type, by way of CBOR: a type is made for CBOR in any case, and what is made for a second format is
//! downloaded a second time by every page. Keys come in the order of the alphabet.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use undertone_wire::codec::{self, DecodeError, EncodeError};

/// Something is no JSON, or none of the wanted type.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// A value has no such form: a mistake in this program.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// It is JSON, but of another type.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// It is no JSON.
    #[error(transparent)]
    Text(#[from] serde_json::Error),
}

/// A value as JSON has it.
pub(crate) fn to_value<T: Serialize + ?Sized>(value: &T) -> Result<Value, JsonError> {
    Ok(codec::from_readable(&codec::to_readable(value)?)?)
}

/// A value as JSON.
pub fn to_string<T: Serialize + ?Sized>(value: &T) -> Result<String, JsonError> {
    Ok(to_value(value)?.to_string())
}

/// Reads a value from JSON.
pub fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, JsonError> {
    let value: Value = serde_json::from_slice(bytes)?;
    Ok(codec::from_readable(&codec::to_readable(&value)?)?)
}

/// Reads a value from JSON as JavaScript writes it. Its texts may hold half of a character, as when a key brings
/// the two halves one after the other; JavaScript escapes those alone, and they become the sign for what cannot
/// be shown.
pub fn from_javascript<T: DeserializeOwned>(json: &str) -> Result<T, JsonError> {
    let mut whole = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        whole.push_str(before);
        let length = if escape.starts_with("\\u") { 6 } else { 2 };
        let Some((this, after)) = escape.split_at_checked(length) else {
            rest = escape;
            break;
        };
        let is_half = matches!(
            this.as_bytes(),
            [b'\\', b'u', b'd', b'8' | b'9' | b'a'..=b'f', ..]
        );
        whole.push_str(if is_half { "\\ufffd" } else { this });
        rest = after;
    }
    whole.push_str(rest);
    from_slice(whole.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_characters_from_javascript_are_signs_of_their_own() {
        let read = |json: &str| from_javascript::<Vec<String>>(json);
        assert_eq!(
            read(r#"["a\ud83d", "\udc00\n"]"#).unwrap(),
            ["a\u{fffd}", "\u{fffd}\n"]
        );
        assert_eq!(read(r#"["\\ud83d", "\u00e4 😀"]"#).unwrap(), [r"\ud83d", "ä 😀"]);
        for broken in [r#"["\"#, r#"["\ud8"#, "[\"\\\u{fffd}"] {
            assert!(read(broken).is_err());
        }
    }
    use undertone_wire::error::{ErrorBody, ErrorCode, ErrorResponse};
    use undertone_wire::{Bytes, Timestamp, UserId};

    type Everything = (
        UserId,
        Bytes,
        Timestamp,
        Option<u64>,
        Vec<bool>,
        ErrorResponse,
        f64,
    );

    fn everything() -> Everything {
        let error = ErrorBody::new(ErrorCode::LimitReached, "\"too\u{1} much\" \u{1f600}");
        let id = UserId::from_bytes([7; 16]);
        (
            id,
            Bytes(vec![0, 255]),
            Timestamp::from_millis(1_700_000_000_123),
            None,
            vec![true],
            ErrorResponse { error },
            0.5,
        )
    }

    #[test]
    fn it_is_the_json_that_the_server_reads_and_writes() {
        let json = to_string(&everything()).unwrap();
        let direct = serde_json::to_value(everything()).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), direct);
        let read: Everything = from_slice(direct.to_string().as_bytes()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), direct);
    }

    #[test]
    fn what_is_no_json_or_of_another_type_is_an_error() {
        assert!(matches!(from_slice::<u8>(b"<html>"), Err(JsonError::Text(_))));
        assert!(matches!(from_slice::<u8>(b"256"), Err(JsonError::Decode(_))));
        assert!(matches!(
            from_slice::<ErrorResponse>(b"{}"),
            Err(JsonError::Decode(_))
        ));
        assert!(matches!(from_slice::<u8>(b"1 2"), Err(JsonError::Text(_))));
        let deep = "[".repeat(100_000);
        assert!(matches!(
            from_slice::<u8>(deep.as_bytes()),
            Err(JsonError::Text(_))
        ));
    }
}
