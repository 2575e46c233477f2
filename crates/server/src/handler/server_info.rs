//! What the server says about itself, and its certificate authority for download.

use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use undertone_wire::error::ErrorResponse;
use undertone_wire::server_info::ServerInfo;
use undertone_wire::{ErrorCode, PROTOCOL_VERSION};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::{ApiError, Json};
use crate::state::AppState;

pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(show))
}

/// The server's name, version and who may register.
#[utoipa::path(
    get, path = "/api/v1/server", tag = "server", security(()),
    responses((status = 200, body = ServerInfo), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.server_info.show", skip_all)]
async fn show(State(state): State<AppState>) -> Result<Json<ServerInfo>, ApiError> {
    let settings = state.store.server_settings().await?;
    Ok(Json(ServerInfo {
        name: settings.name,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        protocol_version: PROTOCOL_VERSION,
        registration: settings.registration,
        guests: state.config.guests.enabled,
        setup_open: settings.setup_token.is_some(),
        file_bytes_max: state.config.blobs.file_bytes_max,
        ca_fingerprint: state.local_ca.as_ref().map(|ca| ca.fingerprint().to_owned()),
    }))
}

/// `GET /ca.crt`: the local certificate authority, for devices that shall trust it.
pub(crate) async fn certificate_authority(State(state): State<AppState>) -> Result<Response, ApiError> {
    let ca = state
        .local_ca
        .as_ref()
        .ok_or_else(|| ApiError::of(ErrorCode::NotFound))?;
    let headers = [
        (CONTENT_TYPE, "application/x-x509-ca-cert"),
        (CONTENT_DISPOSITION, "attachment; filename=\"undertone-ca.crt\""),
    ];
    Ok((headers, ca.certificate_pem().to_owned()).into_response())
}
