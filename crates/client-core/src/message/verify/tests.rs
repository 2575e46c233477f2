//! Each check with what passes it and what does not.

use super::*;
use crate::message::compose::{self, Circumstances, franking_tag};
use rand::rngs::OsRng;
use undertone_mls::Member;
use undertone_wire::conversation::EntryKind;
use undertone_wire::device::DeviceCertificateBody;
use undertone_wire::guest::UserKind;
use undertone_wire::{Bytes, ConversationId, DeviceId, Epoch, Sequence, Timestamp};

const DEVICE: DeviceId = DeviceId::from_bytes([2; 16]);
const USER: UserId = UserId::from_bytes([3; 16]);

fn entry() -> LogEntry {
    LogEntry {
        conversation: ConversationId::from_bytes([1; 16]),
        sequence: Sequence(5),
        kind: EntryKind::Message,
        epoch: Epoch(1),
        sender: DEVICE,
        counter: Counter(4),
        sent_at: Timestamp::from_millis(5),
        payload: Bytes(vec![3; 40]),
        franking_mac: Bytes(vec![4; 32]),
    }
}

fn seen(sequence: u64, hash: &[u8]) -> SeenEntry {
    SeenEntry {
        sequence: Sequence(sequence),
        running_hash: hash.into(),
    }
}

fn opened(text: &str) -> Decrypted {
    let saying = compose::Saying::just(Part::Text(text.to_owned()));
    let composed = compose::part(saying, Timestamp::from_millis(1), &mut OsRng).unwrap();
    let around = Circumstances {
        counter: Counter(4),
        epoch_authenticator: vec![8; 32],
        seen: seen(4, &[7; 32]),
    };
    let franking_tag = compose::tag_of(&composed.content).unwrap();
    decrypted(compose::seal(&composed.content, around).unwrap(), franking_tag)
}

fn decrypted(plaintext: Vec<u8>, franking_tag: [u8; 32]) -> Decrypted {
    let certificate = DeviceCertificateBody {
        version: 1,
        user: USER,
        kind: UserKind::Account,
        name: "Ada".parse().unwrap(),
        device: DEVICE,
        identity_key: Bytes(vec![1; 32]),
        signature_key: Bytes(vec![2; 32]),
        issued_at: Timestamp::default(),
    };
    Decrypted {
        plaintext,
        sender: Member {
            leaf: 1,
            user: USER,
            device: DEVICE,
        },
        certificate,
        franking_tag,
    }
}

/// A message whose content is written by hand.
fn with_content(content: &Content) -> Decrypted {
    let bytes = codec::to_cbor(content).unwrap();
    let around = Circumstances {
        counter: Counter(4),
        epoch_authenticator: vec![8; 32],
        seen: seen(4, &[7; 32]),
    };
    decrypted(
        compose::seal(&bytes, around).unwrap(),
        franking_tag(&content.salt, &bytes),
    )
}

#[test]
fn an_honest_message_is_shown_under_its_leafs_user() {
    let verified = verify(&entry(), &opened("hello")).unwrap();
    assert_eq!(
        (verified.content.part.clone(), verified.sender),
        (Part::Text("hello".to_owned()), USER)
    );
    let content: Content = codec::from_cbor(&verified.bytes).unwrap();
    assert_eq!(
        verified.message,
        message_id(content.salt.as_slice(), &verified.bytes)
    );
}

#[test]
fn another_sending_device_than_the_leaf_is_refused() {
    let other = LogEntry {
        sender: DeviceId::from_bytes([9; 16]),
        ..entry()
    };
    assert_eq!(verify(&other, &opened("hello")), Err(Refusal::Sender));
}

#[test]
fn another_counter_than_the_senders_is_refused() {
    let other = LogEntry {
        counter: Counter(5),
        ..entry()
    };
    assert_eq!(verify(&other, &opened("hello")), Err(Refusal::Counter));
}

#[test]
fn a_tag_of_another_content_is_refused() {
    let mut message = opened("hello");
    message.franking_tag[0] ^= 1;
    assert_eq!(verify(&entry(), &message), Err(Refusal::FrankingTag));
}

#[test]
fn malformed_plaintexts_are_refused() {
    let good = opened("hello");
    let truncated = decrypted(good.plaintext[..100].to_vec(), good.franking_tag);
    let not_an_envelope = decrypted(padding::pad(b"hello").unwrap(), good.franking_tag);
    let content = |salt: usize, text: String| Content {
        salt: vec![1; salt].into(),
        written_at: Timestamp::default(),
        replaces: None,
        in_reply_to: None,
        expires: None,
        forwarded: false,
        part: Part::Text(text),
    };
    let short_salt = with_content(&content(SALT_BYTES - 1, "hello".to_owned()));
    let long_text = with_content(&content(SALT_BYTES, "x".repeat(TEXT_BYTES_MAX + 1)));
    for bad in [truncated, not_an_envelope, short_salt, long_text] {
        assert_eq!(verify(&entry(), &bad), Err(Refusal::Malformed));
    }
    assert!(
        verify(
            &entry(),
            &with_content(&content(SALT_BYTES, "x".repeat(TEXT_BYTES_MAX)))
        )
        .is_ok()
    );
}

#[test]
fn another_history_is_suspected() {
    let verified = verify(&entry(), &opened("hello")).unwrap();
    let about = |authenticator: &[u8], hash: Option<[u8; 32]>, last: Option<u64>| {
        let known = Knowledge {
            epoch_authenticator: authenticator,
            hash_at_seen: hash,
            last_counter: last.map(Counter),
        };
        suspect(&entry(), &verified, &known)
    };
    assert_eq!(about(&[8; 32], Some([7; 32]), Some(3)), None);
    assert_eq!(
        about(&[8; 32], None, None),
        None,
        "what is not known is not compared"
    );
    assert_eq!(
        about(&[9; 32], Some([7; 32]), Some(3)),
        Some(NoticeKind::HistoryMismatch)
    );
    assert_eq!(
        about(&[8; 32], Some([6; 32]), Some(3)),
        Some(NoticeKind::HistoryMismatch)
    );
    assert_eq!(
        about(&[8; 32], Some([7; 32]), Some(2)),
        Some(NoticeKind::LostMessages)
    );
    assert_eq!(
        about(&[8; 32], Some([7; 32]), Some(4)),
        Some(NoticeKind::HistoryMismatch)
    );
    let mut without_hash = verified.clone();
    without_hash.seen = seen(4, &[]);
    for (hash, notice) in [(Some([7; 32]), Some(NoticeKind::HistoryMismatch)), (None, None)] {
        let known = Knowledge {
            epoch_authenticator: &[8; 32],
            hash_at_seen: hash,
            last_counter: Some(Counter(3)),
        };
        assert_eq!(
            suspect(&entry(), &without_hash, &known),
            notice,
            "no hash is no excuse"
        );
    }
    let before = LogEntry {
        sequence: Sequence(4),
        ..entry()
    };
    let known = Knowledge {
        epoch_authenticator: &[8; 32],
        hash_at_seen: None,
        last_counter: None,
    };
    assert_eq!(
        suspect(&before, &verified, &known),
        Some(NoticeKind::HistoryMismatch),
        "seen from the future"
    );
}
