//! Message franking (design D11): the server's MAC over who sent what when, so that a report can be
//! verified after the log has forgotten. The server sees only the tag, never the content.

use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt;
use undertone_wire::{ConversationId, DeviceId, Sequence, Timestamp};
use zeroize::Zeroizing;

const LABEL: &[u8] = b"Undertone franking v1\0";

/// The server's key, from the key file. Wiped from memory when dropped.
#[derive(Clone)]
pub struct FrankingKey(Zeroizing<[u8; 32]>);

impl fmt::Debug for FrankingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FrankingKey(..)")
    }
}

/// What the MAC covers.
#[derive(Debug, Clone, Copy)]
pub struct Franked {
    /// The sender's commitment to the content.
    pub tag: [u8; 32],
    /// In which conversation.
    pub conversation: ConversationId,
    /// Its place in the log.
    pub sequence: Sequence,
    /// The device whose session sent it.
    pub sender: DeviceId,
    /// When the server stored it.
    pub sent_at: Timestamp,
}

impl FrankingKey {
    /// Takes 32 random bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The MAC. Every part has a fixed length, so no two inputs run together.
    pub fn mac(&self, franked: &Franked) -> [u8; 32] {
        self.begin(franked).finalize().into_bytes().into()
    }

    /// Whether `mac` is the one of `franked`, in constant time.
    pub fn verify(&self, franked: &Franked, mac: &[u8]) -> bool {
        self.begin(franked).verify_slice(mac).is_ok()
    }

    fn begin(&self, franked: &Franked) -> Hmac<Sha256> {
        let mut mac = keyed(&self.0);
        mac.update(LABEL);
        mac.update(&franked.tag);
        mac.update(franked.conversation.as_bytes());
        mac.update(&franked.sequence.0.to_be_bytes());
        mac.update(franked.sender.as_bytes());
        mac.update(&franked.sent_at.as_millis().to_be_bytes());
        mac
    }
}

fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mac_covers_every_part() {
        let key = FrankingKey::from_bytes([1; 32]);
        let franked = Franked {
            tag: [2; 32],
            conversation: ConversationId::from_bytes([3; 16]),
            sequence: Sequence(4),
            sender: DeviceId::from_bytes([5; 16]),
            sent_at: Timestamp::from_millis(6),
        };
        let mac = key.mac(&franked);
        assert!(key.verify(&franked, &mac));
        let others = [
            Franked {
                tag: [9; 32],
                ..franked
            },
            Franked {
                conversation: ConversationId::from_bytes([9; 16]),
                ..franked
            },
            Franked {
                sequence: Sequence(9),
                ..franked
            },
            Franked {
                sender: DeviceId::from_bytes([9; 16]),
                ..franked
            },
            Franked {
                sent_at: Timestamp::from_millis(9),
                ..franked
            },
        ];
        for other in others {
            assert!(!key.verify(&other, &mac));
        }
        assert!(!FrankingKey::from_bytes([9; 32]).verify(&franked, &mac));
        assert!(!key.verify(&franked, &mac[..31]));
    }
}
