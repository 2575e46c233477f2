//! The external PSK of a room's link (RFC 9420 section 8.4, design D9): every member has it, and so has
//! whoever may come in.

use super::{Group, GroupError, failed};
use crate::storage::{KeyValue, Provider};
use crate::suite;
use openmls::prelude::OpenMlsProvider as _;
use openmls::schedule::{ExternalPsk, PreSharedKeyId, Psk};
use openmls_traits::storage::StorageProvider as _;
use undertone_wire::ConversationId;
use undertone_wire::group::psk_id;
use zeroize::Zeroizing;

/// The PSK of one rotation of a room's link.
#[derive(Clone)]
pub struct RoomPsk {
    /// Which link.
    pub rotation: u32,
    /// Derived from the link's secret.
    pub secret: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for RoomPsk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RoomPsk({}, …)", self.rotation)
    }
}

impl Group {
    /// Keeps a room's PSK: it must be there before the first commit that contains it.
    pub fn store_psk<S: KeyValue>(
        provider: &Provider<S>,
        conversation: ConversationId,
        psk: &RoomPsk,
    ) -> Result<(), GroupError> {
        with_nonce(provider, conversation, psk.rotation)?
            .store(provider, psk.secret.as_slice())
            .map_err(failed("storing the room's PSK"))
    }

    /// Forgets the PSK of a link that was replaced.
    pub fn delete_psk<S: KeyValue>(
        provider: &Provider<S>,
        conversation: ConversationId,
        rotation: u32,
    ) -> Result<(), GroupError> {
        provider
            .storage()
            .delete_psk(&without_nonce(conversation, rotation))
            .map_err(failed("deleting the room's PSK"))
    }
}

fn without_nonce(conversation: ConversationId, rotation: u32) -> Psk {
    Psk::External(ExternalPsk::new(psk_id(conversation, rotation)))
}

/// The PSK as a proposal names it, with a fresh nonce.
pub(super) fn with_nonce<S: KeyValue>(
    provider: &Provider<S>,
    conversation: ConversationId,
    rotation: u32,
) -> Result<PreSharedKeyId, GroupError> {
    PreSharedKeyId::new(
        suite::CIPHERSUITE,
        provider.rand(),
        without_nonce(conversation, rotation),
    )
    .map_err(failed("naming the room's PSK"))
}
