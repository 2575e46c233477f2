//! Access tokens, refresh tokens and logging out.

use super::world::World;
use crate::auth::RefreshToken;
use crate::store::suite::{TestStore, on_both_databases};
use axum::http::{Method, StatusCode};
use std::time::Duration;
use undertone_mls::DeviceKey;
use undertone_wire::limits::{ACCESS_TOKEN_LIFE, REFRESH_TOKEN_LIFE};
use undertone_wire::server_info::RegistrationPolicy;
use undertone_wire::session::RefreshRequest;
use undertone_wire::{DeviceId, ErrorCode, UserId};

on_both_databases!(
    an_access_token_lives_ten_minutes,
    an_access_token_is_of_its_sessions_user_and_device,
    a_lost_answer_does_no_harm,
    a_refresh_that_comes_twice_gives_the_same_token,
    two_refreshes_at_once_end_nothing,
    an_old_refresh_token_ends_the_session,
    a_refresh_must_be_signed_by_the_device,
    an_unused_session_is_forgotten,
    logging_out_ends_the_session,
);

async fn an_access_token_lives_ten_minutes(store: TestStore) {
    let (world, root) = World::set_up(store, RegistrationPolicy::Open).await;
    assert_eq!(world.get("/api/v1/session", &root).await.status, StatusCode::OK);
    world.clock.advance(ACCESS_TOKEN_LIFE);
    assert_eq!(
        world.get("/api/v1/session", &root).await.code(),
        ErrorCode::Unauthorized
    );
    let grant = world.refresh(&root, &root.grant.refresh_token).await.unwrap();
    let answer = world
        .call(Method::GET, "/api/v1/session", Some(&grant.access_token))
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(grant.is_admin);
}

async fn an_access_token_is_of_its_sessions_user_and_device(store: TestStore) {
    let (world, root) = World::set_up(store, RegistrationPolicy::Open).await;
    let session = root
        .grant
        .refresh_token
        .parse::<RefreshToken>()
        .unwrap()
        .session();
    let (user, device) = (root.grant.user, root.grant.device);
    let now = crate::clock::Clock::now(&*world.clock);
    let ask = async |user, device| {
        let (token, _) = world.state.tokens.issue(user, device, session, now).unwrap();
        world.call(Method::GET, "/api/v1/session", Some(&token)).await
    };
    assert_eq!(ask(user, device).await.status, StatusCode::OK);
    let (stranger, other) = (UserId::from_bytes([9; 16]), DeviceId::from_bytes([9; 16]));
    assert_eq!(ask(stranger, device).await.code(), ErrorCode::Unauthorized);
    assert_eq!(ask(user, other).await.code(), ErrorCode::Unauthorized);
}

async fn a_lost_answer_does_no_harm(store: TestStore) {
    let (world, root) = World::set_up(store, RegistrationPolicy::Open).await;
    let first = root.grant.refresh_token.clone();
    let lost = world.refresh(&root, &first).await.unwrap();
    assert_ne!(lost.refresh_token, first);
    // The answer was lost: the device only has the first token, as often as it takes.
    world.refresh(&root, &first).await.unwrap();
    let second = world.refresh(&root, &first).await.unwrap().refresh_token;
    let third = world.refresh(&root, &second).await.unwrap().refresh_token;
    world.refresh(&root, &third).await.unwrap();
}

async fn a_refresh_that_comes_twice_gives_the_same_token(store: TestStore) {
    let (world, root) = World::set_up(store, RegistrationPolicy::Open).await;
    let first = root.grant.refresh_token.clone();
    // One request is late: whichever is carried out first, the device has the answer of either.
    let answered = world.refresh(&root, &first).await.unwrap().refresh_token;
    let late = world.refresh(&root, &first).await.unwrap().refresh_token;
    assert_eq!(answered, late);
    let next = world.refresh(&root, &answered).await.unwrap().refresh_token;
    assert_ne!(next, answered);
    assert_eq!(world.refresh(&root, &late).await.unwrap().refresh_token, next);
    world.refresh(&root, &next).await.unwrap();
}

async fn two_refreshes_at_once_end_nothing(store: TestStore) {
    let (world, root) = World::set_up(store, RegistrationPolicy::Open).await;
    let first = root.grant.refresh_token.clone();
    let (one, other) = futures::join!(world.refresh(&root, &first), world.refresh(&root, &first));
    let mut tokens = Vec::new();
    for answer in [one, other] {
        match answer {
            Ok(grant) => tokens.push(grant.refresh_token),
            // The slower one may be asked to come again.
            Err(error) => assert_eq!(error.code, ErrorCode::Unavailable),
        }
    }
    tokens.dedup();
    let [next] = tokens.as_slice() else {
        panic!("two tokens, or none")
    };
    world.refresh(&root, next).await.unwrap();
}

async fn an_old_refresh_token_ends_the_session(store: TestStore) {
    let (world, root) = World::set_up(store, RegistrationPolicy::Open).await;
    let first = root.grant.refresh_token.clone();
    let second = world.refresh(&root, &first).await.unwrap().refresh_token;
    let third = world.refresh(&root, &second).await.unwrap();
    let reused = world.refresh(&root, &first).await.unwrap_err();
    assert_eq!(reused.code, ErrorCode::SessionRevoked);
    let newest = world.refresh(&root, &third.refresh_token).await.unwrap_err();
    assert_eq!(
        newest.code,
        ErrorCode::SessionRevoked,
        "both parties have lost it"
    );
    let answer = world
        .call(Method::GET, "/api/v1/session", Some(&third.access_token))
        .await;
    assert_eq!(answer.code(), ErrorCode::SessionRevoked);
}

async fn a_refresh_must_be_signed_by_the_device(store: TestStore) {
    let (world, mut root) = World::set_up(store, RegistrationPolicy::Open).await;
    let token = root.grant.refresh_token.clone();
    let session = token.parse::<RefreshToken>().unwrap().session();
    // A forger who knows the session's id makes up a token, which must not end the session.
    let made_up = RefreshToken::generate(&mut rand::rngs::OsRng, session).to_text();
    let own_key = std::mem::replace(&mut root.device, DeviceKey::generate().unwrap());
    for presented in [&token, &made_up] {
        assert_eq!(
            world.refresh(&root, presented).await.unwrap_err().code,
            ErrorCode::Unauthorized
        );
    }
    root.device = own_key;
    for signature in [vec![], vec![0; 64], vec![0; 1000]] {
        let request = RefreshRequest {
            refresh_token: token.clone(),
            signature: signature.into(),
        };
        let answer = world.post("/api/v1/session/refresh", &request).await;
        assert_eq!(answer.code(), ErrorCode::Unauthorized);
    }
    for presented in ["", "AAAA", &"A".repeat(64), &"é".repeat(32)] {
        let refused = world.refresh(&root, presented).await.unwrap_err();
        assert!(
            matches!(refused.code, ErrorCode::Unauthorized | ErrorCode::SessionRevoked),
            "{presented}"
        );
    }
    world.refresh(&root, &token).await.unwrap();
}

async fn an_unused_session_is_forgotten(store: TestStore) {
    let (world, root) = World::set_up(store, RegistrationPolicy::Open).await;
    let almost = REFRESH_TOKEN_LIFE.saturating_sub(Duration::from_millis(1));
    world.clock.advance(almost);
    let next = world.refresh(&root, &root.grant.refresh_token).await.unwrap();
    world.clock.advance(REFRESH_TOKEN_LIFE);
    let late = world.refresh(&root, &next.refresh_token).await.unwrap_err();
    assert_eq!(late.code, ErrorCode::SessionRevoked);
    let now = crate::clock::Clock::now(&*world.clock);
    world
        .state
        .store
        .forget_expired(now, now.minus(REFRESH_TOKEN_LIFE))
        .await
        .unwrap();
    let session = next.refresh_token.parse::<RefreshToken>().unwrap().session();
    assert!(world.state.store.session(session).await.unwrap().is_none());
}

async fn logging_out_ends_the_session(store: TestStore) {
    let (world, root) = World::set_up(store, RegistrationPolicy::Open).await;
    let out = world
        .call(Method::DELETE, "/api/v1/session", Some(&root.grant.access_token))
        .await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert_eq!(
        world.get("/api/v1/session", &root).await.code(),
        ErrorCode::SessionRevoked
    );
    let refused = world.refresh(&root, &root.grant.refresh_token).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::SessionRevoked);
}
