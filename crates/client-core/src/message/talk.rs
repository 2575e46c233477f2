//! What the user says about messages: edits, deletions, reactions and pins. Each shows at once, is queued in
//! the same transaction, and is undone if it is refused for good. What others say is judged in `heard`, what
//! is deleted and how in `deletion`.

pub(crate) mod deletion;
mod heard;

use super::compose::{self, Saying};
use super::emoji::is_emoji;
use super::key::MessageKey;
use super::{clock, send, state};
use crate::change::Change;
use crate::core::{Core, Me};
use crate::error::ClientError;
use crate::file;
use crate::store::conversation::Conversation;
use crate::store::message::{MessageState, RowKind, StoredMessage};
use crate::store::talk::{Original, Remark, Said};
use std::rc::Rc;
use std::time::Duration;
use undertone_wire::content::{Content, Expiry, Part, Reaction};
use undertone_wire::conversation::ConversationKind;
use undertone_wire::group::Role;
use undertone_wire::limits::{EXPIRY_SECONDS_MIN, PINS_MAX, REACTIONS_PER_MESSAGE_MAX};
use undertone_wire::{ConversationId, Sequence, Timestamp, UserId, codec};

pub(crate) use deletion::{delete_for_everyone, delete_here};
pub(crate) use heard::{Word, heard};

/// The words of a part, where it has any.
pub(crate) fn words(part: &Part) -> &str {
    match part {
        Part::Text(text) => text,
        Part::Files(attachment) => &attachment.text,
        Part::Deleted
        | Part::Reaction(_)
        | Part::Pin(_)
        | Part::Receipt(_)
        | Part::Profile(_)
        | Part::State(_)
        | Part::RoomSecret(_)
        | Part::History(_) => "",
    }
}

/// A message about which something can be said.
pub(crate) fn target(core: &Core, key: MessageKey) -> Result<StoredMessage, ClientError> {
    let message = core.store.message(key)?.ok_or(ClientError::UnknownMessage)?;
    if core.store.is_to_be_deleted(message.row)? {
        return Err(ClientError::UnknownMessage);
    }
    sayable(core, message)
}

fn sayable(core: &Core, message: StoredMessage) -> Result<StoredMessage, ClientError> {
    let failed = matches!(message.state, MessageState::Failed(_));
    let gone = message.marks.deleted || has_ended(&message, clock::shown(core));
    if failed || gone || !is_message(&message) || is_uploading(core, &message)? {
        return Err(ClientError::UnknownMessage);
    }
    Ok(message)
}

/// Whether its files are still on their way to the server: it has no id yet that others will know.
fn is_uploading(core: &Core, message: &StoredMessage) -> Result<bool, ClientError> {
    Ok(message.state == MessageState::Sending && !core.store.is_outgoing(message.row)?)
}

/// Whether a row is a message that people see.
const fn is_message(message: &StoredMessage) -> bool {
    matches!(message.kind, RowKind::Message | RowKind::Shared(_))
}

fn has_ended(message: &StoredMessage, now: Timestamp) -> bool {
    message.lifetime.expires_at.is_some_and(|at| at <= now)
}

/// Changes what an own message says.
pub(crate) fn edit(core: &Core, key: MessageKey, text: String) -> Result<MessageKey, ClientError> {
    let me = core.me()?;
    let message = target(core, key)?;
    if message.sender != me.user {
        return Err(ClientError::NotAllowed);
    }
    let has_files = matches!(part_of(&message)?, Part::Files(_));
    match compose::check_text(&text) {
        // The words to files may be taken away.
        Err(ClientError::EmptyMessage) if has_files => {}
        checked => checked?,
    }
    if text == message.text {
        return Ok(key);
    }
    say(core, &me, &message, Said::Edit(text))
}

/// Puts an emoji at a message, or takes it away.
pub(crate) fn react(
    core: &Core,
    key: MessageKey,
    (emoji, on): (&str, bool),
) -> Result<MessageKey, ClientError> {
    let me = core.me()?;
    if !is_emoji(emoji) {
        return Err(ClientError::NoEmoji);
    }
    let message = target(core, key)?;
    let shown = reactions(core, message.row)?;
    let mine = |reaction: &Reacted| reaction.emoji == emoji && reaction.users.contains(&me.user);
    if shown.iter().any(mine) == on {
        return Ok(key);
    }
    let is_new = !shown.iter().any(|reaction| reaction.emoji == emoji);
    if on && is_new && shown.len() >= REACTIONS_PER_MESSAGE_MAX {
        return Err(ClientError::TooMany);
    }
    say(core, &me, &message, Said::Reaction(emoji.to_owned(), on))
}

/// Pins a message for everyone, or no longer.
pub(crate) fn pin(core: &Core, key: MessageKey, on: bool) -> Result<MessageKey, ClientError> {
    let me = core.me()?;
    let message = target(core, key)?;
    let known = core.store.conversation(message.conversation)?;
    if !known.is_some_and(|known| state::may_set(&known, me.user)) {
        return Err(ClientError::NotAllowed);
    }
    if message.marks.pinned == on {
        return Ok(key);
    }
    let pinned = core.store.pinned(message.conversation, clock::shown(core))?;
    if on && pinned.len() >= PINS_MAX {
        return Err(ClientError::TooMany);
    }
    say(core, &me, &message, Said::Pin(on))
}

/// Stars a message on this device, or no longer.
pub(crate) fn star(core: &Core, key: MessageKey, on: bool) -> Result<(), ClientError> {
    let message = target(core, key)?;
    core.store.set_starred(message.row, on)?;
    core.publish(Change::Timeline(message.conversation));
    Ok(())
}

/// Passes messages on, in their order in time, into each of the conversations.
pub(crate) async fn forward(
    core: &Rc<Core>,
    keys: &[MessageKey],
    conversations: &[ConversationId],
) -> Result<Vec<MessageKey>, ClientError> {
    let messages: Result<Vec<_>, _> = keys.iter().map(|key| target(core, *key)).collect();
    let mut messages = messages?;
    messages.sort_by_key(|message| (message.sent_at, message.row));
    for conversation in conversations {
        send::check_open(core, *conversation)?;
    }
    let mut sent = Vec::new();
    for conversation in conversations {
        for message in &messages {
            sent.push(match part_of(message)? {
                // Its blobs belong to the other conversation, and go with the message there.
                Part::Files(_) => file::forward(core, *conversation, message).await?,
                _ => send::send_forwarded(core, *conversation, Part::Text(message.text.clone())).await?,
            });
        }
    }
    Ok(sent)
}

/// One emoji at a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reacted {
    pub(crate) emoji: String,
    /// Who, the first first.
    pub(crate) users: Vec<UserId>,
}

/// The emoji at a message, the first first.
pub(crate) fn reactions(core: &Core, row: i64) -> Result<Vec<Reacted>, ClientError> {
    let mut shown: Vec<Reacted> = Vec::new();
    for reaction in core.store.reactions(row)? {
        let known = shown.iter_mut().find(|known| known.emoji == reaction.emoji);
        match known {
            Some(known) => {
                known.users.retain(|user| *user != reaction.user);
                if reaction.on {
                    known.users.push(reaction.user);
                }
            }
            None if reaction.on => shown.push(Reacted {
                emoji: reaction.emoji,
                users: vec![reaction.user],
            }),
            None => {}
        }
    }
    shown.retain(|reacted| !reacted.users.is_empty());
    Ok(shown)
}

/// Whether somebody may take a message back for everyone, by the profile as it is now.
pub(crate) fn may_delete(conversation: &Conversation, author: UserId, by: UserId) -> bool {
    let leads = match (conversation.kind, &conversation.profile) {
        (ConversationKind::Direct, _) | (_, None) => false,
        (_, Some(profile)) => profile.role(by) >= Role::Admin,
    };
    author == by || leads
}

/// Says something about a message; gives the key by which it can be waited for.
fn say(core: &Core, me: &Me, message: &StoredMessage, said: Said) -> Result<MessageKey, ClientError> {
    send::check_open(core, message.conversation)?;
    let part = core.transaction(|| queue(core, me, message, said))?;
    send::announce(core, message.conversation);
    Ok(part)
}

/// Part of a transaction.
fn queue(core: &Core, me: &Me, message: &StoredMessage, said: Said) -> Result<MessageKey, ClientError> {
    let about = Some(message.message);
    let (part, replaces, in_reply_to) = match &said {
        Said::Edit(text) => (Part::Text(text.clone()), about, None),
        Said::Deletion => (Part::Deleted, about, None),
        Said::Reaction(emoji, on) => {
            let reaction = Reaction {
                emoji: emoji.clone(),
                on: *on,
            };
            (Part::Reaction(reaction), None, about)
        }
        Said::Pin(on) => (Part::Pin(*on), None, about),
    };
    let saying = Saying {
        replaces,
        in_reply_to,
        expires: rest_of(core, message),
        ..Saying::just(part)
    };
    let queued = send::queue(core, me, message.conversation, (saying, Some(message.row)))?;
    core.store.add_remark(&Remark {
        conversation: message.conversation,
        target: message.row,
        at: None,
        user: me.user,
        own: true,
        said_at: queued.written_at,
        said,
        evidence: None,
        part: Some(queued.row),
    })?;
    settle(core, message.row)?;
    Ok(queued.key)
}

/// What is said about a message that vanishes does not outlive it on the server.
fn rest_of(core: &Core, message: &StoredMessage) -> Option<Expiry> {
    let seconds = message.lifetime.after_sent()?;
    let left = message.lifetime.expires_at.map_or_else(
        || Duration::from_secs(u64::from(seconds)),
        |at| at.since(clock::trusted(core)),
    );
    let left = u32::try_from(left.as_secs().saturating_add(1)).unwrap_or(u32::MAX);
    Some(Expiry::AfterSent(left.clamp(EXPIRY_SECONDS_MIN, seconds)))
}

/// A message is what its remarks say. Part of a transaction.
pub(crate) fn settle(core: &Core, row: i64) -> Result<(), ClientError> {
    let Some(message) = core.store.message_by_row(row)? else {
        return Ok(());
    };
    if message.content.is_empty() {
        let nothing = Original {
            text: "",
            edited: false,
        };
        return Ok(core.store.settle_message(row, nothing)?);
    }
    let content: Content = codec::from_cbor(&message.content)?;
    let original = Original {
        text: words(&content.part),
        edited: content.replaces.is_some(),
    };
    Ok(core.store.settle_message(row, original)?)
}

/// What a message said first.
pub(crate) fn content_of(message: &StoredMessage) -> Result<Content, ClientError> {
    Ok(codec::from_cbor(&message.content)?)
}

fn part_of(message: &StoredMessage) -> Result<Part, ClientError> {
    Ok(content_of(message)?.part)
}

/// The server refused an own hidden part for good: what it said about a message is undone, and nothing
/// of it stays but for why. Gives whether it said something about one. Part of a transaction.
pub(crate) fn refused(core: &Core, part: i64) -> Result<bool, ClientError> {
    let Some(target) = core.store.target_of_part(part)? else {
        return Ok(false);
    };
    core.store.forget_part(part)?;
    core.store.empty_part(part)?;
    settle(core, target)?;
    Ok(true)
}

/// Nothing from this place on counts: what was said there about messages did not happen, and what this
/// device said is said anew, about the messages that are still there. Part of a transaction.
pub(crate) fn undone(
    core: &Core,
    me: &Me,
    conversation: ConversationId,
    from: Sequence,
) -> Result<(), ClientError> {
    let own = core.store.own_remarks_since(conversation, from)?;
    let targets = core.store.forget_remarks_since(conversation, from)?;
    core.store.forget_receipts_since(conversation, from)?;
    core.store.undo_from(conversation, from)?;
    for target in targets {
        settle(core, target)?;
    }
    for remark in own {
        let message = core.store.message_by_row(remark.target)?;
        if let Some(message) = message {
            queue(core, me, &message, remark.said)?;
        }
    }
    Ok(())
}

/// The server has gone back to this place in the log: what others said stays, and what this device sent since,
/// and in its present epoch, is sent anew. What it sent in epochs before was for others, perhaps, than those
/// who are here now, and a server must not get it sent to them by going back. Part of a transaction.
pub(crate) fn rolled_back(
    core: &Core,
    me: &Me,
    conversation: ConversationId,
    to: Sequence,
) -> Result<(), ClientError> {
    let begun = core.store.first_running_hash(conversation)?;
    let sent_after = begun.map_or(Sequence(u64::MAX >> 1), |begun| begun.max(to));
    let own = core.store.own_remarks_since(conversation, sent_after.next())?;
    core.store.roll_back_to(conversation, to, sent_after)?;
    for remark in own {
        let message = core.store.message_by_row(remark.target)?;
        // What the message says itself is sent anew with it, first.
        if let Some(message) = message {
            queue(core, me, &message, remark.said)?;
        }
    }
    Ok(core.store.note_sent_again(conversation)?)
}

/// Resolves when what was said counts, or was refused for good.
pub(crate) async fn counted(core: &Core, part: MessageKey) -> Result<(), ClientError> {
    core.until(|| match core.store.message(part)? {
        Some(row) if row.kind == RowKind::Hidden => match row.state {
            MessageState::Failed(failure) => {
                core.transaction(|| Ok(core.store.delete_message(row.row)?))?;
                Err(ClientError::NotSent(failure))
            }
            MessageState::Sending | MessageState::Sent => Ok(None),
        },
        // A message itself: nothing was to be said.
        Some(_) | None => Ok(Some(())),
    })
    .await
}
