//! The cipher suite and the group settings that everyone shares.

use openmls::prelude::tls_codec::{Deserialize as _, Serialize as _};
use openmls::prelude::{
    Capabilities, Ciphersuite, Extension, ExtensionType, Extensions, GroupContext, Lifetime,
    MlsGroupCreateConfig, MlsGroupJoinConfig, PURE_PLAINTEXT_WIRE_FORMAT_POLICY, PreSharedKeyProposal,
    ProposalType, RequiredCapabilitiesExtension, SenderRatchetConfiguration, UnknownExtension,
};
use openmls::schedule::{PreSharedKeyId, Psk};
use undertone_wire::group::GroupProfile;
use undertone_wire::{PROTOCOL_VERSION, codec};

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

/// Reads what everyone in a group agrees on out of its extensions; nothing if it is missing, malformed,
/// of another protocol version, or if there is anything beside it.
pub(crate) fn read_profile(extensions: &Extensions<GroupContext>) -> Option<GroupProfile> {
    let bytes = &extensions.unknown(PROFILE_EXTENSION)?.0;
    let profile = codec::from_cbor::<GroupProfile>(bytes).ok()?;
    let exact = profile_extensions(&profile)? == *extensions;
    (profile.version == PROTOCOL_VERSION && exact).then_some(profile)
}

/// The extensions of a GroupContext with that profile.
pub(crate) fn profile_extensions(profile: &GroupProfile) -> Option<Extensions<GroupContext>> {
    let bytes = codec::to_cbor(profile).ok()?;
    let required = RequiredCapabilitiesExtension::new(&[ExtensionType::Unknown(PROFILE_EXTENSION)], &[], &[]);
    Extensions::from_vec(vec![
        Extension::Unknown(PROFILE_EXTENSION, UnknownExtension(bytes)),
        Extension::RequiredCapabilities(required),
    ])
    .ok()
}

/// The id that a proposal gives an external PSK; nothing if it is of another kind.
pub(crate) fn external_psk_id(proposal: &PreSharedKeyProposal) -> Option<Vec<u8>> {
    // OpenMLS does not show what is in the proposal; its encoding is that of the id.
    let bytes = proposal.tls_serialize_detached().ok()?;
    let id = PreSharedKeyId::tls_deserialize_exact(&bytes).ok()?;
    match id.psk() {
        Psk::External(external) => Some(external.psk_id().to_vec()),
        Psk::Resumption(_) => None,
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
        .proposals(vec![ProposalType::SelfRemove])
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
pub(crate) fn create_config(profile: &GroupProfile) -> Option<MlsGroupCreateConfig> {
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
            .with_group_context_extensions(profile_extensions(profile)?)
            .build(),
    )
}

/// Handshake messages in the clear for the server's check, application messages always encrypted
/// (RFC 9420 section 6; design D2).
const MIXED: openmls::prelude::WireFormatPolicy = PURE_PLAINTEXT_WIRE_FORMAT_POLICY;

fn ratchet() -> SenderRatchetConfiguration {
    SenderRatchetConfiguration::new(OUT_OF_ORDER_MAX, SKIPPED_MAX)
}
