//! What may be agreed on, and who may change it.

use super::*;
use undertone_wire::group::RoleOf;
use undertone_wire::limits::{BANNED_MAX, EXPIRY_SECONDS_MIN, SLOW_MODE_SECONDS_MAX};
use undertone_wire::{PROTOCOL_VERSION, Timestamp};

#[test]
fn roles_are_given_and_taken_from_above_only() {
    use Role::{Admin, Member, Owner, ReadOnly};
    let scene = Scene::group();
    let allowed = [
        // The owner gives and takes what is below, and makes owners.
        (0, BEN, Owner),
        (0, BEN, Member),
        (0, CY, Admin),
        (0, CY, ReadOnly),
        (0, DOT, Member),
        // An admin mutes and lets speak, and may step down.
        (1, CY, ReadOnly),
        (1, DOT, Member),
        (1, BEN, Member),
        (1, BEN, ReadOnly),
    ];
    for (leaf, user, role) in allowed {
        assert_eq!(scene.by(leaf, &[scene.role(user, role)]), Ok(()));
    }
    let refused = [
        (1, BEN, Owner),
        (1, CY, Admin),
        (1, CY, Owner),
        (1, DOT, Admin),
        (1, ADA, Member),
        (2, CY, Admin),
        (2, CY, ReadOnly),
        (2, DOT, Member),
        (3, DOT, Member),
        (3, CY, ReadOnly),
    ];
    for (leaf, user, role) in refused {
        assert_eq!(scene.by(leaf, &[scene.role(user, role)]), Err(Violation::Role));
    }
}

#[test]
fn an_owner_is_demoted_by_nobody_but_themselves() {
    let mut scene = Scene::group();
    scene.profile.set_role(BEN, Role::Owner);
    assert_eq!(scene.by(0, &[scene.role(BEN, Role::Admin)]), Err(Violation::Role));
    assert_eq!(scene.by(1, &[scene.role(BEN, Role::Admin)]), Ok(()));
    let mut admins = Scene::group();
    admins.profile.set_role(CY, Role::Admin);
    assert_eq!(
        admins.by(1, &[admins.role(CY, Role::Member)]),
        Err(Violation::Role)
    );
}

#[test]
fn a_role_above_member_is_for_members() {
    let scene = Scene::group();
    for role in [Role::Admin, Role::Owner] {
        assert_eq!(scene.by(0, &[scene.role(EVE, role)]), Err(Violation::Profile));
    }
    assert_eq!(scene.by(0, &[add(EVE, 90), scene.role(EVE, Role::Admin)]), Ok(()));
    assert_eq!(scene.by(0, &[scene.role(EVE, Role::ReadOnly)]), Ok(()));
}

#[test]
fn terms_are_for_admins() {
    let scene = Scene::room();
    let room = |change: fn(&mut RoomTerms)| scene.change(|profile| change(profile.room.as_mut().unwrap()));
    let changes = [
        scene.change(|profile| profile.capacity = 9),
        scene.change(|profile| profile.slow_mode_seconds = 7),
        scene.change(|profile| profile.retention_seconds = Some(60)),
        scene.change(|profile| {
            profile.ban(Banned {
                user: EVE,
                identity: IdentityHash::from_bytes([9; 16]),
            });
        }),
        room(|room| room.locked = true),
        room(|room| room.knock = true),
        room(|room| room.rotation = 4),
        room(|room| room.expires_at = Some(Timestamp::from_millis(1))),
    ];
    for change in changes {
        assert_eq!(scene.by(0, std::slice::from_ref(&change)), Ok(()));
        assert_eq!(scene.by(1, std::slice::from_ref(&change)), Ok(()));
        assert_eq!(scene.by(2, std::slice::from_ref(&change)), Err(Violation::Role));
        assert_eq!(scene.by(3, &[change]), Err(Violation::Role));
    }
}

#[test]
fn what_a_conversation_is_never_changes() {
    let scene = Scene::room();
    let group = Scene::group();
    let room = scene.profile.room;
    let changes = [
        (
            &scene,
            scene.change(|profile| profile.kind = ConversationKind::Group),
        ),
        (
            &scene,
            scene.change(|profile| {
                profile.kind = ConversationKind::Group;
                profile.room = None;
            }),
        ),
        (&scene, scene.change(|profile| profile.room = None)),
        (&group, group.change(|profile| profile.room = room)),
        (
            &group,
            group.change(|profile| {
                profile.kind = ConversationKind::Room;
                profile.room = room;
            }),
        ),
        (&group, group.change(|profile| profile.users = vec![ADA, BEN])),
        (
            &group,
            group.change(|profile| *profile = GroupProfile::direct(ADA, BEN)),
        ),
    ];
    for (scene, change) in changes {
        assert_eq!(scene.by(0, &[change]), Err(Violation::Profile));
    }
}

#[test]
fn links_are_replaced_one_at_a_time() {
    let scene = Scene::room();
    let rotate = |to: u32| {
        scene.by(
            0,
            &[scene.change(|profile| profile.room.as_mut().unwrap().rotation = to)],
        )
    };
    assert_eq!(rotate(3), Ok(()));
    assert_eq!(rotate(4), Ok(()));
    assert_eq!(rotate(5), Err(Violation::Profile));
    assert_eq!(rotate(2), Err(Violation::Profile));
}

#[test]
fn who_is_banned_is_put_out_by_the_same_commit() {
    let scene = Scene::group();
    let ban = scene.change(|profile| {
        profile.ban(Banned {
            user: CY,
            identity: IdentityHash::from_bytes(*CY.as_bytes()),
        });
    });
    assert_eq!(scene.by(0, std::slice::from_ref(&ban)), Err(Violation::Banned));
    assert_eq!(scene.by(0, &[ProposalAction::Remove(2), ban]), Ok(()));
}

#[test]
fn there_is_one_profile_in_a_commit() {
    let scene = Scene::group();
    let twice = [scene.role(CY, Role::Admin), scene.role(CY, Role::Admin)];
    assert_eq!(scene.by(0, &twice), Err(Violation::ProposalKind));
}

#[test]
fn a_profile_keeps_to_its_form() {
    let group = Scene::group().profile;
    let check = |change: &dyn Fn(&mut GroupProfile)| {
        let mut profile = group.clone();
        change(&mut profile);
        profile::check(&profile)
    };
    assert_eq!(check(&|_| {}), Ok(()));
    let role = |user, role| RoleOf { user, role };
    let ban = |n: u16| {
        let mut id = [0; 16];
        id[..2].copy_from_slice(&n.to_be_bytes());
        Banned {
            user: UserId::from_bytes(id),
            identity: IdentityHash::from_bytes(id),
        }
    };
    let crowd = |count: usize| -> Vec<RoleOf> {
        (0..count)
            .map(|n| {
                let mut id = [0; 16];
                id[..4].copy_from_slice(&u32::try_from(n).unwrap().to_be_bytes());
                role(UserId::from_bytes(id), Role::ReadOnly)
            })
            .collect()
    };
    let broken: [&dyn Fn(&mut GroupProfile); 13] = [
        &|profile| profile.roles = vec![role(BEN, Role::Admin), role(ADA, Role::Owner)],
        &|profile| profile.roles = vec![role(ADA, Role::Owner), role(ADA, Role::Admin)],
        &|profile| profile.roles = vec![role(ADA, Role::Owner), role(CY, Role::Member)],
        &|profile| profile.roles = crowd(2 * MEMBERS_MAX + 1),
        &|profile| profile.banned = vec![ban(2), ban(1)],
        &|profile| profile.banned = vec![ban(1), ban(1)],
        &|profile| profile.banned = (0..=u16::try_from(BANNED_MAX).unwrap()).map(ban).collect(),
        &|profile| profile.capacity = 0,
        &|profile| profile.capacity = u32::try_from(MEMBERS_MAX).unwrap() + 1,
        &|profile| profile.slow_mode_seconds = SLOW_MODE_SECONDS_MAX + 1,
        &|profile| profile.retention_seconds = Some(EXPIRY_SECONDS_MIN - 1),
        &|profile| profile.users = vec![ADA],
        &|profile| profile.kind = ConversationKind::Room,
    ];
    for (number, change) in broken.iter().enumerate() {
        assert_eq!(check(change), Err(Violation::Profile), "number {number}");
    }
    let fits: [&dyn Fn(&mut GroupProfile); 6] = [
        &|profile| profile.roles = crowd(2 * MEMBERS_MAX),
        &|profile| profile.banned = (1..=u16::try_from(BANNED_MAX).unwrap()).map(ban).collect(),
        &|profile| profile.capacity = 1,
        &|profile| profile.capacity = u32::try_from(MEMBERS_MAX).unwrap(),
        &|profile| profile.slow_mode_seconds = SLOW_MODE_SECONDS_MAX,
        &|profile| profile.retention_seconds = Some(EXPIRY_SECONDS_MIN),
    ];
    for (number, change) in fits.iter().enumerate() {
        assert_eq!(check(change), Ok(()), "number {number}");
    }
}

type Shape<'a> = &'a dyn Fn(&mut GroupProfile);

#[test]
fn each_kind_has_its_own_form() {
    let direct = GroupProfile::direct(BEN, ADA);
    assert_eq!(profile::check(&direct), Ok(()));
    assert_eq!(direct.version, PROTOCOL_VERSION);
    let room = Scene::room().profile;
    assert_eq!(profile::check(&room), Ok(()));
    let with = |profile: &GroupProfile, change: &dyn Fn(&mut GroupProfile)| {
        let mut profile = profile.clone();
        change(&mut profile);
        profile::check(&profile)
    };
    let broken: [(&GroupProfile, Shape<'_>); 10] = [
        (&direct, &|profile| profile.users = vec![ADA]),
        (&direct, &|profile| profile.users = vec![ADA, ADA]),
        (&direct, &|profile| profile.users = vec![ADA, BEN, CY]),
        (&direct, &|profile| profile.users = vec![BEN, ADA]),
        (&direct, &|profile| profile.set_role(ADA, Role::Owner)),
        (&direct, &|profile| profile.room = room.room),
        (&direct, &|profile| {
            profile.ban(Banned {
                user: EVE,
                identity: IdentityHash::from_bytes([9; 16]),
            });
        }),
        (&room, &|profile| profile.room = None),
        (&room, &|profile| profile.users = vec![ADA, BEN]),
        (&room, &|profile| profile.room.as_mut().unwrap().rotation = 0),
    ];
    for (number, (profile, change)) in broken.iter().enumerate() {
        assert_eq!(with(profile, change), Err(Violation::Profile), "number {number}");
    }
}
