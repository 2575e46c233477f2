//! What holds for every value, and for every sequence of bytes.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use undertone_wire::content::{Content, Envelope, Expiry, Part, SeenEntry};
use undertone_wire::conversation::{
    Accepted, CommitBundle, ConversationHead, EntryKind, LogEntry, LogPage, PendingWelcome,
    SubmitCommitRequest,
};
use undertone_wire::device::DeviceCertificate;
use undertone_wire::message::{CommitAuthenticatedData, MessageAuthenticatedData, SendMessageRequest};
use undertone_wire::signal::SealedSignal;
use undertone_wire::stream::{
    Acknowledge, Authenticate, Authenticated, ClientFrame, FetchLog, Presence, Refused, ServerFrame,
};
use undertone_wire::{
    Bytes, ConversationId, Counter, DeviceId, Epoch, ErrorBody, ErrorCode, MessageId, Sequence, Timestamp,
    UserId, UserName, codec,
};

fn conversation() -> impl Strategy<Value = ConversationId> {
    any::<[u8; 16]>().prop_map(ConversationId::from_bytes)
}

fn device() -> impl Strategy<Value = DeviceId> {
    any::<[u8; 16]>().prop_map(DeviceId::from_bytes)
}

fn bytes() -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..300).prop_map(Bytes::from)
}

fn time() -> impl Strategy<Value = Timestamp> {
    any::<u64>().prop_map(Timestamp::from_millis)
}

fn sequence() -> impl Strategy<Value = Sequence> {
    any::<u64>().prop_map(Sequence)
}

fn counter() -> impl Strategy<Value = Counter> {
    any::<u64>().prop_map(Counter)
}

fn epoch() -> impl Strategy<Value = Epoch> {
    any::<u64>().prop_map(Epoch)
}

fn error() -> impl Strategy<Value = ErrorBody> {
    let code = prop::sample::select(ErrorCode::ALL);
    (code, ".*", option::of(any::<u64>()), option::of(conversation())).prop_map(
        |(code, message, retry_after_ms, conversation)| ErrorBody {
            code,
            message,
            retry_after_ms,
            conversation,
            proof: None,
        },
    )
}

fn entry() -> impl Strategy<Value = LogEntry> {
    let kind = prop::sample::select(&[
        EntryKind::Commit,
        EntryKind::Message,
        EntryKind::Proposal,
        EntryKind::Expired,
        EntryKind::Voided,
    ]);
    let place = (conversation(), sequence(), kind, epoch());
    (place, device(), counter(), time(), bytes(), bytes()).prop_map(
        |((conversation, sequence, kind, epoch), sender, counter, sent_at, payload, franking_mac)| LogEntry {
            conversation,
            sequence,
            kind,
            epoch,
            sender,
            counter,
            sent_at,
            payload,
            franking_mac,
        },
    )
}

fn commit() -> impl Strategy<Value = SubmitCommitRequest> {
    let bundle = (counter(), bytes(), bytes(), option::of(bytes()));
    let bundle = bundle.prop_map(|(counter, commit, group_info, welcome)| CommitBundle {
        counter,
        commit,
        group_info,
        welcome,
    });
    (conversation(), epoch(), bundle).prop_map(|(conversation, epoch, commit)| SubmitCommitRequest {
        conversation,
        epoch,
        commit,
        room: None,
    })
}

fn acknowledge() -> impl Strategy<Value = Acknowledge> {
    (conversation(), sequence()).prop_map(|(conversation, sequence)| Acknowledge {
        conversation,
        sequence,
    })
}

fn signal() -> impl Strategy<Value = SealedSignal> {
    (conversation(), epoch(), device(), bytes()).prop_map(|(conversation, epoch, sender, sealed)| {
        SealedSignal {
            conversation,
            epoch,
            sender,
            sealed,
        }
    })
}

fn client_frame() -> impl Strategy<Value = ClientFrame> {
    let send = (conversation(), epoch(), counter(), bytes(), any::<bool>());
    prop_oneof![
        (any::<u16>(), ".*").prop_map(|(version, access_token)| ClientFrame::Authenticate(Authenticate {
            version,
            access_token
        })),
        send.prop_map(
            |(conversation, epoch, counter, message, quiet)| ClientFrame::Send(SendMessageRequest {
                conversation,
                epoch,
                counter,
                message,
                expires_after_seconds: None,
                quiet,
            })
        ),
        commit().prop_map(ClientFrame::Commit),
        (conversation(), sequence(), any::<u32>()).prop_map(|(conversation, after, limit)| {
            ClientFrame::Fetch(FetchLog {
                conversation,
                after,
                limit,
            })
        }),
        acknowledge().prop_map(ClientFrame::Acknowledge),
        acknowledge().prop_map(ClientFrame::AcknowledgeWelcome),
        acknowledge().prop_map(ClientFrame::CannotProcess),
        signal().prop_map(ClientFrame::Signal),
        Just(ClientFrame::Ping),
    ]
}

fn presence() -> impl Strategy<Value = Presence> {
    (any::<[u8; 16]>(), any::<bool>()).prop_map(|(user, online)| Presence {
        user: UserId::from_bytes(user),
        online,
    })
}

fn authenticated() -> impl Strategy<Value = Authenticated> {
    let places = (sequence(), sequence(), sequence());
    let head = (conversation(), places, epoch(), counter()).prop_map(
        |(conversation, (head, first_kept, cursor), epoch, counter)| ConversationHead {
            conversation,
            head,
            first_kept,
            cursor,
            epoch,
            counter,
        },
    );
    (time(), time(), vec(head, 0..4), vec(presence(), 0..4)).prop_map(|(now, expires_at, heads, presence)| {
        Authenticated {
            now,
            expires_at,
            heads,
            presence,
        }
    })
}

fn server_frame() -> impl Strategy<Value = ServerFrame> {
    let welcome = (conversation(), sequence(), device(), time(), bytes(), bytes());
    let accepted = (conversation(), counter(), sequence(), time());
    let page = (conversation(), vec(entry(), 0..4), sequence(), sequence());
    prop_oneof![
        authenticated().prop_map(ServerFrame::Authenticated),
        welcome.prop_map(
            |(conversation, sequence, sender, sent_at, welcome, ratchet_tree)| {
                ServerFrame::Welcome(PendingWelcome {
                    conversation,
                    sequence,
                    sender,
                    sent_at,
                    welcome,
                    ratchet_tree,
                })
            }
        ),
        entry().prop_map(ServerFrame::Entry),
        accepted.prop_map(|(conversation, counter, sequence, sent_at)| {
            ServerFrame::Accepted(Accepted {
                conversation,
                counter,
                sequence,
                sent_at,
            })
        }),
        (conversation(), counter(), error()).prop_map(|(conversation, counter, error)| {
            ServerFrame::Refused(Refused {
                conversation,
                counter,
                error,
            })
        }),
        page.prop_map(|(conversation, entries, head, first_kept)| {
            ServerFrame::Log(LogPage {
                conversation,
                entries,
                head,
                first_kept,
            })
        }),
        acknowledge().prop_map(ServerFrame::Voided),
        conversation().prop_map(ServerFrame::Knock),
        signal().prop_map(ServerFrame::Signal),
        presence().prop_map(ServerFrame::Presence),
        Just(ServerFrame::Pong),
        error().prop_map(ServerFrame::Error),
    ]
}

fn content() -> impl Strategy<Value = Content> {
    let message = || option::of(any::<[u8; 32]>().prop_map(MessageId::from_bytes));
    let expiry = prop_oneof![
        any::<u32>().prop_map(Expiry::AfterSent),
        any::<u32>().prop_map(Expiry::AfterRead),
    ];
    (bytes(), time(), message(), message(), option::of(expiry), ".*").prop_map(
        |(salt, written_at, replaces, in_reply_to, expires, text)| Content {
            salt,
            written_at,
            replaces,
            in_reply_to,
            expires,
            forwarded: false,
            part: Part::Text(text),
        },
    )
}

fn envelope() -> impl Strategy<Value = Envelope> {
    (bytes(), counter(), bytes(), sequence(), bytes()).prop_map(
        |(content, counter, epoch_authenticator, sequence, running_hash)| Envelope {
            content,
            counter,
            epoch_authenticator,
            seen: SeenEntry {
                sequence,
                running_hash,
            },
        },
    )
}

/// Reads bytes as everything that is ever read from somebody else.
fn read_as_all(bytes: &[u8]) {
    let _ = codec::from_cbor::<ClientFrame>(bytes);
    let _ = codec::from_cbor::<ServerFrame>(bytes);
    let _ = codec::from_cbor::<Envelope>(bytes);
    let _ = codec::from_cbor::<Content>(bytes);
    let _ = codec::from_cbor::<DeviceCertificate>(bytes);
    let _ = codec::from_cbor::<MessageAuthenticatedData>(bytes);
    let _ = codec::from_cbor::<CommitAuthenticatedData>(bytes);
}

/// Text that is a name more often than chance would have it.
fn nearly_a_name() -> impl Strategy<Value = String> {
    prop_oneof![
        ".*",
        "[ \\t]?[a-zA-ZäßİıſﬁK0-9._-]{0,40}[ \\n]?",
        "[Α-ωΣς.]{2,10}",
        "[а-яА-Я_]{1,33}",
        "\\PC{0,40}",
    ]
}

proptest! {
    #[test]
    fn what_was_encoded_is_decoded(
        from_client in client_frame(),
        from_server in server_frame(),
        content in content(),
        envelope in envelope(),
    ) {
        let cbor = codec::to_cbor(&from_client).unwrap();
        prop_assert_eq!(codec::from_cbor::<ClientFrame>(&cbor).unwrap(), from_client);
        let cbor = codec::to_cbor(&from_server).unwrap();
        prop_assert_eq!(codec::from_cbor::<ServerFrame>(&cbor).unwrap(), from_server);
        let cbor = codec::to_cbor(&content).unwrap();
        prop_assert_eq!(codec::from_cbor::<Content>(&cbor).unwrap(), content);
        let cbor = codec::to_cbor(&envelope).unwrap();
        prop_assert_eq!(codec::from_cbor::<Envelope>(&cbor).unwrap(), envelope);
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in vec(any::<u8>(), 0..600)) {
        read_as_all(&bytes);
    }

    /// Bytes that are nearly right reach further than bytes drawn at random.
    #[test]
    fn damaged_frames_are_read_without_a_panic(
        from_client in client_frame(),
        from_server in server_frame(),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        for mut cbor in [codec::to_cbor(&from_client).unwrap(), codec::to_cbor(&from_server).unwrap()] {
            for (place, byte) in &damage {
                let place = place.index(cbor.len());
                cbor[place] = *byte;
            }
            read_as_all(&cbor);
            read_as_all(&cbor[..cut.index(cbor.len())]);
        }
    }

    /// A name that was accepted is accepted again as it stands, and capitals make no other person.
    #[test]
    fn a_name_stays_as_it_was_parsed(text in nearly_a_name()) {
        if let Ok(name) = text.parse::<UserName>() {
            prop_assert_eq!(&name.as_str().parse::<UserName>().unwrap(), &name);
            prop_assert!(!name.unique_key().is_empty());
            if let Ok(small) = name.as_str().to_lowercase().parse::<UserName>() {
                prop_assert_eq!(small.unique_key(), name.unique_key());
            }
        }
    }

    #[test]
    fn an_id_is_read_back_from_its_text(bytes in any::<[u8; 16]>(), text in ".*") {
        let id = UserId::from_bytes(bytes);
        prop_assert_eq!(id.to_string().parse::<UserId>(), Ok(id));
        if let Ok(read) = text.parse::<UserId>() {
            prop_assert_eq!(read.to_string(), text);
        }
    }
}
