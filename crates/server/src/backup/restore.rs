//! The way back: from the file of a backup to a data directory, and a database, that a server can be
//! started with. All is made aside and gets its place at the end.

use super::archive::{self, DUMP, Passphrase, SQLITE};
use super::place::{Unfinished, must_be_empty};
use super::{BackupError, Content, off_thread, tools};
use crate::config::{BlobPlace, Config, DatabaseUrl};
use crate::key_file::Keys;
use crate::server::{StartError, open_database};
use crate::store::Store;
use crate::store::backup::Reach;
use rand::rngs::OsRng;
use std::fs;
use std::path::Path;

/// Restores the backup at `archive` into the data directory, the directory of blobs and the database of
/// these settings, which must all be empty; tells what it held.
pub async fn restore(
    config: &Config,
    archive: &Path,
    passphrase: &Passphrase,
) -> Result<Content, BackupError> {
    let blobs = separate_blobs(config);
    must_be_empty(&config.data_dir)?;
    blobs.map_or(Ok(()), must_be_empty)?;
    if let DatabaseUrl::Postgres(url) = &config.database
        && let Store::Postgres(store) = Store::reach_postgres(url)?
        && !store.is_empty().await?
    {
        return Err(BackupError::DatabaseNotEmpty);
    }
    let aside = Unfinished::beside(&config.data_dir)?;
    let (from, with, to) = (archive.to_owned(), passphrase.clone(), aside.path().to_owned());
    let manifest = off_thread(move || archive::read(&from, &with, &to)).await?;
    let here = Config {
        data_dir: aside.path().to_owned(),
        ..config.clone()
    };
    bring_up(&here, manifest.database()?).await?;
    let data = config.data_dir.clone();
    let blobs = blobs.map(Path::to_owned);
    off_thread(move || {
        if let Some(blobs) = blobs {
            move_blobs(&aside, &blobs)?;
        }
        aside.finish(&data)
    })
    .await?;
    manifest.content()
}

/// The directory of blobs, where it is not in the data directory.
fn separate_blobs(config: &Config) -> Option<&Path> {
    match &config.blobs.place {
        BlobPlace::Directory(path) => Some(path),
        _ => None,
    }
}

/// Makes a database of what the backup holds, and what must not be used twice forgotten.
async fn bring_up(config: &Config, found: &'static str) -> Result<(), BackupError> {
    let keys = Keys::load_or_create(&config.data_dir, &mut OsRng).map_err(StartError::from)?;
    let data = config.data_dir.clone();
    match &config.database {
        DatabaseUrl::Sqlite if found == "sqlite" => {
            let key = crate::store::SqliteKey::from_bytes(*keys.database());
            off_thread(move || Ok(Store::check_sqlite(&data.join(SQLITE), &key)?)).await?;
        }
        DatabaseUrl::Postgres(url) if found == "postgres" => {
            let reach = Reach::of(url)?;
            off_thread(move || {
                let dump = data.join(DUMP);
                tools::load(&reach, &dump)?;
                fs::remove_file(&dump).map_err(super::at(&dump))
            })
            .await?;
        }
        _ => {
            return Err(BackupError::OtherDatabase {
                found: found.to_owned(),
            });
        }
    }
    let store = open_database(config, &keys).await?;
    store.settle_restored().await?;
    Ok(store.truncate_log().await?)
}

/// Blobs go to a directory of their own, perhaps on another disk.
fn move_blobs(from: &Unfinished, to: &Path) -> Result<(), BackupError> {
    let blobs = from.path().join("blobs");
    if !blobs.exists() {
        return Ok(());
    }
    let aside = Unfinished::beside(to)?;
    copy_all(&blobs, aside.path())?;
    fs::remove_dir_all(&blobs).map_err(super::at(&blobs))?;
    aside.finish(to)
}

fn copy_all(from: &Path, to: &Path) -> Result<(), BackupError> {
    for entry in fs::read_dir(from).map_err(super::at(from))? {
        let entry = entry.map_err(super::at(from))?;
        let target = to.join(entry.file_name());
        if entry.file_type().map_err(super::at(from))?.is_dir() {
            crate::key_file::create_private_directory(&target).map_err(super::at(&target))?;
            copy_all(&entry.path(), &target)?;
        } else {
            let mut file = super::place::create_new(&target)?;
            let mut source = fs::File::open(entry.path()).map_err(super::at(from))?;
            std::io::copy(&mut source, &mut file).map_err(super::at(&target))?;
            file.sync_all().map_err(super::at(&target))?;
        }
    }
    Ok(())
}
