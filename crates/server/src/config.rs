//! Every setting of the server, documented once. It is not where settings are read: the `serve`
//! command assembles them (flag, then environment, then file, then default).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::str::FromStr;

mod guests;

pub use guests::{GuestSettings, PROOF_BITS_MAX};

/// The settings, checked by [`Config::validate`].
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the database, the key file and the local CA are.
    pub data_dir: PathBuf,
    /// The network's listener; none, if only this machine is served.
    pub listen: Option<SocketAddr>,
    /// The plain listener for this machine; none, if another program stands before the network's.
    pub http_loopback: Option<SocketAddr>,
    /// How the network's listener is encrypted.
    pub tls: TlsMode,
    /// Which database.
    pub database: DatabaseUrl,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub behind_proxy: Vec<IpAddr>,
    /// Origins besides our own pages that may call, such as a desktop application's.
    pub origins: Vec<String>,
    /// Multiplies every limit of speed.
    pub limit_scale: NonZeroU32,
    /// People without an account.
    pub guests: GuestSettings,
}

/// How the network's listener is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsMode {
    /// With a certificate of a local CA in the data directory.
    Auto,
    /// With the certificate chain and key in these PEM files.
    Files {
        /// The chain, own certificate first.
        certificate: PathBuf,
        /// The private key.
        key: PathBuf,
    },
    /// Not at all: on loopback, or behind a proxy that encrypts.
    Off,
}

/// Which database.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// An encrypted SQLite file in the data directory.
    Sqlite,
    /// PostgreSQL: `postgres://user:password@host/database`.
    Postgres(String),
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite => f.write_str("Sqlite"),
            // It may hold a password.
            Self::Postgres(_) => f.write_str("Postgres(…)"),
        }
    }
}

impl FromStr for DatabaseUrl {
    type Err = ConfigError;
    fn from_str(text: &str) -> Result<Self, ConfigError> {
        match text {
            "sqlite" => Ok(Self::Sqlite),
            url if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                Ok(Self::Postgres(url.to_owned()))
            }
            _ => Err(ConfigError::Database),
        }
    }
}

/// Settings that do not go together. Each says what to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The plain listener would be reachable from the network.
    #[error("--http-loopback must be an address of this machine, such as 127.0.0.1:8080; {0} is not")]
    HttpNotLoopback(SocketAddr),
    /// Plain text on the network.
    #[error(
        "--tls off would send everything in the clear on {0}: listen on a loopback address, or name the proxy that encrypts with --behind-proxy"
    )]
    PlainOnNetwork(SocketAddr),
    /// No listener at all.
    #[error("there is nothing to listen on: give --listen or --http-loopback")]
    NoListener,
    /// Not the address of a database.
    #[error("--database is `sqlite` or a URL that begins with postgres://")]
    Database,
    /// Not built yet.
    #[error(
        "--tls acme is not part of this version: use --tls files with a certificate of your own ACME client, or --tls auto"
    )]
    AcmeMissing,
    /// Unknown word.
    #[error("--tls is one of auto, files, off")]
    TlsWord,
    /// Harder than clients agree to.
    #[error("--guest-proof-bits is at most {PROOF_BITS_MAX}: clients refuse more work")]
    ProofBits,
    /// `files` without files.
    #[error("--tls files needs --tls-certificate and --tls-key")]
    TlsFiles,
}

impl TlsMode {
    /// From the settings' words.
    pub fn parse(word: &str, certificate: Option<&Path>, key: Option<&Path>) -> Result<Self, ConfigError> {
        match (word, certificate, key) {
            ("auto", _, _) => Ok(Self::Auto),
            ("off", _, _) => Ok(Self::Off),
            ("acme", _, _) => Err(ConfigError::AcmeMissing),
            ("files", Some(certificate), Some(key)) => Ok(Self::Files {
                certificate: certificate.to_owned(),
                key: key.to_owned(),
            }),
            ("files", _, _) => Err(ConfigError::TlsFiles),
            _ => Err(ConfigError::TlsWord),
        }
    }
}

impl Config {
    /// The settings of somebody who gives none but the data directory.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            listen: Some(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 8443))),
            http_loopback: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 8080))),
            tls: TlsMode::Auto,
            database: DatabaseUrl::Sqlite,
            behind_proxy: Vec::new(),
            origins: Vec::new(),
            limit_scale: NonZeroU32::MIN,
            guests: GuestSettings::default(),
        }
    }

    /// For tests: this machine only, on a free port, with limits that a crowd of test clients on one
    /// address does not reach.
    #[cfg(any(test, feature = "testing"))]
    pub fn for_tests(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            listen: None,
            http_loopback: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))),
            limit_scale: NonZeroU32::new(1000).unwrap_or(NonZeroU32::MIN),
            ..Self::new(data_dir)
        }
    }

    /// Whether the settings go together.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if self.listen.is_none() && self.http_loopback.is_none() {
            return Err(ConfigError::NoListener);
        }
        if let Some(address) = self.http_loopback
            && !address.ip().is_loopback()
        {
            return Err(ConfigError::HttpNotLoopback(address));
        }
        if self.guests.proof_bits > PROOF_BITS_MAX {
            return Err(ConfigError::ProofBits);
        }
        match (&self.tls, self.listen) {
            (TlsMode::Off, Some(address)) if !address.ip().is_loopback() && self.behind_proxy.is_empty() => {
                Err(ConfigError::PlainOnNetwork(address))
            }
            _ => Ok(()),
        }
    }

    /// Browsers may be told to come back encrypted only: not with `auto`, whose CA they may not know,
    /// nor where `http://localhost` would be hit, since it ignores ports.
    pub(crate) const fn is_hsts_wanted(&self) -> bool {
        matches!(self.tls, TlsMode::Files { .. })
    }
}

/// One setting, as the reference lists it.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The flag without dashes. In the file the dashes inside are underscores; in the environment it
    /// is upper case with `UNDERTONE_` before.
    pub flag: &'static str,
    /// What stands when nobody says anything.
    pub default: &'static str,
    /// What it is for.
    pub description: &'static str,
}

impl Setting {
    /// The key in the file.
    pub fn key(&self) -> String {
        self.flag.replace('-', "_")
    }

    /// The variable in the environment.
    pub fn variable(&self) -> String {
        format!("UNDERTONE_{}", self.key().to_uppercase())
    }
}

/// Every setting: the one list from which the reference is made and against which the command's
/// flags are tested.
pub const SETTINGS: &[Setting] = &[
    Setting {
        flag: "data",
        default: "undertone-data",
        description: "Directory of the database, the key file and the local CA. Made at the first start, for its owner only.",
    },
    Setting {
        flag: "listen",
        default: "0.0.0.0:8443",
        description: "Address for other devices, encrypted as `--tls` says. `none`: only this machine is served.",
    },
    Setting {
        flag: "http-loopback",
        default: "127.0.0.1:8080",
        description: "Plain address for this machine alone; browsers treat `http://localhost` as secure. `none`: there is none.",
    },
    Setting {
        flag: "tls",
        default: "auto",
        description: "`auto`: a certificate of a local CA in the data directory. `files`: your own. `off`: none, only on a loopback address or behind a proxy. `acme` is refused: it is not part of this version.",
    },
    Setting {
        flag: "tls-certificate",
        default: "",
        description: "With `--tls files`: PEM file of the certificate chain.",
    },
    Setting {
        flag: "tls-key",
        default: "",
        description: "With `--tls files`: PEM file of the private key.",
    },
    Setting {
        flag: "database",
        default: "sqlite",
        description: "`sqlite`: an encrypted file in the data directory. Or `postgres://user:password@host/database`.",
    },
    Setting {
        flag: "behind-proxy",
        default: "",
        description: "Addresses of proxies, separated by commas, whose `X-Forwarded-For` is believed. Addresses are never stored.",
    },
    Setting {
        flag: "origin",
        default: "",
        description: "Origins besides the server's own pages that may call it, separated by commas.",
    },
    Setting {
        flag: "limit-scale",
        default: "1",
        description: "Multiplies every limit of speed, for many people behind one address.",
    },
    Setting {
        flag: "guests",
        default: "on",
        description: "`on`: people without an account may come into rooms. `off`: only accounts.",
    },
    Setting {
        flag: "guest-idle-hours",
        default: "24",
        description: "A guest who does not come back for so many hours ends, and the server forgets them.",
    },
    Setting {
        flag: "guest-messages-per-minute",
        default: "10",
        description: "Messages that one guest may send.",
    },
    Setting {
        flag: "guest-rooms-per-hour",
        default: "3",
        description: "Rooms that one guest may make.",
    },
    Setting {
        flag: "guest-sessions-per-hour",
        default: "5",
        description: "Guests who may come from one network.",
    },
    Setting {
        flag: "guest-free-per-minute",
        default: "30",
        description: "New guests on the whole server who come in just so. Beyond, each solves a proof of work first.",
    },
    Setting {
        flag: "guest-proof-bits",
        default: "18",
        description: "How hard that proof is, up to 24: each bit doubles the work.",
    },
    Setting {
        flag: "log",
        default: "info",
        description: "What is written to standard error: `error`, `warn`, `info`, `debug`, or a filter of `tracing-subscriber`.",
    },
];

/// What `undertone serve` ends with, for supervisors.
pub const EXIT_CODES: &[(u8, &str)] = &[
    (
        0,
        "stopped by SIGTERM or Ctrl-C, after finishing what was under way",
    ),
    (1, "something else failed; standard error says what"),
    (2, "the command line makes no sense"),
    (
        69,
        "an address is taken, or the database does not answer: trying again later may help",
    ),
    (
        77,
        "a file of the data directory cannot be used: missing rights, or too many",
    ),
    (78, "the settings make no sense or do not go together"),
];

/// The reference of all settings in Markdown, as it stands in `docs/configuration.md`.
pub fn reference() -> String {
    let mut text = String::from(
        "# Settings of `undertone serve`\n\n\
         A flag wins over the environment, the environment over the file (`--config FILE`, TOML), the file over the default.\n\
         This page is made from `crates/server/src/config.rs`; a test compares them.\n\n\
         | flag | environment | file | default | what it is for |\n|---|---|---|---|---|\n",
    );
    for setting in SETTINGS {
        let default = if setting.default.is_empty() {
            String::new()
        } else {
            format!("`{}`", setting.default)
        };
        let (flag, variable, key) = (setting.flag, setting.variable(), setting.key());
        let row = [
            "| `--",
            flag,
            "` | `",
            &variable,
            "` | `",
            &key,
            "` | ",
            &default,
            " | ",
            setting.description,
            " |\n",
        ];
        text.extend(row);
    }
    text.push_str("\n## Exit codes\n\n| code | meaning |\n|--:|---|\n");
    for (code, meaning) in EXIT_CODES {
        text.extend(["| ", &code.to_string(), " | ", meaning, " |\n"]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(change: impl FnOnce(&mut Config)) -> Result<(), ConfigError> {
        let mut config = Config::new("data");
        change(&mut config);
        config.validate()
    }

    #[test]
    fn plain_text_stays_on_this_machine() {
        let network: SocketAddr = "0.0.0.0:80".parse().unwrap();
        assert_eq!(config(|_| ()), Ok(()));
        assert_eq!(
            config(|c| c.http_loopback = Some(network)),
            Err(ConfigError::HttpNotLoopback(network))
        );
        let off = |c: &mut Config| (c.tls, c.listen) = (TlsMode::Off, Some(network));
        assert_eq!(config(off), Err(ConfigError::PlainOnNetwork(network)));
        assert_eq!(
            config(|c| (off(c), c.behind_proxy.push([10, 0, 0, 1].into())).0),
            Ok(())
        );
        assert_eq!(config(|c| c.guests.proof_bits = 25), Err(ConfigError::ProofBits));
        let nothing = |c: &mut Config| (c.listen, c.http_loopback) = (None, None);
        assert_eq!(config(nothing), Err(ConfigError::NoListener));
    }

    #[test]
    fn words_are_checked() {
        assert_eq!(TlsMode::parse("acme", None, None), Err(ConfigError::AcmeMissing));
        assert_eq!(TlsMode::parse("files", None, None), Err(ConfigError::TlsFiles));
        assert_eq!(TlsMode::parse("on", None, None), Err(ConfigError::TlsWord));
        assert_eq!("mysql://".parse::<DatabaseUrl>(), Err(ConfigError::Database));
        let secret: DatabaseUrl = "postgres://ada:secret@db/undertone".parse().unwrap();
        assert!(!format!("{secret:?}").contains("secret"));
    }

    #[test]
    fn the_reference_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            written == reference(),
            "docs/configuration.md should read:\n\n{}",
            reference()
        );
    }
}
