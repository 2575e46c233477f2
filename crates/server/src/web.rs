//! The web page, embedded in the program, and the headers that confine it. It knows nothing of the
//! page's content.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;
use std::borrow::Cow;

/// What the page may do: nothing but run its own code and talk to its own server. Trusted Types leave
/// one policy, which names the worker's address.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; \
    connect-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; \
    manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types undertone";

const PERMISSIONS: &str = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), \
    magnetometer=(), microphone=(), midi=(), payment=(), usb=(), browsing-topics=()";

const MISSING_PAGE: &str = "This server was built without its web page. \
    `cargo xtask run` builds both; a plain `cargo build` uses what is in web/dist.\n";

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../web/dist"]
#[allow_missing = true]
struct Dist;

/// A file of the page.
struct Asset {
    contents: Cow<'static, [u8]>,
    hash: [u8; 32],
}

type Find = fn(&str) -> Option<Asset>;

fn find_embedded(path: &str) -> Option<Asset> {
    Dist::get(path).map(|file| Asset {
        contents: file.data,
        hash: file.metadata.sha256_hash(),
    })
}

/// Answers whatever no other route does: a file of the page, or the page itself, whose own routes are
/// addresses too.
pub async fn serve(request: Request) -> Response {
    answer(&request, find_embedded)
}

fn answer(request: &Request, find: Find) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let path = request.uri().path().trim_start_matches('/');
    if let Some(response) = file(path, request.headers(), find) {
        return response;
    }
    if is_file_name(path) {
        return (StatusCode::NOT_FOUND, "There is no such file.\n").into_response();
    }
    file("index.html", request.headers(), find)
        .unwrap_or_else(|| (StatusCode::SERVICE_UNAVAILABLE, MISSING_PAGE).into_response())
}

/// The page's own routes have no dot in their last part; a file that is missing is not the page.
fn is_file_name(path: &str) -> bool {
    path.starts_with("assets/") || path.rsplit('/').next().is_some_and(|name| name.contains('.'))
}

fn file(path: &str, headers: &HeaderMap, find: Find) -> Option<Response> {
    // Compressed variants are not files of their own.
    if path.is_empty() || matches!(path.rsplit('.').next(), Some("br" | "gz")) {
        return None;
    }
    let plain = find(path)?;
    let tag = HeaderValue::from_str(&format!("\"{}\"", data_encoding::HEXLOWER.encode(&plain.hash))).ok()?;
    let cached = headers.get(IF_NONE_MATCH) == Some(&tag);
    let (encoding, asset) = compressed(path, headers, find).unwrap_or((None, plain));
    let mut response = if cached {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Response::new(Body::from(asset.contents))
    };
    let out = response.headers_mut();
    out.insert(CONTENT_TYPE, HeaderValue::from_static(media_type(path)));
    out.insert(CACHE_CONTROL, HeaderValue::from_static(caching(path)));
    out.insert(ETAG, tag);
    out.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        out.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    Some(response)
}

/// The smallest variant that was made at the build and that the browser takes.
fn compressed(path: &str, headers: &HeaderMap, find: Find) -> Option<(Option<&'static str>, Asset)> {
    let accepted = headers.get(ACCEPT_ENCODING)?.to_str().ok()?;
    let takes = |name: &str| {
        accepted.split(',').any(|each| {
            let (encoding, weight) = each.split_once(';').unwrap_or((each, ""));
            encoding.trim().eq_ignore_ascii_case(name) && !matches!(weight.trim(), "q=0" | "q=0.0")
        })
    };
    [("br", "br"), ("gzip", "gz")]
        .into_iter()
        .filter(|(encoding, _)| takes(encoding))
        .find_map(|(encoding, suffix)| Some((Some(encoding), find(&format!("{path}.{suffix}"))?)))
}

/// The build puts a hash into the names of what is under `assets/`; all else may change any day.
fn caching(path: &str) -> &'static str {
    if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    }
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("json" | "map") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("webp") => "image/webp",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// The layer that confines every answer, the worker's and the API's included.
pub async fn confine(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, PAGE_POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // What the API answers is somebody's: no cache keeps it.
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// The layer that tells browsers to come back encrypted only, where the certificate is one that they
/// know anyway.
pub async fn require_encryption(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let year = HeaderValue::from_static("max-age=31536000");
    response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, year);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(path: &str) -> Option<Asset> {
        let contents: &'static [u8] = match path {
            "index.html" => b"<!doctype html>",
            "assets/core-1a2b.wasm" => b"wasm",
            "assets/core-1a2b.wasm.br" => b"smaller",
            "sw.js" => b"self",
            "manifest.webmanifest" => b"{}",
            _ => return None,
        };
        Some(Asset {
            contents: contents.into(),
            hash: [7; 32],
        })
    }

    fn get(path: &str, headers: &[(HeaderName, &str)]) -> Response {
        let mut request = Request::builder().uri(path);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        answer(&request.body(Body::empty()).unwrap(), find)
    }

    #[test]
    fn routes_of_the_page_are_the_page_and_missing_files_are_not() {
        for path in ["/", "/sign-in", "/c/a4dqobyha4", "/index.html", "/c/x/details"] {
            let response = get(path, &[]);
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            assert_eq!(response.headers()[CONTENT_TYPE], "text/html; charset=utf-8");
            assert_eq!(response.headers()[CACHE_CONTROL], "no-cache");
        }
        for path in [
            "/assets/gone.js",
            "/favicon.ico",
            "/../secret.txt",
            "/assets/core-1a2b.wasm.br",
        ] {
            assert_eq!(get(path, &[]).status(), StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[test]
    fn hashed_files_are_kept_for_ever_and_sent_small() {
        let plain = get("/assets/core-1a2b.wasm", &[(ACCEPT_ENCODING, "gzip, br;q=0")]);
        assert_eq!(plain.headers()[CONTENT_TYPE], "application/wasm");
        assert_eq!(
            plain.headers()[CACHE_CONTROL],
            "public, max-age=31536000, immutable"
        );
        assert!(plain.headers().get(CONTENT_ENCODING).is_none());
        let small = get(
            "/assets/core-1a2b.wasm",
            &[(ACCEPT_ENCODING, "gzip, deflate, br")],
        );
        assert_eq!(small.headers()[CONTENT_ENCODING], "br");
        let tag = plain.headers()[ETAG].to_str().unwrap().to_owned();
        let cached = get("/assets/core-1a2b.wasm", &[(IF_NONE_MATCH, &tag)]);
        assert_eq!(cached.status(), StatusCode::NOT_MODIFIED);
    }

    #[test]
    fn the_service_worker_and_the_manifest_are_asked_for_anew_each_time() {
        for (path, media_type) in [
            ("/sw.js", "text/javascript; charset=utf-8"),
            ("/manifest.webmanifest", "application/manifest+json"),
        ] {
            let response = get(path, &[]);
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            assert_eq!(response.headers()[CONTENT_TYPE], media_type);
            assert_eq!(response.headers()[CACHE_CONTROL], "no-cache");
        }
    }

    #[test]
    fn without_a_build_a_sentence_says_how() {
        let request = Request::builder().uri("/").body(Body::empty()).unwrap();
        assert_eq!(
            answer(&request, |_| None).status(),
            StatusCode::SERVICE_UNAVAILABLE
        );
    }
}
