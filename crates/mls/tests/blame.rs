//! Who is named when a commit or a `GroupInfo` is of no use, and who is not.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should say where"
)]

mod people;

use people::{Person, Talk, begin, begin_with, conversation, seen};
use undertone_mls::rogue::{self, Spoil};
use undertone_mls::{
    CommitError, Group, GroupError, PendingCommit, Replacement, ReplacementCheck, check_replacement,
    devices_in_tree,
};
use undertone_wire::group::GroupProfile;
use undertone_wire::{DeviceId, Epoch};

fn info_of(group: &Group, person: &Person) -> Vec<u8> {
    group.export_group_info(&person.provider, &person.device).unwrap()
}

/// Whom this member names for a `GroupInfo`.
fn named(group: &Group, person: &Person, info: &[u8]) -> Option<DeviceId> {
    let member = group.kept_out_by(&person.provider, &person.device, info);
    member.unwrap().map(|member| member.device)
}

/// Ada commits, with what is wrong about it; the server takes it.
fn commits(talk: &mut Talk, ada: &Person, spoil: &Spoil) -> PendingCommit {
    let whose = (&ada.provider, &ada.device);
    let made = rogue::commit(&mut talk.groups[0], whose, &seen(), spoil).unwrap();
    talk.state = talk.check(ada, Epoch(1), &made).unwrap().state;
    made
}

#[test]
fn whoever_signed_a_useless_group_info_is_named_and_nobody_for_a_good_one() {
    let (ada, ben) = (Person::new(1, "Ada"), Person::new(2, "Ben"));
    let mut talk = begin(&ada, &[&ben]);
    let old = info_of(&talk.groups[0], &ada);
    let made = commits(&mut talk, &ada, &Spoil::ExternalKey);
    let before = named(&talk.groups[1], &ben, &made.group_info);
    assert_eq!(before, None, "of an epoch that Ben is not in, he knows nothing");
    talk.groups[1].apply_commit(&ben.provider, &made.commit).unwrap();
    let (by_ada, by_ben) = (&talk.groups[0], &talk.groups[1]);

    assert_eq!(named(by_ben, &ben, &made.group_info), Some(ada.device_id));
    assert_eq!(named(by_ben, &ben, &info_of(by_ben, &ben)), None);
    assert_eq!(named(by_ben, &ben, &info_of(by_ada, &ada)), None);
    assert_eq!(named(by_ben, &ben, &old), None, "of an epoch that is over");

    // Without a good signature nobody is blamed: it stands at the end.
    let mut forged = made.group_info.clone();
    *forged.last_mut().unwrap() ^= 1;
    assert_eq!(named(by_ben, &ben, &forged), None);
    let refused = by_ben.kept_out_by(&ben.provider, &ben.device, &made.commit);
    assert!(matches!(refused, Err(GroupError::Kind)), "{refused:?}");
}

#[test]
fn whoever_made_a_commit_of_no_use_is_found_without_its_secrets() {
    let (ada, ben) = (Person::new(1, "Ada"), Person::new(2, "Ben"));
    let mut talk = begin(&ada, &[&ben]);
    let info = info_of(&talk.groups[0], &ada);
    let made = commits(&mut talk, &ada, &Spoil::Path);
    let by_ben = &mut talk.groups[1];
    assert!(by_ben.apply_commit(&ben.provider, &made.commit).is_err());
    let author = by_ben
        .author_of(&ben.provider, &ben.device, &made.commit)
        .unwrap();
    assert_eq!((author.user, author.device), (ada.user, ada.device_id));
    let of_none = by_ben.author_of(&ben.provider, &ben.device, &info);
    assert!(of_none.is_err(), "that is no commit");
}

#[test]
fn a_group_info_with_another_key_is_told_apart() {
    let (ada, ben) = (Person::new(1, "Ada"), Person::new(2, "Ben"));
    let mut talk = begin(&ada, &[&ben]);
    let made = commits(&mut talk, &ada, &Spoil::ExternalKey);
    talk.groups[1].apply_commit(&ben.provider, &made.commit).unwrap();
    let check = |sender: &Person, present: &[u8], fresh: &[u8]| {
        check_replacement(ReplacementCheck {
            state: &talk.state,
            conversation: conversation(),
            sender: sender.device_id,
            present,
            fresh,
        })
    };
    let (of_ada, of_ben) = (info_of(&talk.groups[0], &ada), info_of(&talk.groups[1], &ben));
    let useless = &made.group_info;
    assert_eq!(check(&ben, useless, &of_ben).unwrap(), Replacement::OtherKey);
    assert_eq!(check(&ada, useless, &of_ada).unwrap(), Replacement::OwnWord);
    assert_eq!(check(&ben, &of_ben, &of_ben).unwrap(), Replacement::OwnWord);
    assert_eq!(check(&ada, &of_ben, &of_ada).unwrap(), Replacement::SameKey);
}

#[test]
fn a_group_info_to_whose_key_nothing_can_be_sent_is_refused() {
    let (ada, ben) = (Person::new(1, "Ada"), Person::new(2, "Ben"));
    let mut talk = begin(&ada, &[&ben]);
    let whose = (&ada.provider, &ada.device);
    let made = rogue::commit(&mut talk.groups[0], whose, &seen(), &Spoil::ShortExternalKey).unwrap();
    let refused = talk.check(&ada, Epoch(1), &made);
    assert!(matches!(refused, Err(CommitError::GroupInfo)), "{refused:?}");
}

#[test]
fn the_tree_tells_whose_devices_are_in_it() {
    let (ada, ben, cy) = (Person::new(1, "Ada"), Person::new(2, "Ben"), Person::new(3, "Cy"));
    let talk = begin_with(&GroupProfile::group(ada.user), &ada, &[&ben, &cy]);
    let devices = devices_in_tree(&talk.state, conversation()).unwrap();
    assert_eq!(devices, [ada.device_id, ben.device_id, cy.device_id]);
}
