//! Guests on their device.

use super::server::{FakeServer, Fault};
use super::{Device, GOOD, password};
use crate::account::{AccountError, BecomeAccountInput, VaultError};
use crate::store::session::StoredSession;
use std::rc::Rc;
use std::time::Duration;
use undertone_mls::certificate::{IdentityKey, verify_certificate};
use undertone_wire::ErrorCode;
use undertone_wire::guest::UserKind;

fn input(name: &str) -> BecomeAccountInput {
    BecomeAccountInput {
        name: name.to_owned(),
        password: password(GOOD),
        invitation: None,
    }
}

async fn guest(server: &Rc<FakeServer>) -> Device {
    let device = Device::new(server).await;
    device.account.become_guest(Some("Brisk Magpie")).await.unwrap();
    device
}

fn stored(device: &Device) -> StoredSession {
    device.store.session().unwrap().unwrap()
}

#[tokio::test(flavor = "current_thread")]
async fn a_guest_comes_back_as_the_same_until_they_end() {
    let server = Rc::new(FakeServer::new());
    let mut device = guest(&server).await;
    let session = device.account.session().unwrap();
    assert_eq!(
        (session.kind, session.name.as_str()),
        (UserKind::Guest, "Brisk Magpie")
    );
    let day = Duration::from_hours(24);
    assert_eq!(session.stay_until, Some(server.now.get().plus(day)));
    device.restart();
    assert_eq!(device.account.session(), Some(session.clone()));
    device.pass(Duration::from_hours(1));
    device.ask_who().await.unwrap();
    let later = device.account.session().unwrap();
    assert_eq!(later.user, session.user);
    assert_eq!(later.stay_until, Some(server.now.get().plus(day)));
    device.pass(Duration::from_secs(1));
    device.account.stay().await.unwrap();
    let stayed = device.account.session().unwrap().stay_until;
    assert_eq!(stayed, Some(server.now.get().plus(day)));
    assert_eq!(stored(&device).stay_until, stayed);
}

#[tokio::test(flavor = "current_thread")]
async fn a_guest_has_a_name_and_an_identity_of_their_own() {
    let server = Rc::new(FakeServer::new());
    let (one, other) = (Device::new(&server).await, Device::new(&server).await);
    for device in [&one, &other] {
        device.account.become_guest(None).await.unwrap();
        let session = stored(device);
        let seed = session.identity_seed.unwrap();
        assert_eq!(IdentityKey::from_seed(&seed).public(), session.identity_key);
        let certificate = verify_certificate(&session.certificate).unwrap();
        assert_eq!(
            (certificate.name, certificate.kind),
            (session.name.clone(), UserKind::Guest)
        );
        assert!(session.name.as_str().contains(' '));
    }
    assert_ne!(one.account.identity_key(), other.account.identity_key());
    let again = one.account.become_guest(None).await;
    assert!(matches!(again, Err(AccountError::SignedIn)));
    let device = Device::new(&server).await;
    let refused = device.account.become_guest(Some("a@b")).await;
    assert!(matches!(refused, Err(AccountError::Name(_))));
}

#[tokio::test(flavor = "current_thread")]
async fn a_guest_who_has_ended_is_forgotten_and_that_is_said() {
    let server = Rc::new(FakeServer::new());
    let mut device = guest(&server).await;
    server.revoke_all();
    assert!(matches!(device.ask_who().await, Err(AccountError::GuestEnded)));
    assert!(device.account.session().is_none() && !device.account.is_ended());
    assert!(device.account.is_guest_ended());
    assert!(device.store.session().unwrap().is_none());
    device.restart();
    assert!(device.account.is_guest_ended(), "also after a restart");
    device.account.become_guest(None).await.unwrap();
    assert!(!device.account.is_guest_ended());
    device.restart();
    assert!(!device.account.is_guest_ended() && device.account.session().is_some());
}

#[tokio::test(flavor = "current_thread")]
async fn the_end_is_noticed_at_a_renewal_too() {
    let server = Rc::new(FakeServer::new());
    let device = guest(&server).await;
    server.revoke_all();
    assert!(matches!(
        device.account.stay().await,
        Err(AccountError::GuestEnded)
    ));
    assert!(device.store.session().unwrap().is_none());
}

#[tokio::test(flavor = "current_thread")]
async fn a_server_under_load_is_worked_for_within_bounds() {
    let server = Rc::new(FakeServer::new());
    server.difficulty.set(Some(8));
    let device = guest(&server).await;
    assert_eq!(server.count("/api/v1/guests"), 2);
    assert!(device.account.session().is_some());
    server.difficulty.set(Some(25));
    let device = Device::new(&server).await;
    let refused = device.account.become_guest(None).await;
    assert!(matches!(refused, Err(AccountError::ProofTooHard)));
}

#[tokio::test(flavor = "current_thread")]
async fn a_guest_becomes_an_account_and_stays_who_they_are() {
    let server = Rc::new(FakeServer::new());
    let mut device = guest(&server).await;
    let before = stored(&device);
    let recovery = device.account.become_account(input("Ada")).await.unwrap();
    let after = stored(&device);
    assert_eq!((after.user, after.device), (before.user, before.device));
    assert_eq!(after.identity_key, before.identity_key);
    assert_eq!(after.device_key_seed, before.device_key_seed);
    assert_eq!((after.kind, after.name.as_str()), (UserKind::Account, "Ada"));
    assert_eq!((&after.identity_seed, after.stay_until), (&None, None));
    assert!(after.renew_leaves && after.next_certificate.is_none());
    let certificate = verify_certificate(&after.certificate).unwrap();
    assert_eq!(
        (certificate.name.as_str(), certificate.kind),
        ("Ada", UserKind::Account)
    );
    let mls = device.account.mls_device().unwrap();
    assert_eq!(mls.certificate, after.certificate, "groups get the new one");
    device.restart();
    assert!(device.account.wants_leaves_renewed());
    device.store.leaves_renewed().unwrap();
    device.account.leaves_renewed();
    assert!(!device.account.wants_leaves_renewed() && !stored(&device).renew_leaves);
    device.ask_who().await.unwrap();

    let second = Device::new(&server).await;
    second.account.login("ada", &password(GOOD)).await.unwrap();
    assert_eq!(second.account.identity_key(), Some(before.identity_key));
    assert_eq!(recovery.public_bytes().len(), 32);
}

#[tokio::test(flavor = "current_thread")]
async fn a_lost_answer_loses_nobody() {
    let server = Rc::new(FakeServer::new());
    let mut device = guest(&server).await;
    let path = "/api/v1/guests/account".to_owned();
    server.fault.replace(Some((path, Fault::AnswerLost)));
    let lost = device.account.become_account(input("Ada")).await;
    assert!(matches!(lost, Err(AccountError::Api(_))));
    assert_eq!(device.account.session().unwrap().kind, UserKind::Guest);
    device.restart();
    device.account.stay().await.unwrap();
    let session = device.account.session().unwrap();
    assert_eq!((session.kind, session.name.as_str()), (UserKind::Account, "Ada"));
    assert!(device.account.wants_leaves_renewed());
    device.ask_who().await.unwrap();
}

#[tokio::test(flavor = "current_thread")]
async fn what_is_refused_leaves_the_guest() {
    let server = Rc::new(FakeServer::new());
    Device::new(&server).await.register("Ada").await.unwrap();
    let device = guest(&server).await;
    let taken = device.account.become_account(input("Ada")).await;
    assert!(matches!(taken, Err(AccountError::Api(error)) if error.code() == Some(ErrorCode::NameTaken)));
    let spaced = device.account.become_account(input("Ada Byron")).await;
    assert!(matches!(spaced, Err(AccountError::Name(_))));
    let weak = BecomeAccountInput {
        password: password("eve12345"),
        ..input("Eve")
    };
    let weak = device.account.become_account(weak).await;
    assert!(matches!(weak, Err(AccountError::Password(_))));
    assert_eq!(device.account.session().unwrap().kind, UserKind::Guest);
    device.account.stay().await.unwrap();
    assert_eq!(device.account.session().unwrap().kind, UserKind::Guest);

    let account = Device::new(&server).await;
    account.register("Bob").await.unwrap();
    let refused = account.account.become_account(input("Bob2")).await;
    assert!(matches!(refused, Err(AccountError::NoGuest)));
    let nobody = Device::new(&server).await;
    let refused = nobody.account.become_account(input("Cy")).await;
    assert!(matches!(refused, Err(AccountError::SignedOut)));
}

#[tokio::test(flavor = "current_thread")]
async fn a_server_cannot_turn_a_guest_into_somebody_else() {
    let server = Rc::new(FakeServer::new());
    let device = guest(&server).await;
    server.promote("Mallory");
    let refused = device.account.stay().await;
    assert!(
        matches!(refused, Err(AccountError::ServerDisagrees)),
        "{refused:?}"
    );
    assert_eq!(stored(&device).kind, UserKind::Guest);
    // Not even when the guest has asked to become another.
    let path = "/api/v1/guests/account".to_owned();
    server.fault.replace(Some((path, Fault::RequestLost)));
    assert!(device.account.become_account(input("Ada")).await.is_err());
    let refused = device.account.stay().await;
    assert!(
        matches!(refused, Err(AccountError::ServerDisagrees)),
        "{refused:?}"
    );
    assert_eq!(stored(&device).name.as_str(), "Brisk Magpie");
}

#[test]
fn words_for_programs_are_stable() {
    for (error, code) in [
        (AccountError::GuestEnded, "guest_ended"),
        (AccountError::NoGuest, "not_a_guest"),
        (AccountError::ProofTooHard, "proof_too_hard"),
        (AccountError::Vault(VaultError::Closed), "vault_closed"),
    ] {
        assert_eq!(error.code(), Some(code));
    }
}
