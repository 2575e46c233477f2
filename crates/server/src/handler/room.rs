//! Rooms by link: looking through the door, coming in, knocking, and what admins do about it. Who has
//! the link shows a token; whoever has none learns nothing, not even whether there is a room.

use axum::extract::State;
use axum::http::StatusCode;
use std::panic::{AssertUnwindSafe, catch_unwind};
use undertone_wire::error::ErrorResponse;
use undertone_wire::group::{GroupResponse, Role};
use undertone_wire::limits::{KEY_PACKAGE_BYTES_MAX, RETENTION_CEILING, SEALED_STATE_BYTES_MAX};
use undertone_wire::room::{
    EndedResponse, Knock, KnockRequest, KnocksResponse, ReplaceSealedStateRequest, RoomDoor, RoomRequest,
};
use undertone_wire::stream::ServerFrame;
use undertone_wire::{Bytes, ConversationId, DeviceId, ErrorCode, RoomId, UserId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::key_package::{check_one, registered_certificate};
use crate::auth::{AuthedDevice, ClientAddress, TokenHash};
use crate::error::{ApiError, Json, Path};
use crate::rate_limit::Class;
use crate::state::AppState;
use crate::store::room::{Door, Knocked, NewKnock, NewSealedState, NoDoor, Visit};

/// For whoever has the link.
pub(crate) fn public_router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(look))
}

pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(enter))
        .routes(routes!(knock))
        .routes(routes!(stand))
        .routes(routes!(knocks))
        .routes(routes!(refuse))
        .routes(routes!(ended))
        .routes(routes!(replace_sealed_state))
}

/// What stands on the door.
#[utoipa::path(
    post, path = "/api/v1/rooms/look", tag = "room", security(()),
    request_body = RoomRequest,
    responses((status = 200, body = RoomDoor), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.room.look", skip_all)]
async fn look(
    State(state): State<AppState>,
    address: ClientAddress,
    Json(request): Json<RoomRequest>,
) -> Result<Json<RoomDoor>, ApiError> {
    state.limits.check(Class::Door, address.as_bytes())?;
    let Door {
        conversation,
        sealed_state,
        people,
        profile,
        terms,
        ..
    } = door(&state, request.room, &request.admission_token, None).await?;
    let ceiling = u32::try_from(RETENTION_CEILING.as_secs()).unwrap_or(u32::MAX);
    let retention_seconds = profile.retention_seconds.unwrap_or(ceiling).min(ceiling);
    Ok(Json(RoomDoor {
        conversation,
        sealed_state,
        people,
        capacity: profile.capacity,
        locked: terms.locked,
        knock: terms.knock,
        slow_mode_seconds: profile.slow_mode_seconds,
        retention_seconds,
        expires_at: terms.expires_at,
    }))
}

/// What a joining commit is made from; nobody else gets it for a moment.
#[utoipa::path(
    post, path = "/api/v1/rooms/enter", tag = "room",
    request_body = RoomRequest,
    responses((status = 200, body = GroupResponse), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.room.enter", skip_all)]
async fn enter(
    State(state): State<AppState>,
    caller: AuthedDevice,
    Json(request): Json<RoomRequest>,
) -> Result<Json<GroupResponse>, ApiError> {
    state.limits.check(Class::Door, caller.device.as_bytes())?;
    let (room, token) = (request.room, &request.admission_token);
    let door = door(&state, room, token, Some(caller.user)).await?;
    let group = state.delivery.material(caller.into(), door.conversation).await?;
    Ok(Json(group))
}

/// Asks an admin to be let in. The answer is a Welcome, or that it was refused.
#[utoipa::path(
    post, path = "/api/v1/rooms/knock", tag = "room",
    request_body = KnockRequest,
    responses((status = 204, description = "an admin is asked"), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.room.knock", skip_all)]
async fn knock(
    State(state): State<AppState>,
    caller: AuthedDevice,
    Json(request): Json<KnockRequest>,
) -> Result<StatusCode, ApiError> {
    state.limits.check(Class::Door, caller.device.as_bytes())?;
    let KnockRequest {
        room,
        admission_token,
        key_package,
    } = request;
    let door = door(&state, room, &admission_token, Some(caller.user)).await?;
    may_knock(&state, &door, caller.user).await?;
    let key_package = check_key_package(&state, &caller, key_package).await?;
    let conversation = door.conversation;
    let new = NewKnock {
        conversation,
        knock: Knock {
            device: caller.device,
            key_package,
            knocked_at: state.clock.now(),
        },
    };
    match state.store.knock(new).await? {
        Knocked::Waits => {}
        Knocked::TooMany => return Err(ApiError::of(ErrorCode::LimitReached)),
        Knocked::IsMember => return Err(ApiError::new(ErrorCode::BadRequest, "You are inside already.")),
    }
    let admins = state.store.admins(conversation).await?;
    let news = ServerFrame::Knock(conversation);
    state.delivery.bus().tell_users(conversation, &admins, &news);
    Ok(StatusCode::NO_CONTENT)
}

/// Whether the calling device still waits at the door, or was let in; `not_found`: neither. Whoever was not
/// connected when an admin answered learns it here.
#[utoipa::path(
    get, path = "/api/v1/conversations/{conversation}/knock", tag = "room",
    params(("conversation" = String, Path, description = "which conversation")),
    responses((status = 204, description = "it waits, or is inside"), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.room.stand", skip_all)]
async fn stand(
    State(state): State<AppState>,
    caller: AuthedDevice,
    Path(conversation): Path<ConversationId>,
) -> Result<StatusCode, ApiError> {
    if state.store.is_at_door(conversation, caller.device).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::of(ErrorCode::NotFound))
    }
}

/// Who waits at the door, for admins and owners.
#[utoipa::path(
    get, path = "/api/v1/conversations/{conversation}/knocks", tag = "room",
    params(("conversation" = String, Path, description = "which conversation")),
    responses((status = 200, body = KnocksResponse), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.room.knocks", skip_all)]
async fn knocks(
    State(state): State<AppState>,
    caller: AuthedDevice,
    Path(conversation): Path<ConversationId>,
) -> Result<Json<KnocksResponse>, ApiError> {
    require_admin(&state, &caller, conversation).await?;
    let knocks = state.store.knocks(conversation).await?;
    Ok(Json(KnocksResponse { knocks }))
}

/// Does not let a device in, for admins and owners. To let it in is a commit that adds it.
#[utoipa::path(
    delete, path = "/api/v1/conversations/{conversation}/knocks/{device}", tag = "room",
    params(
        ("conversation" = String, Path, description = "which conversation"),
        ("device" = String, Path, description = "who knocked"),
    ),
    responses((status = 204, description = "the device is told"), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.room.refuse", skip_all)]
async fn refuse(
    State(state): State<AppState>,
    caller: AuthedDevice,
    Path((conversation, device)): Path<(ConversationId, DeviceId)>,
) -> Result<StatusCode, ApiError> {
    require_admin(&state, &caller, conversation).await?;
    if !state.store.refuse_knock(conversation, device).await? {
        return Err(ApiError::new(ErrorCode::NotFound, "Nobody waits there any more."));
    }
    let news = ServerFrame::KnockRefused(conversation);
    state.delivery.bus().tell_device(device, &news);
    Ok(StatusCode::NO_CONTENT)
}

/// The leaves of guests who have ended, for admins and owners: a commit that removes them makes room.
#[utoipa::path(
    get, path = "/api/v1/conversations/{conversation}/ended", tag = "room",
    params(("conversation" = String, Path, description = "which conversation")),
    responses((status = 200, body = EndedResponse), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.room.ended", skip_all)]
async fn ended(
    State(state): State<AppState>,
    caller: AuthedDevice,
    Path(conversation): Path<ConversationId>,
) -> Result<Json<EndedResponse>, ApiError> {
    require_admin(&state, &caller, conversation).await?;
    let devices = state.delivery.ended(conversation).await?;
    Ok(Json(EndedResponse { devices }))
}

/// Changes what stands on the door, for admins and owners.
#[utoipa::path(
    put, path = "/api/v1/conversations/{conversation}/sealed-state", tag = "room",
    params(("conversation" = String, Path, description = "which conversation")),
    request_body = ReplaceSealedStateRequest,
    responses((status = 204, description = "it is stored"), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.room.replace_sealed_state", skip_all)]
async fn replace_sealed_state(
    State(state): State<AppState>,
    caller: AuthedDevice,
    Path(conversation): Path<ConversationId>,
    Json(request): Json<ReplaceSealedStateRequest>,
) -> Result<StatusCode, ApiError> {
    require_admin(&state, &caller, conversation).await?;
    let ReplaceSealedStateRequest { room, sealed_state } = request;
    if sealed_state.len() > SEALED_STATE_BYTES_MAX {
        return Err(ApiError::of(ErrorCode::TooLarge));
    }
    if sealed_state.is_empty() {
        return Err(ApiError::of(ErrorCode::BadRequest));
    }
    let new = NewSealedState {
        conversation,
        room,
        sealed_state,
    };
    state.store.replace_sealed_state(new).await?.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// The door to which a link leads.
async fn door(state: &AppState, room: RoomId, token: &Bytes, user: Option<UserId>) -> Result<Door, ApiError> {
    let visit = Visit {
        room,
        token: TokenHash::of_admission(token.as_slice()),
        user,
        now: state.clock.now(),
    };
    state.store.door(visit).await?.map_err(refused)
}

fn refused(why: NoDoor) -> ApiError {
    ApiError::of(match why {
        NoDoor::Unknown => ErrorCode::NotFound,
        NoDoor::Replaced => ErrorCode::LinkReplaced,
        NoDoor::Closed => ErrorCode::RoomClosed,
    })
}

/// The same that counts for coming in, but for the knocking itself.
async fn may_knock(state: &AppState, door: &Door, user: UserId) -> Result<(), ApiError> {
    let person = state.store.person(user).await?;
    let person = person.ok_or_else(|| ApiError::of(ErrorCode::SessionRevoked))?;
    let identity = undertone_mls::identity_hash(&person.identity_key);
    let code = if door.profile.is_banned(user, identity) {
        ErrorCode::Banned
    } else if door.terms.locked {
        ErrorCode::RoomLocked
    } else if !door.is_member && door.people >= door.profile.capacity {
        ErrorCode::RoomFull
    } else if !door.terms.knock {
        return Err(ApiError::new(ErrorCode::BadRequest, "The door is open: come in."));
    } else {
        return Ok(());
    };
    Err(ApiError::of(code))
}

/// A key package of the calling device, for single use. Bytes from outside may make a parser panic.
async fn check_key_package(
    state: &AppState,
    caller: &AuthedDevice,
    package: Bytes,
) -> Result<Bytes, ApiError> {
    if package.len() > KEY_PACKAGE_BYTES_MAX {
        return Err(ApiError::of(ErrorCode::TooLarge));
    }
    let (certificate, now) = (registered_certificate(state, caller).await?, state.clock.now());
    let check = move || {
        let checked = catch_unwind(AssertUnwindSafe(|| check_one(package, false, &certificate, now)));
        checked.ok().flatten()
    };
    let checked = tokio::task::spawn_blocking(check)
        .await
        .map_err(ApiError::internal)?;
    let checked = checked.ok_or_else(|| ApiError::of(ErrorCode::KeyPackageInvalid))?;
    Ok(checked.key_package)
}

/// Outsiders learn nothing; members below admin that they may not.
async fn require_admin(
    state: &AppState,
    caller: &AuthedDevice,
    conversation: ConversationId,
) -> Result<(), ApiError> {
    match state.store.role_in(conversation, caller.device).await? {
        Some(Role::Admin | Role::Owner) => Ok(()),
        Some(Role::Member | Role::ReadOnly) => Err(ApiError::of(ErrorCode::Forbidden)),
        None => Err(ApiError::of(ErrorCode::NotFound)),
    }
}
