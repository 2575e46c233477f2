//! The local certificate authority: for the people on one's own network, who install it once. It is
//! constrained to private addresses and local names, so that installing it gives the server no power
//! over any other site, even if its key is stolen.

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, SanType,
};
use rustls::ServerConfig;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use time::OffsetDateTime;
use undertone_wire::Timestamp;
use zeroize::Zeroizing;

use super::{TlsError, parse_chain, parse_key, serve};
use crate::key_file::{create_private_directory, is_open_to_others, write_private};

const DAY: Duration = Duration::from_hours(24);
/// The authority outlives every device that trusts it.
const AUTHORITY_LIFE: Duration = Duration::from_hours(10 * 365 * 24);
/// A server certificate lives this long …
const CERTIFICATE_LIFE: Duration = Duration::from_hours(90 * 24);
/// … and is replaced when less than this is left.
const RENEW_BEFORE: Duration = Duration::from_hours(30 * 24);

/// What the authority may vouch for: private, shared and link-local networks, and this machine.
const PERMITTED_NETWORKS: &[(IpAddr, u8)] = &[
    (IpAddr::V4(Ipv4Addr::new(10, 0, 0, 0)), 8),
    (IpAddr::V4(Ipv4Addr::new(100, 64, 0, 0)), 10),
    (IpAddr::V4(Ipv4Addr::new(127, 0, 0, 0)), 8),
    (IpAddr::V4(Ipv4Addr::new(169, 254, 0, 0)), 16),
    (IpAddr::V4(Ipv4Addr::new(172, 16, 0, 0)), 12),
    (IpAddr::V4(Ipv4Addr::new(192, 168, 0, 0)), 16),
    (IpAddr::V6(Ipv6Addr::LOCALHOST), 128),
    (IpAddr::V6(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0)), 7),
    (IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0)), 10),
];
/// And these names with all below them.
const PERMITTED_NAMES: &[&str] = &["localhost", "local"];

/// The authority, its key on the disk for its owner only.
#[derive(Clone)]
pub struct LocalCa {
    directory: PathBuf,
    certificate_pem: String,
    fingerprint: String,
}

/// What the current server certificate was made for.
#[derive(Serialize, Deserialize, PartialEq, Eq)]
struct Issued {
    names: BTreeSet<String>,
    expires_at: Timestamp,
    authority: String,
}

impl LocalCa {
    /// Reads the authority in `directory`, or makes it at the first start.
    pub fn load_or_create(directory: &Path, now: Timestamp) -> Result<Self, TlsError> {
        create_private_directory(directory).map_err(failed(directory))?;
        let (key_path, certificate_path) = (directory.join("ca.key"), directory.join("ca.crt"));
        if !key_path.exists() || !certificate_path.exists() {
            let key = KeyPair::generate()?;
            let certificate = parameters(&key, now)?.self_signed(&key)?;
            write_private(&key_path, key.serialize_pem().as_bytes()).map_err(failed(&key_path))?;
            write_private(&certificate_path, certificate.pem().as_bytes())
                .map_err(failed(&certificate_path))?;
        }
        Self::read(directory)
    }

    /// Reads the authority that a server has made in `directory`.
    pub fn read(directory: &Path) -> Result<Self, TlsError> {
        let certificate_path = directory.join("ca.crt");
        let certificate_pem = fs::read_to_string(&certificate_path).map_err(failed(&certificate_path))?;
        let chain = parse_chain(&certificate_path, certificate_pem.as_bytes())?;
        let certificate = chain.first().ok_or(TlsError::Pem {
            path: certificate_path,
        })?;
        let fingerprint = data_encoding::HEXLOWER.encode(&Sha256::digest(certificate));
        Ok(Self {
            directory: directory.to_owned(),
            certificate_pem,
            fingerprint,
        })
    }

    /// The authority's certificate, for download.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// SHA-256 of the certificate in hexadecimal.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The directory of the authority in a server's data directory.
    pub fn directory_in(data_dir: &Path) -> PathBuf {
        data_dir.join("tls")
    }

    /// Shows the stored certificate, or a new one when that ends soon or is for other names.
    pub(super) fn server_config(
        &self,
        names: &BTreeSet<String>,
        now: Timestamp,
    ) -> Result<ServerConfig, TlsError> {
        if !self.is_current(names, now) {
            self.issue(names, now)?;
        }
        let (certificate, key) = (
            self.directory.join("server.crt"),
            self.directory.join("server.key"),
        );
        let chain = fs::read(&certificate).map_err(failed(&certificate))?;
        let secret = read_private(&key)?;
        serve(
            parse_chain(&certificate, &chain)?,
            parse_key(&key, secret.as_bytes())?,
        )
    }

    fn is_current(&self, names: &BTreeSet<String>, now: Timestamp) -> bool {
        let Ok(text) = fs::read_to_string(self.directory.join("server.json")) else {
            return false;
        };
        let Ok(issued) = serde_json::from_str::<Issued>(&text) else {
            return false;
        };
        issued.names == *names
            && issued.authority == self.fingerprint
            && issued.expires_at.minus(RENEW_BEFORE) > now
    }

    fn issue(&self, names: &BTreeSet<String>, now: Timestamp) -> Result<(), TlsError> {
        let key_path = self.directory.join("ca.key");
        let authority_key = KeyPair::from_pem(&read_private(&key_path)?)?;
        let authority = Issuer::new(parameters(&authority_key, now)?, authority_key);
        let key = KeyPair::generate()?;
        let mut leaf = CertificateParams::new(Vec::new())?;
        leaf.subject_alt_names = names.iter().map(|name| subject(name)).collect::<Result<_, _>>()?;
        leaf.distinguished_name = DistinguishedName::new();
        leaf.distinguished_name.push(DnType::CommonName, "Undertone");
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.use_authority_key_identifier_extension = true;
        let expires_at = now.plus(CERTIFICATE_LIFE);
        (leaf.not_before, leaf.not_after) = (date(now.minus(DAY)), date(expires_at));
        let certificate = leaf.signed_by(&key, &authority)?;
        let issued = Issued {
            names: names.clone(),
            expires_at,
            authority: self.fingerprint.clone(),
        };
        let note = serde_json::to_vec(&issued).map_err(io::Error::from);
        // The note is written last: without it the certificate is made anew.
        for (file, contents) in [
            ("server.key", Ok(key.serialize_pem().into_bytes())),
            ("server.crt", Ok(certificate.pem().into_bytes())),
            ("server.json", note),
        ] {
            let path = self.directory.join(file);
            contents
                .and_then(|contents| write_private(&path, &contents))
                .map_err(failed(&path))?;
        }
        Ok(())
    }
}

/// The authority's own parameters; all but the dates follow from its key.
fn parameters(key: &KeyPair, now: Timestamp) -> Result<CertificateParams, TlsError> {
    let mut parameters = CertificateParams::new(Vec::new())?;
    let mark: String = data_encoding::HEXLOWER
        .encode(&Sha256::digest(key.public_key_raw()))
        .chars()
        .take(8)
        .collect();
    parameters.distinguished_name = DistinguishedName::new();
    parameters
        .distinguished_name
        .push(DnType::CommonName, format!("Undertone local CA {mark}"));
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let networks = PERMITTED_NETWORKS
        .iter()
        .map(|(address, length)| GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(*address, *length)));
    let names = PERMITTED_NAMES
        .iter()
        .map(|name| GeneralSubtree::DnsName((*name).to_owned()));
    parameters.name_constraints = Some(NameConstraints {
        permitted_subtrees: networks.chain(names).collect(),
        excluded_subtrees: Vec::new(),
    });
    (parameters.not_before, parameters.not_after) = (date(now.minus(DAY)), date(now.plus(AUTHORITY_LIFE)));
    Ok(parameters)
}

/// What other devices on the network may call this machine, as far as the authority may vouch for it.
pub fn local_names() -> BTreeSet<String> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let addresses = interfaces
        .iter()
        .map(if_addrs::Interface::ip)
        .filter(is_permitted);
    let this_machine = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    let mut names: BTreeSet<String> = addresses
        .chain(this_machine)
        .map(|address| address.to_string())
        .collect();
    names.insert("localhost".to_owned());
    if let Some(host) = host_name() {
        names.insert(format!("{host}.local"));
    }
    names
}

/// The machine's name in multicast DNS, where it is known and plain.
fn host_name() -> Option<String> {
    let name = fs::read_to_string("/etc/hostname").ok()?;
    let name = name.trim().split('.').next()?.to_ascii_lowercase();
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    (is_plain && !name.is_empty() && name.len() <= 63).then_some(name)
}

/// Whether the authority may vouch for an address: whether it is a private one.
pub(crate) fn is_permitted(address: &IpAddr) -> bool {
    PERMITTED_NETWORKS
        .iter()
        .any(|(network, length)| match (address, network) {
            (IpAddr::V4(address), IpAddr::V4(network)) => {
                let shift = 32 - u32::from(*length);
                address.to_bits().checked_shr(shift) == network.to_bits().checked_shr(shift)
            }
            (IpAddr::V6(address), IpAddr::V6(network)) => {
                let shift = 128 - u32::from(*length);
                address.to_bits().checked_shr(shift) == network.to_bits().checked_shr(shift)
            }
            _ => false,
        })
}

fn subject(name: &str) -> Result<SanType, TlsError> {
    match name.parse::<IpAddr>() {
        Ok(address) => Ok(SanType::IpAddress(address)),
        Err(_) => Ok(SanType::DnsName(name.try_into()?)),
    }
}

fn date(at: Timestamp) -> OffsetDateTime {
    let seconds = i64::try_from(at.as_millis() / 1000).unwrap_or(0);
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn read_private(path: &Path) -> Result<Zeroizing<String>, TlsError> {
    if is_open_to_others(&fs::metadata(path).map_err(failed(path))?) {
        return Err(TlsError::TooOpen {
            path: path.to_owned(),
        });
    }
    fs::read_to_string(path).map(Zeroizing::new).map_err(failed(path))
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> TlsError + use<'_> {
    |source| TlsError::Io {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests;
