//! Replacing a room's link: the new secret goes to those inside as a message; when that is sent, a commit
//! names the new link and the server takes it (design D9).

use super::action::{self, Action};
use super::change::Draft;
use super::room_secret::RoomSecret;
use crate::core::{Core, Me};
use crate::error::ClientError;
use crate::message::send;
use crate::store::conversation::Conversation;
use crate::view::Intent;
use rand::rngs::OsRng;
use undertone_wire::ConversationId;
use undertone_wire::content::{Part, RoomSecret as SharedSecret};

/// Whether this device is about to replace the link of a room: it was told to, or puts somebody out who
/// knows it.
pub(super) fn is_coming(core: &Core, id: ConversationId) -> Result<bool, ClientError> {
    action::is_wanted(core, id, |action| match action {
        Action::Rotate { .. } | Action::Remove { close: true, .. } => true,
        Action::Intent(intent) => matches!(**intent, Intent::Remove(_) | Intent::Ban(_)),
        _ => false,
    })
}

/// Takes up the replacing of the link. Gives whether the commit is due now: first everybody must have the
/// secret.
pub(super) fn take_up(
    core: &Core,
    me: &Me,
    conversation: &Conversation,
    draft: &mut Draft,
    open: bool,
) -> Result<bool, ClientError> {
    let Some(room) = &mut draft.profile.room else {
        return Err(ClientError::UnknownConversation);
    };
    let next = room.rotation.saturating_add(1);
    let Some(secret) = core.store.room_secret(conversation.id, next, Some(me.user))? else {
        let secret = RoomSecret::random(&mut OsRng);
        core.store
            .save_room_secret(conversation.id, next, Some(me.user), secret.bytes())?;
        tell(core, me, conversation, next, &secret)?;
        return Ok(false);
    };
    if core.store.first_outgoing(conversation.id)?.is_some() {
        return Ok(false);
    }
    room.rotation = next;
    if open {
        room.locked = false;
    }
    let state = core.store.agreed(conversation.id)?;
    let secret = RoomSecret::from_bytes(secret);
    draft.link = Some(secret.server_side(&state, &mut OsRng)?);
    Ok(true)
}

/// Tells those inside the secret of a link. Belongs into a transaction.
pub(super) fn tell(
    core: &Core,
    me: &Me,
    conversation: &Conversation,
    rotation: u32,
    secret: &RoomSecret,
) -> Result<(), ClientError> {
    let shared = SharedSecret {
        rotation,
        secret: secret.bytes().as_slice().into(),
    };
    send::queue_part(core, me, conversation.id, Part::RoomSecret(shared)).map(drop)
}
