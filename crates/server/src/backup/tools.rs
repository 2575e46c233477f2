//! PostgreSQL's own programs: `pg_dump` and `pg_restore`. They are told the address by the environment,
//! which others of the machine cannot read, and never by a shell.

use super::BackupError;
use crate::store::backup::Reach;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Of what a program says, so much is repeated.
const SAID_CHARS_MAX: usize = 400;
/// Where Debian keeps the programs of each version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// Writes all of one database as of one moment, while others write.
pub(super) fn dump(reach: &Reach, to: &Path) -> Result<(), BackupError> {
    let mut command = tool("pg_dump", reach);
    command.args([
        "--format=custom",
        "--no-owner",
        "--no-privileges",
        "--no-password",
        "--file",
    ]);
    command.arg(to);
    run("pg_dump", command)
}

/// Whether a dump can be read from its beginning to its end.
pub(super) fn check(reach: &Reach, dump: &Path) -> Result<(), BackupError> {
    let mut command = tool("pg_restore", reach);
    // As a script, which goes nowhere.
    command.arg("--file=/dev/null").arg(dump);
    run("pg_restore", command)
}

/// Puts a dump into an empty database, wholly or not at all.
pub(super) fn load(reach: &Reach, dump: &Path) -> Result<(), BackupError> {
    let mut command = tool("pg_restore", reach);
    command.args([
        "--no-owner",
        "--no-privileges",
        "--no-password",
        "--exit-on-error",
        "--single-transaction",
    ]);
    // Where nothing is named, it would print a script.
    let database = reach.variables().iter().find(|(name, _)| *name == "PGDATABASE");
    command.arg("--dbname");
    command.arg(database.map_or("", |(_, name)| name.as_str()));
    command.arg(dump);
    run("pg_restore", command)
}

fn tool(name: &'static str, reach: &Reach) -> Command {
    let mut command = Command::new(newest_of_debian(name).unwrap_or_else(|| name.into()));
    for (variable, value) in reach.variables() {
        command.env(variable, value.as_str());
    }
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
}

/// Debian's own `pg_dump` chooses by the clusters of the machine; the newest can read all databases.
fn newest_of_debian(name: &str) -> Option<PathBuf> {
    let versions = fs::read_dir(DEBIAN).ok()?;
    let numbered = versions.filter_map(|entry| {
        let path = entry.ok()?.path();
        let version: u32 = path.file_name()?.to_str()?.parse().ok()?;
        Some((version, path.join("bin").join(name)))
    });
    let there = numbered.filter(|(_, path)| path.exists());
    there.max_by_key(|(version, _)| *version).map(|(_, path)| path)
}

fn run(tool: &'static str, mut command: Command) -> Result<(), BackupError> {
    let output = match command.output() {
        Ok(output) => output,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(BackupError::NoTool { tool }),
        Err(source) => {
            return Err(BackupError::Io {
                path: tool.into(),
                source,
            });
        }
    };
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim().chars().take(SAID_CHARS_MAX).collect();
    Err(BackupError::Tool { tool, said })
}
