//! Beginning a conversation of two people. There is one for each pair: who comes second drops what it
//! made and comes into the conversation of the first.

use super::{join, pin};
use crate::change::Change;
use crate::core::{Core, Me};
use crate::error::ClientError;
use crate::message::history;
use crate::store::conversation::{Conversation, ConversationState, OwnCommit};
use crate::sync;
use crate::sync::inbox;
use crate::testing::{CREATE_AFTER_WIRE, CREATE_BEFORE_PERSIST, CREATE_BEFORE_WIRE};
use crate::transport::api::ApiError;
use futures::future::{Either, select};
use rand::RngCore;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;
use undertone_mls::{Group, GroupError, inspect_key_package};
use undertone_wire::account::PeopleQuery;
use undertone_wire::content::SeenEntry;
use undertone_wire::conversation::{CommitBundle, ConversationKind, CreateConversationRequest};
use undertone_wire::device::DeviceCertificateBody;
use undertone_wire::{ConversationId, Counter, Epoch, ErrorCode, Sequence, UserId, UserName, codec};

/// So often a request whose answer was lost is made before the caller hears of it.
const TRIES: u32 = 3;
/// Between two tries.
const TRY_AGAIN: Duration = Duration::from_secs(1);
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
        return Ok(begun.id);
    }
    let mut request = match known.into_iter().find_map(|known| known.creation) {
        Some(creation) => codec::from_cbor(&creation)?,
        None => begin(core, &me, user).await?,
    };
    for _ in 1..TRIES {
        match submit(core, &request).await {
            Err(ClientError::Api(error)) if is_outdated(&error) => request = begin(core, &me, user).await?,
            other => return other,
        }
    }
    submit(core, &request).await
}

/// Somebody's devices changed since their key packages were claimed: claiming anew helps.
fn is_outdated(error: &ApiError) -> bool {
    let codes = [
        ErrorCode::CommitInvalid,
        ErrorCode::CertificateInvalid,
        ErrorCode::KeyPackageInvalid,
    ];
    error.code().is_some_and(|code| codes.contains(&code))
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

/// Claims key packages, makes the group and stores it with the request that is to be sent.
async fn begin(core: &Core, me: &Me, user: UserId) -> Result<CreateConversationRequest, ClientError> {
    let claimed = claim(core, user).await?;
    if claimed.is_empty() {
        return Err(ClientError::NoDevice);
    }
    let own = claim(core, me.user)
        .await?
        .into_iter()
        .filter(|device| device.certificate.device != me.device);
    let devices: Vec<Claimed> = claimed.into_iter().chain(own).collect();
    let certificates: Vec<_> = devices.iter().map(|device| device.certificate.clone()).collect();
    let packages: Vec<_> = devices.into_iter().map(|device| device.key_package).collect();
    let begun = core.transaction(|| {
        pin::check_and_pin(core, me, &certificates)?;
        let request = make_group(core, me, user, &packages)?;
        core.checkpoints.reach(CREATE_BEFORE_PERSIST)?;
        Ok(request)
    });
    if let Err(ClientError::KeyChanged { .. }) = &begun {
        pin::note_changed(core, &certificates)?;
        core.publish(Change::Conversations);
    }
    begun
}

/// A key package that is what the server says it is.
struct Claimed {
    certificate: DeviceCertificateBody,
    key_package: Vec<u8>,
}

async fn claim(core: &Core, user: UserId) -> Result<Vec<Claimed>, ClientError> {
    let answer = core
        .account
        .authorized(async |token| core.api.claim_key_packages(token, user).await)
        .await;
    let response = match answer.map_err(ClientError::from) {
        Err(ClientError::Api(error)) if error.code() == Some(ErrorCode::NoDevice) => return Ok(Vec::new()),
        other => other?,
    };
    let mut all = Vec::new();
    for claimed in response.key_packages {
        let key_package = claimed.key_package.0;
        let info = inspect_key_package(&key_package, core.platform.now())?;
        if info.certificate.user != user || info.certificate.device != claimed.device {
            return Err(ClientError::ForeignKeys);
        }
        all.push(Claimed {
            certificate: info.certificate,
            key_package,
        });
    }
    Ok(all)
}

/// What the group says before it is sent.
struct Founded {
    authenticator: Vec<u8>,
    group_info: Vec<u8>,
    ratchet_tree: Vec<u8>,
}

fn make_group(
    core: &Core,
    me: &Me,
    user: UserId,
    packages: &[Vec<u8>],
) -> Result<CreateConversationRequest, ClientError> {
    let kind = ConversationKind::Direct;
    let mut id = [0; 16];
    rand::rngs::OsRng.fill_bytes(&mut id);
    let conversation = ConversationId::from_bytes(id);
    core.groups
        .make(|provider| Group::create(provider, &me.mls, conversation, kind, &[me.user, user]))?;
    let founded = core.groups.with(conversation, |group, provider| {
        let (group_info, ratchet_tree) = group.export_for_server(provider, &me.mls)?;
        Ok::<_, GroupError>(Founded {
            authenticator: group.epoch_authenticator(),
            group_info,
            ratchet_tree,
        })
    })?;
    let running_hash = history::begin(&founded.authenticator);
    let seen = SeenEntry {
        sequence: Sequence(0),
        running_hash: running_hash.as_slice().into(),
    };
    let pending = core.groups.with(conversation, |group, provider| {
        group.add(provider, &me.mls, packages, &seen)
    })?;
    let payload_hash = history::hash_of(&pending.commit);
    let bundle = CommitBundle {
        counter: Counter(1),
        commit: pending.commit.into(),
        group_info: pending.group_info.into(),
        welcome: pending.welcome.map(Into::into),
    };
    let own_commit = OwnCommit {
        epoch: Epoch(0),
        counter: Counter(1),
        payload_hash,
        bundle: codec::to_cbor(&bundle)?,
    };
    let request = CreateConversationRequest {
        conversation,
        kind,
        peer: user,
        group_info: founded.group_info.into(),
        ratchet_tree: founded.ratchet_tree.into(),
        commit: bundle,
    };
    core.store.add_conversation(&Conversation {
        id: conversation,
        kind,
        peer: user,
        state: ConversationState::Creating,
        sequence: Sequence(0),
        running_hash: running_hash.to_vec(),
        own_counter: Counter(0),
        read_sequence: Sequence(0),
        begun_at: core.platform.now(),
        creation: Some(codec::to_cbor(&request)?),
    })?;
    core.store.save_own_commit(conversation, &own_commit)?;
    Ok(request)
}

/// Sends the request until the server answers. Without an answer it stays stored, and is sent again
/// when the conversation is opened again.
async fn submit(core: &Rc<Core>, request: &CreateConversationRequest) -> Result<ConversationId, ClientError> {
    core.checkpoints.reach(CREATE_BEFORE_WIRE)?;
    let mut tries = 0;
    loop {
        tries += 1;
        let call = core
            .account
            .authorized(async |token| core.api.create_conversation(token, request).await);
        match call.await.map_err(ClientError::from) {
            Ok(accepted) => {
                core.checkpoints.reach(CREATE_AFTER_WIRE)?;
                inbox::commit_accepted(core, &accepted)?;
                core.status.ask_heads();
                core.signal.notify();
                return Ok(request.conversation);
            }
            Err(ClientError::Api(error)) if error.is_temporary() => {
                if tries >= TRIES {
                    return Err(error.into());
                }
                core.platform.sleep(TRY_AGAIN).await;
            }
            Err(ClientError::Api(error)) => {
                drop_own(core, request)?;
                return match existing(&error) {
                    Some(winner) => wait_for(core, winner, request.peer).await,
                    None => Err(error.into()),
                };
            }
            Err(error) => return Err(error),
        }
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

fn drop_own(core: &Core, request: &CreateConversationRequest) -> Result<(), ClientError> {
    core.transaction(|| join::drop_attempts(core, request.peer))
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
        return Err(ClientError::ConversationOnOtherDevice);
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
