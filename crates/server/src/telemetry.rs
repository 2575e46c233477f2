//! What is logged, and what never is: no content, name, title, token, password, key, address or user
//! agent. A request is logged by its route's template, so that ids in addresses are not either.

use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use rand::RngCore;
use tracing::Instrument;

use crate::state::AppState;

/// The layer around everything: a span with a random id, and one line when the answer is known.
pub async fn trace_request(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("-", MatchedPath::as_str)
        .to_owned();
    let span = tracing::info_span!(
        "request",
        request.id = format_args!("{:016x}", rand::rngs::OsRng.next_u64()),
        request.method = %request.method(),
        request.route = route,
    );
    async move {
        let response = next.run(request).await;
        let status = response.status();
        state.metrics.requests.inc();
        if status == StatusCode::TOO_MANY_REQUESTS {
            state.metrics.turned_away.limited.inc();
        }
        if status.is_server_error() {
            state.metrics.failures.inc();
            tracing::warn!(response.status = status.as_u16(), "answered");
        } else {
            tracing::debug!(response.status = status.as_u16(), "answered");
        }
        response
    }
    .instrument(span)
    .await
}
