//! Making a backup, while the server runs or not. What it takes up beside the result, an encrypted copy of
//! the database and what is read back of the result, lies in the data directory meanwhile.

use super::archive::{self, CERTIFICATES, DUMP, Manifest, Passphrase, SQLITE, Writer, blob_name};
use super::place::{Unfinished, UnfinishedFile};
use super::{BackupError, Content, off_thread, tools};
use crate::config::{BlobPlace, Config, DatabaseUrl};
use crate::key_file::{KEY_FILE, Keys};
use crate::server::{DATABASE_FILE, Environment, StartError};
use crate::store::backup::{KeptBlob, Reach};
use crate::store::{SqliteKey, Store};
use rand::rngs::OsRng;
use std::path::{Path, PathBuf};

/// Makes a backup of the server with these settings at `output`, where nothing may be yet, reads it back,
/// and tells what is in it.
pub async fn take(
    config: &Config,
    environment: &Environment,
    output: &Path,
    passphrase: &Passphrase,
) -> Result<Content, BackupError> {
    if output.exists() {
        return Err(BackupError::Exists(output.to_owned()));
    }
    let keys = existing_keys(&config.data_dir)?;
    let work = Unfinished::within(&config.data_dir)?;
    let database = Database::snapshot(config, &keys, work.path()).await?;
    let blobs = blob_directory(config);
    let gathered = Gathered {
        data: config.data_dir.clone(),
        kept: match &blobs {
            Some(_) => database.kept_blobs().await?,
            None => Vec::new(),
        },
        blobs: blobs.unwrap_or_default(),
        database,
    };
    let (output, passphrase) = (output.to_owned(), passphrase.clone());
    let made_at_ms = environment.clock.now().as_millis();
    off_thread(move || {
        let (unfinished, file) = UnfinishedFile::beside(&output)?;
        let mut writer = Writer::begin((unfinished.path(), file), &passphrase, made_at_ms)?;
        gathered.write(&mut writer)?;
        let written = writer.finish()?;
        gathered.read_back(&written, (unfinished.path(), &passphrase), work.path())?;
        unfinished.finish(&output)?;
        written.content()
    })
    .await
}

/// The keys of a server that is there.
fn existing_keys(data: &Path) -> Result<Keys, BackupError> {
    if !data.join(KEY_FILE).exists() {
        return Err(BackupError::NoServer(data.to_owned()));
    }
    let keys = Keys::load_or_create(data, &mut OsRng).map_err(StartError::from)?;
    Ok(keys)
}

/// Where blobs lie on a disk. A bucket of S3 has means of its own against loss, and stays where it is.
fn blob_directory(config: &Config) -> Option<PathBuf> {
    match &config.blobs.place {
        BlobPlace::DataDirectory => Some(config.data_dir.join("blobs")),
        BlobPlace::Directory(path) => Some(path.clone()),
        BlobPlace::S3(_) => None,
    }
}

/// One state of the database, as a file.
struct Database {
    path: PathBuf,
    kind: Kind,
}

enum Kind {
    Sqlite(SqliteKey),
    Postgres { url: String, reach: Reach },
}

impl Database {
    async fn snapshot(config: &Config, keys: &Keys, work: &Path) -> Result<Self, BackupError> {
        match &config.database {
            DatabaseUrl::Sqlite => {
                let from = config.data_dir.join(DATABASE_FILE);
                if !from.exists() {
                    return Err(BackupError::NoServer(config.data_dir.clone()));
                }
                let key = SqliteKey::from_bytes(*keys.database());
                let path = work.join(SQLITE);
                let (to, with) = (path.clone(), key.clone());
                off_thread(move || {
                    Store::copy_sqlite(&from, &with, &to)?;
                    Ok(Store::check_sqlite(&to, &with)?)
                })
                .await?;
                let kind = Kind::Sqlite(key);
                Ok(Self { path, kind })
            }
            DatabaseUrl::Postgres(url) => {
                let store = Store::reach_postgres(url)?;
                if !store.belongs_to_key_file(keys.identifier(), false).await? {
                    return Err(StartError::KeysOfAnother { source: None }.into());
                }
                let path = work.join(DUMP);
                let (to, reach) = (path.clone(), Reach::of(url)?);
                let reach = off_thread(move || tools::dump(&reach, &to).map(|()| reach)).await?;
                let url = url.clone();
                let kind = Kind::Postgres { url, reach };
                Ok(Self { path, kind })
            }
        }
    }

    /// In PostgreSQL they are looked up after the dump: who comes meanwhile is one file too many.
    async fn kept_blobs(&self) -> Result<Vec<KeptBlob>, BackupError> {
        let store = match &self.kind {
            Kind::Sqlite(key) => Store::open_sqlite(&self.path, key).await?,
            Kind::Postgres { url, .. } => Store::reach_postgres(url)?,
        };
        Ok(store.kept_blobs().await?)
    }

    const fn name(&self) -> &'static str {
        match self.kind {
            Kind::Sqlite(_) => SQLITE,
            Kind::Postgres { .. } => DUMP,
        }
    }

    /// Whether a file that was read back is that database, whole.
    fn check(&self, path: &Path) -> Result<(), BackupError> {
        match &self.kind {
            Kind::Sqlite(key) => Ok(Store::check_sqlite(path, key)?),
            Kind::Postgres { reach, .. } => tools::check(reach, path),
        }
    }
}

/// All that goes into a backup.
struct Gathered {
    data: PathBuf,
    blobs: PathBuf,
    kept: Vec<KeptBlob>,
    database: Database,
}

impl Gathered {
    fn write(&self, writer: &mut Writer) -> Result<(), BackupError> {
        if !writer.add(KEY_FILE, &self.data.join(KEY_FILE), None)? {
            return Err(BackupError::NoServer(self.data.clone()));
        }
        writer.add(self.database.name(), &self.database.path, None)?;
        for name in CERTIFICATES {
            writer.add(name, &self.data.join(name), None)?;
        }
        for blob in &self.kept {
            let name = blob_name(blob.file.as_bytes());
            let path = self.blobs.join(name.trim_start_matches("blobs/"));
            // It may have reached its end since.
            if !writer.add(&name, &path, Some(blob.bytes))? {
                writer.note_missing();
            }
        }
        Ok(())
    }

    /// A backup counts when everything came out of it as it went in.
    fn read_back(
        &self,
        written: &Manifest,
        (archive, passphrase): (&Path, &Passphrase),
        work: &Path,
    ) -> Result<(), BackupError> {
        let back = Unfinished::within(work)?;
        let found = archive::read(archive, passphrase, back.path())?;
        if found != *written {
            return Err(BackupError::Damaged("it is not what was written".to_owned()));
        }
        existing_keys(back.path())?;
        self.database.check(&back.path().join(self.database.name()))
    }
}
