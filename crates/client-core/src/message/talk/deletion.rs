//! Messages are deleted: for everyone, or on this device. At once, or by an intent that can be taken back
//! for a while (`conversation::intent`) and hides them until its time has come.

use super::{is_message, is_uploading, may_delete, queue, sayable};
use crate::change::Change;
use crate::core::{Core, Me};
use crate::error::ClientError;
use crate::file;
use crate::message::key::MessageKey;
use crate::message::send;
use crate::store::message::{MessageState, RowKind, StoredMessage};
use crate::store::talk::Said;
use crate::view::Intent;
use undertone_wire::ConversationId;

/// What deleting comes to, as things are now.
pub(crate) enum Deletion {
    /// From this device.
    Here(Vec<StoredMessage>),
    /// Nobody has got it yet, nor will.
    Unsent(StoredMessage),
    /// Everybody is told.
    ForEveryone(StoredMessage),
    /// It is so already.
    Nothing,
}

/// Takes a message back for everyone: an own one, or as an admin that of somebody else.
pub(crate) fn delete_for_everyone(core: &Core, key: MessageKey) -> Result<MessageKey, ClientError> {
    let me = core.me()?;
    let message = core.store.message(key)?.ok_or(ClientError::UnknownMessage)?;
    let conversation = message.conversation;
    let deletion = for_everyone(core, &me, message)?;
    let said = core.transaction(|| deletion.carry_out(core, &me))?;
    core.reaper.deleted();
    send::announce(core, conversation);
    Ok(said.unwrap_or(key))
}

/// Deletes messages on this device only. One that is on its way stays.
pub(crate) fn delete_here(core: &Core, keys: &[MessageKey]) -> Result<(), ClientError> {
    let me = core.me()?;
    let mut messages = Vec::with_capacity(keys.len());
    for key in keys {
        messages.push(core.store.message(*key)?.ok_or(ClientError::UnknownMessage)?);
    }
    let touched: Vec<ConversationId> = messages.iter().map(|message| message.conversation).collect();
    let deletion = here(messages)?;
    core.transaction(|| deletion.carry_out(core, &me))?;
    core.reaper.deleted();
    for conversation in touched {
        core.publish(Change::Timeline(conversation));
    }
    core.publish(Change::Conversations);
    Ok(())
}

/// The messages that an intent is to delete; none if it is another one.
pub(crate) fn keys(intent: &Intent) -> &[MessageKey] {
    match intent {
        Intent::DeleteHere(keys) => keys,
        Intent::DeleteForEveryone(key) => std::slice::from_ref(key),
        Intent::Remove(_)
        | Intent::Ban(_)
        | Intent::SetRole { .. }
        | Intent::Leave
        | Intent::Terms(_)
        | Intent::State(_) => &[],
    }
}

/// Whether an intent is about messages: it needs no commit.
pub(crate) const fn is_deletion(intent: &Intent) -> bool {
    matches!(intent, Intent::DeleteHere(_) | Intent::DeleteForEveryone(_))
}

/// Hides messages that an intent is to delete. What is not there, or hidden already, cannot be wanted away. Part of
/// a transaction.
pub(crate) fn hide(
    core: &Core,
    conversation: ConversationId,
    keys: &[MessageKey],
    number: i64,
) -> Result<(), ClientError> {
    for key in keys {
        let message = core.store.message(*key)?;
        let message = message.filter(|message| message.conversation == conversation);
        let message = message.ok_or(ClientError::UnknownMessage)?;
        if core.store.is_to_be_deleted(message.row)? {
            return Err(ClientError::UnknownMessage);
        }
        core.store.add_deletion(message.row, number)?;
    }
    Ok(())
}

/// What an intent comes to. What has gone meanwhile needs no deleting.
pub(crate) fn wanted(
    core: &Core,
    conversation: ConversationId,
    intent: &Intent,
) -> Result<Deletion, ClientError> {
    let me = core.me()?;
    let mut messages = Vec::new();
    for key in keys(intent) {
        messages.extend(core.store.message(*key)?);
    }
    messages.retain(|message| message.conversation == conversation);
    if matches!(intent, Intent::DeleteHere(_)) {
        return here(messages);
    }
    let message = messages.pop();
    message.map_or(Ok(Deletion::Nothing), |message| for_everyone(core, &me, message))
}

fn here(messages: Vec<StoredMessage>) -> Result<Deletion, ClientError> {
    let stays =
        |message: &StoredMessage| message.state == MessageState::Sending || message.kind == RowKind::Hidden;
    if messages.iter().any(stays) {
        return Err(ClientError::NotAllowed);
    }
    Ok(Deletion::Here(messages))
}

fn for_everyone(core: &Core, me: &Me, message: StoredMessage) -> Result<Deletion, ClientError> {
    if matches!(message.state, MessageState::Failed(_)) {
        return Ok(Deletion::Unsent(message));
    }
    if message.marks.deleted {
        return Ok(Deletion::Nothing);
    }
    if is_message(&message) && is_uploading(core, &message)? {
        return Ok(Deletion::Unsent(message));
    }
    let message = sayable(core, message)?;
    let known = core.store.conversation(message.conversation)?;
    if !known.is_some_and(|known| may_delete(&known, message.sender, me.user)) {
        return Err(ClientError::NotAllowed);
    }
    send::check_inside(core, message.conversation)?;
    Ok(Deletion::ForEveryone(message))
}

impl Deletion {
    /// Does it; gives what is said of it to others. Part of a transaction.
    pub(crate) fn carry_out(self, core: &Core, me: &Me) -> Result<Option<MessageKey>, ClientError> {
        match self {
            Self::Here(messages) => {
                for message in messages {
                    core.store.delete_message_here(message.row)?;
                }
                Ok(None)
            }
            Self::Unsent(message) => {
                file::withdrawn(core, message.row)?;
                core.store.delete_message(message.row)?;
                Ok(None)
            }
            Self::ForEveryone(message) => queue(core, me, &message, Said::Deletion).map(Some),
            Self::Nothing => Ok(None),
        }
    }
}
