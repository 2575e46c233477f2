//! The running hash of a conversation's log. Each message says how far its sender had read and the
//! hash there; a difference shows that the server told two people two stories.

use sha2::{Digest, Sha256};
use undertone_wire::codec::{self, EncodeError};
use undertone_wire::conversation::{EntryKind, LogEntry};

const LABEL: &[u8] = b"Undertone history v1\0";

/// The hash at a commit: begun anew from the new epoch's authenticator, so that whoever joins by that
/// commit has the same.
pub(crate) fn begin(epoch_authenticator: &[u8]) -> [u8; 32] {
    Sha256::new()
        .chain_update(LABEL)
        .chain_update(epoch_authenticator)
        .finalize()
        .into()
}

/// The hash at a message, from the hash before it.
pub(crate) fn extend(before: &[u8; 32], entry: &LogEntry) -> Result<[u8; 32], EncodeError> {
    let (kind, payload_hash) = match entry.kind {
        // The server keeps the hash of a message that has ended, so that its place in the chain stays.
        EntryKind::Expired => (EntryKind::Message, entry.payload.clone()),
        kind => (kind, wire_bytes(&hash_of(entry.payload.as_slice()))),
    };
    let covered = codec::to_cbor(&(
        kind,
        entry.sequence,
        entry.epoch,
        entry.sender,
        entry.counter,
        payload_hash,
    ))?;
    Ok(Sha256::new()
        .chain_update(before)
        .chain_update(covered)
        .finalize()
        .into())
}

/// SHA-256 of a payload, by which an own entry is known again.
pub(crate) fn hash_of(payload: &[u8]) -> [u8; 32] {
    Sha256::digest(payload).into()
}

fn wire_bytes(bytes: &[u8]) -> undertone_wire::Bytes {
    bytes.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use undertone_wire::{Bytes, ConversationId, Counter, DeviceId, Epoch, Sequence, Timestamp};

    fn entry() -> LogEntry {
        LogEntry {
            conversation: ConversationId::from_bytes([1; 16]),
            sequence: Sequence(2),
            kind: EntryKind::Message,
            epoch: Epoch(1),
            sender: DeviceId::from_bytes([2; 16]),
            counter: Counter(1),
            sent_at: Timestamp::from_millis(5),
            payload: Bytes(vec![3; 40]),
            franking_mac: Bytes(vec![4; 32]),
        }
    }

    #[test]
    fn a_message_that_ended_leaves_the_same_hash() {
        let before = begin(b"authenticator");
        let mut ended = entry();
        ended.kind = EntryKind::Expired;
        ended.payload = hash_of(entry().payload.as_slice()).to_vec().into();
        assert_eq!(
            extend(&before, &ended).unwrap(),
            extend(&before, &entry()).unwrap()
        );
        ended.payload = Bytes(vec![0; 32]);
        assert_ne!(
            extend(&before, &ended).unwrap(),
            extend(&before, &entry()).unwrap()
        );
        let mut voided = entry();
        voided.kind = EntryKind::Voided;
        voided.payload = Bytes::default();
        assert_ne!(
            extend(&before, &voided).unwrap(),
            extend(&before, &entry()).unwrap()
        );
    }

    #[test]
    fn everything_that_orders_and_names_an_entry_changes_the_hash() {
        let before = begin(b"authenticator");
        let hash = extend(&before, &entry()).unwrap();
        let changes: [fn(&mut LogEntry); 6] = [
            |entry| entry.sequence = Sequence(3),
            |entry| entry.kind = EntryKind::Commit,
            |entry| entry.epoch = Epoch(2),
            |entry| entry.sender = DeviceId::from_bytes([9; 16]),
            |entry| entry.counter = Counter(2),
            |entry| entry.payload = Bytes(vec![3; 41]),
        ];
        for change in changes {
            let mut other = entry();
            change(&mut other);
            assert_ne!(extend(&before, &other).unwrap(), hash);
        }
        assert_ne!(extend(&begin(b"another"), &entry()).unwrap(), hash);
    }
}
