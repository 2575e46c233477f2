//! Blobs: sealed bytes of files, which the server keeps under random names without knowing what they are.
//!
//! | call | |
//! |---|---|
//! | `POST /api/v1/blobs` | [`CreateBlobRequest`] → [`BlobResponse`]: a place for so many bytes |
//! | `PUT /api/v1/blobs/{id}?offset=N` | raw bytes, at most [`crate::limits::BLOB_PIECE_BYTES_MAX`] → [`BlobResponse`] |
//! | `GET /api/v1/blobs/{id}/progress` | → [`BlobResponse`]; for the uploader alone |
//! | `GET /api/v1/blobs/{id}` | the bytes, also in ranges, once all are there; for everyone who is signed in |
//! | `DELETE /api/v1/blobs/{id}` | for the uploader's devices |

use crate::limits::SEGMENT_BYTES;
use crate::{BlobId, ConversationId};
use serde::{Deserialize, Serialize};

/// Asks for a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateBlobRequest {
    /// Drawn by the client, so that asking again gives the same place.
    pub blob: BlobId,
    /// The conversation with which it goes. The caller is a member.
    pub conversation: ConversationId,
    /// Sealed bytes, padding included.
    pub size: u64,
    /// The server deletes it so many seconds after it is complete; by the conversation's retention otherwise.
    #[serde(default)]
    pub expires_after_seconds: Option<u32>,
}

/// How far an upload has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BlobResponse {
    /// Which.
    pub blob: BlobId,
    /// The next piece begins here; the size, when it is complete.
    pub offset: u64,
    /// How many bytes it will have.
    pub size: u64,
}

/// What stands before the segments of a sealed file: the commitment to its key.
pub const COMMITMENT_BYTES: usize = 32;
/// What sealing adds to each segment.
pub const SEGMENT_TAG_BYTES: usize = 16;
/// The smallest size class.
const PADDED_BYTES_MIN: u64 = 1024;

/// The size class of a file of so many bytes (PADMÉ): the length keeps only its leading bits, so that it
/// tells little of the file and adds at most an eighth.
pub const fn padded_bytes(size: u64) -> u64 {
    if size <= PADDED_BYTES_MIN {
        return PADDED_BYTES_MIN;
    }
    let exponent = size.ilog2();
    let kept = exponent.ilog2() + 1;
    let mask = (1u64 << (exponent - kept)) - 1;
    size.saturating_add(mask) & !mask
}

/// How many bytes a file of so many bytes has when it is padded and sealed: what
/// [`CreateBlobRequest::size`] says.
pub const fn sealed_bytes(size: u64) -> u64 {
    let padded = padded_bytes(size);
    let segments = padded.div_ceil(SEGMENT_BYTES as u64);
    padded
        .saturating_add(segments.saturating_mul(SEGMENT_TAG_BYTES as u64))
        .saturating_add(COMMITMENT_BYTES as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::FILE_BYTES_MAX;

    #[test]
    fn files_are_padded_to_classes_that_cost_at_most_an_eighth() {
        for (size, padded) in [
            (0, 1024),
            (1024, 1024),
            (1025, 1088),
            (65_536, 65_536),
            (65_537, 67_584),
            (1_000_000, 1_015_808),
            (FILE_BYTES_MAX, FILE_BYTES_MAX),
        ] {
            assert_eq!(padded_bytes(size), padded, "{size}");
            assert_eq!(padded_bytes(padded), padded, "a class is its own class");
        }
        for size in (1024..5_000_000).step_by(997) {
            let padded = padded_bytes(size);
            assert!(padded >= size && padded - size <= size / 8, "{size}");
        }
    }

    #[test]
    fn sealing_adds_the_commitment_and_a_tag_for_each_segment() {
        assert_eq!(sealed_bytes(0), 32 + 1024 + 16);
        assert_eq!(sealed_bytes(65_536), 32 + 65_536 + 16);
        assert_eq!(sealed_bytes(65_537), 32 + 67_584 + 2 * 16);
    }
}
