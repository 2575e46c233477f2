//! What is shown of replies, edits, reactions, mentions and readers.

use super::file::{self, FileView};
use super::message::Names;
use crate::core::{Core, Me};
use crate::error::ClientError;
use crate::markup::{self, Block};
use crate::message::key::MessageKey;
use crate::message::send::Bubble;
use crate::message::{clock, receipt, state, talk};
use crate::store::conversation::ConversationState;
use crate::store::message::{MessageState, RowKind, StoredMessage};
use serde::{Deserialize, Serialize};
use undertone_wire::conversation::ConversationKind;
use undertone_wire::group::Role;
use undertone_wire::{ConversationId, MessageId, Sequence, Timestamp, UserId};

/// The message that another one answers.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct ReplyView {
    /// What this device calls it; missing if it does not have it, or no longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub key: Option<MessageKey>,
    /// Its id on all devices.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub message: Option<MessageId>,
    /// Who wrote it; empty if this device does not have it.
    pub sender_name: String,
    /// The beginning of what it says, without marks.
    pub text: String,
    /// Whether the user wrote it.
    pub own: bool,
    /// Whether it was taken back.
    pub deleted: bool,
}

impl std::fmt::Debug for ReplyView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ReplyView({:?})", self.key)
    }
}

/// One emoji at a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct ReactionView {
    /// Which.
    pub emoji: String,
    /// How many people.
    pub count: u32,
    /// Whether the user is one of them.
    pub own: bool,
    /// The names of the first of them, without the user's.
    pub names: Vec<String>,
}

/// What the user may do with a message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct MessageMayView {
    /// Change what it says.
    pub edit: bool,
    /// Take it back for everyone.
    pub delete_for_everyone: bool,
    /// Pin it.
    pub pin: bool,
}

/// Somebody who is mentioned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct MentionView {
    /// Who.
    pub user: UserId,
    /// Their name; empty if this device does not know them.
    pub name: String,
}

/// What a message said at some time.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct EditView {
    /// What it said, as it was written.
    pub text: String,
    /// The same as a tree that a screen draws.
    pub blocks: Vec<Block>,
    /// Those who are mentioned by themselves.
    pub mentions: Vec<MentionView>,
    /// Since when.
    pub at_ms: u64,
}

impl EditView {
    pub(super) fn of(
        names: &mut Names<'_>,
        conversation: ConversationId,
        (text, at): (String, Timestamp),
    ) -> Result<Self, ClientError> {
        let told = Told::of_text(names, conversation, &text)?;
        Ok(Self {
            text,
            blocks: told.blocks,
            mentions: told.mentions,
            at_ms: at.as_millis(),
        })
    }
}

impl std::fmt::Debug for EditView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EditView({})", self.at_ms)
    }
}

/// Somebody who has read a message, or has not yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct ReaderView {
    /// Who.
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// When they said so; missing: they have not said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub at_ms: Option<u64>,
}

/// What the user tells others of what they do, and is told of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct PrivacyView {
    /// That they have read.
    pub receipts: bool,
    /// That they are writing.
    pub typing: bool,
}

impl Default for PrivacyView {
    fn default() -> Self {
        Self {
            receipts: true,
            typing: true,
        }
    }
}

/// So much of the message that another one answers is shown.
const QUOTE_CHARS: usize = 160;
/// So many names of those who reacted are told.
const NAMES_MAX: usize = 20;

/// What counts for all messages of a conversation.
pub(super) struct Place {
    /// Whether the user is an admin or owner.
    leads: bool,
    /// Whether something can be said there.
    open: bool,
    /// Whether the user may pin.
    pins: bool,
    /// How far others have read.
    read: Vec<(UserId, Sequence)>,
}

impl Place {
    pub(super) fn read(core: &Core, me: &Me, conversation: ConversationId) -> Result<Self, ClientError> {
        let Some(known) = core.store.conversation(conversation)? else {
            return Ok(Self {
                leads: false,
                open: false,
                pins: false,
                read: Vec::new(),
            });
        };
        let role = known.profile.as_ref().map(|profile| profile.role(me.user));
        let active = matches!(known.state, ConversationState::Active | ConversationState::Lost);
        Ok(Self {
            leads: known.kind != ConversationKind::Direct && role.is_some_and(|role| role >= Role::Admin),
            open: active && role.is_none_or(|role| role > Role::ReadOnly),
            pins: state::may_set(&known, me.user),
            read: receipt::known(core, me, &known)?,
        })
    }
}

/// What is told of a message besides what it says.
#[derive(Default)]
pub(super) struct Told {
    pub(super) blocks: Vec<Block>,
    pub(super) mentions: Vec<MentionView>,
    pub(super) mentions_me: bool,
    pub(super) reply: Option<ReplyView>,
    pub(super) reactions: Vec<ReactionView>,
    pub(super) files: Vec<FileView>,
    pub(super) may: MessageMayView,
    pub(super) read_by: u32,
}

impl Told {
    pub(super) fn of(names: &mut Names<'_>, message: &StoredMessage) -> Result<Self, ClientError> {
        if matches!(message.kind, RowKind::Event(_)) || message.marks.deleted {
            return Ok(Self::default());
        }
        let place = names.place(message.conversation)?;
        let mut told = Self::of_text(names, message.conversation, &message.text)?;
        told.reply = reply(names, message.conversation, message.marks.reply_to)?;
        told.reactions = reactions(names, message.row)?;
        told.files = file::files(names.core(), message.row)?;
        let failed = matches!(message.state, MessageState::Failed(_));
        // Its files are still on their way.
        let uploads =
            message.state == MessageState::Sending && !names.core().store.is_outgoing(message.row)?;
        let said = !failed && !uploads;
        told.may = MessageMayView {
            edit: place.open && message.own && said,
            delete_for_everyone: failed || (place.open && (message.own || place.leads)),
            pin: place.open && place.pins && said,
        };
        if let Some(sequence) = message.sequence.filter(|_| message.own) {
            let readers = place.read.iter().filter(|(_, read)| *read >= sequence);
            told.read_by = count(readers.count());
        }
        Ok(told)
    }

    pub(super) fn of_bubble(names: &mut Names<'_>, bubble: &Bubble) -> Result<Self, ClientError> {
        let mut told = Self::of_text(names, bubble.conversation, &bubble.text)?;
        told.reply = reply(names, bubble.conversation, bubble.reply_to)?;
        Ok(told)
    }

    fn of_text(names: &mut Names<'_>, conversation: ConversationId, text: &str) -> Result<Self, ClientError> {
        let blocks = markup::parse(text);
        let mentioned = markup::mentioned(&blocks);
        let is_among_them = mentioned.users.iter().any(|user| names.is_me(*user));
        let leads = names.place(conversation)?.leads;
        let mut mentions = Vec::with_capacity(mentioned.users.len());
        for user in mentioned.users {
            let name = names.of(user)?;
            mentions.push(MentionView { user, name });
        }
        Ok(Self {
            blocks,
            mentions,
            mentions_me: is_among_them || mentioned.everyone || (mentioned.admins && leads),
            ..Self::default()
        })
    }
}

fn reply(
    names: &mut Names<'_>,
    conversation: ConversationId,
    id: Option<MessageId>,
) -> Result<Option<ReplyView>, ClientError> {
    let Some(id) = id else { return Ok(None) };
    let core = names.core();
    let now = clock::shown(core);
    let quoted = core.store.message_by_id(conversation, id)?;
    let quoted = quoted.filter(|quoted| {
        let said = matches!(quoted.kind, RowKind::Message | RowKind::Shared(_));
        said && quoted.lifetime.expires_at.is_none_or(|at| at > now)
    });
    let quoted = match quoted {
        Some(quoted) if core.store.is_to_be_deleted(quoted.row)? => None,
        quoted => quoted,
    };
    let Some(quoted) = quoted else {
        return Ok(Some(ReplyView {
            key: None,
            message: Some(id),
            sender_name: String::new(),
            text: String::new(),
            own: false,
            deleted: false,
        }));
    };
    let sender_name = match &quoted.kind {
        RowKind::Shared(shared) => shared.name.as_str().to_owned(),
        _ => names.of(quoted.sender)?,
    };
    let hidden = core.store.is_blocked(quoted.sender)? && !quoted.own;
    let text = if hidden {
        String::new()
    } else {
        names.plain(&quoted.text)?
    };
    Ok(Some(ReplyView {
        key: Some(quoted.key),
        message: Some(id),
        sender_name,
        text: text.chars().take(QUOTE_CHARS).collect(),
        own: quoted.own,
        deleted: quoted.marks.deleted,
    }))
}

fn reactions(names: &mut Names<'_>, row: i64) -> Result<Vec<ReactionView>, ClientError> {
    let mut views = Vec::new();
    for reacted in talk::reactions(names.core(), row)? {
        let mut told = Vec::new();
        for user in reacted.users.iter().filter(|user| !names.is_me(**user)) {
            if told.len() < NAMES_MAX {
                told.push(*user);
            }
        }
        views.push(ReactionView {
            count: count(reacted.users.len()),
            own: reacted.users.iter().any(|user| names.is_me(*user)),
            names: told
                .into_iter()
                .map(|user| names.of(user))
                .collect::<Result<_, _>>()?,
            emoji: reacted.emoji,
        });
    }
    Ok(views)
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
