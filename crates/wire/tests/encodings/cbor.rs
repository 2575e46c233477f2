//! The WebSocket's frames, and what is encrypted or signed: CBOR in hexadecimal.

use crate::sample::{
    ACCEPTED, BLOB, CONVERSATION, DEVICE, HEAD, MESSAGE, PEER, TIME, USER, bytes, certificate, entry, errors,
    message, name, page, seen, signal, submission, welcome,
};
use crate::{assert_committed, every_variant};
use data_encoding::HEXLOWER;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use undertone_wire::content::{
    Attachment, Content, ConversationState, Envelope, Expiry, FileReference, HistorySharing, Part, Preview,
    Profile, Reaction, Receipt, RoomSecret, SharedHistory, SharedMessage,
};
use undertone_wire::conversation::{EntryKind, SubmitProposalRequest};
use undertone_wire::group::{Banned, GroupProfile, Role, RoomTerms};
use undertone_wire::message::{CommitAuthenticatedData, MessageAuthenticatedData, SendMessageRequest};
use undertone_wire::signal::{Attention, Signal, Visibility};
use undertone_wire::stream::{
    Acknowledge, Authenticate, Authenticated, ClientFrame, FetchLog, Presence, Refused, ServerFrame,
};
use undertone_wire::{Counter, Epoch, IdentityHash, PROTOCOL_VERSION, Sequence, codec};

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

/// As it was sent before a message could be quiet.
const SEND_BEFORE_QUIET: &str = "a16473656e64a56c636f6e766572736174696f6e50333333333333333333333333333333336565706f63680267636f756e74657203676d657373616765476d65737361676575657870697265735f61667465725f7365636f6e6473f6";

#[test]
fn a_message_that_does_not_say_so_is_not_quiet() {
    let frame = HEXLOWER.decode(SEND_BEFORE_QUIET.as_bytes()).unwrap();
    let frame = codec::from_cbor::<ClientFrame>(&frame).unwrap();
    assert_eq!(frame, ClientFrame::Send(message()));
    // Both are as long: the flag is one byte.
    let quiet = ClientFrame::Send(SendMessageRequest {
        quiet: true,
        ..message()
    });
    let loud = codec::to_cbor(&ClientFrame::Send(message())).unwrap();
    assert_eq!(codec::to_cbor(&quiet).unwrap().len(), loud.len());
}

#[test]
fn frames_from_the_client() {
    let acknowledge = Acknowledge {
        conversation: CONVERSATION,
        sequence: Sequence(9),
    };
    let proposal = SubmitProposalRequest {
        conversation: CONVERSATION,
        epoch: Epoch(2),
        counter: Counter(3),
        proposal: bytes("proposal"),
    };
    let mut samples = every_variant!(ClientFrame {
        "authenticate": ClientFrame::Authenticate(_) => ClientFrame::Authenticate(Authenticate {
            version: PROTOCOL_VERSION,
            access_token: "a.b.c".to_owned(),
        }),
        "send": ClientFrame::Send(_) => ClientFrame::Send(message()),
        "commit": ClientFrame::Commit(_) => ClientFrame::Commit(submission(None)),
        "propose": ClientFrame::Propose(_) => ClientFrame::Propose(proposal),
        "cannot_process": ClientFrame::CannotProcess(_) => ClientFrame::CannotProcess(acknowledge),
        "signal": ClientFrame::Signal(_) => ClientFrame::Signal(signal()),
        "show": ClientFrame::Show(_) => ClientFrame::Show(Visibility::Direct),
        "hide": ClientFrame::Hide(_) => ClientFrame::Hide(vec![CONVERSATION]),
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
    let acknowledge = Acknowledge {
        conversation: CONVERSATION,
        sequence: Sequence(9),
    };
    let refused = |error| Refused {
        conversation: CONVERSATION,
        counter: Counter(3),
        error,
    };
    let [(_, plain), (_, rate_limited), (_, exists), _] = errors();
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
        "voided": ServerFrame::Voided(_) => ServerFrame::Voided(acknowledge),
        "stands": ServerFrame::Stands(_) => ServerFrame::Stands(acknowledge),
        "knock": ServerFrame::Knock(_) => ServerFrame::Knock(CONVERSATION),
        "knock_refused": ServerFrame::KnockRefused(_) => ServerFrame::KnockRefused(CONVERSATION),
        "closed": ServerFrame::Closed(_) => ServerFrame::Closed(CONVERSATION),
        "group_info_wanted": ServerFrame::GroupInfoWanted(_) => ServerFrame::GroupInfoWanted(CONVERSATION),
        "signal": ServerFrame::Signal(_) => ServerFrame::Signal(signal()),
        "presence": ServerFrame::Presence(_) => ServerFrame::Presence(presence),
        "pong": ServerFrame::Pong => ServerFrame::Pong,
        "error": ServerFrame::Error(_) => ServerFrame::Error(plain),
    });
    for (name, kind) in [
        ("entry_commit", EntryKind::Commit),
        ("entry_proposal", EntryKind::Proposal),
        ("entry_expired", EntryKind::Expired),
        ("entry_voided", EntryKind::Voided),
    ] {
        samples.push((name, ServerFrame::Entry(entry(kind))));
    }
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
        forwarded: false,
        part: Part::Text("Grüße 👋".to_owned()),
    };
    let full = |expiry| Content {
        replaces: Some(MESSAGE),
        in_reply_to: Some(MESSAGE),
        expires: Some(expiry),
        forwarded: true,
        ..plain.clone()
    };
    let expiries = every_variant!(Expiry {
        "content_after_sent": Expiry::AfterSent(_) => Expiry::AfterSent(3_600),
        "content_after_read": Expiry::AfterRead(_) => Expiry::AfterRead(30),
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
    all.extend(lines(&parts()));
    all.extend(lines(&states()));
    all.extend(lines(&signals()));
    all.push(("group_profile", hex(&profile())));
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

/// What a message says.
fn parts() -> Vec<(&'static str, Part)> {
    let shared = SharedMessage {
        user: USER,
        name: name(),
        sent_at: TIME,
        content: bytes("content"),
    };
    every_variant!(Part {
        "part_text": Part::Text(_) => Part::Text(String::new()),
        "part_state": Part::State(_) => Part::State(ConversationState::default()),
        "part_room_secret": Part::RoomSecret(_) => Part::RoomSecret(RoomSecret {
            rotation: 2,
            secret: vec![0xee; 15].into(),
        }),
        "part_history": Part::History(_) => Part::History(SharedHistory {
            for_commit: Sequence(9),
            messages: vec![shared],
        }),
        "part_files": Part::Files(_) => Part::Files(Attachment {
            text: "The pier".to_owned(),
            files: vec![file()],
        }),
        "part_deleted": Part::Deleted => Part::Deleted,
        "part_reaction": Part::Reaction(_) => Part::Reaction(Reaction {
            emoji: "👋🏽".to_owned(),
            on: true,
        }),
        "part_pin": Part::Pin(_) => Part::Pin(true),
        "part_receipt": Part::Receipt(_) => Part::Receipt(Receipt { read: Sequence(9) }),
        "part_profile": Part::Profile(_) => Part::Profile(Profile {
            display_name: "Ada".to_owned(),
            status: "On the night shift".to_owned(),
            pronouns: "she".to_owned(),
            picture: Some(bytes("png")),
            colour: Some(11),
        }),
    })
}

fn file() -> FileReference {
    FileReference {
        blob: BLOB,
        key: vec![0xab; 32].into(),
        size: 70_000,
        sha256: vec![0xac; 32].into(),
        name: "pier.webp".to_owned(),
        media_type: "image/webp".to_owned(),
        preview: Some(Preview {
            width: 640,
            height: 480,
            thumbnail: Some(bytes("webp")),
        }),
        duration_ms: Some(1_500),
    }
}

/// What members agree on.
fn states() -> Vec<(&'static str, ConversationState)> {
    let sharing = every_variant!(HistorySharing {
        "history_nothing": HistorySharing::Nothing => HistorySharing::Nothing,
        "history_messages": HistorySharing::Messages(_) => HistorySharing::Messages(50),
        "history_hours": HistorySharing::Hours(_) => HistorySharing::Hours(24),
    });
    let state = |history| ConversationState {
        title: "Night shift".to_owned(),
        topic: "Who swaps?".to_owned(),
        picture: Some(bytes("png")),
        timer: Some(Expiry::AfterSent(60)),
        history,
    };
    sharing
        .into_iter()
        .map(|(name, history)| (name, state(history)))
        .collect()
}

/// What the server never sees of signals.
fn signals() -> Vec<(&'static str, Signal)> {
    let mut signals = every_variant!(Signal {
        "signal_typing": Signal::Typing => Signal::Typing,
        "signal_stopped_typing": Signal::StoppedTyping => Signal::StoppedTyping,
        "signal_presence": Signal::Presence(_) => Signal::Presence(Attention::Here),
    });
    signals.push(("signal_away", Signal::Presence(Attention::Away(TIME))));
    signals.push(("signal_gone", Signal::Presence(Attention::Gone(TIME))));
    signals
}

/// What stands in the GroupContext.
fn profile() -> GroupProfile {
    let terms = RoomTerms {
        rotation: 2,
        locked: false,
        knock: true,
        expires_at: Some(TIME),
    };
    let mut profile = GroupProfile::room(USER, terms);
    profile.set_role(PEER, Role::ReadOnly);
    profile.retention_seconds = Some(3600);
    profile.ban(Banned {
        user: PEER,
        identity: IdentityHash::from_bytes([0x77; 16]),
    });
    profile
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
