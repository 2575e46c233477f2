//! Reading a staged commit into what the rule function judges. Used by the server and by every client.

use crate::member::{LeafError, Member, member_at, read_leaf};
use crate::rule::{self, CommitActions, Committer, GroupBefore, ProposalAction, Violation};
use crate::suite::GroupProfile;
use openmls::prelude::{LeafNode, Proposal, ProposalOrRefType, QueuedProposal, Sender, StagedCommit};
use undertone_wire::device::DeviceCertificateBody;

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
    /// It gives a user a second identity key.
    #[error("a user has one identity key in a group")]
    SecondIdentity,
}

/// What a commit that is allowed does.
#[derive(Debug, Clone)]
pub(crate) struct AllowedCommit {
    /// Adds, in order; the leaves are known after merging.
    pub(crate) added: Vec<DeviceCertificateBody>,
    /// Removed members.
    pub(crate) removed: Vec<Member>,
}

/// Reads the certificates of all leaves.
pub(crate) fn certified_members(
    members: impl Iterator<Item = openmls::prelude::Member>,
) -> Result<Vec<CertifiedMember>, LeafError> {
    members
        .map(|leaf| {
            let certificate = read_leaf(&leaf.credential, &leaf.signature_key)?;
            Ok(CertifiedMember {
                member: member_at(leaf.index.u32(), &certificate),
                certificate,
            })
        })
        .collect()
}

/// What the rules keep true in every group, asked of one that a device is about to join: a device
/// has one leaf, a user one identity key.
pub(crate) fn check_members(members: &[CertifiedMember]) -> Result<(), CommitRefused> {
    let mut certificates = Vec::with_capacity(members.len());
    for CertifiedMember { member, certificate } in members {
        let mut before = members.iter().take(certificates.len());
        if before.any(|other| other.member.device == member.device) {
            return Err(Violation::AlreadyAMember.into());
        }
        certificates.push(certificate.clone());
    }
    one_identity_each(&[], &certificates)
}

/// Judges a staged commit against the group before it.
pub(crate) fn judge(
    profile: &GroupProfile,
    before: &[CertifiedMember],
    sender: &Sender,
    commit: &StagedCommit,
) -> Result<AllowedCommit, CommitRefused> {
    let mut added = Vec::new();
    let mut proposals = Vec::new();
    for queued in commit.queued_proposals() {
        proposals.push(read_proposal(queued, &mut added)?);
    }
    let members: Vec<Member> = before.iter().map(|certified| certified.member).collect();
    let actions = CommitActions {
        committer: read_committer(sender),
        changes_identity: changes_identity(before, sender, commit.update_path_leaf_node())?,
        proposals,
    };
    let group = GroupBefore {
        kind: profile.kind,
        users: &profile.users,
        members: &members,
    };
    rule::judge(&group, &actions)?;
    one_identity_each(before, &added)?;
    let removed = commit
        .remove_proposals()
        .map(|queued| queued.remove_proposal().removed().u32());
    let removed = removed
        .filter_map(|leaf| members.iter().find(|member| member.leaf == leaf).copied())
        .collect();
    Ok(AllowedCommit { added, removed })
}

fn read_committer(sender: &Sender) -> Committer {
    match sender {
        Sender::Member(leaf) => Committer::Member(leaf.u32()),
        Sender::External(_) | Sender::NewMemberProposal | Sender::NewMemberCommit => Committer::External,
    }
}

fn read_proposal(
    queued: &QueuedProposal,
    added: &mut Vec<DeviceCertificateBody>,
) -> Result<ProposalAction, LeafError> {
    if queued.proposal_or_ref_type() != ProposalOrRefType::Proposal {
        return Ok(ProposalAction::ByReference);
    }
    Ok(match queued.proposal() {
        Proposal::Add(add) => {
            let leaf = add.key_package().leaf_node();
            let certificate = read_leaf(leaf.credential(), leaf.signature_key().as_slice())?;
            let member = member_at(u32::MAX, &certificate);
            added.push(certificate);
            ProposalAction::Add(member)
        }
        Proposal::Remove(remove) => ProposalAction::Remove(remove.removed().u32()),
        _ => ProposalAction::Other,
    })
}

/// The committer's new leaf must be certified for the same device and key as the old one.
fn changes_identity(
    before: &[CertifiedMember],
    sender: &Sender,
    path_leaf: Option<&LeafNode>,
) -> Result<bool, LeafError> {
    let (Sender::Member(index), Some(leaf)) = (sender, path_leaf) else {
        return Ok(false);
    };
    let now = read_leaf(leaf.credential(), leaf.signature_key().as_slice())?;
    let old = before
        .iter()
        .find(|certified| certified.member.leaf == index.u32());
    Ok(old.is_none_or(|old| old.certificate != now))
}

fn one_identity_each(
    before: &[CertifiedMember],
    added: &[DeviceCertificateBody],
) -> Result<(), CommitRefused> {
    let known = before.iter().map(|certified| &certified.certificate).chain(added);
    for new in added {
        if known
            .clone()
            .any(|other| other.user == new.user && other.identity_key != new.identity_key)
        {
            return Err(CommitRefused::SecondIdentity);
        }
    }
    Ok(())
}
