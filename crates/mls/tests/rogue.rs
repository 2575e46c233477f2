//! A member who does not run our program: it makes valid MLS that our rules forbid. The server must
//! refuse it, and so must every other member, should the server pass it on.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should say where"
)]

mod people;

use openmls::prelude::tls_codec::{Deserialize as _, Serialize as _};
use openmls::prelude::{
    BasicCredential, Capabilities, Ciphersuite, CommitBuilder, CommitMessageBundle, CredentialWithKey,
    Extension, ExtensionType, Extensions, GroupContext, GroupId, Initial, KeyPackage, LeafNodeIndex,
    LeafNodeParameters, MlsGroup, MlsGroupJoinConfig, MlsMessageBodyIn, MlsMessageIn, OpenMlsProvider as _,
    PURE_CIPHERTEXT_WIRE_FORMAT_POLICY, PreSharedKeyProposal, Proposal, ProposalType, RatchetTreeIn,
    RequiredCapabilitiesExtension, UnknownExtension,
};
use openmls::schedule::{ExternalPsk, PreSharedKeyId, Psk};
use people::{Person, Talk, any_suite, begin, conversation, seen};
use undertone_mls::member::LeafError;
use undertone_mls::rule::Violation;
use undertone_mls::{
    CommitError, CommitRefused, ExternalJoin, Group, GroupError, IdentityKey, KeyPackageError, PendingCommit,
    RoomPsk, inspect_key_package, message_header,
};
use undertone_wire::group::{GroupProfile, Role, RoomTerms};
use undertone_wire::message::CommitAuthenticatedData;
use undertone_wire::{Epoch, ErrorCode, PROTOCOL_VERSION, Timestamp, codec};

const SUITE: Ciphersuite = Ciphersuite::MLS_128_MLKEM768X25519_AES128GCM_SHA256_Ed25519;
const PROFILE: ExtensionType = ExtensionType::Unknown(0xF0A1);

fn group_id() -> GroupId {
    GroupId::from_slice(conversation().as_bytes())
}

/// The same group as our program has it, without our program around it.
fn bare(person: &Person) -> MlsGroup {
    let mut group = MlsGroup::load(person.provider.storage(), &group_id())
        .unwrap()
        .unwrap();
    let data = CommitAuthenticatedData {
        version: PROTOCOL_VERSION,
        seen: seen(),
    };
    group.set_aad(codec::to_cbor(&data).unwrap());
    group
}

fn pending(bundle: CommitMessageBundle) -> PendingCommit {
    let (commit, welcome, info) = bundle.into_messages();
    PendingCommit {
        commit: commit.to_bytes().unwrap(),
        group_info: info.unwrap().to_bytes().unwrap(),
        welcome: welcome.map(|welcome| welcome.to_bytes().unwrap()),
    }
}

fn stage(person: &Person, group: &mut MlsGroup, shape: impl Shape) -> PendingCommit {
    let provider = &person.provider;
    let bundle = shape(group.commit_builder())
        .load_psks(provider.storage())
        .unwrap()
        .create_group_info(true)
        .build(provider.rand(), provider.crypto(), &person.device.key, |_| true)
        .unwrap()
        .stage_commit(provider)
        .unwrap();
    pending(bundle)
}

trait Shape: for<'a> FnOnce(CommitBuilder<'a, Initial>) -> CommitBuilder<'a, Initial> {}
impl<F: for<'a> FnOnce(CommitBuilder<'a, Initial>) -> CommitBuilder<'a, Initial>> Shape for F {}

fn commit(person: &Person, shape: impl Shape) -> PendingCommit {
    stage(person, &mut bare(person), shape)
}

fn credential(certificate: &[u8], person: &Person) -> CredentialWithKey {
    CredentialWithKey {
        credential: BasicCredential::new(certificate.to_vec()).into(),
        signature_key: person.device.key.public().to_vec().into(),
    }
}

fn capabilities() -> Capabilities {
    Capabilities::builder()
        .ciphersuites(vec![SUITE])
        .extensions(vec![PROFILE, ExtensionType::LastResort])
        .proposals(vec![ProposalType::SelfRemove])
        .build()
}

/// A key package of this device that shows somebody's certificate.
fn package(person: &Person, certificate: &[u8]) -> KeyPackage {
    KeyPackage::builder()
        .leaf_node_capabilities(capabilities())
        .build(
            SUITE,
            &person.provider,
            &person.device.key,
            credential(certificate, person),
        )
        .unwrap()
        .key_package()
        .clone()
}

/// Ada's commit is refused by the server and by Ben, and changes nothing at either.
fn refused_by_all(
    talk: &mut Talk,
    ada: &Person,
    ben: &Person,
    commit: &PendingCommit,
) -> (CommitError, GroupError) {
    let at_server = talk.check(ada, Epoch(1), commit).unwrap_err();
    let ben_group = &mut talk.groups[1];
    let before = ben_group.epoch_authenticator();
    let at_ben = ben_group.apply_commit(&ben.provider, &commit.commit).unwrap_err();
    assert_eq!(ben_group.epoch_authenticator(), before);
    (at_server, at_ben)
}

#[track_caller]
fn assert_violation(refusals: &(CommitError, GroupError), violation: Violation) {
    let words = violation.to_string();
    assert_eq!(refusals.0.code(), ErrorCode::CommitInvalid);
    assert!(matches!(refusals.0, CommitError::Refused(_)), "{:?}", refusals.0);
    assert_eq!(refusals.0.to_string(), words);
    assert!(matches!(refusals.1, GroupError::Refused(_)), "{:?}", refusals.1);
    assert_eq!(refusals.1.to_string(), words);
}

#[test]
fn what_is_allowed_passes_without_our_program_too() {
    let (ada, ben) = (Person::new(1, "Ada"), Person::new(2, "Ben"));
    let mut talk = begin(&ada, &[&ben]);
    let update = commit(&ada, |builder| builder.force_self_update(true));
    assert!(talk.check(&ada, Epoch(1), &update).is_ok());
    assert!(talk.groups[1].apply_commit(&ben.provider, &update.commit).is_ok());
}

#[test]
fn a_device_cannot_become_another() {
    let (ada, ben) = (Person::new(1, "Ada"), Person::new(2, "Ben"));
    let mut talk = begin(&ada, &[&ben]);
    let become_whom = |certificate: &[u8]| {
        let parameters = LeafNodeParameters::builder()
            .with_credential_with_key(credential(certificate, &ada))
            .build();
        commit(&ada, |builder| {
            builder.leaf_node_parameters(parameters).force_self_update(true)
        })
    };

    let mut body = undertone_mls::verify_certificate(&ada.device.certificate).unwrap();
    body.device = undertone_wire::DeviceId::from_bytes([77; 16]);
    let identity = IdentityKey::generate().unwrap();
    body.identity_key = identity.public().to_vec().into();
    let renamed = become_whom(&identity.certify(body).unwrap());
    assert_violation(
        &refused_by_all(&mut talk, &ada, &ben, &renamed),
        Violation::IdentityChanged,
    );

    let stolen = become_whom(&ben.device.certificate);
    let (at_server, at_ben) = refused_by_all(&mut talk, &ada, &ben, &stolen);
    assert_eq!(at_server.to_string(), LeafError::ForeignKey.to_string());
    assert_eq!(at_ben.to_string(), LeafError::ForeignKey.to_string());
}

#[test]
fn the_groups_profile_and_its_secrets_cannot_be_changed() {
    let (ada, ben) = (Person::new(1, "Ada"), Person::new(2, "Ben"));
    let mut talk = begin(&ada, &[&ben]);
    let required = RequiredCapabilitiesExtension::new(&[PROFILE], &[], &[]);
    let without_profile: Extensions<GroupContext> =
        Extensions::from_vec(vec![Extension::RequiredCapabilities(required)]).unwrap();
    let unprofiled = commit(&ada, |builder| {
        builder.propose_group_context_extensions(without_profile).unwrap()
    });
    assert_violation(
        &refused_by_all(&mut talk, &ada, &ben, &unprofiled),
        Violation::ProposalKind,
    );

    let id = |person: &Person| {
        let psk = Psk::External(ExternalPsk::new(b"agreed elsewhere".to_vec()));
        PreSharedKeyId::new(SUITE, person.provider.rand(), psk).unwrap()
    };
    id(&ada).store(&ada.provider, b"secret").unwrap();
    id(&ben).store(&ben.provider, b"secret").unwrap();
    let keyed = Proposal::PreSharedKey(Box::new(PreSharedKeyProposal::new(id(&ada))));
    let keyed = commit(&ada, |builder| builder.add_proposal(keyed));
    assert_violation(
        &refused_by_all(&mut talk, &ada, &ben, &keyed),
        Violation::ProposalKind,
    );
}

#[test]
fn proposals_do_not_travel_alone() {
    let (ada, ben) = (Person::new(1, "Ada"), Person::new(2, "Ben"));
    let phone = ada.second_device(11);
    let mut talk = begin(&ada, &[&ben, &phone]);
    let mut group = bare(&ada);
    let (proposal, _) = group
        .propose_remove_member(&ada.provider, &ada.device.key, LeafNodeIndex::new(2))
        .unwrap();
    let alone = PendingCommit {
        commit: proposal.to_bytes().unwrap(),
        group_info: Vec::new(),
        welcome: None,
    };
    let (at_server, at_ben) = refused_by_all(&mut talk, &ada, &ben, &alone);
    assert!(matches!(at_server, CommitError::Kind), "{at_server:?}");
    assert!(matches!(at_ben, GroupError::Kind), "{at_ben:?}");

    let data = codec::to_cbor(&CommitAuthenticatedData {
        version: PROTOCOL_VERSION,
        seen: seen(),
    });
    group.set_aad(data.unwrap());
    let by_reference = stage(&ada, &mut group, |builder| builder.consume_proposal_store(true));
    let (at_server, at_ben) = refused_by_all(&mut talk, &ada, &ben, &by_reference);
    assert!(matches!(at_server, CommitError::Process(_)), "{at_server:?}");
    assert!(matches!(at_ben, GroupError::Mls { .. }), "{at_ben:?}");
}

#[test]
fn a_hidden_commit_is_no_commit_and_no_message() {
    let (ada, ben) = (Person::new(1, "Ada"), Person::new(2, "Ben"));
    let mut talk = begin(&ada, &[&ben]);
    let mut group = bare(&ada);
    let hiding = MlsGroupJoinConfig::builder()
        .wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
        .build();
    group.set_configuration(ada.provider.storage(), &hiding).unwrap();
    let hidden = stage(&ada, &mut group, |builder| builder.force_self_update(true));
    let (at_server, at_ben) = refused_by_all(&mut talk, &ada, &ben, &hidden);
    assert!(matches!(at_server, CommitError::Kind), "{at_server:?}");
    assert!(matches!(at_ben, GroupError::Kind), "{at_ben:?}");
    assert!(matches!(
        message_header(&hidden.commit),
        Err(undertone_mls::MessageError::Kind)
    ));
}

#[test]
fn nobody_else_joins_two_people_from_outside() {
    let (ada, ben) = (Person::new(1, "Ada"), Person::new(2, "Ben"));
    let eve = Person::new(9, "Eve");
    let mut talk = begin(&ada, &[&ben]);
    let (info, tree) = talk.groups[0]
        .export_for_server(&ada.provider, &ada.device)
        .unwrap();
    let MlsMessageBodyIn::GroupInfo(info) = MlsMessageIn::tls_deserialize_exact(&info).unwrap().extract()
    else {
        unreachable!("a GroupInfo was exported");
    };
    let data = codec::to_cbor(&CommitAuthenticatedData {
        version: PROTOCOL_VERSION,
        seen: seen(),
    });
    let leaf = LeafNodeParameters::builder()
        .with_capabilities(capabilities())
        .build();
    let (_, bundle) = MlsGroup::external_commit_builder()
        .with_ratchet_tree(RatchetTreeIn::tls_deserialize_exact(&tree).unwrap())
        .with_aad(data.unwrap())
        .build_group(&eve.provider, info, credential(&eve.device.certificate, &eve))
        .unwrap()
        .leaf_node_parameters(leaf)
        .load_psks(eve.provider.storage())
        .unwrap()
        .create_group_info(true)
        .build(
            eve.provider.rand(),
            eve.provider.crypto(),
            &eve.device.key,
            |_| true,
        )
        .unwrap()
        .finalize(&eve.provider)
        .unwrap();
    let joining = pending(bundle);
    let at_server = talk.check(&eve, Epoch(1), &joining).unwrap_err();
    assert_eq!(at_server.to_string(), Violation::ExternalCommit.to_string());
    let at_ben = talk.groups[1]
        .apply_commit(&ben.provider, &joining.commit)
        .unwrap_err();
    assert_eq!(at_ben.to_string(), Violation::ExternalCommit.to_string());
}

#[test]
fn a_stranger_is_refused_by_the_server_and_by_every_client() {
    let (ada, ben, eve) = (
        Person::new(1, "Ada"),
        Person::new(2, "Ben"),
        Person::new(9, "Eve"),
    );
    let mut talk = begin(&ada, &[&ben]);
    let stranger = package(&eve, &eve.device.certificate);
    let intrusion = commit(&ada, |builder| builder.propose_adds([stranger]));
    assert_violation(
        &refused_by_all(&mut talk, &ada, &ben, &intrusion),
        Violation::ForeignUser,
    );
    let mut own = Group::load(&ada.provider, conversation()).unwrap().unwrap();
    assert!(matches!(
        own.merge_pending(&ada.provider),
        Err(GroupError::Refused(_))
    ));
}

#[test]
fn a_user_has_one_identity_key_in_a_group() {
    let (ada, ben) = (Person::new(1, "Ada"), Person::new(2, "Ben"));
    let mut talk = begin(&ada, &[&ben]);
    // Somebody with another identity key who says to be Ben, and Ben's key under another name.
    let ghost = Person::new_with_device(2, 66, "Ben");
    let ghost = package(&ghost, &ghost.device.certificate);
    let intrusion = commit(&ada, |builder| builder.propose_adds([ghost]));
    let (at_server, at_ben) = refused_by_all(&mut talk, &ada, &ben, &intrusion);
    assert!(
        matches!(at_server, CommitError::Refused(CommitRefused::SecondIdentity)),
        "{at_server:?}"
    );
    assert!(
        matches!(at_ben, GroupError::Refused(CommitRefused::SecondIdentity)),
        "{at_ben:?}"
    );
}

/// A member of a group that goes beyond their role, with a program of their own.
#[test]
fn nobody_acts_above_their_role_with_another_program_either() {
    let (ada, ben, cy) = (Person::new(1, "Ada"), Person::new(2, "Ben"), Person::new(3, "Cy"));
    let mut talk = people::begin_with(&GroupProfile::group(cy.user), &cy, &[&ben, &ada]);
    talk.groups.swap(0, 2);
    let put_out = commit(&ada, |builder| builder.propose_removals([LeafNodeIndex::new(1)]));
    let (at_server, at_ben) = refused_by_all(&mut talk, &ada, &ben, &put_out);
    assert_eq!(at_server.code(), ErrorCode::Forbidden);
    assert_eq!(at_ben.to_string(), Violation::Role.to_string());
    bare(&ada).clear_pending_commit(ada.provider.storage()).unwrap();

    let mut profile = talk.groups[0].profile().clone();
    profile.set_role(ada.user, Role::Owner);
    let required = RequiredCapabilitiesExtension::new(&[PROFILE], &[], &[]);
    let own = Extension::Unknown(0xF0A1, UnknownExtension(codec::to_cbor(&profile).unwrap()));
    let usurped: Extensions<GroupContext> =
        Extensions::from_vec(vec![own, Extension::RequiredCapabilities(required)]).unwrap();
    let usurp = commit(&ada, |builder| {
        builder.propose_group_context_extensions(usurped).unwrap()
    });
    let (at_server, at_ben) = refused_by_all(&mut talk, &ada, &ben, &usurp);
    assert_eq!(at_server.code(), ErrorCode::Forbidden);
    assert_eq!(at_ben.to_string(), Violation::Role.to_string());
}

#[test]
fn a_leaf_shows_its_own_certificate() {
    let (ada, ben, eve) = (
        Person::new(1, "Ada"),
        Person::new(2, "Ben"),
        Person::new(9, "Eve"),
    );
    let mut talk = begin(&ada, &[&ben]);
    let impostor = package(&eve, &ben.device.certificate);
    let bytes = impostor.tls_serialize_detached().unwrap();
    assert!(matches!(
        inspect_key_package(&bytes, Timestamp::default()),
        Err(KeyPackageError::Certificate(LeafError::ForeignKey))
    ));
    let intrusion = commit(&ada, |builder| builder.propose_adds([impostor]));
    let (at_server, at_ben) = refused_by_all(&mut talk, &ada, &ben, &intrusion);
    assert_eq!(at_server.to_string(), LeafError::ForeignKey.to_string());
    assert_eq!(at_ben.to_string(), LeafError::ForeignKey.to_string());

    let nameless = package(&eve, b"Ben");
    let bytes = nameless.tls_serialize_detached().unwrap();
    assert!(matches!(
        inspect_key_package(&bytes, Timestamp::default()),
        Err(KeyPackageError::Certificate(LeafError::Certificate(_)))
    ));
}

#[test]
fn a_key_package_is_of_our_suite() {
    let ada = Person::new(1, "Ada");
    let other = Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519;
    let package = KeyPackage::builder()
        .build(
            other,
            &any_suite(),
            &ada.device.key,
            credential(&ada.device.certificate, &ada),
        )
        .unwrap();
    let bytes = package.key_package().tls_serialize_detached().unwrap();
    assert!(matches!(
        inspect_key_package(&bytes, Timestamp::default()),
        Err(KeyPackageError::Suite)
    ));
}

#[test]
fn a_group_info_brings_no_tree() {
    let (ada, ben) = (Person::new(1, "Ada"), Person::new(2, "Ben"));
    let talk = begin(&ada, &[&ben]);
    let mut group = bare(&ada);
    let update = stage(&ada, &mut group, |builder| builder.force_self_update(true));
    assert!(talk.check(&ada, Epoch(1), &update).is_ok());
    group.merge_pending_commit(&ada.provider).unwrap();
    let with_tree = group
        .export_group_info(ada.provider.crypto(), &ada.device.key, true)
        .unwrap();
    let heavy = PendingCommit {
        group_info: with_tree.to_bytes().unwrap(),
        ..update
    };
    assert!(matches!(
        talk.check(&ada, Epoch(1), &heavy),
        Err(CommitError::GroupInfo)
    ));
}

/// Its creator filled the group with somebody else before this device joins it.
fn joining_beside(ben: &Person, other: &KeyPackage) -> GroupError {
    let (ada, phone) = (Person::new(1, "Ada"), ben.second_device(21));
    begin(&ada, &[ben]);
    let mut group = bare(&ada);
    let packages = [other.clone(), package(&phone, &phone.device.certificate)];
    let filled = stage(&ada, &mut group, |builder| builder.propose_adds(packages));
    group.merge_pending_commit(&ada.provider).unwrap();
    let tree = group.export_ratchet_tree().tls_serialize_detached().unwrap();
    let refused = Group::join(&phone.provider, &filled.welcome.unwrap(), &tree).unwrap_err();
    assert!(Group::load(&phone.provider, conversation()).unwrap().is_none());
    refused
}

#[test]
fn one_does_not_join_a_group_with_strangers() {
    let (ben, eve) = (Person::new(2, "Ben"), Person::new(9, "Eve"));
    let stranger = joining_beside(&ben, &package(&eve, &eve.device.certificate));
    assert_eq!(stranger.to_string(), Violation::ForeignUser.to_string());
    let impostor = joining_beside(&ben, &package(&eve, &ben.device.certificate));
    assert!(
        matches!(impostor, GroupError::Leaf(LeafError::ForeignKey)),
        "{impostor:?}"
    );
}

/// A server that shows a group of its own making to somebody with a room's link.
#[test]
fn one_does_not_come_into_a_room_with_an_impostor() {
    let terms = RoomTerms {
        rotation: 1,
        locked: false,
        knock: false,
        expires_at: None,
    };
    let (ada, ben, eve) = (
        Person::new(1, "Ada"),
        Person::new(2, "Ben"),
        Person::new(9, "Eve"),
    );
    people::begin_with(&GroupProfile::room(ada.user, terms), &ada, &[&ben]);
    let mut group = bare(&ada);
    let impostor = package(&eve, &ben.device.certificate);
    stage(&ada, &mut group, |builder| builder.propose_adds([impostor]));
    group.merge_pending_commit(&ada.provider).unwrap();
    let info = group.export_group_info(ada.provider.crypto(), &ada.device.key, false);
    let psk = RoomPsk {
        rotation: 1,
        secret: zeroize::Zeroizing::new([1; 32]),
    };
    let join = ExternalJoin {
        group_info: &info.unwrap().to_bytes().unwrap(),
        ratchet_tree: &group.export_ratchet_tree().tls_serialize_detached().unwrap(),
        psk: Some(&psk),
        seen: &seen(),
    };
    let comer = Person::new(3, "Cy");
    let refused = Group::join_externally(&comer.provider, &comer.device, join).unwrap_err();
    assert!(
        matches!(refused, GroupError::Leaf(LeafError::ForeignKey)),
        "{refused:?}"
    );
}

#[test]
fn one_does_not_join_a_group_with_a_double() {
    let ben = Person::new(2, "Ben");
    let twin = ben.second_device(2);
    let refused = joining_beside(&ben, &package(&twin, &twin.device.certificate));
    assert_eq!(refused.to_string(), Violation::AlreadyAMember.to_string());
    // Another identity key, under Ben's id.
    let ghost = Person::new_with_device(2, 66, "Ben");
    let refused = joining_beside(&ben, &package(&ghost, &ghost.device.certificate));
    assert!(
        matches!(refused, GroupError::Refused(CommitRefused::SecondIdentity)),
        "{refused:?}"
    );
}

/// Clients refuse it, so a server that took it would leave them all behind.
#[test]
fn a_commit_says_what_its_sender_had_seen() {
    let (ada, ben) = (Person::new(1, "Ada"), Person::new(2, "Ben"));
    let mut talk = begin(&ada, &[&ben]);
    let mut group = bare(&ada);
    let mut saying = |data: Vec<u8>| {
        group.clear_pending_commit(ada.provider.storage()).unwrap();
        group.set_aad(data);
        let silent = stage(&ada, &mut group, |builder| builder.force_self_update(true));
        refused_by_all(&mut talk, &ada, &ben, &silent)
    };
    let (at_server, at_ben) = saying(b"nothing".to_vec());
    assert!(
        matches!(at_server, CommitError::AuthenticatedData(_)),
        "{at_server:?}"
    );
    assert_eq!(at_server.code(), ErrorCode::CommitInvalid);
    assert!(matches!(at_ben, GroupError::CommitData(_)), "{at_ben:?}");

    let later = CommitAuthenticatedData {
        version: PROTOCOL_VERSION + 1,
        seen: seen(),
    };
    let (at_server, at_ben) = saying(codec::to_cbor(&later).unwrap());
    assert!(matches!(at_server, CommitError::Profile), "{at_server:?}");
    assert!(matches!(at_ben, GroupError::Profile), "{at_ben:?}");
}
