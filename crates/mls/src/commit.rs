//! Reading a staged commit into what the rule function judges. Used by the server and by every client.

use crate::member::{LeafError, Member, member_at, newcomer, read_known_leaf, read_leaf};
use crate::rule::{
    self, CertificateChange, CommitActions, Committer, GroupBefore, ProposalAction, Violation,
};
use crate::suite;
use openmls::prelude::{LeafNode, Proposal, ProposalOrRefType, QueuedProposal, Sender, StagedCommit};
use undertone_wire::device::DeviceCertificateBody;
use undertone_wire::group::GroupProfile;
use undertone_wire::guest::UserKind;
use undertone_wire::{ConversationId, ErrorCode};

/// A leaf and what its certificate says.
#[derive(Debug, Clone)]
pub(crate) struct CertifiedMember {
    pub(crate) member: Member,
    pub(crate) certificate: DeviceCertificateBody,
}

/// Why a staged commit is refused.
#[derive(Debug, thiserror::Error)]
pub enum CommitRefused {
    /// A leaf that it adds or changes is not certified.
    #[error(transparent)]
    Leaf(#[from] LeafError),
    /// It breaks a rule.
    #[error(transparent)]
    Violation(#[from] Violation),
    /// It gives a user a second identity key, or a key a second user.
    #[error("a user has one identity key in a group")]
    SecondIdentity,
}

impl CommitRefused {
    /// The code under which it leaves the server.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Violation(Violation::Full) => ErrorCode::RoomFull,
            Self::Violation(Violation::Closed) => ErrorCode::RoomLocked,
            Self::Violation(Violation::Banned) => ErrorCode::Banned,
            Self::Violation(Violation::TooMany) => ErrorCode::LimitReached,
            Self::Violation(Violation::Role) => ErrorCode::Forbidden,
            Self::Leaf(_) | Self::Violation(_) | Self::SecondIdentity => ErrorCode::CommitInvalid,
        }
    }
}

/// A group before a commit, as server and clients have it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Before<'a> {
    pub(crate) conversation: ConversationId,
    pub(crate) profile: &'a GroupProfile,
    pub(crate) members: &'a [CertifiedMember],
}

/// What a commit that is allowed does.
#[derive(Debug, Clone)]
pub(crate) struct AllowedCommit {
    /// Who came by an external commit, or the committer's new certificate: a guest's who became an account.
    pub(crate) committer: Option<DeviceCertificateBody>,
    /// True if the committer was outside.
    pub(crate) external: bool,
    /// Adds, in order, an external committer included; the leaves are known after merging.
    pub(crate) added: Vec<DeviceCertificateBody>,
    /// Removed members.
    pub(crate) removed: Vec<Member>,
    /// Those among the removed who asked for it.
    pub(crate) left: Vec<Member>,
    /// What the members agree on after it.
    pub(crate) profile: GroupProfile,
}

impl CertifiedMember {
    /// A leaf of stored state: it was checked before it was stored.
    pub(crate) fn known(leaf: &openmls::prelude::Member) -> Result<Self, LeafError> {
        read_known_leaf(&leaf.credential).map(|certificate| Self::at(leaf, certificate))
    }

    fn checked(leaf: &openmls::prelude::Member) -> Result<Self, LeafError> {
        read_leaf(&leaf.credential, &leaf.signature_key).map(|certificate| Self::at(leaf, certificate))
    }

    fn at(leaf: &openmls::prelude::Member, certificate: DeviceCertificateBody) -> Self {
        Self {
            member: member_at(leaf.index.u32(), &certificate),
            certificate,
        }
    }
}

/// Checks the certificates of all leaves of a group that is met for the first time.
pub(crate) fn certified_members(
    members: impl Iterator<Item = openmls::prelude::Member>,
) -> Result<Vec<CertifiedMember>, LeafError> {
    members.map(|leaf| CertifiedMember::checked(&leaf)).collect()
}

/// Reads the certificates of all leaves of a stored group. What comes into it later is checked by [`judge`].
pub(crate) fn known_members(
    members: impl Iterator<Item = openmls::prelude::Member>,
) -> Result<Vec<CertifiedMember>, LeafError> {
    members.map(|leaf| CertifiedMember::known(&leaf)).collect()
}

/// What the rules keep true in every group, asked of one that a device is about to join: a device
/// has one leaf, a user one identity key.
fn check_members(members: &[CertifiedMember]) -> Result<(), CommitRefused> {
    let mut devices: Vec<_> = members.iter().map(|certified| certified.member.device).collect();
    devices.sort_unstable();
    let count = devices.len();
    devices.dedup();
    if devices.len() < count {
        return Err(Violation::AlreadyAMember.into());
    }
    let certificates: Vec<_> = members
        .iter()
        .map(|certified| certified.certificate.clone())
        .collect();
    one_identity_each(&[], &certificates)
}

/// A group that somebody founds or finds must be one that the rules could have led to.
pub(crate) fn check_group(profile: &GroupProfile, members: &[CertifiedMember]) -> Result<(), CommitRefused> {
    check_members(members)?;
    let members: Vec<Member> = members.iter().map(|certified| certified.member).collect();
    let group = GroupBefore {
        profile,
        psk_id: None,
        members: &members,
    };
    Ok(rule::judge_group(&group)?)
}

/// Judges a staged commit against the group before it.
pub(crate) fn judge(
    before: Before<'_>,
    sender: &Sender,
    commit: &StagedCommit,
) -> Result<AllowedCommit, CommitRefused> {
    let mut added = Vec::new();
    let mut proposals = Vec::new();
    for queued in commit.queued_proposals() {
        proposals.push(read_proposal(queued, &mut added)?);
    }
    let path = read_path(commit.update_path_leaf_node())?;
    let external = path.clone().filter(|_| !matches!(sender, Sender::Member(_)));
    let (committer, certificate) = match (sender, &external) {
        (Sender::Member(leaf), _) => {
            let leaf = leaf.u32();
            (
                Committer::Member(leaf),
                certificate_change(before, leaf, path.as_ref()),
            )
        }
        (_, Some(certificate)) => (
            Committer::External(newcomer(certificate)),
            CertificateChange::None,
        ),
        (_, None) => return Err(Violation::ExternalCommit.into()),
    };
    let actions = CommitActions {
        committer,
        proposals,
        certificate,
    };
    let members: Vec<Member> = before.members.iter().map(|certified| certified.member).collect();
    let psk_id = before.profile.psk_id(before.conversation);
    let group = GroupBefore {
        profile: before.profile,
        psk_id: psk_id.as_deref(),
        members: &members,
    };
    rule::judge(&group, &actions)?;
    added.extend(external.clone());
    one_identity_each(before.members, &added)?;
    let at = |leaf: &u32| members.iter().find(|member| member.leaf == *leaf).copied();
    let leaves = |wanted: fn(&ProposalAction) -> Option<u32>| -> Vec<Member> {
        actions
            .proposals
            .iter()
            .filter_map(wanted)
            .filter_map(|leaf| at(&leaf))
            .collect()
    };
    let renewed = path.filter(|_| certificate == CertificateChange::BecameAccount);
    Ok(AllowedCommit {
        removed: leaves(gone),
        left: leaves(left),
        profile: profile_after(before.profile, &actions),
        external: external.is_some(),
        committer: external.or(renewed),
        added,
    })
}

fn gone(action: &ProposalAction) -> Option<u32> {
    match action {
        ProposalAction::Remove(leaf) | ProposalAction::SelfRemove(leaf) => Some(*leaf),
        _ => None,
    }
}

fn left(action: &ProposalAction) -> Option<u32> {
    match action {
        ProposalAction::SelfRemove(leaf) => Some(*leaf),
        _ => None,
    }
}

fn profile_after(before: &GroupProfile, actions: &CommitActions) -> GroupProfile {
    let new = actions.proposals.iter().find_map(|action| match action {
        ProposalAction::Profile(profile) => Some(profile),
        _ => None,
    });
    new.unwrap_or(before).clone()
}

fn read_proposal(
    queued: &QueuedProposal,
    added: &mut Vec<DeviceCertificateBody>,
) -> Result<ProposalAction, LeafError> {
    if queued.proposal_or_ref_type() != ProposalOrRefType::Proposal {
        return Ok(match (queued.proposal(), queued.sender()) {
            (Proposal::SelfRemove, Sender::Member(leaf)) => ProposalAction::SelfRemove(leaf.u32()),
            _ => ProposalAction::ByReference,
        });
    }
    Ok(match queued.proposal() {
        Proposal::Add(add) => {
            let leaf = add.key_package().leaf_node();
            let certificate = read_leaf(leaf.credential(), leaf.signature_key().as_slice())?;
            let action = ProposalAction::Add(newcomer(&certificate));
            added.push(certificate);
            action
        }
        Proposal::Remove(remove) => ProposalAction::Remove(remove.removed().u32()),
        Proposal::GroupContextExtensions(new) => {
            suite::read_profile(new.extensions()).map_or(ProposalAction::Other, ProposalAction::Profile)
        }
        Proposal::PreSharedKey(psk) => {
            suite::external_psk_id(psk).map_or(ProposalAction::Other, ProposalAction::Psk)
        }
        Proposal::ExternalInit(_) => ProposalAction::ExternalInit,
        _ => ProposalAction::Other,
    })
}

fn read_path(leaf: Option<&LeafNode>) -> Result<Option<DeviceCertificateBody>, LeafError> {
    leaf.map(|leaf| read_leaf(leaf.credential(), leaf.signature_key().as_slice()))
        .transpose()
}

/// The committer's new leaf must be certified for the same device and key as the old one.
fn certificate_change(
    before: Before<'_>,
    leaf: u32,
    now: Option<&DeviceCertificateBody>,
) -> CertificateChange {
    let Some(now) = now else {
        return CertificateChange::None;
    };
    let old = before
        .members
        .iter()
        .find(|certified| certified.member.leaf == leaf)
        .map(|certified| &certified.certificate);
    match old {
        Some(old) if old == now => CertificateChange::None,
        Some(old) if became_account(old, now) => CertificateChange::BecameAccount,
        _ => CertificateChange::Other,
    }
}

fn became_account(old: &DeviceCertificateBody, now: &DeviceCertificateBody) -> bool {
    let expected = DeviceCertificateBody {
        kind: UserKind::Account,
        name: now.name.clone(),
        issued_at: now.issued_at,
        ..old.clone()
    };
    old.kind == UserKind::Guest && *now == expected
}

fn one_identity_each(
    before: &[CertifiedMember],
    added: &[DeviceCertificateBody],
) -> Result<(), CommitRefused> {
    let known = before.iter().map(|certified| &certified.certificate).chain(added);
    for new in added {
        if known
            .clone()
            .any(|other| (other.user == new.user) != (other.identity_key == new.identity_key))
        {
            return Err(CommitRefused::SecondIdentity);
        }
    }
    Ok(())
}
