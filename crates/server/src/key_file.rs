//! The server's secrets, in a file beside the database that only its owner may read. Without it the
//! database cannot be opened, no password fits and every session ends: back it up, apart from the
//! database.

use ed25519_dalek::SigningKey;
use hkdf::Hkdf;
use rand::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::{fmt, fs};
use undertone_opaque::server::ServerSetup;
use undertone_wire::Bytes;
use zeroize::Zeroizing;

/// The file's name in the data directory.
pub const KEY_FILE: &str = "keys.json";
/// The only format there is.
const VERSION: u16 = 1;
/// Sets the identifier apart from any other hash of the same key.
const IDENTIFIER_LABEL: &[u8] = b"undertone key file identifier v1";
/// Sets the key towards push services apart from the signing key.
const PUSH_LABEL: &[u8] = b"undertone push v1";
/// Sets the key of the bus between servers, and the names on it, apart from the signing key.
const BUS_LABEL: &[u8] = b"undertone bus v1";
/// Sets the key of refresh tokens apart from the signing key.
const SUCCESSION_LABEL: &[u8] = b"undertone refresh succession v1";

/// Why the secrets cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file cannot be read or written.
    #[error("cannot use the key file {path}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Others than its owner may read it.
    #[error("others may read the key file {path}; allow only its owner (chmod 600 {path})")]
    TooOpen {
        /// Which file.
        path: PathBuf,
    },
    /// It is not a key file, or of another version.
    #[error("{path} is not a key file of this version")]
    Malformed {
        /// Which file.
        path: PathBuf,
    },
}

/// The server's secrets. `Debug` shows none; dropping wipes them.
pub struct Keys {
    opaque: ServerSetup,
    token_signing: SigningKey,
    franking: Zeroizing<[u8; 32]>,
    database: Zeroizing<[u8; 32]>,
    is_new: bool,
}

impl Keys {
    /// Draws new secrets.
    pub fn generate<R: RngCore + CryptoRng>(rng: &mut R) -> Self {
        let opaque = ServerSetup::generate(rng);
        let token_signing = SigningKey::generate(rng);
        let (mut franking, mut database) = (Zeroizing::new([0; 32]), Zeroizing::new([0; 32]));
        rng.fill_bytes(franking.as_mut_slice());
        rng.fill_bytes(database.as_mut_slice());
        Self {
            opaque,
            token_signing,
            franking,
            database,
            is_new: false,
        }
    }

    /// OPAQUE's secrets: without them every password must be set anew.
    pub const fn opaque(&self) -> &ServerSetup {
        &self.opaque
    }

    /// Signs access tokens.
    pub const fn token_signing(&self) -> &SigningKey {
        &self.token_signing
    }

    /// Key of the MAC over franking tags: verifies reports, also old ones.
    pub fn franking(&self) -> &[u8; 32] {
        &self.franking
    }

    /// SQLCipher's key.
    pub fn database(&self) -> &[u8; 32] {
        &self.database
    }

    /// From what the next refresh token is derived, so that a refresh which is repeated gives the same.
    #[expect(
        clippy::expect_used,
        reason = "HKDF can expand to 32 bytes whatever the input"
    )]
    pub(crate) fn refresh_succession(&self) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, self.token_signing.as_bytes())
            .expand(SUCCESSION_LABEL, key.as_mut_slice())
            .expect("32 is less than 255 * 32");
        key
    }

    /// From what the key towards push services is derived.
    #[expect(
        clippy::expect_used,
        reason = "HKDF can expand to 32 bytes whatever the input"
    )]
    pub(crate) fn push(&self) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, self.token_signing.as_bytes())
            .expand(PUSH_LABEL, key.as_mut_slice())
            .expect("32 is less than 255 * 32");
        key
    }

    /// With what servers of this key file know each other on the bus.
    #[expect(
        clippy::expect_used,
        reason = "HKDF can expand to 32 bytes whatever the input"
    )]
    pub(crate) fn bus(&self) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, self.token_signing.as_bytes())
            .expand(BUS_LABEL, key.as_mut_slice())
            .expect("32 is less than 255 * 32");
        key
    }

    /// What the database knows the file by: it is public, and tells nothing about the secrets.
    pub fn identifier(&self) -> [u8; 32] {
        let public = self.token_signing.verifying_key();
        Sha256::new()
            .chain_update(IDENTIFIER_LABEL)
            .chain_update(public.as_bytes())
            .finalize()
            .into()
    }

    /// Whether [`Keys::load_or_create`] found no file and made one.
    pub const fn is_new(&self) -> bool {
        self.is_new
    }

    /// Deletes the file in `directory` if it was made just now and turned out to be of no use.
    pub fn discard_if_new(&self, directory: &Path) -> Result<(), KeyFileError> {
        if !self.is_new {
            return Ok(());
        }
        let path = directory.join(KEY_FILE);
        fs::remove_file(&path).map_err(|source| KeyFileError::Io { path, source })
    }

    /// Reads the file in `directory`, or makes it at the first start.
    pub fn load_or_create<R: RngCore + CryptoRng>(
        directory: &Path,
        rng: &mut R,
    ) -> Result<Self, KeyFileError> {
        let path = directory.join(KEY_FILE);
        match File::open(&path) {
            Ok(file) => read(&path, &file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let keys = Self {
                    is_new: true,
                    ..Self::generate(rng)
                };
                write(&path, &keys).map_err(|source| KeyFileError::Io { path, source })?;
                Ok(keys)
            }
            Err(source) => Err(KeyFileError::Io { path, source }),
        }
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(…)")
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u16,
    opaque: Bytes,
    token_signing: Bytes,
    franking: Bytes,
    database: Bytes,
}

fn read(path: &Path, file: &File) -> Result<Keys, KeyFileError> {
    let failed = |source| KeyFileError::Io {
        path: path.to_owned(),
        source,
    };
    if is_open_to_others(&file.metadata().map_err(failed)?) {
        return Err(KeyFileError::TooOpen {
            path: path.to_owned(),
        });
    }
    let text = Zeroizing::new(io::read_to_string(file).map_err(failed)?);
    parse(&text).ok_or_else(|| KeyFileError::Malformed {
        path: path.to_owned(),
    })
}

fn parse(text: &str) -> Option<Keys> {
    let written: Written = serde_json::from_str(text).ok()?;
    let key = |bytes: &Bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok().map(Zeroizing::new);
    (written.version == VERSION).then_some(())?;
    Some(Keys {
        opaque: ServerSetup::from_bytes(written.opaque.as_slice()).ok()?,
        token_signing: SigningKey::from_bytes(&*key(&written.token_signing)?),
        franking: key(&written.franking)?,
        database: key(&written.database)?,
        is_new: false,
    })
}

/// Writes a new file whole or not at all: it appears under its name only when it is on the disk.
fn write(path: &Path, keys: &Keys) -> io::Result<()> {
    let written = Written {
        version: VERSION,
        opaque: Bytes(keys.opaque.to_bytes().to_vec()),
        token_signing: Bytes(keys.token_signing.to_bytes().to_vec()),
        franking: Bytes(keys.franking.to_vec()),
        database: Bytes(keys.database.to_vec()),
    };
    write_private(path, &Zeroizing::new(serde_json::to_vec_pretty(&written)?))
}

/// Writes a file that only its owner may read, replacing what was there.
pub(crate) fn write_private(path: &Path, contents: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension("new");
    if let Err(error) = fs::remove_file(&unfinished)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&unfinished)?;
    file.write_all(contents)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    match path.parent() {
        Some(directory) => File::open(directory)?.sync_all(),
        None => Ok(()),
    }
}

/// Makes a directory that only its owner may enter, if it does not exist.
pub(crate) fn create_private_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(unix)]
pub(crate) fn is_open_to_others(metadata: &fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0
}

#[cfg(not(unix))]
pub(crate) fn is_open_to_others(_metadata: &fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;
    use std::os::unix::fs::PermissionsExt;

    fn load(directory: &Path, seed: u64) -> Result<Keys, KeyFileError> {
        Keys::load_or_create(directory, &mut StdRng::seed_from_u64(seed))
    }

    #[test]
    fn the_second_start_finds_the_secrets_of_the_first() {
        let directory = tempfile::tempdir().unwrap();
        let first = load(directory.path(), 1).unwrap();
        let second = load(directory.path(), 2).unwrap();
        assert_eq!(first.database(), second.database());
        assert_eq!(first.franking(), second.franking());
        assert_eq!(first.token_signing(), second.token_signing());
        assert_eq!(*first.opaque().to_bytes(), *second.opaque().to_bytes());
        assert_eq!(first.refresh_succession(), second.refresh_succession());
        assert_ne!(*first.refresh_succession(), first.token_signing().to_bytes());
        assert_ne!(first.database(), first.franking());
        assert_eq!(format!("{first:?}"), "Keys(…)");
    }

    #[test]
    fn only_the_owner_may_read_it() {
        let directory = tempfile::tempdir().unwrap();
        load(directory.path(), 1).unwrap();
        let path = directory.path().join(KEY_FILE);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(
            load(directory.path(), 1),
            Err(KeyFileError::TooOpen { .. })
        ));
    }

    #[test]
    fn a_damaged_file_is_refused_and_kept() {
        let directory = tempfile::tempdir().unwrap();
        load(directory.path(), 1).unwrap();
        let path = directory.path().join(KEY_FILE);
        let whole = fs::read_to_string(&path).unwrap();
        for damaged in [
            "",
            "{}",
            &whole.replace("\"version\": 1", "\"version\": 2"),
            whole.get(..whole.len() / 2).unwrap(),
        ] {
            fs::write(&path, damaged).unwrap();
            assert!(
                matches!(load(directory.path(), 1), Err(KeyFileError::Malformed { .. })),
                "{damaged}"
            );
            assert_eq!(fs::read_to_string(&path).unwrap(), damaged);
        }
    }
}
