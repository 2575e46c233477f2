//! Conversations of two people.

use super::*;

#[test]
fn a_member_may_update_add_devices_of_both_and_remove_their_own() {
    let scene = Scene::direct();
    assert_eq!(scene.by(0, &[]), Ok(()));
    assert_eq!(scene.by(0, &[add(ADA, 12)]), Ok(()));
    assert_eq!(scene.by(0, &[add(BEN, 21)]), Ok(()));
    assert_eq!(scene.by(0, &[ProposalAction::Remove(2)]), Ok(()));
    assert_eq!(scene.by(2, &[ProposalAction::Remove(0)]), Ok(()));
    assert_eq!(scene.by(0, &[ProposalAction::SelfRemove(1)]), Ok(()));
}

#[test]
fn strangers_may_nothing() {
    let scene = Scene::direct();
    assert_eq!(scene.by(3, &[]), Err(Violation::NotAMember));
    assert_eq!(scene.by(0, &[add(EVE, 90)]), Err(Violation::ForeignUser));
    assert_eq!(
        scene.external(newcomer(EVE, 90), &[EXTERNAL]),
        Err(Violation::ExternalCommit)
    );
}

#[test]
fn a_new_device_of_either_person_comes_by_itself() {
    let scene = Scene::direct();
    assert_eq!(scene.external(newcomer(BEN, 21), &[EXTERNAL]), Ok(()));
    let mut lost = scene.clone();
    lost.members.retain(|member| member.user != BEN);
    assert_eq!(lost.external(newcomer(BEN, 21), &[EXTERNAL]), Ok(()));
    assert_eq!(
        scene.external(newcomer(BEN, 21), &[EXTERNAL, psk()]),
        Err(Violation::Psk)
    );
}

#[test]
fn nobody_removes_the_other_person_or_nobody() {
    let scene = Scene::direct();
    let remove = ProposalAction::Remove;
    assert_eq!(scene.by(0, &[remove(1)]), Err(Violation::Role));
    assert_eq!(scene.by(1, &[remove(0)]), Err(Violation::Role));
    assert_eq!(scene.by(0, &[remove(3)]), Err(Violation::NobodyToRemove));
    assert_eq!(
        scene.by(0, &[remove(2), remove(2)]),
        Err(Violation::NobodyToRemove)
    );
    assert_eq!(
        scene.by(0, &[ProposalAction::SelfRemove(7)]),
        Err(Violation::NobodyToRemove)
    );
}

#[test]
fn a_device_has_one_leaf() {
    let scene = Scene::direct();
    assert_eq!(scene.by(0, &[add(BEN, 20)]), Err(Violation::AlreadyAMember));
    assert_eq!(
        scene.by(0, &[add(BEN, 21), add(BEN, 21)]),
        Err(Violation::AlreadyAMember)
    );
    assert_eq!(scene.by(0, &[ProposalAction::Remove(2), add(ADA, 11)]), Ok(()));
    assert_eq!(scene.by(0, &[add(ADA, 11), ProposalAction::Remove(2)]), Ok(()));
}

#[test]
fn other_proposals_and_forms_are_refused() {
    let scene = Scene::direct();
    for kind in [ProposalAction::Other, EXTERNAL, psk()] {
        assert_eq!(scene.by(0, &[kind]), Err(Violation::ProposalKind));
    }
    assert_eq!(
        scene.by(0, &[ProposalAction::ByReference]),
        Err(Violation::StandAloneProposal)
    );
    let profile = ProposalAction::Profile(scene.profile.clone());
    assert_eq!(scene.by(0, &[profile]), Err(Violation::ProposalKind));
}

#[test]
fn a_device_stays_who_it_is_unless_a_guest_becomes_an_account() {
    let scene = Scene::direct();
    let with = |certificate| CommitActions {
        certificate,
        ..by(0, &[])
    };
    assert_eq!(
        scene.judge(&with(CertificateChange::Other)),
        Err(Violation::IdentityChanged)
    );
    assert_eq!(scene.judge(&with(CertificateChange::BecameAccount)), Ok(()));
}

#[test]
fn the_number_of_devices_is_limited_for_each_user() {
    let scene = Scene::direct();
    let adds = |count: usize| -> Vec<_> {
        (0..count)
            .map(|n| add(ADA, 100 + u8::try_from(n).unwrap()))
            .collect()
    };
    let free = DEVICES_PER_USER_MAX - 2;
    assert_eq!(scene.by(0, &adds(free)), Ok(()));
    assert_eq!(scene.by(0, &adds(free + 1)), Err(Violation::TooMany));
}

#[test]
fn a_group_that_is_found_has_the_two_and_nobody_else() {
    let mut scene = Scene::direct();
    assert_eq!(judge_group(&scene.before()), Ok(()));
    scene.members.push(member(5, EVE, 90));
    assert_eq!(judge_group(&scene.before()), Err(Violation::ForeignUser));
}
