//! The bodies of HTTP requests and answers: JSON.

use crate::sample::{
    ACCEPTED, BLOB, CONVERSATION, DEVICE, HEAD, LOGIN, PEER, ROOM, STAY, TIME, USER, bundle, bytes,
    certificate, errors, link, message, name, page, submission, vault,
};
use crate::{assert_committed, every_variant};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use undertone_wire::account::{
    FinishRegistrationRequest, InvitationResponse, PeopleQuery, PeopleResponse, Person, PersonDetails,
    StartRegistrationRequest, StartRegistrationResponse,
};
use undertone_wire::blob::{BlobResponse, CreateBlobRequest};
use undertone_wire::conversation::{
    ConversationKind, ConversationsResponse, CreateConversationRequest, JoinRequest, PendingWelcome,
    SubmitCommitRequest,
};
use undertone_wire::device::DeviceSummary;
use undertone_wire::error::ErrorResponse;
use undertone_wire::group::{GroupResponse, ReplaceGroupInfoRequest};
use undertone_wire::guest::{BecomeAccountRequest, CreateGuestRequest, ProofOfWork, UserKind};
use undertone_wire::key_package::{
    ClaimKeyPackagesResponse, ClaimedKeyPackage, KeyPackageStock, UploadKeyPackagesRequest,
};
use undertone_wire::push::{
    PushInfo, PushQuietHours, PushSubscription, PushTestResponse, PushTestResult, PushWish, PushWishes,
};
use undertone_wire::room::{
    EndedResponse, Knock, KnockRequest, KnocksResponse, ReplaceSealedStateRequest, RoomDoor, RoomRequest,
};
use undertone_wire::server_info::{CheckSetupTokenRequest, RegistrationPolicy, ServerInfo, SetupRequest};
use undertone_wire::session::{
    AddDeviceRequest, FinishLoginRequest, FinishLoginResponse, RefreshRequest, SessionGrant, SessionResponse,
    StartLoginRequest, StartLoginResponse,
};
use undertone_wire::{Epoch, ErrorCode, PROTOCOL_VERSION};

/// The JSON, after reading it back.
pub(crate) fn json<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) -> String {
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value);
    text
}

#[test]
fn registration() {
    let setup = SetupRequest {
        token: "token".to_owned(),
        server_name: "Home".to_owned(),
        registration: RegistrationPolicy::Invitation,
    };
    let finish = FinishRegistrationRequest {
        name: name(),
        user: USER,
        record: bytes("record"),
        identity_key: bytes("identity"),
        recovery_public_key: bytes("recovery"),
        vault: vault(),
        certificate: bytes("certificate"),
        invitation: None,
        setup: None,
    };
    let full = FinishRegistrationRequest {
        invitation: Some("invitation".to_owned()),
        setup: Some(setup),
        ..finish.clone()
    };
    let start = StartRegistrationRequest {
        name: name(),
        request: bytes("request"),
    };
    let all = [
        ("start_registration_request", json(&start)),
        (
            "start_registration_response",
            json(&StartRegistrationResponse {
                response: bytes("response"),
            }),
        ),
        ("finish_registration_request", json(&finish)),
        ("finish_registration_request_of_the_first", json(&full)),
    ];
    assert_committed("registration.txt", include_str!("registration.txt"), &all);
}

#[test]
fn people() {
    let person = Person {
        user: USER,
        name: name(),
    };
    let details = PersonDetails {
        user: USER,
        name: name(),
        identity_key: bytes("identity"),
        devices: vec![DeviceSummary {
            device: DEVICE,
            certificate: bytes("certificate"),
            registered_at: TIME,
        }],
    };
    let all = [
        (
            "people_query",
            json(&PeopleQuery {
                query: Some("ad".to_owned()),
                after: None,
                limit: Some(20),
            }),
        ),
        (
            "people_response",
            json(&PeopleResponse {
                people: vec![person],
                more: true,
            }),
        ),
        ("person_details", json(&details)),
        (
            "invitation_response",
            json(&InvitationResponse {
                invitation: "invitation".to_owned(),
                expires_at: TIME,
            }),
        ),
        ("device_certificate", json(&certificate())),
    ];
    assert_committed("people.txt", include_str!("people.txt"), &all);
}

#[test]
fn sessions() {
    let start = StartLoginRequest {
        name: name(),
        request: bytes("ke1"),
    };
    let started = StartLoginResponse {
        login: LOGIN,
        response: bytes("ke2"),
    };
    let finished = FinishLoginResponse {
        ticket: "ticket".to_owned(),
        user: USER,
        name: name(),
        identity_key: bytes("identity"),
        vault: vault(),
    };
    let grant = SessionGrant {
        user: USER,
        name: name(),
        kind: UserKind::Account,
        stay: None,
        device: DEVICE,
        is_admin: true,
        access_token: "a.b.c".to_owned(),
        access_expires_at: TIME,
        refresh_token: "refresh".to_owned(),
    };
    let all = [
        ("start_login_request", json(&start)),
        ("start_login_response", json(&started)),
        (
            "finish_login_request",
            json(&FinishLoginRequest {
                login: LOGIN,
                finalization: bytes("ke3"),
            }),
        ),
        ("finish_login_response", json(&finished)),
        (
            "add_device_request",
            json(&AddDeviceRequest {
                ticket: "ticket".to_owned(),
                certificate: bytes("certificate"),
            }),
        ),
        ("session_grant", json(&grant)),
        (
            "refresh_request",
            json(&RefreshRequest {
                refresh_token: "refresh".to_owned(),
                signature: bytes("signature"),
            }),
        ),
        (
            "session_response",
            json(&SessionResponse {
                user: USER,
                name: name(),
                kind: UserKind::Guest,
                stay: Some(STAY),
                device: DEVICE,
                is_admin: false,
            }),
        ),
    ];
    assert_committed("session.txt", include_str!("session.txt"), &all);
    assert_eq!(
        RefreshRequest::signed_bytes("token"),
        b"Undertone refresh v1\0token"
    );
}

#[test]
fn conversations_and_key_packages() {
    let create = CreateConversationRequest {
        conversation: CONVERSATION,
        kind: ConversationKind::Direct,
        peer: Some(PEER),
        room: None,
        group_info: bytes("info"),
        ratchet_tree: bytes("tree"),
        commit: bundle(Some(bytes("welcome"))),
    };
    let create_room = CreateConversationRequest {
        kind: ConversationKind::Room,
        peer: None,
        room: Some(link()),
        ..create.clone()
    };
    let rotation = SubmitCommitRequest {
        room: Some(link()),
        ..submission(None)
    };
    let join = JoinRequest {
        conversation: CONVERSATION,
        epoch: Epoch(2),
        commit: bundle(None),
        admission_token: Some(bytes("token")),
    };
    let claimed = ClaimedKeyPackage {
        device: DEVICE,
        key_package: bytes("package"),
    };
    let all = [
        ("create_conversation_request", json(&create)),
        ("create_room_request", json(&create_room)),
        ("submit_commit_request", json(&submission(None))),
        ("submit_rotation_request", json(&rotation)),
        ("join_request", json(&join)),
        ("send_message_request", json(&message())),
        ("accepted", json(&ACCEPTED)),
        (
            "conversations_response",
            json(&ConversationsResponse {
                conversations: vec![HEAD],
            }),
        ),
        ("log_page", json(&page())),
        (
            "pending_welcome",
            json::<PendingWelcome>(&crate::sample::welcome()),
        ),
        (
            "upload_key_packages_request",
            json(&UploadKeyPackagesRequest {
                key_packages: vec![bytes("one"), bytes("two")],
                last_resort: Some(bytes("last")),
            }),
        ),
        (
            "key_package_stock",
            json(&KeyPackageStock {
                available: 99,
                has_last_resort: true,
            }),
        ),
        (
            "claim_key_packages_response",
            json(&ClaimKeyPackagesResponse {
                key_packages: vec![claimed],
            }),
        ),
    ];
    assert_committed("conversation.txt", include_str!("conversation.txt"), &all);
}

#[test]
fn rooms() {
    let request = RoomRequest {
        room: ROOM,
        admission_token: bytes("token"),
    };
    let door = RoomDoor {
        conversation: CONVERSATION,
        sealed_state: bytes("sealed"),
        people: 8,
        capacity: 300,
        locked: false,
        knock: true,
        slow_mode_seconds: 10,
        retention_seconds: 3600,
        expires_at: Some(TIME),
    };
    let knock = Knock {
        device: DEVICE,
        key_package: bytes("package"),
        knocked_at: TIME,
    };
    let all = [
        ("room_request", json(&request)),
        ("room_door", json(&door)),
        (
            "knock_request",
            json(&KnockRequest {
                room: ROOM,
                admission_token: bytes("token"),
                key_package: bytes("package"),
            }),
        ),
        ("knocks_response", json(&KnocksResponse { knocks: vec![knock] })),
        (
            "ended_response",
            json(&EndedResponse {
                devices: vec![DEVICE],
            }),
        ),
        (
            "replace_sealed_state_request",
            json(&ReplaceSealedStateRequest {
                room: ROOM,
                sealed_state: bytes("sealed"),
            }),
        ),
        (
            "group_response",
            json(&GroupResponse {
                conversation: CONVERSATION,
                group_info: bytes("info"),
                ratchet_tree: bytes("tree"),
                turn_ms: 2000,
            }),
        ),
        (
            "replace_group_info_request",
            json(&ReplaceGroupInfoRequest {
                group_info: bytes("info"),
            }),
        ),
    ];
    assert_committed("room.txt", include_str!("room.txt"), &all);
}

#[test]
fn guests() {
    let all = [
        (
            "create_guest_request",
            json(&CreateGuestRequest {
                user: USER,
                certificate: bytes("certificate"),
                proof: Some(ProofOfWork {
                    challenge: bytes("challenge"),
                    solution: 7,
                }),
            }),
        ),
        (
            "become_account_request",
            json(&BecomeAccountRequest {
                name: name(),
                record: bytes("record"),
                recovery_public_key: bytes("recovery"),
                vault: vault(),
                certificate: bytes("certificate"),
                invitation: None,
            }),
        ),
    ];
    assert_committed("guest.txt", include_str!("guest.txt"), &all);
}

#[test]
fn files_and_how_devices_are_woken() {
    let all = [
        (
            "create_blob_request",
            json(&CreateBlobRequest {
                blob: BLOB,
                conversation: CONVERSATION,
                size: 131_104,
                expires_after_seconds: Some(3_600),
            }),
        ),
        (
            "blob_response",
            json(&BlobResponse {
                blob: BLOB,
                offset: 65_552,
                size: 131_104,
            }),
        ),
        (
            "push_info",
            json(&PushInfo {
                public_key: bytes("point"),
            }),
        ),
        (
            "push_subscription",
            json(&PushSubscription {
                endpoint: "https://push.example/1".to_owned(),
                p256dh: bytes("point"),
                auth: bytes("auth"),
            }),
        ),
        (
            "push_wishes",
            json(&PushWishes {
                conversations: [None, Some(TIME)]
                    .map(|not_before| PushWish {
                        conversation: CONVERSATION,
                        not_before,
                    })
                    .to_vec(),
                welcomes: true,
                quiet_hours: Some(PushQuietHours {
                    from_minute: 1320,
                    to_minute: 420,
                }),
            }),
        ),
    ];
    let results = every_variant!(PushTestResult {
        "push_test_accepted": PushTestResult::Accepted => PushTestResult::Accepted,
        "push_test_not_subscribed": PushTestResult::NotSubscribed => PushTestResult::NotSubscribed,
        "push_test_gone": PushTestResult::Gone => PushTestResult::Gone,
        "push_test_refused": PushTestResult::Refused => PushTestResult::Refused,
        "push_test_unreachable": PushTestResult::Unreachable => PushTestResult::Unreachable,
    });
    let results = results
        .into_iter()
        .map(|(name, result)| (name, json(&PushTestResponse { result })));
    let all: Vec<_> = all.into_iter().chain(results).collect();
    assert_committed("files.txt", include_str!("files.txt"), &all);
}

#[test]
fn the_server_and_its_errors() {
    let info = |registration| ServerInfo {
        name: "Home".to_owned(),
        version: "0.1.0".to_owned(),
        protocol_version: PROTOCOL_VERSION,
        registration,
        guests: true,
        setup_open: false,
        ca_fingerprint: Some("00ff".to_owned()),
        file_bytes_max: 1_073_741_824,
    };
    let policies = every_variant!(RegistrationPolicy {
        "server_info_open": RegistrationPolicy::Open => RegistrationPolicy::Open,
        "server_info_invitation": RegistrationPolicy::Invitation => RegistrationPolicy::Invitation,
        "server_info_closed": RegistrationPolicy::Closed => RegistrationPolicy::Closed,
    });
    let mut all: Vec<_> = policies
        .into_iter()
        .map(|(name, policy)| (name, json(&info(policy))))
        .collect();
    let check = CheckSetupTokenRequest {
        token: "token".to_owned(),
    };
    all.push(("check_setup_token_request", json(&check)));
    for (name, error) in errors() {
        all.push((name, json(&ErrorResponse { error })));
    }
    assert_committed("server.txt", include_str!("server.txt"), &all);

    let codes: Vec<_> = ErrorCode::ALL
        .iter()
        .map(|code| (code.as_str(), code.status().to_string()))
        .collect();
    assert_committed("error_codes.txt", include_str!("error_codes.txt"), &codes);
}

#[test]
fn what_may_be_missing_may_be_missing() {
    let finish: Result<UploadKeyPackagesRequest, _> = serde_json::from_str(r#"{"key_packages":[]}"#);
    assert_eq!(finish.unwrap().last_resort, None);
    let query: PeopleQuery = serde_json::from_str("{}").unwrap();
    assert_eq!((query.query, query.after, query.limit), (None, None, None));
    let before = r#"{"conversations":[{"conversation":"gmztgmztgmztgmztgmztgmztgm","head":9,"first_kept":4,"cursor":7,"epoch":2}]}"#;
    let before: ConversationsResponse = serde_json::from_str(before).unwrap();
    assert_eq!(before.conversations[0].counter.0, 0);
    let error: ErrorResponse =
        serde_json::from_str(r#"{"error":{"code":"internal","message":"A sentence."}}"#).unwrap();
    assert_eq!(error.error.retry_after_ms, None);
    let unknown: Result<ErrorResponse, _> =
        serde_json::from_str(r#"{"error":{"code":"unheard_of","message":""}}"#);
    assert!(unknown.is_err());
}
