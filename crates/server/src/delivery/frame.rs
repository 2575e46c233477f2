//! Frames of the WebSocket, encoded once and shared by all who get them.

use bytes::Bytes;
use undertone_wire::codec::{self, DecodeError};
use undertone_wire::stream::{ClientFrame, ServerFrame};

/// Encodes a frame. `None` only by a mistake of this program, which is logged: the receiver finds
/// the gap and fetches.
pub(crate) fn encode(frame: &ServerFrame) -> Option<Bytes> {
    match codec::to_cbor(frame) {
        Ok(bytes) => Some(Bytes::from(bytes)),
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a frame could not be encoded"
            );
            None
        }
    }
}

/// Decodes what a client sent.
pub(crate) fn decode(bytes: &[u8]) -> Result<ClientFrame, DecodeError> {
    codec::from_cbor(bytes)
}
