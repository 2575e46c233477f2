//! What is checked when a message arrives. A message that fails a refusal is not shown; a suspicion
//! is shown beside the conversation. It trusts nothing that the server says of the sender.

use super::compose::{SALT_BYTES, message_id, tag_fits};
use super::padding;
use crate::file;
use crate::store::history::NoticeKind;
use undertone_mls::Decrypted;
use undertone_wire::content::{Content, Envelope, Part, SeenEntry};
use undertone_wire::conversation::LogEntry;
use undertone_wire::limits::TEXT_BYTES_MAX;
use undertone_wire::{Counter, MessageId, UserId, codec};

/// Why a message is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The server names another sending device than the MLS leaf.
    Sender,
    /// The padding, the envelope or the content is malformed or out of limits.
    Malformed,
    /// The franking tag is not that of the content.
    FrankingTag,
    /// The server names another counter than the sender.
    Counter,
}

impl Refusal {
    /// What the user is told.
    pub(crate) const fn notice(self) -> NoticeKind {
        match self {
            Self::Sender | Self::Counter => NoticeKind::HistoryMismatch,
            Self::Malformed | Self::FrankingTag => NoticeKind::LostMessages,
        }
    }
}

/// A message that may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verified {
    pub(crate) sender: UserId,
    pub(crate) message: MessageId,
    pub(crate) content: Content,
    /// CBOR of it.
    pub(crate) bytes: Vec<u8>,
    /// What the sender says of the group and the log.
    pub(crate) epoch_authenticator: Vec<u8>,
    pub(crate) seen: SeenEntry,
}

/// Checks an opened message against the entry that brought it.
pub(crate) fn verify(entry: &LogEntry, decrypted: &Decrypted) -> Result<Verified, Refusal> {
    if decrypted.sender.device != entry.sender {
        return Err(Refusal::Sender);
    }
    let envelope = padding::unpad(&decrypted.plaintext).map_err(|_bad| Refusal::Malformed)?;
    let envelope: Envelope = codec::from_cbor(envelope).map_err(|_bad| Refusal::Malformed)?;
    let bytes = envelope.content.as_slice();
    let Read { message, content } = read(bytes)?;
    if !tag_fits(&content.salt, bytes, &decrypted.franking_tag) {
        return Err(Refusal::FrankingTag);
    }
    if envelope.counter != entry.counter {
        return Err(Refusal::Counter);
    }
    Ok(Verified {
        sender: decrypted.sender.user,
        message,
        content,
        bytes: bytes.to_vec(),
        epoch_authenticator: envelope.epoch_authenticator.0,
        seen: envelope.seen,
    })
}

/// A content that was read, with its id.
pub(crate) struct Read {
    pub(crate) message: MessageId,
    pub(crate) content: Content,
}

/// Reads the bytes of a content, as far as they are within the limits.
pub(crate) fn read(bytes: &[u8]) -> Result<Read, Refusal> {
    let content: Content = codec::from_cbor(bytes).map_err(|_bad| Refusal::Malformed)?;
    let too_long = matches!(&content.part, Part::Text(text) if text.len() > TEXT_BYTES_MAX);
    let bad_files = matches!(&content.part, Part::Files(files) if !file::is_valid(files));
    if content.salt.len() != SALT_BYTES || too_long || bad_files {
        return Err(Refusal::Malformed);
    }
    Ok(Read {
        message: message_id(content.salt.as_slice(), bytes),
        content,
    })
}

/// What this device knows, to be compared with what a sender says.
pub(crate) struct Knowledge<'a> {
    /// The epoch authenticator of this device's group.
    pub(crate) epoch_authenticator: &'a [u8],
    /// This device's running hash at the entry that the sender names; `None` if it is not kept.
    pub(crate) hash_at_seen: Option<[u8; 32]>,
    /// The counter that this sender used last; `None` for the first.
    pub(crate) last_counter: Option<Counter>,
}

/// What is strange about a message that was verified, if anything.
pub(crate) fn suspect(entry: &LogEntry, verified: &Verified, known: &Knowledge<'_>) -> Option<NoticeKind> {
    let seen_later = verified.seen.sequence >= entry.sequence;
    // No hash is another one, too: a sender that lost track of its own commits before it writes.
    let other_hash = known
        .hash_at_seen
        .is_some_and(|hash| verified.seen.running_hash.as_slice() != hash);
    if verified.epoch_authenticator != known.epoch_authenticator || seen_later || other_hash {
        return Some(NoticeKind::HistoryMismatch);
    }
    counter_gap(entry.counter, known.last_counter)
}

/// Whether something between two counters of a device is missing, or came again.
pub(crate) fn counter_gap(counter: Counter, last: Option<Counter>) -> Option<NoticeKind> {
    let last = last?;
    if counter == last.next() {
        None
    } else if counter > last {
        Some(NoticeKind::LostMessages)
    } else {
        Some(NoticeKind::HistoryMismatch)
    }
}

#[cfg(test)]
mod tests;
