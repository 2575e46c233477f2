//! When the user can write again: a conversation in slow mode asks for a while between two messages of a
//! person, and the server asks whoever was too fast for it to wait. This only says until when; what is
//! written meanwhile waits in the outbox, and goes by itself.

use super::clock;
use crate::change::Change;
use crate::core::Core;
use crate::error::ClientError;
use crate::store::conversation::Conversation;
use std::time::Duration;
use undertone_wire::group::Role;
use undertone_wire::{ConversationId, Timestamp, UserId};

/// The moment at which the user can write again, and why not before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pause {
    /// By the server's clock.
    pub(crate) until: Timestamp,
    /// The server found the user too fast; otherwise it is slow mode.
    pub(crate) too_fast: bool,
}

/// What is still to be waited for in a conversation.
pub(crate) fn pause(
    core: &Core,
    user: UserId,
    conversation: &Conversation,
) -> Result<Option<Pause>, ClientError> {
    let slowed = slow_mode(user, conversation);
    let until = match slowed {
        Some(length) => core
            .store
            .last_written(conversation.id)?
            .map(|last| last.plus(length)),
        None => core.too_fast.borrow().get(&conversation.id).copied(),
    };
    let until = until.filter(|until| *until > clock::shown(core));
    Ok(until.map(|until| Pause {
        until,
        too_fast: slowed.is_none(),
    }))
}

/// The server did not take a message, and asks to wait so long. In slow mode that is no news.
pub(crate) fn held_back(core: &Core, id: ConversationId, wait: Duration) -> Result<(), ClientError> {
    let user = core.me()?.user;
    let conversation = core.store.conversation(id)?;
    if conversation.is_none_or(|conversation| slow_mode(user, &conversation).is_some()) {
        return Ok(());
    }
    let until = clock::shown(core).plus(wait);
    core.too_fast.borrow_mut().insert(id, until);
    core.publish(Change::Conversations);
    Ok(())
}

/// The server took a message.
pub(crate) fn went_out(core: &Core, id: ConversationId) {
    core.too_fast.borrow_mut().remove(&id);
}

/// What a conversation asks of the user between two messages.
fn slow_mode(user: UserId, conversation: &Conversation) -> Option<Duration> {
    let profile = conversation.profile.as_ref()?;
    let asks = profile.slow_mode_seconds > 0 && profile.role(user) < Role::Admin;
    asks.then(|| Duration::from_secs(profile.slow_mode_seconds.into()))
}
