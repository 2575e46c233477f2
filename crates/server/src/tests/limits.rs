//! Too fast: for networks, accounts and devices. The clock stands, so nothing here waits.

use super::world::{LoginFailure, PASSWORD, World};
use crate::config::Config;
use crate::store::suite::TestStore;
use axum::http::{Method, StatusCode, header};
use std::num::NonZeroU32;
use std::time::Duration;
use undertone_wire::server_info::RegistrationPolicy;
use undertone_wire::{ErrorBody, ErrorCode};

async fn world() -> World {
    let real = |config: &mut Config| config.limit_scale = NonZeroU32::MIN;
    World::with_config(TestStore::sqlite().await, real).await
}

fn refused<T>(result: Result<T, LoginFailure>) -> ErrorBody {
    match result {
        Err(LoginFailure::Refused(error)) => error,
        Err(LoginFailure::WrongPassword(_)) => panic!("the server answered"),
        Ok(_) => panic!("the login succeeded"),
    }
}

#[tokio::test]
async fn guessing_a_password_takes_longer_and_longer() {
    for name in ["ada", "nobody"] {
        let mut world = world().await;
        world
            .make_administrator("ada", RegistrationPolicy::Open)
            .await
            .unwrap();
        let mut waits = Vec::new();
        for attempt in 0..12_u8 {
            world.come_from([203, 0, attempt, 1]);
            match world.log_in(name, b"guess").await {
                Err(LoginFailure::WrongPassword(_)) => {}
                result => {
                    let error = refused(result);
                    assert_eq!(error.code, ErrorCode::RateLimited);
                    let wait_ms = error.retry_after_ms.unwrap();
                    waits.push(wait_ms / 1000);
                    world.clock.advance(Duration::from_millis(wait_ms));
                    assert!(matches!(
                        world.log_in(name, b"guess").await,
                        Err(LoginFailure::WrongPassword(_))
                    ));
                }
            }
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32], "{name}");
    }
}

#[tokio::test]
async fn the_right_password_ends_the_waiting() {
    let world = world().await;
    world
        .make_administrator("ada", RegistrationPolicy::Open)
        .await
        .unwrap();
    for _ in 0..5 {
        assert!(world.log_in("ada", b"guess").await.is_err());
    }
    world.log_in("ada", PASSWORD).await.unwrap();
    for _ in 0..5 {
        assert!(matches!(
            world.log_in("ada", b"guess").await,
            Err(LoginFailure::WrongPassword(_))
        ));
    }
}

#[tokio::test]
async fn a_network_that_registers_or_tries_tokens_too_fast_waits() {
    let mut world = world().await;
    let body = serde_json::json!({ "token": "x" });
    let mut answer = world.post("/api/v1/setup/check", &body).await;
    for _ in 0..30 {
        answer = world.post("/api/v1/setup/check", &body).await;
    }
    assert_eq!(answer.code(), ErrorCode::RateLimited);
    assert_eq!(answer.headers[header::RETRY_AFTER], "2");
    world.come_from([198, 51, 100, 7]);
    assert_eq!(
        world.post("/api/v1/setup/check", &body).await.code(),
        ErrorCode::SetupTokenInvalid
    );
}

#[tokio::test]
async fn every_route_is_limited_by_device_or_network() {
    let world = world().await;
    let root = world
        .make_administrator("root", RegistrationPolicy::Open)
        .await
        .unwrap();
    let mut statuses = Vec::new();
    for _ in 0..250 {
        statuses.push(world.get("/api/v1/session", &root).await.status);
    }
    assert_eq!(
        statuses
            .iter()
            .filter(|status| **status == StatusCode::OK)
            .count(),
        200
    );
    let mut last = world.call(Method::GET, "/api/v1/server", None).await;
    for _ in 0..1000 {
        last = world.call(Method::GET, "/healthz", None).await;
    }
    assert_eq!(last.code(), ErrorCode::RateLimited);
}

#[tokio::test]
async fn a_network_that_connects_too_often_waits() {
    let mut world = world().await;
    for _ in 0..200 {
        let answer = world.call(Method::GET, "/api/v1/stream", None).await;
        assert_eq!(answer.code(), ErrorCode::BadRequest);
    }
    let answer = world.call(Method::GET, "/api/v1/stream", None).await;
    assert_eq!(answer.code(), ErrorCode::RateLimited);
    world.come_from([198, 51, 100, 7]);
    let answer = world.call(Method::GET, "/api/v1/stream", None).await;
    assert_eq!(answer.code(), ErrorCode::BadRequest);
}

#[tokio::test]
async fn a_forged_forwarding_header_changes_nothing() {
    let world = world().await;
    let mut limited = false;
    for attempt in 0..30_u8 {
        let request = axum::http::Request::builder()
            .method(Method::POST)
            .uri("/api/v1/setup/check");
        let request = request.header("x-forwarded-for", format!("198.51.{attempt}.1"));
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let answer = world
            .send(request.body(axum::body::Body::from(r#"{"token":"x"}"#)).unwrap())
            .await;
        limited |= answer.code() == ErrorCode::RateLimited;
    }
    assert!(limited);
}
