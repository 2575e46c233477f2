//! Conversations over HTTP: beginning one, changing one by a commit, where they stand, and their logs.

use axum::extract::State;
use undertone_wire::conversation::{
    Accepted, ConversationsResponse, CreateConversationRequest, LogPage, SubmitCommitRequest,
};
use undertone_wire::error::ErrorResponse;
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
        .routes(routes!(log))
}

/// Begins a conversation with its first commit.
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
    state.limits.check(Class::Commit, caller.device.as_bytes())?;
    Ok(Json(state.delivery.create(caller.into(), request).await?))
}

/// Where each of the device's conversations stands.
#[utoipa::path(
    get, path = "/api/v1/conversations", tag = "conversation",
    responses((status = 200, body = ConversationsResponse), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.conversation.list", skip_all)]
async fn list(
    State(state): State<AppState>,
    caller: AuthedDevice,
) -> Result<Json<ConversationsResponse>, ApiError> {
    let conversations = state.store.heads(caller.device).await?;
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
