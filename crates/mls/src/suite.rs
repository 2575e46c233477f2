//! The cipher suite and the group settings that everyone shares.

use openmls::prelude::{
    Capabilities, Ciphersuite, Extension, ExtensionType, Extensions, GroupContext, Lifetime,
    MlsGroupCreateConfig, MlsGroupJoinConfig, PURE_PLAINTEXT_WIRE_FORMAT_POLICY,
    RequiredCapabilitiesExtension, SenderRatchetConfiguration, UnknownExtension,
};
use serde::{Deserialize, Serialize};
use undertone_wire::conversation::ConversationKind;
use undertone_wire::{PROTOCOL_VERSION, UserId, codec};

/// ML-KEM-768 + X25519, AES-128-GCM, SHA-256, Ed25519: the hybrid post-quantum suite (0x004F).
pub(crate) const CIPHERSUITE: Ciphersuite = Ciphersuite::MLS_128_MLKEM768X25519_AES128GCM_SHA256_Ed25519;

/// The GroupContext extension that holds a [`GroupProfile`] (private use range of RFC 9420 section 17.3).
const PROFILE_EXTENSION: u16 = 0xF0A1;

/// A key package, and a leaf that was never updated, live this long: 90 days.
const KEY_PACKAGE_LIFE_SECONDS: u64 = 90 * 24 * 3600;

/// How far a sender's messages may be out of order, and how many may be skipped, within an epoch.
/// Order is strict (design D3), so the first is small; the second covers voided entries.
const OUT_OF_ORDER_MAX: u32 = 8;
const SKIPPED_MAX: u32 = 1000;

/// What everyone in a group agrees on, authenticated by the GroupContext.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GroupProfile {
    /// The protocol under which the group was founded.
    pub(crate) version: u16,
    /// What the conversation is for.
    pub(crate) kind: ConversationKind,
    /// Whose devices may be in a direct conversation, in ascending order.
    pub(crate) users: Vec<UserId>,
}

impl GroupProfile {
    /// The profile of a new group.
    pub(crate) fn new(kind: ConversationKind, users: &[UserId]) -> Self {
        let mut users = users.to_vec();
        users.sort_unstable();
        users.dedup();
        Self {
            version: PROTOCOL_VERSION,
            kind,
            users,
        }
    }

    /// Reads the profile out of a group's extensions; nothing if it is missing, malformed or of
    /// another protocol version.
    pub(crate) fn read(extensions: &Extensions<GroupContext>) -> Option<Self> {
        let bytes = &extensions.unknown(PROFILE_EXTENSION)?.0;
        codec::from_cbor::<Self>(bytes)
            .ok()
            .filter(|profile| profile.version == PROTOCOL_VERSION)
    }

    fn into_extensions(self) -> Option<Extensions<GroupContext>> {
        let bytes = codec::to_cbor(&self).ok()?;
        let required =
            RequiredCapabilitiesExtension::new(&[ExtensionType::Unknown(PROFILE_EXTENSION)], &[], &[]);
        Extensions::from_vec(vec![
            Extension::Unknown(PROFILE_EXTENSION, UnknownExtension(bytes)),
            Extension::RequiredCapabilities(required),
        ])
        .ok()
    }
}

/// What every leaf of ours can do: our suite only, since each one costs bytes in every leaf.
pub(crate) fn capabilities() -> Capabilities {
    Capabilities::builder()
        .ciphersuites(vec![CIPHERSUITE])
        .extensions(vec![
            ExtensionType::Unknown(PROFILE_EXTENSION),
            ExtensionType::LastResort,
        ])
        .build()
}

/// From an hour ago to in 90 days.
pub(crate) fn lifetime() -> Lifetime {
    Lifetime::new(KEY_PACKAGE_LIFE_SECONDS)
}

/// Settings of a group that a device joins. No past epochs: order is strict, and forward secrecy better.
pub(crate) fn join_config() -> MlsGroupJoinConfig {
    MlsGroupJoinConfig::builder()
        .wire_format_policy(MIXED)
        .use_ratchet_tree_extension(false)
        .max_past_epochs(0)
        .number_of_resumption_psks(0)
        .sender_ratchet_configuration(ratchet())
        .build()
}

/// Settings of a group that a device founds.
pub(crate) fn create_config(profile: GroupProfile) -> Option<MlsGroupCreateConfig> {
    Some(
        MlsGroupCreateConfig::builder()
            .ciphersuite(CIPHERSUITE)
            .capabilities(capabilities())
            .lifetime(lifetime())
            .wire_format_policy(MIXED)
            .use_ratchet_tree_extension(false)
            .max_past_epochs(0)
            .number_of_resumption_psks(0)
            .sender_ratchet_configuration(ratchet())
            .with_group_context_extensions(profile.into_extensions()?)
            .build(),
    )
}

/// Handshake messages in the clear for the server's check, application messages always encrypted
/// (RFC 9420 section 6; design D2).
const MIXED: openmls::prelude::WireFormatPolicy = PURE_PLAINTEXT_WIRE_FORMAT_POLICY;

fn ratchet() -> SenderRatchetConfiguration {
    SenderRatchetConfiguration::new(OUT_OF_ORDER_MAX, SKIPPED_MAX)
}
