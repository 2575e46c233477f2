//! Groups: who adds, removes and leaves.

use super::*;

#[test]
fn admins_add_people_and_everyone_their_own_devices() {
    let scene = Scene::group();
    for leaf in [0, 1] {
        assert_eq!(scene.by(leaf, &[add(EVE, 90)]), Ok(()));
    }
    for leaf in [2, 3] {
        assert_eq!(scene.by(leaf, &[add(EVE, 90)]), Err(Violation::Role));
    }
    assert_eq!(scene.by(2, &[add(CY, 31)]), Ok(()));
    assert_eq!(scene.by(3, &[add(DOT, 41)]), Ok(()));
    assert_eq!(scene.by(3, &[add(CY, 31)]), Err(Violation::Role));
}

#[test]
fn people_are_removed_from_above_only() {
    let scene = Scene::group();
    let remove = |leaf, whom| scene.by(leaf, &[ProposalAction::Remove(whom)]);
    assert_eq!(remove(0, 2), Ok(()));
    assert_eq!(remove(1, 2), Ok(()));
    assert_eq!(remove(1, 3), Ok(()));
    assert_eq!(remove(1, 0), Err(Violation::Role));
    assert_eq!(remove(2, 3), Err(Violation::Role));
    assert_eq!(remove(3, 2), Err(Violation::Role));
    assert_eq!(remove(2, 0), Err(Violation::Role));
    let mut peers = scene.clone();
    peers.profile.set_role(CY, Role::Admin);
    assert_eq!(peers.by(1, &[ProposalAction::Remove(2)]), Err(Violation::Role));
    peers.profile.set_role(CY, Role::Owner);
    assert_eq!(peers.by(0, &[ProposalAction::Remove(2)]), Err(Violation::Role));
}

#[test]
fn a_role_above_member_goes_with_its_bearer() {
    let scene = Scene::group();
    let gone = ProposalAction::Remove(1);
    assert_eq!(scene.by(0, std::slice::from_ref(&gone)), Err(Violation::Profile));
    assert_eq!(scene.by(0, &[gone, scene.role(BEN, Role::Member)]), Ok(()));
    // Who is muted stays muted for when they come back.
    assert_eq!(scene.by(0, &[ProposalAction::Remove(3)]), Ok(()));
}

#[test]
fn anyone_lets_go_who_asks_for_it() {
    let scene = Scene::group();
    assert_eq!(scene.by(3, &[ProposalAction::SelfRemove(2)]), Ok(()));
    assert_eq!(
        scene.by(3, &[ProposalAction::SelfRemove(1)]),
        Err(Violation::Profile)
    );
    let cleared = [ProposalAction::SelfRemove(1), scene.role(BEN, Role::Member)];
    assert_eq!(scene.by(3, &cleared), Ok(()));
    let more = [
        ProposalAction::SelfRemove(1),
        scene.change(|profile| {
            profile.set_role(BEN, Role::Member);
            profile.set_role(CY, Role::Admin);
        }),
    ];
    assert_eq!(scene.by(3, &more), Err(Violation::Role));
}

#[test]
fn the_last_owner_hands_over_before_leaving() {
    let scene = Scene::group();
    let leave = ProposalAction::SelfRemove;
    assert_eq!(scene.by(1, &[leave(4)]), Ok(()));
    assert_eq!(scene.by(1, &[leave(0), leave(4)]), Err(Violation::NoOwner));
    assert_eq!(judge_leave(&scene.before(), &[], 4), Ok(()));
    assert_eq!(judge_leave(&scene.before(), &[4], 0), Err(Violation::NoOwner));
    assert_eq!(judge_leave(&scene.before(), &[4], 1), Ok(()));
    assert_eq!(
        judge_leave(&scene.before(), &[], 9),
        Err(Violation::NobodyToRemove)
    );
    let step_down = scene.role(ADA, Role::Member);
    assert_eq!(scene.by(0, &[step_down]), Err(Violation::NoOwner));
    let hand_over = scene.change(|profile| {
        profile.set_role(BEN, Role::Owner);
        profile.set_role(ADA, Role::Member);
    });
    assert_eq!(scene.by(0, &[hand_over]), Ok(()));
}

#[test]
fn a_group_takes_so_many_people_and_not_more() {
    let mut scene = Scene::group();
    assert_eq!(scene.by(0, &[add(EVE, 90)]), Ok(()));
    scene.profile.capacity = 4;
    assert_eq!(scene.by(0, &[add(EVE, 90)]), Err(Violation::Full));
    // Another device is not another person, and whoever is in stays in.
    assert_eq!(scene.by(0, &[add(CY, 31)]), Ok(()));
    scene.profile.capacity = 2;
    assert_eq!(scene.by(0, &[add(CY, 31)]), Ok(()));
    let swap = [ProposalAction::Remove(2), add(EVE, 90)];
    assert_eq!(scene.by(0, &swap), Ok(()));
}

#[test]
fn the_number_of_members_is_limited() {
    let id = |leaf: u32| {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&leaf.to_be_bytes());
        id
    };
    let members = (0..u32::try_from(MEMBERS_MAX).unwrap()).map(|leaf| Member {
        leaf,
        user: UserId::from_bytes(id(leaf / 2)),
        device: DeviceId::from_bytes(id(leaf)),
    });
    let mut profile = GroupProfile::group(UserId::from_bytes(id(0)));
    profile.capacity = u32::try_from(MEMBERS_MAX).unwrap();
    let mut scene = Scene {
        profile,
        members: members.collect(),
    };
    assert_eq!(scene.by(0, &[add(EVE, 90)]), Err(Violation::TooMany));
    scene.members.pop();
    assert_eq!(scene.by(0, &[add(EVE, 90)]), Ok(()));
}

#[test]
fn nobody_comes_into_a_group_from_outside_but_devices_of_members() {
    let scene = Scene::group();
    assert_eq!(
        scene.external(newcomer(EVE, 90), &[EXTERNAL]),
        Err(Violation::ExternalCommit)
    );
    assert_eq!(scene.external(newcomer(CY, 31), &[EXTERNAL]), Ok(()));
    let again = [EXTERNAL, ProposalAction::Remove(2)];
    assert_eq!(scene.external(newcomer(CY, 30), &again), Ok(()));
    assert_eq!(
        scene.external(newcomer(CY, 30), &[EXTERNAL]),
        Err(Violation::AlreadyAMember)
    );
    let other = [EXTERNAL, ProposalAction::Remove(3)];
    assert_eq!(scene.external(newcomer(CY, 31), &other), Err(Violation::Role));
    let nobody = [EXTERNAL, ProposalAction::Remove(9)];
    assert_eq!(
        scene.external(newcomer(CY, 31), &nobody),
        Err(Violation::NobodyToRemove)
    );
}

#[test]
fn a_found_group_has_an_owner() {
    let mut scene = Scene::group();
    assert_eq!(judge_group(&scene.before()), Ok(()));
    scene.members.retain(|member| member.user != ADA);
    assert_eq!(judge_group(&scene.before()), Err(Violation::NoOwner));
}
