//! Rooms: the door.

use super::*;

fn door(change: impl FnOnce(&mut RoomTerms)) -> Scene {
    let mut scene = Scene::room();
    change(scene.profile.room.as_mut().unwrap());
    scene
}

#[test]
fn whoever_has_the_link_comes_in() {
    let scene = Scene::room();
    assert_eq!(scene.external(newcomer(EVE, 90), &[EXTERNAL, psk()]), Ok(()));
}

#[test]
fn nobody_comes_in_without_the_link() {
    let scene = Scene::room();
    let eve = newcomer(EVE, 90);
    assert_eq!(scene.external(eve, &[EXTERNAL]), Err(Violation::Psk));
    let other = ProposalAction::Psk(b"another".to_vec());
    assert_eq!(
        scene.external(eve, &[EXTERNAL, other.clone()]),
        Err(Violation::Psk)
    );
    assert_eq!(
        scene.external(eve, &[EXTERNAL, psk(), psk()]),
        Err(Violation::Psk)
    );
    assert_eq!(
        scene.external(eve, &[EXTERNAL, psk(), other]),
        Err(Violation::Psk)
    );
    // Not even another device of a member.
    assert_eq!(scene.external(newcomer(CY, 31), &[EXTERNAL]), Err(Violation::Psk));
}

#[test]
fn an_external_commit_holds_nothing_else() {
    let scene = Scene::room();
    let eve = newcomer(EVE, 90);
    for more in [
        add(DOT, 41),
        ProposalAction::SelfRemove(2),
        ProposalAction::ByReference,
        ProposalAction::Other,
        scene.role(EVE, Role::Owner),
        EXTERNAL,
    ] {
        assert_eq!(
            scene.external(eve, &[EXTERNAL, psk(), more]),
            Err(Violation::ProposalKind)
        );
    }
    assert_eq!(scene.external(eve, &[psk()]), Err(Violation::ProposalKind));
    let two = [
        EXTERNAL,
        psk(),
        ProposalAction::Remove(0),
        ProposalAction::Remove(4),
    ];
    assert_eq!(
        scene.external(newcomer(ADA, 12), &two),
        Err(Violation::ProposalKind)
    );
    assert_eq!(
        scene.external(eve, &[EXTERNAL, psk(), ProposalAction::Remove(2)]),
        Err(Violation::Role)
    );
}

#[test]
fn a_closed_door_opens_to_nobody_but_devices_of_those_inside() {
    for scene in [door(|room| room.locked = true), door(|room| room.knock = true)] {
        let proposals = [EXTERNAL, psk()];
        assert_eq!(
            scene.external(newcomer(EVE, 90), &proposals),
            Err(Violation::Closed)
        );
        assert_eq!(scene.external(newcomer(CY, 31), &proposals), Ok(()));
        // Admins let in, others do not.
        assert_eq!(scene.by(1, &[add(EVE, 90)]), Ok(()));
        assert_eq!(scene.by(2, &[add(EVE, 90)]), Err(Violation::Role));
    }
}

#[test]
fn who_was_banned_does_not_come_back_in_any_way() {
    let mut scene = Scene::room();
    let identity = IdentityHash::from_bytes(*EVE.as_bytes());
    scene.profile.ban(Banned { user: EVE, identity });
    let eve = newcomer(EVE, 90);
    let disguised = Newcomer { user: CY, ..eve };
    let renewed = Newcomer {
        identity: IdentityHash::from_bytes([7; 16]),
        ..eve
    };
    for who in [eve, disguised, renewed] {
        assert_eq!(scene.external(who, &[EXTERNAL, psk()]), Err(Violation::Banned));
        assert_eq!(scene.by(0, &[ProposalAction::Add(who)]), Err(Violation::Banned));
    }
    let pardon = scene.change(|profile| profile.banned.clear());
    assert_eq!(scene.by(1, &[pardon, add(EVE, 90)]), Ok(()));
}

#[test]
fn a_full_room_takes_nobody() {
    let mut scene = Scene::room();
    scene.profile.capacity = 4;
    assert_eq!(
        scene.external(newcomer(EVE, 90), &[EXTERNAL, psk()]),
        Err(Violation::Full)
    );
    let again = [EXTERNAL, psk(), ProposalAction::Remove(2)];
    assert_eq!(scene.external(newcomer(CY, 30), &again), Ok(()));
}

#[test]
fn the_psk_is_the_one_of_the_present_link() {
    let scene = Scene::room();
    let conversation = ConversationId::from_bytes([5; 16]);
    let id = scene.profile.psk_id(conversation).unwrap();
    assert!(id.starts_with(conversation.as_bytes()) && id.ends_with(&[0, 0, 0, 3]));
    assert_eq!(Scene::group().profile.psk_id(conversation), None);
}
