//! Why a command failed: a stable code for scripts, a sentence for people, and the exit code. Where
//! the core or the server has a code already, it is that one.

use crate::command::serve::ServeError;
use crate::profile::ProfileError;
use std::error::Error as StdError;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use undertone_client_core::ClientError;
use undertone_client_core::account::{InvalidPassword, InvalidRecoveryKey};
use undertone_client_core::transport::TransportError;
use undertone_server::backup::BackupError;

/// A command failed.
pub(crate) const EXIT_FAILED: u8 = 1;
/// The command line makes no sense.
pub(crate) const EXIT_USAGE: u8 = 2;
/// The server cannot be reached or asks to wait: the same command may succeed later.
pub(crate) const EXIT_TRY_LATER: u8 = 3;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// The profile cannot be used.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The client could not do it.
    #[error("{}", .0.message())]
    Client(#[from] ClientError),
    /// The transport cannot be made.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The password cannot be taken.
    #[error(transparent)]
    Password(#[from] InvalidPassword),
    /// The recovery key cannot be taken.
    #[error(transparent)]
    RecoveryKey(#[from] InvalidRecoveryKey),
    /// No way to ask for a password.
    #[error(
        "a password or recovery key is needed: there is no terminal to ask on, so give a file or UNDERTONE_PASSWORD"
    )]
    NoPassword(#[source] io::Error),
    /// A password file cannot be read.
    #[error("the password file {} cannot be read", path.display())]
    PasswordFile {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The two passwords that were typed are not the same.
    #[error("the two passwords are not the same")]
    PasswordsDiffer,
    /// A profile has no server yet, and none was named.
    #[error(
        "nobody is signed in on this profile; use `undertone register`, `undertone login` or `undertone guest` first"
    )]
    SignedOut,
    /// A picture cannot be read.
    #[error("the picture {} cannot be read", path.display())]
    Picture {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file of this machine cannot be read or written.
    #[error("the file {} cannot be used", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A message without files.
    #[error("this message has no files")]
    NoFiles,
    /// Neither an id nor a title nor a name of anyone. What was typed may be a link: it is not repeated.
    #[error("there is no such conversation: give its id, its title, or the name of a person")]
    UnknownConversation,
    /// A name or title that means more than one.
    #[error("{0} means more than one: give the id")]
    Ambiguous(String),
    /// Something that only rooms have.
    #[error("this conversation is no room")]
    NoRoom,
    /// This device has not got the link of a room.
    #[error("this device does not have the link of this room")]
    NoLink,
    /// Nobody inside opened in time.
    #[error("nobody has opened yet; you are still waiting at the door")]
    NobodyOpened,
    /// Somebody inside does not let this device in.
    #[error("you were not let in")]
    KnockRefused,
    /// A verb that changes was not told what.
    #[error("say what to change, such as --topic TEXT or --timer 1d")]
    NothingToChange,
    /// `--before` names nothing on this device.
    #[error("there is no message {0} on this device")]
    UnknownMessage(String),
    /// A message without text.
    #[error("standard input cannot be read as text")]
    Input(#[source] io::Error),
    /// The file of an export or a transcript cannot be written.
    #[error("the file {} cannot be written", path.display())]
    KeptFile {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The screen or the keyboard cannot be used.
    #[error("`undertone chat` needs a terminal")]
    NoTerminal(#[source] io::Error),
    /// The result cannot be written.
    #[error("the result cannot be written")]
    Output(#[source] io::Error),
    /// The server did not start.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// There is no backup, or nothing was restored.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// Of the server's commands.
    #[error(transparent)]
    Other(#[from] Box<dyn StdError + Send + Sync>),
}

impl CliError {
    /// The stable word for scripts.
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Profile(error) => error.code(),
            Self::Client(error) => error.code(),
            Self::Transport(error) => error.code(),
            Self::Password(_) => "password_invalid",
            Self::RecoveryKey(_) => "recovery_key_invalid",
            Self::NoPassword(_) | Self::PasswordFile { .. } | Self::PasswordsDiffer => "no_password",
            Self::SignedOut => "signed_out",
            Self::UnknownConversation => "unknown_conversation",
            Self::Ambiguous(_) => "ambiguous",
            Self::NoRoom => "no_room",
            Self::NoLink => "no_link",
            Self::NobodyOpened => "timed_out",
            Self::KnockRefused => "knock_refused",
            Self::Picture { .. } => "picture_invalid",
            Self::File { .. } => "file_unreadable",
            Self::NoFiles => "no_files",
            Self::NothingToChange => "usage",
            Self::UnknownMessage(_) => "unknown_message",
            Self::Input(_) => "input",
            Self::KeptFile { .. } => "file_unwritable",
            Self::NoTerminal(_) => "no_terminal",
            Self::Output(_) => "output",
            Self::Serve(_) => "not_started",
            Self::Backup(error) => error.code(),
            Self::Other(_) => "failed",
        }
    }

    /// What the process ends with.
    pub(crate) fn exit_code(&self) -> ExitCode {
        if let Self::Serve(error) = self {
            return ExitCode::from(error.exit_code());
        }
        ExitCode::from(match self.code() {
            "usage" => EXIT_USAGE,
            _ if self.is_temporary() => EXIT_TRY_LATER,
            _ => EXIT_FAILED,
        })
    }

    /// True when the same may succeed later by itself.
    pub(crate) fn is_temporary(&self) -> bool {
        matches!(
            self.code(),
            "unreachable" | "timed_out" | "rate_limited" | "join_queued" | "unavailable"
        )
    }

    /// True when nobody reads what we write any more.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}
