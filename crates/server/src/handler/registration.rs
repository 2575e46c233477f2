//! Registration: two requests of OPAQUE, then account, device and session in one transaction.

use axum::extract::State;
use rand::rngs::OsRng;
use undertone_wire::ErrorCode;
use undertone_wire::account::{
    FinishRegistrationRequest, StartRegistrationRequest, StartRegistrationResponse, Vault,
};
use undertone_wire::error::ErrorResponse;
use undertone_wire::limits::{SERVER_NAME_BYTES_MAX, VAULT_BYTES_MAX};
use undertone_wire::server_info::{RegistrationPolicy, SetupRequest};
use undertone_wire::session::SessionGrant;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{certificate, session};
use crate::auth::{ClientAddress, TypedCode};
use crate::error::{ApiError, Json};
use crate::rate_limit::Class;
use crate::state::AppState;
use crate::store::account::{Admission, CreateAccountError, NewAccount, NewDevice, SessionOwner};

/// Ed25519 public keys.
const PUBLIC_KEY_BYTES: usize = 32;
/// A wrapped key: far more than any sealing adds.
const WRAPPED_KEY_BYTES_MAX: usize = 1024;

pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(start))
        .routes(routes!(finish))
}

/// The first half of OPAQUE registration.
#[utoipa::path(
    post, path = "/api/v1/registration/start", tag = "account", security(()),
    request_body = StartRegistrationRequest,
    responses((status = 200, body = StartRegistrationResponse), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.registration.start", skip_all)]
async fn start(
    State(state): State<AppState>,
    address: ClientAddress,
    Json(request): Json<StartRegistrationRequest>,
) -> Result<Json<StartRegistrationResponse>, ApiError> {
    state.limits.check(Class::Registration, address.as_bytes())?;
    let name_key = request.name.unique_key();
    // Strangers learn which names exist only where they may take one; elsewhere `finish` tells those
    // whom it admits. Until the set-up the policy is open.
    match state.store.server_settings().await?.registration {
        RegistrationPolicy::Closed => return Err(ApiError::of(ErrorCode::RegistrationClosed)),
        RegistrationPolicy::Open if state.store.is_name_taken(name_key.clone()).await? => {
            return Err(ApiError::of(ErrorCode::NameTaken));
        }
        RegistrationPolicy::Open | RegistrationPolicy::Invitation => {}
    }
    let setup = state.keys.opaque();
    let response =
        undertone_opaque::server::start_registration(setup, request.request.as_slice(), name_key.as_bytes())
            .map_err(|_| ApiError::of(ErrorCode::BadRequest))?;
    Ok(Json(StartRegistrationResponse {
        response: response.into(),
    }))
}

/// Makes account and first device, and logs the device in.
#[utoipa::path(
    post, path = "/api/v1/registration/finish", tag = "account", security(()),
    request_body = FinishRegistrationRequest,
    responses((status = 200, body = SessionGrant), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.registration.finish", skip_all)]
async fn finish(
    State(state): State<AppState>,
    address: ClientAddress,
    Json(request): Json<FinishRegistrationRequest>,
) -> Result<Json<SessionGrant>, ApiError> {
    state.limits.check(Class::Registration, address.as_bytes())?;
    check_sizes(&request)?;
    let device = certificate::check(request.certificate.clone())?;
    check_certificate(&device, &request)?;
    let password_file = undertone_opaque::server::finish_registration(request.record.as_slice())
        .map_err(|_| ApiError::of(ErrorCode::BadRequest))?;
    let admission = match request.setup {
        Some(setup) => {
            state.limits.check(Class::Setup, address.as_bytes())?;
            setup_admission(&setup)?
        }
        None => invitation_admission(request.invitation.as_deref())?,
    };
    let is_admin = matches!(admission, Admission::Setup { .. });
    let owner = SessionOwner {
        user: request.user,
        name: request.name,
        is_admin,
        device: device.body.device,
    };
    let (session, refresh) = session::draw(&mut OsRng);
    let account = NewAccount {
        admission,
        password_file,
        recovery_public_key: request.recovery_public_key.0,
        vault: request.vault,
        device,
        session,
        at: state.clock.now(),
    };
    state.store.create_account(account).await.map_err(refusal)?;
    session::grant(&state, owner, session.session, &refresh).map(Json)
}

fn check_sizes(request: &FinishRegistrationRequest) -> Result<(), ApiError> {
    let Vault {
        sealed,
        key_by_password,
        key_by_recovery,
    } = &request.vault;
    if sealed.len() > VAULT_BYTES_MAX
        || key_by_password.len() > WRAPPED_KEY_BYTES_MAX
        || key_by_recovery.len() > WRAPPED_KEY_BYTES_MAX
    {
        return Err(ApiError::of(ErrorCode::TooLarge));
    }
    let has_vault = !(sealed.is_empty() || key_by_password.is_empty() || key_by_recovery.is_empty());
    let has_keys = request.identity_key.len() == PUBLIC_KEY_BYTES
        && request.recovery_public_key.len() == PUBLIC_KEY_BYTES;
    if has_vault && has_keys {
        Ok(())
    } else {
        Err(ApiError::of(ErrorCode::BadRequest))
    }
}

/// The certificate must be of this very user, name and identity key.
fn check_certificate(device: &NewDevice, request: &FinishRegistrationRequest) -> Result<(), ApiError> {
    let body = &device.body;
    if body.user == request.user && body.name == request.name && body.identity_key == request.identity_key {
        Ok(())
    } else {
        Err(ApiError::of(ErrorCode::CertificateInvalid))
    }
}

fn setup_admission(setup: &SetupRequest) -> Result<Admission, ApiError> {
    let token: TypedCode = setup
        .token
        .parse()
        .map_err(|_| ApiError::of(ErrorCode::SetupTokenInvalid))?;
    let server_name = setup.server_name.trim().to_owned();
    let is_printable = !server_name.chars().any(char::is_control);
    if server_name.is_empty() || server_name.len() > SERVER_NAME_BYTES_MAX || !is_printable {
        return Err(ApiError::new(
            ErrorCode::BadRequest,
            "A server's name has 1 to 64 bytes.",
        ));
    }
    Ok(Admission::Setup {
        token: token.setup_hash(),
        server_name,
        registration: setup.registration,
    })
}

fn invitation_admission(invitation: Option<&str>) -> Result<Admission, ApiError> {
    match invitation.map(str::trim) {
        None | Some("") => Ok(Admission::Nothing),
        Some(text) => {
            let code: TypedCode = text
                .parse()
                .map_err(|_| ApiError::of(ErrorCode::InvitationInvalid))?;
            Ok(Admission::Invitation(code.invitation_hash()))
        }
    }
}

fn refusal(error: CreateAccountError) -> ApiError {
    match error {
        CreateAccountError::Store(error) => error.into(),
        CreateAccountError::NameTaken => ApiError::of(ErrorCode::NameTaken),
        CreateAccountError::IdTaken => ApiError::new(ErrorCode::BadRequest, "This id exists. Draw another."),
        CreateAccountError::SetupToken => ApiError::of(ErrorCode::SetupTokenInvalid),
        CreateAccountError::InvitationRequired => ApiError::of(ErrorCode::InvitationRequired),
        CreateAccountError::Invitation => ApiError::of(ErrorCode::InvitationInvalid),
        CreateAccountError::Closed => ApiError::of(ErrorCode::RegistrationClosed),
    }
}
