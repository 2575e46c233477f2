//! `undertone admin`: looks after a server's data on its own machine. It goes to the database itself and
//! asks no server, so it works whether one runs or not.

use crate::error::CliError;
use crate::output::Output;
use clap::{Args, Subcommand};
use serde::Serialize;
use std::path::PathBuf;
use undertone_server::config::{BlobPlace, DatabaseUrl, S3Keys};
use undertone_server::maintenance::{self, Cleaned};
use undertone_server::{Config, Environment};

use super::serve::ServeError;

/// What is to be done.
#[derive(Debug, Subcommand)]
pub(crate) enum AdminCommand {
    /// Delete at once what is past its time, also from the database's raw files, and say what it was.
    Cleanup(CleanupArgs),
}

impl AdminCommand {
    /// Whether JSON is printed.
    pub(crate) const fn is_json(&self) -> bool {
        match self {
            Self::Cleanup(args) => args.json,
        }
    }
}

/// See [`AdminCommand::Cleanup`].
#[derive(Debug, Args)]
pub(crate) struct CleanupArgs {
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
    /// The server's place of files, where it has one of its own.
    #[arg(long, value_name = "PLACE", default_value = "", env = "UNDERTONE_BLOBS")]
    blobs: String,
    /// With a bucket of S3: the name of the keys.
    #[arg(
        long,
        value_name = "NAME",
        env = "UNDERTONE_S3_ACCESS_KEY",
        hide_env_values = true
    )]
    s3_access_key: Option<String>,
    /// With a bucket of S3: the secret; better in the environment.
    #[arg(
        long,
        value_name = "SECRET",
        env = "UNDERTONE_S3_SECRET_KEY",
        hide_env_values = true
    )]
    s3_secret_key: Option<String>,
    /// Print one line of JSON instead of words.
    #[arg(long)]
    json: bool,
}

/// What was removed. With `--json` it is one line; its fields are stable.
#[derive(Debug, Serialize)]
struct Removed {
    messages: u64,
    log_entries: u64,
    welcomes: u64,
    knocks: u64,
    rooms: u64,
    guests: u64,
    key_packages: u64,
    files: u64,
}

/// Runs the verb.
pub(crate) async fn run(command: AdminCommand, output: &mut Output) -> Result<(), CliError> {
    let AdminCommand::Cleanup(args) = command;
    let database: DatabaseUrl = args.database.parse().map_err(ServeError::from)?;
    let mut place: BlobPlace = args.blobs.parse().map_err(ServeError::from)?;
    if let (Some(name), Some(secret)) = (&args.s3_access_key, &args.s3_secret_key) {
        place = place.with_keys(S3Keys::new(name, secret));
    }
    let mut config = Config {
        database,
        ..Config::new(args.data)
    };
    config.blobs.place = place;
    let cleaned = maintenance::cleanup(&config, &Environment::default()).await;
    let Cleaned { swept, guests } = cleaned.map_err(ServeError::from)?;
    let removed = Removed {
        messages: swept.expired,
        log_entries: swept.entries,
        welcomes: swept.welcomes,
        knocks: swept.knocks,
        rooms: swept.rooms,
        guests,
        key_packages: swept.key_packages,
        files: swept.blobs,
    };
    output.print(&removed, for_people)
}

fn for_people(removed: &Removed) -> String {
    let counts = [
        (removed.messages, "messages past their time"),
        (removed.log_entries, "entries that nobody fetched in time"),
        (removed.welcomes, "welcomes that nobody fetched in time"),
        (removed.knocks, "knocks at doors of rooms"),
        (removed.rooms, "rooms that have ended"),
        (removed.guests, "devices of guests who were away too long"),
        (removed.key_packages, "key packages that have expired"),
        (removed.files, "files past their time"),
    ];
    let lines = counts.iter().filter(|(count, _)| *count > 0);
    let lines: Vec<_> = lines.map(|(count, what)| format!("{count:>8}  {what}")).collect();
    if lines.is_empty() {
        return "Nothing was past its time.".to_owned();
    }
    format!("Removed:\n{}", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_only_what_was_there() {
        let mut removed = Removed {
            messages: 0,
            log_entries: 0,
            welcomes: 0,
            knocks: 0,
            rooms: 0,
            guests: 0,
            key_packages: 0,
            files: 0,
        };
        assert_eq!(for_people(&removed), "Nothing was past its time.");
        (removed.messages, removed.rooms) = (3, 12);
        let lines = "Removed:\n       3  messages past their time\n      12  rooms that have ended";
        assert_eq!(for_people(&removed), lines);
    }
}
