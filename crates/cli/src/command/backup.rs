//! `undertone backup` and `undertone restore`: a server's data as one encrypted file, and back. They go to
//! the disk and the database themselves, beside the server that runs or without one.

use super::serve::ServeError;
use crate::error::CliError;
use crate::output::Output;
use crate::password;
use clap::Args;
use serde::Serialize;
use std::path::{Path, PathBuf};
use undertone_server::backup::{self, BackupError, Content, Passphrase};
use undertone_server::config::{BlobPlace, DatabaseUrl};
use undertone_server::{Config, Environment};
use zeroize::Zeroizing;

/// See [`crate::args::Command::Backup`].
#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// Write the backup to this file, which must not be there yet.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    of: ServerArgs,
}

/// See [`crate::args::Command::Restore`].
#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// The file of the backup.
    #[arg(value_name = "FILE")]
    backup: PathBuf,
    #[command(flatten)]
    to: ServerArgs,
}

/// Which server, and what the file is encrypted with.
#[derive(Debug, Args)]
pub(crate) struct ServerArgs {
    /// The server's data directory.
    #[arg(
        long,
        value_name = "DIR",
        default_value = "undertone-data",
        env = "UNDERTONE_DATA"
    )]
    data: PathBuf,
    /// sqlite, or <postgres://user:password@host/database>
    #[arg(
        long,
        value_name = "URL",
        default_value = "sqlite",
        env = "UNDERTONE_DATABASE",
        hide_env_values = true
    )]
    database: String,
    /// The server's directory of files, where it has one of its own.
    #[arg(long, value_name = "DIR", default_value = "", env = "UNDERTONE_BLOBS")]
    blobs: String,
    /// Read the passphrase from the first line of this file. Without it: a prompt.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Print one line of JSON instead of words.
    #[arg(long)]
    json: bool,
}

impl BackupArgs {
    /// Whether JSON is printed.
    pub(crate) const fn is_json(&self) -> bool {
        self.of.json
    }
}

impl RestoreArgs {
    /// Whether JSON is printed.
    pub(crate) const fn is_json(&self) -> bool {
        self.to.json
    }
}

/// What is in a backup that was made or restored. With `--json` it is one line; its fields are stable.
#[derive(Debug, Serialize)]
struct Held {
    database: String,
    made_at_ms: u64,
    files: u64,
    files_missing: u64,
    bytes: u64,
}

impl From<Content> for Held {
    fn from(content: Content) -> Self {
        Self {
            database: content.database,
            made_at_ms: content.made_at_ms,
            files: content.blobs,
            files_missing: content.blobs_missing,
            bytes: content.bytes,
        }
    }
}

/// Makes a backup.
pub(crate) async fn take(args: BackupArgs, output: &mut Output) -> Result<(), CliError> {
    let config = args.of.config()?;
    // Before anybody types anything.
    if args.output.exists() {
        return Err(BackupError::Exists(args.output).into());
    }
    let passphrase = passphrase(args.of.passphrase_file.as_deref(), Typed::Twice)?;
    let taken = backup::take(&config, &Environment::default(), &args.output, &passphrase).await?;
    output.print(&Held::from(taken), |held| {
        let place = args.output.display();
        format!(
            "{place} holds everything, and was read back: {}.\nWithout its passphrase nobody can use it. Keep that somewhere else.",
            for_people(held)
        )
    })
}

/// Restores one.
pub(crate) async fn restore(args: RestoreArgs, output: &mut Output) -> Result<(), CliError> {
    let config = args.to.config()?;
    let passphrase = passphrase(args.to.passphrase_file.as_deref(), Typed::Once)?;
    let restored = backup::restore(&config, &args.backup, &passphrase).await?;
    output.print(&Held::from(restored), |held| {
        let place = args.to.data.display();
        format!(
            "{place} is restored: {}.\nStart the server with it.",
            for_people(held)
        )
    })
}

impl ServerArgs {
    fn config(&self) -> Result<Config, CliError> {
        let database: DatabaseUrl = self.database.parse().map_err(ServeError::from)?;
        let place: BlobPlace = self.blobs.parse().map_err(ServeError::from)?;
        let mut config = Config {
            database,
            ..Config::new(&self.data)
        };
        config.blobs.place = place;
        Ok(config)
    }
}

/// How a passphrase is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Typed {
    /// It must fit.
    Once,
    /// A mistake would be found out too late.
    Twice,
}

fn passphrase(file: Option<&Path>, typed: Typed) -> Result<Passphrase, CliError> {
    let text: Zeroizing<String> = match file {
        Some(path) => password::first_line_of(path)?,
        None => password::passphrase(typed == Typed::Twice)?,
    };
    Ok(Passphrase::new(&text)?)
}

fn for_people(held: &Held) -> String {
    let mib = held.bytes.div_ceil(1024 * 1024);
    let mut text = format!(
        "the keys, the database ({}), {} files, {mib} MiB",
        held.database, held.files
    );
    if held.files_missing > 0 {
        let missing = held.files_missing.to_string();
        text.extend(["; ", &missing, " files were not on the disk"]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_what_there_is_and_what_is_missing() {
        let mut held = Held {
            database: "sqlite".to_owned(),
            made_at_ms: 0,
            files: 3,
            files_missing: 0,
            bytes: 1,
        };
        assert_eq!(
            for_people(&held),
            "the keys, the database (sqlite), 3 files, 1 MiB"
        );
        held.files_missing = 1;
        assert!(for_people(&held).ends_with("; 1 files were not on the disk"));
    }
}
