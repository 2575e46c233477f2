//! The options of what is kept outside the profile: exports and transcripts, and of `chat` and `watch`,
//! which can write the latter.

use super::ProfileArgs;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// See [`super::ClientCommand::Export`].
#[derive(Args)]
pub(crate) struct ExportArgs {
    /// The id of a conversation, its title, or the name of a person.
    pub(crate) conversation: String,
    /// Text to read, or JSON for programs.
    #[arg(long, value_enum, default_value = "txt")]
    pub(crate) format: ExportFormatName,
    /// Write to this file, which must not be there yet; to standard output without it.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}

/// How an export is written.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ExportFormatName {
    /// Text to read.
    Txt,
    /// JSON for programs.
    Json,
}

/// Transcripts.
#[derive(Args)]
pub(crate) struct LogArgs {
    /// Write what is said meanwhile into this directory: one text file for each conversation.
    #[arg(long, value_name = "DIR")]
    pub(crate) log: Option<PathBuf>,
    /// Encrypt these files with the passphrase on the first line of this file (age).
    #[arg(long, value_name = "FILE", requires = "log")]
    pub(crate) log_passphrase_file: Option<PathBuf>,
}

/// See [`super::ClientCommand::Watch`].
#[derive(Args)]
pub(crate) struct WatchArgs {
    #[command(flatten)]
    pub(crate) log: LogArgs,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}

/// See [`super::ClientCommand::Chat`].
#[derive(Args)]
pub(crate) struct ChatArgs {
    /// The conversation to begin with: its id, its title, or the name of a person.
    pub(crate) conversation: Option<String>,
    #[command(flatten)]
    pub(crate) log: LogArgs,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}
