//! Beginning a conversation of two people. There is one for each pair: who comes second drops what it
//! made and comes into the conversation of the first.

use super::create::{self, Founding};
use super::external::{self, Way};
use crate::change::Change;
use crate::core::{Core, Me};
use crate::error::ClientError;
use crate::people::request;
use crate::store::conversation::ConversationState;
use crate::sync;
use crate::transport::api::ApiError;
use futures::future::{Either, select};
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;
use undertone_wire::account::PeopleQuery;
use undertone_wire::conversation::CreateConversationRequest;
use undertone_wire::group::GroupProfile;
use undertone_wire::{ConversationId, ErrorCode, UserId, UserName, codec};

/// So long the Welcome of somebody else's conversation is waited for.
const WELCOME_WAIT: Duration = Duration::from_secs(20);

/// Finds or begins the conversation with a person.
pub(crate) async fn open_direct(core: &Rc<Core>, user: UserId) -> Result<ConversationId, ClientError> {
    let _turn = core.opening.lock().await;
    let me = core.me()?;
    if user == me.user {
        return Err(ClientError::OwnPerson);
    }
    let known = core.store.conversations_with(user)?;
    if let Some(begun) = known
        .iter()
        .find(|known| known.state != ConversationState::Creating)
    {
        request::opened(core, begun.id, false)?;
        return Ok(begun.id);
    }
    let mut request = match known.into_iter().find_map(|known| known.creation) {
        Some(creation) => codec::from_cbor(&creation)?,
        None => begin(core, &me, user).await?,
    };
    for _ in 1..create::TRIES {
        match submit(core, &request).await {
            Err(ClientError::Api(error)) if create::is_outdated(&error) => {
                request = begin(core, &me, user).await?;
            }
            other => return other,
        }
    }
    submit(core, &request).await
}

/// Finds a person by their name: one of those we know, or else as the server knows it. A server that
/// gives somebody else under the name of one we know, or under our own, is not believed.
pub(crate) async fn find_by_name(core: &Core, name: &UserName) -> Result<UserId, ClientError> {
    let unique_key = name.unique_key();
    let query = PeopleQuery {
        query: Some(name.as_str().to_owned()),
        after: None,
        limit: None,
    };
    let response = core
        .account
        .authorized(async |token| core.api.people(token, &query).await)
        .await?;
    let listed = response.people.into_iter();
    let listed: Vec<_> = listed
        .filter(|person| person.name.unique_key() == unique_key)
        .map(|person| person.user)
        .collect();
    let Some(known) = known_by_name(core, &unique_key)? else {
        return listed.first().copied().ok_or(ClientError::UnknownPerson);
    };
    if listed.iter().any(|user| *user != known) {
        core.store.mark_key_changed(known)?;
        core.publish(Change::Conversations);
        return Err(ClientError::KeyChanged { name: name.clone() });
    }
    Ok(known)
}

/// Whom this device knows by a name: this user, or a pinned contact.
fn known_by_name(core: &Core, unique_key: &str) -> Result<Option<UserId>, ClientError> {
    let me = core.me()?;
    if me.name.unique_key() == unique_key {
        return Ok(Some(me.user));
    }
    let contacts = core.store.contacts()?;
    let mut known = contacts
        .into_iter()
        .filter(|contact| contact.name.unique_key() == unique_key);
    match (known.next(), known.next()) {
        (Some(contact), Some(_)) => Err(ClientError::KeyChanged { name: contact.name }),
        (contact, _) => Ok(contact.map(|contact| contact.user)),
    }
}

/// Makes the group and stores it with the request that is to be sent.
async fn begin(core: &Core, me: &Me, user: UserId) -> Result<CreateConversationRequest, ClientError> {
    let founding = Founding {
        profile: GroupProfile::direct(me.user, user),
        peer: Some(user),
        agreed: None,
        secret: None,
    };
    create::begin(core, me, founding, &[user]).await
}

/// Sends the request. If somebody was first, that conversation is the one.
async fn submit(core: &Rc<Core>, request: &CreateConversationRequest) -> Result<ConversationId, ClientError> {
    let peer = request.peer.ok_or(ClientError::UnknownPerson)?;
    match create::submit(core, request).await {
        Ok(()) => Ok(request.conversation),
        Err(ClientError::Api(error)) => match existing(&error) {
            Some(winner) => {
                let came = wait_for(core, winner, peer).await?;
                request::opened(core, came, true)?;
                Ok(came)
            }
            None => Err(error.into()),
        },
        Err(error) => Err(error),
    }
}

fn existing(error: &ApiError) -> Option<ConversationId> {
    let refusal = error.refusal()?;
    if refusal.code == ErrorCode::ConversationExists {
        refusal.conversation
    } else {
        None
    }
}

/// Comes into the conversation that somebody else began first.
async fn wait_for(
    core: &Rc<Core>,
    conversation: ConversationId,
    peer: UserId,
) -> Result<ConversationId, ClientError> {
    if core.store.conversation(conversation)?.is_some() {
        return Ok(conversation);
    }
    let heads = core
        .account
        .authorized(async |token| core.api.conversations(token).await);
    if !heads
        .await?
        .conversations
        .iter()
        .any(|head| head.conversation == conversation)
    {
        // It lives on the user's other devices.
        return external::come_in(core, &Way::Member(conversation)).await;
    }
    // This device is a member: its Welcome is on the way.
    if !core.status.is_running() {
        sync::catch_up(core).await?;
    }
    let arrived = core.until(|| arrival(core, conversation, peer));
    match select(pin!(arrived), core.platform.sleep(WELCOME_WAIT)).await {
        Either::Left((arrived, _)) => arrived,
        Either::Right(_) => Err(ClientError::TimedOut),
    }
}

fn arrival(
    core: &Core,
    conversation: ConversationId,
    peer: UserId,
) -> Result<Option<ConversationId>, ClientError> {
    if core.store.conversation(conversation)?.is_some() {
        return Ok(Some(conversation));
    }
    match core.store.contact(peer)? {
        Some(contact) if contact.key_changed => Err(ClientError::KeyChanged { name: contact.name }),
        _ => Ok(None),
    }
}
