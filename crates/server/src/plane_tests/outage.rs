//! A full disk under a whole server: nothing is acknowledged, and it goes on by itself.

use super::{Server, code};
use crate::store::{Store, StoreError};
use undertone_wire::{ErrorCode, Sequence};

/// Lets the database's file have so many pages.
async fn limit_pages(server: &Server, pages: i64) {
    let Store::Sqlite(store) = &server.state.store else {
        panic!("not SQLite")
    };
    store
        .write(move |connection| {
            let sql = format!("pragma max_page_count = {pages}");
            connection
                .query_row(&sql, [], |_| Ok(()))
                .map_err(StoreError::from)
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn what_cannot_be_stored_is_not_accepted() {
    let server = Server::start().await;
    let (mut alice, mut bob) = (server.register("alice").await, server.register("bob").await);
    bob.stock(&server, 1).await;
    let id = alice.begin(&server, bob.user).await;
    bob.join(&server.state.store.pending_welcomes(bob.device).await.unwrap()[0]);
    limit_pages(&server, 1).await;
    let long = alice.write(id, &"long ".repeat(10_000));
    assert_eq!(code(alice.send(&server, &long).await), ErrorCode::Unavailable);
    let update = bob.update(id);
    assert_eq!(code(bob.submit(&server, &update).await), ErrorCode::Unavailable);
    let head = server.state.store.heads(alice.device).await.unwrap()[0];
    assert_eq!(head.head, Sequence(1));
    limit_pages(&server, 1_000_000).await;
    assert_eq!(alice.send(&server, &long).await.unwrap().sequence, Sequence(2));
    assert_eq!(bob.submit(&server, &update).await.unwrap().sequence, Sequence(3));
}
