//! What a commit tells: who came and went, and what of the profile changed.

use super::{Actor, Event, Happening, just};
use std::collections::BTreeSet;
use undertone_mls::{CommitApplied, Member};
use undertone_wire::UserId;
use undertone_wire::group::{GroupProfile, Role};

/// Who came and went with a commit, by person: another device of somebody who is there is no news.
pub(super) struct People {
    pub(super) came: BTreeSet<UserId>,
    went: BTreeSet<UserId>,
    now: BTreeSet<UserId>,
}

impl People {
    pub(super) fn of(applied: &CommitApplied, members: &[Member]) -> Self {
        let is_in = |list: &[Member], device| list.iter().any(|member| member.device == device);
        let mut before: BTreeSet<UserId> = applied.removed.iter().map(|member| member.user).collect();
        let mut now: BTreeSet<UserId> = applied.added.iter().map(|member| member.user).collect();
        for member in members {
            let added = is_in(&applied.added, member.device);
            // The tree of a device that was removed may be the one from before.
            let removed = is_in(&applied.removed, member.device);
            if !added {
                before.insert(member.user);
            }
            if added || !removed {
                now.insert(member.user);
            }
        }
        Self {
            came: now.difference(&before).copied().collect(),
            went: before.difference(&now).copied().collect(),
            now,
        }
    }
}

pub(super) fn people_events(applied: &CommitApplied, people: &People) -> Vec<(Actor, Event)> {
    let committer = actor(applied.committer);
    let mut told = Vec::new();
    let (joined, added): (Vec<UserId>, Vec<UserId>) = people
        .came
        .iter()
        .partition(|user| applied.external && **user == committer.user);
    if !joined.is_empty() {
        told.push((committer, just(Happening::Joined)));
    }
    let is_banned = |profile: &GroupProfile, user| profile.banned.iter().any(|banned| banned.user == user);
    let mut removed = Vec::new();
    let mut banned = Vec::new();
    for user in &people.went {
        let left = applied.left.iter().find(|member| member.user == *user);
        if let Some(member) = left {
            told.push((actor(*member), just(Happening::Left)));
        } else if is_banned(&applied.after, *user) {
            banned.push(*user);
        } else {
            removed.push(*user);
        }
    }
    let lists = [
        (Happening::Added, added),
        (Happening::Removed, removed),
        (Happening::Banned, banned),
    ];
    for (what, whom) in lists {
        if !whom.is_empty() {
            told.push((committer, Event { what, whom }));
        }
    }
    told
}

pub(super) fn profile_events(applied: &CommitApplied, people: &People) -> Vec<(Actor, Event)> {
    let (before, after) = (&applied.before, &applied.after);
    let mut told = Vec::new();
    let stayed = people.now.difference(&people.came);
    let changed: Vec<UserId> = stayed
        .filter(|user| before.role(**user) != after.role(**user))
        .copied()
        .collect();
    for role in [Role::Owner, Role::Admin, Role::Member, Role::ReadOnly] {
        let whom: Vec<UserId> = changed
            .iter()
            .filter(|user| after.role(**user) == role)
            .copied()
            .collect();
        if !whom.is_empty() {
            told.push(Event {
                what: Happening::RoleChanged(role),
                whom,
            });
        }
    }
    let unbanned: Vec<UserId> = before
        .banned
        .iter()
        .filter(|banned| !after.banned.contains(banned))
        .map(|banned| banned.user)
        .collect();
    if !unbanned.is_empty() {
        told.push(Event {
            what: Happening::Unbanned,
            whom: unbanned,
        });
    }
    if before.capacity != after.capacity {
        told.push(just(Happening::CapacityChanged(after.capacity)));
    }
    if before.slow_mode_seconds != after.slow_mode_seconds {
        told.push(just(Happening::SlowModeChanged(after.slow_mode_seconds)));
    }
    if before.retention_seconds != after.retention_seconds {
        told.push(just(Happening::RetentionChanged(after.retention_seconds)));
    }
    told.extend(door_events(applied, people));
    if applied.renamed.is_some() {
        told.push(just(Happening::BecameAccount));
    }
    let who = actor(applied.committer);
    told.into_iter().map(|event| (who, event)).collect()
}

/// A kick locks the door and the next link opens it: those two are not told.
fn door_events(applied: &CommitApplied, people: &People) -> Vec<Event> {
    let (Some(before), Some(after)) = (applied.before.room, applied.after.room) else {
        return Vec::new();
    };
    let mut told = Vec::new();
    let rotated = before.rotation != after.rotation;
    if rotated {
        told.push(just(Happening::LinkChanged));
    }
    let by_the_way = if after.locked {
        !people.went.is_empty()
    } else {
        rotated
    };
    if before.locked != after.locked && !by_the_way {
        told.push(just(Happening::LockChanged(after.locked)));
    }
    if before.knock != after.knock {
        told.push(just(Happening::KnockChanged(after.knock)));
    }
    if before.expires_at != after.expires_at {
        told.push(just(Happening::ClosingChanged(after.expires_at)));
    }
    told
}

const fn actor(member: Member) -> Actor {
    Actor {
        user: member.user,
        device: member.device,
    }
}
