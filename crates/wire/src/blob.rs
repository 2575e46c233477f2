//! Blobs: sealed bytes of files, which the server keeps under random names without knowing what they are.
//!
//! | call | |
//! |---|---|
//! | `POST /api/v1/blobs` | [`CreateBlobRequest`] → [`BlobResponse`]: a place for so many bytes |
//! | `PUT /api/v1/blobs/{id}?offset=N` | raw bytes, at most [`crate::limits::BLOB_PIECE_BYTES_MAX`] → [`BlobResponse`] |
//! | `GET /api/v1/blobs/{id}/progress` | → [`BlobResponse`]; for the uploader alone |
//! | `GET /api/v1/blobs/{id}` | the bytes, also in ranges, once all are there; for everyone who is signed in |
//! | `DELETE /api/v1/blobs/{id}` | for the uploader's devices |

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
