//! Throw-away services for tests, on loopback only: PostgreSQL here, NATS in [`nats`], both from the system's
//! packages, and an S3 of our own in [`s3`]. PostgreSQL is real in what matters: it writes to disk and waits for the disk (fsync is on).

pub(crate) mod nats;
pub(crate) mod s3;

use crate::machine::{Missing, find_program, install_packages, is_root, package_command};
use crate::process::Task;
use crate::project::Project;
use crate::screen;
use anyhow::{Context as _, Result, bail};
use nats::Nats;
use s3::S3;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Read as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

/// Where Debian keeps the server programs of each version.
const DEBIAN_VERSIONS: &str = "/usr/lib/postgresql";

/// The home of Debian's user `postgres`: PostgreSQL refuses to run as root, and that user cannot look into
/// root's directories.
const POSTGRES_HOME: &str = "/var/lib/postgresql";

/// Who owns the throw-away databases.
const ROLE: &str = "undertone";

/// What to do with the services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Up,
    Down,
    Status,
}

/// `cargo xtask services …`
pub(crate) fn carry_out(project: &Project, action: Action) -> Result<()> {
    let (services, nats, s3) = (Services::of(project), Nats::of(project), S3::of(project));
    match action {
        Action::Up => {
            screen::result(&services.up(project)?.url);
            screen::result(&nats.up(project)?);
            screen::result(&s3.up(project)?);
            Ok(())
        }
        Action::Down => {
            s3.down()?;
            nats.down()?;
            services.down()
        }
        Action::Status => {
            let url = services.running_url();
            screen::result(&url.context("PostgreSQL is not running. Start it: cargo xtask services up")?);
            let url = nats.running_url();
            screen::result(&url.context("NATS is not running. Start it: cargo xtask services up")?);
            let url = s3.running_url();
            screen::result(&url.context("S3 is not running. Start it: cargo xtask services up")?);
            Ok(())
        }
    }
}

/// The server programs of PostgreSQL, found or installed.
pub(crate) fn programs(project: &Project) -> Result<PathBuf, Missing> {
    if let Some(found) = find_programs() {
        return Ok(found);
    }
    if install_packages(project, &["postgresql"])
        && let Some(found) = find_programs()
    {
        return Ok(found);
    }
    let remedy = format!(
        "{}      (elsewhere: brew install postgresql)",
        package_command(&["postgresql"])
    );
    Err(Missing::new(
        "PostgreSQL, on which half of the store's tests run",
        remedy,
    ))
}

/// A directory with `initdb`, `pg_ctl` and their like: on the search path, else Debian's newest.
fn find_programs() -> Option<PathBuf> {
    if let Some(initdb) = find_program(&["initdb"]) {
        return initdb.parent().map(Path::to_path_buf);
    }
    let versions = fs::read_dir(DEBIAN_VERSIONS).ok()?.flatten();
    let newest = versions
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .max()?;
    let programs = Path::new(DEBIAN_VERSIONS).join(newest.to_string()).join("bin");
    programs.join("initdb").is_file().then_some(programs)
}

/// A PostgreSQL that answers, and whether we started it just now.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) url: String,
    pub(crate) started: bool,
}

/// This project's services on this machine.
#[derive(Debug)]
pub(crate) struct Services {
    data: PathBuf,
    log: PathBuf,
    url_file: PathBuf,
    as_postgres: bool,
}

impl Services {
    pub(crate) fn of(project: &Project) -> Self {
        let directory = project.target().join("services");
        let as_postgres = is_root();
        let home = if as_postgres {
            let mut hasher = DefaultHasher::new();
            project.target().hash(&mut hasher);
            Path::new(POSTGRES_HOME).join(format!("undertone-tests-{:016x}", hasher.finish()))
        } else {
            directory.join("postgres")
        };
        let log = home.with_extension("log");
        Self {
            data: home,
            log,
            url_file: directory.join("postgres.url"),
            as_postgres,
        }
    }

    /// Starts PostgreSQL unless it runs already.
    pub(crate) fn up(&self, project: &Project) -> Result<Running> {
        if let Some(url) = self.running_url() {
            return Ok(Running { url, started: false });
        }
        let programs = match programs(project) {
            Ok(programs) => programs,
            Err(missing) => bail!("{} is missing. Install it: {}", missing.what, missing.remedy),
        };
        screen::step("Starting a throw-away PostgreSQL");
        self.remove_data()?;
        let password = make_password()?;
        self.initialise(&programs, &password)?;
        let port = free_port()?;
        self.start(&programs, port)?;
        let url = format!("postgres://{ROLE}:{password}@127.0.0.1:{port}/postgres");
        if let Some(directory) = self.url_file.parent() {
            fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
        }
        fs::write(&self.url_file, &url)
            .with_context(|| format!("cannot write {}", self.url_file.display()))?;
        Ok(Running { url, started: true })
    }

    /// Stops PostgreSQL and throws its data away.
    pub(crate) fn down(&self) -> Result<()> {
        if self.running_url().is_some() {
            screen::step("Stopping the throw-away PostgreSQL");
            let programs = find_programs().context("PostgreSQL runs, but its programs are gone")?;
            self.program(&programs, "pg_ctl")
                .args(["stop", "-w", "-m", "immediate", "-D"])
                .args([&self.data])
                .read()?;
        }
        self.remove_data()
    }

    /// The address, if the server answers at it.
    pub(crate) fn running_url(&self) -> Option<String> {
        let programs = find_programs()?;
        let url = fs::read_to_string(&self.url_file).ok()?;
        let runs = self
            .program(&programs, "pg_ctl")
            .args(["status", "-D"])
            .args([&self.data])
            .succeeds();
        runs.then_some(url)
    }

    fn initialise(&self, programs: &Path, password: &str) -> Result<()> {
        let password_file = self.data.with_extension("password");
        if let Some(directory) = password_file.parent() {
            fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
        }
        fs::write(&password_file, password)
            .with_context(|| format!("cannot write {}", password_file.display()))?;
        if self.as_postgres {
            Task::new("chown")
                .args(["postgres"])
                .args([&password_file])
                .read()?;
        }
        let made = self
            .program(programs, "initdb")
            .args([
                "--encoding=UTF8",
                "--locale=C",
                "--auth=scram-sha-256",
                "--username",
                ROLE,
            ])
            .args([Path::new("--pwfile"), &password_file, Path::new("-D"), &self.data])
            .read();
        fs::remove_file(&password_file)
            .with_context(|| format!("cannot remove {}", password_file.display()))?;
        made.map(drop)
    }

    fn start(&self, programs: &Path, port: u16) -> Result<()> {
        let options = format!(
            "-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=300"
        );
        let started = self
            .program(programs, "pg_ctl")
            .args(["start", "-w", "-t", "60", "-o", &options, "-D"])
            .args([&self.data, Path::new("-l"), &self.log])
            .silent();
        started.with_context(|| format!("PostgreSQL did not start; it says why in {}", self.log.display()))
    }

    fn remove_data(&self) -> Result<()> {
        for path in [&self.log, &self.url_file] {
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

    /// One of PostgreSQL's programs, run by a user that it accepts.
    fn program(&self, programs: &Path, name: &str) -> Task {
        let program = programs.join(name);
        let task = if self.as_postgres {
            Task::new("runuser")
                .args(["-u", "postgres", "--"])
                .args([program])
        } else {
            Task::new(program)
        };
        // The caller's directory may be closed to that user.
        task.within(Path::new("/"))
            .without_env("PGDATA")
            .without_env("PGPORT")
    }
}

/// A port that is free now; only a program that grabs it within this second can take it from us.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port on loopback")?;
    Ok(listener
        .local_addr()
        .context("a listener without an address")?
        .port())
}

/// 128 random bits in hex.
fn make_password() -> Result<String> {
    let mut bytes = [0_u8; 16];
    let mut source = File::open("/dev/urandom").context("this system has no /dev/urandom")?;
    source
        .read_exact(&mut bytes)
        .context("cannot read /dev/urandom")?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_random_and_need_no_escaping() {
        let (one, other) = (make_password().unwrap(), make_password().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.len(), 32);
        assert!(one.chars().all(|letter| letter.is_ascii_hexdigit()));
    }
}
