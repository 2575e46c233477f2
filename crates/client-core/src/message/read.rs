//! What was read: unread counts end, and the timers begin that begin with reading.

use super::clock;
use crate::change::Change;
use crate::core::Core;
use crate::error::ClientError;
use undertone_wire::ConversationId;

/// Everything in a conversation was read.
pub(crate) fn mark_read(core: &Core, conversation: ConversationId) -> Result<(), ClientError> {
    let known = core
        .store
        .conversation(conversation)?
        .ok_or(ClientError::UnknownConversation)?;
    let now = clock::read_at(core);
    let (read, timers) = core.transaction(|| {
        let read = core.store.mark_read(conversation, known.sequence)?;
        let timers = core.store.begin_read_timers(conversation, known.sequence, now)?;
        Ok((read, timers > 0))
    })?;
    if timers {
        core.publish(Change::Timeline(conversation));
    }
    if read || timers {
        core.publish(Change::Conversations);
    }
    Ok(())
}
