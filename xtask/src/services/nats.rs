//! A throw-away NATS server for tests, from the system's packages, on loopback only. Tests that stop and
//! start their bus have one of their own; this one is for trying things out by hand.

use super::free_port;
use crate::machine::{Missing, find_program, install_packages, package_command};
use crate::process::Task;
use crate::project::Project;
use crate::screen;
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where Debian keeps them, which is not on everybody's search path.
const DEBIAN_PROGRAMS: &str = "/usr/sbin";

/// The NATS server's program, found or installed.
pub(crate) fn program(project: &Project) -> Result<PathBuf, Missing> {
    service(project, "nats-server", "over which several servers talk")
}

/// The load balancer's program, found or installed.
pub(crate) fn balancer(project: &Project) -> Result<PathBuf, Missing> {
    service(project, "haproxy", "behind which several servers stand")
}

/// A program that is named like its package.
fn service(project: &Project, name: &str, purpose: &str) -> Result<PathBuf, Missing> {
    if let Some(found) = find(name) {
        return Ok(found);
    }
    if install_packages(project, &[name])
        && let Some(found) = find(name)
    {
        return Ok(found);
    }
    let remedy = format!(
        "{}      (elsewhere: brew install {name})",
        package_command(&[name])
    );
    Err(Missing::new(&format!("{name}, {purpose}"), remedy))
}

fn find(name: &str) -> Option<PathBuf> {
    let debian = || Some(Path::new(DEBIAN_PROGRAMS).join(name)).filter(|path| path.is_file());
    find_program(&[name]).or_else(debian)
}

/// This project's NATS server on this machine.
#[derive(Debug)]
pub(crate) struct Nats {
    address_file: PathBuf,
    pid_file: PathBuf,
    log: PathBuf,
}

impl Nats {
    pub(crate) fn of(project: &Project) -> Self {
        let directory = project.target().join("services");
        Self {
            address_file: directory.join("nats.address"),
            pid_file: directory.join("nats.pid"),
            log: directory.join("nats.log"),
        }
    }

    /// Starts it unless it runs already; returns its address.
    pub(crate) fn up(&self, project: &Project) -> Result<String> {
        if let Some(url) = self.running_url() {
            return Ok(url);
        }
        let program = match program(project) {
            Ok(program) => program,
            Err(missing) => bail!("{} is missing. Install it: {}", missing.what, missing.remedy),
        };
        screen::step("Starting a throw-away NATS");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        if let Some(directory) = self.address_file.parent() {
            fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
        }
        // In a group of its own: it goes on when this program ends, however that is.
        Command::new(&program)
            .args(["--addr", "127.0.0.1", "--port", &address.port().to_string()])
            .args([Path::new("--pid"), &self.pid_file, Path::new("--log"), &self.log])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        fs::write(&self.address_file, address.to_string())
            .with_context(|| format!("cannot write {}", self.address_file.display()))?;
        for _ in 0..300 {
            if let Some(url) = self.running_url() {
                return Ok(url);
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        bail!("NATS did not start; it says why in {}", self.log.display())
    }

    /// Stops it.
    pub(crate) fn down(&self) -> Result<()> {
        if self.running_url().is_some() {
            screen::step("Stopping the throw-away NATS");
            let program = find("nats-server").context("NATS runs, but its program is gone")?;
            let stop = format!("stop={}", self.pid_file.display());
            Task::new(program).args(["--signal", &stop]).read()?;
        }
        for path in [&self.address_file, &self.pid_file, &self.log] {
            if path.exists() {
                fs::remove_file(path).with_context(|| format!("cannot remove {}", path.display()))?;
            }
        }
        Ok(())
    }

    /// The address, if something answers at it.
    pub(crate) fn running_url(&self) -> Option<String> {
        let address: SocketAddr = fs::read_to_string(&self.address_file).ok()?.parse().ok()?;
        TcpStream::connect(address).ok()?;
        Some(format!("nats://{address}"))
    }
}
