//! Opening the database file: natively by path, in the browser by the pool of OPFS access handles.
//! The rest of the store does not know which.

use super::StoreError;
use rand::RngCore;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use std::fmt;
use undertone_wire::alphabet::HEX;
use zeroize::Zeroizing;

/// Where the store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreLocation {
    /// A file; it is made, with its directory, where it is missing.
    #[cfg(not(target_arch = "wasm32"))]
    File(std::path::PathBuf),
    /// A directory of the origin private file system. The caller holds the lock that makes it the only
    /// one who opens it.
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    Opfs {
        /// The directory's name.
        directory: String,
    },
    /// Nowhere: gone with the client.
    Memory,
    /// A file without encryption, so that a test sees what is in it.
    #[cfg(test)]
    Plain(std::path::PathBuf),
}

impl StoreLocation {
    const fn is_encrypted(&self) -> bool {
        match self {
            #[cfg(test)]
            Self::Plain(_) => false,
            _ => true,
        }
    }
}

/// The key of the database: 32 random bytes. `Debug` does not show it.
#[derive(Clone)]
pub struct StoreKey(Zeroizing<[u8; 32]>);

impl StoreKey {
    /// Takes a key that was drawn at random or unwrapped.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Draws one.
    pub fn random(rng: &mut (impl rand::CryptoRng + RngCore)) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill_bytes(bytes.as_mut_slice());
        Self(bytes)
    }

    /// Its bytes, to be wrapped.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreKey(…)")
    }
}

/// Opens the file and proves that the key fits.
pub(super) async fn open(location: &StoreLocation, key: &StoreKey) -> Result<Connection, StoreError> {
    let mut connection = connect(location).await?;
    if location.is_encrypted() {
        connection = encrypt(connection, location, key).await?;
    }
    connection.execute_batch(PRAGMAS)?;
    connection.execute_batch(JOURNAL)?;
    // A plan that looks at the value of a parameter, as a limit's does, is made anew for each value.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // Takes the lock for as long as the store is open, and fails if another process has it.
    connection.execute_batch("BEGIN IMMEDIATE; COMMIT")?;
    if location.is_encrypted() {
        check_salt(&connection)?;
    }
    Ok(connection)
}

/// Gives SQLCipher the key, and a fresh file its salt.
async fn encrypt(
    mut connection: Connection,
    location: &StoreLocation,
    key: &StoreKey,
) -> Result<Connection, StoreError> {
    unlock(&connection, key, None)?;
    let pages: i64 = connection.query_row("PRAGMA page_count", [], |row| Ok(number(row.get(0)?)))?;
    if pages == 0 {
        // A fresh file: SQLCipher has no randomness of its own in the browser and would salt it with zeros.
        let mut salt = [0; 16];
        rand::rngs::OsRng.fill_bytes(&mut salt);
        drop(connection);
        connection = connect(location).await?;
        unlock(&connection, key, Some(salt))?;
    }
    Ok(connection)
}

/// Every page that is not in memory is decrypted and checked anew: 16 MiB of them stay.
const PRAGMAS: &str = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; \
    PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384;";

/// The pool of files in the browser has no shared memory: a file that was left in WAL could not be
/// opened again, since it is read before it is locked.
const JOURNAL: &str = if cfg!(target_arch = "wasm32") {
    "PRAGMA journal_mode = TRUNCATE"
} else {
    "PRAGMA journal_mode = WAL"
};

#[cfg_attr(
    not(target_arch = "wasm32"),
    expect(
        clippy::unused_async,
        reason = "the browser's files are opened asynchronously"
    )
)]
async fn connect(location: &StoreLocation) -> Result<Connection, StoreError> {
    let connection = match location {
        #[cfg(not(target_arch = "wasm32"))]
        StoreLocation::File(path) => native::connect(path)?,
        #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
        StoreLocation::Opfs { directory } => web::connect(directory).await?,
        StoreLocation::Memory => Connection::open_in_memory()?,
        #[cfg(test)]
        StoreLocation::Plain(path) => Connection::open(path)?,
    };
    connection.busy_timeout(std::time::Duration::from_secs(1))?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

/// Gives SQLCipher the raw key, and to a fresh file its salt.
fn unlock(connection: &Connection, key: &StoreKey, salt: Option<[u8; 16]>) -> Result<(), StoreError> {
    let key_hex = Zeroizing::new(HEX.encode(key.as_bytes()));
    let salt_hex = salt.map(|salt| HEX.encode(&salt)).unwrap_or_default();
    let pragma = Zeroizing::new(format!("PRAGMA key = \"x'{}{salt_hex}'\"", key_hex.as_str()));
    connection.execute_batch(&pragma)?;
    // The first read is what fails when the key is another.
    connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))?;
    Ok(())
}

fn check_salt(connection: &Connection) -> Result<(), StoreError> {
    let salt: String = connection.query_row("PRAGMA cipher_salt", [], |row| row.get(0))?;
    let random = salt.len() == 32 && salt.bytes().any(|digit| digit != b'0');
    if random { Ok(()) } else { Err(StoreError::NoSalt) }
}

/// SQLCipher answers some pragmas in text.
fn number(value: rusqlite::types::Value) -> i64 {
    match value {
        rusqlite::types::Value::Integer(number) => number,
        rusqlite::types::Value::Text(text) => text.parse().unwrap_or(-1),
        _ => -1,
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use super::{Connection, StoreError};
    use std::path::Path;

    pub(super) fn connect(path: &Path) -> Result<Connection, StoreError> {
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory).map_err(|error| StoreError::File(Box::new(error)))?;
        }
        Ok(Connection::open(path)?)
    }
}

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
mod web {
    use super::{Connection, StoreError};
    use rusqlite::OpenFlags;
    use sqlite_wasm_vfs::sahpool::{OpfsSAHPoolCfgBuilder, OpfsSAHPoolUtil, install};
    use std::cell::RefCell;

    const FILE: &str = "undertone.db";

    thread_local! {
        /// The pool outlives a store: SQLite keeps its registration, and the next store opens it again.
        static POOL: RefCell<Option<OpfsSAHPoolUtil>> = const { RefCell::new(None) };
    }

    pub(super) async fn connect(directory: &str) -> Result<Connection, StoreError> {
        let vfs = format!("sahpool-{directory}");
        let settings = OpfsSAHPoolCfgBuilder::new()
            .vfs_name(&vfs)
            .directory(directory)
            .initial_capacity(6)
            .build();
        let pool = install::<sqlite_wasm_rs::WasmOsCallback>(&settings, false)
            .await
            .map_err(file_error)?;
        let connection = Connection::open_with_flags_and_vfs(FILE, OpenFlags::default(), vfs.as_str())?;
        POOL.with_borrow_mut(|kept| *kept = Some(pool));
        Ok(connection)
    }

    fn file_error(error: impl std::fmt::Display) -> StoreError {
        // The pool's errors hold JavaScript values, which cannot leave their thread: keep their words.
        StoreError::File(error.to_string().into())
    }
}
