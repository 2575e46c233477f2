//! Who may register, once each, and what a registration must consist of.

use super::world::{Draft, LoginFailure, PASSWORD, World, body, certify};
use crate::store::suite::{TestStore, on_both_databases};
use axum::http::{Method, StatusCode};
use std::time::Duration;
use undertone_mls::IdentityKey;
use undertone_wire::account::InvitationResponse;
use undertone_wire::server_info::{CheckSetupTokenRequest, RegistrationPolicy, ServerInfo, SetupRequest};
use undertone_wire::session::SessionResponse;
use undertone_wire::{Bytes, ErrorCode, UserId};

on_both_databases!(
    the_set_up_token_works_once,
    before_set_up_everybody_registers_and_nobody_administers,
    a_name_is_taken_once_whatever_it_looks_like,
    an_invitation_works_once_for_a_week,
    two_who_race_for_one_name_or_token,
    a_closed_server_takes_nobody,
    strangers_do_not_learn_which_names_exist,
    a_certificate_must_fit,
    what_is_refused_leaves_nothing,
    ids_of_others_are_refused,
);

async fn info(world: &World) -> ServerInfo {
    world.call(Method::GET, "/api/v1/server", None).await.json()
}

async fn the_set_up_token_works_once(store: TestStore) {
    let world = World::new(store).await;
    let before = info(&world).await;
    assert_eq!((before.name.as_str(), before.setup_open), ("", true));
    let check = CheckSetupTokenRequest {
        token: world.setup_token.to_uppercase(),
    };
    assert_eq!(
        world.post("/api/v1/setup/check", &check).await.status,
        StatusCode::NO_CONTENT
    );
    for wrong in ["", "x", "aaaa-aaaa-aaaa-aaaa-aaaa-aaaa", &"a".repeat(10_000)] {
        let check = CheckSetupTokenRequest {
            token: wrong.to_owned(),
        };
        assert_eq!(
            world.post("/api/v1/setup/check", &check).await.code(),
            ErrorCode::SetupTokenInvalid
        );
    }

    let root = world
        .make_administrator("root", RegistrationPolicy::Open)
        .await
        .unwrap();
    assert!(root.grant.is_admin);
    assert!(
        world
            .get("/api/v1/session", &root)
            .await
            .json::<SessionResponse>()
            .is_admin
    );
    let after = info(&world).await;
    assert_eq!((after.name.as_str(), after.setup_open), ("Home", false));
    assert_eq!(after.registration, RegistrationPolicy::Open);

    let second = world
        .make_administrator("eve", RegistrationPolicy::Open)
        .await
        .err()
        .unwrap();
    assert_eq!(second.code, ErrorCode::SetupTokenInvalid);
    assert_eq!(
        world.post("/api/v1/setup/check", &check).await.code(),
        ErrorCode::SetupTokenInvalid
    );
    let hash = crate::auth::TypedCode::generate(&mut rand::rngs::OsRng).setup_hash();
    assert!(
        !world.state.store.renew_setup_token(hash).await.unwrap(),
        "a start after set-up makes no new token"
    );
}

async fn before_set_up_everybody_registers_and_nobody_administers(store: TestStore) {
    let world = World::new(store).await;
    assert!(!world.register("ada").await.unwrap().grant.is_admin);
    let setup = |token: &str, server_name: &str| SetupRequest {
        token: token.to_owned(),
        server_name: server_name.to_owned(),
        registration: RegistrationPolicy::Open,
    };
    let token = world.setup_token.clone();
    for (setup, code) in [
        (
            setup("aaaa-aaaa-aaaa-aaaa-aaaa-aaaa", "Home"),
            ErrorCode::SetupTokenInvalid,
        ),
        (setup(&token, "  "), ErrorCode::BadRequest),
        (setup(&token, &"x".repeat(65)), ErrorCode::BadRequest),
        (setup(&token, "a\u{7}b"), ErrorCode::BadRequest),
    ] {
        let refused = world
            .register_with("bob", |request| request.setup = Some(setup))
            .await
            .err()
            .unwrap();
        assert_eq!(refused.code, code);
    }
    assert!(info(&world).await.setup_open);
}

async fn a_name_is_taken_once_whatever_it_looks_like(store: TestStore) {
    let (world, _) = World::set_up(store, RegistrationPolicy::Open).await;
    let paypal = world.register("paypal").await.unwrap();
    assert!(!paypal.grant.is_admin);
    assert_eq!(paypal.grant.name.as_str(), "paypal");
    for name in ["paypal", "PayPal", "paypaI"] {
        assert_eq!(
            world.register(name).await.err().unwrap().code,
            ErrorCode::NameTaken,
            "{name}"
        );
    }
    for (name, words) in [("a@b", "letters, digits"), ("Brisk Magpie", "no spaces")] {
        let invalid = serde_json::json!({ "name": name, "request": "AAAA" });
        let answer = world.post("/api/v1/registration/start", &invalid).await;
        let error = answer.error();
        assert_eq!(error.code, ErrorCode::NameInvalid);
        assert!(error.message.contains(words), "{}", error.message);
    }
    let draft = Draft::new("bob");
    let mut request = world.start_registration(&draft).await.unwrap();
    request.name = "Brisk Magpie".parse().unwrap();
    let answer = world.post("/api/v1/registration/finish", &request).await;
    assert_eq!(answer.code(), ErrorCode::NameInvalid);
}

async fn an_invitation_works_once_for_a_week(store: TestStore) {
    let (world, root) = World::set_up(store, RegistrationPolicy::Invitation).await;
    assert_eq!(
        world.register("ada").await.err().unwrap().code,
        ErrorCode::InvitationRequired
    );
    let invite = async || {
        let answer = world
            .call(
                Method::POST,
                "/api/v1/invitations",
                Some(&root.grant.access_token),
            )
            .await;
        answer.json::<InvitationResponse>().invitation
    };
    let invitation = invite().await;
    let with = |code: &str| {
        let code = Some(code.to_owned());
        move |request: &mut undertone_wire::account::FinishRegistrationRequest| request.invitation = code
    };
    let wrong = world
        .register_with("ada", with("aaaa-aaaa-aaaa-aaaa-aaaa-aaaa"))
        .await
        .err()
        .unwrap();
    assert_eq!(wrong.code, ErrorCode::InvitationInvalid);
    let ada = world.register_with("ada", with(&invitation)).await.unwrap();
    let again = world.register_with("bob", with(&invitation)).await.err().unwrap();
    assert_eq!(again.code, ErrorCode::InvitationInvalid);

    let refused = world
        .call(Method::POST, "/api/v1/invitations", Some(&ada.grant.access_token))
        .await;
    assert_eq!(refused.code(), ErrorCode::Forbidden);

    let late = invite().await;
    world.clock.advance(Duration::from_hours(7 * 24));
    let expired = world.register_with("bob", with(&late)).await.err().unwrap();
    assert_eq!(expired.code, ErrorCode::InvitationInvalid);
}

async fn two_who_race_for_one_name_or_token(store: TestStore) {
    let world = World::new(store).await;
    let (one, two) = futures::join!(
        world.make_administrator("ada", RegistrationPolicy::Open),
        world.make_administrator("bob", RegistrationPolicy::Open),
    );
    assert_eq!([one.is_ok(), two.is_ok()].into_iter().filter(|ok| *ok).count(), 1);
    let (one, two) = futures::join!(world.register("cleo"), world.register("Cleo"));
    assert_eq!([one.is_ok(), two.is_ok()].into_iter().filter(|ok| *ok).count(), 1);
    let refused = one.err().or(two.err()).unwrap();
    assert_eq!(refused.code, ErrorCode::NameTaken);
}

async fn a_closed_server_takes_nobody(store: TestStore) {
    let (world, _) = World::set_up(store, RegistrationPolicy::Closed).await;
    assert_eq!(
        world.register("ada").await.err().unwrap().code,
        ErrorCode::RegistrationClosed
    );
}

async fn strangers_do_not_learn_which_names_exist(store: TestStore) {
    let (world, _) = World::set_up(store, RegistrationPolicy::Closed).await;
    for name in ["root", "nobody"] {
        let refused = world.start_registration(&Draft::new(name)).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::RegistrationClosed, "{name}");
    }

    let (world, root) = World::set_up(TestStore::sqlite().await, RegistrationPolicy::Invitation).await;
    for name in ["root", "nobody"] {
        let request = world.start_registration(&Draft::new(name)).await.unwrap();
        let answer = world.post("/api/v1/registration/finish", &request).await;
        assert_eq!(answer.code(), ErrorCode::InvitationRequired, "{name}");
    }
    // Whoever is invited is told, and the invitation is still good.
    let token = Some(root.grant.access_token.as_str());
    let answer = world.call(Method::POST, "/api/v1/invitations", token).await;
    let invitation = answer.json::<InvitationResponse>().invitation;
    for (name, expected) in [("root", Some(ErrorCode::NameTaken)), ("ada", None)] {
        let invitation = Some(invitation.clone());
        let registered = world
            .register_with(name, |request| request.invitation = invitation)
            .await;
        assert_eq!(registered.err().map(|error| error.code), expected, "{name}");
    }
}

async fn a_certificate_must_fit(store: TestStore) {
    let (world, _) = World::set_up(store, RegistrationPolicy::Open).await;
    let draft = Draft::new("ada");
    let own = |user, name: &str, identity: &IdentityKey| {
        certify(
            identity,
            body(
                user,
                &name.parse().unwrap(),
                draft.device_id,
                identity,
                &draft.device,
            ),
        )
    };
    let stranger = IdentityKey::generate().unwrap();
    let mut damaged = draft.certificate();
    *damaged.last_mut().unwrap() ^= 1;
    for certificate in [
        own(UserId::from_bytes([1; 16]), "ada", &draft.identity),
        own(draft.user, "bob", &draft.identity),
        own(draft.user, "Ada", &draft.identity),
        own(draft.user, "ada", &stranger),
        damaged,
        vec![],
        vec![0; 100_000],
    ] {
        let mut request = world.start_registration(&draft).await.unwrap();
        request.certificate = certificate.into();
        let answer = world.post("/api/v1/registration/finish", &request).await;
        assert_eq!(answer.code(), ErrorCode::CertificateInvalid);
    }
    assert!(world.register("ada").await.is_ok(), "nothing was stored");
}

async fn what_is_refused_leaves_nothing(store: TestStore) {
    let (world, _) = World::set_up(store, RegistrationPolicy::Open).await;
    let draft = Draft::new("ada");
    let good = world.start_registration(&draft).await.unwrap();
    let changed = |change: fn(&mut undertone_wire::account::FinishRegistrationRequest)| {
        let mut request = good.clone();
        change(&mut request);
        request
    };
    for (request, code) in [
        (
            changed(|request| request.record = Bytes(vec![0xff; 192])),
            ErrorCode::BadRequest,
        ),
        (
            changed(|request| request.record = Bytes(vec![0; 191])),
            ErrorCode::BadRequest,
        ),
        (
            changed(|request| request.identity_key = Bytes(vec![0; 31])),
            ErrorCode::BadRequest,
        ),
        (
            changed(|request| request.recovery_public_key = Bytes(vec![])),
            ErrorCode::BadRequest,
        ),
        (
            changed(|request| request.vault.sealed = Bytes(vec![])),
            ErrorCode::BadRequest,
        ),
        (
            changed(|request| request.vault.sealed = Bytes(vec![0; 256 * 1024 + 1])),
            ErrorCode::TooLarge,
        ),
        (
            changed(|request| request.vault.key_by_password = Bytes(vec![0; 2000])),
            ErrorCode::TooLarge,
        ),
        (
            changed(|request| request.vault.sealed = Bytes(vec![0; 5 * 1024 * 1024])),
            ErrorCode::TooLarge,
        ),
    ] {
        assert_eq!(
            world.post("/api/v1/registration/finish", &request).await.code(),
            code
        );
    }
    assert!(matches!(
        world.log_in("ada", PASSWORD).await,
        Err(LoginFailure::WrongPassword(_))
    ));
    let answer = world.post("/api/v1/registration/finish", &good).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let replayed = world.post("/api/v1/registration/finish", &good).await;
    assert_eq!(replayed.code(), ErrorCode::NameTaken);
}

async fn ids_of_others_are_refused(store: TestStore) {
    let (world, _) = World::set_up(store, RegistrationPolicy::Open).await;
    let ada = world.register("ada").await.unwrap();
    let thieves = [
        Draft {
            user: ada.grant.user,
            ..Draft::new("eve")
        },
        Draft {
            device_id: ada.grant.device,
            ..Draft::new("eve")
        },
    ];
    for thief in thieves {
        let request = world.start_registration(&thief).await.unwrap();
        assert_eq!(
            world.post("/api/v1/registration/finish", &request).await.code(),
            ErrorCode::BadRequest
        );
    }
    assert!(matches!(
        world.log_in("eve", PASSWORD).await,
        Err(LoginFailure::WrongPassword(_))
    ));
}
