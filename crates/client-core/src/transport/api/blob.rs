//! The calls that are about sealed files.

use super::{Api, ApiError};
use crate::transport::Method;
use crate::transport::call::Call;
use undertone_wire::BlobId;
use undertone_wire::blob::{BlobResponse, CreateBlobRequest};

/// Only a part of what was asked for.
const PARTIAL_CONTENT: u16 = 206;

impl Api {
    /// Asks for a place, or how far a blob has come that has one.
    pub async fn create_blob(
        &self,
        token: &str,
        request: &CreateBlobRequest,
    ) -> Result<BlobResponse, ApiError> {
        self.call(Call::post("/api/v1/blobs", request)?.by(token)).await
    }

    /// Puts a piece at its place.
    pub async fn put_blob(
        &self,
        token: &str,
        (blob, offset): (BlobId, u64),
        piece: &[u8],
    ) -> Result<BlobResponse, ApiError> {
        let path = format!("/api/v1/blobs/{blob}?offset={offset}");
        let call = Call::new(Method::Put, path).with_bytes(piece);
        self.call(call.by(token)).await
    }

    /// The bytes from the first offset to before the second.
    pub async fn blob_range(
        &self,
        token: &str,
        blob: BlobId,
        (from, to): (u64, u64),
    ) -> Result<Vec<u8>, ApiError> {
        let call = Call::get(format!("/api/v1/blobs/{blob}")).in_range((from, to));
        let response = self.exchange(call.by(token)).await?;
        // A server, or something before it, may give the whole where a part was asked for.
        let is_whole = response.status != PARTIAL_CONTENT;
        if is_whole && from > 0 {
            return Err(ApiError::UnexpectedStatus(response.status));
        }
        let wanted = usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX);
        let mut body = response.body;
        body.truncate(wanted);
        Ok(body)
    }

    /// Deletes a blob of the user.
    pub async fn delete_blob(&self, token: &str, blob: BlobId) -> Result<(), ApiError> {
        let call = Call::new(Method::Delete, format!("/api/v1/blobs/{blob}"));
        self.call_empty(call.by(token)).await
    }
}
