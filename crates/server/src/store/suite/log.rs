//! The logs: appending, reading, acknowledging, forgetting.

use super::conversation::{NOW, commit, rows};
use super::{TestStore, device, on_both_databases};
use crate::franking::{Franked, FrankingKey};
use crate::store::conversation::{DeviceAcknowledge, NewMessage, PAGE_PAYLOAD_BYTES, Refusal, Stamp, Stored};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;
use std::time::Duration;
use undertone_wire::conversation::{LogEntry, LogPage};
use undertone_wire::stream::{Acknowledge, FetchLog};
use undertone_wire::{Bytes, ConversationId, Counter, Epoch, Sequence};

on_both_databases!(
    messages_get_places_one_by_one,
    each_of_a_batch_is_judged_by_itself,
    a_repeated_message_gets_its_first_answer,
    sequences_have_no_gaps_under_concurrent_writers,
    what_is_stored_is_what_was_answered,
    the_franking_mac_is_kept_with_the_entry,
    a_page_is_bounded_in_entries_and_bytes,
    strangers_read_nothing,
    an_entry_goes_when_all_have_it,
    cursors_only_move_forward_and_never_beyond_the_head,
);

pub(super) fn message(conversation: ConversationId, sender: u8, counter: u64, epoch: u64) -> NewMessage {
    NewMessage {
        conversation,
        epoch: Epoch(epoch),
        sender: device(sender),
        counter: Counter(counter),
        franking_tag: [sender; 32],
        payload: Bytes(vec![sender, u8::try_from(counter % 256).unwrap()]),
        expires_after: None,
    }
}

pub(super) fn stamp() -> Stamp {
    Stamp {
        now: NOW,
        key: FrankingKey::from_bytes([9; 32]),
    }
}

impl TestStore {
    async fn send(&self, message: NewMessage) -> Result<Stored, Refusal> {
        self.append_messages(vec![message], stamp())
            .await
            .unwrap()
            .remove(0)
    }

    async fn page(&self, number: u8, conversation: ConversationId, after: u64, limit: u32) -> LogPage {
        let fetch = FetchLog {
            conversation,
            after: Sequence(after),
            limit,
        };
        self.log_page(device(number), fetch).await.unwrap().unwrap()
    }

    async fn have(&self, number: u8, conversation: ConversationId, sequence: u64) {
        let up_to = Acknowledge {
            conversation,
            sequence: Sequence(sequence),
        };
        self.acknowledge(vec![DeviceAcknowledge {
            device: device(number),
            up_to,
        }])
        .await
        .unwrap();
    }
}

fn sequences(entries: &[LogEntry]) -> Vec<u64> {
    entries.iter().map(|entry| entry.sequence.0).collect()
}

async fn messages_get_places_one_by_one(store: TestStore) {
    let id = store.converse(1).await;
    for counter in 2..6 {
        let stored = store.send(message(id, 1, counter, 1)).await.unwrap();
        assert_eq!(stored.accepted().sequence, Sequence(counter));
        assert_eq!(stored.accepted().sent_at, NOW);
    }
    assert_eq!(
        store
            .send(message(id, 2, 1, 1))
            .await
            .unwrap()
            .accepted()
            .sequence,
        Sequence(6)
    );
    let page = store.page(1, id, 0, 100).await;
    assert_eq!(
        (sequences(&page.entries), page.head),
        ((1..=6).collect(), Sequence(6))
    );
    let page = store.page(2, id, 0, 100).await;
    assert_eq!(
        sequences(&page.entries),
        (2..=6).collect::<Vec<_>>(),
        "what was before it joined is not its"
    );
}

async fn each_of_a_batch_is_judged_by_itself(store: TestStore) {
    let (one, other) = (store.converse(1).await, ConversationId::from_bytes([2; 16]));
    let batch = vec![
        message(one, 1, 2, 1),
        message(one, 9, 1, 1),
        message(other, 1, 1, 1),
        message(one, 2, 1, 7),
        message(one, 1, 4, 1),
        message(one, 1, 3, 1),
        message(one, 1, 3, 1),
        message(one, 2, 0, 1),
        message(one, 2, 1, 1),
    ];
    let outcomes = store.append_messages(batch, stamp()).await.unwrap();
    let places: Vec<_> = outcomes
        .iter()
        .map(|outcome| outcome.as_ref().map(|stored| stored.accepted().sequence.0))
        .collect();
    let expected = [
        Ok(2),
        Err(&Refusal::NotMember),
        Err(&Refusal::NotMember),
        Err(&Refusal::EpochStale),
        Err(&Refusal::CounterConflict),
        Ok(3),
        Ok(3),
        Err(&Refusal::CounterConflict),
        Ok(4),
    ];
    assert_eq!(places, expected);
    assert!(matches!(outcomes[6], Ok(Stored::Repeated(_))));
    assert_eq!(store.page(1, one, 0, 100).await.entries.len(), 4);
    assert!(
        store
            .append_messages(Vec::new(), stamp())
            .await
            .unwrap()
            .is_empty()
    );
}

async fn a_repeated_message_gets_its_first_answer(store: TestStore) {
    let id = store.converse(1).await;
    let first = store.send(message(id, 2, 1, 1)).await.unwrap().accepted();
    store.accept_commit(commit(1, 1, 2, 1)).await.unwrap().unwrap();
    let later = Stamp {
        now: NOW.plus(Duration::from_secs(9)),
        ..stamp()
    };
    let again = store
        .append_messages(vec![message(id, 2, 1, 2)], later)
        .await
        .unwrap()
        .remove(0);
    assert_eq!(
        again,
        Ok(Stored::Repeated(first)),
        "in a later epoch and at a later time too"
    );
    for number in 1..=2 {
        store.have(number, id, 3).await;
    }
    assert_eq!(rows(&store, "log_entry").await, 0);
    let after_it_went = store.send(message(id, 2, 1, 2)).await;
    assert_eq!(
        after_it_went,
        Ok(Stored::Repeated(first)),
        "the answer lives as long as the leaf"
    );
}

async fn sequences_have_no_gaps_under_concurrent_writers(store: TestStore) {
    let ids = [store.converse(1).await];
    let mut runner = TestRunner::deterministic();
    let batches = proptest::collection::vec(proptest::collection::vec((1u8..3, any_repeat()), 1..12), 24..25);
    let plan = batches.new_tree(&mut runner).unwrap().current();
    let mut counters = BTreeMap::from([(1u8, 1u64), (2, 0)]);
    let mut writers = Vec::new();
    for batch in plan {
        let mut messages = Vec::new();
        for (sender, is_repeat) in batch {
            let counter = counters.get_mut(&sender).unwrap();
            *counter += u64::from(!is_repeat);
            messages.push(message(ids[0], sender, *counter, 1));
        }
        writers.push(store.append_messages(messages, stamp()));
    }
    // Batches race: what comes too early is refused, what is stored stands without gaps.
    futures::future::join_all(writers)
        .await
        .into_iter()
        .for_each(|written| drop(written.unwrap()));
    let page = store.page(1, ids[0], 0, 200).await;
    assert_eq!(sequences(&page.entries), (1..=page.head.0).collect::<Vec<_>>());
    for sender in [1, 2] {
        let sent = page.entries.iter().filter(|entry| entry.sender == device(sender));
        let counters: Vec<_> = sent.map(|entry| entry.counter.0).collect();
        let whole: Vec<_> = (1..).take(counters.len()).collect();
        assert_eq!(
            counters, whole,
            "each device's counters stand in order, once each"
        );
    }
}

fn any_repeat() -> impl Strategy<Value = bool> {
    proptest::bool::weighted(0.2)
}

async fn what_is_stored_is_what_was_answered(store: TestStore) {
    let id = store.converse(1).await;
    let mut answered = Vec::new();
    for counter in 2..30 {
        let batch = vec![message(id, 1, counter, 1), message(id, 2, counter - 1, 1)];
        for outcome in store.append_messages(batch, stamp()).await.unwrap() {
            let Ok(Stored::New(entry)) = outcome else {
                panic!("{outcome:?}")
            };
            answered.push(entry);
        }
    }
    assert_eq!(store.page(1, id, 1, 200).await.entries, answered);
}

async fn the_franking_mac_is_kept_with_the_entry(store: TestStore) {
    let id = store.converse(1).await;
    store.send(message(id, 2, 1, 1)).await.unwrap();
    let entry = store.page(1, id, 1, 1).await.entries.remove(0);
    let franked = Franked {
        tag: [2; 32],
        conversation: id,
        sequence: Sequence(2),
        sender: device(2),
        sent_at: NOW,
    };
    assert!(stamp().key.verify(&franked, entry.franking_mac.as_slice()));
}

async fn a_page_is_bounded_in_entries_and_bytes(store: TestStore) {
    let id = store.converse(1).await;
    let large = PAGE_PAYLOAD_BYTES / 4 + 1;
    for counter in 2..8 {
        let payload = Bytes(vec![0; large]);
        store
            .send(NewMessage {
                payload,
                ..message(id, 1, counter, 1)
            })
            .await
            .unwrap();
    }
    assert_eq!(
        sequences(&store.page(1, id, 0, 200).await.entries),
        [1, 2, 3, 4],
        "by bytes"
    );
    assert_eq!(
        sequences(&store.page(1, id, 4, 2).await.entries),
        [5, 6],
        "by entries"
    );
    assert_eq!(
        sequences(&store.page(1, id, 4, 0).await.entries),
        [5],
        "at least one"
    );
    assert!(store.page(1, id, 7, u32::MAX).await.entries.is_empty());
    assert!(store.page(1, id, u64::MAX, 5).await.entries.is_empty());
    let payload = Bytes(vec![0; PAGE_PAYLOAD_BYTES + 1]);
    store
        .send(NewMessage {
            payload,
            ..message(id, 1, 8, 1)
        })
        .await
        .unwrap();
    assert_eq!(
        sequences(&store.page(1, id, 7, 5).await.entries),
        [8],
        "one that is too large comes alone"
    );
}

async fn strangers_read_nothing(store: TestStore) {
    let conversation = store.converse(1).await;
    let fetch = FetchLog {
        conversation,
        after: Sequence(0),
        limit: 10,
    };
    assert_eq!(
        store.log_page(device(3), fetch).await.unwrap(),
        Err(Refusal::NotMember)
    );
    let unknown = FetchLog {
        conversation: ConversationId::from_bytes([8; 16]),
        ..fetch
    };
    assert_eq!(
        store.log_page(device(1), unknown).await.unwrap(),
        Err(Refusal::NotMember)
    );
}

async fn an_entry_goes_when_all_have_it(store: TestStore) {
    let id = store.converse(1).await;
    for counter in 1..6 {
        store.send(message(id, 2, counter, 1)).await.unwrap();
    }
    store.have(1, id, 4).await;
    assert_eq!(
        rows(&store, "log_entry").await,
        5,
        "the commit is only for the creator, who has it"
    );
    store.have(2, id, 3).await;
    let page = store.page(1, id, 0, 100).await;
    assert_eq!(
        (sequences(&page.entries), page.first_kept),
        (vec![4, 5, 6], Sequence(4))
    );
    store.have(2, id, 6).await;
    assert_eq!(
        store.page(2, id, 0, 100).await.first_kept,
        Sequence(5),
        "the slowest decides"
    );
    store.have(1, id, 6).await;
    let page = store.page(1, id, 0, 100).await;
    assert_eq!(
        (page.entries.len(), page.first_kept, page.head),
        (0, Sequence(7), Sequence(6))
    );
    assert_eq!(
        store
            .send(message(id, 1, 2, 1))
            .await
            .unwrap()
            .accepted()
            .sequence,
        Sequence(7)
    );
}

async fn cursors_only_move_forward_and_never_beyond_the_head(store: TestStore) {
    let id = store.converse(1).await;
    store.send(message(id, 1, 2, 1)).await.unwrap();
    let cursor = async || store.heads(device(1)).await.unwrap()[0].cursor;
    store.have(1, id, u64::MAX).await;
    assert_eq!(cursor().await, Sequence(2));
    store.have(1, id, 1).await;
    assert_eq!(cursor().await, Sequence(2));
    store.have(7, id, 2).await;
    assert_eq!(
        rows(&store, "log_entry").await,
        1,
        "a stranger's word counts nothing"
    );
    let twice = [1, 2].map(|sequence| DeviceAcknowledge {
        device: device(2),
        up_to: Acknowledge {
            conversation: id,
            sequence: Sequence(sequence),
        },
    });
    store.acknowledge(twice.to_vec()).await.unwrap();
    assert_eq!(rows(&store, "log_entry").await, 0);
}
