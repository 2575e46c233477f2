//! All routes in one place. Whatever is under `/api` needs a live session, unless it is on the short
//! public list here; what is on neither does not exist.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;
use undertone_wire::ErrorCode;
use undertone_wire::limits::BODY_BYTES_MAX;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi};
use utoipa_axum::router::OpenApiRouter;

use crate::auth::origin::require_own_origin;
use crate::auth::{AuthedDevice, blind_address, require_device};
use crate::error::ApiError;
use crate::rate_limit::Class;
use crate::state::AppState;
use crate::telemetry::trace_request;
use crate::{handler, stream, web};

/// No answer takes longer; a WebSocket has deadlines of its own.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// What strangers may call: each of these limits its callers by network.
fn public() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(handler::server_info::router())
        .merge(handler::setup::router())
        .merge(handler::registration::router())
        .merge(handler::login::router())
        .merge(handler::recovery::router())
        .merge(handler::guest::public_router())
        .merge(handler::device::public_router())
        .merge(handler::session::public_router())
        .merge(handler::room::public_router())
        // Authenticates in its first frame.
        .merge(stream::router())
}

/// What needs a live session.
fn guarded(state: &AppState) -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(handler::session::router())
        .merge(handler::device::router())
        .merge(handler::guest::router())
        .merge(handler::people::router())
        .merge(handler::invitation::router())
        .merge(handler::key_package::router())
        .merge(handler::conversation::router())
        .merge(handler::message::router())
        .merge(handler::room::router())
        .merge(handler::push::router())
        .route_layer(from_fn_with_state(state.clone(), limit_device))
        .route_layer(from_fn_with_state(state.clone(), require_device))
}

/// What moves bytes of files, at a speed of its own, so that nothing else waits for it.
fn files(state: &AppState) -> OpenApiRouter<AppState> {
    handler::blob::router()
        .route_layer(from_fn_with_state(state.clone(), limit_pieces))
        .route_layer(from_fn_with_state(state.clone(), require_device))
}

/// The whole service.
pub fn router(state: AppState) -> Router {
    let (api, document) = api(&state);
    let document: Arc<str> = serde_json::to_string(&document).unwrap_or_default().into();
    let answer_document =
        move || async move { ([("content-type", "application/json")], document.to_string()) };
    let router = api
        .route("/api/v1/openapi.json", get(answer_document))
        .route("/api", get(no_such_route))
        .route("/api/{*rest}", axum::routing::any(no_such_route))
        .layer(from_fn_with_state(state.clone(), require_own_origin))
        .route("/healthz", get(handler::health::alive))
        .route("/readyz", get(handler::health::ready))
        .route("/ca.crt", get(handler::server_info::certificate_authority))
        .fallback(web::serve)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn(refuse_large))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            ANSWER_WITHIN,
        ))
        .layer(CatchPanicLayer::custom(|_panic| {
            ApiError::of(ErrorCode::Internal).into_response()
        }))
        .layer(from_fn_with_state(state.clone(), blind_address))
        .layer(from_fn_with_state(state.clone(), trace_request))
        .layer(from_fn(web::confine));
    let router = if state.config.is_hsts_wanted() {
        router.layer(from_fn(web::require_encryption))
    } else {
        router
    };
    router.with_state(state)
}

/// The API's routes, and the document that describes them.
fn api(state: &AppState) -> (Router<AppState>, OpenApi) {
    let (router, mut document) = public()
        .merge(guarded(state))
        .merge(files(state))
        .split_for_parts();
    document.info = InfoBuilder::new()
        .title("Undertone")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Bytes are base64url without padding; times are RFC 3339 in UTC.",
        ))
        .build();
    let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let schemas = document.components.take().unwrap_or_default();
    let mut components = ComponentsBuilder::from(schemas).build();
    components.add_security_scheme("session", scheme);
    document.components = Some(components);
    document.security = Some(vec![SecurityRequirement::new("session", Vec::<String>::new())]);
    (router, document)
}

/// A body that says of itself that it is too large is not waited for.
async fn refuse_large(request: Request, next: Next) -> Result<Response, ApiError> {
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > BODY_BYTES_MAX) {
        return Err(ApiError::of(ErrorCode::TooLarge));
    }
    Ok(next.run(request).await)
}

/// The layer behind `require_device`: every device has its speed.
async fn limit_device(
    State(state): State<AppState>,
    caller: AuthedDevice,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let class = if *request.method() == Method::GET {
        Class::Read
    } else {
        Class::Write
    };
    state.limits.check(class, caller.device.as_bytes())?;
    Ok(next.run(request).await)
}

/// The layer behind `require_device` around what moves bytes of files.
async fn limit_pieces(
    State(state): State<AppState>,
    caller: AuthedDevice,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    state.limits.check(Class::BlobPiece, caller.device.as_bytes())?;
    Ok(next.run(request).await)
}

async fn no_such_route() -> ApiError {
    ApiError::of(ErrorCode::NotFound)
}
