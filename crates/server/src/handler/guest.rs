//! Guests: coming without an account, and becoming one.

use axum::extract::State;
use rand::rngs::OsRng;
use undertone_wire::ErrorCode;
use undertone_wire::error::ErrorResponse;
use undertone_wire::guest::{BecomeAccountRequest, CreateGuestRequest, UserKind};
use undertone_wire::session::SessionGrant;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::registration::{self, Credentials};
use super::{certificate, session};
use crate::auth::{AuthedDevice, ClientAddress, RefreshToken};
use crate::error::{ApiError, Json};
use crate::rate_limit::Class;
use crate::state::AppState;
use crate::store::guest::{BecomeAccount, BecomeAccountError, CreateGuestError, NewGuest};

pub(crate) fn public_router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(create))
}

pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(become_account))
}

/// Makes a guest with their only device, and logs it in. The same device again gets a new session;
/// its older ones end.
#[utoipa::path(
    post, path = "/api/v1/guests", tag = "guest", security(()),
    request_body = CreateGuestRequest,
    responses((status = 200, body = SessionGrant), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.guest.create", skip_all)]
async fn create(
    State(state): State<AppState>,
    address: ClientAddress,
    Json(request): Json<CreateGuestRequest>,
) -> Result<Json<SessionGrant>, ApiError> {
    if !state.config.guests.enabled {
        return Err(ApiError::of(ErrorCode::GuestsRefused));
    }
    // Before the network's limit, which so counts nobody twice.
    state.proofs.admit(&mut OsRng, request.proof.as_ref())?;
    state.limits.check(Class::GuestSession, address.as_bytes())?;
    let device = certificate::check(request.certificate)?;
    if device.body.user != request.user || device.body.kind != UserKind::Guest {
        return Err(ApiError::of(ErrorCode::CertificateInvalid));
    }
    let (session, refresh) = session::draw(&mut OsRng);
    let at = state.clock.now();
    let guest = NewGuest {
        device,
        session,
        until: at.plus(state.config.guests.idle()),
        at,
    };
    let owner = state.store.create_guest(guest).await.map_err(create_refusal)?;
    state.delivery.bus().close_sessions_of(owner.device);
    session::grant(&state, owner, session.session, &refresh).map(Json)
}

fn create_refusal(error: CreateGuestError) -> ApiError {
    match error {
        CreateGuestError::Store(error) => error.into(),
        CreateGuestError::Taken => ApiError::new(
            ErrorCode::BadRequest,
            "This id or key exists or has existed. Draw another.",
        ),
    }
}

/// The calling guest becomes an account: same user, same device, same conversations. Begun by
/// `registration/start` with the wanted name.
#[utoipa::path(
    post, path = "/api/v1/guests/account", tag = "guest",
    request_body = BecomeAccountRequest,
    responses((status = 200, body = SessionGrant), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.guest.become_account", skip_all)]
async fn become_account(
    State(state): State<AppState>,
    caller: AuthedDevice,
    address: ClientAddress,
    Json(request): Json<BecomeAccountRequest>,
) -> Result<Json<SessionGrant>, ApiError> {
    state.limits.check(Class::Registration, address.as_bytes())?;
    if caller.kind != UserKind::Guest {
        return Err(no_guest());
    }
    let device = certificate::check(request.certificate)?;
    let body = &device.body;
    if body.name != request.name || body.kind != UserKind::Account || body.device != caller.device {
        return Err(ApiError::of(ErrorCode::CertificateInvalid));
    }
    let credentials = Credentials {
        name: &request.name,
        record: &request.record,
        recovery_public_key: &request.recovery_public_key,
        vault: &request.vault,
    };
    let password_file = registration::check(&credentials)?;
    let refresh = RefreshToken::generate(&mut OsRng, caller.session);
    let change = BecomeAccount {
        user: caller.user,
        session: caller.session,
        refresh: refresh.hash(),
        admission: registration::invitation_admission(request.invitation.as_deref())?,
        password_file,
        recovery_public_key: request.recovery_public_key.0,
        vault: request.vault,
        device,
        at: state.clock.now(),
    };
    let owner = state.store.become_account(change).await.map_err(refusal)?;
    session::grant(&state, owner, caller.session, &refresh).map(Json)
}

fn refusal(error: BecomeAccountError) -> ApiError {
    match error {
        BecomeAccountError::Account(error) => registration::refusal(error),
        BecomeAccountError::NotGuest => no_guest(),
        BecomeAccountError::Certificate => ApiError::of(ErrorCode::CertificateInvalid),
    }
}

fn no_guest() -> ApiError {
    ApiError::new(ErrorCode::Forbidden, "You have an account already.")
}
