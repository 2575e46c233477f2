//! The authority vouches for what it may and nothing else, and keeps its key to itself.

use super::*;
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use tempfile::TempDir;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn names(list: &[&str]) -> BTreeSet<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

fn authority() -> (TempDir, LocalCa) {
    let directory = TempDir::new().unwrap();
    let ca = LocalCa::load_or_create(directory.path(), NOW).unwrap();
    (directory, ca)
}

/// What a client that trusts only this authority says to its server certificate.
fn is_believed(directory: &TempDir, name: &str, at: Timestamp) -> bool {
    let read = |file: &str| CertificateDer::from_pem_file(directory.path().join(file)).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(read("ca.crt")).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .unwrap();
    let at = UnixTime::since_unix_epoch(Duration::from_millis(at.as_millis()));
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let verifier: &dyn rustls::client::danger::ServerCertVerifier = &*verifier;
    verifier
        .verify_server_cert(&read("server.crt"), &[], &name, &[], at)
        .is_ok()
}

#[test]
fn clients_that_trust_the_authority_believe_the_server() {
    let (directory, ca) = authority();
    ca.server_config(&names(&["192.168.1.7", "localhost", "box.local", "fe80::1"]), NOW)
        .unwrap();
    for name in ["192.168.1.7", "localhost", "box.local", "fe80::1"] {
        assert!(is_believed(&directory, name, NOW), "{name}");
    }
    assert!(!is_believed(&directory, "192.168.1.8", NOW), "another name");
    assert!(
        !is_believed(&directory, "localhost", NOW.plus(CERTIFICATE_LIFE + DAY)),
        "expired"
    );
}

#[test]
fn the_authority_is_worth_nothing_for_other_sites() {
    let (directory, ca) = authority();
    ca.server_config(&names(&["example.org", "198.51.100.1", "2001:db8::1"]), NOW)
        .unwrap();
    for name in ["example.org", "198.51.100.1", "2001:db8::1"] {
        assert!(!is_believed(&directory, name, NOW), "{name}");
    }
    for name in local_names() {
        if let Ok(address) = name.parse::<IpAddr>() {
            assert!(is_permitted(&address), "{name}");
        }
    }
}

#[test]
fn the_certificate_is_kept_until_it_ends_or_the_names_change() {
    let (directory, ca) = authority();
    let shown = |names: &BTreeSet<String>, at| {
        ca.server_config(names, at).unwrap();
        fs::read(directory.path().join("server.crt")).unwrap()
    };
    let home = names(&["192.168.1.7", "localhost"]);
    let first = shown(&home, NOW);
    assert_eq!(shown(&home, NOW.plus(DAY * 59)), first);
    let renewed = shown(&home, NOW.plus(DAY * 61));
    assert_ne!(renewed, first);
    assert_ne!(shown(&names(&["10.0.0.7"]), NOW.plus(DAY * 61)), renewed);
}

#[test]
fn the_authority_stays_the_same_and_its_key_is_its_owners() {
    let (directory, ca) = authority();
    let again = LocalCa::load_or_create(directory.path(), NOW.plus(DAY)).unwrap();
    assert_eq!(again.fingerprint(), ca.fingerprint());
    assert_eq!(ca.fingerprint().len(), 64);
    ca.server_config(&names(&["localhost"]), NOW).unwrap();
    for file in ["ca.key", "server.key"] {
        let path = directory.path().join(file);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let refused = ca.server_config(&names(&["localhost", "127.0.0.1"]), NOW);
        assert!(matches!(refused, Err(TlsError::TooOpen { .. })) || file == "server.key");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

#[test]
fn the_configuration_serves() {
    let (_directory, ca) = authority();
    let config = ca.server_config(&names(&["localhost"]), NOW).unwrap();
    assert_eq!(config.alpn_protocols, [b"h2".to_vec(), b"http/1.1".to_vec()]);
}
