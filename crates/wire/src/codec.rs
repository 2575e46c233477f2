//! CBOR for the WebSocket and for what is stored. JSON is written at the HTTP edge, not here.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A value could not be written as CBOR. It means a type that has no CBOR form: a mistake in this crate.
#[derive(Debug, thiserror::Error)]
#[error("cannot be encoded")]
pub struct EncodeError(#[source] minicbor_serde::error::EncodeError<core::convert::Infallible>);

/// Bytes are not the CBOR of the wanted type: truncated, malformed, out of limits, or followed by more.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The CBOR is malformed or of another type.
    #[error("cannot be decoded")]
    Malformed(#[source] minicbor_serde::error::DecodeError),
    /// The value ends before the bytes do.
    #[error("bytes follow the value")]
    Trailing,
}

/// Room for most frames but for what they carry, so that a buffer seldom grows more than once.
const ROOM: usize = 256;

/// Encodes as CBOR.
pub fn to_cbor<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, EncodeError> {
    let mut out = Vec::with_capacity(ROOM);
    let mut serializer = minicbor_serde::Serializer::new(&mut out);
    value.serialize(&mut serializer).map_err(EncodeError)?;
    Ok(out)
}

/// Decodes exactly one value that fills `bytes`.
pub fn from_cbor<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    let mut deserializer = minicbor_serde::Deserializer::new(bytes);
    let value = T::deserialize(&mut deserializer).map_err(DecodeError::Malformed)?;
    if deserializer.decoder().position() == bytes.len() {
        Ok(value)
    } else {
        Err(DecodeError::Trailing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truncated_and_trailing_bytes_are_refused() {
        let bytes = to_cbor(&(1u8, "two")).unwrap();
        assert_eq!(from_cbor::<(u8, String)>(&bytes).unwrap(), (1, "two".to_owned()));
        for end in 0..bytes.len() {
            assert!(from_cbor::<(u8, String)>(&bytes[..end]).is_err());
        }
        let mut longer = bytes;
        longer.push(0);
        assert!(matches!(
            from_cbor::<(u8, String)>(&longer),
            Err(DecodeError::Trailing)
        ));
    }
}
