//! Requests: a conversation into which a stranger brought the user, between two or a group. Nothing notifies
//! and nothing is told of the user until they accept, by saying so or by writing. Sharing a group makes nobody
//! less of a stranger. What the user comes into by a link is no request.

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
    let is_known = match (conversation.kind, by) {
        (_, Some(by)) if by == me.user => true,
        // Whom they know they have a conversation with, so that this one was not begun.
        (ConversationKind::Direct, _) | (_, None) => false,
        (ConversationKind::Group | ConversationKind::Room, Some(by)) => is_contact(core, by)?,
    };
    if is_known || core.store.strangers()? == Strangers::Directly {
        return Ok(());
    }
    let choice = Choice {
        request: Some(Request::Asked),
        ..core.store.choice(conversation.id)?
    };
    Ok(core.store.save_choice(conversation.id, choice)?)
}

/// Whether the user wants to hear somebody: they have a direct conversation that the user began or accepted.
fn is_contact(core: &Core, user: UserId) -> Result<bool, ClientError> {
    if core.store.is_blocked(user)? {
        return Ok(false);
    }
    for direct in core.store.conversations_with(user)? {
        if direct.state.has_begun() && core.store.choice(direct.id)?.request.is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The user accepts a request. What was accepted stays so.
pub(crate) fn accept(core: &Core, id: ConversationId) -> Result<(), ClientError> {
    let known = core.store.conversation(id)?;
    let known = known.ok_or(ClientError::UnknownConversation)?;
    if core.store.choice(id)?.request.is_none() {
        return Ok(());
    }
    core.transaction(|| {
        answered(core, id)?;
        tell::accepted(core, &known)
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

/// The user does not want a request: what was said in it is deleted here, and what comes is not kept. Who
/// does not want a group leaves it: its members would see the user in it for ever.
pub(crate) fn ignore(core: &Core, id: ConversationId, block: bool) -> Result<(), ClientError> {
    let known = core
        .store
        .conversation(id)?
        .ok_or(ClientError::UnknownConversation)?;
    let choice = core.store.choice(id)?;
    if choice.request.is_none() {
        return Err(ClientError::NoRequest);
    }
    if known.kind != ConversationKind::Direct {
        return Err(ClientError::NotAllowed);
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
