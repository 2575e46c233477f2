//! Rooms by link: what stands on the door, coming in, knocking, and the link for those inside.

use super::action::{self, Action};
use super::external::{self, Way};
use super::room_secret::{self, RoomSecret};
use super::{member, rotate};
use crate::account::AccountError;
use crate::change::Change;
use crate::core::Core;
use crate::error::ClientError;
use crate::message::state;
use crate::store::conversation::{Conversation, ConversationState};
use crate::view::{IdentityLook, JoinedView, RoomDoorView, RoomLinkView};
use std::rc::Rc;
use undertone_wire::content::ConversationState as Agreed;
use undertone_wire::conversation::ConversationKind;
use undertone_wire::room::{KnockRequest, RoomDoor};
use undertone_wire::{ConversationId, Counter, ErrorCode, Sequence, Timestamp};

/// A link that was used to knock counts for no rotation yet.
pub(super) const KNOCKED: u32 = 0;

/// The link of a room, where this device has it. One that is about to be replaced is not handed out: whoever
/// got it would stand before a door that is gone.
pub(crate) fn link(core: &Core, id: ConversationId) -> Result<Option<RoomLinkView>, ClientError> {
    if rotate::is_coming(core, id)? {
        return Ok(None);
    }
    current_link(core, id)
}

fn current_link(core: &Core, id: ConversationId) -> Result<Option<RoomLinkView>, ClientError> {
    let known = core.store.conversation(id)?;
    let known = known.ok_or(ClientError::UnknownConversation)?;
    Ok(room_secret::current(core, &known)?.map(|secret| view_of(core, &secret)))
}

fn view_of(core: &Core, secret: &RoomSecret) -> RoomLinkView {
    RoomLinkView {
        link: secret.link(&core.server_url).to_string(),
        code: secret.code().to_string(),
    }
}

/// Reads what stands on the door.
pub(crate) async fn look(core: &Core, text: &str) -> Result<RoomDoorView, ClientError> {
    let secret = RoomSecret::parse(text)?;
    let (door, agreed) = read_door(core, &secret).await?;
    let agreed = state::shown(agreed);
    let known = core.store.conversation(door.conversation)?;
    let look = IdentityLook::of_conversation(door.conversation);
    Ok(RoomDoorView {
        conversation: door.conversation,
        identity_colour: look.colour,
        identity_shape: look.shape,
        joined: known.is_some_and(|known| known.state == ConversationState::Active),
        title: agreed.title,
        topic: agreed.topic,
        picture: agreed.picture,
        people: door.people,
        capacity: door.capacity,
        locked: door.locked,
        knock: door.knock,
        slow_mode_seconds: door.slow_mode_seconds,
        retention_seconds: door.retention_seconds,
        timer: agreed.timer,
        history: agreed.history,
        expires_at_ms: door.expires_at.map(Timestamp::as_millis),
    })
}

async fn read_door(core: &Core, secret: &RoomSecret) -> Result<(RoomDoor, Agreed), ClientError> {
    let door = core.api.look_at_room(&secret.request()).await?;
    let agreed = secret.open_state(door.sealed_state.as_slice())?;
    if !state::is_valid(&agreed) {
        return Err(ClientError::Protocol(None));
    }
    Ok((door, agreed))
}

/// Comes in by a link or code, or knocks.
pub(crate) async fn join(core: &Rc<Core>, text: &str) -> Result<JoinedView, ClientError> {
    let secret = RoomSecret::parse(text)?;
    core.me()?;
    let (door, agreed) = read_door(core, &secret).await?;
    let id = door.conversation;
    let known = core.store.conversation(id)?;
    if known.is_some_and(|known| known.state == ConversationState::Active) {
        return Ok(JoinedView {
            conversation: id,
            waiting: false,
        });
    }
    if door.knock {
        return knock(core, id, &secret, &agreed).await;
    }
    let came = external::come_in(core, &Way::Link(secret)).await?;
    if came != id {
        return Err(ClientError::Protocol(None));
    }
    // What members say later counts for more than the door.
    if core.store.known_agreed(id)?.is_none() {
        core.transaction(|| Ok(core.store.save_agreed(id, &agreed)?))?;
        core.publish(Change::Conversations);
    }
    Ok(JoinedView {
        conversation: id,
        waiting: false,
    })
}

/// Asks to be let in. The answer is a Welcome, or a refusal.
async fn knock(
    core: &Core,
    id: ConversationId,
    secret: &RoomSecret,
    agreed: &Agreed,
) -> Result<JoinedView, ClientError> {
    let me = core.me()?;
    let made = core.transaction(|| {
        core.groups
            .with_provider(|provider| me.mls.make_key_packages(provider, 1, false))
    })?;
    let request = secret.request();
    let request = KnockRequest {
        room: request.room,
        admission_token: request.admission_token,
        key_package: made.into_iter().next().ok_or(ClientError::NoDevice)?.into(),
    };
    core.account
        .authorized(async |token| core.api.knock(token, &request).await)
        .await?;
    core.transaction(|| {
        let waiting = waiting_row(core, id)?;
        core.store.save_conversation(&waiting)?;
        core.store.save_room_secret(id, KNOCKED, None, secret.bytes())?;
        Ok(core.store.save_agreed(id, agreed)?)
    })?;
    core.publish(Change::Conversations);
    Ok(JoinedView {
        conversation: id,
        waiting: true,
    })
}

/// The row of a conversation at whose door this device stands.
fn waiting_row(core: &Core, id: ConversationId) -> Result<Conversation, ClientError> {
    if let Some(known) = core.store.conversation(id)? {
        return Ok(Conversation {
            state: ConversationState::Waiting,
            creation: None,
            ..known
        });
    }
    let row = Conversation {
        id,
        kind: ConversationKind::Room,
        peer: None,
        state: ConversationState::Waiting,
        sequence: Sequence(0),
        running_hash: Vec::new(),
        own_counter: Counter(0),
        read_sequence: Sequence(0),
        begun_at: core.platform.now(),
        creation: None,
        profile: None,
        people: 0,
    };
    core.store.add_conversation(&row)?;
    Ok(row)
}

/// Asks, in a task of its own, where this device stands at a door of whose opening it did not hear: it may
/// have been sent away meanwhile. Who was let in has a Welcome. Once for each connection.
pub(crate) fn ask_at_doors(core: &Rc<Core>) {
    let task = Rc::clone(core);
    // The next connection asks again.
    core.attempt("not known whether somebody opens", async move {
        ask_at_each(&task).await
    });
}

async fn ask_at_each(core: &Core) -> Result<(), ClientError> {
    let known = core.store.conversations()?;
    let waiting = known
        .iter()
        .filter(|known| known.state == ConversationState::Waiting);
    for id in waiting.map(|known| known.id) {
        let stands = core
            .account
            .authorized(async |token| core.api.stands_at_door(token, id).await)
            .await;
        match stands {
            Err(AccountError::Api(error)) if error.code() == Some(ErrorCode::NotFound) => {
                knock_refused(core, id)?;
            }
            stands => stands?,
        }
    }
    Ok(())
}

/// Nobody lets this device in.
pub(crate) fn knock_refused(core: &Core, id: ConversationId) -> Result<(), ClientError> {
    let waits = core
        .store
        .conversation(id)?
        .is_some_and(|known| known.state == ConversationState::Waiting);
    if waits {
        core.transaction(|| Ok(core.store.delete_conversation(id)?))?;
        core.publish(Change::Conversations);
    }
    Ok(())
}

/// Replaces the link.
pub(crate) async fn rotate(core: &Rc<Core>, id: ConversationId) -> Result<RoomLinkView, ClientError> {
    let before = member::active(core, id)?;
    if room_secret::rotation(&before).is_none() {
        return Err(ClientError::UnknownConversation);
    }
    action::perform(core, id, &[Action::Rotate { open: false }]).await?;
    current_link(core, id)?.ok_or(ClientError::LinkNeeded)
}
