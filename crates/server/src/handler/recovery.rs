//! Logging in with the recovery key: showing it, then a new password. A name that does not exist takes
//! the same path as a key that does not fit, reads as many rows, and gets an answer of the same form.

use axum::extract::State;
use rand::RngCore;
use rand::rngs::OsRng;
use undertone_mls::verify_signature;
use undertone_opaque::server::{finish_registration, start_registration};
use undertone_wire::ErrorCode;
use undertone_wire::error::ErrorResponse;
use undertone_wire::recovery::{
    FinishRecoveryRequest, ProveRecoveryRequest, ProveRecoveryResponse, StartRecoveryRequest,
    StartRecoveryResponse,
};
use undertone_wire::session::SessionGrant;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::device::refusal;
use super::registration::check_wrapped_key;
use super::sign_in::{self, TICKET_LIFE};
use super::{certificate, session};
use crate::auth::{ClientAddress, PendingRecovery, Ticket};
use crate::error::{ApiError, Json};
use crate::rate_limit::Class;
use crate::state::AppState;
use crate::store::account::{AddDevice, NewTicket};
use crate::store::recovery::Recovery;

pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(start))
        .routes(routes!(prove))
        .routes(routes!(finish))
}

/// Asks for something to sign.
#[utoipa::path(
    post, path = "/api/v1/recovery/start", tag = "session", security(()),
    request_body = StartRecoveryRequest,
    responses((status = 200, body = StartRecoveryResponse), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.recovery.start", skip_all)]
async fn start(
    State(state): State<AppState>,
    address: ClientAddress,
    Json(request): Json<StartRecoveryRequest>,
) -> Result<Json<StartRecoveryResponse>, ApiError> {
    state.limits.check(Class::Login, address.as_bytes())?;
    let name_key = request.name.unique_key();
    state
        .delays
        .begin(&name_key, address)
        .map_err(ApiError::rate_limited)?;
    let mut challenge = [0; 32];
    OsRng.fill_bytes(&mut challenge);
    let pending = PendingRecovery {
        challenge,
        account: state.store.recovery_key(name_key.clone()).await?,
        name_key,
        address,
    };
    let recovery = state
        .recoveries
        .insert(&mut OsRng, pending)
        .map_err(|_crowded| sign_in::crowded())?;
    Ok(Json(StartRecoveryResponse {
        recovery,
        challenge: challenge.as_slice().into(),
    }))
}

/// Shows the recovery key. Answers with the sealed vault, the first half of OPAQUE registration for the
/// new password, and a ticket to set it with.
#[utoipa::path(
    post, path = "/api/v1/recovery/prove", tag = "session", security(()),
    request_body = ProveRecoveryRequest,
    responses((status = 200, body = ProveRecoveryResponse), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.recovery.prove", skip_all)]
async fn prove(
    State(state): State<AppState>,
    address: ClientAddress,
    Json(request): Json<ProveRecoveryRequest>,
) -> Result<Json<ProveRecoveryResponse>, ApiError> {
    state.limits.check(Class::Login, address.as_bytes())?;
    let pending = state
        .recoveries
        .take(request.recovery)
        .ok_or_else(sign_in::too_late)?;
    let wrong = || {
        ApiError::new(
            ErrorCode::WrongCredentials,
            "Name and recovery key do not fit together.",
        )
    };
    let user = signer(&state, &pending, &request).ok_or_else(wrong)?;
    let name_key = pending.name_key.as_bytes();
    let response = start_registration(state.keys.opaque(), request.request.as_slice(), name_key)
        .map_err(|_| ApiError::of(ErrorCode::BadRequest))?;
    state.delays.succeeded(&pending.name_key, pending.address);
    let ticket = Ticket::generate(&mut OsRng);
    let new_ticket = NewTicket {
        ticket: ticket.recovery_hash(),
        user,
        expires_at: state.clock.now().plus(TICKET_LIFE),
    };
    let account = state.store.finish_login(new_ticket).await?.ok_or_else(wrong)?;
    Ok(Json(ProveRecoveryResponse {
        ticket: ticket.to_text(),
        user,
        name: account.name,
        identity_key: account.identity_key.into(),
        vault: account.vault,
        response: response.into(),
    }))
}

/// Who signed. Where there is nobody a signature is checked all the same, against a key that is not
/// theirs, so that it takes as long.
fn signer(
    state: &AppState,
    pending: &PendingRecovery,
    request: &ProveRecoveryRequest,
) -> Option<undertone_wire::UserId> {
    let signed = ProveRecoveryRequest::signed_bytes(&pending.name_key, &pending.challenge);
    let nobody = state.keys.token_signing().verifying_key();
    let key = match &pending.account {
        Some((_, key)) => key.as_slice(),
        None => nobody.as_bytes(),
    };
    let fits = verify_signature(key, &signed, request.signature.as_slice()).is_ok();
    pending
        .account
        .as_ref()
        .filter(|_account| fits)
        .map(|(user, _)| *user)
}

/// Sets the new password, ends every session of the account, and registers a device.
#[utoipa::path(
    post, path = "/api/v1/recovery/finish", tag = "session", security(()),
    request_body = FinishRecoveryRequest,
    responses((status = 200, body = SessionGrant), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.recovery.finish", skip_all)]
async fn finish(
    State(state): State<AppState>,
    address: ClientAddress,
    Json(request): Json<FinishRecoveryRequest>,
) -> Result<Json<SessionGrant>, ApiError> {
    state.limits.check(Class::Login, address.as_bytes())?;
    let ticket: Ticket = request
        .ticket
        .parse()
        .map_err(|_| ApiError::of(ErrorCode::Unauthorized))?;
    check_wrapped_key(&request.key_by_password)?;
    let device = certificate::check(request.certificate)?;
    let password_file =
        finish_registration(request.record.as_slice()).map_err(|_| ApiError::of(ErrorCode::BadRequest))?;
    let (session, refresh) = session::draw(&mut OsRng);
    let recovery = Recovery {
        adding: AddDevice {
            ticket: ticket.recovery_hash(),
            device,
            session,
            at: state.clock.now(),
        },
        password_file,
        key_by_password: request.key_by_password.0,
    };
    let (owner, devices) = state.store.recover(recovery).await.map_err(refusal)?;
    for device in devices {
        state.delivery.bus().close_sessions_of(device);
    }
    session::grant(&state, owner, session.session, &refresh).map(Json)
}
