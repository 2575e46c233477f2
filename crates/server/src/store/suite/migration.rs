//! A database of each earlier version is brought up to date with everything that is in it.

use super::conversation::{NOW, conversation, rows};
use super::log::{message, stamp};
use super::{Home, Schema, TestStore, device, user, variable};
use crate::store::migration::{CREATE_TABLE, MIGRATIONS};
use crate::store::{SqliteKey, Store};
use rusqlite::Connection;
use tempfile::TempDir;
use undertone_wire::conversation::EntryKind;
use undertone_wire::guest::UserKind;
use undertone_wire::stream::FetchLog;
use undertone_wire::{Epoch, Sequence};

/// Steps that the first version had.
const FIRST_STEPS: usize = 3;

/// A conversation of 1 and 2 in which both have said something, and which 2 has still to join.
fn filled(blob: impl Fn(u8, usize) -> String) -> String {
    // Users and devices have numbers, as everywhere in the suite.
    let (id, nothing) = (blob(1, 16), blob(0, 0));
    let (ada, ben) = (blob(1, 16), blob(2, 16));
    let (hers, his) = (&ada, &ben);
    let (key, other) = (blob(3, 32), blob(4, 32));
    let now = NOW.as_millis();
    format!(
        "insert into account (user_id, name, name_folded, name_key, password_file, identity_key,
             recovery_public_key, vault_sealed, vault_key_by_password, vault_key_by_recovery, is_admin, registered_at)
             values ({ada}, 'Ada', 'ada', 'ada', {key}, {key}, {other}, {key}, {key}, {key}, false, 0);
         insert into device (device_id, user_id, certificate, signature_key, registered_at)
             values ({hers}, {ada}, {key}, {key}, 0);
         insert into conversation (conversation_id, kind, user_low, user_high, epoch, head, first_kept)
             values ({id}, 1, {ada}, {ben}, 1, 3, 2);
         insert into conversation_group (conversation_id, public_state, group_info)
             values ({id}, {nothing}, {nothing});
         insert into member (conversation_id, device_id, user_id, leaf, start, cursor, last_counter, last_kind,
             last_sequence, last_sent_at)
             values ({id}, {hers}, {ada}, 0, 0, 1, 2, 2, 2, {now}), ({id}, {his}, {ben}, 1, 1, 1, 1, 2, 3, {now});
         insert into log_entry (conversation_id, sequence, kind, epoch, sender_device_id, counter, sent_at,
             payload, franking_mac)
             values ({id}, 2, 2, 1, {hers}, 2, {now}, {ada}, {nothing}),
                 ({id}, 3, 2, 1, {his}, 1, {now}, {ben}, {nothing});
         insert into welcome (conversation_id, sequence, sender_device_id, sent_at, welcome, ratchet_tree)
             values ({id}, 1, {hers}, {now}, {nothing}, {nothing});
         insert into pending_welcome (device_id, conversation_id, sequence) values ({his}, {id}, 1);"
    )
}

fn version(steps: usize, step: impl Fn(&crate::store::migration::Migration) -> &'static str) -> String {
    let steps = MIGRATIONS.iter().take(steps);
    let taken = steps.map(|migration| {
        let (version, name) = (migration.version, migration.name);
        let sql = step(migration);
        format!("{sql}; insert into schema_migration (version, name) values ({version}, '{name}');")
    });
    format!("{CREATE_TABLE}; {}", taken.collect::<String>())
}

async fn sqlite_of_before(steps: usize) -> TestStore {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("store.sqlite");
    let connection = Connection::open(&path).unwrap();
    let key = "07".repeat(32);
    let blob = |byte: u8, length: usize| format!("x'{}'", format!("{byte:02x}").repeat(length));
    connection
        .execute_batch(&format!("pragma key = \"x'{key}'\"; pragma foreign_keys = off;"))
        .unwrap();
    let before = version(steps, |migration| migration.sqlite);
    connection.execute_batch(&before).unwrap();
    let rows = format!("pragma foreign_keys = on; {}", filled(blob));
    connection.execute_batch(&rows).unwrap();
    drop(connection);
    let store = Store::open_sqlite(&path, &SqliteKey::from_bytes([7; 32]))
        .await
        .unwrap();
    TestStore {
        store,
        home: Home::Directory(directory),
    }
}

async fn postgres_of_before(url: String, steps: usize) -> TestStore {
    let schema = Schema::create(url).await;
    let blob = |byte: u8, length: usize| format!("'\\x{}'::bytea", format!("{byte:02x}").repeat(length));
    let before = version(steps, |migration| migration.postgres);
    let within = format!("set search_path to {};", schema.name);
    schema.execute(within + &before + &filled(blob)).await;
    let store = Store::open_postgres(&schema.store_url()).await.unwrap();
    TestStore {
        store,
        home: Home::Schema(schema),
    }
}

/// Nothing of what was there is lost, and everything goes on.
async fn goes_on(store: TestStore) {
    let id = conversation(1);
    for (table, count) in [
        ("conversation", 1),
        ("member", 2),
        ("log_entry", 2),
        ("pending_welcome", 1),
    ] {
        assert_eq!(rows(&store, table).await, count, "{table}");
    }
    let ada = store.person(user(1)).await.unwrap().unwrap();
    assert_eq!((ada.name.as_str(), ada.kind), ("Ada", UserKind::Account));
    assert_eq!((ada.identity_key, ada.devices.len()), (vec![3; 32], 1));
    let recovery = store.recovery_key("ada".to_owned()).await.unwrap();
    assert_eq!(recovery, Some((user(1), vec![4; 32])));
    let head = store.heads(device(1)).await.unwrap()[0];
    assert_eq!(
        (head.head, head.cursor, head.epoch),
        (Sequence(3), Sequence(1), Epoch(1))
    );
    let fetch = FetchLog {
        conversation: id,
        after: Sequence(0),
        limit: 10,
    };
    let page = store.log_page(device(2), fetch).await.unwrap().unwrap();
    let kept: Vec<_> = page
        .entries
        .iter()
        .map(|entry| (entry.kind, entry.sender))
        .collect();
    assert_eq!(
        kept,
        [(EntryKind::Message, device(1)), (EntryKind::Message, device(2))]
    );
    assert_eq!(
        store.direct_conversation(user(2), user(1)).await.unwrap(),
        Some(id)
    );
    assert_eq!(store.pending_welcomes(device(2)).await.unwrap().len(), 1);
    let sent = store
        .append_messages(vec![message(id, 1, 3, 1)], stamp())
        .await
        .unwrap();
    assert_eq!(sent[0].as_ref().unwrap().accepted().sequence, Sequence(4));
}

#[tokio::test]
async fn an_earlier_sqlite_file_is_brought_up_to_date() {
    for steps in FIRST_STEPS..MIGRATIONS.len() {
        goes_on(sqlite_of_before(steps).await).await;
    }
}

#[tokio::test]
async fn an_earlier_postgres_database_is_brought_up_to_date() {
    // Where PostgreSQL is left out on purpose, the suite says so.
    if let Some(url) = variable("UNDERTONE_TEST_POSTGRES") {
        for steps in FIRST_STEPS..MIGRATIONS.len() {
            goes_on(postgres_of_before(url.clone(), steps).await).await;
        }
    }
}
