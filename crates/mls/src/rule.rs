//! The one rule function: what a commit may do, as an allowlist (design D2).
//!
//! The server and every client judge each commit by it, against the group as it was *before* the
//! commit. It knows no OpenMLS type, so that it can be tested exhaustively.

use crate::member::Member;
use undertone_wire::UserId;
use undertone_wire::conversation::ConversationKind;
use undertone_wire::limits::{DEVICES_PER_USER_MAX, MEMBERS_MAX};

/// A group before a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupBefore<'a> {
    /// What the conversation is for.
    pub kind: ConversationKind,
    /// Whose devices may be in it.
    pub users: &'a [UserId],
    /// Its members.
    pub members: &'a [Member],
}

/// What a commit does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitActions {
    /// Who committed.
    pub committer: Committer,
    /// Its proposals, in order.
    pub proposals: Vec<ProposalAction>,
    /// True if the committer's leaf names another device, user or key than before.
    pub changes_identity: bool,
}

/// Who committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committer {
    /// A member, by leaf.
    Member(u32),
    /// Somebody outside, by an external commit (RFC 9420 section 12.4.3.2).
    External,
}

/// What one proposal does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProposalAction {
    /// Adds a device (its `leaf` is not known yet and is not looked at).
    Add(Member),
    /// Removes the device at a leaf.
    Remove(u32),
    /// Was sent on its own before, by reference in the commit.
    ByReference,
    /// Anything else: update, PSK, re-initialisation, external init, extensions, self-remove, custom.
    Other,
}

/// Why a commit is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// External commits are for rooms.
    #[error("this conversation takes no external commits")]
    ExternalCommit,
    /// The committer is not a member.
    #[error("the committer is not a member")]
    NotAMember,
    /// A device stays the device that it was.
    #[error("the committer changes its identity")]
    IdentityChanged,
    /// Proposals travel inside commits only.
    #[error("a proposal was sent on its own")]
    StandAloneProposal,
    /// A kind of proposal that is not on the list.
    #[error("a proposal of a kind that is not allowed here")]
    ProposalKind,
    /// A direct conversation is for two people.
    #[error("a device of somebody else is added")]
    ForeignUser,
    /// A device has one leaf.
    #[error("the device is a member already")]
    AlreadyAMember,
    /// In a direct conversation, everyone removes their own devices only.
    #[error("a device of somebody else is removed")]
    ForeignRemoval,
    /// There is no such leaf.
    #[error("nobody sits at the removed leaf")]
    NobodyToRemove,
    /// More leaves than [`MEMBERS_MAX`], or more of one user than [`DEVICES_PER_USER_MAX`].
    #[error("too many devices")]
    TooMany,
}

/// Judges a commit against the group before it.
pub fn judge(before: &GroupBefore<'_>, commit: &CommitActions) -> Result<(), Violation> {
    let Committer::Member(leaf) = commit.committer else {
        return Err(Violation::ExternalCommit);
    };
    let committer = before
        .members
        .iter()
        .find(|member| member.leaf == leaf)
        .ok_or(Violation::NotAMember)?;
    if commit.changes_identity {
        return Err(Violation::IdentityChanged);
    }
    let ConversationKind::Direct = before.kind;
    let mut members = before.members.to_vec();
    for proposal in &commit.proposals {
        match *proposal {
            ProposalAction::Add(added) => judge_add(before.users, &mut members, added)?,
            ProposalAction::Remove(removed) => judge_remove(*committer, &mut members, removed)?,
            ProposalAction::ByReference => return Err(Violation::StandAloneProposal),
            ProposalAction::Other => return Err(Violation::ProposalKind),
        }
    }
    Ok(())
}

fn judge_add(users: &[UserId], members: &mut Vec<Member>, added: Member) -> Result<(), Violation> {
    if !users.contains(&added.user) {
        return Err(Violation::ForeignUser);
    }
    if members.iter().any(|member| member.device == added.device) {
        return Err(Violation::AlreadyAMember);
    }
    let of_user = members.iter().filter(|member| member.user == added.user).count();
    if of_user >= DEVICES_PER_USER_MAX || members.len() >= MEMBERS_MAX {
        return Err(Violation::TooMany);
    }
    members.push(added);
    Ok(())
}

fn judge_remove(committer: Member, members: &mut Vec<Member>, leaf: u32) -> Result<(), Violation> {
    let position = members
        .iter()
        .position(|member| member.leaf == leaf)
        .ok_or(Violation::NobodyToRemove)?;
    let removed = members.remove(position);
    if removed.user == committer.user {
        Ok(())
    } else {
        Err(Violation::ForeignRemoval)
    }
}

#[cfg(test)]
mod tests;
