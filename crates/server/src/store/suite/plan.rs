//! How the databases would find what is asked: no statement reads a large table from end to end, with a
//! million messages in place. Whether the statements say what they should is not looked at here.
//!
//! What always runs has a tenth of that: SQLite chooses by the indexes alone, and PostgreSQL is told to read a
//! table from end to end only where no index would do. `UNDERTONE_TEST_MESSAGES=1000000` says how many there
//! are to be.

use super::statement::{of_postgres, of_sqlite};
use super::{Home, TestStore, variable};
use crate::store::account::sql;
use crate::store::{Store, StoreError};
use std::collections::BTreeSet;

/// Messages, unless more are asked for.
const MESSAGES: u64 = 100_000;

/// Tables that grow with people or messages.
const LARGE: [&str; 14] = [
    "account",
    "blob",
    "conversation",
    "conversation_group",
    "device",
    "key_package",
    "log_entry",
    "login_ticket",
    "member",
    "pending_welcome",
    "push_subscription",
    "session",
    "used_key_package",
    "welcome",
];

/// What may read a large table, and why. Each is found by words that stand in it.
const ALLOWED: &[(&str, &str)] = &[
    ("delete from key_package", "after a restore, once"),
    ("delete from login_ticket", "after a restore, once"),
    ("from blob where received > 0", "for a backup"),
    ("select 1 from account limit 1", "one row, at the start"),
    (
        "select exists (select 1 from push_subscription)",
        "one row, before anybody is looked for",
    ),
    (
        "set age_shift = age_shift +",
        "the clock was set, which every entry must know",
    ),
    ("update member set last_message_at =", "the clock was set"),
    ("update blob set expires_at = expires_at +", "the clock was set"),
    (
        "select conversation_id, coalesce( (select sequence from log_entry",
        "the sweeper, in turns",
    ),
    ("delete from welcome where sent_at + age_shift <", "the sweeper"),
    ("delete from session where refreshed_at <=", "the sweeper"),
    (
        "update conversation set ends_at =",
        "the sweeper: rooms that everybody has left",
    ),
];

/// How a dialect writes what the other writes differently.
struct Dialect {
    /// The numbers from 0 up to a count, as `n (i)`.
    numbers: fn(u64) -> String,
    /// So many bytes that are made of a number.
    bytes: fn(&str, u32) -> String,
    no: &'static str,
}

const SQLITE: Dialect = Dialect {
    numbers: |count| {
        format!(
            "(with recursive n (i) as (select 0 union all select i + 1 from n where i + 1 < {count}) select i from n)"
        )
    },
    bytes: |number, length| format!("cast(printf('%0{length}d', {number}) as blob)"),
    no: "0",
};

const POSTGRES: Dialect = Dialect {
    numbers: |count| format!("(select generate_series(0, {count} - 1) as i)"),
    bytes: |number, length| format!("convert_to(lpad(({number})::text, {length}, '0'), 'UTF8')"),
    no: "false",
};

/// A server that was used for a while: conversations of ten devices, a hundred messages in each.
fn filled(dialect: &Dialect, messages: u64) -> String {
    let conversations = messages / 100;
    let devices = messages / 50;
    let id = |number: &str| (dialect.bytes)(number, 16);
    let key = |number: &str| (dialect.bytes)(number, 32);
    let no = dialect.no;
    let [all, talks, owners] =
        [messages, conversations, devices].map(|count| format!("{} as n", (dialect.numbers)(count)));
    let seats = format!("{} as n", (dialect.numbers)(conversations * 10));
    let (i, k) = (id("i"), key("i"));
    let (talk, seat) = (id("i / 100"), id("i / 10"));
    let sitting = id(&format!("(i * 7) % {devices}"));
    let sender = id(&format!("((i / 100) * 70 + (i % 10) * 7) % {devices}"));
    format!(
        "insert into account (user_id, name, name_folded, name_key, password_file, identity_key,
             recovery_public_key, vault_sealed, vault_key_by_password, vault_key_by_recovery, is_admin, registered_at)
             select {i}, 'a' || i, 'a' || i, 'a' || i, {k}, {k}, {k}, {k}, {k}, {k}, {no}, 0 from {owners};
         insert into device (device_id, user_id, certificate, signature_key, registered_at)
             select {i}, {i}, {k}, {k}, 0 from {owners};
         insert into session (session_id, device_id, current_hash, refreshed_at)
             select {i}, {i}, {k}, i from {owners};
         insert into key_package (reference, device_id, expires_at, key_package)
             select {k}, {i}, i, {k} from {owners};
         insert into used_key_package (reference, device_id, expires_at)
             select {k}, {i}, i from {owners};
         insert into conversation (conversation_id, kind, epoch, head, first_kept)
             select {i}, 2, 1, 101, 2 from {talks};
         insert into conversation_group (conversation_id, public_state, group_info)
             select {i}, {k}, {k} from {talks};
         insert into member (conversation_id, device_id, user_id, leaf, start, cursor)
             select {seat}, {sitting}, {sitting}, i % 10, 0, i % 100 from {seats};
         insert into log_entry (conversation_id, sequence, kind, epoch, sender_device_id, counter, sent_at,
             expires_at, payload, franking_mac)
             select {talk}, i % 100 + 2, 2, 1, {sender}, i, i, case when i % 50 = 0 then i end, {k}, {k} from {all};
         insert into welcome (conversation_id, sequence, sender_device_id, sent_at, welcome, ratchet_tree)
             select {i}, 1, {i}, i, {k}, {k} from {talks};
         insert into pending_welcome (device_id, conversation_id, sequence) select {i}, {i}, 1 from {talks};
         insert into blob (blob_id, conversation_id, user_id, file, size, received, completed_at, expires_at)
             select {i}, {i}, {i}, {i}, 10, 10, i, i from {talks};"
    )
}

fn messages() -> u64 {
    let asked = variable("UNDERTONE_TEST_MESSAGES").and_then(|text| text.parse().ok());
    asked.unwrap_or(MESSAGES)
}

fn is_allowed(sql: &str) -> bool {
    let words: Vec<_> = sql.split_whitespace().collect();
    let sql = words.join(" ");
    ALLOWED.iter().any(|(part, _)| sql.contains(part))
}

fn is_query(sql: &str) -> bool {
    let first = sql.split_whitespace().next().unwrap_or_default();
    ["select", "insert", "update", "delete", "with"].contains(&first)
}

#[tokio::test]
async fn sqlite_finds_everything_by_an_index() {
    let (test, _folder) = TestStore::plain_sqlite().await;
    let Store::Sqlite(store) = &*test else {
        panic!("not SQLite")
    };
    let fill = filled(&SQLITE, messages());
    store
        .write(move |connection| connection.execute_batch(&fill).map_err(StoreError::from))
        .await
        .unwrap();
    let scans = store.read(|connection| {
        let mut scans = Vec::new();
        let all = [of_sqlite(), sql::ALL.to_vec()].concat();
        for sql in all.into_iter().filter(|sql| is_query(sql) && !is_allowed(sql)) {
            let mut explained = connection.prepare(&format!("explain query plan {sql}"))?;
            let mut steps = explained.raw_query();
            while let Some(step) = steps.next()? {
                let step: String = step.get(3)?;
                let mut words = step.split_whitespace();
                // An index that is read from end to end is no better.
                if words.next() == Some("SCAN") && words.next().is_some_and(|table| LARGE.contains(&table)) {
                    scans.push(format!("{step}: {sql}"));
                }
            }
        }
        Ok::<_, StoreError>(scans)
    });
    let scans = scans.await.unwrap();
    assert!(scans.is_empty(), "{}", scans.join("\n\n"));
}

#[tokio::test]
async fn postgres_finds_everything_by_an_index() {
    let Some(test) = TestStore::postgres().await else {
        return;
    };
    let Home::Schema(schema) = &test.home else {
        panic!("not PostgreSQL")
    };
    let within = format!("set search_path to {};", schema.name);
    let tables: BTreeSet<_> = LARGE.into_iter().collect();
    let analyze: Vec<_> = tables.iter().map(|table| format!("analyze {table};")).collect();
    schema
        .execute(within + &filled(&POSTGRES, messages()) + &analyze.concat())
        .await;
    let Store::Postgres(store) = &*test else {
        panic!("not PostgreSQL")
    };
    let client = store.connection().await.unwrap();
    // A plan for whatever is asked, as it is made for a statement that is prepared once. Small tables are read
    // from end to end whatever indexes there are: here that is done only where no index would do.
    client
        .batch_execute("set plan_cache_mode = force_generic_plan; set enable_seqscan = off")
        .await
        .unwrap();
    let mut scans = Vec::new();
    let all = [of_postgres(), sql::ALL.to_vec()].concat();
    for sql in all.into_iter().filter(|sql| is_query(sql) && !is_allowed(sql)) {
        let parameters = client.prepare(sql).await.unwrap().params().len();
        let nothing = vec!["null"; parameters].join(", ");
        let given = if parameters == 0 {
            String::new()
        } else {
            format!("({nothing})")
        };
        let explain = format!("prepare asked as {sql}; explain execute asked{given}; deallocate asked");
        for message in client.simple_query(&explain).await.unwrap() {
            let tokio_postgres::SimpleQueryMessage::Row(row) = message else {
                continue;
            };
            let step = row.get(0).unwrap_or_default();
            let table = step.split("Seq Scan on ").nth(1);
            let table = table
                .and_then(|rest| rest.split_whitespace().next())
                .unwrap_or_default();
            if LARGE.contains(&table) {
                scans.push(format!("{}: {sql}", step.trim()));
            }
        }
    }
    assert!(scans.is_empty(), "{}", scans.join("\n\n"));
}
