//! What screens and scripts call a message before it has an id: drawn by whoever writes it, so that
//! asking twice for the same message sends it once.

use rand::{CryptoRng, RngCore};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;
use undertone_wire::alphabet::BASE32;
use undertone_wire::{ConversationId, MessageId};

/// What the keys of received messages are hashed under.
const RECEIVED: &[u8] = b"Undertone message key v1\0";

/// The key of a message on this device: 16 bytes, written in base 32. `Default` never occurs: a key is
/// random, or for the messages of others a hash of where they stand and their id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageKey([u8; 16]);

/// The text of a key could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid message key")]
pub struct InvalidMessageKey;

impl MessageKey {
    /// Draws one for a message that is about to be sent.
    pub fn random(rng: &mut (impl CryptoRng + RngCore)) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// The key of a message that came from elsewhere. Its sender chooses the id, and may send the same
    /// content into many conversations: the key is of this conversation only.
    pub(crate) fn of_received(conversation: ConversationId, message: MessageId) -> Self {
        let hash = Sha256::new()
            .chain_update(RECEIVED)
            .chain_update(conversation.as_bytes())
            .chain_update(message.as_bytes())
            .finalize();
        let mut bytes = [0; 16];
        for (byte, from) in bytes.iter_mut().zip(hash) {
            *byte = from;
        }
        Self(bytes)
    }

    /// Takes bytes that were drawn at random or read from storage.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for MessageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE32.encode(&self.0))
    }
}

impl fmt::Debug for MessageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MessageKey({self})")
    }
}

impl FromStr for MessageKey {
    type Err = InvalidMessageKey;

    fn from_str(text: &str) -> Result<Self, InvalidMessageKey> {
        let bytes = BASE32.decode(text);
        bytes
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or(InvalidMessageKey)
    }
}

impl Serialize for MessageKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for MessageKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

#[cfg(all(feature = "typescript", target_arch = "wasm32"))]
const _: () = {
    use wasm_bindgen::prelude::wasm_bindgen;
    #[wasm_bindgen(typescript_custom_section)]
    const BRANDED: &'static str = "export type MessageKey = string & { readonly __brand: \"MessageKey\" };";
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_a_received_message_is_of_its_conversation() {
        let [one, other] = [1, 2].map(|n| ConversationId::from_bytes([n; 16]));
        let message = MessageId::from_bytes([3; 32]);
        let key = MessageKey::of_received(one, message);
        assert_eq!(key, MessageKey::of_received(one, message));
        assert_ne!(key, MessageKey::of_received(other, message));
        assert_ne!(key, MessageKey::of_received(one, MessageId::from_bytes([4; 32])));
    }

    #[test]
    fn a_key_is_text_that_reads_back() {
        let key = MessageKey::random(&mut rand::rngs::OsRng);
        assert_eq!(key.to_string().parse(), Ok(key));
        let json = serde_json::to_string(&key).unwrap();
        assert_eq!(serde_json::from_str::<MessageKey>(&json).unwrap(), key);
        for text in [
            "",
            "a",
            "A4DQOBYHA4DQOBYHA4DQOBYHA4",
            "a4dqobyha4dqobyha4dqobyh!4",
        ] {
            assert_eq!(text.parse::<MessageKey>(), Err(InvalidMessageKey));
        }
    }
}
