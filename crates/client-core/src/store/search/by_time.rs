//! What is found by time: nothing is lost behind what came later, and only what may fit is looked at.

use super::super::tests::{in_memory, message};
use super::*;
use crate::message::key::MessageKey;
use undertone_wire::MessageId;

/// A message of its own that was sent at a time.
fn sent(number: u32, at_ms: u64, text: &str) -> StoredMessage {
    let mut key = [0; 16];
    let mut id = [0; 32];
    key[..4].copy_from_slice(&number.to_be_bytes());
    id[..4].copy_from_slice(&number.to_be_bytes());
    StoredMessage {
        key: MessageKey::from_bytes(key),
        message: MessageId::from_bytes(id),
        sent_at: Timestamp::from_millis(at_ms),
        ..message(1, text)
    }
}

fn search(from_ms: u64, until_ms: u64) -> Search {
    Search {
        expression: "{text} : (\"tea\")".to_owned(),
        from: Timestamp::from_millis(from_ms),
        until: Timestamp::from_millis(until_ms),
        now: Timestamp::default(),
        limit: 10,
    }
}

fn texts(found: Vec<StoredMessage>) -> Vec<String> {
    found.into_iter().map(|message| message.text).collect()
}

/// More than are put in order at once, one each second, and at the end something old that was shared.
fn long_history() -> std::rc::Rc<Store> {
    let store = in_memory();
    let count = u32::try_from(CANDIDATES).unwrap() + 2000;
    store
        .transaction(|| -> Result<(), StoreError> {
            for number in 1..=count {
                let text = if number <= 3 { "old tea" } else { "green tea" };
                store.add_message(&sent(number, u64::from(number) * 1000, text))?;
            }
            store.add_message(&sent(count + 1, 2500, "shared tea"))?;
            Ok(())
        })
        .unwrap();
    store
}

#[test]
fn what_was_sent_before_a_time_is_found_behind_all_that_came_later() {
    let store = long_history();
    let early = search(0, 4000);
    let expected = ["shared tea", "old tea", "old tea", "old tea"];
    assert_eq!(texts(store.search_newest(&early).unwrap()), expected);
    let mut best = texts(store.search_best(&early).unwrap());
    best.sort_unstable();
    assert_eq!(best, ["old tea", "old tea", "old tea", "shared tea"]);
    let late = search(4_900_000, u64::MAX / 2);
    assert_eq!(store.search_newest(&late).unwrap().len(), 10);
    assert!(
        texts(store.search_best(&late).unwrap())
            .iter()
            .all(|text| text == "green tea")
    );
    let never = search(9_000_000, u64::MAX / 2);
    assert!(store.search_newest(&never).unwrap().is_empty() && store.search_best(&never).unwrap().is_empty());
}

#[test]
fn whom_the_user_does_not_hear_hides_nobody_else() {
    let store = in_memory();
    let loud = UserId::from_bytes([9; 16]);
    store.set_blocked(loud, true).unwrap();
    store
        .transaction(|| -> Result<(), StoreError> {
            store.add_message(&sent(1, 1000, "tea"))?;
            for number in 2..=u32::try_from(CANDIDATES).unwrap() + 10 {
                let message = sent(number, 2000, "tea");
                store.add_message(&StoredMessage {
                    sender: loud,
                    ..message
                })?;
            }
            Ok(())
        })
        .unwrap();
    let all = search(0, u64::MAX / 2);
    assert_eq!(store.search_best(&all).unwrap().len(), 1);
}

#[test]
fn only_the_parts_of_the_time_are_looked_at() {
    let store = long_history();
    let parts = |from_ms, until_ms| -> Vec<(i64, i64)> {
        let parts = store.parts_of(&search(from_ms, until_ms)).unwrap();
        parts.iter().map(|part| (part.first, part.last)).collect()
    };
    assert_eq!(parts(0, u64::MAX / 2), [(0, i64::MAX)]);
    // The block of what is old, and that of what was shared.
    assert_eq!(parts(0, 4000), [(4096, 5119), (0, 1023)]);
    assert_eq!(parts(1_100_000, 3_000_000), [(1024, 3071)]);
    assert_eq!(parts(9_000_000, u64::MAX / 2), []);
    let plan: Vec<String> = store
        .rows(
            "EXPLAIN QUERY PLAN SELECT 1 FROM message WHERE id / 1024 = 3 AND sent_at >= 1 AND sent_at < 2",
            [],
            |row| Ok(row.get("detail")?),
        )
        .unwrap();
    assert!(
        plan.iter()
            .any(|step| step.contains("COVERING INDEX message_block")),
        "{plan:?}"
    );
}
