//! Encryption of the network's listener: which certificate it shows, and when it gets a new one.

mod local_ca;

use axum_server::tls_rustls::RustlsConfig;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use undertone_wire::Timestamp;

use crate::clock::Clock;
use crate::config::{Config, TlsMode};

pub(crate) use local_ca::is_permitted;
pub use local_ca::{LocalCa, local_names};

/// How often the certificate is looked at: whether it ends soon, the addresses changed, or the files.
pub const LOOK_EVERY: Duration = Duration::from_hours(1);

/// Why there is no certificate to show.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("cannot use {path}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Others than its owner may read a private key.
    #[error("others may read {path}; allow only its owner (chmod 600 {path})")]
    TooOpen {
        /// Which file.
        path: PathBuf,
    },
    /// A file holds no certificate or key in PEM.
    #[error("{path} holds no certificate or private key in PEM")]
    Pem {
        /// Which file.
        path: PathBuf,
    },
    /// The certificate cannot be made.
    #[error("cannot make a certificate")]
    Make(#[from] rcgen::Error),
    /// Certificate and key do not serve, or not together.
    #[error("certificate and key do not fit together")]
    Unusable(#[from] rustls::Error),
}

/// What the network's listener shows, and how it changes.
pub struct Tls {
    mode: TlsMode,
    local_ca: Option<LocalCa>,
    shown: RustlsConfig,
}

impl Tls {
    /// Reads or makes the certificate. Nothing with [`TlsMode::Off`].
    pub fn prepare(config: &Config, clock: &dyn Clock) -> Result<Option<Self>, TlsError> {
        let (local_ca, shown) = match &config.tls {
            TlsMode::Off => return Ok(None),
            TlsMode::Auto => {
                let ca = LocalCa::load_or_create(&LocalCa::directory_in(&config.data_dir), clock.now())?;
                let shown = ca.server_config(&local_names(), clock.now())?;
                (Some(ca), shown)
            }
            TlsMode::Files { certificate, key } => (None, from_files(certificate, key)?),
        };
        Ok(Some(Self {
            mode: config.tls.clone(),
            local_ca,
            shown: RustlsConfig::from_config(Arc::new(shown)),
        }))
    }

    /// The local certificate authority, with `auto`.
    pub const fn local_ca(&self) -> Option<&LocalCa> {
        self.local_ca.as_ref()
    }

    /// For the listener; follows [`Tls::look`].
    pub fn shown(&self) -> RustlsConfig {
        self.shown.clone()
    }

    /// Shows a new certificate if the old one is no longer right. If that fails, the old one stays.
    pub fn look(&self, now: Timestamp) -> Result<(), TlsError> {
        let fresh = match (&self.mode, &self.local_ca) {
            (TlsMode::Files { certificate, key }, _) => from_files(certificate, key)?,
            (_, Some(ca)) => ca.server_config(&local_names(), now)?,
            (_, None) => return Ok(()),
        };
        self.shown.reload_from_config(Arc::new(fresh));
        Ok(())
    }
}

fn from_files(certificate: &Path, key: &Path) -> Result<ServerConfig, TlsError> {
    let read = |path: &Path| {
        std::fs::read(path).map_err(|source| TlsError::Io {
            path: path.to_owned(),
            source,
        })
    };
    let (chain, secret) = (read(certificate)?, read(key)?);
    serve(parse_chain(certificate, &chain)?, parse_key(key, &secret)?)
}

fn parse_chain(path: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let bad = || TlsError::Pem {
        path: path.to_owned(),
    };
    let chain: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|_| bad())?;
    if chain.is_empty() { Err(bad()) } else { Ok(chain) }
}

fn parse_key(path: &Path, pem: &[u8]) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|_| TlsError::Pem {
        path: path.to_owned(),
    })
}

/// TLS 1.3 and 1.2 with the provider's suites, all of which are AEADs with forward secrecy.
fn serve(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<ServerConfig, TlsError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
