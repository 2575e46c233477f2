//! Starting, being reached through real sockets, and stopping.

use crate::config::TlsMode;
use crate::key_file::KEY_FILE;
use crate::store::suite::{TestStore, on_both_databases};
use crate::{Config, Environment, StartError, start};
use std::net::SocketAddr;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

on_both_databases!(a_database_is_opened_with_its_own_key_file_alone);

fn local(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

async fn get(url: &str, path: &str) -> std::io::Result<String> {
    let port = url.rsplit(':').next().unwrap().parse().unwrap();
    let mut connection = TcpStream::connect(local(port)).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost:{port}\r\nconnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[tokio::test]
async fn it_answers_until_it_is_stopped() {
    let directory = TempDir::new().unwrap();
    let server = start(Config::for_tests(directory.path()), Environment::default())
        .await
        .unwrap();
    let url = server.loopback_url().to_owned();
    assert!(get(&url, "/readyz").await.unwrap().starts_with("HTTP/1.1 200"));
    assert!(
        get(&url, "/api/v1/session")
            .await
            .unwrap()
            .starts_with("HTTP/1.1 401")
    );
    assert!(server.network_urls().is_empty());
    assert_eq!(server.ca_fingerprint(), None);
    server.shutdown().await;
    assert!(get(&url, "/readyz").await.is_err());
}

#[tokio::test]
async fn each_start_before_set_up_prints_another_token() {
    let directory = TempDir::new().unwrap();
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let server = start(Config::for_tests(directory.path()), Environment::default())
            .await
            .unwrap();
        tokens.extend(server.setup_token().map(str::to_owned));
        server.shutdown().await;
    }
    assert_eq!(tokens.len(), 2);
    assert_ne!(tokens[0], tokens[1]);
}

#[tokio::test]
async fn a_taken_port_is_told_with_its_flag_and_nothing_is_touched() {
    let taken = std::net::TcpListener::bind(local(0)).unwrap();
    let directory = TempDir::new().unwrap();
    let data = directory.path().join("data");
    let config = Config {
        http_loopback: taken.local_addr().ok(),
        ..Config::for_tests(&data)
    };
    let error = start(config, Environment::default()).await.unwrap_err();
    assert!(matches!(error, StartError::Listen { .. }));
    assert_eq!(error.exit_code(), 69);
    assert!(error.to_string().contains("--http-loopback"), "{error}");
    assert!(!data.exists());
}

#[tokio::test]
async fn the_network_is_served_with_the_local_authority() {
    let directory = TempDir::new().unwrap();
    let config = Config {
        listen: Some(local(0)),
        ..Config::for_tests(directory.path())
    };
    let server = start(config, Environment::default()).await.unwrap();
    assert_eq!(server.network_urls().len(), 1);
    assert!(server.network_urls()[0].starts_with("https://127.0.0.1:"));
    let fingerprint = server.ca_fingerprint().unwrap().to_owned();
    let info = get(server.loopback_url(), "/api/v1/server").await.unwrap();
    assert!(info.contains(&fingerprint), "{info}");
    assert!(
        get(server.loopback_url(), "/ca.crt")
            .await
            .unwrap()
            .contains("BEGIN CERTIFICATE")
    );
    server.shutdown().await;
}

async fn a_database_is_opened_with_its_own_key_file_alone(store: TestStore) {
    let (home, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let start_in = async |directory: &TempDir| {
        let config = Config {
            database: store.database_url(),
            ..Config::for_tests(directory.path())
        };
        start(config, Environment::default()).await
    };
    start_in(&home).await.unwrap().shutdown().await;
    let path = home.path().join(KEY_FILE);
    let own = std::fs::read(&path).unwrap();

    std::fs::remove_file(&path).unwrap();
    let refused = start_in(&home).await.unwrap_err();
    assert!(matches!(refused, StartError::KeysOfAnother { .. }), "{refused:?}");
    assert_eq!(refused.exit_code(), 78);
    assert!(refused.to_string().contains("put back the old one"), "{refused}");
    assert!(!path.exists(), "the new file does not stay");

    // A key file of another server is refused too, and nobody deletes it.
    let config = Config::for_tests(other.path());
    let server = start(config, Environment::default()).await.unwrap();
    server.shutdown().await;
    std::fs::copy(other.path().join(KEY_FILE), &path).unwrap();
    let refused = start_in(&home).await.unwrap_err();
    assert!(matches!(refused, StartError::KeysOfAnother { .. }), "{refused:?}");
    assert!(path.exists());

    std::fs::write(&path, own).unwrap();
    start_in(&home).await.unwrap().shutdown().await;
}

#[tokio::test]
async fn files_that_are_no_certificate_are_told() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("file.pem");
    std::fs::write(&file, "nothing").unwrap();
    let missing = directory.path().join("missing.pem");
    for (certificate, key) in [(&file, &file), (&missing, &file)] {
        let tls = TlsMode::Files {
            certificate: certificate.clone(),
            key: key.clone(),
        };
        let config = Config {
            listen: Some(local(0)),
            tls,
            ..Config::for_tests(directory.path().join("data"))
        };
        let error = start(config, Environment::default()).await.unwrap_err();
        assert_eq!(error.exit_code(), 77, "{error}");
    }
}
