//! What is said about messages in the log, by others and by this device: whether it counts, and what it
//! does. What does not count changes nothing and is not told: anybody can send anything.

use super::{Reacted, has_ended, is_message, may_delete, reactions, settle};
use crate::core::Core;
use crate::error::ClientError;
use crate::file;
use crate::message::clock;
use crate::message::compose;
use crate::message::emoji::is_emoji;
use crate::message::event::Place;
use crate::message::state::may_set;
use crate::store::conversation::Conversation;
use crate::store::message::StoredMessage;
use crate::store::talk::{Evidence, Remark, Said};
use undertone_wire::content::{Content, Part, Reaction};
use undertone_wire::limits::{PINS_MAX, REACTIONS_PER_MESSAGE_MAX};
use undertone_wire::{MessageId, UserId};

/// So many edits of a message are kept besides what it said first.
const EDITS_KEPT: u32 = 50;

/// Something that was said about a message, and where.
pub(crate) struct Word<'a> {
    pub(crate) core: &'a Core,
    pub(crate) conversation: &'a Conversation,
    pub(crate) place: Place,
    /// Who said it, by the MLS leaf.
    pub(crate) user: UserId,
    /// Said on this device.
    pub(crate) own: bool,
    pub(crate) content: &'a Content,
    /// What a report would need.
    pub(crate) evidence: Evidence,
}

/// It is in the log: it counts if it may. Part of the entry's transaction.
pub(crate) fn heard(word: Word<'_>) -> Result<(), ClientError> {
    let content = word.content;
    match &content.part {
        Part::Text(text) => edited(word, text),
        Part::Deleted => deleted(&word),
        Part::Reaction(reaction) => reacted(&word, reaction),
        Part::Pin(on) => pinned(&word, *on),
        Part::Files(_)
        | Part::Receipt(_)
        | Part::Profile(_)
        | Part::State(_)
        | Part::RoomSecret(_)
        | Part::History(_) => Ok(()),
    }
}

/// The message that a word is about, if it is there and something can be said about it.
fn target(word: &Word<'_>, id: Option<MessageId>) -> Result<Option<StoredMessage>, ClientError> {
    let Some(id) = id else { return Ok(None) };
    let (core, conversation) = (word.core, word.conversation.id);
    let named = match core.store.message_by_id(conversation, id)? {
        Some(message) => Some(message),
        // Who edits an edit means the message.
        None => core.store.message_by_edit(conversation, id)?,
    };
    let now = clock::trusted(core);
    // One that this device wants to delete is there until the log says so.
    let is_there = |message: &StoredMessage| {
        is_message(message) && !message.content.is_empty() && !has_ended(message, now)
    };
    Ok(named.filter(is_there))
}

fn remark(word: &Word<'_>, target: &StoredMessage, said: Said) -> Remark {
    Remark {
        conversation: word.conversation.id,
        target: target.row,
        at: Some(word.place.sequence),
        user: word.user,
        own: word.own,
        said_at: word.place.sent_at,
        said,
        evidence: None,
        part: None,
    }
}

/// Counts from the author alone. Place and timer of the message stay.
fn edited(word: Word<'_>, text: &str) -> Result<(), ClientError> {
    let Some(message) = target(&word, word.content.replaces)? else {
        return Ok(());
    };
    let has_files = matches!(super::part_of(&message)?, Part::Files(_));
    let is_valid = has_files || compose::check_text(text).is_ok();
    if message.sender != word.user || !is_valid {
        return Ok(());
    }
    let edit = remark(&word, &message, Said::Edit(text.to_owned()));
    let store = &word.core.store;
    store.add_remark(&Remark {
        evidence: Some(word.evidence),
        ..edit
    })?;
    store.forget_old_edits(message.row, EDITS_KEPT)?;
    settle(word.core, message.row)
}

/// Counts from the author, and in groups and rooms from those who lead them. What is left is a row that
/// says who wrote when.
fn deleted(word: &Word<'_>) -> Result<(), ClientError> {
    let Some(message) = target(word, word.content.replaces)? else {
        return Ok(());
    };
    if !may_delete(word.conversation, message.sender, word.user) {
        return Ok(());
    }
    let store = &word.core.store;
    store.add_remark(&remark(word, &message, Said::Deletion))?;
    store.scrub_message(message.row)?;
    file::deleted_for_everyone(word.core, message.row)?;
    word.core.reaper.deleted();
    settle(word.core, message.row)
}

fn reacted(word: &Word<'_>, reaction: &Reaction) -> Result<(), ClientError> {
    let Some(message) = target(word, word.content.in_reply_to)? else {
        return Ok(());
    };
    if !is_emoji(&reaction.emoji) {
        return Ok(());
    }
    let shown = reactions(word.core, message.row)?;
    let is_here = |shown: &Reacted| shown.emoji == reaction.emoji;
    if reaction.on && shown.len() >= REACTIONS_PER_MESSAGE_MAX && !shown.iter().any(is_here) {
        return Ok(());
    }
    let said = Said::Reaction(reaction.emoji.clone(), reaction.on);
    replace(word, &remark(word, &message, said))
}

/// Counts from those who may say what is agreed on.
fn pinned(word: &Word<'_>, on: bool) -> Result<(), ClientError> {
    let Some(message) = target(word, word.content.in_reply_to)? else {
        return Ok(());
    };
    if !may_set(word.conversation, word.user) {
        return Ok(());
    }
    let pinned = word
        .core
        .store
        .pinned(word.conversation.id, clock::trusted(word.core))?;
    if on && !message.marks.pinned && pinned.len() >= PINS_MAX {
        return Ok(());
    }
    replace(word, &remark(word, &message, Said::Pin(on)))?;
    settle(word.core, message.row)
}

/// The newest of its kind stays. What takes back is kept only of this device: it may have to say it again.
fn replace(word: &Word<'_>, remark: &Remark) -> Result<(), ClientError> {
    let store = &word.core.store;
    store.forget_said(remark)?;
    let takes_back = matches!(remark.said, Said::Reaction(_, false) | Said::Pin(false));
    if word.own || !takes_back {
        store.add_remark(remark)?;
    }
    Ok(())
}
