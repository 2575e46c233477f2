//! Statements that both databases understand, and what only the store's level shows.

use super::sql;
use crate::store::Store;
use crate::store::suite::{TestStore, on_both_databases};

on_both_databases!(every_statement_is_understood);

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
            for statement in [sql::ALL, &[sql::LOCK_ACCOUNT_POSTGRES]].concat() {
                connection
                    .prepare(statement)
                    .await
                    .unwrap_or_else(|error| panic!("{statement}: {error}"));
            }
        }
    }
}
