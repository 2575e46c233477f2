//! The WebSocket's frames, and what is encrypted or signed: CBOR in hexadecimal.

use crate::sample::{
    ACCEPTED, CONVERSATION, DEVICE, HEAD, MESSAGE, PEER, TIME, USER, bytes, certificate, entry, errors,
    message, name, page, seen, submission, welcome,
};
use crate::{assert_committed, every_variant};
use data_encoding::HEXLOWER;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use undertone_wire::content::{Content, Envelope, Expiry, Part};
use undertone_wire::conversation::EntryKind;
use undertone_wire::message::{CommitAuthenticatedData, MessageAuthenticatedData};
use undertone_wire::stream::{
    Acknowledge, Authenticate, Authenticated, ClientFrame, FetchLog, Presence, Refused, ServerFrame,
};
use undertone_wire::{Counter, PROTOCOL_VERSION, Sequence, codec};

/// The CBOR in hexadecimal, after reading it back and refusing each of its beginnings.
fn hex<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) -> String {
    let encoded = codec::to_cbor(value).unwrap();
    assert_eq!(&codec::from_cbor::<T>(&encoded).unwrap(), value);
    for end in 0..encoded.len() {
        assert!(codec::from_cbor::<T>(&encoded[..end]).is_err());
    }
    HEXLOWER.encode(&encoded)
}

fn lines<T: Serialize + DeserializeOwned + PartialEq + Debug>(
    samples: &[(&'static str, T)],
) -> Vec<(&'static str, String)> {
    samples.iter().map(|(name, value)| (*name, hex(value))).collect()
}

#[test]
fn frames_from_the_client() {
    let acknowledge = Acknowledge {
        conversation: CONVERSATION,
        sequence: Sequence(9),
    };
    let mut samples = every_variant!(ClientFrame {
        "authenticate": ClientFrame::Authenticate(_) => ClientFrame::Authenticate(Authenticate {
            version: PROTOCOL_VERSION,
            access_token: "a.b.c".to_owned(),
        }),
        "send": ClientFrame::Send(_) => ClientFrame::Send(message()),
        "commit": ClientFrame::Commit(_) => ClientFrame::Commit(submission(None)),
        "fetch": ClientFrame::Fetch(_) => ClientFrame::Fetch(FetchLog {
            conversation: CONVERSATION,
            after: Sequence(4),
            limit: 200,
        }),
        "acknowledge": ClientFrame::Acknowledge(_) => ClientFrame::Acknowledge(acknowledge),
        "acknowledge_welcome": ClientFrame::AcknowledgeWelcome(_) => ClientFrame::AcknowledgeWelcome(acknowledge),
        "ping": ClientFrame::Ping => ClientFrame::Ping,
    });
    let welcome = Some(bytes("welcome"));
    samples.push(("commit_with_welcome", ClientFrame::Commit(submission(welcome))));
    assert_committed(
        "client_frame.txt",
        include_str!("client_frame.txt"),
        &lines(&samples),
    );
}

#[test]
fn frames_from_the_server() {
    let presence = Presence {
        user: PEER,
        online: true,
    };
    let refused = |error| Refused {
        conversation: CONVERSATION,
        counter: Counter(3),
        error,
    };
    let [(_, plain), (_, rate_limited), (_, exists)] = errors();
    let mut samples = every_variant!(ServerFrame {
        "authenticated": ServerFrame::Authenticated(_) => ServerFrame::Authenticated(Authenticated {
            now: TIME,
            expires_at: TIME,
            heads: vec![HEAD],
            presence: vec![presence],
        }),
        "welcome": ServerFrame::Welcome(_) => ServerFrame::Welcome(welcome()),
        "entry": ServerFrame::Entry(_) => ServerFrame::Entry(entry(EntryKind::Message)),
        "accepted": ServerFrame::Accepted(_) => ServerFrame::Accepted(ACCEPTED),
        "refused": ServerFrame::Refused(_) => ServerFrame::Refused(refused(rate_limited)),
        "log": ServerFrame::Log(_) => ServerFrame::Log(page()),
        "presence": ServerFrame::Presence(_) => ServerFrame::Presence(presence),
        "pong": ServerFrame::Pong => ServerFrame::Pong,
        "error": ServerFrame::Error(_) => ServerFrame::Error(plain),
    });
    samples.push(("entry_commit", ServerFrame::Entry(entry(EntryKind::Commit))));
    samples.push(("refused_exists", ServerFrame::Refused(refused(exists))));
    assert_committed(
        "server_frame.txt",
        include_str!("server_frame.txt"),
        &lines(&samples),
    );
}

#[test]
fn what_is_encrypted_or_signed() {
    let plain = Content {
        salt: vec![0x0f; 16].into(),
        written_at: TIME,
        replaces: None,
        in_reply_to: None,
        expires: None,
        part: Part::Text("Grüße 👋".to_owned()),
    };
    let full = |expiry| Content {
        replaces: Some(MESSAGE),
        in_reply_to: Some(MESSAGE),
        expires: Some(expiry),
        ..plain.clone()
    };
    let expiries = every_variant!(Expiry {
        "content_after_sent": Expiry::AfterSent(_) => Expiry::AfterSent(3_600),
        "content_after_read": Expiry::AfterRead(_) => Expiry::AfterRead(30),
    });
    let parts = every_variant!(Part {
        "part_text": Part::Text(_) => Part::Text(String::new()),
    });
    let envelope = Envelope {
        content: codec::to_cbor(&plain).unwrap().into(),
        counter: Counter(3),
        epoch_authenticator: vec![0xbb; 32].into(),
        seen: seen(),
    };
    let mut all = vec![("envelope", hex(&envelope)), ("content", hex(&plain))];
    all.extend(
        expiries
            .into_iter()
            .map(|(name, expiry)| (name, hex(&full(expiry)))),
    );
    all.extend(lines(&parts));
    all.push((
        "message_authenticated_data",
        hex(&MessageAuthenticatedData {
            version: PROTOCOL_VERSION,
            franking_tag: vec![0xcc; 32].into(),
        }),
    ));
    all.push((
        "commit_authenticated_data",
        hex(&CommitAuthenticatedData {
            version: PROTOCOL_VERSION,
            seen: seen(),
        }),
    ));
    all.push(("device_certificate_body", hex(&certificate().body)));
    all.push(("device_certificate", hex(&certificate())));
    assert_committed("sealed.txt", include_str!("sealed.txt"), &all);
}

#[test]
fn small_types() {
    let all = [
        ("user_id", hex(&USER)),
        ("device_id", hex(&DEVICE)),
        ("message_id", hex(&MESSAGE)),
        ("user_name", hex(&name())),
        ("timestamp", hex(&TIME)),
        ("sequence", hex(&Sequence(u64::MAX))),
        ("bytes", hex(&bytes("bytes"))),
    ];
    assert_committed("small.txt", include_str!("small.txt"), &all);
}
