//! Devices: registering one after a login, and revoking one.

use axum::extract::State;
use axum::http::StatusCode;
use rand::rngs::OsRng;
use undertone_wire::error::ErrorResponse;
use undertone_wire::session::{AddDeviceRequest, SessionGrant};
use undertone_wire::{DeviceId, ErrorCode};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{certificate, session};
use crate::auth::{AuthedDevice, ClientAddress, Ticket};
use crate::error::{ApiError, Json, Path};
use crate::rate_limit::Class;
use crate::state::AppState;
use crate::store::account::{AddDevice, AddDeviceError};

pub(crate) fn public_router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(add))
}

pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(revoke))
}

/// Registers a certified device with the ticket of a login, and logs it in. A device that the same
/// user has already goes on: its certificate is renewed, its older sessions end.
#[utoipa::path(
    post, path = "/api/v1/devices", tag = "device", security(()),
    request_body = AddDeviceRequest,
    responses((status = 200, body = SessionGrant), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.device.add", skip_all)]
async fn add(
    State(state): State<AppState>,
    address: ClientAddress,
    Json(request): Json<AddDeviceRequest>,
) -> Result<Json<SessionGrant>, ApiError> {
    state.limits.check(Class::Login, address.as_bytes())?;
    let ticket: Ticket = request
        .ticket
        .parse()
        .map_err(|_| ApiError::of(ErrorCode::Unauthorized))?;
    let device = certificate::check(request.certificate)?;
    let (session, refresh) = session::draw(&mut OsRng);
    let id = device.body.device;
    let adding = AddDevice {
        ticket: ticket.hash(),
        device,
        session,
        at: state.clock.now(),
    };
    let owner = state.store.add_device(adding).await.map_err(refusal)?;
    state.delivery.bus().close_sessions_of(id);
    session::grant(&state, owner, session.session, &refresh).map(Json)
}

pub(super) fn refusal(error: AddDeviceError) -> ApiError {
    match error {
        AddDeviceError::Store(error) => error.into(),
        AddDeviceError::Ticket => ApiError::new(
            ErrorCode::Unauthorized,
            "This sign-in took too long. Begin again.",
        ),
        AddDeviceError::Certificate => ApiError::of(ErrorCode::CertificateInvalid),
        AddDeviceError::Revoked => {
            ApiError::new(ErrorCode::Forbidden, "This device was revoked. Use a new one.")
        }
        AddDeviceError::TooMany => {
            ApiError::new(ErrorCode::LimitReached, "You have too many devices. Revoke one.")
        }
    }
}

/// Revokes one of the caller's own devices: its sessions end, its connections close, its key packages
/// are gone. Members remove its leaves.
#[utoipa::path(
    delete, path = "/api/v1/devices/{device}", tag = "device",
    params(("device" = String, Path, description = "one of the caller's devices")),
    responses((status = 204, description = "the device is revoked"), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.device.revoke", skip_all)]
async fn revoke(
    State(state): State<AppState>,
    caller: AuthedDevice,
    Path(device): Path<DeviceId>,
) -> Result<StatusCode, ApiError> {
    if !state
        .store
        .revoke_device(caller.user, device, state.clock.now())
        .await?
    {
        return Err(ApiError::of(ErrorCode::NotFound));
    }
    state.delivery.bus().close_sessions_of(device);
    Ok(StatusCode::NO_CONTENT)
}
