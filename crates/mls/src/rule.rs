//! The one rule function: what a commit may do, as an allowlist (design D2).
//!
//! The server and every client judge each commit by it, against the group as it was *before* the
//! commit. It knows no OpenMLS type, so that it can be tested exhaustively. What a new profile may say
//! is in [`profile`].

use crate::member::Member;
use std::collections::BTreeSet;
use undertone_wire::conversation::ConversationKind;
use undertone_wire::group::{GroupProfile, Role, RoleOf};
use undertone_wire::limits::{DEVICES_PER_USER_MAX, MEMBERS_MAX};
use undertone_wire::{DeviceId, IdentityHash, UserId};

pub mod profile;

/// A group before a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupBefore<'a> {
    /// What its members agree on.
    pub profile: &'a GroupProfile,
    /// Which conversation's external PSK a joining commit must contain: the id for the current
    /// rotation; nothing where there is no door.
    pub psk_id: Option<&'a [u8]>,
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
    /// What becomes of the certificate in the committer's leaf.
    pub certificate: CertificateChange,
}

/// Who committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committer {
    /// A member, by leaf.
    Member(u32),
    /// Somebody outside, by an external commit (RFC 9420 section 12.4.3.2).
    External(Newcomer),
}

/// Somebody who is to become a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Newcomer {
    /// Whose device.
    pub user: UserId,
    /// Which device.
    pub device: DeviceId,
    /// Their identity key, by its hash.
    pub identity: IdentityHash,
}

/// What a commit makes of the certificate in its committer's leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateChange {
    /// It stays.
    None,
    /// The same keys, of a guest who now has an account.
    BecameAccount,
    /// Anything else.
    Other,
}

/// What one proposal does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProposalAction {
    /// Adds a device.
    Add(Newcomer),
    /// Removes the device at a leaf.
    Remove(u32),
    /// The device at that leaf asked to be let go, in a proposal of its own.
    SelfRemove(u32),
    /// Replaces what the members agree on.
    Profile(GroupProfile),
    /// Brings in an external PSK of that id.
    Psk(Vec<u8>),
    /// Belongs to every external commit, and to no other.
    ExternalInit,
    /// Was sent on its own before, and is no [`ProposalAction::SelfRemove`].
    ByReference,
    /// Anything else: update, re-initialisation, custom, other extensions.
    Other,
}

/// Why a commit is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// From outside come only those who have the room's link, and devices of members.
    #[error("nobody comes into this conversation from outside")]
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
    /// There is no such leaf.
    #[error("nobody sits at the removed leaf")]
    NobodyToRemove,
    /// More leaves than [`MEMBERS_MAX`], or more of one user than [`DEVICES_PER_USER_MAX`].
    #[error("too many devices")]
    TooMany,
    /// More people than the group takes.
    #[error("the group is full")]
    Full,
    /// The committer's role does not allow it.
    #[error("the committer's role does not allow it")]
    Role,
    /// The last owner hands over before leaving.
    #[error("the group would have no owner")]
    NoOwner,
    /// The room is locked, or lets people in by an admin only.
    #[error("the door is closed")]
    Closed,
    /// Who was banned does not come back.
    #[error("banned")]
    Banned,
    /// The room's PSK is missing, or another one is there.
    #[error("not the PSK of the room's link")]
    Psk,
    /// The new profile changes what never changes, or is out of its limits.
    #[error("the new profile is not a valid one")]
    Profile,
}

/// Judges a commit against the group before it.
pub fn judge(before: &GroupBefore<'_>, commit: &CommitActions) -> Result<(), Violation> {
    match commit.committer {
        Committer::Member(leaf) => judge_member(before, leaf, commit),
        Committer::External(newcomer) => judge_external(before, newcomer, &commit.proposals),
    }
}

/// Judges a group at its founding, or as somebody finds it who joins: it must be one that the rules
/// could have led to.
pub fn judge_group(group: &GroupBefore<'_>) -> Result<(), Violation> {
    profile::check(group.profile)?;
    After::new(group).check(group)?;
    let users = &group.profile.users;
    let foreign = |member: &Member| !users.contains(&member.user);
    if group.profile.kind == ConversationKind::Direct && group.members.iter().any(foreign) {
        return Err(Violation::ForeignUser);
    }
    Ok(())
}

/// Judges a device's wish to be let go, with the wishes that came before it in the same epoch: the
/// commit that fulfils them all must be an allowed one.
pub fn judge_leave(before: &GroupBefore<'_>, earlier: &[u32], leaf: u32) -> Result<(), Violation> {
    let mut after = After::new(before);
    for leaf in earlier.iter().copied().chain([leaf]) {
        after.remove(leaf)?;
    }
    let mut profile = before.profile.clone();
    profile.clear_roles_but(&after.people());
    After {
        profile: &profile,
        ..after
    }
    .check(before)
}

fn judge_member(before: &GroupBefore<'_>, leaf: u32, commit: &CommitActions) -> Result<(), Violation> {
    let committer = *before
        .members
        .iter()
        .find(|member| member.leaf == leaf)
        .ok_or(Violation::NotAMember)?;
    if commit.certificate == CertificateChange::Other {
        return Err(Violation::IdentityChanged);
    }
    let mut after = After::new(before);
    // As MLS applies them: the profile first, then those who go, then those who come.
    let mut profiles = commit.proposals.iter().filter_map(|proposal| match proposal {
        ProposalAction::Profile(profile) => Some(profile),
        _ => None,
    });
    let profile = profiles.next();
    if profiles.next().is_some() {
        return Err(Violation::ProposalKind);
    }
    if let Some(profile) = profile {
        after.profile = profile;
    }
    for proposal in &commit.proposals {
        match *proposal {
            ProposalAction::Remove(removed) => {
                let removed = after.remove(removed)?;
                may_remove(before, committer, removed)?;
            }
            ProposalAction::SelfRemove(leaver) => {
                after.remove(leaver)?;
            }
            ProposalAction::Profile(_) | ProposalAction::Add(_) => {}
            ProposalAction::ByReference => return Err(Violation::StandAloneProposal),
            ProposalAction::Psk(_) | ProposalAction::ExternalInit | ProposalAction::Other => {
                return Err(Violation::ProposalKind);
            }
        }
    }
    for proposal in &commit.proposals {
        if let ProposalAction::Add(newcomer) = *proposal {
            may_add(before, committer, newcomer)?;
            after.add(newcomer)?;
        }
    }
    if let Some(new) = profile {
        profile::judge(before.profile, new, committer.user, &after.people())?;
    }
    after.check(before)
}

fn may_add(before: &GroupBefore<'_>, committer: Member, newcomer: Newcomer) -> Result<(), Violation> {
    match before.profile.kind {
        ConversationKind::Direct if before.profile.users.contains(&newcomer.user) => Ok(()),
        ConversationKind::Direct => Err(Violation::ForeignUser),
        ConversationKind::Group | ConversationKind::Room => {
            let own = newcomer.user == committer.user;
            if own || before.profile.role(committer.user) >= Role::Admin {
                Ok(())
            } else {
                Err(Violation::Role)
            }
        }
    }
}

fn may_remove(before: &GroupBefore<'_>, committer: Member, removed: Member) -> Result<(), Violation> {
    let role = before.profile.role(committer.user);
    let above = role >= Role::Admin && role > before.profile.role(removed.user);
    if removed.user == committer.user || above {
        Ok(())
    } else {
        Err(Violation::Role)
    }
}

fn judge_external(
    before: &GroupBefore<'_>,
    newcomer: Newcomer,
    proposals: &[ProposalAction],
) -> Result<(), Violation> {
    let (mut inits, mut psks, mut removed) = (0, Vec::new(), None);
    let mut after = After::new(before);
    for proposal in proposals {
        match proposal {
            ProposalAction::ExternalInit => inits += 1,
            ProposalAction::Psk(id) => psks.push(id.as_slice()),
            ProposalAction::Remove(leaf) if removed.is_none() => removed = Some(after.remove(*leaf)?),
            _ => return Err(Violation::ProposalKind),
        }
    }
    if inits != 1 {
        return Err(Violation::ProposalKind);
    }
    if psks != before.psk_id.as_slice() {
        return Err(Violation::Psk);
    }
    // A device comes again in its own place, or its user puts an old device out.
    if removed.is_some_and(|removed| removed.user != newcomer.user) {
        return Err(Violation::Role);
    }
    if before.members.iter().all(|member| member.user != newcomer.user) {
        may_come_in(before.profile, newcomer)?;
    }
    after.add(newcomer)?;
    after.check(before)
}

/// Whether somebody who is no member may come in by themselves.
fn may_come_in(profile: &GroupProfile, newcomer: Newcomer) -> Result<(), Violation> {
    match (profile.kind, profile.room) {
        (ConversationKind::Direct, _) if profile.users.contains(&newcomer.user) => Ok(()),
        (ConversationKind::Room, Some(room)) if !room.locked && !room.knock => Ok(()),
        (ConversationKind::Room, Some(_)) => Err(Violation::Closed),
        _ => Err(Violation::ExternalCommit),
    }
}

/// The group as the commit would leave it.
struct After<'a> {
    profile: &'a GroupProfile,
    /// User and device, and the leaf where it is known.
    members: Vec<(UserId, DeviceId, Option<u32>)>,
}

impl<'a> After<'a> {
    fn new(before: &GroupBefore<'a>) -> Self {
        let members = before.members.iter();
        Self {
            profile: before.profile,
            members: members.map(|m| (m.user, m.device, Some(m.leaf))).collect(),
        }
    }

    fn remove(&mut self, leaf: u32) -> Result<Member, Violation> {
        let position = self.members.iter().position(|(_, _, at)| *at == Some(leaf));
        let (user, device, _) = self.members.remove(position.ok_or(Violation::NobodyToRemove)?);
        Ok(Member { leaf, user, device })
    }

    fn add(&mut self, newcomer: Newcomer) -> Result<(), Violation> {
        if self.profile.is_banned(newcomer.user, newcomer.identity) {
            return Err(Violation::Banned);
        }
        if self
            .members
            .iter()
            .any(|(_, device, _)| *device == newcomer.device)
        {
            return Err(Violation::AlreadyAMember);
        }
        let of_user = self.members.iter().filter(|(user, ..)| *user == newcomer.user);
        if of_user.count() >= DEVICES_PER_USER_MAX || self.members.len() >= MEMBERS_MAX {
            return Err(Violation::TooMany);
        }
        self.members.push((newcomer.user, newcomer.device, None));
        Ok(())
    }

    fn people(&self) -> BTreeSet<UserId> {
        self.members.iter().map(|(user, ..)| *user).collect()
    }

    /// What must be true after every commit.
    fn check(&self, before: &GroupBefore<'_>) -> Result<(), Violation> {
        let people = self.people();
        let people_before: BTreeSet<UserId> = before.members.iter().map(|m| m.user).collect();
        if people.len() > people_before.len() && people.len() > self.profile.people_max() {
            return Err(Violation::Full);
        }
        if self.profile.kind == ConversationKind::Direct {
            return Ok(());
        }
        let owner = people.iter().any(|user| self.profile.role(*user) == Role::Owner);
        let absent =
            |entry: &RoleOf| matches!(entry.role, Role::Admin | Role::Owner) && !people.contains(&entry.user);
        if !owner {
            return Err(Violation::NoOwner);
        }
        if self.profile.roles.iter().any(absent) {
            return Err(Violation::Profile);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
