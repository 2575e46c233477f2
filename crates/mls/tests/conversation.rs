//! Two people, their devices and the server's view of their group, told as stories.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod people;

use people::{Person, begin, conversation, deliver, seen};
use undertone_mls::{
    CommitCheck, CommitError, Group, GroupError, check_commit, inspect_key_package, message_header,
};
use undertone_wire::conversation::ConversationKind;
use undertone_wire::{Epoch, ErrorCode, Timestamp};

#[test]
fn two_people_talk_and_the_server_follows() {
    let (ada, ben) = (Person::new(1, "Ada"), Person::new(2, "Ben"));
    let mut talk = begin(&ada, &[&ben]);
    let ben_group = &mut talk.groups[1];
    assert_eq!(ben_group.epoch(), Epoch(1));
    assert_eq!(ben_group.kind(), ConversationKind::Direct);

    let message = ben_group
        .encrypt(&ben.provider, &ben.device, b"hello", [7; 32])
        .unwrap();
    let header = message_header(&message).unwrap();
    assert_eq!(
        (header.conversation, header.epoch, header.franking_tag),
        (conversation(), Epoch(1), [7; 32])
    );

    let opened = talk.groups[0].decrypt(&ada.provider, &message).unwrap();
    assert_eq!(opened.plaintext, b"hello");
    assert_eq!(
        (opened.sender.user, opened.sender.device),
        (ben.user, ben.device_id)
    );
    assert_eq!(opened.certificate.name.as_str(), "Ben");
    assert_eq!(opened.franking_tag, [7; 32]);
    assert!(
        talk.groups[0].decrypt(&ada.provider, &message).is_err(),
        "a replay is refused"
    );
}

#[test]
fn group_state_survives_in_the_store() {
    let (ada, ben) = (Person::new(1, "Ada"), Person::new(2, "Ben"));
    let mut talk = begin(&ada, &[&ben]);
    let message = talk.groups[0]
        .encrypt(&ada.provider, &ada.device, b"before", [0; 32])
        .unwrap();
    let mut again = Group::load(&ben.provider, conversation()).unwrap().unwrap();
    assert_eq!(
        again.decrypt(&ben.provider, &message).unwrap().plaintext,
        b"before"
    );
    again.delete(&ben.provider).unwrap();
    assert!(Group::load(&ben.provider, conversation()).unwrap().is_none());
}

#[test]
fn of_two_commits_in_one_epoch_one_wins_and_the_other_is_dropped() {
    let (ada, ben) = (Person::new(1, "Ada"), Person::new(2, "Ben"));
    let mut talk = begin(&ada, &[&ben]);
    let losing = talk.groups[0]
        .self_update(&ada.provider, &ada.device, &seen())
        .unwrap();
    let winning = talk.groups[1]
        .self_update(&ben.provider, &ben.device, &seen())
        .unwrap();

    let checked = talk.check(&ben, Epoch(1), &winning).unwrap();
    assert_eq!(checked.epoch, Epoch(2));
    talk.state = checked.state;
    let late = talk.check(&ada, Epoch(1), &losing).unwrap_err();
    assert!(matches!(late, CommitError::EpochStale { sent: 1, current: 2 }));
    assert_eq!(late.code(), ErrorCode::EpochStale);

    let applied = talk.groups[0]
        .apply_commit(&ada.provider, &winning.commit)
        .unwrap();
    assert_eq!(applied.committer.device, ben.device_id);
    assert_eq!(applied.seen, Some(seen()));
    assert!(!talk.groups[0].has_pending_commit());
    talk.groups[1].merge_pending(&ben.provider).unwrap();
    assert_eq!(
        talk.groups[0].epoch_authenticator(),
        talk.groups[1].epoch_authenticator()
    );
}

#[test]
fn a_second_device_joins_and_a_lost_one_is_removed() {
    let (ada, ben) = (Person::new(1, "Ada"), Person::new(2, "Ben"));
    let phone = ben.second_device(21);
    let mut talk = begin(&ada, &[&ben, &phone]);
    assert_eq!(talk.groups[2].members().unwrap().len(), 3);

    let leaf = talk.groups[1]
        .members()
        .unwrap()
        .iter()
        .find(|m| m.device == phone.device_id)
        .unwrap()
        .leaf;
    let removal = talk.groups[1]
        .remove(&ben.provider, &ben.device, &[leaf], &seen())
        .unwrap();
    let checked = talk.check(&ben, Epoch(1), &removal).unwrap();
    assert_eq!(
        checked.removed.iter().map(|m| m.device).collect::<Vec<_>>(),
        [phone.device_id]
    );
    assert_eq!(checked.members.len(), 2);

    let at_ada = talk.groups[0]
        .apply_commit(&ada.provider, &removal.commit)
        .unwrap();
    assert_eq!(at_ada.removed.len(), 1);
    assert!(!at_ada.own_device_removed);
    assert!(
        talk.groups[2]
            .apply_commit(&phone.provider, &removal.commit)
            .unwrap()
            .own_device_removed
    );
    let own = talk.groups[1].merge_pending(&ben.provider).unwrap();
    assert_eq!(own.removed, at_ada.removed);

    let message = talk.groups[0]
        .encrypt(&ada.provider, &ada.device, b"without the phone", [0; 32])
        .unwrap();
    assert!(talk.groups[2].decrypt(&phone.provider, &message).is_err());
    assert!(talk.groups[1].decrypt(&ben.provider, &message).is_ok());
}

#[test]
fn one_does_not_commit_what_everyone_would_refuse() {
    let (ada, ben, eve) = (
        Person::new(1, "Ada"),
        Person::new(2, "Ben"),
        Person::new(9, "Eve"),
    );
    let mut talk = begin(&ada, &[&ben]);
    let packages = eve.device.make_key_packages(&eve.provider, 1, false).unwrap();
    let group = &mut talk.groups[0];
    let mut add = || group.add(&ada.provider, &ada.device, &packages, &seen());
    assert!(matches!(add(), Err(GroupError::Refused(_))));
}

#[test]
fn a_commit_is_taken_only_from_the_device_that_made_it_and_for_its_conversation() {
    let (ada, ben) = (Person::new(1, "Ada"), Person::new(2, "Ben"));
    let mut talk = begin(&ada, &[&ben]);
    let update = talk.groups[0]
        .self_update(&ada.provider, &ada.device, &seen())
        .unwrap();
    assert!(matches!(
        talk.check(&ben, Epoch(1), &update),
        Err(CommitError::Sender)
    ));
    assert!(matches!(
        talk.check(&ada, Epoch(0), &update),
        Err(CommitError::EpochStale { .. })
    ));
    assert!(matches!(
        talk.check(&ada, Epoch(2), &update),
        Err(CommitError::EpochStale { .. })
    ));
    let bundle = deliver(&update);
    let elsewhere = CommitCheck {
        state: &talk.state,
        conversation: undertone_wire::ConversationId::from_bytes([0xee; 16]),
        sender: ada.device_id,
        epoch: Epoch(1),
        bundle: &bundle,
        proposals: &[],
    };
    assert_eq!(
        check_commit(elsewhere).unwrap_err().code(),
        ErrorCode::Internal,
        "no such group in that state"
    );
}

#[test]
fn a_group_info_of_another_epoch_or_signer_is_refused() {
    let (ada, ben) = (Person::new(1, "Ada"), Person::new(2, "Ben"));
    let mut talk = begin(&ada, &[&ben]);
    let (old_info, _) = talk.groups[0]
        .export_for_server(&ada.provider, &ada.device)
        .unwrap();
    let update = talk.groups[0]
        .self_update(&ada.provider, &ada.device, &seen())
        .unwrap();
    let refuse = |talk: &people::Talk, group_info: Vec<u8>| {
        let commit = undertone_mls::PendingCommit {
            group_info,
            ..update.clone()
        };
        talk.check(&ada, Epoch(1), &commit).unwrap_err().code()
    };
    assert_eq!(refuse(&talk, old_info), ErrorCode::GroupInfoInvalid);
    assert_eq!(refuse(&talk, update.commit.clone()), ErrorCode::CommitInvalid);
    for position in [
        update.group_info.len() - 1,
        update.group_info.len() / 2,
        update.group_info.len() - 70,
    ] {
        let mut tampered = update.group_info.clone();
        tampered[position] ^= 1;
        assert!(matches!(
            refuse(&talk, tampered),
            ErrorCode::GroupInfoInvalid | ErrorCode::CommitInvalid
        ));
    }
    // The other member signs the right context: still not the committer's.
    talk.groups[1]
        .apply_commit(&ben.provider, &update.commit)
        .unwrap();
    let (by_ben, _) = talk.groups[1]
        .export_for_server(&ben.provider, &ben.device)
        .unwrap();
    assert_eq!(refuse(&talk, by_ben), ErrorCode::GroupInfoInvalid);
    assert!(talk.check(&ada, Epoch(1), &update).is_ok());
}

#[test]
fn a_welcome_covers_exactly_the_added_devices() {
    let (ada, ben) = (Person::new(1, "Ada"), Person::new(2, "Ben"));
    let phone = ben.second_device(21);
    let mut talk = begin(&ada, &[&ben]);
    let add = talk.groups[0]
        .add(&ada.provider, &ada.device, &[phone.key_package()], &seen())
        .unwrap();
    let without = undertone_mls::PendingCommit {
        welcome: None,
        ..add.clone()
    };
    assert_eq!(
        talk.check(&ada, Epoch(1), &without).unwrap_err().code(),
        ErrorCode::WelcomeInvalid
    );
    let wrong_kind = undertone_mls::PendingCommit {
        welcome: Some(add.commit.clone()),
        ..add.clone()
    };
    assert_eq!(
        talk.check(&ada, Epoch(1), &wrong_kind).unwrap_err().code(),
        ErrorCode::CommitInvalid
    );
    assert!(talk.check(&ada, Epoch(1), &add).is_ok());

    talk.groups[0].clear_pending(&ada.provider).unwrap();
    let other = talk.groups[0]
        .add(&ada.provider, &ada.device, &[phone.key_package()], &seen())
        .unwrap();
    let foreign = undertone_mls::PendingCommit {
        welcome: add.welcome.clone(),
        ..other
    };
    assert_eq!(
        talk.check(&ada, Epoch(1), &foreign).unwrap_err().code(),
        ErrorCode::WelcomeInvalid
    );

    talk.groups[0].clear_pending(&ada.provider).unwrap();
    let update = talk.groups[0]
        .self_update(&ada.provider, &ada.device, &seen())
        .unwrap();
    let needless = undertone_mls::PendingCommit {
        welcome: add.welcome,
        ..update
    };
    assert_eq!(
        talk.check(&ada, Epoch(1), &needless).unwrap_err().code(),
        ErrorCode::WelcomeInvalid
    );
}

#[test]
fn damaged_and_truncated_bytes_are_refused_and_change_nothing() {
    let (ada, ben) = (Person::new(1, "Ada"), Person::new(2, "Ben"));
    let mut talk = begin(&ada, &[&ben]);
    let update = talk.groups[0]
        .self_update(&ada.provider, &ada.device, &seen())
        .unwrap();
    let message = talk.groups[1]
        .encrypt(&ben.provider, &ben.device, b"hello", [1; 32])
        .unwrap();
    let package = ben.key_package();
    for length in (0..update.commit.len()).step_by(97) {
        let cut = undertone_mls::PendingCommit {
            commit: update.commit[..length].to_vec(),
            ..update.clone()
        };
        assert!(talk.check(&ada, Epoch(1), &cut).is_err());
        assert!(
            talk.groups[1]
                .apply_commit(&ben.provider, &update.commit[..length])
                .is_err()
        );
    }
    for length in 0..message.len() {
        assert!(message_header(&message[..length]).is_err());
    }
    for length in (0..package.len()).step_by(13) {
        assert!(inspect_key_package(&package[..length], Timestamp::default()).is_err());
    }
    for position in (0..update.commit.len()).step_by(211) {
        let mut tampered = update.clone();
        tampered.commit[position] ^= 0x40;
        assert!(talk.check(&ada, Epoch(1), &tampered).is_err(), "byte {position}");
    }
    assert!(
        message_header(&update.commit).is_err(),
        "a handshake message is not an application message"
    );
    assert!(message_header(&vec![0; undertone_wire::limits::MESSAGE_BYTES_MAX + 1]).is_err());
    assert!(talk.check(&ada, Epoch(1), &update).is_ok(), "nothing was changed");
}

#[test]
fn a_key_package_says_whose_it_is_and_when_it_ends() {
    let ada = Person::new(1, "Ada");
    let now = Timestamp::from_millis(1_000);
    let package = ada.key_package();
    let info = inspect_key_package(&package, now).unwrap();
    assert_eq!(
        (info.certificate.user, info.certificate.device, info.last_resort),
        (ada.user, ada.device_id, false)
    );
    assert!(inspect_key_package(&package, info.expires_at).is_err(), "expired");
    let last = ada.device.make_key_packages(&ada.provider, 1, true).unwrap();
    assert!(inspect_key_package(&last[0], now).unwrap().last_resort);
    let other = ada.key_package();
    assert_ne!(
        inspect_key_package(&other, now).unwrap().reference,
        info.reference
    );
    for position in (0..package.len()).step_by(7) {
        let mut tampered = package.clone();
        tampered[position] ^= 1;
        assert!(inspect_key_package(&tampered, now).is_err(), "byte {position}");
    }
}

#[test]
fn a_founding_is_the_creators_alone() {
    let (ada, ben) = (Person::new(1, "Ada"), Person::new(2, "Ben"));
    let talk = begin(&ada, &[&ben]);
    let (info, tree) = talk.groups[0]
        .export_for_server(&ada.provider, &ada.device)
        .unwrap();
    let later = undertone_mls::found_group(conversation(), &info, &tree).unwrap_err();
    assert!(matches!(later, CommitError::Founding));
    let elsewhere = undertone_wire::ConversationId::from_bytes([5; 16]);
    assert!(matches!(
        undertone_mls::found_group(elsewhere, &info, &tree),
        Err(CommitError::Conversation)
    ));
    assert!(matches!(
        undertone_mls::found_group(conversation(), &info, &tree[..9]),
        Err(CommitError::Malformed(_))
    ));
}
