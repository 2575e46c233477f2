//! Whether a set-up token is the right one. Using it is part of registration.

use axum::extract::State;
use axum::http::StatusCode;
use undertone_wire::ErrorCode;
use undertone_wire::error::ErrorResponse;
use undertone_wire::server_info::CheckSetupTokenRequest;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::{ClientAddress, TypedCode};
use crate::error::{ApiError, Json};
use crate::rate_limit::Class;
use crate::state::AppState;

pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(check))
}

/// Checks the token that the server printed.
#[utoipa::path(
    post, path = "/api/v1/setup/check", tag = "server", security(()),
    request_body = CheckSetupTokenRequest,
    responses((status = 204, description = "the token is right"), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.setup.check", skip_all)]
async fn check(
    State(state): State<AppState>,
    address: ClientAddress,
    Json(request): Json<CheckSetupTokenRequest>,
) -> Result<StatusCode, ApiError> {
    state.limits.check(Class::Setup, address.as_bytes())?;
    let wrong = || ApiError::of(ErrorCode::SetupTokenInvalid);
    let code: TypedCode = request.token.parse().map_err(|_| wrong())?;
    let settings = state.store.server_settings().await?;
    if settings.setup_token == Some(code.setup_hash()) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(wrong())
    }
}
