//! Conversations over HTTP: beginning one, changing one by commits and proposals, coming into one, where
//! they stand, and their logs.

use axum::extract::State;
use axum::http::StatusCode;
use undertone_wire::conversation::{
    Accepted, ConversationKind, ConversationsResponse, CreateConversationRequest, JoinRequest, LogPage,
    SubmitCommitRequest, SubmitProposalRequest,
};
use undertone_wire::error::ErrorResponse;
use undertone_wire::group::{GroupResponse, ReplaceGroupInfoRequest};
use undertone_wire::guest::UserKind;
use undertone_wire::limits::LOG_PAGE_MAX;
use undertone_wire::stream::FetchLog;
use undertone_wire::{ConversationId, ErrorCode, Sequence};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::AuthedDevice;
use crate::error::{ApiError, Json, Path, Query};
use crate::rate_limit::Class;
use crate::state::AppState;

pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(commit))
        .routes(routes!(propose))
        .routes(routes!(group))
        .routes(routes!(join))
        .routes(routes!(replace_group_info))
        .routes(routes!(log))
}

/// Begins a conversation with its first commit. Guests begin rooms only.
#[utoipa::path(
    post, path = "/api/v1/conversations", tag = "conversation",
    request_body = CreateConversationRequest,
    responses((status = 200, body = Accepted), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.conversation.create", skip_all)]
async fn create(
    State(state): State<AppState>,
    caller: AuthedDevice,
    Json(request): Json<CreateConversationRequest>,
) -> Result<Json<Accepted>, ApiError> {
    if caller.kind == UserKind::Guest && request.kind != ConversationKind::Room {
        return Err(ApiError::of(ErrorCode::Forbidden));
    }
    state.limits.check(Class::Commit, caller.device.as_bytes())?;
    state.limits.check_guest(Class::GuestRoom, &caller)?;
    Ok(Json(state.delivery.create(caller.into(), request).await?))
}

/// Whose conversations.
#[derive(Debug, Clone, Copy, serde::Deserialize)]
struct ListQuery {
    #[serde(default)]
    scope: Scope,
}

/// Whose conversations.
#[derive(Debug, Clone, Copy, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Scope {
    /// Those of which the device is a member.
    #[default]
    Device,
    /// Those, too, of which only other devices of the user are members: this one may come in.
    User,
}

/// Where each of the device's, or of its user's, conversations stands.
#[utoipa::path(
    get, path = "/api/v1/conversations", tag = "conversation",
    params(("scope" = Option<String>, Query, description = "`device` (unless said otherwise) or `user`")),
    responses((status = 200, body = ConversationsResponse), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.conversation.list", skip_all)]
async fn list(
    State(state): State<AppState>,
    caller: AuthedDevice,
    Query(query): Query<ListQuery>,
) -> Result<Json<ConversationsResponse>, ApiError> {
    let conversations = match query.scope {
        Scope::Device => state.store.heads(caller.device).await?,
        Scope::User => state.store.heads_of_user(caller.user).await?,
    };
    Ok(Json(ConversationsResponse { conversations }))
}

/// Changes the group by a commit.
#[utoipa::path(
    post, path = "/api/v1/conversations/{conversation}/commits", tag = "conversation",
    params(("conversation" = String, Path, description = "which conversation")),
    request_body = SubmitCommitRequest,
    responses((status = 200, body = Accepted), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.conversation.commit", skip_all)]
async fn commit(
    State(state): State<AppState>,
    caller: AuthedDevice,
    Path(conversation): Path<ConversationId>,
    Json(request): Json<SubmitCommitRequest>,
) -> Result<Json<Accepted>, ApiError> {
    same(conversation, request.conversation)?;
    state.limits.check(Class::Commit, caller.device.as_bytes())?;
    Ok(Json(state.delivery.commit(caller.into(), request).await?))
}

/// Asks to be let go: a `SelfRemove`, which any member online commits.
#[utoipa::path(
    post, path = "/api/v1/conversations/{conversation}/proposals", tag = "conversation",
    params(("conversation" = String, Path, description = "which conversation")),
    request_body = SubmitProposalRequest,
    responses((status = 200, body = Accepted), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.conversation.propose", skip_all)]
async fn propose(
    State(state): State<AppState>,
    caller: AuthedDevice,
    Path(conversation): Path<ConversationId>,
    Json(request): Json<SubmitProposalRequest>,
) -> Result<Json<Accepted>, ApiError> {
    same(conversation, request.conversation)?;
    state.limits.check(Class::Commit, caller.device.as_bytes())?;
    Ok(Json(state.delivery.propose(caller.into(), request).await?))
}

/// What a device of a member needs to come in by itself. It is its turn then; others wait.
#[utoipa::path(
    get, path = "/api/v1/conversations/{conversation}/group", tag = "conversation",
    params(("conversation" = String, Path, description = "which conversation")),
    responses((status = 200, body = GroupResponse), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.conversation.group", skip_all)]
async fn group(
    State(state): State<AppState>,
    caller: AuthedDevice,
    Path(conversation): Path<ConversationId>,
) -> Result<Json<GroupResponse>, ApiError> {
    Ok(Json(state.delivery.group(caller.into(), conversation).await?))
}

/// Comes in by an external commit: into a room with its link's token, or as a device of a member.
#[utoipa::path(
    post, path = "/api/v1/conversations/{conversation}/join", tag = "conversation",
    params(("conversation" = String, Path, description = "which conversation")),
    request_body = JoinRequest,
    responses((status = 200, body = Accepted), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.conversation.join", skip_all)]
async fn join(
    State(state): State<AppState>,
    caller: AuthedDevice,
    Path(conversation): Path<ConversationId>,
    Json(request): Json<JoinRequest>,
) -> Result<Json<Accepted>, ApiError> {
    same(conversation, request.conversation)?;
    state.limits.check(Class::Commit, caller.device.as_bytes())?;
    Ok(Json(state.delivery.join(caller.into(), request).await?))
}

/// Replaces a `GroupInfo` by which nobody can join. The first that comes counts; nothing changes unless
/// one was asked for.
#[utoipa::path(
    put, path = "/api/v1/conversations/{conversation}/group-info", tag = "conversation",
    params(("conversation" = String, Path, description = "which conversation")),
    request_body = ReplaceGroupInfoRequest,
    responses((status = 204), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.conversation.replace_group_info", skip_all)]
async fn replace_group_info(
    State(state): State<AppState>,
    caller: AuthedDevice,
    Path(conversation): Path<ConversationId>,
    Json(request): Json<ReplaceGroupInfoRequest>,
) -> Result<StatusCode, ApiError> {
    state.limits.check(Class::Commit, caller.device.as_bytes())?;
    state
        .delivery
        .replace_group_info(caller.into(), conversation, request)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which part of a log.
#[derive(Debug, Clone, Copy, serde::Deserialize)]
struct LogQuery {
    #[serde(default)]
    after: u64,
    #[serde(default)]
    limit: Option<u32>,
}

/// A part of the log.
#[utoipa::path(
    get, path = "/api/v1/conversations/{conversation}/log", tag = "conversation",
    params(
        ("conversation" = String, Path, description = "which conversation"),
        ("after" = Option<u64>, Query, description = "only entries after this one"),
        ("limit" = Option<u32>, Query, description = "at most so many"),
    ),
    responses((status = 200, body = LogPage), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.conversation.log", skip_all)]
async fn log(
    State(state): State<AppState>,
    caller: AuthedDevice,
    Path(conversation): Path<ConversationId>,
    Query(query): Query<LogQuery>,
) -> Result<Json<LogPage>, ApiError> {
    let limit = query.limit.unwrap_or(LOG_PAGE_MAX);
    let fetch = FetchLog {
        conversation,
        after: Sequence(query.after),
        limit,
    };
    let page = state.store.log_page(caller.device, fetch).await?;
    page.map(Json).map_err(|refusal| ApiError::of(refusal.code()))
}

/// The address and the body must name the same conversation.
pub(super) fn same(address: ConversationId, body: ConversationId) -> Result<(), ApiError> {
    let words = "The address and the body name different conversations.";
    if address == body {
        Ok(())
    } else {
        Err(ApiError::new(ErrorCode::BadRequest, words))
    }
}
