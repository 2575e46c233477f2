//! Logging in: two requests of OPAQUE. A name that does not exist takes the same path as a wrong
//! password, reads as many rows, and gets an answer of the same form.

use axum::extract::State;
use rand::rngs::OsRng;
use undertone_opaque::Identifiers;
use undertone_opaque::server::{LoginStart, finish_login, start_login};
use undertone_wire::ErrorCode;
use undertone_wire::error::ErrorResponse;
use undertone_wire::session::{
    FinishLoginRequest, FinishLoginResponse, StartLoginRequest, StartLoginResponse,
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::sign_in::{self, TICKET_LIFE};
use crate::auth::{ClientAddress, PendingLogin, Ticket};
use crate::error::{ApiError, Json};
use crate::rate_limit::Class;
use crate::state::AppState;
use crate::store::account::NewTicket;

pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(start))
        .routes(routes!(finish))
}

/// OPAQUE KE1 and KE2.
#[utoipa::path(
    post, path = "/api/v1/login/start", tag = "session", security(()),
    request_body = StartLoginRequest,
    responses((status = 200, body = StartLoginResponse), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.login.start", skip_all)]
async fn start(
    State(state): State<AppState>,
    address: ClientAddress,
    Json(request): Json<StartLoginRequest>,
) -> Result<Json<StartLoginResponse>, ApiError> {
    state.limits.check(Class::Login, address.as_bytes())?;
    let name_key = request.name.unique_key();
    state
        .delays
        .begin(&name_key, address)
        .map_err(ApiError::rate_limited)?;
    let account = state.store.password_file(name_key.clone()).await?;
    let start = LoginStart {
        password_file: account.as_ref().map(|(_, file)| file.as_slice()),
        request: request.request.as_slice(),
        credential_identifier: name_key.as_bytes(),
        identifiers: Identifiers::new(name_key.as_bytes()),
    };
    let started = start_login(&mut OsRng, state.keys.opaque(), start)
        .map_err(|_| ApiError::of(ErrorCode::BadRequest))?;
    let user = account.map(|(user, _)| user);
    let pending = PendingLogin {
        state: started.state,
        name_key,
        user,
        address,
    };
    let login = state
        .logins
        .insert(&mut OsRng, pending)
        .map_err(|_crowded| sign_in::crowded())?;
    Ok(Json(StartLoginResponse {
        login,
        response: started.response.into(),
    }))
}

/// OPAQUE KE3: proves the password. Answers with the sealed vault and a ticket for one device.
#[utoipa::path(
    post, path = "/api/v1/login/finish", tag = "session", security(()),
    request_body = FinishLoginRequest,
    responses((status = 200, body = FinishLoginResponse), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.login.finish", skip_all)]
async fn finish(
    State(state): State<AppState>,
    address: ClientAddress,
    Json(request): Json<FinishLoginRequest>,
) -> Result<Json<FinishLoginResponse>, ApiError> {
    state.limits.check(Class::Login, address.as_bytes())?;
    let pending = state.logins.take(request.login).ok_or_else(sign_in::too_late)?;
    let identifiers = Identifiers::new(pending.name_key.as_bytes());
    let proven = finish_login(&pending.state, request.finalization.as_slice(), identifiers);
    let (Ok(()), Some(user)) = (proven, pending.user) else {
        return Err(ApiError::of(ErrorCode::WrongCredentials));
    };
    state.delays.succeeded(&pending.name_key, pending.address);
    let ticket = Ticket::generate(&mut OsRng);
    let new_ticket = NewTicket {
        ticket: ticket.hash(),
        user,
        expires_at: state.clock.now().plus(TICKET_LIFE),
    };
    let account = state.store.finish_login(new_ticket).await?;
    let account = account.ok_or_else(|| ApiError::of(ErrorCode::WrongCredentials))?;
    Ok(Json(FinishLoginResponse {
        ticket: ticket.to_text(),
        user,
        name: account.name,
        identity_key: account.identity_key.into(),
        vault: account.vault,
    }))
}
