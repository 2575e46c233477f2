//! The command line: every verb and its options. What they do is in `command/`.

mod file;
mod group;
mod keep;
mod person;
mod room;
mod talk;
mod value;

pub(crate) use file::{FilesArgs, SaveArgs};
pub(crate) use group::{
    ConversationArgs, ExpiresArgs, GroupCommand, GroupCreateArgs, GroupSetArgs, PeopleArgs, PictureArgs,
    RenameArgs, RoleArgs, SettingsArgs, TimerArgs,
};
pub(crate) use keep::{ChatArgs, ExportArgs, ExportFormatName, LogArgs, WatchArgs};
pub(crate) use person::{CardArgs, IgnoreArgs, LevelName, NotifyArgs, PersonArgs};
pub(crate) use room::{
    KnockArgs, RoomCommand, RoomCreateArgs, RoomInfoArgs, RoomJoinArgs, RoomLinkArgs, RoomSetArgs,
};
pub(crate) use talk::{
    DeleteArgs, EditArgs, ForwardArgs, MarkArgs, MessageArgs, PrivacyArgs, ReactArgs, TalkCommand,
};
pub(crate) use value::{Seconds, SecondsOrOff, Switch, expiry};

use crate::command::admin::AdminCommand;
use crate::command::backup::{BackupArgs, RestoreArgs};
use crate::command::serve::ServeArgs;
use crate::command::trust::TrustArgs;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// A self-hosted messenger in which only the people in a conversation can read it.
#[derive(Parser)]
#[command(name = "undertone", version, about, disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The verbs.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the server.
    Serve(Box<ServeArgs>),
    /// Trust the certificate authority of a server on this machine, or say how.
    Trust(TrustArgs),
    /// Write everything that a server has into one encrypted file, while it runs or not.
    Backup(BackupArgs),
    /// Make a server's data of such a file, where there is nothing yet.
    Restore(RestoreArgs),
    /// Look after a server's data, on the server's machine.
    #[command(subcommand)]
    Admin(AdminCommand),
    #[command(flatten)]
    Client(ClientCommand),
}

/// The verbs of the scriptable client. Each first brings the profile up to date with the server.
#[derive(Subcommand)]
pub(crate) enum ClientCommand {
    /// Make an account and sign this profile in; a guest becomes one. Prints the recovery key, once.
    Register(RegisterArgs),
    /// Sign this profile in to an account, as a new device of it.
    Login(LoginArgs),
    /// Sign this profile in with the recovery key, and set a new password. Other devices are signed out.
    Recover(RecoverArgs),
    /// Make this profile a guest: no account, no password, for a while.
    Guest(GuestArgs),
    /// Sign this profile out for good: the server forgets this device, the device its messages.
    Logout(ProfileArgs),
    /// Say who is signed in.
    Whoami(ProfileArgs),
    /// List the conversations of this device.
    Conversations(ProfileArgs),
    /// List the people of the server.
    Contacts(ContactsArgs),
    /// List the devices of your account.
    Devices(ProfileArgs),
    /// Open the conversation with a person.
    Dm(DmArgs),
    /// Groups, and the people in them; all but `create` is for rooms, too.
    #[command(subcommand)]
    Group(GroupCommand),
    /// Rooms: conversations that people come into by a link.
    #[command(subcommand)]
    Room(RoomCommand),
    /// List the people of a conversation.
    Members(ConversationArgs),
    /// Set when the messages of a conversation vanish.
    Timer(TimerArgs),
    /// Note that all messages of a conversation were read: timers begin that begin with reading.
    Read(ConversationArgs),
    /// Say whom you are shown to as online, or set it.
    Visibility(VisibilityArgs),
    /// Print what you or somebody tell of themselves, or change it.
    Profile(CardArgs),
    /// Hear somebody no more. They are not told.
    Block(PersonArgs),
    /// Hear somebody again.
    Unblock(PersonArgs),
    /// List what strangers began, and you have not accepted.
    Requests(ProfileArgs),
    /// Accept what a stranger began; to write into it does the same.
    Accept(ConversationArgs),
    /// Delete what a stranger began, and what they say there later. They are not told.
    Ignore(IgnoreArgs),
    /// Say which messages of a conversation are announced, or choose.
    Notify(NotifyArgs),
    /// Send a message, and wait until the server has it.
    Send(SendArgs),
    #[command(flatten)]
    Talk(TalkCommand),
    /// Print the messages of a conversation, oldest first.
    Messages(MessagesArgs),
    /// Save the files of a message.
    Save(SaveArgs),
    /// Search the messages on this device.
    Search(SearchArgs),
    /// Write a conversation of this device to a file, as text or JSON.
    Export(ExportArgs),
    /// Talk, full screen.
    Chat(ChatArgs),
    /// Print what happens as it happens, until interrupted.
    Watch(WatchArgs),
    /// Make an invitation to this server (administrators).
    Invite(ProfileArgs),
}

/// What every verb of the client takes.
#[derive(Args, Clone)]
pub(crate) struct ProfileArgs {
    /// The directory of the profile: one device of one account.
    #[arg(long, value_name = "DIR", env = "UNDERTONE_PROFILE")]
    pub(crate) profile: Option<PathBuf>,
    /// Print JSON: one object on each line.
    #[arg(long)]
    pub(crate) json: bool,
    /// Trust the certificates in this PEM file, and no others. Kept with the profile.
    #[arg(long, value_name = "FILE", env = "UNDERTONE_CA")]
    pub(crate) ca: Option<PathBuf>,
}

/// How a password is given.
#[derive(Args)]
pub(crate) struct PasswordArgs {
    /// Read the password from the first line of this file. Without it: `UNDERTONE_PASSWORD`, or a prompt.
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
}

/// See [`ClientCommand::Register`].
#[derive(Args)]
pub(crate) struct RegisterArgs {
    /// Your name: 2 to 32 letters or digits, with single . - _ between them.
    pub(crate) name: String,
    /// The address of the server, such as <https://chat.example.org>.
    #[arg(long, value_name = "URL", env = "UNDERTONE_SERVER")]
    pub(crate) server: Option<String>,
    /// The invitation, where the server asks for one.
    #[arg(long, value_name = "CODE", conflicts_with = "setup_token")]
    pub(crate) invitation: Option<String>,
    /// The one-time set-up token that the server printed: makes you its first administrator.
    #[arg(long, value_name = "TOKEN", requires = "server_name")]
    pub(crate) setup_token: Option<String>,
    /// With --setup-token: the name of the server.
    #[arg(long, value_name = "NAME", requires = "setup_token")]
    pub(crate) server_name: Option<String>,
    /// With --setup-token: who may register.
    #[arg(long, value_enum, default_value = "invitation", requires = "setup_token")]
    pub(crate) registration: Registration,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}

/// Who may register.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum Registration {
    /// Everybody who reaches the server.
    Open,
    /// Who has an invitation.
    Invitation,
    /// Nobody.
    Closed,
}

/// See [`ClientCommand::Login`].
#[derive(Args)]
pub(crate) struct LoginArgs {
    /// The name of the account.
    pub(crate) name: String,
    /// The address of the server, such as <https://chat.example.org>.
    #[arg(long, value_name = "URL", env = "UNDERTONE_SERVER")]
    pub(crate) server: Option<String>,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}

/// See [`ClientCommand::Recover`].
#[derive(Args)]
pub(crate) struct RecoverArgs {
    /// The name of the account.
    pub(crate) name: String,
    /// The address of the server, such as <https://chat.example.org>.
    #[arg(long, value_name = "URL", env = "UNDERTONE_SERVER")]
    pub(crate) server: Option<String>,
    /// Read the recovery key from the first line of this file. Without it: a prompt.
    #[arg(long, value_name = "FILE")]
    pub(crate) recovery_key_file: Option<PathBuf>,
    /// The new password.
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}

/// See [`ClientCommand::Guest`].
#[derive(Args)]
pub(crate) struct GuestArgs {
    /// Your name for the stay; a random one without it.
    #[arg(long, value_name = "NAME")]
    pub(crate) nickname: Option<String>,
    /// The address of the server, such as <https://chat.example.org>.
    #[arg(long, value_name = "URL", env = "UNDERTONE_SERVER")]
    pub(crate) server: Option<String>,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}

/// See [`ClientCommand::Visibility`].
#[derive(Args)]
pub(crate) struct VisibilityArgs {
    /// Whom you are shown to; without it, only says so.
    #[arg(value_enum)]
    pub(crate) to: Option<VisibleTo>,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}

/// Whom a user is shown to as online.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum VisibleTo {
    /// All with whom you have a conversation.
    Everyone,
    /// Those with whom you have a conversation of two.
    Direct,
    /// Nobody.
    Nobody,
}

/// See [`ClientCommand::Contacts`].
#[derive(Args)]
pub(crate) struct ContactsArgs {
    /// Only people whose name contains this.
    pub(crate) query: Option<String>,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}

/// See [`ClientCommand::Dm`].
#[derive(Args)]
pub(crate) struct DmArgs {
    /// The name of the person.
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}

/// See [`ClientCommand::Send`].
#[derive(Args)]
pub(crate) struct SendArgs {
    /// The id of a conversation, its title, or the name of a person.
    pub(crate) conversation: String,
    /// What to send; `-` reads it from standard input.
    #[arg(allow_hyphen_values = true, required_unless_present = "files")]
    pub(crate) text: Option<String>,
    /// The message that it answers: the id that `messages` prints.
    #[arg(long, value_name = "ID")]
    pub(crate) reply_to: Option<String>,
    #[command(flatten)]
    pub(crate) files: FilesArgs,
    #[command(flatten)]
    pub(crate) expires: ExpiresArgs,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}

/// See [`ClientCommand::Messages`].
#[derive(Args)]
pub(crate) struct MessagesArgs {
    /// The id of a conversation, its title, or the name of a person.
    pub(crate) conversation: String,
    /// The newest so many.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) limit: u32,
    /// Only messages before this one.
    #[arg(long, value_name = "ID")]
    pub(crate) before: Option<String>,
    /// Print what happened to the conversation, too: who came, who went, what was changed.
    #[arg(long)]
    pub(crate) events: bool,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}

/// See [`ClientCommand::Search`].
#[derive(Args)]
pub(crate) struct SearchArgs {
    /// Words or beginnings of words, "phrases", and from:NAME in:TITLE has:file has:link before:DATE
    /// after:DATE.
    pub(crate) query: String,
    /// The best, not the newest.
    #[arg(long)]
    pub(crate) best: bool,
    /// At most so many.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
    pub(crate) limit: u32,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}

impl ClientCommand {
    /// What it has in common with the others.
    pub(crate) fn profile(&self) -> &ProfileArgs {
        match self {
            Self::Register(args) => &args.profile,
            Self::Login(args) => &args.profile,
            Self::Recover(args) => &args.profile,
            Self::Guest(args) => &args.profile,
            Self::Group(command) => command.profile(),
            Self::Room(command) => command.profile(),
            Self::Talk(command) => command.profile(),
            Self::Members(args) | Self::Read(args) | Self::Accept(args) => &args.profile,
            Self::Profile(args) => &args.profile,
            Self::Block(args) | Self::Unblock(args) => &args.profile,
            Self::Ignore(args) => &args.profile,
            Self::Notify(args) => &args.profile,
            Self::Timer(args) => &args.profile,
            Self::Visibility(args) => &args.profile,
            Self::Contacts(args) => &args.profile,
            Self::Dm(args) => &args.profile,
            Self::Send(args) => &args.profile,
            Self::Messages(args) => &args.profile,
            Self::Save(args) => &args.profile,
            Self::Search(args) => &args.profile,
            Self::Export(args) => &args.profile,
            Self::Chat(args) => &args.profile,
            Self::Watch(args) => &args.profile,
            Self::Logout(profile)
            | Self::Whoami(profile)
            | Self::Conversations(profile)
            | Self::Devices(profile)
            | Self::Requests(profile)
            | Self::Invite(profile) => profile,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_text_may_begin_with_a_dash() {
        let cli = Cli::try_parse_from(["undertone", "send", "bob", "-5 degrees"])
            .ok()
            .unwrap();
        let Command::Client(ClientCommand::Send(args)) = cli.command else {
            panic!("not send")
        };
        assert_eq!(args.text.as_deref(), Some("-5 degrees"));
        assert!(!args.profile.json);
    }
}
