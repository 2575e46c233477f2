//! Changing a group: commits of one's own and of others, and wishes to be let go.

use super::{CommitApplied, Group, GroupError, MlsDevice, PendingCommit, failed, parse};
use crate::commit::{self, AllowedCommit, Before, CertifiedMember};
use crate::key_package;
use crate::member::Member;
use crate::rule::{self, GroupBefore};
use crate::storage::{KeyValue, Provider};
use crate::suite;
use openmls::group::CommitMessageBundle;
use openmls::prelude::{
    KeyPackage, LeafNodeIndex, LeafNodeParameters, MlsMessageOut, OpenMlsProvider as _,
    ProcessedMessageContent, Proposal, ProtocolMessage, QueuedProposal, Sender,
};
use std::collections::BTreeSet;
use undertone_wire::UserId;
use undertone_wire::content::SeenEntry;
use undertone_wire::group::GroupProfile;
use undertone_wire::message::CommitAuthenticatedData;
use undertone_wire::{PROTOCOL_VERSION, codec};

/// What a commit of this device changes. Empty: fresh keys for this device (post-compromise security).
#[derive(Debug, Clone, Default)]
pub struct GroupChange<'a> {
    /// Key packages of devices to be added.
    pub add: &'a [Vec<u8>],
    /// Leaves to be removed.
    pub remove: &'a [u32],
    /// What the members are to agree on, if it changes. Whoever goes loses a role above member by
    /// itself.
    pub profile: Option<GroupProfile>,
    /// Puts the device's present certificate into its leaf: of a guest who became an account.
    pub certificate: bool,
}

impl PendingCommit {
    pub(super) fn of(bundle: CommitMessageBundle) -> Result<Self, GroupError> {
        let (commit, welcome, group_info) = bundle.into_messages();
        let encode = |message: MlsMessageOut| message.to_bytes().map_err(failed("encoding the commit"));
        Ok(Self {
            commit: encode(commit)?,
            group_info: encode(group_info.ok_or(GroupError::Kind)?)?,
            welcome: welcome.map(encode).transpose()?,
        })
    }
}

impl Group {
    /// Commits to adding devices, with a fresh path. Not merged until its echo.
    pub fn add<S: KeyValue>(
        &mut self,
        provider: &Provider<S>,
        device: &MlsDevice,
        key_packages: &[Vec<u8>],
        seen: &SeenEntry,
    ) -> Result<PendingCommit, GroupError> {
        let change = GroupChange {
            add: key_packages,
            ..GroupChange::default()
        };
        self.commit(provider, device, change, seen)
    }

    /// Commits to removing the devices at these leaves. Not merged until its echo.
    pub fn remove<S: KeyValue>(
        &mut self,
        provider: &Provider<S>,
        device: &MlsDevice,
        leaves: &[u32],
        seen: &SeenEntry,
    ) -> Result<PendingCommit, GroupError> {
        let change = GroupChange {
            remove: leaves,
            ..GroupChange::default()
        };
        self.commit(provider, device, change, seen)
    }

    /// Commits to fresh keys for this device (post-compromise security). Not merged until its echo.
    pub fn self_update<S: KeyValue>(
        &mut self,
        provider: &Provider<S>,
        device: &MlsDevice,
        seen: &SeenEntry,
    ) -> Result<PendingCommit, GroupError> {
        self.commit(provider, device, GroupChange::default(), seen)
    }

    /// Commits to a change, and to letting those go who asked for it. Not merged until its echo. It is
    /// judged by the rule function first, so that nothing is sent that everyone would refuse.
    pub fn commit<S: KeyValue>(
        &mut self,
        provider: &Provider<S>,
        device: &MlsDevice,
        change: GroupChange<'_>,
        seen: &SeenEntry,
    ) -> Result<PendingCommit, GroupError> {
        let data = CommitAuthenticatedData {
            version: PROTOCOL_VERSION,
            seen: seen.clone(),
        };
        let GroupChange {
            add,
            remove,
            profile,
            certificate,
        } = change;
        let packages: Result<Vec<KeyPackage>, _> = add
            .iter()
            .map(|bytes| key_package::parse(bytes).map(|(package, _)| package))
            .collect();
        let profile = self.profile_after(profile, remove)?;
        let own = self.mls.own_leaf_index();
        let mut leaf = LeafNodeParameters::builder();
        if certificate {
            leaf = leaf.with_credential_with_key(device.credential());
        }
        self.mls.set_aad(codec::to_cbor(&data)?);
        let mut builder = self
            .mls
            .commit_builder()
            .consume_proposal_store(true)
            .force_self_update(true)
            .propose_adds(packages?)
            .propose_removals(remove.iter().copied().map(LeafNodeIndex::new))
            .leaf_node_parameters(leaf.build());
        if let Some(profile) = profile {
            let extensions = suite::profile_extensions(&profile).ok_or(GroupError::Profile)?;
            builder = builder
                .propose_group_context_extensions(extensions)
                .map_err(failed("proposing the profile"))?;
        }
        let bundle = builder
            .load_psks(provider.storage())
            .map_err(failed("preparing the commit"))?
            .create_group_info(true)
            .use_ratchet_tree_extension(false)
            .build(provider.rand(), provider.crypto(), &device.key, |queued| {
                !is_own_leaving(queued, own)
            })
            .map_err(failed("building the commit"))?
            .stage_commit(provider)
            .map_err(failed("staging the commit"))?;
        self.judge_pending()?;
        PendingCommit::of(bundle)
    }

    /// The profile to be proposed, if it is to change.
    fn profile_after(
        &self,
        wanted: Option<GroupProfile>,
        remove: &[u32],
    ) -> Result<Option<GroupProfile>, GroupError> {
        let leaving: Vec<u32> = self.pending_leaves()?.iter().map(|member| member.leaf).collect();
        let staying = |member: &&Member| {
            let own = member.leaf == self.mls.own_leaf_index().u32();
            own || !(remove.contains(&member.leaf) || leaving.contains(&member.leaf))
        };
        let members = self.members()?;
        let people: BTreeSet<UserId> = members.iter().filter(staying).map(|member| member.user).collect();
        let mut profile = wanted.unwrap_or_else(|| self.profile.clone());
        profile.clear_roles_but(&people);
        Ok((profile != self.profile).then_some(profile))
    }

    fn judge_pending(&self) -> Result<AllowedCommit, GroupError> {
        let pending = self.mls.pending_commit().ok_or(GroupError::NoPendingCommit)?;
        let own = Sender::Member(self.mls.own_leaf_index());
        let members = self.certified()?;
        Ok(commit::judge(self.before(&members), &own, pending)?)
    }

    fn before<'a>(&'a self, members: &'a [CertifiedMember]) -> Before<'a> {
        Before {
            conversation: self.conversation,
            profile: &self.profile,
            members,
        }
    }

    /// Merges this device's own pending commit, once the log has it.
    pub fn merge_pending<S: KeyValue>(
        &mut self,
        provider: &Provider<S>,
    ) -> Result<CommitApplied, GroupError> {
        let allowed = self.judge_pending()?;
        let committer = find(&self.members()?, self.own_leaf())?;
        self.mls
            .merge_pending_commit(provider)
            .map_err(failed("merging the commit"))?;
        self.applied(Some(committer), allowed, None)
    }

    /// Forgets this device's own pending commit, after a refusal.
    pub fn clear_pending<S: KeyValue>(&mut self, provider: &Provider<S>) -> Result<(), GroupError> {
        self.mls
            .clear_pending_commit(provider.storage())
            .map_err(failed("clearing the commit"))
    }

    /// Applies another device's commit. It is judged again by the rule function; one's own pending
    /// commit is dropped, since another won.
    pub fn apply_commit<S: KeyValue>(
        &mut self,
        provider: &Provider<S>,
        commit: &[u8],
    ) -> Result<CommitApplied, GroupError> {
        let message = parse(commit)?
            .try_into_protocol_message()
            .map_err(failed("reading the commit"))?;
        let ProtocolMessage::PublicMessage(_) = &message else {
            return Err(GroupError::Kind);
        };
        let before = self.certified()?;
        let processed = self
            .mls
            .process_message(provider, message)
            .map_err(failed("checking the commit"))?;
        let data: CommitAuthenticatedData =
            codec::from_cbor(processed.aad()).map_err(GroupError::CommitData)?;
        if data.version != PROTOCOL_VERSION {
            return Err(GroupError::Profile);
        }
        let sender = processed.sender().clone();
        let ProcessedMessageContent::StagedCommitMessage(staged) = processed.into_content() else {
            return Err(GroupError::Kind);
        };
        let allowed = commit::judge(self.before(&before), &sender, &staged)?;
        let members: Vec<Member> = before.iter().map(|certified| certified.member).collect();
        let committer = match sender {
            Sender::Member(leaf) => Some(find(&members, leaf.u32())?),
            _ => None,
        };
        self.mls
            .merge_staged_commit(provider, *staged)
            .map_err(failed("merging the commit"))?;
        let seen = (!allowed.external).then_some(data.seen);
        self.applied(committer, allowed, seen)
    }

    fn applied(
        &mut self,
        committer: Option<Member>,
        allowed: AllowedCommit,
        seen: Option<SeenEntry>,
    ) -> Result<CommitApplied, GroupError> {
        let members = self.members()?;
        let added: Vec<Member> = allowed
            .added
            .iter()
            .filter_map(|new| members.iter().find(|m| m.device == new.device).copied())
            .collect();
        let before = std::mem::replace(&mut self.profile, allowed.profile.clone());
        Ok(CommitApplied {
            committer: committer.or(added.last().copied()).ok_or(GroupError::Kind)?,
            added,
            removed: allowed.removed,
            left: allowed.left,
            renamed: allowed.committer.filter(|_| !allowed.external),
            external: allowed.external,
            before,
            after: allowed.profile,
            seen,
            own_device_removed: !self.mls.is_active(),
        })
    }

    /// Asks to be let go: an MLS `PublicMessage` with a `SelfRemove`, for the current epoch. Any other
    /// member's commit fulfils it.
    pub fn leave<S: KeyValue>(
        &mut self,
        provider: &Provider<S>,
        device: &MlsDevice,
    ) -> Result<Vec<u8>, GroupError> {
        self.judge_leaving(self.own_leaf())?;
        let message = self
            .mls
            .leave_group_via_self_remove(provider, &device.key)
            .map_err(failed("asking to leave"))?;
        message.to_bytes().map_err(failed("encoding the proposal"))
    }

    /// Takes up another device's wish to be let go; the next commit of this device fulfils it.
    pub fn apply_proposal<S: KeyValue>(
        &mut self,
        provider: &Provider<S>,
        proposal: &[u8],
    ) -> Result<Member, GroupError> {
        let message = parse(proposal)?
            .try_into_protocol_message()
            .map_err(failed("reading the proposal"))?;
        let ProtocolMessage::PublicMessage(_) = &message else {
            return Err(GroupError::Kind);
        };
        let processed = self
            .mls
            .process_message(provider, message)
            .map_err(failed("checking the proposal"))?;
        let ProcessedMessageContent::ProposalMessage(queued) = processed.into_content() else {
            return Err(GroupError::Kind);
        };
        let (Proposal::SelfRemove, Sender::Member(leaf)) = (queued.proposal(), queued.sender()) else {
            return Err(GroupError::Kind);
        };
        let leaf = leaf.u32();
        self.judge_leaving(leaf)?;
        self.mls
            .store_pending_proposal(provider.storage(), *queued)
            .map_err(failed("keeping the proposal"))?;
        find(&self.members()?, leaf)
    }

    /// Who asked to be let go in this epoch.
    pub fn pending_leaves(&self) -> Result<Vec<Member>, GroupError> {
        let members = self.members()?;
        self.mls
            .pending_proposals()
            .filter_map(|queued| match (queued.proposal(), queued.sender()) {
                (Proposal::SelfRemove, Sender::Member(leaf)) => Some(find(&members, leaf.u32())),
                _ => None,
            })
            .collect()
    }

    fn judge_leaving(&self, leaf: u32) -> Result<(), GroupError> {
        let members = self.members()?;
        let earlier: Vec<u32> = self
            .pending_leaves()?
            .iter()
            .map(|member| member.leaf)
            .filter(|earlier| *earlier != leaf)
            .collect();
        let before = GroupBefore {
            profile: &self.profile,
            psk_id: None,
            members: &members,
        };
        Ok(rule::judge_leave(&before, &earlier, leaf).map_err(commit::CommitRefused::from)?)
    }
}

/// A device cannot commit its own leaving.
fn is_own_leaving(queued: &QueuedProposal, own: LeafNodeIndex) -> bool {
    matches!(
        (queued.proposal(), queued.sender()),
        (Proposal::SelfRemove, Sender::Member(leaf)) if *leaf == own
    )
}

fn find(members: &[Member], leaf: u32) -> Result<Member, GroupError> {
    members
        .iter()
        .find(|member| member.leaf == leaf)
        .copied()
        .ok_or(GroupError::Kind)
}
