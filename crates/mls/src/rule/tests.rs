//! Every clause of the rule function, kept and broken.

use super::*;
use proptest::prelude::*;
use undertone_wire::DeviceId;

const ADA: UserId = UserId::from_bytes([1; 16]);
const BEN: UserId = UserId::from_bytes([2; 16]);
const EVE: UserId = UserId::from_bytes([9; 16]);

fn member(leaf: u32, user: UserId, device: u8) -> Member {
    Member {
        leaf,
        user,
        device: DeviceId::from_bytes([device; 16]),
    }
}

fn group() -> Vec<Member> {
    vec![member(0, ADA, 10), member(1, BEN, 20), member(2, ADA, 11)]
}

fn verdict(committer: Committer, proposals: &[ProposalAction]) -> Result<(), Violation> {
    let members = group();
    let before = GroupBefore {
        kind: ConversationKind::Direct,
        users: &[ADA, BEN],
        members: &members,
    };
    judge(
        &before,
        &CommitActions {
            committer,
            proposals: proposals.to_vec(),
            changes_identity: false,
        },
    )
}

const BY_ADA: Committer = Committer::Member(0);

#[test]
fn a_member_may_update_add_devices_of_both_and_remove_their_own() {
    assert_eq!(verdict(BY_ADA, &[]), Ok(()));
    assert_eq!(
        verdict(BY_ADA, &[ProposalAction::Add(member(7, ADA, 12))]),
        Ok(())
    );
    assert_eq!(
        verdict(BY_ADA, &[ProposalAction::Add(member(7, BEN, 21))]),
        Ok(())
    );
    assert_eq!(verdict(BY_ADA, &[ProposalAction::Remove(2)]), Ok(()));
    assert_eq!(
        verdict(Committer::Member(2), &[ProposalAction::Remove(0)]),
        Ok(())
    );
}

#[test]
fn strangers_may_nothing() {
    assert_eq!(verdict(Committer::External, &[]), Err(Violation::ExternalCommit));
    assert_eq!(verdict(Committer::Member(3), &[]), Err(Violation::NotAMember));
    assert_eq!(
        verdict(BY_ADA, &[ProposalAction::Add(member(7, EVE, 90))]),
        Err(Violation::ForeignUser)
    );
}

#[test]
fn nobody_removes_the_other_person_or_nobody() {
    assert_eq!(
        verdict(BY_ADA, &[ProposalAction::Remove(1)]),
        Err(Violation::ForeignRemoval)
    );
    assert_eq!(
        verdict(Committer::Member(1), &[ProposalAction::Remove(0)]),
        Err(Violation::ForeignRemoval)
    );
    assert_eq!(
        verdict(BY_ADA, &[ProposalAction::Remove(3)]),
        Err(Violation::NobodyToRemove)
    );
    assert_eq!(
        verdict(BY_ADA, &[ProposalAction::Remove(2), ProposalAction::Remove(2)]),
        Err(Violation::NobodyToRemove)
    );
}

#[test]
fn a_device_has_one_leaf() {
    assert_eq!(
        verdict(BY_ADA, &[ProposalAction::Add(member(7, BEN, 20))]),
        Err(Violation::AlreadyAMember)
    );
    let twice = [
        ProposalAction::Add(member(7, BEN, 21)),
        ProposalAction::Add(member(8, BEN, 21)),
    ];
    assert_eq!(verdict(BY_ADA, &twice), Err(Violation::AlreadyAMember));
    let again = [ProposalAction::Remove(2), ProposalAction::Add(member(7, ADA, 11))];
    assert_eq!(verdict(BY_ADA, &again), Ok(()));
}

#[test]
fn other_proposals_and_forms_are_refused() {
    assert_eq!(
        verdict(BY_ADA, &[ProposalAction::Other]),
        Err(Violation::ProposalKind)
    );
    assert_eq!(
        verdict(BY_ADA, &[ProposalAction::ByReference]),
        Err(Violation::StandAloneProposal)
    );
    let members = group();
    let before = GroupBefore {
        kind: ConversationKind::Direct,
        users: &[ADA, BEN],
        members: &members,
    };
    let commit = CommitActions {
        committer: BY_ADA,
        proposals: vec![],
        changes_identity: true,
    };
    assert_eq!(judge(&before, &commit), Err(Violation::IdentityChanged));
}

#[test]
fn the_number_of_devices_is_limited_for_each_user() {
    let room = DEVICES_PER_USER_MAX - 2;
    let add = |count: usize| -> Vec<_> {
        (0..count)
            .map(|n| ProposalAction::Add(member(50, ADA, 100 + u8::try_from(n).unwrap())))
            .collect()
    };
    assert_eq!(verdict(BY_ADA, &add(room)), Ok(()));
    assert_eq!(verdict(BY_ADA, &add(room + 1)), Err(Violation::TooMany));
}

#[test]
fn the_number_of_members_is_limited() {
    let full: Vec<_> = (0..u32::try_from(MEMBERS_MAX).unwrap())
        .map(|leaf| {
            let mut id = [0; 16];
            id[..4].copy_from_slice(&leaf.to_be_bytes());
            Member {
                leaf,
                user: UserId::from_bytes(id),
                device: DeviceId::from_bytes(id),
            }
        })
        .collect();
    let add = CommitActions {
        committer: Committer::Member(0),
        proposals: vec![ProposalAction::Add(member(7, ADA, 200))],
        changes_identity: false,
    };
    let before = GroupBefore {
        kind: ConversationKind::Direct,
        users: &[ADA],
        members: &full,
    };
    assert_eq!(judge(&before, &add), Err(Violation::TooMany));
    let before = GroupBefore {
        members: &full[1..],
        ..before
    };
    let add = CommitActions {
        committer: Committer::Member(1),
        ..add
    };
    assert_eq!(judge(&before, &add), Ok(()));
}

fn any_proposal() -> impl Strategy<Value = ProposalAction> {
    prop_oneof![
        (0u8..3, 0u8..40).prop_map(|(user, device)| {
            ProposalAction::Add(member(99, [ADA, BEN, EVE][usize::from(user)], device))
        }),
        (0u32..5).prop_map(ProposalAction::Remove),
        Just(ProposalAction::ByReference),
        Just(ProposalAction::Other),
    ]
}

proptest! {
    /// Whatever is committed and allowed, only the two people are in, each device once, and the
    /// other person lost nothing.
    #[test]
    fn an_allowed_commit_keeps_the_conversation_between_the_two(
        leaf in 0u32..4,
        proposals in prop::collection::vec(any_proposal(), 0..6),
    ) {
        if verdict(Committer::Member(leaf), &proposals).is_ok() {
            let mut after = group();
            let committer = after.iter().find(|m| m.leaf == leaf).copied().unwrap();
            let other = if committer.user == ADA { BEN } else { ADA };
            for proposal in &proposals {
                match proposal {
                    ProposalAction::Add(added) => after.push(*added),
                    ProposalAction::Remove(leaf) => after.retain(|m| m.leaf != *leaf),
                    _ => prop_assert!(false, "a kind that is never allowed"),
                }
            }
            prop_assert!(after.iter().all(|m| m.user == ADA || m.user == BEN));
            let mut devices: Vec<_> = after.iter().map(|m| m.device).collect();
            devices.sort_unstable();
            devices.dedup();
            prop_assert_eq!(devices.len(), after.len());
            for member in group().iter().filter(|m| m.user == other) {
                prop_assert!(after.contains(member));
            }
        }
    }
}
