//! Sending a message over HTTP: the same as over the WebSocket.

use axum::extract::State;
use undertone_wire::ConversationId;
use undertone_wire::conversation::Accepted;
use undertone_wire::error::ErrorResponse;
use undertone_wire::message::SendMessageRequest;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::conversation::same;
use crate::auth::AuthedDevice;
use crate::error::{ApiError, Json, Path};
use crate::state::AppState;

pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(send))
}

/// Sends an encrypted message. The answer means that it is stored durably.
#[utoipa::path(
    post, path = "/api/v1/conversations/{conversation}/messages", tag = "message",
    params(("conversation" = String, Path, description = "which conversation")),
    request_body = SendMessageRequest,
    responses((status = 200, body = Accepted), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.message.send", skip_all)]
async fn send(
    State(state): State<AppState>,
    caller: AuthedDevice,
    Path(conversation): Path<ConversationId>,
    Json(request): Json<SendMessageRequest>,
) -> Result<Json<Accepted>, ApiError> {
    same(conversation, request.conversation)?;
    state.limits.check_message(&caller)?;
    Ok(Json(state.delivery.send(caller.into(), request).await?))
}
