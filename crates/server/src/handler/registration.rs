//! Registration: two requests of OPAQUE, then account, device and session in one transaction.

use axum::extract::State;
use rand::rngs::OsRng;
use undertone_wire::account::{
    FinishRegistrationRequest, StartRegistrationRequest, StartRegistrationResponse, Vault,
};
use undertone_wire::error::ErrorResponse;
use undertone_wire::guest::UserKind;
use undertone_wire::limits::{SERVER_NAME_BYTES_MAX, VAULT_BYTES_MAX};
use undertone_wire::server_info::{RegistrationPolicy, SetupRequest};
use undertone_wire::session::SessionGrant;
use undertone_wire::{Bytes, ErrorBody, ErrorCode, UserName};
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
    check_name(&request.name)?;
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
    if request.identity_key.len() != PUBLIC_KEY_BYTES {
        return Err(ApiError::of(ErrorCode::BadRequest));
    }
    let credentials = Credentials {
        name: &request.name,
        record: &request.record,
        recovery_public_key: &request.recovery_public_key,
        vault: &request.vault,
    };
    let password_file = check(&credentials)?;
    let device = certificate::check(request.certificate.clone())?;
    check_certificate(&device, &request)?;
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
        guest_until: None,
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

/// What an account is made of, whoever it was before.
pub(super) struct Credentials<'a> {
    pub(super) name: &'a UserName,
    /// The OPAQUE `RegistrationRecord`.
    pub(super) record: &'a Bytes,
    pub(super) recovery_public_key: &'a Bytes,
    pub(super) vault: &'a Vault,
}

/// Checks them; yields the password file.
pub(super) fn check(credentials: &Credentials<'_>) -> Result<Vec<u8>, ApiError> {
    check_name(credentials.name)?;
    let Vault {
        sealed,
        key_by_password,
        key_by_recovery,
    } = credentials.vault;
    if sealed.len() > VAULT_BYTES_MAX {
        return Err(ApiError::of(ErrorCode::TooLarge));
    }
    check_wrapped_key(key_by_password)?;
    check_wrapped_key(key_by_recovery)?;
    if sealed.is_empty() || credentials.recovery_public_key.len() != PUBLIC_KEY_BYTES {
        return Err(ApiError::of(ErrorCode::BadRequest));
    }
    undertone_opaque::server::finish_registration(credentials.record.as_slice())
        .map_err(|_| ApiError::of(ErrorCode::BadRequest))
}

/// Guests have spaces in their names, accounts do not.
fn check_name(name: &UserName) -> Result<(), ApiError> {
    match name.clone().for_account() {
        Ok(_) => Ok(()),
        Err(problem) => Err(ErrorBody::new(ErrorCode::NameInvalid, problem.to_string()).into()),
    }
}

/// A sealed key is neither empty nor large.
pub(super) fn check_wrapped_key(sealed: &Bytes) -> Result<(), ApiError> {
    match sealed.len() {
        0 => Err(ApiError::of(ErrorCode::BadRequest)),
        1..=WRAPPED_KEY_BYTES_MAX => Ok(()),
        _ => Err(ApiError::of(ErrorCode::TooLarge)),
    }
}

/// The certificate must be of this very user, name and identity key.
fn check_certificate(device: &NewDevice, request: &FinishRegistrationRequest) -> Result<(), ApiError> {
    let body = &device.body;
    if body.user == request.user
        && body.kind == UserKind::Account
        && body.name == request.name
        && body.identity_key == request.identity_key
    {
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

pub(super) fn invitation_admission(invitation: Option<&str>) -> Result<Admission, ApiError> {
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

pub(super) fn refusal(error: CreateAccountError) -> ApiError {
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
