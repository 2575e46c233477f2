//! Passwords, tickets and further devices.

use super::world::{LoginFailure, PASSWORD, World, body, certify, vault};
use crate::store::suite::{TestStore, on_both_databases};
use axum::http::{Method, StatusCode};
use rand::Rng;
use rand::rngs::OsRng;
use std::time::Duration;
use undertone_mls::{DeviceKey, IdentityKey};
use undertone_wire::limits::DEVICES_PER_USER_MAX;
use undertone_wire::server_info::RegistrationPolicy;
use undertone_wire::session::{FinishLoginRequest, SessionGrant};
use undertone_wire::{Bytes, DeviceId, ErrorCode, LoginId};

on_both_databases!(
    the_password_opens_the_vault_and_adds_a_device,
    a_wrong_name_and_a_wrong_password_answer_alike,
    a_login_is_finished_once_and_soon,
    a_ticket_is_used_once_and_soon,
    a_device_must_be_certified_by_this_account,
    the_same_device_goes_on,
    a_revoked_device_never_returns,
    devices_are_bounded,
);

fn new_device() -> (DeviceId, DeviceKey) {
    (
        DeviceId::from_bytes(OsRng.r#gen()),
        DeviceKey::generate().unwrap(),
    )
}

async fn the_password_opens_the_vault_and_adds_a_device(store: TestStore) {
    let (world, _) = World::set_up(store, RegistrationPolicy::Open).await;
    let ada = world.register("Ada").await.unwrap();
    let login = world.log_in("ada", PASSWORD).await.unwrap();
    assert_eq!((login.user, login.name.as_str()), (ada.grant.user, "Ada"));
    assert_eq!(login.vault, vault());
    assert_eq!(login.identity_key.as_slice(), ada.identity.public());

    let (device, key) = new_device();
    let grant: SessionGrant = world
        .add_device(&login.ticket, ada.certify(device, &key))
        .await
        .json();
    assert_eq!((grant.user, grant.device), (ada.grant.user, device));
    let answer = world
        .call(Method::GET, "/api/v1/session", Some(&grant.access_token))
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(
        world.get("/api/v1/session", &ada).await.status,
        StatusCode::OK,
        "the first device stays"
    );
}

/// Content: the same form, field by field. Time: the same path, which the store shows by being asked
/// once either way, and OPAQUE by parsing a record either way.
async fn a_wrong_name_and_a_wrong_password_answer_alike(store: TestStore) {
    let (world, _) = World::set_up(store, RegistrationPolicy::Open).await;
    world.register("ada").await.unwrap();
    let mut answers = Vec::new();
    for name in ["ada", "nobody"] {
        let Err(LoginFailure::WrongPassword(started)) = world.log_in(name, b"wrong").await else {
            panic!("the client did not notice")
        };
        let guess = FinishLoginRequest {
            login: started.login,
            finalization: Bytes(vec![3; 64]),
        };
        let refused = world.post("/api/v1/login/finish", &guess).await;
        let malformed = FinishLoginRequest {
            login: started.login,
            finalization: Bytes(vec![3; 3]),
        };
        let again = world.post("/api/v1/login/finish", &malformed).await;
        answers.push((
            started.response.len(),
            refused.status,
            refused.error(),
            again.error(),
        ));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0].2.code, ErrorCode::WrongCredentials);
    assert_eq!(answers[0].3.code, ErrorCode::NotFound, "one guess for each login");
}

async fn a_login_is_finished_once_and_soon(store: TestStore) {
    let (world, _) = World::set_up(store, RegistrationPolicy::Open).await;
    let unknown = FinishLoginRequest {
        login: LoginId::from_bytes([1; 16]),
        finalization: Bytes(vec![0; 64]),
    };
    assert_eq!(
        world.post("/api/v1/login/finish", &unknown).await.code(),
        ErrorCode::NotFound
    );
    let Err(LoginFailure::WrongPassword(started)) = world.log_in("ada", b"wrong").await else {
        panic!()
    };
    world.clock.advance(Duration::from_mins(1));
    let late = FinishLoginRequest {
        login: started.login,
        finalization: Bytes(vec![0; 64]),
    };
    assert_eq!(
        world.post("/api/v1/login/finish", &late).await.code(),
        ErrorCode::NotFound
    );
}

async fn a_ticket_is_used_once_and_soon(store: TestStore) {
    let (world, _) = World::set_up(store, RegistrationPolicy::Open).await;
    let ada = world.register("ada").await.unwrap();
    let ticket = world.log_in("ada", PASSWORD).await.unwrap().ticket;
    let (device, key) = new_device();
    assert_eq!(
        world.add_device(&ticket, ada.certify(device, &key)).await.status,
        StatusCode::OK
    );
    let (device, key) = new_device();
    let again = world.add_device(&ticket, ada.certify(device, &key)).await;
    assert_eq!(again.code(), ErrorCode::Unauthorized);
    for nonsense in ["", "AAAA", &"A".repeat(43)] {
        assert_eq!(
            world.add_device(nonsense, ada.certify(device, &key)).await.code(),
            ErrorCode::Unauthorized
        );
    }
    let ticket = world.log_in("ada", PASSWORD).await.unwrap().ticket;
    world.clock.advance(Duration::from_mins(5));
    let late = world.add_device(&ticket, ada.certify(device, &key)).await;
    assert_eq!(late.code(), ErrorCode::Unauthorized);
}

async fn a_device_must_be_certified_by_this_account(store: TestStore) {
    let (world, _) = World::set_up(store, RegistrationPolicy::Open).await;
    let ada = world.register("ada").await.unwrap();
    let bob = world.register("bob").await.unwrap();
    let ticket = world.log_in("ada", PASSWORD).await.unwrap().ticket;
    let (device, key) = new_device();
    let stranger = IdentityKey::generate().unwrap();
    let own = |name: &str, identity| {
        certify(
            identity,
            body(ada.grant.user, &name.parse().unwrap(), device, identity, &key),
        )
    };
    for certificate in [
        bob.certify(device, &key),
        own("ada", &stranger),
        own("adam", &ada.identity),
        // Bob's device, claimed by Ada.
        ada.certify(bob.grant.device, &key),
        // Ada's own device with another key.
        ada.certify(ada.grant.device, &key),
        vec![1, 2, 3],
    ] {
        assert_eq!(
            world.add_device(&ticket, certificate).await.code(),
            ErrorCode::CertificateInvalid
        );
    }
    let good = world.add_device(&ticket, ada.certify(device, &key)).await;
    assert_eq!(good.status, StatusCode::OK, "refusals leave the ticket good");
}

async fn the_same_device_goes_on(store: TestStore) {
    let (world, _) = World::set_up(store, RegistrationPolicy::Open).await;
    let ada = world.register("ada").await.unwrap();
    assert_eq!(
        world
            .call(Method::DELETE, "/api/v1/session", Some(&ada.grant.access_token))
            .await
            .status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        world.get("/api/v1/session", &ada).await.code(),
        ErrorCode::SessionRevoked
    );
    let ticket = world.log_in("ada", PASSWORD).await.unwrap().ticket;
    let certificate = ada.certify(ada.grant.device, &ada.device);
    let grant: SessionGrant = world.add_device(&ticket, certificate.clone()).await.json();
    assert_eq!(grant.device, ada.grant.device);

    let second = world.log_in("ada", PASSWORD).await.unwrap().ticket;
    world
        .add_device(&second, certificate)
        .await
        .json::<SessionGrant>();
    let old = world
        .call(Method::GET, "/api/v1/session", Some(&grant.access_token))
        .await;
    assert_eq!(old.code(), ErrorCode::SessionRevoked, "a device has one session");
}

async fn a_revoked_device_never_returns(store: TestStore) {
    let (world, _) = World::set_up(store, RegistrationPolicy::Open).await;
    let ada = world.register("ada").await.unwrap();
    let bob = world.register("bob").await.unwrap();
    let path = format!("/api/v1/devices/{}", ada.grant.device);
    let foreign = world
        .call(Method::DELETE, &path, Some(&bob.grant.access_token))
        .await;
    assert_eq!(foreign.code(), ErrorCode::NotFound, "only one's own");
    let revoked = world
        .call(Method::DELETE, &path, Some(&ada.grant.access_token))
        .await;
    assert_eq!(revoked.status, StatusCode::NO_CONTENT);
    assert_eq!(
        world.get("/api/v1/session", &ada).await.code(),
        ErrorCode::SessionRevoked
    );
    let refused = world.refresh(&ada, &ada.grant.refresh_token).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::SessionRevoked);

    let ticket = world.log_in("ada", PASSWORD).await.unwrap().ticket;
    let certificate = ada.certify(ada.grant.device, &ada.device);
    assert_eq!(
        world.add_device(&ticket, certificate).await.code(),
        ErrorCode::Forbidden
    );
    let (device, key) = new_device();
    assert_eq!(
        world.add_device(&ticket, ada.certify(device, &key)).await.status,
        StatusCode::OK
    );
}

async fn devices_are_bounded(store: TestStore) {
    let (world, _) = World::set_up(store, RegistrationPolicy::Open).await;
    let ada = world.register("ada").await.unwrap();
    for number in 1..=DEVICES_PER_USER_MAX {
        let ticket = world.log_in("ada", PASSWORD).await.unwrap().ticket;
        let (device, key) = new_device();
        let answer = world.add_device(&ticket, ada.certify(device, &key)).await;
        if number < DEVICES_PER_USER_MAX {
            assert_eq!(answer.status, StatusCode::OK, "device {number}");
        } else {
            assert_eq!(answer.code(), ErrorCode::LimitReached);
        }
    }
}
