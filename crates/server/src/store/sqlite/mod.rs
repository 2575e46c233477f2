//! SQLite with SQLCipher: one encrypted file, one writer thread that commits in groups, and a small
//! pool of readers. It is not where operations live: those are in the modules beside this one.

pub(in crate::store) mod account;
mod account_device;
mod account_session;
mod arrival;
pub(in crate::store) mod backup;
mod blob;
pub(in crate::store) mod commit;
pub(in crate::store) mod conversation;
pub(in crate::store) mod crowd;
pub(in crate::store) mod group;
mod guest;
pub(in crate::store) mod key_package;
pub(in crate::store) mod level;
pub(in crate::store) mod log;
mod push;
mod reader;
mod recovery;
mod remembered;
pub(in crate::store) mod room;
pub(in crate::store) mod sweep;
mod thread;
pub(in crate::store) mod undo;
pub(in crate::store) mod welcome;
mod writer;

use super::StoreError;
use super::migration::{self, CREATE_TABLE, SELECT_VERSIONS};
use reader::{Reader, Readers};
use remembered::Remembered;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, TransactionBehavior};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use writer::Writer;
use zeroize::Zeroizing;

/// The raw SQLCipher key, from the key file. Wiped from memory when dropped.
#[derive(Clone)]
pub struct SqliteKey(Zeroizing<[u8; 32]>);

impl SqliteKey {
    /// Takes 32 random bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// No key: the file is plain, and shows what stays in it.
    #[cfg(test)]
    pub(in crate::store) fn none() -> Self {
        Self::from_bytes([0; 32])
    }

    /// The pragma that opens the file.
    fn pragma(&self) -> Zeroizing<String> {
        #[cfg(test)]
        if *self.0 == [0; 32] {
            return Zeroizing::default();
        }
        let hex = Zeroizing::new(data_encoding::HEXLOWER.encode(self.0.as_slice()));
        Zeroizing::new(format!("PRAGMA key = \"x'{}'\"", hex.as_str()))
    }
}

impl fmt::Debug for SqliteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SqliteKey(..)")
    }
}

/// A handle to the open file.
#[derive(Clone)]
pub struct SqliteStore {
    writer: Writer,
    readers: Readers,
    remembered: Arc<Remembered>,
}

impl SqliteStore {
    /// Opens or makes the file and brings its schema up to date.
    pub async fn open(path: &Path, key: &SqliteKey) -> Result<Self, StoreError> {
        let (path, key) = (path.to_owned(), key.clone());
        let opened = tokio::task::spawn_blocking(move || {
            let mut connection = connect(&path, &key)?;
            migrate(&mut connection)?;
            connection.execute_batch(WRITER_SETTINGS)?;
            let readers = Readers::open(|| connect(&path, &key))?;
            let writer = Writer::start(connection).map_err(StoreError::unavailable)?;
            Ok(Self {
                writer,
                readers,
                remembered: Arc::default(),
            })
        });
        opened.await.map_err(StoreError::unavailable)?
    }

    /// Runs `work` in the next transaction, together with all that waits for the writer at that
    /// moment. If it fails, what it did is undone and the others are unharmed. It answers when the
    /// transaction is durable, never before; if the commit fails, everybody gets
    /// [`StoreError::Unavailable`].
    ///
    /// `work` runs on the writer's thread: no waiting in it.
    ///
    /// Cancel safe because `work` is handed over whole: a caller who goes away does not learn the
    /// outcome, but it is all or nothing.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let remembered = Arc::clone(&self.remembered);
        let work = move |connection: &Connection| {
            remembered.forget();
            work(connection)
        };
        self.writer.write(work).await
    }

    /// Runs `work` on one of the readers' connections, in one read transaction: it sees one state.
    ///
    /// Cancel safe because reading changes nothing.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.readers.visit(|reader: &mut Reader| reader.read(work)).await
    }

    /// Whether the file can be read and written.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.write(|connection| {
            connection
                .query_row("select count(*) from schema_migration", [], |_| Ok(()))
                .map_err(Into::into)
        })
        .await
    }

    /// Writes the log back into the file and empties it, so that deleted entries do not stay there.
    pub async fn truncate_log(&self) -> Result<(), StoreError> {
        self.writer.truncate_log().await
    }
}

/// Of the writer alone: a page that is found in memory need not be decrypted and verified again. What is
/// written goes back into the file every 16 MiB, so that a page that changes often goes back once.
const WRITER_SETTINGS: &str = "
    PRAGMA cache_size = -65536;
    PRAGMA wal_autocheckpoint = 4096;";

/// One connection with the settings that all need.
fn connect(path: &PathBuf, key: &SqliteKey) -> Result<Connection, StoreError> {
    let connection = Connection::open(path)?;
    connection.execute_batch(&key.pragma())?;
    // A wrong key shows at the first read; it is cheap here.
    connection.query_row("select count(*) from sqlite_schema", [], |_| Ok(()))?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA secure_delete = ON;
         PRAGMA foreign_keys = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -8192;
         PRAGMA busy_timeout = 5000;",
    )?;
    // A plan that looks at the value of a parameter, as a limit's does, is made anew for each value.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

/// A step that makes a table anew must not take along what refers to it, so foreign keys are looked at
/// only at the end. That setting cannot change within a transaction.
fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    connection.pragma_update(None, "foreign_keys", false)?;
    take_missing_steps(connection)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(())
}

fn take_missing_steps(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    transaction.execute_batch(CREATE_TABLE)?;
    let taken = {
        let mut statement = transaction.prepare(SELECT_VERSIONS)?;
        let rows = statement.query_map([], |row| row.get::<_, i64>(0))?;
        rows.collect::<Result<Vec<_>, _>>()?
    };
    for step in migration::missing(&taken).map_err(StoreError::unavailable)? {
        transaction.execute_batch(step.sqlite)?;
        transaction.execute(
            "insert into schema_migration (version, name) values (?1, ?2)",
            rusqlite::params![step.version, step.name],
        )?;
        if transaction.prepare("PRAGMA foreign_key_check")?.exists([])? {
            return Err(StoreError::unavailable(BrokenReference(step.version)));
        }
    }
    transaction.commit()?;
    Ok(())
}

/// A migration left rows that refer to nothing.
#[derive(Debug, thiserror::Error)]
#[error("migration {0} broke a reference between two tables")]
struct BrokenReference(i64);
