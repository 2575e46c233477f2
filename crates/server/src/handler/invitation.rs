//! Invitations: made by administrators, used once, good for a week.

use axum::extract::State;
use rand::rngs::OsRng;
use std::time::Duration;
use undertone_wire::ErrorCode;
use undertone_wire::account::InvitationResponse;
use undertone_wire::error::ErrorResponse;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::{AuthedDevice, TypedCode};
use crate::error::{ApiError, Json};
use crate::rate_limit::Class;
use crate::state::AppState;

/// How long an invitation is good.
const INVITATION_LIFE: Duration = Duration::from_hours(7 * 24);

pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(create))
}

/// Makes an invitation that one person can use once.
#[utoipa::path(
    post, path = "/api/v1/invitations", tag = "account",
    responses((status = 200, body = InvitationResponse), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.invitation.create", skip_all)]
async fn create(
    State(state): State<AppState>,
    caller: AuthedDevice,
) -> Result<Json<InvitationResponse>, ApiError> {
    if !caller.is_admin {
        return Err(ApiError::of(ErrorCode::Forbidden));
    }
    state.limits.check(Class::Invitation, caller.user.as_bytes())?;
    let code = TypedCode::generate(&mut OsRng);
    let expires_at = state.clock.now().plus(INVITATION_LIFE);
    state
        .store
        .create_invitation(code.invitation_hash(), caller.user, expires_at)
        .await?;
    Ok(Json(InvitationResponse {
        invitation: code.to_text(),
        expires_at,
    }))
}
