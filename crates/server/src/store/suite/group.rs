//! Groups and rooms: what commits, joins and proposals make of the rows.

use super::conversation::{NOW, commit, conversation, first_commit, member, rows, standing};
use super::log::{message, stamp};
use super::{TestStore, device, on_both_databases, user};
use crate::store::commit::{
    CommitStanding, Created, NewCommit, NewConversation, NewMember, NewProposal, Suspect, Verdict,
};
use crate::store::conversation::{DeviceAcknowledge, NewMessage, Refusal, Stored};
use std::time::Duration;
use undertone_wire::conversation::{ConversationKind, EntryKind, LogPage};
use undertone_wire::group::{GroupProfile, Role, RoomTerms};
use undertone_wire::stream::{Acknowledge, FetchLog};
use undertone_wire::{Bytes, ConversationId, Counter, Epoch, Sequence, UserId};

on_both_databases!(
    a_group_has_no_pair_and_its_roles_are_kept,
    many_groups_of_the_same_people_may_exist,
    who_may_only_read_is_refused_until_a_commit_says_otherwise,
    slow_mode_counts_all_devices_of_a_person,
    a_room_ends,
    a_device_comes_by_its_own_commit_and_its_log_begins_with_it,
    a_device_that_comes_again_keeps_its_counter,
    proposals_wait_for_the_end_of_their_epoch,
    a_thousand_devices_are_no_trouble,
);

pub(super) fn group_profile() -> GroupProfile {
    GroupProfile::group(user(1))
}

/// A group of 1, who owns it, 2 and 3.
pub(super) fn new_group(id: u8, profile: GroupProfile) -> NewConversation {
    let added = [2, 3].map(|number| NewMember {
        role: profile.role(user(number)),
        ..member(number)
    });
    NewConversation {
        kind: profile.kind,
        peer: None,
        creator: NewMember {
            role: profile.role(user(1)),
            ..member(1)
        },
        commit: NewCommit {
            profile: Some(profile),
            added: added.to_vec(),
            ..first_commit(id)
        },
    }
}

/// A device that comes by its own commit.
pub(super) fn join(number: u8, of: UserId, counter: u64, epoch: u64) -> NewCommit {
    NewCommit {
        added: vec![NewMember {
            user: of,
            leaf: 40,
            ..member(number)
        }],
        joins: Some(of),
        ..commit(1, number, counter, epoch)
    }
}

pub(super) fn suspect(sequence: u64) -> Suspect {
    Suspect {
        conversation: conversation(1),
        sequence: Sequence(sequence),
    }
}

fn proposal(sender: u8, counter: u64, epoch: u64) -> NewProposal {
    NewProposal {
        conversation: conversation(1),
        epoch: Epoch(epoch),
        sender: device(sender),
        counter: Counter(counter),
        payload: Bytes(vec![0xb0, sender]),
        sent_at: NOW,
    }
}

impl TestStore {
    pub(super) async fn gather(&self, profile: GroupProfile) -> ConversationId {
        let created = self.create_conversation(new_group(1, profile)).await.unwrap();
        assert!(matches!(created, Created::New(_)), "{created:?}");
        conversation(1)
    }

    pub(super) async fn accept(&self, commit: NewCommit) -> u64 {
        let stored = self.accept_commit(commit).await.unwrap().unwrap();
        assert!(matches!(stored, Stored::New(_)));
        stored.accepted().sequence.0
    }

    pub(super) async fn say(&self, message: NewMessage) -> Result<u64, Refusal> {
        let mut outcomes = self.append_messages(vec![message], stamp()).await.unwrap();
        outcomes.remove(0).map(|stored| stored.accepted().sequence.0)
    }

    pub(super) async fn has(&self, number: u8, sequence: u64) {
        let up_to = Acknowledge {
            conversation: conversation(1),
            sequence: Sequence(sequence),
        };
        let device = device(number);
        self.acknowledge(vec![DeviceAcknowledge { device, up_to }])
            .await
            .unwrap();
    }

    pub(super) async fn whole_log(&self, number: u8) -> LogPage {
        let fetch = FetchLog {
            conversation: conversation(1),
            after: Sequence(0),
            limit: 200,
        };
        self.log_page(device(number), fetch).await.unwrap().unwrap()
    }

    pub(super) async fn epoch_of(&self, number: u8) -> Epoch {
        self.heads(device(number)).await.unwrap()[0].epoch
    }

    async fn proposals(&self, asker: u8, counter: u64) -> Vec<Bytes> {
        let snapshot = self.group_snapshot(standing(asker, counter)).await.unwrap();
        snapshot.unwrap().proposals
    }
}

async fn a_group_has_no_pair_and_its_roles_are_kept(store: TestStore) {
    let id = store.gather(group_profile()).await;
    assert_eq!(store.direct_conversation(user(1), user(2)).await.unwrap(), None);
    let view = store.outside_view(id, user(2)).await.unwrap().unwrap();
    assert_eq!((view.kind, view.epoch), (ConversationKind::Group, Epoch(1)));
    assert_eq!((view.people, view.devices, view.is_member), (3, 3, true));
    assert_eq!(view.profile, Some(group_profile()));
    assert!(!store.outside_view(id, user(9)).await.unwrap().unwrap().is_member);
    assert!(
        store
            .outside_view(conversation(9), user(1))
            .await
            .unwrap()
            .is_none()
    );
    let material = store.group_material(id).await.unwrap().unwrap();
    assert_eq!(
        (material.group_info, material.public_state),
        (Bytes(vec![0x61]), vec![0x51])
    );
    let heads = store.heads_of_user(user(3)).await.unwrap();
    assert_eq!(
        (heads.len(), heads[0].conversation, heads[0].head),
        (1, id, Sequence(1))
    );
    assert!(store.heads_of_user(user(9)).await.unwrap().is_empty());
}

async fn many_groups_of_the_same_people_may_exist(store: TestStore) {
    for id in [1, 2] {
        let created = store
            .create_conversation(new_group(id, group_profile()))
            .await
            .unwrap();
        assert!(matches!(created, Created::New(_)), "{created:?}");
    }
    let taken = NewConversation {
        creator: member(7),
        commit: NewCommit {
            sender: device(7),
            ..new_group(2, group_profile()).commit
        },
        ..new_group(2, group_profile())
    };
    assert_eq!(store.create_conversation(taken).await.unwrap(), Created::IdTaken);
    let again = store
        .create_conversation(new_group(2, group_profile()))
        .await
        .unwrap();
    assert!(matches!(again, Created::Repeated(_)));
}

async fn who_may_only_read_is_refused_until_a_commit_says_otherwise(store: TestStore) {
    let mut profile = group_profile();
    profile.set_role(user(2), Role::ReadOnly);
    let id = store.gather(profile.clone()).await;
    assert_eq!(store.say(message(id, 2, 1, 1)).await, Err(Refusal::ReadOnly));
    profile.set_role(user(2), Role::Member);
    profile.set_role(user(3), Role::ReadOnly);
    let changing = NewCommit {
        profile: Some(profile.clone()),
        ..commit(1, 1, 2, 1)
    };
    store.accept(changing).await;
    assert_eq!(store.say(message(id, 2, 1, 2)).await, Ok(3));
    assert_eq!(store.say(message(id, 3, 1, 2)).await, Err(Refusal::ReadOnly));
    let snapshot = store.group_snapshot(standing(1, 3)).await.unwrap().unwrap();
    assert_eq!(snapshot.profile, Some(profile));
}

async fn slow_mode_counts_all_devices_of_a_person(store: TestStore) {
    let mut profile = group_profile();
    profile.slow_mode_seconds = 10;
    let mut new = new_group(1, profile);
    new.commit.added.push(NewMember {
        user: user(2),
        ..member(4)
    });
    store.create_conversation(new).await.unwrap();
    let id = conversation(1);
    store.say(message(id, 2, 1, 1)).await.unwrap();
    let wait = Refusal::SlowMode(Duration::from_secs(10));
    assert_eq!(store.say(message(id, 4, 1, 1)).await, Err(wait));
    assert_eq!(store.say(message(id, 3, 1, 1)).await, Ok(3), "another person");
    assert_eq!(store.say(message(id, 1, 2, 1)).await, Ok(4));
    assert_eq!(
        store.say(message(id, 1, 3, 1)).await,
        Ok(5),
        "the owner does not wait"
    );
    assert_eq!(
        store.say(message(id, 2, 1, 1)).await,
        Ok(2),
        "a repetition does not either"
    );
    let both = vec![message(id, 3, 2, 1), message(id, 2, 2, 1)];
    let outcomes = store.append_messages(both, stamp()).await.unwrap();
    assert_eq!(outcomes, [Err(wait), Err(wait)]);
}

async fn a_room_ends(store: TestStore) {
    let terms = RoomTerms {
        rotation: 1,
        locked: false,
        knock: false,
        expires_at: Some(NOW.plus(Duration::from_secs(1))),
    };
    let mut new = new_group(1, GroupProfile::room(user(1), terms));
    new.commit.sent_at = NOW;
    store.create_conversation(new).await.unwrap();
    let late = NewCommit {
        sent_at: NOW.plus(Duration::from_secs(1)),
        ..commit(1, 1, 2, 1)
    };
    assert_eq!(
        store.accept_commit(late).await.unwrap().unwrap_err(),
        Refusal::Ended
    );
    store.accept(commit(1, 1, 2, 1)).await;
}

async fn a_device_comes_by_its_own_commit_and_its_log_begins_with_it(store: TestStore) {
    let id = store.gather(group_profile()).await;
    store.say(message(id, 1, 2, 1)).await.unwrap();
    let newcomer = |counter| CommitStanding {
        joins: Some(user(5)),
        ..standing(5, counter)
    };
    let refused = store.group_snapshot(newcomer(2)).await.unwrap().unwrap_err();
    assert_eq!(refused, Refusal::CounterConflict, "a newcomer begins with 1");
    assert!(store.group_snapshot(newcomer(1)).await.unwrap().is_ok());
    let stored = store
        .accept_commit(join(5, user(5), 1, 1))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(stored.accepted().sequence, Sequence(3));
    let again = store
        .accept_commit(join(5, user(5), 1, 1))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(again, Stored::Repeated(stored.accepted()));
    let repeated = store.group_snapshot(newcomer(1)).await.unwrap().unwrap().repeated;
    assert_eq!(repeated, Some(stored.accepted()));
    let head = store.heads(device(5)).await.unwrap()[0];
    assert_eq!((head.cursor, head.first_kept), (Sequence(2), Sequence(3)));
    let page = store.whole_log(5).await;
    assert_eq!(page.entries.len(), 1, "nothing of before");
    assert_eq!(page.entries[0].kind, EntryKind::Commit);
    assert_eq!(store.say(message(id, 5, 2, 2)).await, Ok(4));
    let stale = store.accept_commit(join(6, user(6), 1, 1)).await.unwrap();
    assert_eq!(stale.unwrap_err(), Refusal::EpochStale);
    assert!(store.heads(device(6)).await.unwrap().is_empty());
}

async fn a_device_that_comes_again_keeps_its_counter(store: TestStore) {
    let id = store.gather(group_profile()).await;
    store.say(message(id, 2, 1, 1)).await.unwrap();
    let again = NewCommit {
        removed: vec![device(2)],
        ..join(2, user(2), 2, 1)
    };
    store.accept(again).await;
    let head = store.heads(device(2)).await.unwrap()[0];
    assert_eq!((head.cursor, head.first_kept), (Sequence(2), Sequence(3)));
    assert!(
        store.pending_welcomes(device(2)).await.unwrap().is_empty(),
        "the Welcome was for the leaf before"
    );
    assert_eq!(
        store.say(message(id, 2, 2, 2)).await,
        Err(Refusal::CounterConflict)
    );
    assert_eq!(store.say(message(id, 2, 3, 2)).await, Ok(4));
    let replacing = NewCommit {
        removed: vec![device(2)],
        ..join(7, user(2), 1, 2)
    };
    store.accept(replacing).await;
    assert!(
        store.heads(device(2)).await.unwrap().is_empty(),
        "an old device was put out"
    );
    assert_eq!(store.outside_view(id, user(2)).await.unwrap().unwrap().devices, 3);
}

async fn proposals_wait_for_the_end_of_their_epoch(store: TestStore) {
    store.gather(group_profile()).await;
    let stored = store.accept_proposal(proposal(3, 1, 1)).await.unwrap().unwrap();
    let Stored::New(entry) = &stored else {
        panic!("{stored:?}")
    };
    assert_eq!((entry.kind, entry.sequence), (EntryKind::Proposal, Sequence(2)));
    let again = store.accept_proposal(proposal(3, 1, 1)).await.unwrap().unwrap();
    assert_eq!(again, Stored::Repeated(stored.accepted()));
    store.accept_proposal(proposal(2, 1, 1)).await.unwrap().unwrap();
    let both = [Bytes(vec![0xb0, 3]), Bytes(vec![0xb0, 2])];
    assert_eq!(store.proposals(1, 2).await, both);
    let stale = store.accept_proposal(proposal(1, 2, 7)).await.unwrap();
    assert_eq!(stale.unwrap_err(), Refusal::EpochStale);
    let stranger = store.accept_proposal(proposal(9, 1, 1)).await.unwrap();
    assert_eq!(stranger.unwrap_err(), Refusal::NotMember);
    let other_kind = store.accept_commit(commit(1, 3, 1, 1)).await.unwrap();
    assert_eq!(other_kind.unwrap_err(), Refusal::CounterConflict);
    store.accept(commit(1, 1, 2, 1)).await;
    assert!(store.proposals(1, 3).await.is_empty());
    assert!(matches!(
        store.void_commit(suspect(4)).await.unwrap(),
        Verdict::Voided(_)
    ));
    assert_eq!(store.proposals(1, 3).await, both, "their epoch goes on");
    for counter in [3, 4] {
        store.accept(commit(1, 1, counter, counter - 2)).await;
    }
    assert_eq!(rows(&store, "pending_proposal").await, 0);
}

async fn a_thousand_devices_are_no_trouble(store: TestStore) {
    let numbered = |number: u32| {
        let mut id = [0xd0; 16];
        id[..4].copy_from_slice(&number.to_be_bytes());
        id
    };
    let devices: Vec<NewMember> = (0..999u32)
        .map(|number| NewMember {
            device: undertone_wire::DeviceId::from_bytes(numbered(number)),
            user: UserId::from_bytes(numbered(number)),
            leaf: number + 1,
            role: Role::Member,
        })
        .collect();
    let mut new = new_group(1, group_profile());
    new.commit.added.clone_from(&devices);
    store.create_conversation(new).await.unwrap();
    let id = conversation(1);
    store.say(message(id, 1, 2, 1)).await.unwrap();
    let acknowledged = devices.iter().map(|member| DeviceAcknowledge {
        device: member.device,
        up_to: Acknowledge {
            conversation: id,
            sequence: Sequence(2),
        },
    });
    store
        .acknowledge(acknowledged.clone().skip(1).collect())
        .await
        .unwrap();
    store.has(1, 2).await;
    assert_eq!(rows(&store, "log_entry").await, 1, "one has not got it yet");
    store.acknowledge(acknowledged.take(1).collect()).await.unwrap();
    assert_eq!(rows(&store, "log_entry").await, 0);
    let removing = NewCommit {
        removed: devices.iter().skip(1).map(|member| member.device).collect(),
        ..commit(1, 1, 3, 1)
    };
    let sequence = store.accept(removing).await;
    let view = store.outside_view(id, user(1)).await.unwrap().unwrap();
    assert_eq!((view.people, view.devices), (2, 2));
    let Verdict::Voided(undone) = store.void_commit(suspect(sequence)).await.unwrap() else {
        panic!("it stands")
    };
    assert_eq!(undone.restored.len(), 998);
    assert_eq!(rows(&store, "member").await, 1000);
}
