//! Groups with roles: adding, removing, handing over, leaving, and a guest who becomes an account.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should say where"
)]

mod people;

use people::{Person, Talk, begin_with, conversation, deliver, seen};
use undertone_mls::rule::Violation;
use undertone_mls::{
    CheckedCommit, CommitApplied, CommitCheck, CommitError, Group, GroupChange, GroupError, MlsDevice,
    PendingCommit, ProposalCheck, Replacement, ReplacementCheck, check_commit, check_proposal,
    check_replacement,
};
use undertone_wire::group::{GroupProfile, Role};
use undertone_wire::guest::UserKind;
use undertone_wire::{Bytes, Epoch};

/// Ada's group with Ben and Cy.
fn group(people: &[Person; 3]) -> Talk {
    let [ada, ben, cy] = people;
    begin_with(&GroupProfile::group(ada.user), ada, &[ben, cy])
}

fn three() -> [Person; 3] {
    [Person::new(1, "Ada"), Person::new(2, "Ben"), Person::new(3, "Cy")]
}

impl Talk {
    fn commit(
        &mut self,
        who: usize,
        people: &[Person; 3],
        change: GroupChange<'_>,
    ) -> Result<PendingCommit, GroupError> {
        let person = &people[who];
        self.groups[who].commit(&person.provider, &person.device, change, &seen())
    }

    /// The server takes the commit, and all apply it.
    fn accept(
        &mut self,
        who: usize,
        people: &[Person; 3],
        commit: &PendingCommit,
        proposals: &[Bytes],
    ) -> (CheckedCommit, Vec<CommitApplied>) {
        let bundle = deliver(commit);
        let checked = check_commit(CommitCheck {
            state: &self.state,
            conversation: conversation(),
            sender: people[who].device_id,
            epoch: self.groups[who].epoch(),
            bundle: &bundle,
            proposals,
        })
        .unwrap();
        let mut applied = Vec::new();
        for (number, group) in self.groups.iter_mut().enumerate() {
            applied.push(if number == who {
                group.merge_pending(&people[number].provider).unwrap()
            } else {
                group
                    .apply_commit(&people[number].provider, &commit.commit)
                    .unwrap()
            });
        }
        for (group, applied) in self.groups.iter().zip(&applied) {
            assert!(applied.own_device_removed || group.profile() == &checked.profile);
        }
        self.state = checked.state.clone();
        (checked, applied)
    }
}

#[test]
fn roles_change_for_server_and_members_alike() {
    let people = three();
    let mut talk = group(&people);
    assert_eq!(talk.groups[1].profile().role(people[0].user), Role::Owner);
    let mut profile = talk.groups[0].profile().clone();
    profile.set_role(people[1].user, Role::Admin);
    let change = GroupChange {
        profile: Some(profile.clone()),
        ..GroupChange::default()
    };
    let commit = talk.commit(0, &people, change).unwrap();
    let (checked, applied) = talk.accept(0, &people, &commit, &[]);
    assert_eq!(checked.profile, profile);
    assert_eq!(checked.committer.user, people[0].user);
    assert!(!checked.external && checked.changed_certificate.is_none());
    for applied in applied {
        assert_eq!(applied.before.role(people[1].user), Role::Member);
        assert_eq!(applied.after, profile);
        assert_eq!(applied.committer.user, people[0].user);
        assert!(!applied.external && applied.renamed.is_none() && applied.left.is_empty());
    }
    let again = Group::load(&people[2].provider, conversation()).unwrap().unwrap();
    assert_eq!(again.profile(), &profile);
}

#[test]
fn the_epoch_is_read_without_the_group_and_not_before_the_commit_is_merged() {
    let people = three();
    let mut talk = group(&people);
    let stored = |who: &Person| Group::stored_epoch(&who.provider, conversation()).unwrap();
    let before = talk.groups[0].epoch();
    let commit = talk.commit(0, &people, GroupChange::default()).unwrap();
    assert_eq!(people.each_ref().map(stored), [Some(before); 3]);
    talk.accept(0, &people, &commit, &[]);
    let after = talk.groups[0].epoch();
    assert_eq!(after, before.next());
    assert_eq!(people.each_ref().map(stored), [Some(after); 3]);
    assert_eq!(stored(&Person::new(4, "Dee")), None);
}

#[test]
fn what_a_role_does_not_allow_is_refused_before_it_is_sent() {
    let people = three();
    let mut talk = group(&people);
    let leaf = talk.groups[1].members().unwrap()[2].leaf;
    let remove = GroupChange {
        remove: &[leaf],
        ..GroupChange::default()
    };
    let refused = talk.commit(1, &people, remove).unwrap_err();
    assert_eq!(refused.to_string(), Violation::Role.to_string());
}

#[test]
fn a_removed_admin_leaves_no_role_behind() {
    let people = three();
    let mut talk = group(&people);
    let mut profile = talk.groups[0].profile().clone();
    profile.set_role(people[1].user, Role::Admin);
    let change = GroupChange {
        profile: Some(profile),
        ..GroupChange::default()
    };
    let commit = talk.commit(0, &people, change).unwrap();
    talk.accept(0, &people, &commit, &[]);
    let ben = talk.groups[0].members().unwrap()[1];
    let remove = GroupChange {
        remove: &[ben.leaf],
        ..GroupChange::default()
    };
    let commit = talk.commit(0, &people, remove).unwrap();
    let (checked, applied) = talk.accept(0, &people, &commit, &[]);
    assert_eq!(checked.removed, [ben]);
    assert_eq!(checked.profile.role(people[1].user), Role::Member);
    assert!(applied[1].own_device_removed && !applied[2].own_device_removed);
    assert!(applied[2].left.is_empty());
}

fn proposal_check<'a>(
    talk: &'a Talk,
    who: &Person,
    proposal: &'a [u8],
    earlier: &'a [Bytes],
) -> ProposalCheck<'a> {
    ProposalCheck {
        state: &talk.state,
        conversation: conversation(),
        sender: who.device_id,
        epoch: talk.groups[0].epoch(),
        earlier,
        proposal,
    }
}

#[test]
fn a_member_asks_to_be_let_go_and_another_does_it() {
    let people = three();
    let mut talk = group(&people);
    let leave = talk.groups[1]
        .leave(&people[1].provider, &people[1].device)
        .unwrap();
    let leaver = check_proposal(proposal_check(&talk, &people[1], &leave, &[])).unwrap();
    assert_eq!(leaver.device, people[1].device_id);
    for number in [0, 2] {
        let seen = talk.groups[number]
            .apply_proposal(&people[number].provider, &leave)
            .unwrap();
        assert_eq!(seen, leaver);
        assert_eq!(talk.groups[number].pending_leaves().unwrap(), [leaver]);
    }
    let commit = talk.commit(2, &people, GroupChange::default()).unwrap();
    let proposals = [Bytes::from(leave.clone())];
    // Without the proposal the server cannot follow.
    let bundle = deliver(&commit);
    let blind = CommitCheck {
        state: &talk.state,
        conversation: conversation(),
        sender: people[2].device_id,
        epoch: Epoch(1),
        bundle: &bundle,
        proposals: &[],
    };
    assert!(matches!(check_commit(blind), Err(CommitError::Process(_))));
    let (checked, applied) = talk.accept(2, &people, &commit, &proposals);
    assert_eq!(checked.removed, [leaver]);
    assert_eq!(applied[0].left, [leaver]);
    assert!(applied[1].own_device_removed);
    assert!(talk.groups[0].pending_leaves().unwrap().is_empty());
}

#[test]
fn a_wish_to_leave_is_the_devices_own_for_this_epoch_and_once() {
    let people = three();
    let mut talk = group(&people);
    let leave = talk.groups[1]
        .leave(&people[1].provider, &people[1].device)
        .unwrap();
    let words = talk.groups[2].encrypt(&people[2].provider, &people[2].device, b"no", [0; 32]);
    let words = words.unwrap();
    let check = proposal_check(&talk, &people[1], &leave, &[]);
    let by_another = ProposalCheck {
        sender: people[2].device_id,
        ..check
    };
    assert!(matches!(check_proposal(by_another), Err(CommitError::Sender)));
    let late = ProposalCheck {
        epoch: Epoch(7),
        ..check
    };
    assert!(matches!(
        check_proposal(late),
        Err(CommitError::EpochStale { .. })
    ));
    let earlier = [Bytes::from(leave.clone())];
    let twice = ProposalCheck {
        earlier: &earlier,
        ..check
    };
    assert!(matches!(check_proposal(twice), Err(CommitError::Repeated)));
    let long = vec![0; 5000];
    let long = ProposalCheck {
        proposal: &long,
        ..check
    };
    assert!(matches!(check_proposal(long), Err(CommitError::TooLarge)));
    let message = ProposalCheck {
        proposal: &words,
        ..check
    };
    assert!(matches!(check_proposal(message), Err(CommitError::Kind)));
}

#[test]
fn a_wish_with_a_damaged_tag_gets_past_the_server_alone_and_is_in_nobodys_way() {
    let people = three();
    let mut talk = group(&people);
    let mut leave = talk.groups[1]
        .leave(&people[1].provider, &people[1].device)
        .unwrap();
    // The membership tag stands last; members alone have its key (RFC 9420, section 6.2).
    *leave.last_mut().unwrap() ^= 1;
    check_proposal(proposal_check(&talk, &people[1], &leave, &[])).unwrap();
    for number in [0, 2] {
        let refused = talk.groups[number].apply_proposal(&people[number].provider, &leave);
        assert!(refused.is_err());
    }
    let commit = talk.commit(0, &people, GroupChange::default()).unwrap();
    let (checked, _) = talk.accept(0, &people, &commit, &[Bytes::from(leave)]);
    assert_eq!(checked.committer.user, people[0].user);
}

#[test]
fn the_last_owner_cannot_ask_to_leave() {
    let people = three();
    let mut talk = group(&people);
    let refused = talk.groups[0]
        .leave(&people[0].provider, &people[0].device)
        .unwrap_err();
    assert_eq!(refused.to_string(), Violation::NoOwner.to_string());
}

#[test]
fn a_group_info_is_replaced_by_a_member_only() {
    let people = three();
    let talk = group(&people);
    let fresh = talk.groups[2]
        .export_group_info(&people[2].provider, &people[2].device)
        .unwrap();
    // Ada's, since she made the group.
    let present = talk.groups[0]
        .export_group_info(&people[0].provider, &people[0].device)
        .unwrap();
    let check = |person: &Person, info: &[u8]| {
        check_replacement(ReplacementCheck {
            state: &talk.state,
            conversation: conversation(),
            sender: person.device_id,
            present: &present,
            fresh: info,
        })
    };
    assert_eq!(check(&people[2], &fresh).unwrap(), Replacement::SameKey);
    assert_eq!(check(&people[0], &present).unwrap(), Replacement::OwnWord);
    assert!(matches!(check(&people[1], &fresh), Err(CommitError::GroupInfo)));
    let stranger = Person::new(9, "Eve");
    assert!(matches!(check(&stranger, &fresh), Err(CommitError::Sender)));
    let other = people::begin(&stranger, &[]);
    let foreign = other.groups[0]
        .export_group_info(&stranger.provider, &stranger.device)
        .unwrap();
    assert!(check(&people[2], &foreign).is_err());
}

#[test]
fn a_guest_becomes_an_account_and_stays_who_they_are() {
    let (ada, mut ben) = (Person::new(1, "Ada"), Person::guest(2, "Brisk"));
    let cy = Person::new(3, "Cy");
    let mut talk = begin_with(&GroupProfile::group(ada.user), &ada, &[&ben, &cy]);
    let renew = GroupChange {
        certificate: true,
        ..GroupChange::default()
    };
    // Another name alone is another identity.
    let rename = ben.certified_as(UserKind::Guest, "Other");
    let account = ben.certified_as(UserKind::Account, "Ben");
    let device = |certificate| MlsDevice {
        key: undertone_mls::DeviceKey::from_seed(&ben.device.key.seed()),
        certificate,
    };
    let refused = talk.groups[1]
        .commit(&ben.provider, &device(rename), renew.clone(), &seen())
        .unwrap_err();
    assert_eq!(refused.to_string(), Violation::IdentityChanged.to_string());
    talk.groups[1].clear_pending(&ben.provider).unwrap();
    ben.device = device(account);
    let people = [ada, ben, cy];
    let commit = talk.commit(1, &people, renew).unwrap();
    let (checked, applied) = talk.accept(1, &people, &commit, &[]);
    let certificate = checked.changed_certificate.unwrap();
    assert_eq!(
        (certificate.name.as_str(), certificate.kind),
        ("Ben", UserKind::Account)
    );
    assert_eq!(applied[0].renamed.as_ref(), Some(&certificate));
    // And not back.
    let guest = people[1].certified_as(UserKind::Guest, "Brisk");
    let back = MlsDevice {
        key: undertone_mls::DeviceKey::from_seed(&people[1].device.key.seed()),
        certificate: guest,
    };
    let renew = GroupChange {
        certificate: true,
        ..GroupChange::default()
    };
    let refused = talk.groups[1].commit(&people[1].provider, &back, renew, &seen());
    assert_eq!(
        refused.unwrap_err().to_string(),
        Violation::IdentityChanged.to_string()
    );
}

#[test]
fn every_leaf_has_its_own_key_for_signals_in_every_epoch() {
    let people = three();
    let mut talk = group(&people);
    let key = |talk: &Talk, who: usize, leaf: u32| {
        *talk.groups[who].signal_key(&people[who].provider, leaf).unwrap()
    };
    assert_eq!(key(&talk, 0, 1), key(&talk, 2, 1));
    assert_ne!(key(&talk, 0, 1), key(&talk, 0, 2));
    let before = key(&talk, 0, 1);
    let update = talk.commit(0, &people, GroupChange::default()).unwrap();
    talk.accept(0, &people, &update, &[]);
    assert_ne!(key(&talk, 0, 1), before);
}
