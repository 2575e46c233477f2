//! A PostgreSQL of one story, which can be stopped and started while people talk. The other stories share the
//! one of the test run.

use anyhow::{Context, Result, ensure};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// Where Debian keeps the server programs of each version.
const DEBIAN_VERSIONS: &str = "/usr/lib/postgresql";
/// Who it runs as where the test is root, as whom PostgreSQL refuses to run.
const USER: &str = "postgres";

/// See the module. It ends when it is dropped.
#[derive(Debug)]
pub struct Postgres {
    folder: TempDir,
    programs: PathBuf,
    is_root: bool,
    port: u16,
}

impl Postgres {
    /// A new one with an empty database.
    pub fn start() -> Result<Self> {
        let folder = TempDir::new()?;
        let is_root = std::fs::metadata("/proc/self")?.uid() == 0;
        let postgres = Self {
            programs: programs()?,
            port: free_port()?,
            folder,
            is_root,
        };
        if is_root {
            std::fs::set_permissions(postgres.folder.path(), std::fs::Permissions::from_mode(0o711))?;
            let data = postgres.data();
            std::fs::create_dir(&data)?;
            let owned = Command::new("chown").arg(USER).arg(&data).status()?;
            ensure!(owned.success(), "the folder cannot be given to {USER}");
        }
        let made = [
            "--encoding=UTF8",
            "--locale=C",
            "--auth=trust",
            "--username=undertone",
            "-D",
        ];
        postgres.run("initdb", &made)?;
        postgres.restart()?;
        Ok(postgres)
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("postgres://undertone@127.0.0.1:{}/postgres", self.port)
    }

    /// Ends it at once, as a crash would; what was committed is in its log.
    pub fn crash(&self) -> Result<()> {
        self.run("pg_ctl", &["stop", "-w", "-m", "immediate", "-D"])
    }

    /// Starts it again, and waits until it answers.
    pub fn restart(&self) -> Result<()> {
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''",
            self.port
        );
        let log = self.data().join("log").display().to_string();
        self.run(
            "pg_ctl",
            &["start", "-w", "-t", "60", "-o", &options, "-l", &log, "-D"],
        )
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Runs one of its programs; the last word is completed by the folder.
    fn run(&self, name: &str, words: &[&str]) -> Result<()> {
        let program = self.programs.join(name);
        let mut command = if self.is_root {
            let mut command = Command::new("runuser");
            command.args(["-u", USER, "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        let quiet = command
            .args(words)
            .arg(self.data())
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let status = quiet.status().with_context(|| format!("{name} does not run"))?;
        ensure!(status.success(), "{name} {} failed", words.join(" "));
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // The story may have left it stopped.
        let _stopped = self.crash();
    }
}

/// The newest version that Debian has installed, else what is on the search path.
fn programs() -> Result<PathBuf> {
    let Ok(versions) = std::fs::read_dir(DEBIAN_VERSIONS) else {
        return Ok(PathBuf::new());
    };
    let numbers = versions
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let newest = numbers
        .max()
        .context("there is no PostgreSQL: `cargo xtask setup` installs it")?;
    Ok(Path::new(DEBIAN_VERSIONS).join(newest.to_string()).join("bin"))
}

fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
