//! The colour and shape by which a person or a conversation is known again at a glance. They prove nothing.

use sha2::{Digest, Sha256};
use undertone_wire::{ConversationId, UserId};

const LABEL: &[u8] = b"Undertone identity look v1\0";
const COLOURS: u8 = 12;
const SHAPES: u8 = 6;

/// A person's colour and shape. They come from the user id, which everyone has before the first
/// contact, so that a person never changes their look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdentityLook {
    /// 0 to 11.
    pub colour: u8,
    /// 0 to 5.
    pub shape: u8,
}

impl IdentityLook {
    /// The look of a user.
    pub fn of(user: UserId) -> Self {
        let [colour, shape, ..]: [u8; 32] = Sha256::new()
            .chain_update(LABEL)
            .chain_update(user.as_bytes())
            .finalize()
            .into();
        Self {
            colour: colour % COLOURS,
            shape: shape % SHAPES,
        }
    }

    /// The look of a group or room, which comes from its id in the same way.
    pub fn of_conversation(conversation: ConversationId) -> Self {
        Self::of(UserId::from_bytes(*conversation.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_colour_and_shape_occurs_and_stays() {
        let looks: Vec<_> = (0..=255)
            .map(|n| IdentityLook::of(UserId::from_bytes([n; 16])))
            .collect();
        assert_eq!(
            looks
                .iter()
                .map(|look| look.colour)
                .collect::<BTreeSet<_>>()
                .len(),
            12
        );
        assert_eq!(
            looks.iter().map(|look| look.shape).collect::<BTreeSet<_>>().len(),
            6
        );
        assert_eq!(looks[7], IdentityLook::of(UserId::from_bytes([7; 16])));
    }
}
