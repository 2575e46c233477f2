//! A guest became an account: what is to follow in every conversation, so that the others see the new
//! name and that it is one.

use super::action::{Action, NOW, enqueue};
use crate::core::Core;
use crate::error::ClientError;
use crate::store::conversation::ConversationState;

/// Puts the wish for this device's present certificate into every conversation, once after it changed.
pub(crate) fn renew_leaves(core: &Core) -> Result<(), ClientError> {
    if !core.account.wants_leaves_renewed() {
        return Ok(());
    }
    core.transaction(|| {
        for conversation in core.store.conversations()? {
            let over = matches!(
                conversation.state,
                ConversationState::Removed | ConversationState::Closed | ConversationState::Blocked
            );
            if !over {
                enqueue(core, conversation.id, &Action::Certificate, NOW)?;
            }
        }
        Ok::<_, ClientError>(core.store.leaves_renewed()?)
    })?;
    core.account.leaves_renewed();
    core.signal.notify();
    Ok(())
}
