//! Several servers on one database: what each asks to stay level, and which of them leads.

use super::log::{message, stamp};
use super::{TestStore, device, on_both_databases};
use crate::config::DatabaseUrl;
use crate::store::Store;
use crate::store::level::{GAP_ENTRIES_MAX, Position};
use undertone_wire::{ConversationId, Epoch, Sequence};

on_both_databases!(
    where_conversations_stand_and_what_is_missing,
    who_sits_where,
    whose_sessions_have_ended,
    one_server_leads_and_another_when_it_is_gone,
);

async fn where_conversations_stand_and_what_is_missing(store: TestStore) {
    let id = store.converse(1).await;
    let messages = (2..7).map(|counter| message(id, 1, counter, 1)).collect();
    store.append_messages(messages, stamp()).await.unwrap();
    let nowhere = ConversationId::from_bytes([99; 16]);
    let position = Position {
        conversation: id,
        head: Sequence(6),
        epoch: Epoch(1),
    };
    assert_eq!(store.positions(vec![nowhere, id]).await.unwrap(), [position]);
    let missing = store.entries_after(id, Sequence(3)).await.unwrap();
    let sequences: Vec<u64> = missing.iter().map(|entry| entry.sequence.0).collect();
    assert_eq!(sequences, [4, 5, 6]);
    assert!(store.entries_after(id, Sequence(6)).await.unwrap().is_empty());
    let more = GAP_ENTRIES_MAX as u64 + 10;
    let messages = (7..7 + more).map(|counter| message(id, 1, counter, 1)).collect();
    store.append_messages(messages, stamp()).await.unwrap();
    let page = store.entries_after(id, Sequence(6)).await.unwrap();
    assert_eq!(page.len(), GAP_ENTRIES_MAX);
}

async fn who_sits_where(store: TestStore) {
    let id = store.converse(1).await;
    let mut seats = store
        .seats_of(vec![device(1), device(2), device(77)])
        .await
        .unwrap();
    seats.sort_unstable();
    assert_eq!(seats, [(device(1), id), (device(2), id)]);
    assert!(store.seats_of(Vec::new()).await.unwrap().is_empty());
}

async fn whose_sessions_have_ended(store: TestStore) {
    store.register(1).await;
    store.register(2).await;
    let all = vec![device(1), device(2), device(3)];
    assert_eq!(store.signed_out(all.clone()).await.unwrap(), [device(3)]);
    store
        .execute("update session set revoked_at = 5 where device_id = (select device_id from device order by device_id limit 1)")
        .await;
    let mut out = store.signed_out(all).await.unwrap();
    out.sort_unstable();
    assert_eq!(out, [device(1), device(3)]);
}

async fn one_server_leads_and_another_when_it_is_gone(store: TestStore) {
    let first = store.try_lead().await.unwrap().unwrap();
    assert!(first.holds().await);
    let DatabaseUrl::Postgres(url) = store.database_url() else {
        return;
    };
    let other = Store::open_postgres(&url).await.unwrap();
    assert!(other.try_lead().await.unwrap().is_none(), "two lead");
    assert!(store.try_lead().await.unwrap().is_none(), "nor twice the same");
    drop(first);
    // PostgreSQL notices the end of a connection by itself.
    let led = loop {
        if let Some(lead) = other.try_lead().await.unwrap() {
            break lead;
        }
    };
    store.end_connections().await;
    assert!(!led.holds().await, "a connection that is gone leads nobody");
}
