//! Blobs over HTTP: places for sealed bytes, the bytes in pieces, and the bytes again for whoever knows
//! their id. What they are is nobody's business here: no name, no type and no key comes along.

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG,
    IF_RANGE, RANGE,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use rand::RngCore;
use rand::rngs::OsRng;
use std::error::Error;
use std::ops::Range;
use std::time::Duration;
use undertone_wire::blob::{BlobResponse, CreateBlobRequest, sealed_bytes};
use undertone_wire::error::ErrorResponse;
use undertone_wire::guest::UserKind;
use undertone_wire::limits::{BLOB_PIECE_BYTES_MAX, EXPIRY_SECONDS_MIN};
use undertone_wire::{BlobId, ErrorCode};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::AuthedDevice;
use crate::blob::{BlobError, S3Error};
use crate::error::{ApiError, Json, Path, Query, too_large};
use crate::rate_limit::Class;
use crate::state::AppState;
use crate::store::blob::{BlobFile, BlobRefusal, Extension, NewBlob, StoredBlob};

pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(create))
        .routes(routes!(upload, download, delete))
        .routes(routes!(progress))
        .layer(DefaultBodyLimit::max(BLOB_PIECE_BYTES_MAX))
}

/// Asks for a place. The same question has the same answer, so that it may be asked again.
#[utoipa::path(
    post, path = "/api/v1/blobs", tag = "blob",
    request_body = CreateBlobRequest,
    responses((status = 200, body = BlobResponse), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.blob.create", skip_all)]
async fn create(
    State(state): State<AppState>,
    caller: AuthedDevice,
    Json(request): Json<CreateBlobRequest>,
) -> Result<Json<BlobResponse>, ApiError> {
    state.limits.check(Class::Blob, caller.device.as_bytes())?;
    let settings = &state.config.blobs;
    let seconds = request.expires_after_seconds;
    if request.size == 0 || seconds.is_some_and(|seconds| seconds < EXPIRY_SECONDS_MIN) {
        return Err(ApiError::of(ErrorCode::BadRequest));
    }
    if request.size > sealed_bytes(settings.file_bytes_max) {
        return Err(ApiError::of(ErrorCode::TooLarge));
    }
    let mut file = [0; 16];
    OsRng.fill_bytes(&mut file);
    let new = NewBlob {
        blob: request.blob,
        conversation: request.conversation,
        user: caller.user,
        device: caller.device,
        size: request.size,
        life: seconds.map(|seconds| Duration::from_secs(seconds.into())),
        file: BlobFile::from_bytes(file),
        share_bytes: match caller.kind {
            UserKind::Account => settings.user_bytes_max,
            UserKind::Guest => settings.guest_bytes_max,
        },
        now: state.clock.now(),
    };
    let created = state.store.create_blob(new).await?;
    created.map(answer).map_err(refused)
}

fn refused(refusal: BlobRefusal) -> ApiError {
    match refusal {
        BlobRefusal::ShareUsed => ApiError::new(
            refusal.code(),
            "You have too much on this server. Older files go by themselves; deleting some makes room.",
        ),
        BlobRefusal::NotMember
        | BlobRefusal::ReadOnly
        | BlobRefusal::Taken
        | BlobRefusal::Differs
        | BlobRefusal::Over => ApiError::of(refusal.code()),
    }
}

fn answer(stored: StoredBlob) -> Json<BlobResponse> {
    Json(BlobResponse {
        blob: stored.blob,
        offset: stored.received,
        size: stored.size,
    })
}

fn gone() -> ApiError {
    ApiError::of(ErrorCode::NotFound)
}

/// Where a piece begins.
#[derive(Debug, Clone, Copy, serde::Deserialize)]
struct PieceQuery {
    offset: u64,
}

/// The bytes of a piece.
struct Piece(Bytes);

impl<S: Send + Sync> FromRequest<S> for Piece {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let piece = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| too_large(&rejection))?;
        if piece.is_empty() {
            return Err(ApiError::of(ErrorCode::BadRequest));
        }
        Ok(Self(piece))
    }
}

/// Brings the next piece. It is answered when the piece is on the disk for good; a piece that is there
/// already is answered again. `counter_conflict`: the next piece begins elsewhere, `progress` says where.
#[utoipa::path(
    put, path = "/api/v1/blobs/{blob}", tag = "blob",
    params(
        ("blob" = String, Path, description = "which"),
        ("offset" = u64, Query, description = "where the piece begins: so many bytes are there"),
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = BlobResponse), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.blob.upload", skip_all)]
async fn upload(
    State(state): State<AppState>,
    caller: AuthedDevice,
    Path(blob): Path<BlobId>,
    Query(query): Query<PieceQuery>,
    Piece(piece): Piece,
) -> Result<Json<BlobResponse>, ApiError> {
    // Whoever goes away leaves the queue, with the piece. Who has the turn keeps it until the piece is stored,
    // whether the caller waits or not: as a task of its own.
    let turn = state.blobs.turn(blob).await;
    let upload = tokio::spawn(async move {
        let _turn = turn;
        store_piece(state, caller, (blob, query.offset), piece).await
    });
    upload.await.map_err(ApiError::internal)?.map(answer)
}

async fn store_piece(
    state: AppState,
    caller: AuthedDevice,
    (blob, offset): (BlobId, u64),
    piece: Bytes,
) -> Result<StoredBlob, ApiError> {
    let (user, now) = (caller.user, state.clock.now());
    let stored = state.store.own_blob(blob, user, now).await?.ok_or_else(gone)?;
    let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
    let end = offset.saturating_add(length);
    if end > stored.size {
        return Err(ApiError::new(
            ErrorCode::TooLarge,
            "These are more bytes than were announced.",
        ));
    }
    if offset != stored.received {
        return known_piece(&state, stored, (offset, piece)).await;
    }
    let written = state.blobs.write(&stored, piece.clone()).await;
    if matches!(written, Err(BlobError::S3(S3Error::Missing))) {
        // Another server has gone on, or the database went back: then it begins anew.
        let anew = Extension {
            blob,
            user,
            from: offset,
            to: 0,
            now,
        };
        state.store.extend_blob(anew).await?;
        return Err(elsewhere());
    }
    written.inspect_err(|_| {
        state.metrics.blob_failures.inc();
    })?;
    state.metrics.blob_bytes_stored.inc_by(length);
    let extension = Extension {
        blob,
        user,
        from: offset,
        to: end,
        now,
    };
    if let Some(extended) = state.store.extend_blob(extension).await? {
        state.blobs.settle(&stored).await;
        return Ok(extended);
    }
    if let Some(now_stored) = state.store.own_blob(blob, user, state.clock.now()).await? {
        // The client gave this server up, and brought the piece by another.
        return known_piece(&state, now_stored, (offset, piece)).await;
    }
    // It went while the piece was written.
    state.blobs.delete(stored.file).await?;
    Err(gone())
}

/// Answers a piece that does not begin where the blob ends: it may be there already.
async fn known_piece(
    state: &AppState,
    stored: StoredBlob,
    (offset, piece): (u64, Bytes),
) -> Result<StoredBlob, ApiError> {
    let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
    let is_behind = offset.saturating_add(length) > stored.received;
    if is_behind || !state.blobs.holds(&stored, offset, piece).await? {
        return Err(elsewhere());
    }
    Ok(stored)
}

fn elsewhere() -> ApiError {
    ApiError::new(
        ErrorCode::CounterConflict,
        "The next piece begins elsewhere: ask for the progress.",
    )
}

/// How far an upload has come.
#[utoipa::path(
    get, path = "/api/v1/blobs/{blob}/progress", tag = "blob",
    params(("blob" = String, Path, description = "which")),
    responses((status = 200, body = BlobResponse), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.blob.progress", skip_all)]
async fn progress(
    State(state): State<AppState>,
    caller: AuthedDevice,
    Path(blob): Path<BlobId>,
) -> Result<Json<BlobResponse>, ApiError> {
    let own = state.store.own_blob(blob, caller.user, state.clock.now()).await?;
    own.map(answer).ok_or_else(gone)
}

/// The bytes, once all are there. One range of them may be asked for.
#[utoipa::path(
    get, path = "/api/v1/blobs/{blob}", tag = "blob",
    params(("blob" = String, Path, description = "which")),
    responses(
        (status = 200, description = "all bytes", content_type = "application/octet-stream"),
        (status = 206, description = "those of `Range`", content_type = "application/octet-stream"),
        (status = 416, description = "there are no such bytes; `Content-Range` says how many there are"),
        (status = "default", body = ErrorResponse),
    ),
)]
#[tracing::instrument(name = "handler.blob.download", skip_all)]
async fn download(
    State(state): State<AppState>,
    Path(blob): Path<BlobId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let stored = state.store.complete_blob(blob, state.clock.now()).await?;
    let stored = stored.ok_or_else(gone)?;
    let tag = format!("\"{blob}\"");
    let (status, part) = match wanted(&headers, &tag, stored.size) {
        Wanted::All => (StatusCode::OK, 0..stored.size),
        Wanted::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
        Wanted::Nothing => {
            let range = format!("bytes */{}", stored.size);
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, [(CONTENT_RANGE, range)]).into_response());
        }
    };
    let read = state.blobs.read(&stored, part.clone()).await;
    if matches!(read, Err(BlobError::S3(S3Error::Missing))) {
        // A directory that is not mounted must not look like that; a bucket that is not there refuses.
        return Err(gone());
    }
    let bytes = read.inspect_err(|_| {
        state.metrics.blob_failures.inc();
    })?;
    state.metrics.blob_bytes_sent.inc_by(part.end - part.start);
    let mut response = (status, Body::from_stream(bytes)).into_response();
    let out = response.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, "application/octet-stream"),
        (CONTENT_DISPOSITION, "attachment"),
        // The bytes never change, and nobody on the way is to keep or change them.
        (CACHE_CONTROL, "private, max-age=3600, immutable, no-transform"),
        (ACCEPT_RANGES, "bytes"),
    ] {
        out.insert(name, HeaderValue::from_static(value));
    }
    out.insert(CONTENT_LENGTH, HeaderValue::from(part.end - part.start));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        out.insert(ETAG, tag);
    }
    if status == StatusCode::PARTIAL_CONTENT {
        let range = format!("bytes {}-{}/{}", part.start, part.end - 1, stored.size);
        out.insert(
            CONTENT_RANGE,
            HeaderValue::from_str(&range).map_err(ApiError::internal)?,
        );
    }
    Ok(response)
}

/// What of the bytes is asked for.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    All,
    Part(Range<u64>),
    /// Bytes that there are not.
    Nothing,
}

/// Reads `Range` (RFC 9110, section 14). What is malformed, and several ranges at once, count as none.
fn wanted(headers: &HeaderMap, tag: &str, size: u64) -> Wanted {
    let is_other = headers.get(IF_RANGE).is_some_and(|value| value != tag);
    let text = headers.get(RANGE).and_then(|value| value.to_str().ok());
    let bounds = text
        .and_then(|text| text.strip_prefix("bytes="))
        .and_then(|range| range.trim().split_once('-'));
    let Some((first, last)) = bounds.filter(|_| !is_other) else {
        return Wanted::All;
    };
    let number = |text: &str| match text {
        "" => Some(None),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            // A number that is too large to be read is behind the end as any other.
            Some(Some(digits.parse().unwrap_or(u64::MAX)))
        }
        _ => None,
    };
    let part = match (number(first), number(last)) {
        (Some(Some(first)), Some(None)) => first..size,
        (Some(Some(first)), Some(Some(last))) if first <= last => first..last.saturating_add(1).min(size),
        (Some(None), Some(Some(suffix))) => size.saturating_sub(suffix)..size,
        _ => return Wanted::All,
    };
    if part.start < part.end {
        Wanted::Part(part)
    } else {
        Wanted::Nothing
    }
}

/// Deletes a blob, complete or not: nobody gets it any more.
#[utoipa::path(
    delete, path = "/api/v1/blobs/{blob}", tag = "blob",
    params(("blob" = String, Path, description = "which")),
    responses((status = 204, description = "it is gone"), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.blob.delete", skip_all)]
async fn delete(
    State(state): State<AppState>,
    caller: AuthedDevice,
    Path(blob): Path<BlobId>,
) -> Result<StatusCode, ApiError> {
    let given_up = state.store.give_up_blob(blob, caller.user).await?;
    let given_up = given_up.ok_or_else(gone)?;
    let removal = tokio::spawn(async move {
        let _turn = state.blobs.turn(blob).await;
        match state.blobs.delete(given_up.file).await {
            Ok(()) => state.store.forget_blobs(vec![blob]).await?,
            // The job tries again.
            Err(error) => tracing::warn!(error = &error as &dyn Error, "a blob could not be deleted"),
        }
        Ok::<_, ApiError>(StatusCode::NO_CONTENT)
    });
    removal.await.map_err(ApiError::internal)?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(range: &str, tag: Option<&str>) -> Wanted {
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, HeaderValue::from_str(range).unwrap());
        if let Some(tag) = tag {
            headers.insert(IF_RANGE, HeaderValue::from_str(tag).unwrap());
        }
        wanted(&headers, "\"blob\"", 1000)
    }

    #[test]
    fn a_range_is_read_as_the_standard_says() {
        for (range, part) in [
            ("bytes=0-0", 0..1),
            ("bytes=0-999", 0..1000),
            ("bytes=10-", 10..1000),
            ("bytes=990-5000", 990..1000),
            ("bytes=-10", 990..1000),
            ("bytes=-5000", 0..1000),
            ("bytes=0-99999999999999999999999", 0..1000),
        ] {
            assert_eq!(asked(range, None), Wanted::Part(part), "{range}");
        }
        for range in [
            "bytes=1000-",
            "bytes=1000-2000",
            "bytes=-0",
            "bytes=99999999999999999999999-",
        ] {
            assert_eq!(asked(range, None), Wanted::Nothing, "{range}");
        }
        for range in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=a-b",
            "bytes=5-4",
            "bytes=+1-2",
            "bytes=0-1,3-4",
            "lines=0-1",
            "bytes=0x1-2",
            "bytes= 1 - 2",
        ] {
            assert_eq!(asked(range, None), Wanted::All, "{range}");
        }
    }

    #[test]
    fn a_range_of_something_else_is_no_range() {
        assert_eq!(asked("bytes=0-0", Some("\"blob\"")), Wanted::Part(0..1));
        assert_eq!(asked("bytes=0-0", Some("\"other\"")), Wanted::All);
    }
}
