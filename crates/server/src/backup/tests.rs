//! Backups by themselves: what they hold, what is refused, and that nothing is left of what failed. Whole
//! servers and their clients go through them in `crates/system-tests/tests/restore.rs`.

use super::archive::{self, SQLITE, Writer};
use super::place::{UnfinishedFile, create_new};
use super::{BackupError, Passphrase, restore, take};
use crate::config::{BlobPlace, Config, DatabaseUrl};
use crate::key_file::KEY_FILE;
use crate::server::DATABASE_FILE;
use crate::store::suite::TestStore;
use crate::{Environment, start};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const WORDS: &str = "seven quiet lanterns";

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text).unwrap()
}

/// A folder with a server's data, and room for what is made of it.
struct Place {
    folder: TempDir,
    config: Config,
}

impl Place {
    async fn with_server() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::for_tests(folder.path().join("data"));
        let server = start(config.clone(), Environment::default()).await.unwrap();
        server.shutdown().await;
        Self { folder, config }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn take(&self, name: &str) -> Result<super::Content, BackupError> {
        let output = self.path(name);
        take(&self.config, &Environment::default(), &output, &passphrase(WORDS)).await
    }

    async fn restore(&self, name: &str, words: &str) -> Result<super::Content, BackupError> {
        let config = Config::for_tests(self.path("restored"));
        restore(&config, &self.path(name), &passphrase(words)).await
    }

    /// What is in the folder.
    fn names(&self) -> Vec<String> {
        let mut names = names_in(self.folder.path());
        names.sort();
        names
    }
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    entries.map(name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_restored_is_a_server_that_starts() {
    let place = Place::with_server().await;
    let taken = place.take("backup").await.unwrap();
    assert_eq!((taken.database.as_str(), taken.blobs), ("sqlite", 0));
    let restored = place.restore("backup", WORDS).await.unwrap();
    assert_eq!(restored, taken);
    let data = place.path("restored");
    assert_eq!(
        fs::read(data.join(KEY_FILE)).unwrap(),
        fs::read(place.config.data_dir.join(KEY_FILE)).unwrap()
    );
    let server = start(Config::for_tests(data), Environment::default())
        .await
        .unwrap();
    server.shutdown().await;
    assert_eq!(
        place.names(),
        ["backup", "data", "restored"],
        "nothing else is left"
    );
    assert!(
        names_in(&place.config.data_dir)
            .iter()
            .all(|name| !name.contains("unfinished"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_overwritten() {
    let place = Place::with_server().await;
    place.take("backup").await.unwrap();
    let before = fs::read(place.path("backup")).unwrap();
    assert!(matches!(place.take("backup").await, Err(BackupError::Exists(_))));
    assert_eq!(fs::read(place.path("backup")).unwrap(), before);
    fs::create_dir(place.path("restored")).unwrap();
    fs::write(place.path("restored/mine"), "keep").unwrap();
    let refused = place.restore("backup", WORDS).await;
    assert!(matches!(refused, Err(BackupError::NotEmpty(_))));
    assert_eq!(names_in(&place.path("restored")), ["mine"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_passphrase_it_is_noise_and_one_changed_byte_is_noticed() {
    let place = Place::with_server().await;
    place.take("backup").await.unwrap();
    let refused = place.restore("backup", "another passphrase").await;
    assert!(matches!(refused, Err(BackupError::WrongPassphrase)));
    let whole = fs::read(place.path("backup")).unwrap();
    assert!(
        !whole.windows(6).any(|part| part == b"opaque"),
        "the key file is readable"
    );
    for (name, damaged) in [
        ("turned", {
            let mut bytes = whole.clone();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            bytes
        }),
        ("cut", whole[..whole.len() - 100].to_vec()),
    ] {
        fs::write(place.path(name), damaged).unwrap();
        let refused = place.restore(name, WORDS).await;
        assert!(
            matches!(refused, Err(BackupError::Damaged(_))),
            "{name}: {refused:?}"
        );
    }
    fs::write(place.path("other"), "no backup at all").unwrap();
    let refused = place.restore("other", WORDS).await;
    assert!(matches!(refused, Err(BackupError::Foreign(_))));
    assert!(!place.path("restored").exists());
    assert!(
        place.names().iter().all(|name| !name.contains("unfinished")),
        "{:?}",
        place.names()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_server_was_there_is_no_backup() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::for_tests(folder.path().join("data"));
    let output = folder.path().join("backup");
    let refused = take(&config, &Environment::default(), &output, &passphrase(WORDS)).await;
    assert!(matches!(refused, Err(BackupError::NoServer(_))));
    assert_eq!(names_in(folder.path()), Vec::<String>::new());
    assert!(matches!(
        Passphrase::new("too short"),
        Err(BackupError::WeakPassphrase)
    ));
    assert_eq!(format!("{:?}", passphrase(WORDS)), "Passphrase(…)");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_the_other_database_says_so() {
    let Some(store) = TestStore::postgres().await else {
        return;
    };
    let place = Place::with_server().await;
    place.take("backup").await.unwrap();
    let mut config = Config::for_tests(place.path("restored"));
    config.database = store.database_url();
    let refused = restore(&config, &place.path("backup"), &passphrase(WORDS)).await;
    assert!(
        matches!(refused, Err(BackupError::DatabaseNotEmpty)),
        "{refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_people_come_along_wherever_they_lie() {
    let mut place = Place::with_server().await;
    let name = "ab".repeat(16);
    let blobs = place.path("disk");
    place.config.blobs.place = BlobPlace::Directory(blobs.clone());
    fs::create_dir_all(blobs.join("ab")).unwrap();
    fs::write(
        blobs.join("ab").join(&name),
        "sealed, and a piece that is not there for good",
    )
    .unwrap();
    let keys = crate::key_file::Keys::load_or_create(&place.config.data_dir, &mut rand::rngs::OsRng).unwrap();
    let store = crate::server::open_database(&place.config, &keys).await.unwrap();
    let crate::store::Store::Sqlite(sqlite) = &store else {
        panic!("not SQLite")
    };
    for (id, file) in [("01", name.as_str()), ("02", &"cd".repeat(16))] {
        let id = id.repeat(16);
        let insert = format!(
            "insert into blob (blob_id, file, size, received, expires_at) values (x'{id}', x'{file}', 9, 6, 0)"
        );
        sqlite
            .write(move |connection| {
                connection
                    .execute_batch(&insert)
                    .map_err(crate::store::StoreError::from)
            })
            .await
            .unwrap();
    }
    drop(store);
    let taken = place.take("backup").await.unwrap();
    assert_eq!((taken.blobs, taken.blobs_missing), (1, 1));
    let mut config = Config::for_tests(place.path("restored"));
    config.blobs.place = BlobPlace::Directory(place.path("new disk"));
    restore(&config, &place.path("backup"), &passphrase(WORDS))
        .await
        .unwrap();
    let there = fs::read_to_string(place.path("new disk").join("ab").join(&name)).unwrap();
    assert_eq!(there, "sealed");
    assert!(!place.path("restored").join("blobs").exists());
}

/// Whoever knows the passphrase could make one up.
#[test]
fn a_backup_cannot_write_where_it_likes() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source");
    create_new(&source).unwrap().write_all(b"anything").unwrap();
    for name in ["../escaped", "undertone.toml"] {
        let target = folder.path().join("backup");
        let (unfinished, file) = UnfinishedFile::beside(&target).unwrap();
        let path = unfinished.path().to_owned();
        let mut writer = Writer::begin((&path, file), &passphrase(WORDS), 0).unwrap();
        // The archive's own writer does not take the worst of them.
        if writer.add(name, &source, None).is_err() {
            continue;
        }
        writer.finish().unwrap();
        let into = folder.path().join("into");
        let refused = archive::read(&path, &passphrase(WORDS), &into);
        assert!(
            matches!(refused, Err(BackupError::Damaged(_))),
            "{name}: {refused:?}"
        );
        assert!(!folder.path().join("escaped").exists());
    }
}

#[test]
fn the_names_of_a_backup_are_those_of_a_data_directory() {
    assert_eq!(SQLITE, DATABASE_FILE);
    assert_eq!(Config::new("data").database, DatabaseUrl::Sqlite);
}
