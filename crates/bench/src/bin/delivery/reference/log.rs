//! The reference's log: one SQLite file with the real server's settings, one writer that takes all that waits
//! into one transaction, and one reader. Nothing is checked.

use anyhow::{Context as _, Result};
use bytes::Bytes;
use rusqlite::{Connection, params};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use tokio::sync::mpsc;

/// As the real server has it.
const GROUP_MAX: usize = 1024;
const KEY: &str = "PRAGMA key = \"x'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'\"";
const SETTINGS: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA secure_delete = ON;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -65536;
    PRAGMA wal_autocheckpoint = 4096;
    PRAGMA busy_timeout = 5000;";
/// In the order in which they come, as the real server has them: the quickest that was found.
const CREATE: &str = "
    create table if not exists log (
        entry integer primary key,
        room integer not null,
        sequence integer not null,
        payload blob not null,
        unique (room, sequence)
    ) strict";
const INSERT: &str = "insert into log (room, sequence, payload) values (?1, ?2, ?3)";
const PAGE: &str = "select payload from log where room = ?1 order by sequence desc limit ?2";

/// Frames that are durable now, by room, in their order.
pub(super) type Written = Vec<(u32, Bytes)>;

/// A message that waits for the disk: where, what is put in front, and itself.
type Waiting = (u32, Bytes, Bytes);

/// A handle to the log.
#[derive(Clone)]
pub(super) struct Log {
    waiting: mpsc::Sender<Waiting>,
    reader: Arc<Mutex<Connection>>,
}

impl Log {
    /// Opens the file; `publish` hears of what is durable, on the writer's thread.
    pub(super) fn open(path: &Path, publish: impl Fn(Written) + Send + 'static) -> Result<Self> {
        let connection = connect(path)?;
        connection.execute_batch(CREATE)?;
        let reader = Arc::new(Mutex::new(connect(path)?));
        let (waiting, queue) = mpsc::channel(4096);
        let path: PathBuf = path.to_owned();
        thread::Builder::new()
            .name("log-writer".to_owned())
            .spawn(move || {
                if let Err(error) = write(connection, queue, &publish) {
                    eprintln!("the reference cannot write {}: {error:#}", path.display());
                }
            })?;
        Ok(Self { waiting, reader })
    }

    pub(super) async fn append(&self, room: u32, front: Bytes, message: Bytes) -> Result<()> {
        self.waiting
            .send((room, front, message))
            .await
            .context("the writer has ended")
    }

    /// The newest messages of a room, one behind the other.
    pub(super) async fn page(&self, room: u32, count: u8) -> Result<Vec<u8>> {
        let reader = Arc::clone(&self.reader);
        tokio::task::spawn_blocking(move || {
            let reader = reader.lock().unwrap_or_else(PoisonError::into_inner);
            let mut statement = reader.prepare_cached(PAGE)?;
            let mut rows = statement.query(params![room, count])?;
            let mut page = Vec::new();
            while let Some(row) = rows.next()? {
                page.extend_from_slice(row.get_ref(0)?.as_blob()?);
            }
            Ok(page)
        })
        .await?
    }
}

fn connect(path: &Path) -> Result<Connection> {
    let connection = Connection::open(path)?;
    connection.execute_batch(KEY)?;
    connection.execute_batch(SETTINGS)?;
    Ok(connection)
}

fn write(
    mut connection: Connection,
    mut queue: mpsc::Receiver<Waiting>,
    publish: &dyn Fn(Written),
) -> Result<()> {
    let mut heads: HashMap<u32, i64> = HashMap::new();
    let mut batch = Vec::new();
    while queue.blocking_recv_many(&mut batch, GROUP_MAX) > 0 {
        let transaction = connection.transaction()?;
        let mut written = Written::with_capacity(batch.len());
        {
            let mut statement = transaction.prepare_cached(INSERT)?;
            for (room, front, message) in batch.drain(..) {
                let head = heads.entry(room).or_default();
                *head += 1;
                statement.execute(params![room, *head, message.as_ref()])?;
                written.push((room, [front.as_ref(), &message].concat().into()));
            }
        }
        transaction.commit()?;
        publish(written);
    }
    Ok(())
}
