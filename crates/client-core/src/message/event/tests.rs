//! Which rows a commit leaves in the timeline.

use super::*;
use undertone_mls::Member;
use undertone_wire::IdentityHash;
use undertone_wire::group::{Banned, GroupProfile, RoomTerms};

const ADA: UserId = UserId::from_bytes([1; 16]);
const BEN: UserId = UserId::from_bytes([2; 16]);
const CY: UserId = UserId::from_bytes([3; 16]);
const DEE: UserId = UserId::from_bytes([4; 16]);

fn member(leaf: u8, user: UserId) -> Member {
    Member {
        leaf: u32::from(leaf),
        user,
        device: DeviceId::from_bytes([leaf; 16]),
    }
}

fn room() -> GroupProfile {
    let terms = RoomTerms {
        rotation: 1,
        locked: false,
        knock: false,
        expires_at: None,
    };
    GroupProfile::room(ADA, terms)
}

/// Ada's commit that changes nothing.
fn nothing() -> CommitApplied {
    CommitApplied {
        committer: member(0, ADA),
        added: Vec::new(),
        removed: Vec::new(),
        left: Vec::new(),
        external: false,
        before: room(),
        after: room(),
        renamed: None,
        seen: None,
        own_device_removed: false,
    }
}

/// What is told, with who did it.
fn told(applied: &CommitApplied, members: &[Member]) -> Vec<(UserId, Happening, Vec<UserId>)> {
    let people = People::of(applied, members);
    let mut told = people_events(applied, &people);
    told.extend(profile_events(applied, &people));
    told.into_iter()
        .map(|(who, event)| (who.user, event.what, event.whom))
        .collect()
}

#[test]
fn people_come_and_go_with_all_their_devices() {
    let inside = [member(0, ADA), member(1, BEN)];
    assert_eq!(told(&nothing(), &inside), []);

    let added = vec![member(2, CY), member(3, CY), member(4, DEE)];
    let members: Vec<_> = inside.iter().chain(&added).copied().collect();
    let applied = CommitApplied { added, ..nothing() };
    assert_eq!(told(&applied, &members), [(ADA, Happening::Added, vec![CY, DEE])]);

    let second_device = CommitApplied {
        added: vec![member(2, BEN)],
        ..nothing()
    };
    let members = [inside.as_slice(), &[member(2, BEN)]].concat();
    assert_eq!(told(&second_device, &members), []);
    let one_device_less = CommitApplied {
        removed: vec![member(2, BEN)],
        ..nothing()
    };
    assert_eq!(told(&one_device_less, &inside), []);

    let removed = CommitApplied {
        removed: vec![member(1, BEN), member(2, CY)],
        left: vec![member(2, CY)],
        ..nothing()
    };
    assert_eq!(
        told(&removed, &[member(0, ADA)]),
        [
            (CY, Happening::Left, vec![]),
            (ADA, Happening::Removed, vec![BEN])
        ]
    );
}

#[test]
fn whoever_comes_by_the_link_joins_and_whoever_comes_again_was_never_away() {
    let comes = CommitApplied {
        committer: member(2, CY),
        added: vec![member(2, CY)],
        external: true,
        ..nothing()
    };
    let members = [member(0, ADA), member(2, CY)];
    assert_eq!(told(&comes, &members), [(CY, Happening::Joined, vec![])]);
    let again = CommitApplied {
        removed: vec![Member {
            leaf: 1,
            ..member(2, CY)
        }],
        ..comes
    };
    assert_eq!(told(&again, &members), []);
}

#[test]
fn who_is_put_out_is_told_even_by_the_tree_from_before() {
    let removed = CommitApplied {
        removed: vec![member(1, BEN)],
        own_device_removed: true,
        ..nothing()
    };
    let from_before = [member(0, ADA), member(1, BEN)];
    assert_eq!(
        told(&removed, &from_before),
        [(ADA, Happening::Removed, vec![BEN])]
    );
}

#[test]
fn a_ban_is_told_once_and_the_lock_that_goes_with_a_kick_is_not() {
    let mut kick = CommitApplied {
        removed: vec![member(1, BEN)],
        ..nothing()
    };
    kick.after.room.as_mut().unwrap().locked = true;
    kick.after.ban(Banned {
        user: BEN,
        identity: IdentityHash::from_bytes([9; 16]),
    });
    let members = [member(0, ADA)];
    assert_eq!(told(&kick, &members), [(ADA, Happening::Banned, vec![BEN])]);

    let mut link = CommitApplied {
        before: kick.after.clone(),
        after: kick.after.clone(),
        ..nothing()
    };
    let door = link.after.room.as_mut().unwrap();
    (door.rotation, door.locked) = (2, false);
    assert_eq!(told(&link, &members), [(ADA, Happening::LinkChanged, vec![])]);

    let mut lock = nothing();
    lock.after.room.as_mut().unwrap().locked = true;
    assert_eq!(
        told(&lock, &members),
        [(ADA, Happening::LockChanged(true), vec![])]
    );

    let mut pardon = CommitApplied {
        before: kick.after.clone(),
        after: kick.after,
        ..nothing()
    };
    pardon.after.banned.clear();
    assert_eq!(told(&pardon, &members), [(ADA, Happening::Unbanned, vec![BEN])]);
}

#[test]
fn roles_and_terms_are_told_as_they_are_now() {
    let mut change = nothing();
    change.after.set_role(BEN, Role::ReadOnly);
    change.after.set_role(CY, Role::Admin);
    // Somebody who is not inside.
    change.after.set_role(DEE, Role::ReadOnly);
    change.after.capacity = 12;
    change.after.slow_mode_seconds = 30;
    change.after.retention_seconds = Some(60);
    let end = Timestamp::from_millis(7);
    let door = change.after.room.as_mut().unwrap();
    (door.knock, door.expires_at) = (true, Some(end));
    let members = [member(0, ADA), member(1, BEN), member(2, CY)];
    let expected = [
        (Happening::RoleChanged(Role::Admin), vec![CY]),
        (Happening::RoleChanged(Role::ReadOnly), vec![BEN]),
        (Happening::CapacityChanged(12), vec![]),
        (Happening::SlowModeChanged(30), vec![]),
        (Happening::RetentionChanged(Some(60)), vec![]),
        (Happening::KnockChanged(true), vec![]),
        (Happening::ClosingChanged(Some(end)), vec![]),
    ];
    let expected: Vec<_> = expected.map(|(what, whom)| (ADA, what, whom)).into();
    assert_eq!(told(&change, &members), expected);
}
