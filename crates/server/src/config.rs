//! Every setting of the server, documented once. It is not where settings are read: the `serve`
//! command assembles them (flag, then environment, then file, then default).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use undertone_wire::limits::FILE_BYTES_MAX;

mod blobs;
mod bus;
mod guests;
mod metrics;
mod push;
mod reference;

pub use blobs::{BlobPlace, BlobSettings, S3Keys, S3Place};
pub use bus::BusUrl;
pub use guests::{GuestSettings, PROOF_BITS_MAX};
pub use metrics::MetricsSettings;
pub use push::PushSettings;
pub use reference::{EXIT_CODES, SETTINGS, Setting, reference};

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
    /// How several servers on one database tell each other news.
    pub bus: BusUrl,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub behind_proxy: Vec<IpAddr>,
    /// Origins besides our own pages that may call, such as a desktop application's.
    pub origins: Vec<String>,
    /// Multiplies every limit of speed.
    pub limit_scale: NonZeroU32,
    /// People without an account.
    pub guests: GuestSettings,
    /// Files, as sealed bytes.
    pub blobs: BlobSettings,
    /// Waking devices.
    pub push: PushSettings,
    /// Telling how the server fares.
    pub metrics: MetricsSettings,
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
    /// Not the address of a bus.
    #[error("--bus is `local` or addresses that begin with nats:// or tls://")]
    Bus,
    /// Several servers need a database that they can share.
    #[error("--bus nats://… is for several servers, which share one --database postgres://…")]
    BusWithoutPostgres,
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
    /// Not the address of a bucket.
    #[error(
        "--blobs s3://BUCKET/PREFIX?endpoint=https://HOST&region=REGION: the prefix, the endpoint and the region may be left out, and keys do not stand there"
    )]
    BlobsS3,
    /// A bucket that nobody may use.
    #[error(
        "--blobs s3://… needs --s3-access-key and --s3-secret-key, better as UNDERTONE_S3_ACCESS_KEY and UNDERTONE_S3_SECRET_KEY"
    )]
    S3Keys,
    /// Not a place for blobs.
    #[error("--blobs is a directory, or a URL that begins with file:/// or s3://")]
    Blobs,
    /// Larger than clients agree to.
    #[error("--file-bytes-max is at most {FILE_BYTES_MAX}")]
    FileBytes,
    /// How busy the server is would be told to the network.
    #[error(
        "--metrics is for an address of this machine, such as 127.0.0.1:9464; {0} is not: --metrics-on-network on allows it"
    )]
    MetricsOnNetwork(SocketAddr),
    /// Nobody whom a push service could write to.
    #[error("--push-contact begins with mailto: or https:")]
    PushContact,
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
            bus: BusUrl::Local,
            behind_proxy: Vec::new(),
            origins: Vec::new(),
            limit_scale: NonZeroU32::MIN,
            guests: GuestSettings::default(),
            blobs: BlobSettings::default(),
            push: PushSettings::default(),
            metrics: MetricsSettings::default(),
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
        if self.bus != BusUrl::Local && self.database == DatabaseUrl::Sqlite {
            return Err(ConfigError::BusWithoutPostgres);
        }
        if self.guests.proof_bits > PROOF_BITS_MAX {
            return Err(ConfigError::ProofBits);
        }
        self.blobs.validate()?;
        self.push.validate()?;
        self.metrics.validate()?;
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
        let bus = |c: &mut Config| c.bus = "nats://bus".parse().unwrap();
        assert_eq!(config(bus), Err(ConfigError::BusWithoutPostgres));
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
}
