//! Logging in with the recovery key.

use super::world::{Draft, LoginFailure, PASSWORD, Person, World};
use crate::config::Config;
use crate::store::suite::{TestStore, on_both_databases};
use ed25519_dalek::{Signer, SigningKey};
use rand::Rng;
use rand::rngs::OsRng;
use std::num::NonZeroU32;
use std::time::Duration;
use undertone_mls::DeviceKey;
use undertone_opaque::{Identifiers, client};
use undertone_wire::recovery::{
    FinishRecoveryRequest, ProveRecoveryRequest, ProveRecoveryResponse, StartRecoveryRequest,
    StartRecoveryResponse,
};
use undertone_wire::server_info::RegistrationPolicy;
use undertone_wire::session::SessionGrant;
use undertone_wire::{DeviceId, ErrorBody, ErrorCode};

on_both_databases!(
    the_recovery_key_sets_a_new_password,
    every_other_session_ends,
    what_does_not_fit_is_refused_alike,
    a_recovery_is_used_once_and_in_time,
    a_bad_ending_changes_nothing,
);

const NEW_PASSWORD: &[u8] = b"another horse, another battery";

fn recovery_key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

/// A world with Ada, whose recovery key is [`recovery_key`].
async fn with_ada(store: TestStore) -> (World, Person) {
    let (world, _) = World::set_up(store, RegistrationPolicy::Open).await;
    let ada = world.register_with("Ada", |request| {
        request.recovery_public_key = recovery_key().verifying_key().as_bytes().as_slice().into();
    });
    let ada = ada.await.unwrap();
    (world, ada)
}

struct Attempt {
    registration: client::Registration,
    name_key: String,
    request: ProveRecoveryRequest,
}

impl Attempt {
    async fn begin(world: &World, name: &str, key: &SigningKey) -> Result<Self, ErrorBody> {
        let name: undertone_wire::UserName = name.parse().unwrap();
        let name_key = name.unique_key();
        let start = StartRecoveryRequest { name };
        let answer = world.post("/api/v1/recovery/start", &start).await;
        if !answer.status.is_success() {
            return Err(answer.error());
        }
        let started: StartRecoveryResponse = answer.json();
        assert_eq!(started.challenge.len(), 32);
        let signed = ProveRecoveryRequest::signed_bytes(&name_key, started.challenge.as_slice());
        let (registration, request) = client::Registration::start(&mut OsRng, NEW_PASSWORD).unwrap();
        Ok(Self {
            registration,
            name_key,
            request: ProveRecoveryRequest {
                recovery: started.recovery,
                signature: key.sign(&signed).to_bytes().as_slice().into(),
                request: request.into(),
            },
        })
    }

    async fn prove(self, world: &World) -> Result<(Self, ProveRecoveryResponse), ErrorBody> {
        let answer = world.post("/api/v1/recovery/prove", &self.request).await;
        if answer.status.is_success() {
            Ok((self, answer.json()))
        } else {
            Err(answer.error())
        }
    }

    fn finish(self, proven: &ProveRecoveryResponse, certificate: Vec<u8>) -> FinishRecoveryRequest {
        let identifiers = Identifiers::new(self.name_key.as_bytes());
        let registered = self
            .registration
            .finish(&mut OsRng, proven.response.as_slice(), identifiers)
            .unwrap();
        FinishRecoveryRequest {
            ticket: proven.ticket.clone(),
            record: registered.record.into(),
            key_by_password: vec![8; 64].into(),
            certificate: certificate.into(),
        }
    }
}

/// The whole way, to before the last request.
async fn proven(world: &World, ada: &Person) -> (FinishRecoveryRequest, DeviceKey) {
    let attempt = Attempt::begin(world, "ada", &recovery_key()).await.unwrap();
    let (attempt, proven) = attempt.prove(world).await.unwrap();
    assert_eq!((proven.user, proven.name.as_str()), (ada.grant.user, "Ada"));
    assert_eq!(proven.vault, super::world::vault());
    let device = DeviceKey::generate().unwrap();
    let certificate = ada.certify(DeviceId::from_bytes(OsRng.r#gen()), &device);
    (attempt.finish(&proven, certificate), device)
}

async fn the_recovery_key_sets_a_new_password(store: TestStore) {
    let (world, ada) = with_ada(store).await;
    let (request, _) = proven(&world, &ada).await;
    let answer = world.post("/api/v1/recovery/finish", &request).await;
    let grant: SessionGrant = answer.json();
    assert_eq!(grant.user, ada.grant.user);
    assert_ne!(grant.device, ada.grant.device);
    let old = world.log_in("ada", PASSWORD).await;
    assert!(matches!(old, Err(LoginFailure::WrongPassword(_))));
    let opened = world.log_in("ada", NEW_PASSWORD).await.unwrap();
    assert_eq!(opened.vault.key_by_password, request.key_by_password);
    let before = super::world::vault();
    assert_eq!(opened.vault.sealed, before.sealed);
    assert_eq!(opened.vault.key_by_recovery, before.key_by_recovery);
}

async fn every_other_session_ends(store: TestStore) {
    let (world, ada) = with_ada(store).await;
    let bob = world.register("Bob").await.unwrap();
    let (request, device) = proven(&world, &ada).await;
    let grant: SessionGrant = world.post("/api/v1/recovery/finish", &request).await.json();
    let revoked = ErrorCode::SessionRevoked;
    assert_eq!(world.get("/api/v1/session", &ada).await.code(), revoked);
    let refreshed = world.refresh(&ada, &ada.grant.refresh_token).await;
    assert_eq!(refreshed.unwrap_err().code, revoked);
    world.refresh(&bob, &bob.grant.refresh_token).await.unwrap();
    let here = Person { grant, device, ..ada };
    world.refresh(&here, &here.grant.refresh_token).await.unwrap();
}

async fn what_does_not_fit_is_refused_alike(store: TestStore) {
    let (world, _) = with_ada(store).await;
    let other = SigningKey::from_bytes(&[8; 32]);
    let refusal = async |name, key: &SigningKey| {
        let attempt = Attempt::begin(&world, name, key).await.unwrap();
        attempt.prove(&world).await.err().unwrap()
    };
    let wrong_key = refusal("ada", &other).await;
    assert_eq!(wrong_key.code, ErrorCode::WrongCredentials);
    assert_eq!(refusal("nobody", &recovery_key()).await, wrong_key);
    assert_eq!(refusal("nobody", &other).await, wrong_key);
    // Not even with the key that stands in for the one that is missing.
    assert_eq!(
        refusal("nobody", world.state.keys.token_signing()).await,
        wrong_key
    );
    // A signature over another challenge, or for another name.
    let mut attempt = Attempt::begin(&world, "ada", &recovery_key()).await.unwrap();
    let before = Attempt::begin(&world, "ada", &recovery_key()).await.unwrap();
    attempt.request.signature = before.request.signature;
    assert_eq!(attempt.prove(&world).await.err().unwrap(), wrong_key);
    let mut attempt = Attempt::begin(&world, "ada", &recovery_key()).await.unwrap();
    let of_root = Attempt::begin(&world, "root", &recovery_key()).await.unwrap();
    attempt.request.recovery = of_root.request.recovery;
    assert_eq!(attempt.prove(&world).await.err().unwrap(), wrong_key);
}

async fn a_recovery_is_used_once_and_in_time(store: TestStore) {
    let (world, ada) = with_ada(store).await;
    let attempt = Attempt::begin(&world, "ada", &recovery_key()).await.unwrap();
    let (attempt, _) = attempt.prove(&world).await.unwrap();
    let again = attempt.prove(&world).await.err().unwrap();
    assert_eq!(again.code, ErrorCode::NotFound);
    let attempt = Attempt::begin(&world, "ada", &recovery_key()).await.unwrap();
    world.clock.advance(Duration::from_mins(1));
    let late = attempt.prove(&world).await.err().unwrap();
    assert_eq!(late.code, ErrorCode::NotFound);

    let (late, _) = proven(&world, &ada).await;
    world.clock.advance(Duration::from_mins(5));
    let answer = world.post("/api/v1/recovery/finish", &late).await;
    assert_eq!(answer.code(), ErrorCode::Unauthorized);
    let (request, _) = proven(&world, &ada).await;
    let login = world
        .add_device(&request.ticket, request.certificate.0.clone())
        .await;
    assert_eq!(login.code(), ErrorCode::Unauthorized, "a ticket of another kind");
    world
        .post("/api/v1/recovery/finish", &request)
        .await
        .json::<SessionGrant>();
    let answer = world.post("/api/v1/recovery/finish", &request).await;
    assert_eq!(answer.code(), ErrorCode::Unauthorized);
}

async fn a_bad_ending_changes_nothing(store: TestStore) {
    let (world, ada) = with_ada(store).await;
    let (good, _) = proven(&world, &ada).await;
    let finish = async |change: &dyn Fn(&mut FinishRecoveryRequest)| {
        let mut request = good.clone();
        change(&mut request);
        world.post("/api/v1/recovery/finish", &request).await.code()
    };
    let bob = Draft::new("Bob").certificate();
    assert_eq!(
        finish(&|request| request.certificate = bob.clone().into()).await,
        ErrorCode::CertificateInvalid
    );
    let eve = world.register("Eve").await.unwrap();
    let of_eve = eve.certify(eve.grant.device, &eve.device);
    assert_eq!(
        finish(&|request| request.certificate = of_eve.clone().into()).await,
        ErrorCode::CertificateInvalid
    );
    assert_eq!(
        finish(&|request| request.certificate = vec![1].into()).await,
        ErrorCode::CertificateInvalid
    );
    assert_eq!(
        finish(&|request| request.record = vec![1].into()).await,
        ErrorCode::BadRequest
    );
    assert_eq!(
        finish(&|request| request.key_by_password = Vec::new().into()).await,
        ErrorCode::BadRequest
    );
    assert_eq!(
        finish(&|request| request.key_by_password = vec![1; 2000].into()).await,
        ErrorCode::TooLarge
    );
    assert_eq!(
        finish(&|request| request.ticket = "AAAA".to_owned()).await,
        ErrorCode::Unauthorized
    );
    world.log_in("ada", PASSWORD).await.unwrap();
    world.refresh(&ada, &ada.grant.refresh_token).await.unwrap();
    world.refresh(&eve, &eve.grant.refresh_token).await.unwrap();
    world
        .post("/api/v1/recovery/finish", &good)
        .await
        .json::<SessionGrant>();
}

#[tokio::test]
async fn guessing_a_recovery_key_takes_longer_and_longer() {
    for name in ["ada", "nobody"] {
        let real = |config: &mut Config| config.limit_scale = NonZeroU32::MIN;
        let mut world = World::with_config(TestStore::sqlite().await, real).await;
        world
            .make_administrator("ada", RegistrationPolicy::Open)
            .await
            .unwrap();
        for attempt in 0..6_u8 {
            world.come_from([203, 0, attempt, 1]);
            Attempt::begin(&world, name, &recovery_key()).await.unwrap();
        }
        world.come_from([203, 0, 9, 1]);
        let refused = Attempt::begin(&world, name, &recovery_key()).await.err().unwrap();
        assert_eq!(refused.code, ErrorCode::RateLimited, "{name}");
        assert_eq!(refused.retry_after_ms, Some(1000), "{name}");
    }
}
