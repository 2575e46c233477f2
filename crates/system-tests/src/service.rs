//! Programs of others that stories need, each started on a free port of the loopback for one story alone.

use anyhow::{Context, Result};
use std::cell::RefCell;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// Where Debian keeps them, which is not on everybody's search path.
const DEBIAN_PROGRAMS: &str = "/usr/sbin";
/// They answer within this.
const ANSWERS_WITHIN: Duration = Duration::from_secs(30);
/// The configuration that the documentation recommends.
const HAPROXY_CONFIGURATION: &str = include_str!("../../../docs/haproxy.cfg");

/// Ends when it is dropped.
struct Process(Child);

impl Process {
    fn start(mut command: Command) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let quiet = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child = quiet
            .spawn()
            .with_context(|| format!("{name} does not start: `cargo xtask setup` installs it"))?;
        Ok(Self(child))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// A NATS server of one story.
pub struct Nats {
    address: SocketAddr,
    log: PathBuf,
    process: RefCell<Option<Process>>,
}

impl Nats {
    pub(crate) async fn start(log: PathBuf) -> Result<Self> {
        let nats = Self {
            address: free_address().await?,
            log,
            process: RefCell::default(),
        };
        nats.restart().await?;
        Ok(nats)
    }

    /// Ends it as `kill -9` would.
    pub fn kill(&self) {
        drop(self.process.take());
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Starts it, at the same address, and waits until it answers.
    pub async fn restart(&self) -> Result<()> {
        let port = self.address.port().to_string();
        let mut command = Command::new(program("nats-server"));
        command
            .args(["--addr", "127.0.0.1", "--port", &port, "--log"])
            .arg(&self.log);
        *self.process.borrow_mut() = Some(Process::start(command)?);
        answers(self.address).await
    }
}

/// haproxy before several servers.
pub struct Balancer {
    address: SocketAddr,
    _process: Process,
}

impl Balancer {
    /// Starts it with the documentation's configuration, but for addresses and the certificate.
    pub(crate) async fn start(file: PathBuf, servers: &[SocketAddr]) -> Result<Self> {
        let address = free_address().await?;
        let mut configuration = String::new();
        for line in HAPROXY_CONFIGURATION.lines() {
            match line.split_whitespace().next() {
                Some("bind") => writeln!(configuration, "    bind {address}")?,
                Some("server") => {}
                _ => writeln!(configuration, "{line}")?,
            }
        }
        // The servers are what it ends with.
        for (number, server) in servers.iter().enumerate() {
            writeln!(configuration, "    server number{number} {server}")?;
        }
        std::fs::write(&file, configuration)?;
        let mut command = Command::new(program("haproxy"));
        command.args([Path::new("-db"), Path::new("-f"), &file]);
        let process = Process::start(command)?;
        answers(address).await?;
        Ok(Self {
            address,
            _process: process,
        })
    }

    /// The address that clients use.
    pub fn url(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }
}

async fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0").await?.local_addr()?)
}

async fn answers(address: SocketAddr) -> Result<()> {
    let answers = async {
        while TcpStream::connect(address).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(ANSWERS_WITHIN, answers)
        .await
        .context("a program that the story needs does not answer")
}

fn program(name: &str) -> PathBuf {
    let debian = Path::new(DEBIAN_PROGRAMS).join(name);
    if debian.exists() { debian } else { name.into() }
}
