//! PostgreSQL: a pool of connections, and transactions that are tried again when PostgreSQL asks for
//! it. It is not where operations live: those are in the modules beside this one.

pub(in crate::store) mod account;
mod account_device;
mod account_session;
pub(in crate::store) mod backup;
mod blob;
pub(in crate::store) mod commit;
pub(in crate::store) mod conversation;
pub(in crate::store) mod crowd;
pub(in crate::store) mod group;
mod guest;
pub(in crate::store) mod key_package;
mod lead;
pub(in crate::store) mod level;
pub(in crate::store) mod log;
mod push;
mod recovery;
pub(in crate::store) mod room;
pub(in crate::store) mod sweep;
pub(in crate::store) mod undo;
pub(in crate::store) mod welcome;

pub use lead::Lease;

use super::StoreError;
use super::migration::{self, CREATE_TABLE, SELECT_VERSIONS};
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use std::time::Duration;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

/// One transaction; it is what the operations get.
pub type Transaction<'a> = deadpool_postgres::Transaction<'a>;

/// Connections to the database.
const CONNECTIONS_MAX: usize = 16;
/// How long one waits for a connection before the database counts as down.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How often a transaction is tried again after a deadlock or a serialisation failure.
const ATTEMPTS_MAX: u32 = 5;
/// Any number, the same in all servers: one of them migrates at a time.
const MIGRATION_LOCK: i64 = 0x554e_4454_0001;

/// Runs a future over a transaction and commits it; undoes it if the future fails. It is tried again
/// when PostgreSQL undid it because of another transaction, so the expression may be evaluated more
/// than once. A macro, because a closure over the transaction would give futures that are not `Send`.
///
/// Cancel safe because a transaction that is dropped before its commit is rolled back.
macro_rules! in_transaction {
    ($store:expr, $transaction:ident => $work:expr) => {{
        let mut attempts = $crate::store::postgres::Attempts::default();
        loop {
            let mut connection = $store.connection().await?;
            let $transaction = connection
                .transaction()
                .await
                .map_err($crate::store::StoreError::from)?;
            let outcome = match $work.await {
                Ok(value) => match $transaction.commit().await {
                    Ok(()) => Ok(value),
                    Err(error) => Err($crate::store::StoreError::from(error).into()),
                },
                Err(error) => Err(error),
            };
            match outcome {
                Err(error) if attempts.another_after(&error) => {}
                outcome => break outcome,
            }
        }
    }};
}
pub(crate) use in_transaction;

/// A handle to the database.
#[derive(Clone)]
pub struct PostgresStore {
    pool: Pool,
}

impl PostgresStore {
    /// Connects and brings the schema up to date.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let store = Self::connect(url)?;
        store.migrate().await?;
        Ok(store)
    }

    /// Connects, and leaves the schema as it is.
    pub(in crate::store) fn connect(url: &str) -> Result<Self, StoreError> {
        let mut config: Config = url.parse().map_err(StoreError::unavailable)?;
        config.connect_timeout(CONNECT_TIMEOUT);
        let manager_config = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = if is_remote(&config) {
            config.ssl_mode(SslMode::Require);
            Manager::from_config(config, encrypted()?, manager_config)
        } else {
            Manager::from_config(config, NoTls, manager_config)
        };
        let pool = Pool::builder(manager)
            .max_size(CONNECTIONS_MAX)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(CONNECT_TIMEOUT))
            .create_timeout(Some(CONNECT_TIMEOUT))
            .build()
            .map_err(StoreError::unavailable)?;
        Ok(Self { pool })
    }

    /// A connection of the pool: for single statements, which are transactions by themselves.
    pub async fn connection(&self) -> Result<Object, StoreError> {
        self.pool.get().await.map_err(StoreError::unavailable)
    }

    /// Gives no connection any more: what a database that is down is to the callers.
    #[cfg(test)]
    pub(in crate::store) fn close(&self) {
        self.pool.close();
    }

    /// Whether the database answers.
    pub async fn check(&self) -> Result<(), StoreError> {
        let connection = self.connection().await?;
        connection
            .query_one("select count(*) from schema_migration", &[])
            .await?;
        Ok(())
    }

    async fn migrate(&self) -> Result<(), StoreError> {
        in_transaction!(self, transaction => migrate(&transaction))
    }
}

/// Counts how often a transaction was tried.
#[derive(Default)]
pub(crate) struct Attempts(u32);

impl Attempts {
    pub(crate) fn another_after(&mut self, error: &impl Retry) -> bool {
        self.0 += 1;
        self.0 < ATTEMPTS_MAX && error.is_transient()
    }
}

/// Whether a transaction that failed so is worth another attempt at once.
pub(crate) trait Retry {
    /// True when PostgreSQL undid it only because of another transaction.
    fn is_transient(&self) -> bool;
}

impl Retry for StoreError {
    fn is_transient(&self) -> bool {
        let Self::Unavailable { source } = self else {
            return false;
        };
        let state = source
            .downcast_ref::<tokio_postgres::Error>()
            .and_then(tokio_postgres::Error::code);
        matches!(state, Some(state) if *state == SqlState::T_R_SERIALIZATION_FAILURE || *state == SqlState::T_R_DEADLOCK_DETECTED)
    }
}

async fn migrate(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    transaction
        .execute("select pg_advisory_xact_lock($1)", &[&MIGRATION_LOCK])
        .await?;
    transaction.batch_execute(CREATE_TABLE).await?;
    let rows = transaction.query(SELECT_VERSIONS, &[]).await?;
    let taken = rows
        .iter()
        .map(|row| row.try_get(0))
        .collect::<Result<Vec<i64>, _>>()?;
    for step in migration::missing(&taken).map_err(StoreError::unavailable)? {
        transaction.batch_execute(step.postgres).await?;
        let insert = "insert into schema_migration (version, name) values ($1, $2)";
        transaction.execute(insert, &[&step.version, &step.name]).await?;
    }
    Ok(())
}

/// True unless every host is this machine.
fn is_remote(config: &Config) -> bool {
    config.get_hosts().iter().any(|host| match host {
        Host::Tcp(name) => !matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1"),
        #[cfg(unix)]
        Host::Unix(_) => false,
    })
}

/// TLS with the system's certificate authorities. One that cannot be read is no obstacle while others can.
fn encrypted() -> Result<MakeRustlsConnect, StoreError> {
    match MakeRustlsConnect::with_native_certs() {
        Ok((connector, _unreadable)) => Ok(connector),
        Err(errors) => Err(match errors.into_iter().next() {
            Some(error) => StoreError::unavailable(error),
            None => StoreError::unavailable("the system has no certificate authorities"),
        }),
    }
}
