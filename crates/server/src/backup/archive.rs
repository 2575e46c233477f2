//! The file of a backup: a tar archive in an age file. It knows what may be in one and how it is read and
//! written; not where the parts come from or go to.

use super::place::create_new;
use super::{BackupError, at};
use crate::key_file::{KEY_FILE, create_private_directory};
use age::secrecy::SecretString;
use age::stream::StreamWriter;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::{fmt, iter};
use tar::{Builder, Header};

/// Shorter ones protect nothing from who can try as often as they like.
pub(super) const PASSPHRASE_CHARS_MIN: usize = 12;
/// The only format there is.
const FORMAT: u16 = 1;
/// The list of everything else, which comes last.
const MANIFEST: &str = "manifest.json";
/// What a list may take: two million files.
const MANIFEST_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// `age` measures its work, so that this machine needs a second; another may have needed more.
const WORK_FACTOR_MAX: u8 = 22;

/// The database of a backup.
pub(super) const SQLITE: &str = "undertone.db";
/// The database of a backup of PostgreSQL.
pub(super) const DUMP: &str = "database.dump";
/// Beside them, where they are there: the local certificate authority, so that devices which trust it need
/// not learn another.
pub(super) const CERTIFICATES: [&str; 2] = ["tls/ca.key", "tls/ca.crt"];

/// What a backup is encrypted with. Wiped from memory when dropped.
#[derive(Clone)]
pub struct Passphrase(SecretString);

impl Passphrase {
    /// Takes one, unless it is too short to protect anything.
    pub fn new(text: &str) -> Result<Self, BackupError> {
        if text.chars().count() < PASSPHRASE_CHARS_MIN {
            return Err(BackupError::WeakPassphrase);
        }
        Ok(Self(SecretString::from(text.to_owned())))
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

/// What is in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) format: u16,
    /// The version of the program that made it.
    pub(super) program: String,
    pub(super) made_at_ms: u64,
    pub(super) blobs_missing: u64,
    pub(super) files: BTreeMap<String, Listed>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listed {
    pub(super) bytes: u64,
    /// SHA-256, in hexadecimal.
    pub(super) sha256: String,
}

impl Manifest {
    /// Of which database it is.
    pub(super) fn database(&self) -> Result<&'static str, BackupError> {
        match (self.files.contains_key(SQLITE), self.files.contains_key(DUMP)) {
            (true, false) => Ok("sqlite"),
            (false, true) => Ok("postgres"),
            _ => Err(BackupError::Damaged("it holds no database".to_owned())),
        }
    }

    /// What to tell of it.
    pub(super) fn content(&self) -> Result<super::Content, BackupError> {
        let blobs = self
            .files
            .keys()
            .filter(|name| name.starts_with("blobs/"))
            .count();
        Ok(super::Content {
            made_at_ms: self.made_at_ms,
            database: self.database()?.to_owned(),
            blobs: u64::try_from(blobs).unwrap_or(u64::MAX),
            blobs_missing: self.blobs_missing,
            bytes: self.files.values().map(|file| file.bytes).sum(),
        })
    }
}

/// Under which name a blob lies, in an archive as in a directory.
pub(super) fn blob_name(file: &[u8; 16]) -> String {
    let name = HEXLOWER.encode(file);
    let folder: String = name.chars().take(2).collect();
    format!("blobs/{folder}/{name}")
}

/// Whether a backup may hold a file of that name. Nothing else is ever written to a disk.
fn is_expected(name: &str) -> bool {
    if [KEY_FILE, SQLITE, DUMP].contains(&name) || CERTIFICATES.contains(&name) {
        return true;
    }
    let last = name.rsplit('/').next().unwrap_or_default();
    let bytes = HEXLOWER.decode(last.as_bytes()).unwrap_or_default();
    <[u8; 16]>::try_from(bytes.as_slice()).is_ok_and(|file| blob_name(&file) == name)
}

/// An archive that is being written.
pub(super) struct Writer {
    tar: Builder<StreamWriter<BufWriter<File>>>,
    path: PathBuf,
    manifest: Manifest,
}

impl Writer {
    /// Begins one in a file that was made at `path`.
    pub(super) fn begin(
        (path, file): (&Path, File),
        passphrase: &Passphrase,
        made_at_ms: u64,
    ) -> Result<Self, BackupError> {
        let sealed = age::Encryptor::with_user_passphrase(passphrase.0.clone());
        let sealed = sealed.wrap_output(BufWriter::new(file)).map_err(at(path))?;
        Ok(Self {
            tar: Builder::new(sealed),
            path: path.to_owned(),
            manifest: Manifest {
                format: FORMAT,
                program: env!("CARGO_PKG_VERSION").to_owned(),
                made_at_ms,
                blobs_missing: 0,
                files: BTreeMap::new(),
            },
        })
    }

    /// Adds the first `bytes` of a file; gives whether it has so many.
    pub(super) fn add(&mut self, name: &str, from: &Path, bytes: Option<u64>) -> Result<bool, BackupError> {
        let file = match File::open(from) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(at(from)(error)),
        };
        let there = file.metadata().map_err(at(from))?.len();
        let bytes = bytes.unwrap_or(there);
        if there < bytes {
            return Ok(false);
        }
        let mut hashed = Hashed::of(file.take(bytes));
        self.append(name, bytes, &mut hashed)?;
        let sha256 = hashed.finish();
        self.manifest
            .files
            .insert(name.to_owned(), Listed { bytes, sha256 });
        Ok(true)
    }

    /// Notes that a blob has no file.
    pub(super) fn note_missing(&mut self) {
        self.manifest.blobs_missing += 1;
    }

    /// Ends it with the list; when this returns, it is on the disk.
    pub(super) fn finish(mut self) -> Result<Manifest, BackupError> {
        let path = self.path.clone();
        let failed = at(&path);
        let list = serde_json::to_vec(&self.manifest).map_err(io::Error::from);
        let list = list.map_err(&failed)?;
        let length = u64::try_from(list.len()).unwrap_or(u64::MAX);
        self.append(MANIFEST, length, list.as_slice())?;
        let sealed = self.tar.into_inner().map_err(&failed)?;
        let file = sealed.finish().map_err(&failed)?;
        let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
        file.sync_all().map_err(&failed)?;
        Ok(self.manifest)
    }

    fn append(&mut self, name: &str, bytes: u64, from: impl Read) -> Result<(), BackupError> {
        let mut header = Header::new_gnu();
        header.set_size(bytes);
        header.set_mode(0o600);
        header.set_mtime(self.manifest.made_at_ms / 1000);
        let written = self.tar.append_data(&mut header, name, from);
        written.map_err(at(&self.path))
    }
}

/// Where the files of an archive go when it is read: all into one directory.
pub(super) fn read(archive: &Path, passphrase: &Passphrase, into: &Path) -> Result<Manifest, BackupError> {
    let file = File::open(archive).map_err(at(archive))?;
    let opened = open(BufReader::new(file), passphrase)?;
    let mut tar = tar::Archive::new(opened);
    let mut found = BTreeMap::new();
    let mut manifest: Option<Manifest> = None;
    for entry in tar.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        let name = entry.path().map_err(damaged)?.to_string_lossy().into_owned();
        if manifest.is_some() {
            return Err(BackupError::Damaged(format!("{name} comes after the list")));
        }
        if name == MANIFEST {
            manifest = Some(parse(&mut entry)?);
            continue;
        }
        if !entry.header().entry_type().is_file() || !is_expected(&name) {
            return Err(BackupError::Damaged(
                "it holds something that is no part of a backup".to_owned(),
            ));
        }
        let listed = unpack(&mut entry, &into.join(&name))?;
        found.insert(name, listed);
    }
    let manifest = manifest.ok_or_else(|| BackupError::Damaged("its end is missing".to_owned()))?;
    if manifest.files != found {
        return Err(BackupError::Damaged(
            "its files are not those of its list".to_owned(),
        ));
    }
    if !found.contains_key(KEY_FILE) {
        return Err(BackupError::Damaged("it holds no key file".to_owned()));
    }
    manifest.database()?;
    Ok(manifest)
}

fn open(file: BufReader<File>, passphrase: &Passphrase) -> Result<impl Read + use<>, BackupError> {
    const NO_BACKUP: BackupError = BackupError::Foreign("it is no age file with a passphrase");
    let decryptor = age::Decryptor::new_buffered(file).map_err(|_| NO_BACKUP)?;
    if !decryptor.is_scrypt() {
        return Err(NO_BACKUP);
    }
    let mut identity = age::scrypt::Identity::new(passphrase.0.clone());
    identity.set_max_work_factor(WORK_FACTOR_MAX);
    let opened = decryptor.decrypt(iter::once(&identity as &dyn age::Identity));
    opened.map_err(|_| BackupError::WrongPassphrase)
}

/// Each part of an age file is authentic or not read at all.
#[expect(clippy::needless_pass_by_value, reason = "it maps errors")]
fn damaged(error: io::Error) -> BackupError {
    BackupError::Damaged(error.to_string())
}

fn parse(list: impl Read) -> Result<Manifest, BackupError> {
    /// All formats begin so.
    #[derive(Deserialize)]
    struct Version {
        format: u16,
    }
    let mut bytes = Vec::new();
    list.take(MANIFEST_BYTES_MAX)
        .read_to_end(&mut bytes)
        .map_err(damaged)?;
    match serde_json::from_slice::<Version>(&bytes) {
        Ok(Version { format: FORMAT }) => {}
        Ok(_) => return Err(BackupError::Foreign("its format is newer")),
        Err(_) => return Err(BackupError::Damaged("its list cannot be read".to_owned())),
    }
    serde_json::from_slice(&bytes).map_err(|_| BackupError::Damaged("its list cannot be read".to_owned()))
}

fn unpack(entry: impl Read, path: &Path) -> Result<Listed, BackupError> {
    if let Some(folder) = path.parent() {
        create_private_directory(folder).map_err(at(folder))?;
    }
    let mut file = create_new(path)?;
    let mut hashed = Hashed::of(entry);
    let mut buffer = vec![0; 64 * 1024];
    let mut bytes = 0;
    loop {
        let read = hashed.read(&mut buffer).map_err(damaged)?;
        let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else {
            break;
        };
        file.write_all(part).map_err(at(path))?;
        bytes += u64::try_from(read).unwrap_or(u64::MAX);
    }
    file.sync_all().map_err(at(path))?;
    Ok(Listed {
        bytes,
        sha256: hashed.finish(),
    })
}

/// Hashes what is read through it.
struct Hashed<R> {
    from: R,
    hash: Sha256,
}

impl<R: Read> Hashed<R> {
    fn of(from: R) -> Self {
        let hash = Sha256::new();
        Self { from, hash }
    }

    fn finish(self) -> String {
        HEXLOWER.encode(&self.hash.finalize())
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        self.hash.update(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}
