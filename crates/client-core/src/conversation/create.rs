//! Beginning a conversation: the founder's group, alone in epoch 0, and the commit that adds everybody, as
//! one request that is stored before it is sent.

use super::claim::{self, Claimed};
use super::room_secret::{self, RoomSecret};
use super::{change, external};
use crate::core::{Core, Me};
use crate::error::ClientError;
use crate::message::{history, state};
use crate::store::conversation::{Conversation, ConversationState};
use crate::store::own_commit::{OwnCommit, OwnContent};
use crate::sync::inbox;
use crate::testing::{CREATE_AFTER_WIRE, CREATE_BEFORE_PERSIST, CREATE_BEFORE_WIRE};
use crate::transport::api::ApiError;
use crate::view::RoomOptions;
use rand::RngCore;
use rand::rngs::OsRng;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;
use undertone_mls::{Group, GroupChange, GroupError};
use undertone_wire::content::{ConversationState as Agreed, SeenEntry};
use undertone_wire::conversation::{ConversationKind, CreateConversationRequest};
use undertone_wire::group::{GroupProfile, RoomTerms};
use undertone_wire::limits::CAPACITY_DEFAULT;
use undertone_wire::{ConversationId, Counter, Epoch, ErrorCode, Sequence, UserId, codec};

/// So often a request whose answer was lost is made before the caller hears of it.
pub(super) const TRIES: u32 = 3;
/// Between two tries.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// What a conversation begins with.
pub(super) struct Founding {
    pub(super) profile: GroupProfile,
    pub(super) peer: Option<UserId>,
    /// What is agreed on from the beginning.
    pub(super) agreed: Option<Agreed>,
    /// With a room: the secret of its first link.
    pub(super) secret: Option<RoomSecret>,
}

/// Begins a group with these people.
pub(crate) async fn group(
    core: &Rc<Core>,
    title: &str,
    members: &[UserId],
) -> Result<ConversationId, ClientError> {
    let me = core.me()?;
    let agreed = Agreed {
        title: title.trim().to_owned(),
        ..Agreed::default()
    };
    check(&agreed)?;
    let others: BTreeSet<UserId> = members.iter().copied().filter(|user| *user != me.user).collect();
    let others: Vec<UserId> = others.into_iter().collect();
    let mut tries = 1;
    loop {
        let founding = Founding {
            profile: GroupProfile::group(me.user),
            peer: None,
            agreed: Some(agreed.clone()),
            secret: None,
        };
        let request = begin(core, &me, founding, &others).await?;
        match submit(core, &request).await {
            // Somebody's devices changed since their key packages were claimed: claiming anew helps.
            Err(ClientError::Api(error)) if is_outdated(&error) && tries < TRIES => tries += 1,
            other => return other.map(|()| request.conversation),
        }
    }
}

/// Begins a room.
pub(crate) async fn room(core: &Rc<Core>, options: RoomOptions) -> Result<ConversationId, ClientError> {
    let me = core.me()?;
    let agreed = Agreed {
        title: options.title.trim().to_owned(),
        timer: options.timer,
        history: options.history,
        ..Agreed::default()
    };
    check(&agreed)?;
    let terms = RoomTerms {
        rotation: 1,
        locked: false,
        knock: options.knock,
        expires_at: options
            .expires_after_seconds
            .map(|seconds| core.platform.now().plus(Duration::from_secs(seconds.into()))),
    };
    let profile = GroupProfile {
        capacity: options.capacity.unwrap_or(CAPACITY_DEFAULT),
        slow_mode_seconds: options.slow_mode_seconds,
        retention_seconds: options.retention_seconds,
        ..GroupProfile::room(me.user, terms)
    };
    let founding = Founding {
        profile,
        peer: None,
        agreed: Some(agreed),
        secret: Some(RoomSecret::random(&mut OsRng)),
    };
    let request = begin(core, &me, founding, &[]).await?;
    submit(core, &request).await?;
    Ok(request.conversation)
}

fn check(agreed: &Agreed) -> Result<(), ClientError> {
    if state::is_valid(agreed) {
        Ok(())
    } else {
        Err(ClientError::StateInvalid)
    }
}

/// Somebody's devices changed since their key packages were claimed.
pub(super) fn is_outdated(error: &ApiError) -> bool {
    let codes = [
        ErrorCode::CommitInvalid,
        ErrorCode::CertificateInvalid,
        ErrorCode::KeyPackageInvalid,
    ];
    error.code().is_some_and(|code| codes.contains(&code))
}

/// Claims key packages of the others and of this user's other devices, makes the group and stores it with
/// the request that is to be sent.
pub(super) async fn begin(
    core: &Core,
    me: &Me,
    founding: Founding,
    others: &[UserId],
) -> Result<CreateConversationRequest, ClientError> {
    let mut devices = claim::claim_all(core, others).await?;
    devices.extend(claim::claim_own_others(core, me).await?);
    let certificates = claim::certificates(&devices);
    claim::with_pinned(core, me, &certificates, || {
        let request = make_group(core, me, &founding, &devices)?;
        core.checkpoints.reach(CREATE_BEFORE_PERSIST)?;
        Ok(request)
    })
}

/// What the group says before it is sent.
struct Alone {
    running_hash: [u8; 32],
    group_info: Vec<u8>,
    ratchet_tree: Vec<u8>,
}

fn make_group(
    core: &Core,
    me: &Me,
    founding: &Founding,
    devices: &[Claimed],
) -> Result<CreateConversationRequest, ClientError> {
    let mut id = [0; ConversationId::LEN];
    OsRng.fill_bytes(&mut id);
    let conversation = ConversationId::from_bytes(id);
    let alone = found(core, me, conversation, &founding.profile)?;
    let seen = SeenEntry {
        sequence: Sequence(0),
        running_hash: alone.running_hash.as_slice().into(),
    };
    let packages: Vec<_> = devices.iter().map(|device| device.key_package.clone()).collect();
    let pending = core.groups.with(conversation, |group, provider| {
        let change = GroupChange {
            add: &packages,
            ..GroupChange::default()
        };
        group.commit(provider, &me.mls, change, &seen)
    })?;
    let payload_hash = history::hash_of(&pending.commit);
    let bundle = change::bundle_of(Counter(1), pending);
    let own_commit = OwnCommit {
        epoch: Epoch(0),
        counter: Counter(1),
        payload_hash,
        content: OwnContent::Commit {
            bundle: codec::to_cbor(&bundle)?,
            link: None,
        },
    };
    let link = founding.secret.as_ref().map(|secret| {
        let agreed = founding.agreed.clone().unwrap_or_default();
        secret.server_side(&agreed, &mut OsRng)
    });
    let request = CreateConversationRequest {
        conversation,
        kind: founding.profile.kind,
        peer: founding.peer,
        room: link.transpose()?,
        group_info: alone.group_info.into(),
        ratchet_tree: alone.ratchet_tree.into(),
        commit: bundle,
    };
    core.store.add_conversation(&Conversation {
        id: conversation,
        kind: founding.profile.kind,
        peer: founding.peer,
        state: ConversationState::Creating,
        sequence: Sequence(0),
        running_hash: alone.running_hash.to_vec(),
        own_counter: Counter(0),
        read_sequence: Sequence(0),
        begun_at: core.platform.now(),
        creation: Some(codec::to_cbor(&request)?),
        profile: Some(founding.profile.clone()),
        people: 1,
    })?;
    core.store.save_own_commit(conversation, &own_commit)?;
    if let Some(agreed) = &founding.agreed {
        core.store.save_agreed(conversation, agreed)?;
    }
    if let (Some(secret), Some(room)) = (&founding.secret, founding.profile.room) {
        room_secret::keep(core, conversation, room.rotation, secret)?;
    }
    Ok(request)
}

fn found(
    core: &Core,
    me: &Me,
    conversation: ConversationId,
    profile: &GroupProfile,
) -> Result<Alone, ClientError> {
    core.groups
        .make(|provider| Group::create(provider, &me.mls, conversation, profile))?;
    core.groups.with(conversation, |group, provider| {
        let (group_info, ratchet_tree) = group.export_for_server(provider, &me.mls)?;
        Ok::<_, GroupError>(Alone {
            running_hash: history::begin(&group.epoch_authenticator()),
            group_info,
            ratchet_tree,
        })
    })
}

/// Sends the request until the server answers. Without an answer it stays stored, and is sent again: of a
/// direct conversation when it is opened again, of others with the next connection. After a refusal
/// nothing of it is left.
pub(super) async fn submit(core: &Rc<Core>, request: &CreateConversationRequest) -> Result<(), ClientError> {
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
                return Ok(());
            }
            Err(ClientError::Api(error)) if error.is_temporary() => {
                if tries >= TRIES {
                    return Err(error.into());
                }
                core.platform.sleep(external::wait_of(&error, TRY_AGAIN)).await;
            }
            Err(ClientError::Api(error)) => {
                drop_attempt(core, request)?;
                return Err(error.into());
            }
            Err(error) => return Err(error),
        }
    }
}

fn drop_attempt(core: &Core, request: &CreateConversationRequest) -> Result<(), ClientError> {
    let known = core.store.conversation(request.conversation)?;
    // Another's conversation of the same two may have come in between.
    if !known.is_some_and(|known| known.state == ConversationState::Creating) {
        return Ok(());
    }
    core.transaction(|| {
        core.groups.delete(request.conversation)?;
        Ok(core.store.delete_conversation(request.conversation)?)
    })
}

/// Sends again what was to begin a group or room when this device was ended.
pub(super) async fn resume(core: &Rc<Core>, creation: &[u8]) -> Result<(), ClientError> {
    let request: CreateConversationRequest = codec::from_cbor(creation)?;
    if request.kind == ConversationKind::Direct {
        return Ok(());
    }
    submit(core, &request).await
}
