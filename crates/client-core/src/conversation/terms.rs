//! What members agree on: the state that the server does not know, sent as a message, and the terms that
//! it enforces, changed by a commit.

use super::action::{self, Action};
use super::{member, room_secret};
use crate::core::{Core, Me};
use crate::error::ClientError;
use crate::message::{send, state};
use crate::store::conversation::Conversation;
use crate::sync;
use crate::view::{StatePatch, TermsPatch};
use rand::rngs::OsRng;
use std::rc::Rc;
use undertone_wire::content::{Content, ConversationState, Part};
use undertone_wire::room::ReplaceSealedStateRequest;
use undertone_wire::{ConversationId, codec};

/// Changes title, topic, picture, timer or the sharing of history. Resolves when the server has it.
pub(crate) async fn set_state(
    core: &Rc<Core>,
    id: ConversationId,
    patch: StatePatch,
) -> Result<(), ClientError> {
    let conversation = member::active(core, id)?;
    let me = core.me()?;
    let Some(new) = wanted_state(core, id, &patch)? else {
        return Ok(());
    };
    let key = core.transaction(|| send::queue_part(core, &me, id, Part::State(new.clone())))?;
    core.signal.notify();
    if !core.status.is_running() {
        sync::catch_up(core).await?;
    }
    send::part_sent(core, key).await?;
    // Those at the door see it, too; the next link would bring it along otherwise.
    if let Err(error) = replace_on_door(core, &conversation, &new).await {
        tracing::debug!(
            error = &error as &dyn std::error::Error,
            "the state on the door was not replaced"
        );
    }
    Ok(())
}

/// What members would agree on after a change; nothing, if that is so already.
pub(super) fn wanted_state(
    core: &Core,
    id: ConversationId,
    patch: &StatePatch,
) -> Result<Option<ConversationState>, ClientError> {
    let conversation = member::active(core, id)?;
    let me = core.me()?;
    if !state::may_set(&conversation, me.user) {
        return Err(ClientError::NotAllowed);
    }
    let before = agreed_soon(core, id)?;
    let new = patched(before.clone(), patch.clone());
    if new == before {
        return Ok(None);
    }
    if !state::is_valid(&new) {
        return Err(ClientError::StateInvalid);
    }
    Ok(Some(new))
}

/// What members agree on once all is in the log that this device has said: one change does not undo another
/// that was made just before.
fn agreed_soon(core: &Core, id: ConversationId) -> Result<ConversationState, ClientError> {
    for content in core.store.unheard_parts(id)? {
        let content: Content = codec::from_cbor(&content)?;
        if let Part::State(state) = content.part {
            return Ok(state);
        }
    }
    Ok(core.store.agreed(id)?)
}

pub(super) fn patched(mut state: ConversationState, patch: StatePatch) -> ConversationState {
    state.title = patch.title.unwrap_or(state.title);
    state.topic = patch.topic.unwrap_or(state.topic);
    state.picture = patch.picture.unwrap_or(state.picture);
    state.timer = patch.timer.unwrap_or(state.timer);
    state.history = patch.history.unwrap_or(state.history);
    state
}

pub(super) async fn replace_on_door(
    core: &Core,
    conversation: &Conversation,
    state: &ConversationState,
) -> Result<(), ClientError> {
    let Some(secret) = room_secret::current(core, conversation)? else {
        return Ok(());
    };
    let request = ReplaceSealedStateRequest {
        room: secret.room(),
        sealed_state: secret.seal_state(state, &mut OsRng)?.into(),
    };
    let id = conversation.id;
    core.account
        .authorized(async |token| core.api.replace_sealed_state(token, id, &request).await)
        .await?;
    Ok(())
}

/// Changes the terms.
pub(crate) async fn set_terms(
    core: &Rc<Core>,
    id: ConversationId,
    patch: TermsPatch,
) -> Result<(), ClientError> {
    member::active(core, id)?;
    action::perform(core, id, &[Action::Terms(patch)]).await
}

/// Tells those who came what is agreed on. Belongs into the transaction of the commit that added them.
pub(super) fn tell(core: &Core, me: &Me, id: ConversationId) -> Result<(), ClientError> {
    let Some(state) = core.store.known_agreed(id)? else {
        return Ok(());
    };
    send::queue_part(core, me, id, Part::State(state)).map(drop)
}
