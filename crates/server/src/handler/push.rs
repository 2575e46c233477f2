//! Web Push over HTTP: where a device wants to be woken, and whether that works.

use axum::extract::State;
use axum::http::StatusCode;
use undertone_wire::error::ErrorResponse;
use undertone_wire::limits::PUSH_CONVERSATIONS_MAX;
use undertone_wire::push::{
    PushInfo, PushQuietHours, PushSubscription, PushTestResponse, PushTestResult, PushWishes,
};
use undertone_wire::{Bytes, ErrorCode};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::AuthedDevice;
use crate::error::{ApiError, Json};
use crate::push::Pusher;
use crate::push::sender::{Occasion, Outcome, is_key};
use crate::push::waker::push;
use crate::rate_limit::Class;
use crate::state::AppState;
use crate::store::push::DeviceSubscription;

pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(show))
        .routes(routes!(subscribe, unsubscribe))
        .routes(routes!(wish))
        .routes(routes!(test))
}

/// The way to push services; none, if the administrator wants none.
fn pusher(state: &AppState) -> Result<&Pusher, ApiError> {
    state
        .pusher
        .as_ref()
        .ok_or_else(|| ApiError::of(ErrorCode::NotFound))
}

/// The server's key for push services. `not_found`: this server wakes nobody.
#[utoipa::path(
    get, path = "/api/v1/push", tag = "push",
    responses((status = 200, body = PushInfo), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.push.show", skip_all)]
async fn show(State(state): State<AppState>) -> Result<Json<PushInfo>, ApiError> {
    let public_key = Bytes(pusher(&state)?.public_key().to_vec());
    Ok(Json(PushInfo { public_key }))
}

/// Where the device wants to be woken, in place of the subscription before. It ends with the session.
#[utoipa::path(
    put, path = "/api/v1/push/subscription", tag = "push",
    request_body = PushSubscription,
    responses((status = 204, description = "it will be woken there"), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.push.subscribe", skip_all)]
async fn subscribe(
    State(state): State<AppState>,
    caller: AuthedDevice,
    Json(request): Json<PushSubscription>,
) -> Result<StatusCode, ApiError> {
    let pusher = pusher(&state)?;
    state.limits.check(Class::Push, caller.device.as_bytes())?;
    let PushSubscription {
        endpoint,
        p256dh,
        auth,
    } = request;
    let public_key = <[u8; 65]>::try_from(p256dh.as_slice()).ok().filter(is_key);
    let auth = <[u8; 16]>::try_from(auth.as_slice()).ok();
    let (Some(public_key), Some(auth)) = (public_key, auth) else {
        return Err(ApiError::new(
            ErrorCode::BadRequest,
            "These are not the keys of a subscription.",
        ));
    };
    pusher.check_endpoint(&endpoint).map_err(|_| {
        ApiError::new(
            ErrorCode::BadRequest,
            "This is not an address of a push service that this server calls.",
        )
    })?;
    let subscription = DeviceSubscription {
        device: caller.device,
        endpoint,
        public_key,
        auth,
    };
    state.store.put_subscription(caller.session, subscription).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// For what the device is woken, in place of what it said before. Nothing without a subscription.
#[utoipa::path(
    put, path = "/api/v1/push/wishes", tag = "push",
    request_body = PushWishes,
    responses((status = 204, description = "it will be woken for these"), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.push.wish", skip_all)]
async fn wish(
    State(state): State<AppState>,
    caller: AuthedDevice,
    Json(wishes): Json<PushWishes>,
) -> Result<StatusCode, ApiError> {
    let is_valid = wishes.quiet_hours.is_none_or(PushQuietHours::is_valid);
    if !is_valid || wishes.conversations.len() > PUSH_CONVERSATIONS_MAX {
        return Err(ApiError::new(
            ErrorCode::BadRequest,
            "These are too many conversations, or no hours of a day.",
        ));
    }
    state.store.put_wishes(caller.device, wishes).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends the device's subscription.
#[utoipa::path(
    delete, path = "/api/v1/push/subscription", tag = "push",
    responses((status = 204, description = "it is not woken any more"), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.push.unsubscribe", skip_all)]
async fn unsubscribe(State(state): State<AppState>, caller: AuthedDevice) -> Result<StatusCode, ApiError> {
    state.store.delete_subscription(caller.device).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sends a push to the calling device, and says how far it came.
#[utoipa::path(
    post, path = "/api/v1/push/test", tag = "push",
    responses((status = 200, body = PushTestResponse), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.push.test", skip_all)]
async fn test(
    State(state): State<AppState>,
    caller: AuthedDevice,
) -> Result<Json<PushTestResponse>, ApiError> {
    let pusher = pusher(&state)?;
    state.limits.check(Class::Push, caller.device.as_bytes())?;
    let to = (caller.device, Occasion::Test);
    let result = match push(pusher, &state.store, to, state.clock.as_ref()).await {
        None => PushTestResult::NotSubscribed,
        Some(Outcome::Accepted) => PushTestResult::Accepted,
        Some(Outcome::Gone) => PushTestResult::Gone,
        Some(Outcome::Refused | Outcome::Busy(_)) => PushTestResult::Refused,
        Some(Outcome::Unreachable) => PushTestResult::Unreachable,
    };
    Ok(Json(PushTestResponse { result }))
}
