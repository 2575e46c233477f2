//! A guest becomes an account.

use super::guest::{DAY, end, guest};
use super::world::{PASSWORD, Person, World, body, certify, vault};
use crate::store::suite::{TestStore, on_both_databases};
use axum::http::Method;
use rand::rngs::OsRng;
use undertone_opaque::{Identifiers, client};
use undertone_wire::account::{InvitationResponse, StartRegistrationRequest, StartRegistrationResponse};
use undertone_wire::device::DeviceCertificateBody;
use undertone_wire::guest::{BecomeAccountRequest, UserKind};
use undertone_wire::server_info::RegistrationPolicy;
use undertone_wire::session::{SessionGrant, SessionResponse};
use undertone_wire::{DeviceId, ErrorBody, ErrorCode, UserId};

on_both_databases!(
    a_guest_becomes_an_account,
    becoming_an_account_is_refused_like_a_registration,
    an_invitation_is_needed_where_accounts_need_one,
    only_a_guest_becomes_an_account,
);

/// The request with which a guest becomes an account of this name.
async fn becoming(world: &World, guest: &Person, name: &str) -> BecomeAccountRequest {
    let name: undertone_wire::UserName = name.parse().unwrap();
    let (registration, request) = client::Registration::start(&mut OsRng, PASSWORD).unwrap();
    let start = StartRegistrationRequest {
        name: name.clone(),
        request: request.into(),
    };
    let answer = world.post("/api/v1/registration/start", &start).await;
    let name_key = name.unique_key();
    let record = if answer.status.is_success() {
        let response = answer.json::<StartRegistrationResponse>().response;
        let identifiers = Identifiers::new(name_key.as_bytes());
        let registered = registration.finish(&mut OsRng, response.as_slice(), identifiers);
        registered.unwrap().record
    } else {
        Vec::new()
    };
    let body = body(
        guest.grant.user,
        &name,
        guest.grant.device,
        &guest.identity,
        &guest.device,
    );
    BecomeAccountRequest {
        name,
        record: record.into(),
        recovery_public_key: vec![5; 32].into(),
        vault: vault(),
        certificate: certify(&guest.identity, body).into(),
        invitation: None,
    }
}

async fn become_account(
    world: &World,
    guest: &Person,
    request: &BecomeAccountRequest,
) -> Result<SessionGrant, ErrorBody> {
    let token = Some(guest.grant.access_token.as_str());
    let answer = world.post_by("/api/v1/guests/account", request, token).await;
    if answer.status.is_success() {
        Ok(answer.json())
    } else {
        Err(answer.error())
    }
}

async fn a_guest_becomes_an_account(store: TestStore) {
    let (world, _) = World::set_up(store, RegistrationPolicy::Open).await;
    let mut person = guest(&world, "Brisk Magpie").await;
    let request = becoming(&world, &person, "Ada").await;
    let grant = become_account(&world, &person, &request).await.unwrap();
    assert_eq!(
        (grant.user, grant.device),
        (person.grant.user, person.grant.device)
    );
    assert_eq!(
        (grant.kind, grant.stay, grant.is_admin),
        (UserKind::Account, None, false)
    );
    assert_eq!(grant.name.as_str(), "Ada");
    let stored = world.state.store.person(grant.user).await.unwrap().unwrap();
    assert_eq!(stored.kind, UserKind::Account);
    assert_eq!(stored.devices[0].certificate, request.certificate);
    // The answer may be lost: the token of before still goes on.
    let lost = world.refresh(&person, &person.grant.refresh_token).await.unwrap();
    assert_eq!((lost.kind, lost.name.as_str()), (UserKind::Account, "Ada"));
    person.grant = lost;
    world.clock.advance(DAY * 2);
    assert_eq!(end(&world).await, 0, "accounts do not end");
    world.refresh(&person, &person.grant.refresh_token).await.unwrap();
    let opened = world.log_in("ada", PASSWORD).await.unwrap();
    assert_eq!((opened.user, opened.vault), (person.grant.user, vault()));
}

/// A guest's request, changed in one place or the other.
struct Changes<'a> {
    person: &'a Person,
    good: BecomeAccountRequest,
}

impl Changes<'_> {
    fn changed(&self, change: impl FnOnce(&mut BecomeAccountRequest)) -> BecomeAccountRequest {
        let mut request = self.good.clone();
        change(&mut request);
        request
    }

    fn certified(&self, change: impl FnOnce(&mut DeviceCertificateBody)) -> BecomeAccountRequest {
        let Person {
            grant,
            identity,
            device,
            ..
        } = self.person;
        let mut body = body(grant.user, &self.good.name, grant.device, identity, device);
        change(&mut body);
        self.changed(|request| request.certificate = certify(identity, body).into())
    }

    fn named(&self, name: &str) -> BecomeAccountRequest {
        let name: undertone_wire::UserName = name.parse().unwrap();
        BecomeAccountRequest {
            certificate: self.certified(|body| body.name = name.clone()).certificate,
            ..self.changed(|request| request.name = name)
        }
    }
}

async fn becoming_an_account_is_refused_like_a_registration(store: TestStore) {
    let (world, _) = World::set_up(store, RegistrationPolicy::Open).await;
    let person = guest(&world, "Brisk Magpie").await;
    let good = becoming(&world, &person, "Ada").await;
    let good = Changes {
        person: &person,
        good,
    };
    for (request, code) in [
        (good.named("Ada Byron"), ErrorCode::NameInvalid),
        (good.named("r00t"), ErrorCode::NameTaken),
        (
            good.changed(|request| request.record = vec![1].into()),
            ErrorCode::BadRequest,
        ),
        (
            good.changed(|request| request.recovery_public_key = vec![1].into()),
            ErrorCode::BadRequest,
        ),
        (
            good.changed(|request| request.vault.sealed = Vec::new().into()),
            ErrorCode::BadRequest,
        ),
    ] {
        let refused = become_account(&world, &person, &request).await.unwrap_err();
        assert_eq!(refused.code, code);
    }
    for request in [
        good.certified(|body| body.kind = UserKind::Guest),
        good.certified(|body| body.name = "Eve".parse().unwrap()),
        good.certified(|body| body.user = UserId::from_bytes([9; 16])),
        good.certified(|body| body.device = DeviceId::from_bytes([9; 16])),
        good.certified(|body| body.signature_key = vec![9; 32].into()),
        good.changed(|request| request.certificate = vec![1].into()),
    ] {
        let refused = become_account(&world, &person, &request).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::CertificateInvalid);
    }
    let shown: SessionResponse = world.get("/api/v1/session", &person).await.json();
    assert_eq!(
        (shown.kind, shown.name.as_str()),
        (UserKind::Guest, "Brisk Magpie")
    );
    become_account(&world, &person, &good.good).await.unwrap();
}

async fn an_invitation_is_needed_where_accounts_need_one(store: TestStore) {
    let (world, root) = World::set_up(store, RegistrationPolicy::Invitation).await;
    let person = guest(&world, "Brisk Magpie").await;
    let mut request = becoming(&world, &person, "Ada").await;
    let refused = become_account(&world, &person, &request).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::InvitationRequired);
    request.invitation = Some("abcd".to_owned());
    let refused = become_account(&world, &person, &request).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::InvitationInvalid);
    let token = Some(root.grant.access_token.as_str());
    let answer = world.call(Method::POST, "/api/v1/invitations", token).await;
    request.invitation = Some(answer.json::<InvitationResponse>().invitation);
    become_account(&world, &person, &request).await.unwrap();
}

async fn only_a_guest_becomes_an_account(store: TestStore) {
    let (world, root) = World::set_up(store, RegistrationPolicy::Open).await;
    let request = becoming(&world, &root, "Ada").await;
    let refused = become_account(&world, &root, &request).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Forbidden);
    let person = guest(&world, "Brisk Magpie").await;
    let request = becoming(&world, &person, "Ada").await;
    become_account(&world, &person, &request).await.unwrap();
    let again = become_account(&world, &person, &request).await.unwrap_err();
    assert_eq!(again.code, ErrorCode::Forbidden);
}
