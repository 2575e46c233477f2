//! Statements that both databases understand, and what only the store's level shows.

use super::sql;
use crate::store::Store;
use crate::store::suite::{TestStore, on_both_databases};

on_both_databases!(every_statement_is_understood, a_database_belongs_to_one_key_file,);

async fn every_statement_is_understood(store: TestStore) {
    match &*store {
        Store::Sqlite(store) => store
            .read(|connection| {
                for statement in sql::ALL {
                    connection
                        .prepare(statement)
                        .unwrap_or_else(|error| panic!("{statement}: {error}"));
                }
                Ok::<_, crate::store::StoreError>(())
            })
            .await
            .unwrap(),
        Store::Postgres(store) => {
            let connection = store.connection().await.unwrap();
            for statement in [
                sql::ALL,
                &[sql::LOCK_ACCOUNT_POSTGRES, sql::LOCK_ENDED_GUESTS_POSTGRES],
            ]
            .concat()
            {
                connection
                    .prepare(statement)
                    .await
                    .unwrap_or_else(|error| panic!("{statement}: {error}"));
            }
        }
    }
}

async fn a_database_belongs_to_one_key_file(store: TestStore) {
    let (own, other) = ([1; 32], [2; 32]);
    store.register(1).await;
    let belongs = async |identifier, is_new| store.belongs_to_key_file(identifier, is_new).await.unwrap();
    assert!(
        !belongs(other, true).await,
        "what is new made none of the accounts"
    );
    assert!(belongs(own, false).await, "a database of the version before");
    assert!(!belongs(other, false).await);
    assert!(belongs(own, false).await);
}
