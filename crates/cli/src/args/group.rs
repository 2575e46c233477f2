//! The options of `group …`, and of verbs that are the same in groups and rooms.

use super::ProfileArgs;
use super::value::{History, RoleName, Seconds, SecondsOrOff};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Groups, and the people in them; all but `create` is for rooms, too.
#[derive(Subcommand)]
pub(crate) enum GroupCommand {
    /// Make a group, with you as its owner.
    Create(GroupCreateArgs),
    /// Add people with all their devices (admins).
    Add(PeopleArgs),
    /// Put people out; they may be added again (admins).
    Remove(PeopleArgs),
    /// Put people out for good (admins).
    Ban(PeopleArgs),
    /// Let people who were banned come back (admins).
    Unban(PeopleArgs),
    /// Give somebody a role. Whoever is read-only is muted.
    Role(RoleArgs),
    /// Leave with all your devices. What you have read stays. The last owner hands over before.
    Leave(ConversationArgs),
    /// Give it another title (admins).
    Rename(RenameArgs),
    /// List its people.
    Members(ConversationArgs),
    /// Change what holds in it (admins).
    Set(GroupSetArgs),
}

/// See [`GroupCommand::Create`].
#[derive(Args)]
pub(crate) struct GroupCreateArgs {
    /// What it is called.
    pub(crate) title: String,
    /// Somebody to add: a name, or the id of a person. May be given more than once.
    #[arg(long = "member", value_name = "PERSON")]
    pub(crate) members: Vec<String>,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}

/// One conversation.
#[derive(Args)]
pub(crate) struct ConversationArgs {
    /// The id of a conversation, its title, or the name of a person.
    pub(crate) conversation: String,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}

/// A conversation and people.
#[derive(Args)]
pub(crate) struct PeopleArgs {
    /// The id of a conversation, or its title.
    pub(crate) conversation: String,
    /// Names, or ids of people.
    #[arg(required = true, value_name = "PERSON")]
    pub(crate) people: Vec<String>,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}

/// See [`GroupCommand::Role`].
#[derive(Args)]
pub(crate) struct RoleArgs {
    /// The id of a conversation, or its title.
    pub(crate) conversation: String,
    /// A name, or the id of a person.
    pub(crate) person: String,
    /// What they may do.
    #[arg(value_enum)]
    pub(crate) role: RoleName,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}

/// See [`GroupCommand::Rename`].
#[derive(Args)]
pub(crate) struct RenameArgs {
    /// The id of a conversation, or its title.
    pub(crate) conversation: String,
    /// What it is called from now on.
    pub(crate) title: String,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}

/// What can be set in groups and rooms.
#[derive(Args, Clone, Default)]
pub(crate) struct SettingsArgs {
    /// What it is about.
    #[arg(long, value_name = "TEXT")]
    pub(crate) topic: Option<String>,
    /// Messages vanish so long after they were sent: such as 1d, or off.
    #[arg(long, value_name = "LENGTH")]
    pub(crate) timer: Option<SecondsOrOff>,
    /// With --timer: so long after they were read.
    #[arg(long, requires = "timer")]
    pub(crate) after_read: bool,
    /// Those who join get so much of before: a number of messages such as 50, hours such as 12h, or off.
    #[arg(long, value_name = "N|Nh")]
    pub(crate) history: Option<History>,
    /// People wait so long between two messages: such as 10s, or off.
    #[arg(long, value_name = "LENGTH")]
    pub(crate) slow: Option<SecondsOrOff>,
    /// Most people at once.
    #[arg(long, value_name = "N")]
    pub(crate) capacity: Option<u32>,
    /// The server keeps undelivered messages so long: such as 1h, or off for its own limit.
    #[arg(long, value_name = "LENGTH")]
    pub(crate) retention: Option<SecondsOrOff>,
    #[command(flatten)]
    pub(crate) picture: PictureArgs,
}

/// The picture of a conversation.
#[derive(Args, Clone, Default)]
pub(crate) struct PictureArgs {
    /// A PNG, JPEG or WebP of at most 32 KiB and 1,024 pixels a side.
    #[arg(long, value_name = "FILE")]
    pub(crate) picture: Option<PathBuf>,
    /// No picture.
    #[arg(long, conflicts_with = "picture")]
    pub(crate) no_picture: bool,
}

/// See [`GroupCommand::Set`].
#[derive(Args)]
pub(crate) struct GroupSetArgs {
    /// The id of a conversation, or its title.
    pub(crate) conversation: String,
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}

/// The timer of a conversation.
#[derive(Args)]
pub(crate) struct TimerArgs {
    /// The id of a conversation, its title, or the name of a person.
    pub(crate) conversation: String,
    /// New messages vanish so long after they were sent: such as 1d, or off.
    pub(crate) length: SecondsOrOff,
    /// So long after they were read.
    #[arg(long)]
    pub(crate) after_read: bool,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}

/// The timer of one message.
#[derive(Args, Clone, Copy, Default)]
pub(crate) struct ExpiresArgs {
    /// The message vanishes so long after it was sent: such as 30s. Without it: by the conversation's timer.
    #[arg(long, value_name = "LENGTH")]
    pub(crate) expires: Option<Seconds>,
    /// With --expires: so long after it was read.
    #[arg(long, requires = "expires")]
    pub(crate) after_read: bool,
}

impl GroupCommand {
    /// What it has in common with the other verbs.
    pub(crate) fn profile(&self) -> &ProfileArgs {
        match self {
            Self::Create(args) => &args.profile,
            Self::Add(args) | Self::Remove(args) | Self::Ban(args) | Self::Unban(args) => &args.profile,
            Self::Role(args) => &args.profile,
            Self::Rename(args) => &args.profile,
            Self::Leave(args) | Self::Members(args) => &args.profile,
            Self::Set(args) => &args.profile,
        }
    }
}
