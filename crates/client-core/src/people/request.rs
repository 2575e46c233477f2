//! Requests: a direct conversation that a stranger began. Nothing notifies and nothing is told of the user
//! until they accept, by saying so or by writing. Sharing a group makes nobody less of a stranger.

use super::{block, tell};
use crate::change::Change;
use crate::core::{Core, Me};
use crate::error::ClientError;
use crate::message::signals;
use crate::store::choice::{Choice, Request};
use crate::store::conversation::Conversation;
use crate::view::Strangers;
use undertone_wire::content::Part;
use undertone_wire::conversation::ConversationKind;
use undertone_wire::{ConversationId, UserId};

/// Somebody's device brought this one into a conversation that it did not have. Part of the transaction
/// of the Welcome.
pub(crate) fn brought_in(
    core: &Core,
    me: &Me,
    conversation: &Conversation,
    by: Option<UserId>,
) -> Result<(), ClientError> {
    let is_strangers = conversation.kind == ConversationKind::Direct && by != Some(me.user);
    if !is_strangers || core.store.strangers()? == Strangers::Directly {
        return Ok(());
    }
    let choice = Choice {
        request: Some(Request::Asked),
        ..core.store.choice(conversation.id)?
    };
    Ok(core.store.save_choice(conversation.id, choice)?)
}

/// The user accepts a request. What was accepted stays so.
pub(crate) fn accept(core: &Core, id: ConversationId) -> Result<(), ClientError> {
    core.store
        .conversation(id)?
        .ok_or(ClientError::UnknownConversation)?;
    if core.store.choice(id)?.request.is_none() {
        return Ok(());
    }
    core.transaction(|| {
        answered(core, id)?;
        tell::at_once(core, id)
    })?;
    told(core, id);
    Ok(())
}

/// The user writes into a request: that says it, to this user's other devices as well.
pub(crate) fn written(core: &Core, id: ConversationId) -> Result<(), ClientError> {
    if core.store.choice(id)?.request.is_none() {
        return Ok(());
    }
    core.transaction(|| {
        answered(core, id)?;
        tell::newcomers(core, id)
    })?;
    told(core, id);
    Ok(())
}

/// The user does not want a request: what was said in it is deleted here, and what comes is not kept.
pub(crate) fn ignore(core: &Core, id: ConversationId, block: bool) -> Result<(), ClientError> {
    let known = core
        .store
        .conversation(id)?
        .ok_or(ClientError::UnknownConversation)?;
    let choice = core.store.choice(id)?;
    if choice.request.is_none() {
        return Err(ClientError::NoRequest);
    }
    core.transaction(|| {
        let choice = Choice {
            request: Some(Request::Ignored),
            ..choice
        };
        core.store.save_choice(id, choice)?;
        core.store.delete_messages_of(id)?;
        core.store.mark_read(id, known.sequence)?;
        Ok(())
    })?;
    core.reaper.deleted();
    told(core, id);
    match known.peer {
        Some(peer) if block => block::set(core, peer, true),
        _ => Ok(()),
    }
}

/// The user looks for the conversation with somebody whose request they did not want, or begins one
/// themselves: that is an answer, too.
pub(crate) fn opened(core: &Core, id: ConversationId, begun: bool) -> Result<(), ClientError> {
    match core.store.choice(id)?.request {
        Some(Request::Ignored) => accept(core, id),
        Some(Request::Asked) if begun => accept(core, id),
        Some(Request::Asked) | None => Ok(()),
    }
}

/// A part of somebody's that is not kept, since the user does not want the request it belongs to. What
/// the user says on another device accepts it. Part of the entry's transaction.
pub(crate) fn is_unheard(
    core: &Core,
    me: &Me,
    id: ConversationId,
    (sender, part): (UserId, &Part),
) -> Result<bool, ClientError> {
    let request = core.store.choice(id)?.request;
    if request.is_none() {
        return Ok(false);
    }
    if sender == me.user {
        answered(core, id)?;
        told(core, id);
        return Ok(false);
    }
    let says = !matches!(part, Part::State(_) | Part::Profile(_));
    Ok(request == Some(Request::Ignored) && says)
}

fn answered(core: &Core, id: ConversationId) -> Result<(), ClientError> {
    let choice = Choice {
        request: None,
        ..core.store.choice(id)?
    };
    Ok(core.store.save_choice(id, choice)?)
}

/// The server is told anew where the user is not to be seen.
fn told(core: &Core, id: ConversationId) {
    signals::hide(core);
    core.publish(Change::Timeline(id));
    core.publish(Change::Conversations);
    core.publish(Change::Connection);
}
