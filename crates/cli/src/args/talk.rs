//! The options of verbs that are about messages which are there already.

use super::{ConversationArgs, ProfileArgs, Switch};
use clap::{Args, Subcommand};

/// Verbs about messages. ID is the `message` that `send` and `messages` print.
#[derive(Subcommand)]
pub(crate) enum TalkCommand {
    /// Change what a message of yours says. Others see that it was edited, and what it said before.
    Edit(EditArgs),
    /// Take messages back for everyone: yours, or as an admin those of others.
    Delete(DeleteArgs),
    /// Put an emoji at a message.
    React(ReactArgs),
    /// Pin a message for everyone (in groups and rooms: admins).
    Pin(MarkArgs),
    /// Star a message on this device.
    Star(MarkArgs),
    /// Pass messages on.
    Forward(ForwardArgs),
    /// List the pinned messages of a conversation, the last pinned first.
    Pins(ConversationArgs),
    /// List the messages that are starred on this device, the newest first.
    Stars(ProfileArgs),
    /// List who has read a message of yours.
    Readers(MessageArgs),
    /// Say what others are told of what you do, or set it.
    Privacy(PrivacyArgs),
}

impl TalkCommand {
    pub(super) const fn profile(&self) -> &ProfileArgs {
        match self {
            Self::Edit(args) => &args.profile,
            Self::Delete(args) => &args.profile,
            Self::React(args) => &args.profile,
            Self::Pin(args) | Self::Star(args) => &args.profile,
            Self::Forward(args) => &args.profile,
            Self::Pins(args) => &args.profile,
            Self::Stars(profile) => profile,
            Self::Readers(args) => &args.profile,
            Self::Privacy(args) => &args.profile,
        }
    }
}

/// See [`TalkCommand::Edit`].
#[derive(Args)]
pub(crate) struct EditArgs {
    /// The id of the message.
    pub(crate) message: String,
    /// What it is to say; `-` reads it from standard input.
    #[arg(allow_hyphen_values = true)]
    pub(crate) text: String,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}

/// See [`TalkCommand::Delete`].
#[derive(Args)]
pub(crate) struct DeleteArgs {
    /// The ids of the messages.
    #[arg(required = true, value_name = "ID")]
    pub(crate) messages: Vec<String>,
    /// Delete them on this device only.
    #[arg(long)]
    pub(crate) here: bool,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}

/// See [`TalkCommand::React`].
#[derive(Args)]
pub(crate) struct ReactArgs {
    /// The id of the message.
    pub(crate) message: String,
    /// One emoji.
    pub(crate) emoji: String,
    /// Take it away.
    #[arg(long)]
    pub(crate) off: bool,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}

/// A message that is marked, or no longer.
#[derive(Args)]
pub(crate) struct MarkArgs {
    /// The id of the message.
    pub(crate) message: String,
    /// No longer.
    #[arg(long)]
    pub(crate) off: bool,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}

/// See [`TalkCommand::Forward`].
#[derive(Args)]
pub(crate) struct ForwardArgs {
    /// The ids of the messages.
    #[arg(required = true, value_name = "ID")]
    pub(crate) messages: Vec<String>,
    /// Where to: the id of a conversation, its title, or the name of a person. May be given more than once.
    #[arg(long = "to", required = true, value_name = "CONVERSATION")]
    pub(crate) conversations: Vec<String>,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}

/// One message.
#[derive(Args)]
pub(crate) struct MessageArgs {
    /// The id of the message.
    pub(crate) message: String,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}

/// See [`TalkCommand::Privacy`].
#[derive(Args)]
pub(crate) struct PrivacyArgs {
    /// Whether others are told that you have read, and you that they have.
    #[arg(long, value_enum)]
    pub(crate) receipts: Option<Switch>,
    /// Whether others are told that you are writing, and you that they are.
    #[arg(long, value_enum)]
    pub(crate) typing: Option<Switch>,
    #[command(flatten)]
    pub(crate) profile: ProfileArgs,
}
