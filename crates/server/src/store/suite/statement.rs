//! Every statement of the message plane is understood by its database: each is prepared against the
//! schema. Those of the accounts are tested beside them.

use super::TestStore;
use crate::store::{Store, StoreError, backup, blob, postgres, push, sqlite};

/// Every statement of the message plane on SQLite.
pub(super) fn of_sqlite() -> Vec<&'static str> {
    [
        sqlite::commit::STATEMENTS,
        sqlite::conversation::STATEMENTS,
        sqlite::group::STATEMENTS,
        sqlite::undo::STATEMENTS,
        sqlite::log::STATEMENTS,
        sqlite::welcome::STATEMENTS,
        sqlite::key_package::STATEMENTS,
        sqlite::level::STATEMENTS,
        sqlite::crowd::STATEMENTS,
        sqlite::room::STATEMENTS,
        sqlite::sweep::STATEMENTS,
        blob::STATEMENTS,
        backup::STATEMENTS,
        push::STATEMENTS,
    ]
    .concat()
}

/// Every statement of the message plane on PostgreSQL.
pub(super) fn of_postgres() -> Vec<&'static str> {
    [
        postgres::commit::STATEMENTS,
        postgres::conversation::STATEMENTS,
        postgres::group::STATEMENTS,
        postgres::undo::STATEMENTS,
        postgres::log::STATEMENTS,
        postgres::welcome::STATEMENTS,
        postgres::key_package::STATEMENTS,
        postgres::level::STATEMENTS,
        postgres::crowd::STATEMENTS,
        postgres::room::STATEMENTS,
        postgres::sweep::STATEMENTS,
        blob::STATEMENTS,
        backup::STATEMENTS,
        blob::POSTGRES_STATEMENTS,
        push::STATEMENTS,
    ]
    .concat()
}

#[tokio::test]
async fn sqlite_understands_every_statement() {
    let test = TestStore::sqlite().await;
    let Store::Sqlite(store) = &*test else {
        panic!("not SQLite")
    };
    store
        .read(|connection| {
            for sql in of_sqlite() {
                if let Err(error) = connection.prepare(sql) {
                    panic!("{error}: {sql}");
                }
            }
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn postgres_understands_every_statement() {
    let Some(test) = TestStore::postgres().await else {
        return;
    };
    let Store::Postgres(store) = &*test else {
        panic!("not PostgreSQL")
    };
    let client = store.connection().await.unwrap();
    for sql in of_postgres() {
        if let Err(error) = client.prepare(sql).await {
            panic!("{error:?}: {sql}");
        }
    }
}

/// What is asked often does not read whole tables.
#[tokio::test]
async fn statements_on_files_and_subscriptions_use_indexes() {
    let test = TestStore::sqlite().await;
    let Store::Sqlite(store) = &*test else {
        panic!("not SQLite")
    };
    let often = [blob::OFTEN, push::OFTEN].concat();
    store
        .read(move |connection| {
            for sql in often {
                let mut explained = connection.prepare(&format!("explain query plan {sql}"))?;
                let mut steps = explained.raw_query();
                while let Some(step) = steps.next()? {
                    let step: String = step.get(3)?;
                    let is_scan = step.starts_with("SCAN") && !step.contains("CONSTANT ROW");
                    assert!(!is_scan, "{step}: {sql}");
                }
            }
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
}
