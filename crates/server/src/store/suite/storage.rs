//! What is forgotten is not in the files any more. The server's file is encrypted as a whole, which would
//! hide what stays; so here the same store works on a plain one.

use super::conversation::NOW;
use super::log::{message, stamp};
use super::room::room_with;
use super::{TestStore, device};
use crate::blob::Blobs;
use crate::bus::Bus;
use crate::clock::ManualClock;
use crate::delivery::Hub;
use crate::job::retention::{EVERY, Reaper};
use crate::store::conversation::{DeviceAcknowledge, NewMessage};
use crate::store::sweep::Sweep;
use crate::store::{PostgresStore, Store};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use undertone_wire::stream::Acknowledge;
use undertone_wire::{Bytes, Sequence};

const SECOND: Duration = Duration::from_secs(1);

/// What is in the database's files: the file itself and its write-ahead log.
fn files(directory: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        all.extend(std::fs::read(entry.unwrap().path()).unwrap());
    }
    all
}

fn holds(directory: &Path, canary: &[u8]) -> bool {
    files(directory)
        .windows(canary.len())
        .any(|window| window == canary)
}

/// Small ones lie in the pages of the table, large ones in pages of their own.
fn canaries() -> [Vec<u8>; 3] {
    [64, 1500, 90_000].map(|size| {
        let word = format!("canary of {size:06} bytes ");
        word.into_bytes().into_iter().cycle().take(size).collect()
    })
}

#[tokio::test]
async fn expired_and_delivered_messages_leave_the_file_and_its_log() {
    let (store, directory) = TestStore::plain_sqlite().await;
    let id = store.found(1, room_with(|_| ())).await;
    for (counter, canary) in (2..).zip(canaries()) {
        for expires_after in [Some(30 * SECOND), None] {
            let counter = counter * 2 - 2 + u64::from(expires_after.is_none());
            let payload = Bytes(canary.clone());
            let new = NewMessage {
                payload,
                expires_after,
                ..message(id, 1, counter, 1)
            };
            store
                .append_messages(vec![new], stamp())
                .await
                .unwrap()
                .remove(0)
                .unwrap();
        }
    }
    let is_there = |canary: &Vec<u8>| holds(&directory, &canary[..64]);
    assert!(
        canaries().iter().all(is_there),
        "otherwise this test finds nothing anyway"
    );

    // The others of each pair are delivered to everybody.
    let swept = store.sweep(Sweep::at(NOW.plus(30 * SECOND))).await.unwrap();
    assert_eq!(swept.expired, 3);
    assert!(
        canaries().iter().all(is_there),
        "those that wait for somebody are kept"
    );
    let up_to = Acknowledge {
        conversation: id,
        sequence: Sequence(7),
    };
    let all = [1, 2].map(|number| DeviceAcknowledge {
        device: device(number),
        up_to,
    });
    store.acknowledge(all.to_vec()).await.unwrap();
    assert!(
        canaries().iter().any(is_there),
        "in the write-ahead log, until it is emptied"
    );
    store.truncate_log().await.unwrap();
    assert!(!canaries().iter().any(is_there));
}

/// The published bound: the job comes by each minute, and then it is gone.
#[tokio::test]
async fn one_turn_of_the_job_leaves_nothing_in_the_files() {
    let (store, directory) = TestStore::plain_sqlite().await;
    let clock = Arc::new(ManualClock::at(NOW));
    let mut reaper = Reaper::new(
        (*store).clone(),
        clock.clone(),
        Bus::alone(Hub::default()),
        Blobs::at("unused"),
    );
    let id = store.found(1, room_with(|_| ())).await;
    for (counter, canary) in (2..).zip(canaries()) {
        let new = NewMessage {
            payload: Bytes(canary),
            expires_after: Some(30 * SECOND),
            ..message(id, 1, counter, 1)
        };
        store
            .append_messages(vec![new], stamp())
            .await
            .unwrap()
            .remove(0)
            .unwrap();
    }
    let is_there = |canary: &Vec<u8>| holds(&directory, &canary[..64]);
    reaper.turn().await.unwrap();
    assert!(canaries().iter().all(is_there));
    clock.advance(EVERY);
    assert_eq!(reaper.turn().await.unwrap().expired, 3);
    assert!(!canaries().iter().any(is_there));
}

#[tokio::test]
async fn a_room_that_ended_leaves_the_file_and_its_log() {
    let (store, directory) = TestStore::plain_sqlite().await;
    let ends = NOW.plus(SECOND);
    let id = store
        .found(1, room_with(|terms| terms.expires_at = Some(ends)))
        .await;
    let [small, _, large] = canaries();
    for (counter, payload) in [(2, small.clone()), (3, large.clone())] {
        let new = NewMessage {
            payload: Bytes(payload),
            ..message(id, 1, counter, 1)
        };
        store
            .append_messages(vec![new], stamp())
            .await
            .unwrap()
            .remove(0)
            .unwrap();
    }
    store.truncate_log().await.unwrap();
    assert!(holds(&directory, &small) && holds(&directory, &large[..64]));
    assert_eq!(store.sweep(Sweep::at(ends)).await.unwrap().rooms, 1);
    store.truncate_log().await.unwrap();
    assert!(!holds(&directory, &small[..32]) && !holds(&directory, &large[..32]));
    assert!(!holds(&directory, b"\x01\x5e"), "nor what stood on the door");
}

/// The file of a table, as PostgreSQL has it on the disk.
async fn table_file(store: &PostgresStore) -> Vec<u8> {
    let client = store.connection().await.unwrap();
    client.batch_execute("checkpoint").await.unwrap();
    let sql = "select pg_read_binary_file(pg_relation_filepath('log_entry'))";
    client.query_one(sql, &[]).await.unwrap().get(0)
}

/// PostgreSQL leaves deleted rows where they are: only ciphertext, and only until the tables are written
/// anew. (The test's user must be allowed to read the server's files.)
#[tokio::test]
async fn postgres_keeps_what_was_forgotten_until_its_tables_are_written_anew() {
    let Some(test) = TestStore::postgres().await else {
        return;
    };
    let Store::Postgres(store) = &*test else {
        panic!("not PostgreSQL")
    };
    let id = test.found(1, room_with(|_| ())).await;
    let [canary, ..] = canaries();
    let new = NewMessage {
        payload: Bytes(canary.clone()),
        expires_after: Some(SECOND),
        ..message(id, 1, 2, 1)
    };
    test.append_messages(vec![new], stamp())
        .await
        .unwrap()
        .remove(0)
        .unwrap();
    let is_there = async || {
        let file = table_file(store).await;
        file.windows(canary.len()).any(|window| window == canary)
    };
    assert!(is_there().await);
    assert_eq!(test.sweep(Sweep::at(NOW.plus(SECOND))).await.unwrap().expired, 1);
    assert!(is_there().await, "otherwise nothing has to be written anew");
    // Rows stay as long as anybody's transaction might still read them, such as another test's.
    for _ in 0..200 {
        test.rewrite_files().await.unwrap();
        if !is_there().await {
            return;
        }
    }
    panic!("it is still there");
}
