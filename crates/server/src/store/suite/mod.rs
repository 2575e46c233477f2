//! One suite of tests for both databases. A test is written once and runs on SQLite and on
//! PostgreSQL, each time on a database of its own.
//!
//! PostgreSQL is named by `UNDERTONE_TEST_POSTGRES`; without it these tests fail, unless
//! `UNDERTONE_SKIP_POSTGRES=1` says that it is left out on purpose.

mod blob;
mod conversation;
mod failure;
mod group;
mod key_package;
mod level;
mod log;
mod migration;
mod people;
mod plan;
mod push;
pub(crate) mod room;
mod session;
mod statement;
mod storage;
mod sweep;
mod undo;

use super::{SqliteKey, Store, StoreError};
use crate::config::DatabaseUrl;
use rand::RngCore;
use rand::rngs::OsRng;
use std::ops::Deref;
use std::path::PathBuf;
use tempfile::TempDir;
use tokio_postgres::NoTls;

pub(crate) use people::{device, user};

/// A store of one test, which is gone with it.
pub(crate) struct TestStore {
    store: Store,
    home: Home,
}

enum Home {
    Directory(#[expect(dead_code, reason = "it is deleted when dropped")] TempDir),
    Schema(Schema),
}

/// A schema of a PostgreSQL database.
struct Schema {
    url: String,
    name: String,
}

impl Deref for TestStore {
    type Target = Store;
    fn deref(&self) -> &Store {
        &self.store
    }
}

impl TestStore {
    /// An encrypted file in a directory of its own.
    pub(crate) async fn sqlite() -> Self {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("store.sqlite");
        let store = Store::open_sqlite(&path, &SqliteKey::from_bytes([7; 32]))
            .await
            .unwrap();
        Self {
            store,
            home: Home::Directory(directory),
        }
    }

    /// A file that is not encrypted, and its directory: to look for what should not be in it.
    pub(crate) async fn plain_sqlite() -> (Self, PathBuf) {
        let directory = TempDir::new().unwrap();
        let path = directory.path().to_owned();
        let store = Store::open_sqlite(&path.join("store.sqlite"), &SqliteKey::none())
            .await
            .unwrap();
        let home = Home::Directory(directory);
        (Self { store, home }, path)
    }

    /// A schema of its own. `None` where PostgreSQL is left out on purpose.
    pub(crate) async fn postgres() -> Option<Self> {
        let Some(url) = variable("UNDERTONE_TEST_POSTGRES") else {
            let skips = variable("UNDERTONE_SKIP_POSTGRES").is_some_and(|value| value == "1");
            assert!(
                skips,
                "UNDERTONE_TEST_POSTGRES is not set: name a PostgreSQL server, or set \
                 UNDERTONE_SKIP_POSTGRES=1 to leave it out"
            );
            return None;
        };
        let schema = Schema::create(url).await;
        let store = Store::open_postgres(&schema.store_url()).await.unwrap();
        Some(Self {
            store,
            home: Home::Schema(schema),
        })
    }
}

impl TestStore {
    /// Where a server finds the same PostgreSQL database, or an SQLite database of its own.
    pub(crate) fn database_url(&self) -> DatabaseUrl {
        match &self.home {
            Home::Directory(_) => DatabaseUrl::Sqlite,
            Home::Schema(schema) => DatabaseUrl::Postgres(schema.store_url()),
        }
    }

    /// Runs a statement that both databases understand, as a mishap from outside.
    pub(crate) async fn execute(&self, sql: &'static str) {
        match &self.store {
            Store::Sqlite(store) => store
                .write(move |connection| connection.execute_batch(sql).map_err(StoreError::from))
                .await
                .unwrap(),
            Store::Postgres(store) => store
                .connection()
                .await
                .unwrap()
                .batch_execute(sql)
                .await
                .unwrap(),
        }
    }

    /// Ends the store's connections, as a database that restarts does.
    async fn end_connections(&self) {
        let Home::Schema(schema) = &self.home else { return };
        let name = &schema.name;
        let sql = format!(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = '{name}'"
        );
        schema.execute(sql).await;
    }
}

impl Schema {
    async fn create(url: String) -> Self {
        let schema = Self {
            url,
            name: format!("test_{:016x}", OsRng.next_u64()),
        };
        schema.execute(format!("create schema {}", schema.name)).await;
        schema
    }

    /// The address with which a store sees this schema alone.
    fn store_url(&self) -> String {
        let (url, name) = (&self.url, &self.name);
        let separator = if url.contains('?') { '&' } else { '?' };
        format!("{url}{separator}options=-csearch_path%3D{name}&application_name={name}")
    }

    async fn execute(&self, sql: String) {
        let (client, connection) = tokio_postgres::connect(&self.url, NoTls).await.unwrap();
        let connection = tokio::spawn(connection);
        client.batch_execute(&sql).await.unwrap();
        drop(client);
        connection.await.unwrap().unwrap();
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        let schema = Self {
            url: std::mem::take(&mut self.url),
            name: std::mem::take(&mut self.name),
        };
        if schema.url.is_empty() {
            return;
        }
        // A test's own runtime may be ending; the schema is dropped on another.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(schema.execute(format!("drop schema {} cascade", schema.name)));
            std::mem::forget(schema);
        });
        drop(dropping.join());
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests are told by the environment where PostgreSQL is"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Runs each of these tests on both databases.
macro_rules! on_both_databases {
    ($($name:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::store::suite::TestStore::sqlite().await).await;
            })+
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                if let Some(store) = $crate::store::suite::TestStore::postgres().await {
                    super::$name(store).await;
                }
            })+
        }
    };
}
pub(crate) use on_both_databases;
