//! Values that the encodings are shown with.

use undertone_wire::account::Vault;
use undertone_wire::content::SeenEntry;
use undertone_wire::conversation::{
    Accepted, CommitBundle, ConversationHead, EntryKind, LogEntry, LogPage, PendingWelcome,
    SubmitCommitRequest,
};
use undertone_wire::device::{DeviceCertificate, DeviceCertificateBody};
use undertone_wire::error::ErrorBody;
use undertone_wire::guest::{GuestStay, ProofChallenge, UserKind};
use undertone_wire::message::SendMessageRequest;
use undertone_wire::room::RoomLink;
use undertone_wire::signal::SealedSignal;
use undertone_wire::{
    BlobId, Bytes, ConversationId, Counter, DeviceId, Epoch, ErrorCode, LoginId, MessageId, RoomId, Sequence,
    Timestamp, UserId, UserName,
};

pub(crate) const USER: UserId = UserId::from_bytes([0x11; 16]);
pub(crate) const PEER: UserId = UserId::from_bytes([0x12; 16]);
pub(crate) const DEVICE: DeviceId = DeviceId::from_bytes([0x22; 16]);
pub(crate) const CONVERSATION: ConversationId = ConversationId::from_bytes([0x33; 16]);
pub(crate) const LOGIN: LoginId = LoginId::from_bytes([0x44; 16]);
pub(crate) const MESSAGE: MessageId = MessageId::from_bytes([0x55; 32]);
pub(crate) const ROOM: RoomId = RoomId::from_bytes([0x66; 16]);
pub(crate) const BLOB: BlobId = BlobId::from_bytes([0x77; 16]);
pub(crate) const STAY: GuestStay = GuestStay { expires_at: TIME };
/// 2025-11-21T11:20:00.123Z.
pub(crate) const TIME: Timestamp = Timestamp::from_millis(1_763_724_000_123);
pub(crate) const HEAD: ConversationHead = ConversationHead {
    conversation: CONVERSATION,
    head: Sequence(9),
    first_kept: Sequence(4),
    cursor: Sequence(7),
    epoch: Epoch(2),
    counter: Counter(5),
};
pub(crate) const ACCEPTED: Accepted = Accepted {
    conversation: CONVERSATION,
    counter: Counter(3),
    sequence: Sequence(9),
    sent_at: TIME,
};

pub(crate) fn bytes(text: &str) -> Bytes {
    text.as_bytes().into()
}

pub(crate) fn name() -> UserName {
    "Ada.Łukasz".parse().unwrap()
}

pub(crate) fn seen() -> SeenEntry {
    SeenEntry {
        sequence: Sequence(8),
        running_hash: vec![0x66; 32].into(),
    }
}

pub(crate) fn bundle(welcome: Option<Bytes>) -> CommitBundle {
    CommitBundle {
        counter: Counter(3),
        commit: bytes("commit"),
        group_info: bytes("info"),
        welcome,
    }
}

pub(crate) fn submission(welcome: Option<Bytes>) -> SubmitCommitRequest {
    SubmitCommitRequest {
        conversation: CONVERSATION,
        epoch: Epoch(2),
        commit: bundle(welcome),
        room: None,
    }
}

pub(crate) fn message() -> SendMessageRequest {
    SendMessageRequest {
        conversation: CONVERSATION,
        epoch: Epoch(2),
        counter: Counter(3),
        message: bytes("message"),
        expires_after_seconds: None,
        quiet: false,
    }
}

pub(crate) fn entry(kind: EntryKind) -> LogEntry {
    LogEntry {
        conversation: CONVERSATION,
        sequence: Sequence(9),
        kind,
        epoch: Epoch(2),
        sender: DEVICE,
        counter: Counter(3),
        sent_at: TIME,
        payload: bytes("payload"),
        franking_mac: match kind {
            EntryKind::Message | EntryKind::Expired => vec![0x77; 32].into(),
            EntryKind::Commit | EntryKind::Proposal | EntryKind::Voided => Bytes::default(),
        },
    }
}

pub(crate) fn link() -> RoomLink {
    RoomLink {
        room: ROOM,
        admission_hash: vec![0xdd; 32].into(),
        sealed_state: bytes("sealed"),
    }
}

pub(crate) fn signal() -> SealedSignal {
    SealedSignal {
        conversation: CONVERSATION,
        epoch: Epoch(2),
        sender: DEVICE,
        sealed: bytes("sealed"),
    }
}

pub(crate) fn page() -> LogPage {
    let before = LogEntry {
        sequence: Sequence(8),
        ..entry(EntryKind::Commit)
    };
    LogPage {
        conversation: CONVERSATION,
        entries: vec![before, entry(EntryKind::Message)],
        head: Sequence(9),
        first_kept: Sequence(4),
    }
}

pub(crate) fn welcome() -> PendingWelcome {
    PendingWelcome {
        conversation: CONVERSATION,
        sequence: Sequence(1),
        sender: DEVICE,
        sent_at: TIME,
        welcome: bytes("welcome"),
        ratchet_tree: bytes("tree"),
    }
}

pub(crate) fn certificate() -> DeviceCertificate {
    DeviceCertificate {
        body: DeviceCertificateBody {
            version: 1,
            user: USER,
            kind: UserKind::Guest,
            name: name(),
            device: DEVICE,
            identity_key: vec![0x88; 32].into(),
            signature_key: vec![0x99; 32].into(),
            issued_at: TIME,
        },
        signature: vec![0xaa; 64].into(),
    }
}

pub(crate) fn vault() -> Vault {
    Vault {
        sealed: bytes("sealed"),
        key_by_password: bytes("by password"),
        key_by_recovery: bytes("by recovery"),
    }
}

/// An error without particulars, one with a time to wait, one that names a conversation.
pub(crate) fn errors() -> [(&'static str, ErrorBody); 4] {
    let error = |code| ErrorBody::new(code, "A sentence.");
    [
        ("plain", error(ErrorCode::BadRequest)),
        (
            "rate_limited",
            ErrorBody {
                retry_after_ms: Some(1_500),
                ..error(ErrorCode::RateLimited)
            },
        ),
        (
            "conversation_exists",
            ErrorBody {
                conversation: Some(CONVERSATION),
                ..error(ErrorCode::ConversationExists)
            },
        ),
        (
            "proof_required",
            ErrorBody {
                proof: Some(ProofChallenge {
                    challenge: bytes("challenge"),
                    difficulty: 16,
                }),
                ..error(ErrorCode::ProofRequired)
            },
        ),
    ]
}
