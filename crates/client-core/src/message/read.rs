//! What was read: unread counts end, the timers begin that begin with reading, and others may be told.

use super::clock;
use super::key::MessageKey;
use super::receipt;
use crate::change::Change;
use crate::core::Core;
use crate::error::ClientError;
use undertone_wire::{ConversationId, Sequence};

/// Everything in a conversation was read.
pub(crate) fn mark_read(core: &Core, conversation: ConversationId) -> Result<(), ClientError> {
    mark_up_to(core, conversation, Sequence(u64::MAX))
}

/// A message was read, and all before it.
pub(crate) fn mark_read_up_to(core: &Core, key: MessageKey) -> Result<(), ClientError> {
    let message = core.store.message(key)?.ok_or(ClientError::UnknownMessage)?;
    match message.sequence {
        Some(sequence) => mark_up_to(core, message.conversation, sequence),
        None => Ok(()),
    }
}

fn mark_up_to(core: &Core, conversation: ConversationId, up_to: Sequence) -> Result<(), ClientError> {
    let known = core
        .store
        .conversation(conversation)?
        .ok_or(ClientError::UnknownConversation)?;
    let now = clock::read_at(core);
    let up_to = known.sequence.min(up_to);
    let (read, timers) = core.transaction(|| {
        let read = core.store.mark_read(conversation, up_to)?;
        let timers = core.store.begin_read_timers(conversation, up_to, now)?;
        Ok((read, timers > 0))
    })?;
    if timers {
        core.publish(Change::Timeline(conversation));
    }
    if read {
        receipt::read_here(core, &known)?;
    }
    if read || timers {
        core.publish(Change::Conversations);
    }
    Ok(())
}
