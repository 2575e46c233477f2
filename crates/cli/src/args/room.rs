//! The options of `room …`. Links and codes are secrets, so each of these verbs reads them from
//! standard input, too: what is on a command line, every process of the machine can read.

use super::ProfileArgs;
use super::group::{ConversationArgs, SettingsArgs};
use super::value::{History, Seconds, SecondsOrOff, Switch};
use clap::{Args, Subcommand};

/// Rooms: conversations that people come into by a link.
#[derive(Subcommand)]
pub(crate) enum RoomCommand {
    /// Make a room, with you as its owner. Prints its link and code.
    Create(RoomCreateArgs),
    /// Come into a room, or knock where somebody inside lets people in.
    Join(RoomJoinArgs),
    /// Say what holds in a room: one that you are in, or one that you have the link of.
    Info(RoomInfoArgs),
    /// Print the link and code of a room.
    Link(RoomLinkArgs),
    /// Let nobody in any more (admins).
    Lock(ConversationArgs),
    /// Let people in again (admins).
    Unlock(ConversationArgs),
    /// Replace the link: the one before lets nobody in any more (admins). Prints the new one.
    Rotate(ConversationArgs),
    /// List who stands at the door (admins).
    Knocks(ConversationArgs),
    /// Let somebody in who knocked (admins).
    Admit(KnockArgs),
    /// Do not let somebody in who knocked (admins).
    Refuse(KnockArgs),
    /// Change what holds in a room (admins).
    Set(RoomSetArgs),
    /// End a room for everyone (admins).
    Close(ConversationArgs),
}

/// See [`RoomCommand::Create`].
#[derive(Args)]
pub(crate) struct RoomCreateArgs {
    /// What it is called.
    pub(crate) title: String,
    /// The server keeps undelivered messages so long: such as 1h.
    #[arg(long, value_name = "LENGTH")]
    pub(crate) retention: Option<Seconds>,
    /// Somebody inside lets people in; the link alone does not.
    #[arg(long)]
    pub(crate) knock: bool,
    /// Most people at once.
    #[arg(long, value_name = "N")]
    pub(crate) capacity: Option<u32>,
    /// People wait so long between two messages: such as 10s.
    #[arg(long, value_name = "LENGTH")]
    pub(crate) slow: Option<Seconds>,
    /// The room ends after so long: such as 2h.
    #[arg(long, value_name = "LENGTH")]
    pub(crate) expires: Option<Seconds>,
    /// Messages vanish so long after they were sent: such as 1d.
    #[arg(long, value_name = "LENGTH")]
    pub(crate) timer: Option<Seconds>,
    /// With --timer: so long after they were read.
    #[arg(long, requires = "timer")]
    pub(crate) after_read: bool,
    /// Those who join get so much of before: a number of messages such as 50, or hours such as 12h.
    #[arg(long, value_name = "N|Nh")]
    pub(crate) history: Option<History>,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}

/// See [`RoomCommand::Join`].
#[derive(Args)]
pub(crate) struct RoomJoinArgs {
    /// The link or the code; `-` reads it from standard input.
    #[arg(value_name = "LINK|CODE")]
    pub(crate) link: String,
    /// After knocking, wait so long to be let in: such as 10m.
    #[arg(long, value_name = "LENGTH")]
    pub(crate) wait: Option<Seconds>,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}

/// See [`RoomCommand::Info`].
#[derive(Args)]
pub(crate) struct RoomInfoArgs {
    /// The id of a conversation, its title, a link or a code; `-` reads it from standard input.
    #[arg(value_name = "CONVERSATION|LINK|CODE")]
    pub(crate) room: String,
    /// The address of the server, if nobody is signed in on this profile.
    #[arg(long, value_name = "URL", env = "UNDERTONE_SERVER")]
    pub(crate) server: Option<String>,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}

/// See [`RoomCommand::Link`].
#[derive(Args)]
pub(crate) struct RoomLinkArgs {
    /// The id of a conversation, or its title.
    pub(crate) conversation: String,
    /// Draw the link as a QR code, too.
    #[arg(long, conflicts_with = "json")]
    pub(crate) qr: bool,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}

/// Somebody at a door.
#[derive(Args)]
pub(crate) struct KnockArgs {
    /// The id of a conversation, or its title.
    pub(crate) conversation: String,
    /// Who knocked: the id of the device or of the person, or a name.
    pub(crate) who: String,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}

/// See [`RoomCommand::Set`].
#[derive(Args)]
pub(crate) struct RoomSetArgs {
    /// The id of a conversation, or its title.
    pub(crate) conversation: String,
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
    /// Whether somebody inside lets people in.
    #[arg(long, value_enum)]
    pub(crate) knock: Option<Switch>,
    /// The room ends so long from now: such as 2h, or never.
    #[arg(long, value_name = "LENGTH")]
    pub(crate) expires: Option<SecondsOrOff>,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}

impl RoomCommand {
    /// What it has in common with the other verbs.
    pub(crate) fn profile(&self) -> &ProfileArgs {
        match self {
            Self::Create(args) => &args.profile,
            Self::Join(args) => &args.profile,
            Self::Info(args) => &args.profile,
            Self::Link(args) => &args.profile,
            Self::Lock(args)
            | Self::Unlock(args)
            | Self::Rotate(args)
            | Self::Knocks(args)
            | Self::Close(args) => &args.profile,
            Self::Admit(args) | Self::Refuse(args) => &args.profile,
            Self::Set(args) => &args.profile,
        }
    }
}
