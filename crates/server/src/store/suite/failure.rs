//! A full disk, a database that is down: nothing is acknowledged, nothing is half stored, and it goes
//! on by itself afterwards.

use super::conversation::conversation;
use super::log::{message, stamp};
use super::{TestStore, device};
use crate::store::conversation::NewMessage;
use crate::store::{SqliteKey, Store, StoreError};
use undertone_wire::{Bytes, Sequence};

fn sqlite(store: &TestStore) -> &crate::store::SqliteStore {
    match &**store {
        Store::Sqlite(store) => store,
        Store::Postgres(_) => panic!("not SQLite"),
    }
}

/// Lets the file have so many pages: what a full disk is to SQLite.
async fn limit_pages(store: &TestStore, pages: i64) {
    sqlite(store)
        .write(move |connection| {
            connection
                .query_row(&format!("pragma max_page_count = {pages}"), [], |_| Ok(()))
                .map_err(StoreError::from)
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn on_a_full_disk_nothing_is_acknowledged() {
    let store = TestStore::sqlite().await;
    let id = store.converse(1).await;
    limit_pages(&store, 1).await;
    let large = |counter| NewMessage {
        payload: Bytes(vec![0; 100_000]),
        ..message(id, 1, counter, 1)
    };
    let refused = store.append_messages(vec![large(2)], stamp()).await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable { .. })),
        "{refused:?}"
    );
    assert_eq!(store.heads(device(1)).await.unwrap()[0].head, Sequence(1));
    limit_pages(&store, 1_000_000).await;
    let stored = store
        .append_messages(vec![large(2)], stamp())
        .await
        .unwrap()
        .remove(0)
        .unwrap();
    assert_eq!(stored.accepted().sequence, Sequence(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_write_does_not_spoil_its_group() {
    let store = TestStore::sqlite().await;
    store.converse(1).await;
    let writer = sqlite(&store);
    let bad = |_: usize| {
        writer.write(|connection| {
            connection
                .execute("update conversation set head = head + 1", [])
                .map_err(StoreError::from)?;
            connection
                .execute("insert into conversation default values", [])
                .map_err(StoreError::from)
        })
    };
    let panicking = writer.write(|connection| -> Result<(), StoreError> {
        connection
            .execute("update conversation set head = head + 1", [])
            .map_err(StoreError::from)?;
        panic!("a mistake of ours");
    });
    let good = store.append_messages(vec![message(conversation(1), 1, 2, 1)], stamp());
    let (bads, panicked, good) = tokio::join!(futures::future::join_all((0..20).map(bad)), panicking, good);
    assert!(
        bads.iter()
            .all(|bad| matches!(bad, Err(StoreError::Conflict { .. })))
    );
    assert!(matches!(panicked, Err(StoreError::Unavailable { .. })));
    assert_eq!(good.unwrap().remove(0).unwrap().accepted().sequence, Sequence(2));
    assert_eq!(store.heads(device(1)).await.unwrap()[0].head, Sequence(2));
}

#[tokio::test]
async fn a_file_opens_only_with_its_key_and_keeps_what_was_acknowledged() {
    let directory = tempfile::TempDir::new().unwrap();
    let path = directory.path().join("store.sqlite");
    let key = SqliteKey::from_bytes([1; 32]);
    let store = Store::open_sqlite(&path, &key).await.unwrap();
    store
        .create_conversation(super::conversation::new_conversation(1))
        .await
        .unwrap();
    store
        .append_messages(vec![message(conversation(1), 1, 2, 1)], stamp())
        .await
        .unwrap();
    let wrong = Store::open_sqlite(&path, &SqliteKey::from_bytes([2; 32])).await;
    assert!(matches!(wrong.err(), Some(StoreError::Unavailable { .. })));
    drop(store);
    let again = Store::open_sqlite(&path, &key).await.unwrap();
    assert_eq!(again.heads(device(1)).await.unwrap()[0].head, Sequence(2));
    again.check().await.unwrap();
    let bytes = std::fs::read(&path).unwrap();
    assert!(!bytes.starts_with(b"SQLite format 3"), "the file is encrypted");
}

#[tokio::test]
async fn emptying_the_log_leaves_what_is_stored() {
    let store = TestStore::sqlite().await;
    store.converse(1).await;
    store.truncate_log().await.unwrap();
    assert_eq!(store.heads(device(1)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_restarted_database_is_found_again() {
    let Some(test) = TestStore::postgres().await else {
        return;
    };
    let id = test.converse(1).await;
    test.end_connections().await;
    let mut refused = 0;
    let stored = loop {
        match test.append_messages(vec![message(id, 1, 2, 1)], stamp()).await {
            Ok(mut outcomes) => break outcomes.remove(0).unwrap(),
            Err(error) => assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}"),
        }
        refused += 1;
        assert!(refused < 50, "the database is not found again");
    };
    assert_eq!(stored.accepted().sequence, Sequence(2));
    assert_eq!(test.heads(device(1)).await.unwrap()[0].head, Sequence(2));
}

#[tokio::test]
async fn a_database_that_is_down_is_unavailable() {
    let missing = Store::open_postgres("postgres://nobody@127.0.0.1:1/nothing").await;
    assert!(matches!(missing.err(), Some(StoreError::Unavailable { .. })));
    let Some(test) = TestStore::postgres().await else {
        return;
    };
    let id = test.converse(1).await;
    let Store::Postgres(store) = &*test else {
        panic!("not PostgreSQL")
    };
    store.close();
    let refused = test.append_messages(vec![message(id, 1, 2, 1)], stamp()).await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable { .. })),
        "{refused:?}"
    );
}
