//! The caller: a device with a live session. Handlers that have an [`AuthedDevice`] know who asks;
//! there is no other way to know, and no handler of a guarded route runs without one.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use undertone_wire::guest::UserKind;
use undertone_wire::{DeviceId, ErrorBody, ErrorCode, Timestamp, UserId};

use super::{Claims, SessionId};
use crate::error::{ApiError, body};
use crate::state::AppState;
use crate::store::account::StoredSession;

/// Who is calling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthedDevice {
    /// The user.
    pub user: UserId,
    /// The device.
    pub device: DeviceId,
    /// The session.
    pub session: SessionId,
    /// Whether the user administers the server now.
    pub is_admin: bool,
    /// Account or guest, now.
    pub kind: UserKind,
}

impl<S: Send + Sync> FromRequestParts<S> for AuthedDevice {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        // Put there by `require_device` alone.
        parts
            .extensions
            .get::<Self>()
            .copied()
            .ok_or_else(|| ApiError::of(ErrorCode::Unauthorized))
    }
}

/// The layer around every guarded route: nobody passes without a live session.
pub async fn require_device(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let token = bearer(&request).ok_or_else(|| ApiError::of(ErrorCode::Unauthorized))?;
    let (caller, _) = verify(&state, token).await?;
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

fn bearer(request: &Request) -> Option<&str> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// Checks an access token: signature, time, and in the database that its session and device are not
/// revoked. Answers who it is and when the token ends.
pub async fn verify_access_token(
    state: &AppState,
    token: &str,
) -> Result<(AuthedDevice, Timestamp), ErrorBody> {
    verify(state, token).await.map_err(ApiError::into_body)
}

async fn verify(state: &AppState, token: &str) -> Result<(AuthedDevice, Timestamp), ApiError> {
    let claims = read_access_token(state, token)?;
    let session = state.store.session(claims.session).await?;
    let caller = judge_session(&claims, session, state.clock.now())?;
    Ok((caller, claims.expires_at))
}

/// What an access token says: signature and time are checked, and nothing else. Nobody is let in by it
/// before [`judge_session`] has seen its session.
pub fn read_access_token(state: &AppState, token: &str) -> Result<Claims, ErrorBody> {
    state
        .tokens
        .check(token, state.clock.now())
        .map_err(|_| body(ErrorCode::Unauthorized))
}

/// Who it is that a token names, if its session as the database has it goes on.
pub fn judge_session(
    claims: &Claims,
    session: Option<StoredSession>,
    now: Timestamp,
) -> Result<AuthedDevice, ApiError> {
    let session = session.ok_or_else(|| ApiError::of(ErrorCode::SessionRevoked))?;
    if session.is_over(now) {
        return Err(ApiError::of(ErrorCode::SessionRevoked));
    }
    if session.owner.user != claims.user || session.owner.device != claims.device {
        return Err(ApiError::of(ErrorCode::Unauthorized));
    }
    Ok(AuthedDevice {
        user: claims.user,
        device: claims.device,
        session: claims.session,
        is_admin: session.owner.is_admin,
        kind: session.owner.kind(),
    })
}
