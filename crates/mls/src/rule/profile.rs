//! What a commit may make of a group's profile, and what a profile must be at all times.

use super::Violation;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use undertone_wire::UserId;
use undertone_wire::conversation::ConversationKind;
use undertone_wire::group::{GroupProfile, Role, RoomTerms};
use undertone_wire::limits::{BANNED_MAX, EXPIRY_SECONDS_MIN, MEMBERS_MAX, SLOW_MODE_SECONDS_MAX};

/// Roles that are remembered: of members, and of those who left while they were read-only.
const ROLES_MAX: usize = 2 * MEMBERS_MAX;

/// Judges the change of a profile by a member. `people` are those who are members after the commit.
pub(super) fn judge(
    old: &GroupProfile,
    new: &GroupProfile,
    committer: UserId,
    people: &BTreeSet<UserId>,
) -> Result<(), Violation> {
    check(new)?;
    if old.kind == ConversationKind::Direct {
        return Err(Violation::ProposalKind);
    }
    if old.kind != new.kind || !may_follow(old.room, new.room) {
        return Err(Violation::Profile);
    }
    let role = old.role(committer);
    if !is_same_but_roles(old, new) && role < Role::Admin {
        return Err(Violation::Role);
    }
    if new.banned.iter().any(|banned| people.contains(&banned.user)) {
        return Err(Violation::Banned);
    }
    let named: BTreeSet<UserId> = old
        .roles
        .iter()
        .chain(&new.roles)
        .map(|entry| entry.user)
        .collect();
    for user in named {
        let change = RoleChange {
            from: old.role(user),
            to: new.role(user),
            own: user == committer,
            gone: !people.contains(&user),
        };
        if !change.is_allowed(role) {
            return Err(Violation::Role);
        }
    }
    Ok(())
}

/// What becomes of one person's role.
struct RoleChange {
    from: Role,
    to: Role,
    own: bool,
    gone: bool,
}

impl RoleChange {
    fn is_allowed(&self, committer: Role) -> bool {
        let direction = self.to.cmp(&self.from);
        if direction == Ordering::Equal {
            return true;
        }
        // Whoever commits somebody's leaving takes their role out.
        let cleared = self.gone && matches!(self.from, Role::Admin | Role::Owner) && self.to == Role::Member;
        let stepped_down = self.own && direction == Ordering::Less && committer >= Role::Admin;
        let below = self.from < committer && !self.own;
        let given = match committer {
            Role::Owner => below,
            Role::Admin => below && self.to < Role::Admin,
            Role::Member | Role::ReadOnly => false,
        };
        cleared || stepped_down || given
    }
}

/// A door stays a door; the link is replaced one at a time.
fn may_follow(old: Option<RoomTerms>, new: Option<RoomTerms>) -> bool {
    match (old, new) {
        (None, None) => true,
        (Some(old), Some(new)) => {
            new.rotation == old.rotation || Some(new.rotation) == old.rotation.checked_add(1)
        }
        _ => false,
    }
}

fn is_same_but_roles(old: &GroupProfile, new: &GroupProfile) -> bool {
    let mut old = old.clone();
    old.roles.clone_from(&new.roles);
    old == *new
}

/// What is true of every profile: sorted, without doubles, within its limits.
pub fn check(profile: &GroupProfile) -> Result<(), Violation> {
    let sorted = profile.users.is_sorted_by(|one, other| one < other)
        && profile.roles.is_sorted_by(|one, other| one.user < other.user)
        && profile.banned.is_sorted_by(|one, other| one < other);
    let plain = profile.roles.iter().all(|entry| entry.role != Role::Member);
    let bounded = profile.roles.len() <= ROLES_MAX
        && profile.banned.len() <= BANNED_MAX
        && (1..=MEMBERS_MAX).contains(&profile.people_max())
        && profile.slow_mode_seconds <= SLOW_MODE_SECONDS_MAX
        && profile
            .retention_seconds
            .is_none_or(|seconds| seconds >= EXPIRY_SECONDS_MIN);
    let fits_kind = match profile.kind {
        ConversationKind::Direct => {
            profile.users.len() == 2
                && profile.roles.is_empty()
                && profile.banned.is_empty()
                && profile.room.is_none()
        }
        ConversationKind::Group => profile.users.is_empty() && profile.room.is_none(),
        ConversationKind::Room => {
            profile.users.is_empty() && profile.room.is_some_and(|room| room.rotation >= 1)
        }
    };
    if sorted && plain && bounded && fits_kind {
        Ok(())
    } else {
        Err(Violation::Profile)
    }
}
