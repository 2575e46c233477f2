//! Rooms: coming in by an external commit with the link's PSK, and everyone who tries without it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should say where"
)]

mod people;

use people::{Person, Talk, begin_with, conversation, deliver, seen};
use undertone_mls::rule::Violation;
use undertone_mls::{
    CheckedCommit, CommitCheck, CommitError, ExternalJoin, Group, GroupChange, GroupError, PendingCommit,
    RoomPsk, check_commit, identity_hash, ratchet_tree, read_group_info,
};
use undertone_wire::group::{Banned, GroupProfile, Role, RoomTerms};
use undertone_wire::{Epoch, ErrorCode};
use zeroize::Zeroizing;

fn psk(byte: u8) -> RoomPsk {
    RoomPsk {
        rotation: 1,
        secret: Zeroizing::new([byte; 32]),
    }
}

/// Ada's room, with Ben in it. Both know the link.
fn room(ada: &Person, ben: &Person, change: impl FnOnce(&mut GroupProfile)) -> Talk {
    let terms = RoomTerms {
        rotation: 1,
        locked: false,
        knock: false,
        expires_at: None,
    };
    let mut profile = GroupProfile::room(ada.user, terms);
    change(&mut profile);
    for person in [ada, ben] {
        Group::store_psk(&person.provider, conversation(), &psk(1)).unwrap();
    }
    begin_with(&profile, ada, &[ben])
}

fn come(
    talk: &Talk,
    member: &Person,
    comer: &Person,
    psk: Option<&RoomPsk>,
) -> Result<(Group, PendingCommit), GroupError> {
    let info = talk.groups[0]
        .export_group_info(&member.provider, &member.device)
        .unwrap();
    let tree = ratchet_tree(&talk.state, conversation()).unwrap();
    let join = ExternalJoin {
        group_info: &info,
        ratchet_tree: &tree,
        psk,
        seen: &seen(),
    };
    let joined = Group::join_externally(&comer.provider, &comer.device, join)?;
    assert_eq!(joined.voucher.device, member.device_id);
    Ok((joined.group, joined.commit))
}

fn check(talk: &Talk, sender: &Person, commit: &PendingCommit) -> Result<CheckedCommit, CommitError> {
    let bundle = deliver(commit);
    check_commit(CommitCheck {
        state: &talk.state,
        conversation: conversation(),
        sender: sender.device_id,
        epoch: Epoch(1),
        bundle: &bundle,
        proposals: &[],
    })
}

#[test]
fn whoever_has_the_link_is_in_with_one_commit() {
    let (ada, ben) = (Person::new(1, "Ada"), Person::new(2, "Ben"));
    let guest = Person::guest(9, "Brisk Magpie".replace(' ', "-").as_str());
    let mut talk = room(&ada, &ben, |_| {});
    let info = talk.groups[0]
        .export_group_info(&ada.provider, &ada.device)
        .unwrap();
    let known = read_group_info(&info).unwrap();
    assert_eq!((known.conversation, known.epoch), (conversation(), Epoch(1)));
    assert_eq!(&known.profile, talk.groups[0].profile());
    assert!(read_group_info(&info[1..]).is_err());
    let (mut inside, commit) = come(&talk, &ada, &guest, Some(&psk(1))).unwrap();
    let checked = check(&talk, &guest, &commit).unwrap();
    assert!(checked.external && checked.committer.device == guest.device_id);
    assert_eq!(checked.added, [checked.committer]);
    assert_eq!(checked.added_certificates[0].user, guest.user);
    assert!(checked.changed_certificate.is_none());
    for (group, person) in talk.groups.iter_mut().zip([&ada, &ben]) {
        let applied = group.apply_commit(&person.provider, &commit.commit).unwrap();
        assert!(applied.external && applied.seen.is_none() && applied.renamed.is_none());
        assert_eq!(applied.committer, checked.committer);
        assert_eq!(applied.added, [checked.committer]);
        assert_eq!(group.epoch_authenticator(), inside.epoch_authenticator());
    }
    let hello = inside
        .encrypt(&guest.provider, &guest.device, b"hello", [1; 32])
        .unwrap();
    let opened = talk.groups[1].decrypt(&ben.provider, &hello).unwrap();
    assert_eq!(
        (opened.plaintext.as_slice(), opened.sender),
        (b"hello".as_slice(), checked.committer)
    );
    assert_eq!(inside.profile().role(guest.user), Role::Member);
}

/// The server has `GroupInfo` and tree, but not the link's secret.
#[test]
fn without_the_secret_nobody_is_let_in_by_any_member() {
    let (ada, ben, server) = (
        Person::new(1, "Ada"),
        Person::new(2, "Ben"),
        Person::new(9, "Server"),
    );
    let mut talk = room(&ada, &ben, |_| {});
    let (_, without) = come(&talk, &ada, &server, None).unwrap();
    assert_eq!(
        check(&talk, &server, &without).unwrap_err().to_string(),
        Violation::Psk.to_string()
    );
    let (_, guessed) = come(&talk, &ada, &server, Some(&psk(7))).unwrap();
    // The server cannot tell a wrong secret; the members can.
    assert!(check(&talk, &server, &guessed).is_ok());
    for (group, person) in talk.groups.iter_mut().zip([&ada, &ben]) {
        let before = group.epoch_authenticator();
        let refused = group.apply_commit(&person.provider, &without.commit).unwrap_err();
        assert_eq!(refused.to_string(), Violation::Psk.to_string());
        let refused = group.apply_commit(&person.provider, &guessed.commit).unwrap_err();
        assert!(matches!(refused, GroupError::Mls { .. }), "{refused:?}");
        assert_eq!(group.epoch_authenticator(), before);
    }
}

#[test]
fn an_older_link_opens_nothing() {
    let (ada, ben, eve) = (
        Person::new(1, "Ada"),
        Person::new(2, "Ben"),
        Person::new(9, "Eve"),
    );
    let talk = room(&ada, &ben, |profile| profile.room.as_mut().unwrap().rotation = 2);
    let (_, old) = come(&talk, &ada, &eve, Some(&psk(1))).unwrap();
    assert_eq!(
        check(&talk, &eve, &old).unwrap_err().to_string(),
        Violation::Psk.to_string()
    );
}

type Shape<'a> = &'a dyn Fn(&mut GroupProfile);

#[test]
fn locked_knocking_full_and_banned_say_so() {
    let eve = Person::new(9, "Eve");
    let identity = undertone_mls::verify_certificate(&eve.device.certificate)
        .unwrap()
        .identity_key;
    let ban = Banned {
        user: undertone_wire::UserId::from_bytes([77; 16]),
        identity: identity_hash(identity.as_slice()),
    };
    let cases: [(Shape<'_>, ErrorCode); 4] = [
        (
            &|profile| profile.room.as_mut().unwrap().locked = true,
            ErrorCode::RoomLocked,
        ),
        (
            &|profile| profile.room.as_mut().unwrap().knock = true,
            ErrorCode::RoomLocked,
        ),
        (&|profile| profile.capacity = 2, ErrorCode::RoomFull),
        (&|profile| profile.ban(ban), ErrorCode::Banned),
    ];
    for (change, code) in cases {
        let (ada, ben) = (Person::new(1, "Ada"), Person::new(2, "Ben"));
        let talk = room(&ada, &ben, change);
        let (_, commit) = come(&talk, &ada, &eve, Some(&psk(1))).unwrap();
        assert_eq!(check(&talk, &eve, &commit).unwrap_err().code(), code);
        let mut inside = Group::load(&ben.provider, conversation()).unwrap().unwrap();
        assert!(inside.apply_commit(&ben.provider, &commit.commit).is_err());
    }
}

#[test]
fn a_join_is_sent_by_the_device_that_joins() {
    let (ada, ben, eve) = (
        Person::new(1, "Ada"),
        Person::new(2, "Ben"),
        Person::new(9, "Eve"),
    );
    let talk = room(&ada, &ben, |_| {});
    let (_, commit) = come(&talk, &ada, &eve, Some(&psk(1))).unwrap();
    assert!(matches!(check(&talk, &ben, &commit), Err(CommitError::Sender)));
}

#[test]
fn a_device_that_lost_its_group_comes_again_in_its_own_place() {
    let (ada, ben) = (Person::new(1, "Ada"), Person::new(2, "Ben"));
    let mut talk = room(&ada, &ben, |profile| profile.room.as_mut().unwrap().locked = true);
    let old = talk.groups[0].members().unwrap()[1];
    talk.groups.remove(1).delete(&ben.provider).unwrap();
    let (again, commit) = come(&talk, &ada, &ben, Some(&psk(1))).unwrap();
    let checked = check(&talk, &ben, &commit).unwrap();
    assert_eq!(checked.removed, [old]);
    assert_eq!(checked.added, [checked.committer]);
    assert_eq!(checked.members.len(), 2);
    let applied = talk.groups[0]
        .apply_commit(&ada.provider, &commit.commit)
        .unwrap();
    assert_eq!((applied.removed, applied.left.len()), (vec![old], 0));
    assert_eq!(talk.groups[0].epoch_authenticator(), again.epoch_authenticator());
}

#[test]
fn the_link_is_replaced_and_the_old_psk_is_forgotten() {
    let (ada, ben, eve) = (
        Person::new(1, "Ada"),
        Person::new(2, "Ben"),
        Person::new(9, "Eve"),
    );
    let mut talk = room(&ada, &ben, |_| {});
    let mut profile = talk.groups[0].profile().clone();
    profile.room.as_mut().unwrap().rotation = 2;
    let change = GroupChange {
        profile: Some(profile),
        ..GroupChange::default()
    };
    let commit = talk.groups[0]
        .commit(&ada.provider, &ada.device, change, &seen())
        .unwrap();
    talk.state = check(&talk, &ada, &commit).unwrap().state;
    talk.groups[0].merge_pending(&ada.provider).unwrap();
    talk.groups[1]
        .apply_commit(&ben.provider, &commit.commit)
        .unwrap();
    let second = RoomPsk {
        rotation: 2,
        ..psk(2)
    };
    Group::store_psk(&ada.provider, conversation(), &second).unwrap();
    Group::delete_psk(&ada.provider, conversation(), 1).unwrap();
    let (_, commit) = come(&talk, &ada, &eve, Some(&second)).unwrap();
    assert!(talk.groups[0].apply_commit(&ada.provider, &commit.commit).is_ok());
    // Ben did not get the new secret: he cannot follow, and says so instead of pretending.
    let refused = talk.groups[1]
        .apply_commit(&ben.provider, &commit.commit)
        .unwrap_err();
    assert!(matches!(refused, GroupError::Mls { .. }), "{refused:?}");
}
