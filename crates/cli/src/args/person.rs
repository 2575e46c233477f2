//! The verbs about people and about what is announced: `profile`, `block`, `unblock`, `requests`, `accept`,
//! `ignore`, `notify`. Nothing is done here.

use super::ProfileArgs;
use super::group::PictureArgs;
use super::value::SecondsOrOff;
use clap::Args;

/// See [`super::ClientCommand::Profile`].
#[derive(Args)]
pub(crate) struct CardArgs {
    /// Whose profile to print; without it, your own.
    #[arg(conflicts_with_all = ["display_name", "status", "pronouns", "picture", "no_picture", "colour"])]
    pub(crate) person: Option<String>,
    /// What you are called; empty for your user name.
    #[arg(long, value_name = "NAME")]
    pub(crate) display_name: Option<String>,
    /// A line or two.
    #[arg(long, value_name = "TEXT")]
    pub(crate) status: Option<String>,
    /// As you write them.
    #[arg(long, value_name = "TEXT")]
    pub(crate) pronouns: Option<String>,
    #[command(flatten)]
    pub(crate) picture: PictureArgs,
    /// 0 to 11.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=11))]
    pub(crate) colour: Option<u8>,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}

/// See [`super::ClientCommand::Block`].
#[derive(Args)]
pub(crate) struct PersonArgs {
    /// The name or id of a person whom you know.
    pub(crate) person: String,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}

/// See [`super::ClientCommand::Ignore`].
#[derive(Args)]
pub(crate) struct IgnoreArgs {
    /// The id of a request, or the name of the person who made it.
    pub(crate) conversation: String,
    /// Never hear the person again.
    #[arg(long)]
    pub(crate) block: bool,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}

/// See [`super::ClientCommand::Notify`].
#[derive(Args)]
pub(crate) struct NotifyArgs {
    /// The id of a conversation, its title, or the name of a person.
    pub(crate) conversation: String,
    /// Which messages are announced; without it, only says so.
    #[arg(value_enum)]
    pub(crate) level: Option<LevelName>,
    /// Only mentions are announced for so long, such as 8h; `off` ends it.
    #[arg(long, value_name = "LENGTH")]
    pub(crate) mute: Option<SecondsOrOff>,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}

/// Which messages are announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LevelName {
    /// Every one.
    All,
    /// Those that mention you.
    Mentions,
    /// None.
    Nothing,
    /// All of people and groups, mentions of rooms.
    Default,
}
