//! A throw-away S3 server for trying things out by hand: the one of `crates/test-s3`, as a program, on loopback
//! only. Tests start one of their own in their own process.

use super::free_port;
use crate::process::Task;
use crate::project::Project;
use crate::screen;
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The crate, and the program that it builds.
const PROGRAM: &str = "undertone-test-s3";

/// This project's S3 server on this machine.
#[derive(Debug)]
pub(crate) struct S3 {
    address_file: PathBuf,
    pid_file: PathBuf,
    data: PathBuf,
}

impl S3 {
    pub(crate) fn of(project: &Project) -> Self {
        let directory = project.target().join("services");
        Self {
            address_file: directory.join("s3.address"),
            pid_file: directory.join("s3.pid"),
            data: directory.join("s3"),
        }
    }

    /// Starts it unless it runs already; returns what `--blobs` takes, and the keys.
    pub(crate) fn up(&self, project: &Project) -> Result<String> {
        if let Some(url) = self.running_url() {
            return Ok(url);
        }
        screen::step("Starting a throw-away S3");
        project
            .cargo()
            .args(["build", "--locked", "--quiet", "--package", PROGRAM])
            .show()?;
        let program = project.target().join("debug").join(PROGRAM);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        fs::create_dir_all(&self.data).with_context(|| format!("cannot make {}", self.data.display()))?;
        // In a group of its own: it goes on when this program ends, however that is.
        let child = Command::new(&program)
            .arg(&self.data)
            .arg(address.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        for (file, text) in [
            (&self.pid_file, child.id().to_string()),
            (&self.address_file, address.to_string()),
        ] {
            fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
        }
        for _ in 0..300 {
            if let Some(url) = self.running_url() {
                return Ok(url);
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        bail!("S3 did not start")
    }

    /// Stops it and throws its data away.
    pub(crate) fn down(&self) -> Result<()> {
        if self.running_url().is_some() {
            screen::step("Stopping the throw-away S3");
            let pid =
                fs::read_to_string(&self.pid_file).context("S3 runs, but nobody knows which process")?;
            Task::new("kill").args([pid.trim()]).read()?;
        }
        for path in [&self.address_file, &self.pid_file] {
            if path.exists() {
                fs::remove_file(path).with_context(|| format!("cannot remove {}", path.display()))?;
            }
        }
        if self.data.exists() {
            fs::remove_dir_all(&self.data)
                .with_context(|| format!("cannot remove {}", self.data.display()))?;
        }
        Ok(())
    }

    /// What `--blobs` takes, with the keys in front as a shell takes them, if something answers there.
    pub(crate) fn running_url(&self) -> Option<String> {
        let address: SocketAddr = fs::read_to_string(&self.address_file).ok()?.parse().ok()?;
        TcpStream::connect(address).ok()?;
        Some(format!(
            "UNDERTONE_S3_ACCESS_KEY=test-access-key UNDERTONE_S3_SECRET_KEY=test/secret+key \\
  UNDERTONE_BLOBS='s3://blobs/undertone?endpoint=http://{address}'"
        ))
    }
}
