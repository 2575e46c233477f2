//! Sessions: who the caller is, the next grant for a refresh token, and logging out.

use axum::extract::State;
use axum::http::StatusCode;
use rand::{CryptoRng, RngCore};
use undertone_mls::verify_signature;
use undertone_wire::ErrorCode;
use undertone_wire::error::ErrorResponse;
use undertone_wire::limits::REFRESH_TOKEN_LIFE;
use undertone_wire::session::{RefreshRequest, SessionGrant, SessionResponse};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::{AuthedDevice, ClientAddress, RefreshToken, SessionId};
use crate::error::{ApiError, Json};
use crate::rate_limit::Class;
use crate::state::AppState;
use crate::store::account::{NewSession, Rotated, Rotation, SessionOwner, StoredSession};

pub(crate) fn public_router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(refresh))
}

pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(show, log_out))
}

/// Exchanges a refresh token for the next grant. Signed by the device key.
#[utoipa::path(
    post, path = "/api/v1/session/refresh", tag = "session", security(()),
    request_body = RefreshRequest,
    responses((status = 200, body = SessionGrant), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.session.refresh", skip_all)]
async fn refresh(
    State(state): State<AppState>,
    address: ClientAddress,
    Json(request): Json<RefreshRequest>,
) -> Result<Json<SessionGrant>, ApiError> {
    state.limits.check(Class::Refresh, address.as_bytes())?;
    let presented: RefreshToken = request
        .refresh_token
        .parse()
        .map_err(|_| ApiError::of(ErrorCode::Unauthorized))?;
    let stored = state.store.session(presented.session()).await?;
    let stored = stored.ok_or_else(|| ApiError::of(ErrorCode::SessionRevoked))?;
    check_signature(&stored, &request)?;
    let now = state.clock.now();
    if now.since(stored.refreshed_at) >= REFRESH_TOKEN_LIFE || stored.is_over(now) {
        return Err(ApiError::of(ErrorCode::SessionRevoked));
    }
    let key = state.keys.refresh_succession();
    let successor = presented.successor(&key);
    // Only where the database went back to a backup is what the device has newer than what it knows.
    let is_known = stored.current == presented.hash() || stored.previous == Some(presented.hash());
    let follows = Some(stored.current).filter(|current| !is_known && presented.follows(*current, &key));
    let guest_until = now.plus(state.config.guests.idle());
    let rotation = Rotation {
        session: presented.session(),
        presented: presented.hash(),
        successor: successor.hash(),
        follows,
        guest_until,
        at: now,
    };
    match state.store.rotate_session(rotation).await? {
        Rotated::Granted => {
            let owner = SessionOwner {
                guest_until: stored.owner.guest_until.map(|_before| guest_until),
                ..stored.owner
            };
            grant(&state, owner, presented.session(), &successor).map(Json)
        }
        Rotated::Reused => {
            tracing::warn!("an old refresh token was used: the session is revoked");
            state.delivery.bus().close_sessions_of(stored.owner.device);
            Err(ApiError::of(ErrorCode::SessionRevoked))
        }
        Rotated::Ended => Err(ApiError::of(ErrorCode::SessionRevoked)),
    }
}

/// Before anything else about the token is judged: only the device can end its session by mistake.
fn check_signature(session: &StoredSession, request: &RefreshRequest) -> Result<(), ApiError> {
    let signed = RefreshRequest::signed_bytes(&request.refresh_token);
    verify_signature(&session.signature_key, &signed, request.signature.as_slice())
        .map_err(|_| ApiError::of(ErrorCode::Unauthorized))
}

/// Who the caller is.
#[utoipa::path(
    get, path = "/api/v1/session", tag = "session",
    responses((status = 200, body = SessionResponse), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.session.show", skip_all)]
async fn show(
    State(state): State<AppState>,
    caller: AuthedDevice,
) -> Result<Json<SessionResponse>, ApiError> {
    let session = state.store.session(caller.session).await?;
    let owner = session
        .ok_or_else(|| ApiError::of(ErrorCode::SessionRevoked))?
        .owner;
    Ok(Json(SessionResponse {
        user: owner.user,
        kind: owner.kind(),
        stay: owner.stay(),
        name: owner.name,
        device: owner.device,
        is_admin: owner.is_admin,
    }))
}

/// Logs out: the session ends and its connections close. The device stays and may log in again.
#[utoipa::path(
    delete, path = "/api/v1/session", tag = "session",
    responses((status = 204, description = "the session has ended"), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.session.log_out", skip_all)]
async fn log_out(State(state): State<AppState>, caller: AuthedDevice) -> Result<StatusCode, ApiError> {
    state
        .store
        .revoke_session(caller.session, state.clock.now())
        .await?;
    state.delivery.bus().close_sessions_of(caller.device);
    Ok(StatusCode::NO_CONTENT)
}

/// Draws a session's id and its first refresh token.
pub(super) fn draw<R: RngCore + CryptoRng>(rng: &mut R) -> (NewSession, RefreshToken) {
    let session = SessionId::generate(rng);
    let refresh = RefreshToken::generate(rng, session);
    (
        NewSession {
            session,
            refresh: refresh.hash(),
        },
        refresh,
    )
}

/// What a device gets for a session that is stored.
pub(super) fn grant(
    state: &AppState,
    owner: SessionOwner,
    session: SessionId,
    refresh: &RefreshToken,
) -> Result<SessionGrant, ApiError> {
    let issued = state
        .tokens
        .issue(owner.user, owner.device, session, state.clock.now());
    let (access_token, access_expires_at) = issued.map_err(ApiError::internal)?;
    Ok(SessionGrant {
        user: owner.user,
        kind: owner.kind(),
        stay: owner.stay(),
        name: owner.name,
        device: owner.device,
        is_admin: owner.is_admin,
        access_token,
        access_expires_at,
        refresh_token: refresh.to_text(),
    })
}
