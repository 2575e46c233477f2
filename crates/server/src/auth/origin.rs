//! Requests that a page of another site makes a browser send: refused. Programs that are no browser
//! send no origin and pass; what they may do is decided by their token.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use axum::middleware::Next;
use axum::response::Response;
use undertone_wire::ErrorCode;

use crate::error::ApiError;
use crate::state::AppState;

/// The layer around everything under `/api`: what changes something, and the WebSocket's handshake, must
/// come from our own page.
pub async fn require_own_origin(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let is_upgrade = request.headers().contains_key(header::UPGRADE);
    if !is_safe || is_upgrade {
        let host = host(request.headers(), request.uri());
        judge(request.headers(), host.as_deref(), &state.config.origins)?;
    }
    Ok(next.run(request).await)
}

fn judge(headers: &HeaderMap, host: Option<&str>, allowed: &[String]) -> Result<(), ApiError> {
    let refused = || ApiError::of(ErrorCode::OriginRefused);
    if let Some(origin) = headers.get(header::ORIGIN) {
        let origin = origin.to_str().map_err(|_| refused())?;
        let authority = origin
            .split_once("://")
            .map(|(_, authority)| authority)
            .ok_or_else(refused)?;
        let own = host.is_some_and(|host| host.eq_ignore_ascii_case(authority));
        let named = allowed.iter().any(|name| name.eq_ignore_ascii_case(origin));
        return if own || named { Ok(()) } else { Err(refused()) };
    }
    match headers.get("sec-fetch-site").map(HeaderValue::as_bytes) {
        None | Some(b"same-origin" | b"none") => Ok(()),
        Some(_) => Err(refused()),
    }
}

/// The authority that the client asked: in the address with HTTP/2, in the `Host` header before.
fn host(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let written = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    uri.authority()
        .map(ToString::to_string)
        .or_else(|| written.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(headers: &[(&'static str, &'static str)]) -> bool {
        let map: HeaderMap = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        let host = host(&map, &Uri::default());
        judge(&map, host.as_deref(), &["app://undertone".to_owned()]).is_ok()
    }

    #[test]
    fn our_own_page_and_programs_pass() {
        assert!(judged(&[("host", "localhost:8080")]));
        assert!(judged(&[
            ("host", "localhost:8080"),
            ("origin", "http://localhost:8080")
        ]));
        assert!(judged(&[
            ("host", "localhost:8080"),
            ("sec-fetch-site", "same-origin")
        ]));
        assert!(judged(&[
            ("host", "localhost:8080"),
            ("origin", "app://undertone")
        ]));
    }

    #[test]
    fn pages_of_other_sites_are_refused() {
        assert!(!judged(&[
            ("host", "localhost:8080"),
            ("origin", "http://evil.example")
        ]));
        assert!(!judged(&[
            ("host", "localhost:8080"),
            ("origin", "http://localhost:8081")
        ]));
        assert!(!judged(&[("host", "localhost:8080"), ("origin", "null")]));
        assert!(!judged(&[
            ("host", "localhost:8080"),
            ("origin", "http://localhost:8080.evil.example")
        ]));
        assert!(!judged(&[
            ("host", "localhost:8080"),
            ("sec-fetch-site", "cross-site")
        ]));
        assert!(!judged(&[
            ("host", "localhost:8080"),
            ("sec-fetch-site", "same-site")
        ]));
        assert!(!judged(&[("origin", "http://localhost:8080")]));
    }
}
