//! What servers tell each other. Each message carries a MAC under a key of the key file, over its subject
//! too: whoever else can write to the bus cannot say anything new. What was said can be said again, and an
//! answer to [`Message::AreYouThere`] is not sealed: nothing that counts may rest on them alone. It is no
//! secrecy; the content of messages is sealed by the clients, and NATS belongs into a network of its own.

use crate::key_file::Keys;
use bytes::Bytes;
use data_encoding::HEXLOWER;
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::fmt;
use undertone_wire::codec;
use undertone_wire::{Bytes as WireBytes, DeviceId, Sequence, UserId};
use zeroize::Zeroizing;

const LABEL: &[u8] = b"Undertone bus v1\0";
const MAC_BYTES: usize = 32;
/// Of the name that the servers of one key file have on the bus.
const PREFIX_BYTES: usize = 8;

/// What one server tells the others about a conversation or a device. The subject says which.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Message {
    /// A new entry of the conversation.
    Entry(Entry),
    /// Something that is no entry was committed: a commit was undone.
    Aside(WireBytes, Option<Change>),
    /// An entry that is too large for the bus: it is in the log.
    Look(Sequence),
    /// A frame for these users, as far as they follow the conversation.
    TellUsers(Vec<UserId>, WireBytes),
    /// A frame that nobody misses.
    Signal(WireBytes),
    /// The conversation has ended.
    Closed,
    /// A frame for the device.
    Tell(WireBytes),
    /// The device has come into a conversation, or a Welcome waits for it.
    Refresh,
    /// The device's sessions have ended.
    SignedOut,
    /// Whether the device is there; whoever has it answers.
    AreYouThere,
}

/// See [`Message::Entry`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) sequence: Sequence,
    /// The frame, as the devices get it.
    pub(super) frame: WireBytes,
    pub(super) change: Option<Change>,
}

/// What a commit did to those who follow already. Whoever came is told on a subject of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Change {
    pub(super) removed: Vec<DeviceId>,
    pub(super) is_direct: bool,
    pub(super) is_small: bool,
}

/// The key that all servers of one key file share.
#[derive(Clone)]
pub struct BusKey(Zeroizing<[u8; 32]>);

impl fmt::Debug for BusKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BusKey(<redacted>)")
    }
}

impl BusKey {
    /// The one of this key file.
    pub(crate) fn of(keys: &Keys) -> Self {
        Self(keys.bus())
    }

    /// What all subjects of these servers begin with: those of another key file have others.
    pub(super) fn subject_prefix(&self) -> String {
        let mut mac = self.mac("", &[]).finalize().into_bytes().to_vec();
        mac.truncate(PREFIX_BYTES);
        format!("undertone.{}", HEXLOWER.encode(&mac))
    }

    /// What is sent on a subject. Nothing only by a mistake of this program, which is logged.
    pub(super) fn seal(&self, subject: &str, message: &Message) -> Option<Bytes> {
        let mut bytes = codec::to_cbor(message)
            .inspect_err(|error| {
                tracing::error!(
                    error = error as &dyn std::error::Error,
                    "news could not be encoded"
                );
            })
            .ok()?;
        let mac = self.mac(subject, &bytes).finalize().into_bytes();
        bytes.extend_from_slice(&mac);
        Some(bytes.into())
    }

    /// What came on a subject, if it is from one of us.
    pub(super) fn open(&self, subject: &str, sealed: &[u8]) -> Option<Message> {
        let (bytes, mac) = sealed.split_at_checked(sealed.len().checked_sub(MAC_BYTES)?)?;
        self.mac(subject, bytes).verify_slice(mac).ok()?;
        codec::from_cbor(bytes).ok()
    }

    fn mac(&self, subject: &str, bytes: &[u8]) -> Hmac<Sha256> {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.0.as_slice()).expect("HMAC takes keys of any length");
        mac.update(LABEL);
        mac.update(&u64::try_from(subject.len()).unwrap_or(u64::MAX).to_be_bytes());
        mac.update(subject.as_bytes());
        mac.update(bytes);
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u8) -> BusKey {
        BusKey(Zeroizing::new([number; 32]))
    }

    #[test]
    fn only_servers_of_the_same_key_file_are_believed_and_only_on_the_same_subject() {
        let message = Message::Entry(Entry {
            sequence: Sequence(7),
            frame: WireBytes(vec![1, 2, 3]),
            change: Some(Change {
                removed: vec![DeviceId::from_bytes([4; 16])],
                is_direct: false,
                is_small: true,
            }),
        });
        let sealed = key(1).seal("here", &message).unwrap();
        assert_eq!(key(1).open("here", &sealed), Some(message));
        assert_eq!(key(2).open("here", &sealed), None, "another key file");
        assert_eq!(key(1).open("there", &sealed), None, "another subject");
        for position in 0..sealed.len() {
            let mut changed = sealed.to_vec();
            changed[position] ^= 1;
            assert_eq!(key(1).open("here", &changed), None, "byte {position}");
        }
        for length in 0..=MAC_BYTES {
            assert_eq!(key(1).open("here", &vec![0; length]), None, "{length} bytes");
        }
    }

    #[test]
    fn a_key_is_not_shown() {
        assert_eq!(format!("{:?}", key(9)), "BusKey(<redacted>)");
    }
}
