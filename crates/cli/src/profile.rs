//! A profile: the directory in which one device of one user lives. It holds the encrypted store, what
//! is needed to open it, the server's address, and a lock for the one process that uses it.
//!
//! What protects the store is said in docs/cli.md: by default a key in a file beside it, which is no
//! more than the permissions of that file; with a passphrase, the passphrase.

use crate::environment::Environment;
use crate::private_file::{file_error, lock, make_directory, read, write};
use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use rand::RngCore;
use rand::rngs::OsRng;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use undertone_client_core::store::StoreKey;
use zeroize::Zeroizing;

const SETTINGS_FILE: &str = "profile.json";
const KEY_FILE: &str = "store.key";
const STORE_FILE: &str = "store.db";

const VERSION: u16 = 1;
const KEY_BYTES: usize = 32;
const SALT_BYTES: usize = 16;
/// Argon2id as for passwords (design of the server's login): 64 MiB, three passes.
const STRETCH_KIB: u32 = 64 * 1024;
const STRETCH_PASSES: u32 = 3;

/// Why a profile cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProfileError {
    /// There is no home directory to put the default profile into.
    #[error("there is no place for a profile: set HOME or give --profile DIR")]
    NoPlace,
    /// Another process uses it.
    #[error("another undertone is using the profile {}; one at a time, or give --profile DIR", .0.display())]
    InUse(PathBuf),
    /// A file cannot be read or written.
    #[error("{} cannot be used", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("{} does not hold what it should", .0.display())]
    Damaged(PathBuf),
    /// Made by a later version.
    #[error("the profile was made by a later version of undertone")]
    TooNew,
    /// The store is locked with a passphrase.
    #[error("this profile is locked with a passphrase: set UNDERTONE_PASSPHRASE")]
    PassphraseNeeded,
    /// The store has a key file, and a passphrase was given.
    #[error("this profile was made without a passphrase: unset UNDERTONE_PASSPHRASE, or begin a new profile")]
    PassphraseUnused,
    /// The passphrase could not be stretched.
    #[error("the passphrase could not be used: {0}")]
    Stretch(argon2::Error),
    /// The profile belongs to another server.
    #[error("this profile belongs to {0}; give --profile DIR for another server")]
    OtherServer(String),
    /// The address of a server is missing.
    #[error("which server? give --server URL")]
    NoServer,
}

impl ProfileError {
    /// The stable word for scripts.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::InUse(_) => "profile_in_use",
            Self::PassphraseNeeded | Self::PassphraseUnused | Self::Stretch(_) => "passphrase",
            Self::OtherServer(_) => "other_server",
            Self::NoServer => "no_server",
            Self::NoPlace | Self::File { .. } | Self::Damaged(_) | Self::TooNew => "profile",
        }
    }
}

/// What stands in `profile.json`: nothing secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Settings {
    version: u16,
    /// The server's address, once someone has signed in.
    #[serde(default)]
    server: Option<String>,
    /// The certificates to trust, if not the system's.
    #[serde(default)]
    ca: Option<PathBuf>,
    key: KeySource,
}

/// Where the store's key comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KeySource {
    /// `store.key`, readable by its owner only.
    File,
    /// Argon2id of a passphrase with this salt (base64url).
    Passphrase { salt: String },
}

/// A profile that this process has to itself, until it is dropped.
#[derive(Debug)]
pub(crate) struct Profile {
    directory: PathBuf,
    settings: Settings,
    _lock: File,
}

impl Profile {
    /// Opens the profile in `directory`, or the default one, and makes it where it is missing.
    pub(crate) fn open(directory: Option<&Path>, environment: &Environment) -> Result<Self, ProfileError> {
        let directory = match directory {
            Some(directory) => directory.to_path_buf(),
            None => environment
                .data_home
                .as_ref()
                .ok_or(ProfileError::NoPlace)?
                .join("undertone/profile"),
        };
        make_directory(&directory)?;
        let lock = lock(&directory)?;
        let path = directory.join(SETTINGS_FILE);
        let (settings, is_new) = match read(&path)? {
            Some(bytes) => (
                serde_json::from_slice(&bytes).map_err(|_not_ours| ProfileError::Damaged(path))?,
                false,
            ),
            None => (
                Settings {
                    version: VERSION,
                    server: None,
                    ca: None,
                    key: new_key_source(environment),
                },
                true,
            ),
        };
        if settings.version > VERSION {
            return Err(ProfileError::TooNew);
        }
        let profile = Self {
            directory,
            settings,
            _lock: lock,
        };
        if is_new {
            // Where the key comes from must be on disk before anything is encrypted under it.
            profile.save()?;
        }
        Ok(profile)
    }

    /// Where the store is.
    pub(crate) fn store_path(&self) -> PathBuf {
        self.directory.join(STORE_FILE)
    }

    /// The server of whoever is signed in.
    pub(crate) fn server(&self) -> Option<&str> {
        self.settings.server.as_deref()
    }

    /// The certificates that were given when somebody signed in.
    pub(crate) fn ca(&self) -> Option<&Path> {
        self.settings.ca.as_deref()
    }

    /// The server to sign in to: the one that is asked for, which must be the profile's if it has one.
    pub(crate) fn server_for(&self, wanted: Option<&str>) -> Result<String, ProfileError> {
        match (wanted, self.server()) {
            (None, None) => Err(ProfileError::NoServer),
            (None, Some(server)) => Ok(server.to_owned()),
            (Some(wanted), Some(server)) if wanted.trim_end_matches('/') != server => {
                Err(ProfileError::OtherServer(server.to_owned()))
            }
            (Some(wanted), _) => Ok(wanted.trim().trim_end_matches('/').to_owned()),
        }
    }

    /// Keeps the server that somebody signed in to.
    pub(crate) fn keep_server(&mut self, server: &str, ca: Option<&Path>) -> Result<(), ProfileError> {
        self.settings.server = Some(server.to_owned());
        if let Some(ca) = ca {
            self.settings.ca = Some(std::path::absolute(ca).map_err(file_error(ca))?);
        }
        self.save()
    }

    /// Nobody is signed in any more: the profile may go to any server.
    pub(crate) fn forget_server(&mut self) -> Result<(), ProfileError> {
        self.settings.server = None;
        self.settings.ca = None;
        self.save()
    }

    /// The key of the store, made if it is new.
    pub(crate) fn store_key(&self, environment: &Environment) -> Result<StoreKey, ProfileError> {
        match (&self.settings.key, &environment.passphrase) {
            (KeySource::File, None) => self.key_file(),
            (KeySource::File, Some(_)) => Err(ProfileError::PassphraseUnused),
            (KeySource::Passphrase { .. }, None) => Err(ProfileError::PassphraseNeeded),
            (KeySource::Passphrase { salt }, Some(passphrase)) => {
                let damaged = |_| ProfileError::Damaged(self.directory.join(SETTINGS_FILE));
                let salt = BASE64URL_NOPAD.decode(salt.as_bytes()).map_err(damaged)?;
                stretch(passphrase, &salt)
            }
        }
    }

    fn key_file(&self) -> Result<StoreKey, ProfileError> {
        let path = self.directory.join(KEY_FILE);
        if let Some(text) = read(&path)?.map(Zeroizing::new) {
            let key = HEXLOWER.decode(text.trim_ascii()).map(Zeroizing::new).ok();
            let key = key.and_then(|key| <[u8; KEY_BYTES]>::try_from(key.as_slice()).ok());
            return key.map(StoreKey::from_bytes).ok_or(ProfileError::Damaged(path));
        }
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        OsRng.fill_bytes(key.as_mut_slice());
        write(&path, HEXLOWER.encode(key.as_slice()).as_bytes())?;
        Ok(StoreKey::from_bytes(*key))
    }

    fn save(&self) -> Result<(), ProfileError> {
        let path = self.directory.join(SETTINGS_FILE);
        let mut json = serde_json::to_vec_pretty(&self.settings).map_err(|error| ProfileError::File {
            path: path.clone(),
            source: error.into(),
        })?;
        json.push(b'\n');
        write(&path, &json)
    }
}

fn new_key_source(environment: &Environment) -> KeySource {
    if environment.passphrase.is_none() {
        return KeySource::File;
    }
    let mut salt = [0; SALT_BYTES];
    OsRng.fill_bytes(&mut salt);
    KeySource::Passphrase {
        salt: BASE64URL_NOPAD.encode(&salt),
    }
}

fn stretch(passphrase: &str, salt: &[u8]) -> Result<StoreKey, ProfileError> {
    let params =
        Params::new(STRETCH_KIB, STRETCH_PASSES, 1, Some(KEY_BYTES)).map_err(ProfileError::Stretch)?;
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, key.as_mut_slice())
        .map_err(ProfileError::Stretch)?;
    Ok(StoreKey::from_bytes(*key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn environment(passphrase: Option<&str>) -> Environment {
        let passphrase = passphrase.map(|text| Zeroizing::new(text.to_owned()));
        Environment {
            password: None,
            passphrase,
            data_home: None,
        }
    }

    fn open(directory: &Path) -> Result<Profile, ProfileError> {
        Profile::open(Some(directory), &environment(None))
    }

    #[test]
    fn one_process_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = open(folder.path()).unwrap();
        assert!(matches!(open(folder.path()), Err(ProfileError::InUse(_))));
        drop(first);
        open(folder.path()).unwrap();
    }

    #[test]
    fn the_key_stays_the_same_and_is_for_the_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("new/profile");
        let first = open(&directory).unwrap().store_key(&environment(None)).unwrap();
        let second = open(&directory).unwrap().store_key(&environment(None)).unwrap();
        assert_eq!(first.as_bytes(), second.as_bytes());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&directory), 0o700);
            assert_eq!(mode(&directory.join(KEY_FILE)), 0o600);
        }
    }

    #[test]
    fn a_damaged_key_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(KEY_FILE), "no key").unwrap();
        let profile = open(folder.path()).unwrap();
        assert!(matches!(
            profile.store_key(&environment(None)),
            Err(ProfileError::Damaged(_))
        ));
        assert_eq!(fs::read(folder.path().join(KEY_FILE)).unwrap(), b"no key");
    }

    #[test]
    fn a_passphrase_is_needed_again() {
        let folder = tempfile::tempdir().unwrap();
        let with = environment(Some("a long one"));
        let first = Profile::open(Some(folder.path()), &with)
            .unwrap()
            .store_key(&with)
            .unwrap();
        let again = Profile::open(Some(folder.path()), &with).unwrap();
        assert_eq!(first.as_bytes(), again.store_key(&with).unwrap().as_bytes());
        assert!(matches!(
            again.store_key(&environment(None)),
            Err(ProfileError::PassphraseNeeded)
        ));
        let other = again.store_key(&environment(Some("another"))).unwrap();
        assert_ne!(first.as_bytes(), other.as_bytes());
        assert!(!folder.path().join(KEY_FILE).exists());
    }

    #[test]
    fn a_profile_keeps_to_its_server() {
        let folder = tempfile::tempdir().unwrap();
        let mut profile = open(folder.path()).unwrap();
        assert!(matches!(profile.server_for(None), Err(ProfileError::NoServer)));
        assert_eq!(profile.server_for(Some("https://a/")).unwrap(), "https://a");
        profile.keep_server("https://a", None).unwrap();
        drop(profile);
        let mut profile = open(folder.path()).unwrap();
        assert_eq!(profile.server_for(None).unwrap(), "https://a");
        assert!(matches!(
            profile.server_for(Some("https://b")),
            Err(ProfileError::OtherServer(_))
        ));
        profile.forget_server().unwrap();
        assert_eq!(profile.server_for(Some("https://b")).unwrap(), "https://b");
    }
}
