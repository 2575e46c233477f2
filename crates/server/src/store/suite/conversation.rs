//! Conversations: their beginning, commits and Welcomes.

use super::log::{message, stamp};
use super::{TestStore, device, on_both_databases, user};
use crate::store::commit::{CommitStanding, Created, NewCommit, NewConversation, NewMember, NewWelcome};
use crate::store::conversation::{DeviceAcknowledge, Refusal, Stored};
use undertone_wire::conversation::{ConversationKind, EntryKind};
use undertone_wire::group::{GroupProfile, Role};
use undertone_wire::stream::Acknowledge;
use undertone_wire::{Bytes, ConversationId, Counter, Epoch, Sequence, Timestamp};

on_both_databases!(
    a_conversation_begins_with_its_first_commit,
    two_people_have_one_conversation,
    racing_creations_end_in_one_conversation,
    an_id_is_taken_once,
    a_commit_moves_the_epoch_and_the_members,
    of_racing_commits_one_wins,
    a_commit_is_judged_like_a_message,
    a_welcome_waits_for_each_device_and_goes_with_the_last,
    a_removed_device_sees_nothing_more,
);

pub(super) const NOW: Timestamp = Timestamp::from_millis(1_763_724_000_000);

pub(super) fn conversation(number: u8) -> ConversationId {
    ConversationId::from_bytes([number; 16])
}

pub(super) fn member(number: u8) -> NewMember {
    NewMember {
        device: device(number),
        user: user(number),
        leaf: u32::from(number),
        role: Role::Member,
    }
}

/// The first commit of a conversation of 1 and 2.
pub(super) fn first_commit(id: u8) -> NewCommit {
    NewCommit {
        conversation: conversation(id),
        epoch: Epoch(0),
        sender: device(1),
        counter: Counter(1),
        payload: Bytes(vec![0xc1]),
        next_epoch: Epoch(1),
        public_state: vec![0x51],
        group_info: Bytes(vec![0x61]),
        profile: Some(GroupProfile::direct(user(1), user(2))),
        link: None,
        welcome: Some(NewWelcome {
            welcome: Bytes(vec![0x71]),
            ratchet_tree: Bytes(vec![0x72]),
        }),
        added: vec![member(2)],
        removed: Vec::new(),
        joins: None,
        sent_at: NOW,
    }
}

/// A later commit that changes nobody.
pub(super) fn commit(id: u8, sender: u8, counter: u64, epoch: u64) -> NewCommit {
    NewCommit {
        epoch: Epoch(epoch),
        sender: device(sender),
        counter: Counter(counter),
        next_epoch: Epoch(epoch).next(),
        public_state: vec![0x52],
        group_info: Bytes(vec![0x62]),
        profile: None,
        welcome: None,
        added: Vec::new(),
        ..first_commit(id)
    }
}

/// A conversation of 1, who creates it, and 2.
pub(super) fn new_conversation(id: u8) -> NewConversation {
    let (kind, peer) = (ConversationKind::Direct, Some(user(2)));
    NewConversation {
        kind,
        peer,
        creator: member(1),
        commit: first_commit(id),
    }
}

impl TestStore {
    /// Makes the conversation of 1 and 2 with this number.
    pub(super) async fn converse(&self, id: u8) -> ConversationId {
        let created = self.create_conversation(new_conversation(id)).await.unwrap();
        assert!(matches!(created, Created::New(_)), "{created:?}");
        conversation(id)
    }
}

pub(super) fn standing(sender: u8, counter: u64) -> CommitStanding {
    CommitStanding {
        conversation: conversation(1),
        sender: device(sender),
        counter: Counter(counter),
        kind: EntryKind::Commit,
        at: NOW,
        joins: None,
    }
}

fn up_to(number: u8, sequence: u64) -> DeviceAcknowledge {
    let up_to = Acknowledge {
        conversation: conversation(1),
        sequence: Sequence(sequence),
    };
    DeviceAcknowledge {
        device: device(number),
        up_to,
    }
}

async fn a_conversation_begins_with_its_first_commit(store: TestStore) {
    let created = store.create_conversation(new_conversation(1)).await.unwrap();
    let Created::New(entry) = created else {
        panic!("{created:?}")
    };
    assert_eq!(
        (entry.sequence, entry.kind, entry.epoch),
        (Sequence(1), EntryKind::Commit, Epoch(0))
    );
    assert!(entry.franking_mac.is_empty());
    let accepted = Stored::New(entry).accepted();
    assert_eq!(
        store.create_conversation(new_conversation(1)).await.unwrap(),
        Created::Repeated(accepted),
        "the same request again has the same answer"
    );

    let creator = store.heads(device(1)).await.unwrap();
    assert_eq!(creator.len(), 1);
    assert_eq!(
        (creator[0].head, creator[0].cursor, creator[0].epoch),
        (Sequence(1), Sequence(0), Epoch(1))
    );
    let added = store.heads(device(2)).await.unwrap();
    assert_eq!(
        added[0].cursor,
        Sequence(1),
        "the log of an added device begins after its commit"
    );
    assert_eq!(added[0].first_kept, Sequence(2));
    assert!(store.heads(device(3)).await.unwrap().is_empty());

    let snapshot = store.group_snapshot(standing(2, 1)).await.unwrap().unwrap();
    assert_eq!((snapshot.epoch, snapshot.public_state), (Epoch(1), vec![0x51]));
}

async fn two_people_have_one_conversation(store: TestStore) {
    store.converse(1).await;
    assert_eq!(
        store.direct_conversation(user(2), user(1)).await.unwrap(),
        Some(conversation(1))
    );
    assert_eq!(store.direct_conversation(user(1), user(3)).await.unwrap(), None);
    let second = store.create_conversation(new_conversation(2)).await.unwrap();
    assert_eq!(second, Created::Exists(conversation(1)));
    let from_the_other = NewConversation {
        peer: Some(user(1)),
        creator: member(2),
        commit: NewCommit {
            sender: device(2),
            added: vec![member(1)],
            ..first_commit(3)
        },
        ..new_conversation(3)
    };
    let third = store.create_conversation(from_the_other).await.unwrap();
    assert_eq!(third, Created::Exists(conversation(1)));
    assert_eq!(
        store.heads(device(1)).await.unwrap().len(),
        1,
        "a refused one leaves nothing behind"
    );
}

async fn racing_creations_end_in_one_conversation(store: TestStore) {
    for _ in 0..5 {
        let racing = (10..18).map(|id| store.create_conversation(new_conversation(id)));
        let outcomes = futures::future::join_all(racing).await;
        let existing = store
            .direct_conversation(user(1), user(2))
            .await
            .unwrap()
            .unwrap();
        for (id, outcome) in (10..18).map(conversation).zip(outcomes) {
            match outcome.unwrap() {
                Created::New(_) | Created::Repeated(_) => assert_eq!(id, existing),
                outcome => assert_eq!(outcome, Created::Exists(existing)),
            }
        }
    }
    assert_eq!(store.heads(device(2)).await.unwrap().len(), 1);
}

async fn an_id_is_taken_once(store: TestStore) {
    store.converse(1).await;
    let of_strangers = NewConversation {
        peer: Some(user(4)),
        creator: member(3),
        commit: NewCommit {
            sender: device(3),
            added: vec![member(4)],
            ..first_commit(1)
        },
        ..new_conversation(1)
    };
    assert_eq!(
        store.create_conversation(of_strangers).await.unwrap(),
        Created::IdTaken
    );
    assert!(store.heads(device(3)).await.unwrap().is_empty());
}

async fn a_commit_moves_the_epoch_and_the_members(store: TestStore) {
    let id = store.converse(1).await;
    let adding = NewCommit {
        added: vec![member(3)],
        welcome: Some(NewWelcome {
            welcome: Bytes(vec![0x73]),
            ratchet_tree: Bytes(vec![0x74]),
        }),
        ..commit(1, 2, 1, 1)
    };
    let stored = store.accept_commit(adding.clone()).await.unwrap().unwrap();
    let Stored::New(entry) = &stored else {
        panic!("{stored:?}")
    };
    assert_eq!((entry.sequence, entry.epoch), (Sequence(2), Epoch(1)));
    let again = store.accept_commit(adding).await.unwrap().unwrap();
    assert_eq!(again, Stored::Repeated(stored.accepted()));

    let snapshot = store.group_snapshot(standing(3, 1)).await.unwrap().unwrap();
    assert_eq!((snapshot.epoch, snapshot.public_state), (Epoch(2), vec![0x52]));
    let repeated = store
        .group_snapshot(standing(2, 1))
        .await
        .unwrap()
        .unwrap()
        .repeated;
    assert_eq!(repeated, Some(stored.accepted()));
    let sent = store
        .append_messages(vec![message(id, 3, 1, 2)], stamp())
        .await
        .unwrap();
    assert_eq!(sent[0].as_ref().unwrap().accepted().sequence, Sequence(3));
    let stale = store
        .append_messages(vec![message(id, 1, 2, 1)], stamp())
        .await
        .unwrap();
    assert_eq!(stale[0], Err(Refusal::EpochStale));
}

async fn of_racing_commits_one_wins(store: TestStore) {
    store.converse(1).await;
    for epoch in 1..20 {
        let counters = [store_counter(&store, 1).await, store_counter(&store, 2).await];
        let (one, two) = tokio::join!(
            store.accept_commit(commit(1, 1, counters[0], epoch)),
            store.accept_commit(commit(1, 2, counters[1], epoch)),
        );
        let outcomes = [one.unwrap(), two.unwrap()];
        let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(won, 1, "{outcomes:?}");
        assert!(outcomes.contains(&Err(Refusal::EpochStale)));
        let head = store.heads(device(1)).await.unwrap()[0];
        assert_eq!((head.epoch, head.head), (Epoch(epoch + 1), Sequence(epoch + 1)));
    }
}

/// The next counter of a device: the lowest that is not a conflict.
async fn store_counter(store: &TestStore, number: u8) -> u64 {
    for counter in 1.. {
        if let Ok(snapshot) = store.group_snapshot(standing(number, counter)).await.unwrap()
            && snapshot.repeated.is_none()
        {
            return counter;
        }
    }
    unreachable!()
}

async fn a_commit_is_judged_like_a_message(store: TestStore) {
    store.converse(1).await;
    let refused = async |commit| store.accept_commit(commit).await.unwrap().unwrap_err();
    assert_eq!(refused(commit(1, 9, 1, 1)).await, Refusal::NotMember);
    assert_eq!(refused(commit(7, 1, 2, 1)).await, Refusal::NotMember);
    assert_eq!(refused(commit(1, 2, 1, 0)).await, Refusal::EpochStale);
    assert_eq!(refused(commit(1, 2, 1, 2)).await, Refusal::EpochStale);
    assert_eq!(refused(commit(1, 2, 2, 1)).await, Refusal::CounterConflict);
    assert_eq!(
        refused(commit(1, 2, u64::MAX, u64::MAX)).await,
        Refusal::EpochStale
    );
    let head = store.heads(device(2)).await.unwrap()[0];
    assert_eq!(
        (head.head, head.epoch),
        (Sequence(1), Epoch(1)),
        "nothing was changed"
    );
}

async fn a_welcome_waits_for_each_device_and_goes_with_the_last(store: TestStore) {
    let mut new = new_conversation(1);
    new.commit.added.push(NewMember {
        device: device(3),
        user: user(2),
        leaf: 3,
        role: Role::Member,
    });
    store.create_conversation(new).await.unwrap();
    for number in [2, 3] {
        let pending = store.pending_welcomes(device(number)).await.unwrap();
        assert_eq!(pending.len(), 1);
        assert_eq!((pending[0].sequence, pending[0].sender), (Sequence(1), device(1)));
        assert_eq!(
            (&pending[0].welcome.0, &pending[0].ratchet_tree.0),
            (&vec![0x71], &vec![0x72])
        );
    }
    assert!(store.pending_welcomes(device(1)).await.unwrap().is_empty());
    store
        .acknowledge_welcomes(vec![up_to(2, 1), up_to(9, 1)])
        .await
        .unwrap();
    assert!(store.pending_welcomes(device(2)).await.unwrap().is_empty());
    store.acknowledge_welcomes(vec![up_to(3, 0)]).await.unwrap();
    assert_eq!(
        store.pending_welcomes(device(3)).await.unwrap().len(),
        1,
        "acknowledged too little"
    );
    assert_eq!(rows(&store, "welcome").await, 1);
    store
        .acknowledge_welcomes(vec![up_to(3, 5), up_to(3, 5)])
        .await
        .unwrap();
    assert_eq!(
        (
            rows(&store, "welcome").await,
            rows(&store, "pending_welcome").await
        ),
        (0, 0)
    );
}

async fn a_removed_device_sees_nothing_more(store: TestStore) {
    let id = store.converse(1).await;
    let removing = NewCommit {
        removed: vec![device(2)],
        ..commit(1, 1, 2, 1)
    };
    store.accept_commit(removing).await.unwrap().unwrap();
    assert!(store.heads(device(2)).await.unwrap().is_empty());
    assert!(store.pending_welcomes(device(2)).await.unwrap().is_empty());
    let sent = store
        .append_messages(vec![message(id, 2, 1, 2)], stamp())
        .await
        .unwrap();
    assert_eq!(sent[0], Err(Refusal::NotMember));
}

/// How many rows a table has.
pub(super) async fn rows(store: &TestStore, table: &'static str) -> i64 {
    use crate::store::{Store, StoreError};
    let sql = format!("select count(*) from {table}");
    match &**store {
        Store::Sqlite(store) => store
            .read(move |connection| {
                connection
                    .query_row(&sql, [], |row| row.get(0))
                    .map_err(StoreError::from)
            })
            .await
            .unwrap(),
        Store::Postgres(store) => store
            .connection()
            .await
            .unwrap()
            .query_one(&sql, &[])
            .await
            .unwrap()
            .get(0),
    }
}
