//! Guests: coming, coming back, ending, and what they may not do.

use super::world::{Draft, PASSWORD, Person, World, body, certify};
use crate::clock::Clock;
use crate::config::Config;
use crate::job::guests;
use crate::store::suite::{TestStore, on_both_databases};
use axum::http::{Method, StatusCode};
use sha2::{Digest, Sha256};
use std::num::NonZeroU32;
use std::time::Duration;
use undertone_mls::{DeviceKey, IdentityKey};
use undertone_wire::account::PeopleResponse;
use undertone_wire::device::DeviceCertificateBody;
use undertone_wire::guest::{CreateGuestRequest, ProofOfWork, UserKind};
use undertone_wire::limits::ACCESS_TOKEN_LIFE;
use undertone_wire::server_info::{RegistrationPolicy, ServerInfo};
use undertone_wire::session::{SessionGrant, SessionResponse};
use undertone_wire::{DeviceId, ErrorBody, ErrorCode, UserId};

on_both_databases!(
    a_guest_has_a_session_and_an_end,
    coming_back_puts_the_end_off,
    who_does_not_come_back_is_forgotten,
    the_same_device_comes_again,
    ids_and_keys_are_nobody_elses,
    an_identity_key_belongs_to_one_user,
    guests_are_not_found_by_others,
);

pub(super) const DAY: Duration = Duration::from_hours(24);

/// The job that ends guests; says how many devices that were.
pub(super) async fn end(world: &World) -> usize {
    let (store, bus) = (&world.state.store, world.state.delivery.bus());
    guests::end(store, bus, world.clock.now()).await.unwrap()
}

fn request(draft: &Draft, change: impl FnOnce(&mut DeviceCertificateBody)) -> CreateGuestRequest {
    let mut body = body(
        draft.user,
        &draft.name,
        draft.device_id,
        &draft.identity,
        &draft.device,
    );
    body.kind = UserKind::Guest;
    change(&mut body);
    CreateGuestRequest {
        user: draft.user,
        certificate: certify(&draft.identity, body).into(),
        proof: None,
    }
}

async fn come(world: &World, request: &CreateGuestRequest) -> Result<SessionGrant, ErrorBody> {
    let answer = world.post("/api/v1/guests", request).await;
    if answer.status.is_success() {
        Ok(answer.json())
    } else {
        Err(answer.error())
    }
}

pub(super) async fn guest(world: &World, name: &str) -> Person {
    let draft = Draft::new(name);
    let grant = come(world, &request(&draft, |_| ())).await.unwrap();
    Person {
        grant,
        name: draft.name,
        identity: draft.identity,
        device: draft.device,
    }
}

async fn a_guest_has_a_session_and_an_end(store: TestStore) {
    let (world, _) = World::set_up(store, RegistrationPolicy::Closed).await;
    let first = guest(&world, "Brisk Magpie").await;
    let second = guest(&world, "Brisk Magpie").await;
    assert_ne!(first.grant.user, second.grant.user);
    let stay = first.grant.stay.unwrap();
    assert_eq!(stay.expires_at, world.clock.now().plus(DAY));
    let shown: SessionResponse = world.get("/api/v1/session", &first).await.json();
    assert_eq!((shown.kind, shown.stay), (UserKind::Guest, Some(stay)));
    assert_eq!(shown.name.as_str(), "Brisk Magpie");
    assert!(!shown.is_admin && !first.grant.is_admin);
}

async fn coming_back_puts_the_end_off(store: TestStore) {
    let (world, root) = World::set_up(store, RegistrationPolicy::Open).await;
    let guest = guest(&world, "Brisk Magpie").await;
    world.clock.advance(DAY.saturating_sub(Duration::from_millis(1)));
    assert_eq!(end(&world).await, 0);
    let next = world.refresh(&guest, &guest.grant.refresh_token).await.unwrap();
    assert_eq!(next.kind, UserKind::Guest);
    assert_eq!(next.stay.unwrap().expires_at, world.clock.now().plus(DAY));
    world.clock.advance(DAY.saturating_sub(Duration::from_millis(1)));
    assert_eq!(end(&world).await, 0);
    let account = world.refresh(&root, &root.grant.refresh_token).await.unwrap();
    assert_eq!((account.kind, account.stay), (UserKind::Account, None));
    let later = world.refresh(&guest, &next.refresh_token).await.unwrap();
    assert_eq!(later.stay.unwrap().expires_at, world.clock.now().plus(DAY));
}

async fn who_does_not_come_back_is_forgotten(store: TestStore) {
    let (world, root) = World::set_up(store, RegistrationPolicy::Open).await;
    let draft = Draft::new("Brisk Magpie");
    let request = request(&draft, |_| ());
    let grant = come(&world, &request).await.unwrap();
    let gone = Person {
        grant,
        name: draft.name,
        identity: draft.identity,
        device: draft.device,
    };
    let other = guest(&world, "Calm Heron").await;
    world.clock.advance(ACCESS_TOKEN_LIFE);
    let other_grant = world.refresh(&other, &other.grant.refresh_token).await.unwrap();
    world.clock.advance(DAY.saturating_sub(ACCESS_TOKEN_LIFE));
    // The time is over even before the job has run.
    let late = world.refresh(&gone, &gone.grant.refresh_token).await.unwrap_err();
    assert_eq!(late.code, ErrorCode::SessionRevoked);
    assert!(come(&world, &request).await.is_err());
    assert_eq!(end(&world).await, 1);
    let late = world.refresh(&gone, &gone.grant.refresh_token).await.unwrap_err();
    assert_eq!(late.code, ErrorCode::SessionRevoked);
    assert!(world.state.store.person(gone.grant.user).await.unwrap().is_none());
    assert!(world.refresh(&other, &other_grant.refresh_token).await.is_ok());
    assert!(world.refresh(&root, &root.grant.refresh_token).await.is_ok());
}

async fn the_same_device_comes_again(store: TestStore) {
    let (world, _) = World::set_up(store, RegistrationPolicy::Open).await;
    let draft = Draft::new("Brisk Magpie");
    let request = request(&draft, |_| ());
    let first = come(&world, &request).await.unwrap();
    world.clock.advance(Duration::from_hours(1));
    let second = come(&world, &request).await.unwrap();
    assert_eq!((first.user, first.device), (second.user, second.device));
    assert_eq!(second.stay.unwrap().expires_at, world.clock.now().plus(DAY));
    let mut person = Person {
        grant: first,
        name: draft.name,
        identity: draft.identity,
        device: draft.device,
    };
    let old = world
        .refresh(&person, &person.grant.refresh_token)
        .await
        .unwrap_err();
    assert_eq!(old.code, ErrorCode::SessionRevoked, "one session at a time");
    person.grant = second;
    assert_eq!(world.get("/api/v1/session", &person).await.status, StatusCode::OK);
}

async fn ids_and_keys_are_nobody_elses(store: TestStore) {
    let (world, root) = World::set_up(store, RegistrationPolicy::Open).await;
    let draft = Draft::new("Brisk Magpie");
    come(&world, &request(&draft, |_| ())).await.unwrap();
    let code = async |request| come(&world, &request).await.unwrap_err().code;
    let invalid = ErrorCode::CertificateInvalid;
    let account = request(&draft, |body| body.kind = UserKind::Account);
    assert_eq!(code(account).await, invalid);
    let mut of_another = request(&draft, |_| ());
    of_another.user = root.grant.user;
    assert_eq!(code(of_another).await, invalid);
    let taken = ErrorCode::BadRequest;
    // Somebody else with the user's, the device's or an account's id.
    let other = |change: fn(&mut Draft, &Draft)| {
        let mut other = Draft::new("Calm Heron");
        change(&mut other, &draft);
        request(&other, |_| ())
    };
    assert_eq!(code(other(|other, draft| other.user = draft.user)).await, taken);
    assert_eq!(
        code(other(|other, draft| other.device_id = draft.device_id)).await,
        taken
    );
    let mut of_account = Draft::new("Calm Heron");
    of_account.user = root.grant.user;
    assert_eq!(code(request(&of_account, |_| ())).await, taken);
    // The same guest by another name, with another device, or with another key of the device.
    let renamed = request(&draft, |body| body.name = "Calm Heron".parse().unwrap());
    assert_eq!(code(renamed).await, taken);
    let second = request(&draft, |body| body.device = DeviceId::from_bytes([9; 16]));
    assert_eq!(code(second).await, taken);
    let key = DeviceKey::generate().unwrap();
    let rekeyed = request(&draft, |body| {
        body.signature_key = key.public().as_slice().into();
    });
    assert_eq!(code(rekeyed).await, taken);
    come(&world, &request(&draft, |_| ())).await.unwrap();
}

async fn an_identity_key_belongs_to_one_user(store: TestStore) {
    let (world, root) = World::set_up(store, RegistrationPolicy::Open).await;
    let mut twin = Draft::new("Brisk Magpie");
    twin.identity = IdentityKey::from_seed(&root.identity.seed());
    let refused = come(&world, &request(&twin, |_| ())).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::BadRequest);
    let guest = guest(&world, "Calm Heron").await;
    twin.identity = IdentityKey::from_seed(&guest.identity.seed());
    let refused = come(&world, &request(&twin, |_| ())).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::BadRequest);
}

async fn guests_are_not_found_by_others(store: TestStore) {
    let (world, root) = World::set_up(store, RegistrationPolicy::Open).await;
    let person = guest(&world, "Brisk Magpie").await;
    let other = guest(&world, "Calm Heron").await;
    let people: PeopleResponse = world.get("/api/v1/people", &root).await.json();
    let users: Vec<UserId> = people.people.iter().map(|person| person.user).collect();
    assert_eq!(users, [root.grant.user]);
    let details = format!("/api/v1/people/{}", person.grant.user);
    let packages = format!("{details}/key-packages");
    let claim = async |path: &str, caller: &Person| {
        let token = Some(caller.grant.access_token.as_str());
        world.call(Method::POST, path, token).await
    };
    for stranger in [&root, &other] {
        assert_eq!(world.get(&details, stranger).await.code(), ErrorCode::NotFound);
        assert_eq!(claim(&packages, stranger).await.code(), ErrorCode::NotFound);
    }
    assert_eq!(world.get(&details, &person).await.status, StatusCode::OK);
    assert_eq!(claim(&packages, &person).await.status, StatusCode::OK);
    // And they find nobody, take no keys, and invite nobody.
    assert_eq!(
        world.get("/api/v1/people", &person).await.code(),
        ErrorCode::Forbidden
    );
    let of_root = format!("/api/v1/people/{}/key-packages", root.grant.user);
    assert_eq!(claim(&of_root, &person).await.code(), ErrorCode::Forbidden);
    assert_eq!(
        claim("/api/v1/invitations", &person).await.code(),
        ErrorCode::Forbidden
    );
    let login = world.log_in("Brisk Magpie", PASSWORD).await;
    assert!(login.is_err(), "a guest has no password");
}

#[tokio::test]
async fn a_server_may_take_no_guests() {
    let off = |config: &mut Config| config.guests.enabled = false;
    let world = World::with_config(TestStore::sqlite().await, off).await;
    let refused = come(&world, &request(&Draft::new("Brisk Magpie"), |_| ())).await;
    assert_eq!(refused.unwrap_err().code, ErrorCode::GuestsRefused);
    let info: ServerInfo = world.call(Method::GET, "/api/v1/server", None).await.json();
    assert!(!info.guests);
    let world = World::new(TestStore::sqlite().await).await;
    let info: ServerInfo = world.call(Method::GET, "/api/v1/server", None).await.json();
    assert!(info.guests);
}

#[tokio::test]
async fn a_network_sends_so_many_guests_an_hour() {
    let two = |config: &mut Config| config.guests.sessions_per_hour = NonZeroU32::new(2).unwrap();
    let mut world = World::with_config(TestStore::sqlite().await, two).await;
    for _ in 0..2 {
        guest(&world, "Brisk Magpie").await;
    }
    let refused = come(&world, &request(&Draft::new("Calm Heron"), |_| ())).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code, ErrorCode::RateLimited);
    let wait = Duration::from_millis(refused.retry_after_ms.unwrap());
    assert!(wait > Duration::from_mins(29) && wait <= Duration::from_mins(30));
    world.come_from([198, 51, 100, 7]);
    guest(&world, "Calm Heron").await;
}

#[tokio::test]
async fn under_load_guests_work_first() {
    let busy = |config: &mut Config| {
        (config.guests.free_per_minute, config.guests.proof_bits) = (1, 6);
        config.guests.sessions_per_hour = NonZeroU32::new(2).unwrap();
    };
    let world = World::with_config(TestStore::sqlite().await, busy).await;
    guest(&world, "Brisk Magpie").await;
    let mut request = request(&Draft::new("Calm Heron"), |_| ());
    let answer = world.post("/api/v1/guests", &request).await;
    assert_eq!(answer.code(), ErrorCode::ProofRequired);
    let challenge = answer.error().proof.unwrap();
    assert_eq!(challenge.difficulty, 6);
    let found = (0..u64::MAX).find(|solution: &u64| {
        let hash = Sha256::new()
            .chain_update(challenge.challenge.as_slice())
            .chain_update(solution.to_be_bytes())
            .finalize();
        hash[0] < 4
    });
    request.proof = Some(ProofOfWork {
        challenge: challenge.challenge,
        solution: found.unwrap(),
    });
    // The refusal did not count against the network.
    come(&world, &request).await.unwrap();
    let again = come(&world, &request).await.unwrap_err();
    assert_eq!(again.code, ErrorCode::ProofRequired, "a proof counts once");
}
