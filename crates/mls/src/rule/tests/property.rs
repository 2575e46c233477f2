//! Whatever is committed: nobody ever acts above their role. The invariants are said here in words of
//! their own, not by the functions under test.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

const PEOPLE: [UserId; 5] = [ADA, BEN, CY, DOT, EVE];
const ROLES: [Role; 4] = [Role::ReadOnly, Role::Member, Role::Admin, Role::Owner];

#[derive(Debug, Clone)]
enum Step {
    Add(usize, u8),
    Remove(u32),
    SelfRemove(u32),
    Role(usize, usize),
    Clear,
    Capacity(u32),
    Lock(bool),
    Rotate(u32),
    Ban(usize),
    Pardon(usize),
    SlowMode(u32),
    Retention(Option<u32>),
}

/// Who commits, and what.
#[derive(Debug, Clone)]
enum Deed {
    /// A member.
    Inside(u32, Vec<Step>),
    /// Somebody with the link, or without; perhaps in the place of a leaf.
    Outside {
        who: usize,
        device: u8,
        remove: Option<u32>,
        with_psk: bool,
    },
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0usize..5, 0u8..60).prop_map(|(who, device)| Step::Add(who, device)),
        3 => (0u32..9).prop_map(Step::Remove),
        2 => (0u32..9).prop_map(Step::SelfRemove),
        4 => (0usize..5, 0usize..4).prop_map(|(who, role)| Step::Role(who, role)),
        3 => Just(Step::Clear),
        1 => (0u32..7).prop_map(Step::Capacity),
        1 => any::<bool>().prop_map(Step::Lock),
        1 => (0u32..3).prop_map(Step::Rotate),
        1 => (0usize..5).prop_map(Step::Ban),
        1 => (0usize..5).prop_map(Step::Pardon),
        1 => (0u32..100).prop_map(Step::SlowMode),
        1 => prop::option::of(60u32..9000).prop_map(Step::Retention),
    ]
}

fn any_deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        3 => (0u32..9, prop::collection::vec(any_step(), 0..4))
            .prop_map(|(leaf, steps)| Deed::Inside(leaf, steps)),
        1 => (0usize..5, 0u8..60, prop::option::of(0u32..9), prop::bool::weighted(0.8)).prop_map(
            |(who, device, remove, with_psk)| Deed::Outside {
                who,
                device,
                remove,
                with_psk,
            }
        ),
    ]
}

/// The proposals of some steps: at most one profile, which holds all changes.
fn proposals(scene: &Scene, steps: &[Step]) -> Vec<ProposalAction> {
    let mut profile = scene.profile.clone();
    let mut proposals = Vec::new();
    let mut clear = false;
    for step in steps {
        match step {
            Step::Add(who, device) => proposals.push(add(PEOPLE[*who], *device)),
            Step::Remove(leaf) => proposals.push(ProposalAction::Remove(*leaf)),
            Step::SelfRemove(leaf) => proposals.push(ProposalAction::SelfRemove(*leaf)),
            Step::Role(who, role) => profile.set_role(PEOPLE[*who], ROLES[*role]),
            Step::Clear => clear = true,
            Step::Capacity(capacity) => profile.capacity = *capacity,
            Step::Lock(locked) => profile.room.iter_mut().for_each(|room| room.locked = *locked),
            Step::Rotate(by) => profile.room.iter_mut().for_each(|room| room.rotation += by),
            Step::Ban(who) => profile.ban(Banned {
                user: PEOPLE[*who],
                identity: newcomer(PEOPLE[*who], 0).identity,
            }),
            Step::Pardon(who) => profile.banned.retain(|banned| banned.user != PEOPLE[*who]),
            Step::SlowMode(seconds) => profile.slow_mode_seconds = *seconds,
            Step::Retention(seconds) => profile.retention_seconds = *seconds,
        }
    }
    if clear {
        profile.clear_roles_but(&after(scene, &proposals).iter().map(|(user, _)| *user).collect());
    }
    if profile != scene.profile {
        proposals.push(ProposalAction::Profile(profile));
    }
    proposals
}

/// Who would be in.
fn after(scene: &Scene, proposals: &[ProposalAction]) -> Vec<(UserId, DeviceId)> {
    let mut members = scene.members.clone();
    let mut come = Vec::new();
    for proposal in proposals {
        match proposal {
            ProposalAction::Add(newcomer) => come.push((newcomer.user, newcomer.device)),
            ProposalAction::Remove(leaf) | ProposalAction::SelfRemove(leaf) => {
                members.retain(|member| member.leaf != *leaf);
            }
            _ => {}
        }
    }
    members.iter().map(|m| (m.user, m.device)).chain(come).collect()
}

fn check_roles(scene: &Scene, committer: UserId, proposals: &[ProposalAction]) -> Result<(), TestCaseError> {
    let old: BTreeMap<UserId, Role> = PEOPLE
        .iter()
        .map(|user| (*user, scene.profile.role(*user)))
        .collect();
    let own = old[&committer];
    let people: BTreeSet<UserId> = after(scene, proposals).iter().map(|(user, _)| *user).collect();
    let mut new = old.clone();
    for proposal in proposals {
        let ProposalAction::Profile(profile) = proposal else {
            continue;
        };
        prop_assert_eq!(profile.kind, scene.profile.kind);
        if profile.capacity != scene.profile.capacity || profile.room != scene.profile.room {
            prop_assert!(own >= Role::Admin);
        }
        let terms = |profile: &GroupProfile| (profile.slow_mode_seconds, profile.retention_seconds);
        if profile.banned != scene.profile.banned || terms(profile) != terms(&scene.profile) {
            prop_assert!(own >= Role::Admin);
        }
        for banned in &profile.banned {
            prop_assert!(!people.contains(&banned.user));
        }
        new = PEOPLE.iter().map(|user| (*user, profile.role(*user))).collect();
    }
    for user in PEOPLE {
        let (from, to) = (old[&user], new[&user]);
        if to > from {
            // Nobody raises themselves, or anyone above what they are.
            prop_assert!(own >= Role::Admin && user != committer && to <= own && from < own);
            prop_assert!(to < Role::Admin || own == Role::Owner);
        }
        if to < from && people.contains(&user) && user != committer {
            prop_assert!(own > from);
        }
    }
    prop_assert!(people.iter().any(|user| new[user] == Role::Owner));
    prop_assert!(
        PEOPLE
            .iter()
            .all(|user| new[user] <= Role::Member || people.contains(user))
    );
    Ok(())
}

fn check_people(scene: &Scene, committer: UserId, proposals: &[ProposalAction]) -> Result<(), TestCaseError> {
    let own = scene.profile.role(committer);
    for proposal in proposals {
        match proposal {
            ProposalAction::Add(newcomer) => {
                prop_assert!(newcomer.user == committer || own >= Role::Admin);
            }
            ProposalAction::Remove(leaf) => {
                let removed = scene.members.iter().find(|m| m.leaf == *leaf).unwrap().user;
                prop_assert!(removed == committer || own >= Role::Admin && own > scene.profile.role(removed));
            }
            _ => {}
        }
    }
    let mut devices: Vec<_> = after(scene, proposals)
        .iter()
        .map(|(_, device)| *device)
        .collect();
    let count = devices.len();
    devices.sort_unstable();
    devices.dedup();
    prop_assert_eq!(devices.len(), count);
    Ok(())
}

/// The group after a commit that was allowed.
fn apply(scene: &mut Scene, proposals: &[ProposalAction]) {
    let mut free: Vec<u32> = (0..16).collect();
    for proposal in proposals {
        match proposal {
            ProposalAction::Profile(profile) => scene.profile = profile.clone(),
            ProposalAction::Remove(leaf) | ProposalAction::SelfRemove(leaf) => {
                scene.members.retain(|member| member.leaf != *leaf);
            }
            _ => {}
        }
    }
    free.retain(|leaf| scene.members.iter().all(|member| member.leaf != *leaf));
    for proposal in proposals {
        if let ProposalAction::Add(newcomer) = proposal {
            scene.members.push(Member {
                leaf: free.remove(0),
                user: newcomer.user,
                device: newcomer.device,
            });
        }
    }
}

/// A member commits; nothing happens if that is refused.
fn act(scene: &mut Scene, leaf: u32, steps: &[Step]) -> Result<(), TestCaseError> {
    let proposals = proposals(scene, steps);
    if scene.by(leaf, &proposals).is_err() {
        return Ok(());
    }
    let committer = scene.members.iter().find(|member| member.leaf == leaf);
    prop_assert!(committer.is_some());
    let committer = committer.unwrap().user;
    check_roles(scene, committer, &proposals)?;
    check_people(scene, committer, &proposals)?;
    apply(scene, &proposals);
    Ok(())
}

/// Somebody comes in from outside, unless that is refused: by the link of an open room, not banned, and
/// with no more than they had if they were inside.
fn come_in(scene: &mut Scene, who: Newcomer, proposals: &[ProposalAction]) -> Result<(), TestCaseError> {
    if scene.external(who, proposals).is_err() {
        return Ok(());
    }
    let is_member = scene.members.iter().any(|member| member.user == who.user);
    prop_assert!(!scene.profile.banned.iter().any(|banned| banned.user == who.user));
    if let Some(room) = scene.profile.room {
        prop_assert!(proposals.contains(&psk()));
        prop_assert!(is_member || !room.locked);
    } else {
        prop_assert!(is_member, "a group has no door");
    }
    let gone = proposals.iter().find_map(|proposal| match proposal {
        ProposalAction::Remove(leaf) => scene.members.iter().find(|member| member.leaf == *leaf),
        _ => None,
    });
    prop_assert!(gone.is_none_or(|gone| gone.user == who.user));
    let role = scene.profile.role(who.user);
    prop_assert!(is_member || role <= Role::Member);
    let before = scene.profile.clone();
    apply(scene, proposals);
    apply(scene, &[ProposalAction::Add(who)]);
    prop_assert_eq!(&scene.profile, &before);
    let devices: BTreeSet<DeviceId> = scene.members.iter().map(|member| member.device).collect();
    prop_assert_eq!(devices.len(), scene.members.len());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// A long sequence of commits, each by anyone and of anything: what is allowed keeps to the roles.
    #[test]
    fn no_one_ever_acts_above_their_role(
        is_room in any::<bool>(),
        deeds in prop::collection::vec(any_deed(), 1..12),
    ) {
        let mut scene = if is_room { Scene::room() } else { Scene::group() };
        for deed in &deeds {
            match deed {
                Deed::Inside(leaf, steps) => act(&mut scene, *leaf, steps)?,
                Deed::Outside { who, device, remove, with_psk } => {
                    let newcomer = newcomer(PEOPLE[*who], *device);
                    let mut proposals = vec![EXTERNAL];
                    proposals.extend(remove.map(ProposalAction::Remove));
                    proposals.extend(with_psk.then(psk));
                    come_in(&mut scene, newcomer, &proposals)?;
                }
            }
            prop_assert_eq!(judge_group(&scene.before()), Ok(()));
        }
    }

    /// From outside comes one device and nothing else changes.
    #[test]
    fn an_external_commit_changes_nothing_but_its_own_user(
        who in 0usize..5,
        device in 0u8..60,
        remove in prop::option::of(0u32..6),
        with_psk in any::<bool>(),
    ) {
        let scene = Scene::room();
        let mut proposals = vec![EXTERNAL];
        proposals.extend(remove.map(ProposalAction::Remove));
        proposals.extend(with_psk.then(psk));
        if scene.external(newcomer(PEOPLE[who], device), &proposals).is_ok() {
            prop_assert!(with_psk);
            let gone = remove.map(|leaf| scene.members.iter().find(|m| m.leaf == leaf).unwrap().user);
            prop_assert!(gone.is_none_or(|gone| gone == PEOPLE[who]));
        }
    }
}
