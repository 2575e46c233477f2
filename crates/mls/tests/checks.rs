//! The server's check at its edges: limits to the byte, epochs, foundings, and what it reports.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should say where"
)]

mod people;

use openmls::prelude::tls_codec::Serialize as _;
use openmls::prelude::{
    BasicCredential, Capabilities, Ciphersuite, CredentialWithKey, GroupId, MlsGroup, OpenMlsProvider as _,
};
use people::{Person, Talk, any_suite, begin, conversation, deliver, seen};
use undertone_mls::{
    CommitCheck, CommitError, Group, KeyPackageError, MessageError, PendingCommit, PublicState, check_commit,
    found_group, inspect_key_package, message_header,
};
use undertone_wire::group::GroupProfile;
use undertone_wire::limits::{
    COMMIT_BYTES_MAX, GROUP_INFO_BYTES_MAX, KEY_PACKAGE_BYTES_MAX, MESSAGE_BYTES_MAX, RATCHET_TREE_BYTES_MAX,
    WELCOME_BYTES_MAX,
};
use undertone_wire::message::MessageAuthenticatedData;
use undertone_wire::{Epoch, ErrorCode, PROTOCOL_VERSION, Timestamp, codec};

/// As many bytes as the limit allows, and one more. They are nothing that could be parsed.
fn at_and_over(limit: usize) -> (Vec<u8>, Vec<u8>) {
    (vec![0; limit], vec![0; limit + 1])
}

fn updated(talk: &mut Talk, ada: &Person) -> PendingCommit {
    talk.groups[0]
        .self_update(&ada.provider, &ada.device, &seen())
        .unwrap()
}

#[test]
fn key_packages_and_messages_have_a_limit() {
    let (at, over) = at_and_over(KEY_PACKAGE_BYTES_MAX);
    let inspect = |bytes: &[u8]| inspect_key_package(bytes, Timestamp::default()).unwrap_err();
    assert!(matches!(inspect(&at), KeyPackageError::Malformed(_)));
    assert!(matches!(inspect(&over), KeyPackageError::TooLarge));
    assert!(matches!(
        inspect(&[over.clone(), over].concat()),
        KeyPackageError::TooLarge
    ));

    let (at, over) = at_and_over(MESSAGE_BYTES_MAX);
    assert!(matches!(message_header(&at), Err(MessageError::Malformed(_))));
    assert!(matches!(message_header(&over), Err(MessageError::TooLarge)));
}

#[test]
fn each_part_of_a_founding_has_a_limit() {
    let ada = Person::new(1, "Ada");
    let (info, tree) = alone(&ada).export_for_server(&ada.provider, &ada.device).unwrap();
    let found = |info: &[u8], tree: &[u8]| found_group(conversation(), info, tree);
    assert!(found(&info, &tree).is_ok());
    let (at, over) = at_and_over(RATCHET_TREE_BYTES_MAX);
    assert!(matches!(found(&info, &at), Err(CommitError::Malformed(_))));
    assert!(matches!(found(&info, &over), Err(CommitError::TooLarge)));
    let (at, over) = at_and_over(GROUP_INFO_BYTES_MAX);
    assert!(matches!(found(&at, &tree), Err(CommitError::Malformed(_))));
    assert!(matches!(found(&over, &tree), Err(CommitError::TooLarge)));
    assert_eq!(CommitError::TooLarge.code(), ErrorCode::TooLarge);
}

#[test]
fn each_part_of_a_commit_has_a_limit() {
    let (ada, ben) = (Person::new(1, "Ada"), Person::new(2, "Ben"));
    let phone = ben.second_device(21);
    let mut talk = begin(&ada, &[&ben]);
    let add = talk.groups[0]
        .add(&ada.provider, &ada.device, &[phone.key_package()], &seen())
        .unwrap();
    let refuse = |commit: PendingCommit| talk.check(&ada, Epoch(1), &commit).unwrap_err();

    let (at, over) = at_and_over(COMMIT_BYTES_MAX);
    let with = |commit| PendingCommit {
        commit,
        ..add.clone()
    };
    assert!(matches!(refuse(with(at)), CommitError::Malformed(_)));
    assert!(matches!(refuse(with(over)), CommitError::TooLarge));

    let (at, over) = at_and_over(WELCOME_BYTES_MAX);
    let with = |welcome| PendingCommit {
        welcome: Some(welcome),
        ..add.clone()
    };
    assert!(matches!(refuse(with(at)), CommitError::Malformed(_)));
    assert!(matches!(refuse(with(over)), CommitError::TooLarge));

    let (at, over) = at_and_over(GROUP_INFO_BYTES_MAX);
    let with = |group_info| PendingCommit {
        group_info,
        ..add.clone()
    };
    assert!(matches!(refuse(with(at)), CommitError::Malformed(_)));
    assert!(matches!(refuse(with(over)), CommitError::TooLarge));
}

#[test]
fn both_the_commit_and_its_sender_name_the_current_epoch() {
    let (ada, ben) = (Person::new(1, "Ada"), Person::new(2, "Ben"));
    let mut talk = begin(&ada, &[&ben]);
    let late = updated(&mut talk, &ada);
    let first = talk.groups[1]
        .self_update(&ben.provider, &ben.device, &seen())
        .unwrap();
    talk.state = talk.check(&ben, Epoch(1), &first).unwrap().state;
    let refused = talk.check(&ada, Epoch(2), &late).unwrap_err();
    assert!(
        matches!(refused, CommitError::EpochStale { sent: 1, current: 2 }),
        "{refused:?}"
    );
    assert_eq!(refused.code(), ErrorCode::EpochStale);
}

#[test]
fn the_check_reports_who_came_and_who_stayed() {
    let (ada, ben) = (Person::new(1, "Ada"), Person::new(2, "Ben"));
    let (phone, tablet) = (ben.second_device(21), ben.second_device(22));
    let mut talk = begin(&ada, &[&ben]);
    let packages = [tablet.key_package(), phone.key_package()];
    let add = talk.groups[0]
        .add(&ada.provider, &ada.device, &packages, &seen())
        .unwrap();
    let checked = talk.check(&ada, Epoch(1), &add).unwrap();
    let added: Vec<_> = checked.added.iter().map(|member| member.device).collect();
    assert_eq!(added, [tablet.device_id, phone.device_id]);
    let certified: Vec<_> = checked.added_certificates.iter().map(|c| c.device).collect();
    assert_eq!(certified, added);
    let mut all: Vec<_> = checked.members.iter().map(|member| member.device).collect();
    all.sort_unstable();
    let mut expected = [ada.device_id, ben.device_id, phone.device_id, tablet.device_id];
    expected.sort_unstable();
    assert_eq!(all, expected);
    assert!(checked.removed.is_empty());

    talk.groups[0].merge_pending(&ada.provider).unwrap();
    let at_ben = talk.groups[1].apply_commit(&ben.provider, &add.commit).unwrap();
    assert_eq!(at_ben.added, checked.added);
    talk.state = checked.state;
    let leaves: Vec<_> = checked.added.iter().map(|member| member.leaf).collect();
    let removal = talk.groups[1]
        .remove(&ben.provider, &ben.device, &leaves[..1], &seen())
        .unwrap();
    let after = talk.check(&ben, Epoch(2), &removal).unwrap();
    assert_eq!(after.removed, [checked.added[0]]);
    assert!(after.added.is_empty());
}

/// A group in which the creator is alone.
fn alone(ada: &Person) -> Group {
    let profile = GroupProfile::direct(ada.user, undertone_wire::UserId::from_bytes([2; 16]));
    Group::create(&ada.provider, &ada.device, conversation(), &profile).unwrap()
}

#[test]
fn a_founding_is_of_epoch_zero() {
    let ada = Person::new(1, "Ada");
    let mut group = alone(&ada);
    let (info, tree) = group.export_for_server(&ada.provider, &ada.device).unwrap();
    let founded = found_group(conversation(), &info, &tree).unwrap();
    assert_eq!(founded.creator.device, ada.device_id);
    assert_eq!(founded.members[0].user, ada.user);
    assert_eq!(founded.profile, *group.profile());

    group.self_update(&ada.provider, &ada.device, &seen()).unwrap();
    group.merge_pending(&ada.provider).unwrap();
    let (info, tree) = group.export_for_server(&ada.provider, &ada.device).unwrap();
    assert!(matches!(
        found_group(conversation(), &info, &tree),
        Err(CommitError::Founding)
    ));
}

#[test]
fn a_founding_is_of_our_suite_and_has_a_profile() {
    for suite in [
        Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519,
        Ciphersuite::MLS_128_MLKEM768X25519_AES128GCM_SHA256_Ed25519,
    ] {
        let (ada, provider) = (Person::new(1, "Ada"), any_suite());
        let credential = CredentialWithKey {
            credential: BasicCredential::new(ada.device.certificate.clone()).into(),
            signature_key: ada.device.key.public().to_vec().into(),
        };
        let group = MlsGroup::builder()
            .ciphersuite(suite)
            .with_capabilities(Capabilities::builder().ciphersuites(vec![suite]).build())
            .with_group_id(GroupId::from_slice(conversation().as_bytes()))
            .build(&provider, &ada.device.key, credential)
            .unwrap();
        let info = group
            .export_group_info(provider.crypto(), &ada.device.key, false)
            .unwrap();
        let tree = group.export_ratchet_tree().tls_serialize_detached().unwrap();
        let refused = found_group(conversation(), &info.to_bytes().unwrap(), &tree).unwrap_err();
        assert!(matches!(refused, CommitError::Profile), "{refused:?}");
    }
}

#[test]
fn damaged_state_is_the_servers_mistake() {
    let (ada, ben) = (Person::new(1, "Ada"), Person::new(2, "Ben"));
    let mut talk = begin(&ada, &[&ben]);
    let update = updated(&mut talk, &ada);
    let bundle = deliver(&update);
    let length = talk.state.as_bytes().len();
    for cut in [0, 1, length / 2, length - 1] {
        let state = PublicState::from_bytes(talk.state.as_bytes()[..cut].to_vec());
        let check = CommitCheck {
            state: &state,
            conversation: conversation(),
            sender: ada.device_id,
            epoch: Epoch(1),
            bundle: &bundle,
            proposals: &[],
        };
        assert_eq!(check_commit(check).unwrap_err().code(), ErrorCode::Internal);
    }
    assert_eq!(
        format!("{:?}", PublicState::from_bytes(vec![7; 3])),
        "PublicState(3 bytes)"
    );
}

/// Authenticated data can say anything: it is read before the message is opened.
#[test]
fn authenticated_data_is_ours_to_the_byte() {
    let (ada, ben) = (Person::new(1, "Ada"), Person::new(2, "Ben"));
    begin(&ada, &[&ben]);
    let header = |data: Vec<u8>| {
        let id = GroupId::from_slice(conversation().as_bytes());
        let mut group = MlsGroup::load(ada.provider.storage(), &id).unwrap().unwrap();
        group.set_aad(data);
        let message = group
            .create_message(&ada.provider, &ada.device.key, b"hello")
            .unwrap();
        message_header(&message.to_bytes().unwrap())
    };
    let data = |version: u16, length: usize| {
        codec::to_cbor(&MessageAuthenticatedData {
            version,
            franking_tag: vec![7; length].into(),
        })
        .unwrap()
    };
    assert_eq!(header(data(PROTOCOL_VERSION, 32)).unwrap().franking_tag, [7; 32]);
    for wrong in [
        data(PROTOCOL_VERSION + 1, 32),
        data(PROTOCOL_VERSION, 31),
        data(PROTOCOL_VERSION, 33),
    ] {
        assert!(matches!(header(wrong), Err(MessageError::Version)));
    }
    for wrong in [
        Vec::new(),
        b"hello".to_vec(),
        [data(PROTOCOL_VERSION, 32), vec![0]].concat(),
    ] {
        assert!(matches!(header(wrong), Err(MessageError::AuthenticatedData(_))));
    }
}
