//! Options of the verbs that are about files.

use super::ProfileArgs;
use clap::Args;
use std::path::PathBuf;

/// Files that go with a message.
#[derive(Args)]
pub(crate) struct FilesArgs {
    /// Send this file, with the text or without; several times for several files.
    #[arg(long = "file", value_name = "PATH")]
    pub(crate) files: Vec<PathBuf>,
}

/// See [`super::ClientCommand::Save`].
#[derive(Args)]
pub(crate) struct SaveArgs {
    /// The id of a message.
    pub(crate) message: String,
    /// Save into this directory; without it, into the present one.
    #[arg(long, value_name = "DIR")]
    pub(crate) to: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}
