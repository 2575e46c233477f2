//! Making a message: content with its salt, the id and the franking tag over it, and the envelope
//! around it that MLS encrypts.

use super::padding;
use super::state::is_valid_timer;
use crate::error::ClientError;
use hmac::{Hmac, Mac};
use rand::{CryptoRng, RngCore};
use sha2::{Digest, Sha256};
use undertone_wire::content::{Content, Envelope, Expiry, Part, SeenEntry};
use undertone_wire::limits::TEXT_BYTES_MAX;
use undertone_wire::{Bytes, Counter, MessageId, Timestamp, codec};

/// The length of a salt.
pub(crate) const SALT_BYTES: usize = 16;

/// A content in the bytes that its id and its tag cover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Composed {
    pub(crate) content: Vec<u8>,
    pub(crate) message: MessageId,
}

/// Whether a text can be sent.
pub(crate) fn check_text(text: &str) -> Result<(), ClientError> {
    if text.trim().is_empty() {
        return Err(ClientError::EmptyMessage);
    }
    if text.len() > TEXT_BYTES_MAX {
        return Err(ClientError::MessageTooLong);
    }
    Ok(())
}

/// Whether a timer is long enough to be read.
pub(crate) fn check_timer(expires: Option<Expiry>) -> Result<(), ClientError> {
    if expires.is_none_or(is_valid_timer) {
        Ok(())
    } else {
        Err(ClientError::TimerTooShort)
    }
}

/// What is said, for how long, and about what.
#[derive(Debug, Clone)]
pub(crate) struct Saying {
    pub(crate) part: Part,
    pub(crate) expires: Option<Expiry>,
    pub(crate) replaces: Option<MessageId>,
    pub(crate) in_reply_to: Option<MessageId>,
    pub(crate) forwarded: bool,
}

impl Saying {
    /// Something that stays and is about nothing else.
    pub(crate) const fn just(part: Part) -> Self {
        Self {
            part,
            expires: None,
            replaces: None,
            in_reply_to: None,
            forwarded: false,
        }
    }
}

/// Writes whatever a message may say.
pub(crate) fn part(
    saying: Saying,
    written_at: Timestamp,
    rng: &mut (impl CryptoRng + RngCore),
) -> Result<Composed, ClientError> {
    let mut salt = [0; SALT_BYTES];
    rng.fill_bytes(&mut salt);
    let content = Content {
        salt: salt.as_slice().into(),
        written_at,
        replaces: saying.replaces,
        in_reply_to: saying.in_reply_to,
        expires: saying.expires,
        forwarded: saying.forwarded,
        part: saying.part,
    };
    let content = codec::to_cbor(&content)?;
    Ok(Composed {
        message: message_id(&salt, &content),
        content,
    })
}

/// What an attempt adds around a content: it differs from attempt to attempt.
pub(crate) struct Circumstances {
    pub(crate) counter: Counter,
    pub(crate) epoch_authenticator: Vec<u8>,
    pub(crate) seen: SeenEntry,
}

/// The padded plaintext of an attempt.
pub(crate) fn seal(content: &[u8], around: Circumstances) -> Result<Vec<u8>, ClientError> {
    let envelope = Envelope {
        content: content.into(),
        counter: around.counter,
        epoch_authenticator: around.epoch_authenticator.into(),
        seen: around.seen,
    };
    padding::pad(&codec::to_cbor(&envelope)?).map_err(|_too_long| ClientError::MessageTooLong)
}

/// The franking tag of a content that this device wrote.
pub(crate) fn tag_of(content: &[u8]) -> Result<[u8; 32], ClientError> {
    let parsed: Content = codec::from_cbor(content)?;
    Ok(franking_tag(&parsed.salt, content))
}

/// `SHA-256(salt ‖ content)`.
pub(crate) fn message_id(salt: &[u8], content: &[u8]) -> MessageId {
    MessageId::from_bytes(
        Sha256::new()
            .chain_update(salt)
            .chain_update(content)
            .finalize()
            .into(),
    )
}

/// `HMAC-SHA-256(salt, content)`: commits to a content without showing it.
pub(crate) fn franking_tag(salt: &Bytes, content: &[u8]) -> [u8; 32] {
    keyed(salt, content).finalize().into_bytes().into()
}

/// Whether a tag is that of a content; in constant time.
pub(crate) fn tag_fits(salt: &Bytes, content: &[u8], tag: &[u8]) -> bool {
    keyed(salt, content).verify_slice(tag).is_ok()
}

fn keyed(salt: &Bytes, content: &[u8]) -> Hmac<Sha256> {
    // HMAC takes keys of every length: a short one is padded, a long one hashed (RFC 2104).
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mac = Hmac::<Sha256>::new_from_slice(salt.as_slice()).expect("a key of any length");
    mac.chain_update(content)
}
