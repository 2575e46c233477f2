//! CBOR for the WebSocket and for what is stored. JSON is written at the HTTP edge, not here; but values can be had
//! as JSON would have them ([`to_readable`]), so that every type is made for one format only: a page downloads each.

mod read;
mod write;

use read::Reader;
use serde::Serialize;
use serde::de::DeserializeOwned;
use write::Writer;

/// A value could not be written as CBOR. It means a type that has no CBOR form: a mistake in this crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cannot be encoded")]
pub struct EncodeError;

/// Why bytes are not the CBOR of the wanted type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The bytes end before the value does.
    #[error("it ends too early")]
    End,
    /// Something else stands where a value of another kind belongs, or no CBOR at all.
    #[error("something of another kind")]
    Kind,
    /// Of the right kind, but no such value is allowed there.
    #[error("a value that is not allowed")]
    Value,
    /// More or fewer parts than there should be.
    #[error("a wrong number of parts")]
    Length,
    /// A variant that is not known.
    #[error("an unknown variant")]
    Variant,
    /// A field that is not known, or comes twice.
    #[error("an unknown field, or one that comes twice")]
    Field,
    /// A field is missing.
    #[error("a field is missing")]
    Missing,
}

/// Bytes are not the CBOR of the wanted type: truncated, malformed, out of limits, or followed by more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The CBOR is malformed or of another type.
    #[error("cannot be decoded")]
    Malformed(#[source] Fault),
    /// The value ends before the bytes do.
    #[error("bytes follow the value")]
    Trailing,
}

/// Encodes as CBOR.
pub fn to_cbor<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, EncodeError> {
    write(value, false)
}

/// Decodes exactly one value that fills `bytes`.
pub fn from_cbor<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    read(bytes, false)
}

/// As CBOR whose ids, bytes and times are the text that JSON has: for who makes JSON or JavaScript's values of it.
pub fn to_readable<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, EncodeError> {
    write(value, true)
}

/// What [`to_readable`] gave, or what was made of JSON in the same way.
pub fn from_readable<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    read(bytes, true)
}

fn write<T: Serialize + ?Sized>(value: &T, readable: bool) -> Result<Vec<u8>, EncodeError> {
    let mut writer = Writer::new(readable);
    value.serialize(&mut writer)?;
    Ok(writer.out)
}

fn read<T: DeserializeOwned>(bytes: &[u8], readable: bool) -> Result<T, DecodeError> {
    let mut reader = Reader::new(bytes, readable);
    let value = T::deserialize(&mut reader).map_err(DecodeError::Malformed)?;
    if reader.is_at_end() {
        Ok(value)
    } else {
        Err(DecodeError::Trailing)
    }
}

#[cfg(test)]
mod tests;
