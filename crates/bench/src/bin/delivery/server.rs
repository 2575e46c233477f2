//! The server under test: the real one, or the bare reference. Both are told alike where to listen and
//! whether to encrypt.

use crate::args::Wish;
use crate::child::{Core, Process};
use crate::database::Database;
use crate::order::Target;
use crate::town::Town;
use anyhow::{Context as _, Result};
use rcgen::{CertificateParams, KeyPair};
use serde_json::Value;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use tempfile::TempDir;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Undertone,
    Reference,
}

impl Kind {
    /// The column of the table.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Undertone => "Undertone",
            Self::Reference => "bare reference",
        }
    }
}

/// A server that answers, with a directory of its own.
pub(crate) struct Server {
    pub(crate) process: Process,
    pub(crate) target: Target,
    _directory: TempDir,
    /// Dropped after the process that uses it.
    _database: Option<Database>,
}

impl Server {
    /// Starts one with a fresh copy of the town.
    pub(crate) fn start(kind: Kind, wish: &Wish, town: &Town) -> Result<Self> {
        let directory = TempDir::new().context("no temporary directory")?;
        let tls = if wish.tls {
            Some(Certificate::write(&directory)?)
        } else {
            None
        };
        let mut database = None;
        let (program, words) = match kind {
            Kind::Undertone => {
                database = town.copy_to(directory.path())?;
                let mut words = undertone_words(&directory, tls.as_ref());
                if let Some(database) = &database {
                    words.extend(["--database".to_owned(), database.url()?]);
                }
                if let Some(bus) = &wish.bus {
                    words.extend(["--bus".to_owned(), bus.clone()]);
                }
                (wish.server.clone(), words)
            }
            Kind::Reference => (
                std::env::current_exe().context("where this program is")?,
                reference_words(&directory, tls.as_ref()),
            ),
        };
        let mut process = Process::start(Core::Server, &program, words)?;
        let address = announced(&mut process)?;
        let port = address.rsplit(':').next().and_then(|port| port.parse().ok());
        let port: u16 = port.with_context(|| format!("no port in {address}"))?;
        Ok(Self {
            process,
            target: Target {
                address: (std::net::Ipv4Addr::LOCALHOST, port).into(),
                path: "/api/v1/stream".to_owned(),
                authority: tls.map(|tls| tls.certificate),
            },
            _directory: directory,
            _database: database,
        })
    }
}

/// The address in the line that both servers print when they answer.
fn announced(process: &mut Process) -> Result<String> {
    let stdout = process.child().stdout.take().context("no output")?;
    let mut line = String::new();
    let mut reader = BufReader::new(stdout);
    reader.read_line(&mut line)?;
    let said: Value = serde_json::from_str(&line).context("the server did not start")?;
    let network = said.pointer("/network/0").and_then(Value::as_str);
    let local = said.get("local").and_then(Value::as_str);
    // The pipe stays open, or the server's next word would end it.
    process.child().stdout = Some(reader.into_inner());
    Ok(network.or(local).context("no address")?.to_owned())
}

fn undertone_words(directory: &TempDir, tls: Option<&Certificate>) -> Vec<String> {
    let data = directory.path().display().to_string();
    let common = [
        "serve",
        "--json",
        "--data",
        data.as_str(),
        "--limit-scale",
        "1000",
        "--log",
        "warn",
    ];
    let common = common.map(str::to_owned).into_iter();
    let listeners = match tls {
        None => vec![
            "--http-loopback".to_owned(),
            "127.0.0.1:0".to_owned(),
            "--listen".to_owned(),
            "none".to_owned(),
        ],
        Some(tls) => {
            let [certificate, key] = [&tls.certificate, &tls.key].map(|path| path.display().to_string());
            let words = [
                "--http-loopback",
                "none",
                "--listen",
                "127.0.0.1:0",
                "--tls",
                "files",
            ];
            let files = [
                "--tls-certificate",
                certificate.as_str(),
                "--tls-key",
                key.as_str(),
            ];
            words
                .iter()
                .chain(&files)
                .map(|word| (*word).to_owned())
                .collect()
        }
    };
    common.chain(listeners).collect()
}

fn reference_words(directory: &TempDir, tls: Option<&Certificate>) -> Vec<String> {
    let mut words = vec!["reference".to_owned(), directory.path().display().to_string()];
    if let Some(tls) = tls {
        words.extend([&tls.certificate, &tls.key].map(|path| path.display().to_string()));
    }
    words
}

/// A certificate for this machine alone, with its key.
struct Certificate {
    certificate: PathBuf,
    key: PathBuf,
}

impl Certificate {
    fn write(directory: &TempDir) -> Result<Self> {
        let key = KeyPair::generate()?;
        let certificate = CertificateParams::new(["localhost".to_owned()])?.self_signed(&key)?;
        let written = Self {
            certificate: directory.path().join("certificate.pem"),
            key: directory.path().join("certificate-key.pem"),
        };
        fs::write(&written.certificate, certificate.pem())?;
        fs::write(&written.key, key.serialize_pem())?;
        Ok(written)
    }
}
