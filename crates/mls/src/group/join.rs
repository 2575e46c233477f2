//! Ways into a group: founding it, a Welcome, an external commit.

use super::room::with_nonce;
use super::{Group, GroupError, MlsDevice, PendingCommit, RoomPsk, failed, parse};
use crate::commit;
use crate::storage::{KeyValue, Provider};
use crate::suite;
use openmls::messages::group_info::VerifiableGroupInfo;
use openmls::messages::proposals::PreSharedKeyProposal;
use openmls::prelude::tls_codec::{Deserialize as _, Serialize as _};
use openmls::prelude::{
    GroupId, LeafNodeParameters, MlsGroup, MlsMessageBodyIn, OpenMlsProvider as _, RatchetTreeIn,
    StagedWelcome, Verifiable as _,
};
use openmls_traits::crypto::OpenMlsCrypto;
use undertone_wire::content::SeenEntry;
use undertone_wire::device::DeviceCertificateBody;
use undertone_wire::group::GroupProfile;
use undertone_wire::message::CommitAuthenticatedData;
use undertone_wire::{ConversationId, Epoch, PROTOCOL_VERSION, codec};

/// What an external commit is made from.
#[derive(Debug, Clone, Copy)]
pub struct ExternalJoin<'a> {
    /// MLS `GroupInfo` of the current epoch.
    pub group_info: &'a [u8],
    /// TLS-encoded ratchet tree of the current epoch.
    pub ratchet_tree: &'a [u8],
    /// Rooms only: of the current link.
    pub psk: Option<&'a RoomPsk>,
    /// What this device has seen of the log; sequence 0 and no hash, if nothing.
    pub seen: &'a SeenEntry,
}

/// What became of an external commit.
#[derive(Debug)]
pub struct ExternallyJoined {
    /// The group, in the epoch that the commit begins.
    pub group: Group,
    /// To be sent to the server.
    pub commit: PendingCommit,
    /// Who signed the `GroupInfo`, and so vouches for everyone in its tree. A server that makes up a
    /// group of true and false leaves has nobody but a false one to sign for it: whoever comes into a
    /// group without a PSK must know this device.
    pub voucher: DeviceCertificateBody,
}

/// What a `GroupInfo` says of itself. Nothing is verified yet: it is for choosing the PSK, and joining
/// checks all of it.
#[derive(Debug, Clone)]
pub struct UnverifiedGroupInfo {
    /// Which conversation.
    pub conversation: ConversationId,
    /// The epoch.
    pub epoch: Epoch,
    /// What the members agree on.
    pub profile: GroupProfile,
}

/// Looks into a `GroupInfo`.
pub fn read_group_info(group_info: &[u8]) -> Result<UnverifiedGroupInfo, GroupError> {
    let MlsMessageBodyIn::GroupInfo(info) = parse(group_info)?.extract() else {
        return Err(GroupError::Kind);
    };
    let context = info.group_context();
    Ok(UnverifiedGroupInfo {
        conversation: ConversationId::try_from(context.group_id().as_slice())
            .map_err(|_| GroupError::Conversation)?,
        epoch: Epoch(context.epoch().as_u64()),
        profile: suite::read_profile(context.extensions()).ok_or(GroupError::Profile)?,
    })
}

impl Group {
    /// Founds a group with this device alone, in epoch 0.
    pub fn create<S: KeyValue>(
        provider: &Provider<S>,
        device: &MlsDevice,
        conversation: ConversationId,
        profile: &GroupProfile,
    ) -> Result<Self, GroupError> {
        let config = suite::create_config(profile).ok_or(GroupError::Profile)?;
        let group_id = GroupId::from_slice(conversation.as_bytes());
        let mls = MlsGroup::new_with_group_id(provider, &device.key, &config, group_id, device.credential())
            .map_err(failed("founding the group"))?;
        let group = Self::wrap(mls)?;
        commit::check_group(&group.profile, &commit::certified_members(group.mls.members())?)?;
        Ok(group)
    }

    /// Joins by a Welcome, with the ratchet tree of its epoch. The group must be one that the rules
    /// could have led to: every leaf certified, every device and identity key there once, an owner. Leaf lifetimes are
    /// not checked, so that one stale member cannot block joiners (design D5).
    pub fn join<S: KeyValue>(
        provider: &Provider<S>,
        welcome: &[u8],
        ratchet_tree: &[u8],
    ) -> Result<Self, GroupError> {
        let MlsMessageBodyIn::Welcome(welcome) = parse(welcome)?.extract() else {
            return Err(GroupError::Kind);
        };
        let tree = RatchetTreeIn::tls_deserialize_exact(ratchet_tree).map_err(GroupError::Malformed)?;
        let staged = StagedWelcome::build_from_welcome(provider, &suite::join_config(), welcome)
            .map_err(failed("opening the Welcome"))?
            .with_ratchet_tree(tree)
            .skip_lifetime_validation()
            .replace_old_group()
            .build()
            .map_err(failed("checking the Welcome"))?;
        let profile = suite::read_profile(staged.group_context().extensions()).ok_or(GroupError::Profile)?;
        commit::check_group(&profile, &commit::certified_members(staged.members())?)?;
        Self::wrap(staged.into_group(provider).map_err(failed("joining the group"))?)
    }

    /// Makes an external commit (RFC 9420 section 12.4.3.2) and the group that it leads to, which is in
    /// the new epoch at once. If the server refuses the commit, the group is to be deleted. A leaf that this device had before
    /// is removed by it; an older group of the same conversation must be deleted before.
    pub fn join_externally<S: KeyValue>(
        provider: &Provider<S>,
        device: &MlsDevice,
        join: ExternalJoin<'_>,
    ) -> Result<ExternallyJoined, GroupError> {
        Self::join_with(provider, provider.crypto(), device, join)
    }

    /// The same, with the cryptography of the commit's path apart.
    pub(super) fn join_with<S: KeyValue>(
        provider: &Provider<S>,
        crypto: &impl OpenMlsCrypto,
        device: &MlsDevice,
        join: ExternalJoin<'_>,
    ) -> Result<ExternallyJoined, GroupError> {
        let MlsMessageBodyIn::GroupInfo(info) = parse(join.group_info)?.extract() else {
            return Err(GroupError::Kind);
        };
        if info.ciphersuite() != suite::CIPHERSUITE {
            return Err(GroupError::Profile);
        }
        let conversation =
            ConversationId::try_from(info.group_id().as_slice()).map_err(|_| GroupError::Conversation)?;
        let tree = RatchetTreeIn::tls_deserialize_exact(join.ratchet_tree).map_err(GroupError::Malformed)?;
        let signer = signer_of(&info)?;
        let data = CommitAuthenticatedData {
            version: PROTOCOL_VERSION,
            seen: join.seen.clone(),
        };
        let mut builder = MlsGroup::external_commit_builder()
            .with_ratchet_tree(tree)
            .with_config(suite::join_config())
            .with_aad(codec::to_cbor(&data)?)
            .skip_lifetime_validation()
            .build_group(provider, info, device.credential())
            .map_err(failed("reading the group"))?
            .leaf_node_parameters(
                LeafNodeParameters::builder()
                    .with_capabilities(suite::capabilities())
                    .build(),
            );
        if let Some(psk) = join.psk {
            Self::store_psk(provider, conversation, psk)?;
            let id = with_nonce(provider, conversation, psk.rotation)?;
            builder = builder.add_psk_proposal(PreSharedKeyProposal::new(id));
        }
        let (mls, bundle) = builder
            .load_psks(provider.storage())
            .map_err(failed("preparing the external commit"))?
            .create_group_info(true)
            .use_ratchet_tree_extension(false)
            .build(provider.rand(), crypto, &device.key, |_| true)
            .map_err(failed("building the external commit"))?
            .finalize(provider)
            .map_err(failed("storing the external commit"))?;
        let group = Self::wrap(mls)?;
        let members = commit::certified_members(group.mls.members())?;
        commit::check_group(&group.profile, &members)?;
        // The commit moves no leaf but this device's own.
        let voucher = members.into_iter().find(|known| known.member.leaf == signer);
        Ok(ExternallyJoined {
            voucher: voucher.ok_or(GroupError::Kind)?.certificate,
            commit: PendingCommit::of(bundle)?,
            group,
        })
    }

    /// What the server needs to follow the group from here: `GroupInfo` without tree, and the tree.
    pub fn export_for_server<S: KeyValue>(
        &self,
        provider: &Provider<S>,
        device: &MlsDevice,
    ) -> Result<(Vec<u8>, Vec<u8>), GroupError> {
        let tree = self
            .mls
            .export_ratchet_tree()
            .tls_serialize_detached()
            .map_err(GroupError::Malformed)?;
        Ok((self.export_group_info(provider, device)?, tree))
    }

    /// A `GroupInfo` of the current epoch, signed by this device, without tree.
    pub fn export_group_info<S: KeyValue>(
        &self,
        provider: &Provider<S>,
        device: &MlsDevice,
    ) -> Result<Vec<u8>, GroupError> {
        let info = self
            .mls
            .export_group_info(provider.crypto(), &device.key, false)
            .map_err(failed("exporting the GroupInfo"))?;
        info.to_bytes().map_err(failed("encoding the GroupInfo"))
    }
}

/// The leaf that signed a `GroupInfo`: the last field of what is signed (RFC 9420 section 12.4.3).
pub(super) fn signer_of(info: &VerifiableGroupInfo) -> Result<u32, GroupError> {
    let payload = info.unsigned_payload().map_err(GroupError::Malformed)?;
    let signer = payload.last_chunk::<4>().ok_or(GroupError::Kind)?;
    Ok(u32::from_be_bytes(*signer))
}
