//! Coming in by an external commit (RFC 9420 section 12.4.3.2): into a room by its link, into a
//! conversation of one's user with another device, and again into one whose group this device has lost.
//! The request is stored before it is sent; what the server refuses leaves nothing behind.

use super::room_secret::{self, RoomSecret};
use super::{change, create, epoch, pin};
use crate::change::Change;
use crate::core::{Core, Me};
use crate::error::ClientError;
use crate::message::event::{self, Place};
use crate::message::history;
use crate::people::tell;
use crate::store::conversation::{Conversation, ConversationState};
use crate::store::history::{Notice, NoticeKind};
use crate::sync::outbox;
use crate::testing::{JOIN_AFTER_WIRE, JOIN_BEFORE_WIRE};
use crate::transport::api::ApiError;
use futures::FutureExt;
use rand::Rng;
use rand::rngs::OsRng;
use std::rc::Rc;
use std::time::Duration;
use undertone_mls::{ExternalJoin, RoomPsk, UnverifiedGroupInfo, read_group_info};
use undertone_wire::content::SeenEntry;
use undertone_wire::conversation::{Accepted, ConversationKind, JoinRequest};
use undertone_wire::device::DeviceCertificateBody;
use undertone_wire::group::{GroupProfile, GroupResponse};
use undertone_wire::{Bytes, ConversationId, Counter, ErrorCode, Sequence, codec};

/// So often coming in is tried, against others who come in and against a bad network.
const TRIES_MAX: u32 = 120;
/// So often a request is repeated whose answer was lost.
const LOST_MAX: u32 = 4;
/// Between two tries, where the server does not say.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// By which right somebody comes in.
#[derive(Debug, Clone)]
pub(super) enum Way {
    /// By the link of a room.
    Link(RoomSecret),
    /// Their user is a member.
    Member(ConversationId),
}

/// How long to wait after a refusal: as the server says, or else so long, and never the same for two.
pub(super) fn wait_of(error: &ApiError, otherwise: Duration) -> Duration {
    let asked = error.retry_after_ms().map_or(otherwise, Duration::from_millis);
    let asked_ms = u64::try_from(asked.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(asked_ms.saturating_add(OsRng.gen_range(0..=asked_ms / 2)))
}

/// Comes in; tries again while others are first.
pub(super) async fn come_in(core: &Rc<Core>, way: &Way) -> Result<ConversationId, ClientError> {
    let me = core.me()?;
    let _turn = core.coming.lock().await;
    let mut tries = 0;
    // Whoever does not even reach the server learns it at once.
    let mut lost = LOST_MAX;
    loop {
        tries += 1;
        let refusal = match attempt(core, &me, way).await {
            Err(ClientError::Api(error)) if may_try_again(&error) && tries < TRIES_MAX => {
                lost = 0;
                error
            }
            // Whoever waits for their turn does not lose it to a bad network.
            Err(ClientError::Api(error)) if is_lost(&error) && lost < LOST_MAX => {
                lost += 1;
                error
            }
            other => return other,
        };
        core.platform.sleep(wait_of(&refusal, TRY_AGAIN)).await;
    }
}

/// Others were first, or a queue is before the door.
fn may_try_again(error: &ApiError) -> bool {
    let codes = [
        ErrorCode::JoinQueued,
        ErrorCode::RateLimited,
        ErrorCode::EpochStale,
        ErrorCode::CounterConflict,
        ErrorCode::Unavailable,
    ];
    error.code().is_some_and(|code| codes.contains(&code))
}

/// Nobody answered.
fn is_lost(error: &ApiError) -> bool {
    error.refusal().is_none() && error.is_temporary()
}

async fn attempt(core: &Rc<Core>, me: &Me, way: &Way) -> Result<ConversationId, ClientError> {
    let material = core
        .account
        .authorized(async |token| match way {
            Way::Link(secret) => core.api.enter_room(token, &secret.request()).await,
            Way::Member(id) => core.api.group(token, *id).await,
        })
        .await?;
    let UnverifiedGroupInfo {
        conversation: id,
        profile,
        ..
    } = read_group_info(material.group_info.as_slice())?;
    if id != material.conversation || matches!(way, Way::Member(wanted) if *wanted != id) {
        return Err(ClientError::Protocol(None));
    }
    // A request whose answer was lost comes first: the server may have taken it.
    let begun = core
        .store
        .conversation(id)?
        .filter(|known| known.state.is_coming());
    let request = match begun.and_then(|begun| begun.creation) {
        Some(begun) => codec::from_cbor(&begun)?,
        None => match make(core, me, way, &material, &profile)? {
            Some(request) => request,
            None => return Ok(id),
        },
    };
    submit(core, me, &request).await?;
    Ok(id)
}

/// Makes and stores the request; none, if this device is inside already.
fn make(
    core: &Core,
    me: &Me,
    way: &Way,
    material: &GroupResponse,
    profile: &GroupProfile,
) -> Result<Option<JoinRequest>, ClientError> {
    let id = material.conversation;
    let known = core.store.conversation(id)?;
    if known
        .as_ref()
        .is_some_and(|known| known.state == ConversationState::Active)
    {
        return Ok(None);
    }
    let psk = psk_of(core, way, id, profile)?;
    let mut certificates = Vec::new();
    let made = core.transaction(|| {
        core.groups.delete(id)?;
        let before = match known.clone() {
            Some(known) if known.state == ConversationState::Lost => known,
            // Whoever was out counts anew.
            Some(known) => Conversation {
                own_counter: Counter(0),
                ..known
            },
            None => newcomer(core, id, profile),
        };
        let seen = SeenEntry {
            sequence: before.sequence,
            running_hash: Bytes::default(),
        };
        let join = ExternalJoin {
            group_info: material.group_info.as_slice(),
            ratchet_tree: material.ratchet_tree.as_slice(),
            psk: psk.as_ref(),
            seen: &seen,
        };
        let (epoch, pending, voucher) = core.groups.join_externally(&me.mls, join)?;
        check_voucher(core, me, profile, (id, &voucher))?;
        certificates = core.groups.with(id, |group, _| group.certificates())?;
        check_same(&before, profile)?;
        pin::check_and_pin(core, me, &certificates)?;
        let request = JoinRequest {
            conversation: id,
            epoch,
            commit: change::bundle_of(before.own_counter.next(), pending),
            admission_token: match way {
                Way::Link(secret) => Some(secret.request().admission_token),
                Way::Member(_) => None,
            },
        };
        let joining = Conversation {
            state: if before.state == ConversationState::Lost {
                ConversationState::Lost
            } else {
                ConversationState::Joining
            },
            creation: Some(codec::to_cbor(&request)?),
            profile: Some(profile.clone()),
            ..before
        };
        if known.is_none() {
            core.store.add_conversation(&joining)?;
        }
        core.store.save_conversation(&joining)?;
        if let (Way::Link(secret), Some(psk)) = (way, &psk) {
            room_secret::keep(core, id, psk.rotation, secret)?;
        }
        Ok(request)
    });
    if let Err(ClientError::KeyChanged { .. }) = &made {
        pin::note_changed(core, &certificates)?;
        core.publish(Change::Conversations);
    }
    made.map(Some)
}

/// The room's PSK: from the link by which somebody comes, or as this device knows it.
fn psk_of(
    core: &Core,
    way: &Way,
    id: ConversationId,
    profile: &GroupProfile,
) -> Result<Option<RoomPsk>, ClientError> {
    let Some(room) = profile.room else { return Ok(None) };
    let secret = match way {
        Way::Link(secret) => secret.clone(),
        Way::Member(_) => {
            let stored = core.store.room_secret(id, room.rotation, None)?;
            RoomSecret::from_bytes(stored.ok_or(ClientError::LinkNeeded)?)
        }
    };
    Ok(Some(secret.psk(room.rotation)))
}

fn newcomer(core: &Core, id: ConversationId, profile: &GroupProfile) -> Conversation {
    let me = core.account.session().map(|session| session.user);
    let other = profile.users.iter().copied().find(|user| Some(*user) != me);
    Conversation {
        id,
        kind: profile.kind,
        peer: other,
        state: ConversationState::Joining,
        sequence: Sequence(0),
        running_hash: Vec::new(),
        own_counter: Counter(0),
        read_sequence: Sequence(0),
        begun_at: core.platform.now(),
        creation: None,
        profile: None,
        people: 0,
    }
}

/// Whoever signed the `GroupInfo` vouches for the group. A group without a PSK could be made up by the
/// server, of real leaves and a ghost that signs: it must be somebody who was inside when this device was,
/// or one of its user's own devices.
fn check_voucher(
    core: &Core,
    me: &Me,
    profile: &GroupProfile,
    (id, voucher): (ConversationId, &DeviceCertificateBody),
) -> Result<(), ClientError> {
    if profile.kind != ConversationKind::Group {
        return Ok(());
    }
    let is_own = voucher.user == me.user && voucher.identity_key.as_slice() == me.identity_key;
    if is_own || core.store.is_voucher(id, voucher.device)? {
        Ok(())
    } else {
        Err(ClientError::ForeignGroup)
    }
}

/// A conversation that this device knew must still be of the same kind and of the same two people.
fn check_same(before: &Conversation, profile: &GroupProfile) -> Result<(), ClientError> {
    let known = before.profile.as_ref();
    let same = known.is_none_or(|known| known.users == profile.users);
    if same && before.kind == profile.kind {
        Ok(())
    } else {
        Err(ClientError::ForeignGroup)
    }
}

/// Sends the stored request until the server answers.
async fn submit(core: &Rc<Core>, me: &Me, request: &JoinRequest) -> Result<(), ClientError> {
    core.checkpoints.reach(JOIN_BEFORE_WIRE)?;
    let mut lost = 0;
    loop {
        let call = core
            .account
            .authorized(async |token| core.api.join(token, request).await);
        match call.await.map_err(ClientError::from) {
            Ok(accepted) => {
                core.checkpoints.reach(JOIN_AFTER_WIRE)?;
                return accepted_join(core, me, request, &accepted);
            }
            // Nobody knows whether the server has it: the same request again is safe.
            Err(ClientError::Api(error)) if is_lost(&error) => {
                lost += 1;
                if lost >= LOST_MAX {
                    return Err(error.into());
                }
                core.platform.sleep(wait_of(&error, TRY_AGAIN)).await;
            }
            Err(ClientError::Api(error)) => {
                refused(core, request, &error)?;
                return Err(error.into());
            }
            Err(error) => return Err(error),
        }
    }
}

/// The server has the commit: this device is inside.
fn accepted_join(
    core: &Core,
    me: &Me,
    request: &JoinRequest,
    accepted: &Accepted,
) -> Result<(), ClientError> {
    let id = accepted.conversation;
    core.transaction(|| {
        let Some(before) = core.store.conversation(id)? else {
            return Ok(());
        };
        if !before.state.is_coming() {
            return Ok(());
        }
        let authenticator = core.groups.with(id, |group, _| Ok(group.epoch_authenticator()))?;
        let running_hash = history::begin(&authenticator);
        let is_new = before.state == ConversationState::Joining;
        let mut now = Conversation {
            state: ConversationState::Active,
            creation: None,
            sequence: accepted.sequence,
            running_hash: running_hash.to_vec(),
            own_counter: accepted.counter,
            ..before.clone()
        };
        epoch::read_profile(core, &mut now)?;
        core.store.save_conversation(&now)?;
        outbox::keep_from_others(core, id)?;
        core.store.forget_vouchers(id)?;
        core.store.delete_rollback(id)?;
        core.store.forget_passed_epochs(id)?;
        let hash = history::hash_of(request.commit.commit.as_slice());
        core.store
            .pass_epoch(id, (request.epoch, accepted.sequence), &hash)?;
        core.store.forget_peer_counters(id)?;
        core.store.forget_running_hashes(id, accepted.sequence)?;
        core.store
            .add_running_hash(id, accepted.sequence, &running_hash)?;
        let place = Place {
            conversation: id,
            sequence: accepted.sequence,
            sent_at: accepted.sent_at,
        };
        if is_new {
            core.store.mark_read(id, accepted.sequence)?;
            event::joined_here(core, me, place, None)?;
            tell::newcomers(core, id)?;
        } else {
            note_gap(core, &before, accepted)?;
            core.returns.came(id, core.platform.monotonic_ms());
        }
        Ok(())
    })?;
    core.publish(Change::Conversations);
    core.publish(Change::Timeline(id));
    core.status.ask_heads();
    core.signal.notify();
    Ok(())
}

/// What was sent between the last entry that this device has and its coming again is lost to it, but for
/// the one commit that it could not process. Without a running hash, something was said of it before.
fn note_gap(core: &Core, before: &Conversation, accepted: &Accepted) -> Result<(), ClientError> {
    let between = accepted.sequence.0.saturating_sub(before.sequence.0);
    if between > 2 && !before.running_hash.is_empty() {
        let notice = Notice {
            kind: NoticeKind::LostMessages,
            sequence: before.sequence,
            noticed_at: core.platform.now(),
        };
        core.store.add_notice(before.id, notice)?;
    }
    Ok(())
}

/// Nothing stays of a commit that the server did not take; a conversation that was lost stays lost.
fn refused(core: &Core, request: &JoinRequest, error: &ApiError) -> Result<(), ClientError> {
    let id = request.conversation;
    core.transaction(|| {
        core.groups.delete(id)?;
        let Some(before) = core.store.conversation(id)? else {
            return Ok(());
        };
        match before.state {
            ConversationState::Joining if before.sequence == Sequence(0) => {
                core.store.delete_conversation(id)?;
            }
            ConversationState::Joining | ConversationState::Lost => {
                let conflict = error.code() == Some(ErrorCode::CounterConflict);
                core.store.save_conversation(&Conversation {
                    state: if before.state == ConversationState::Lost {
                        ConversationState::Lost
                    } else {
                        ConversationState::Removed
                    },
                    creation: None,
                    // Its leaf is gone meanwhile, and with it the count.
                    own_counter: if conflict { Counter(0) } else { before.own_counter },
                    ..before
                })?;
            }
            _ => {}
        }
        Ok(())
    })?;
    core.publish(Change::Conversations);
    Ok(())
}

/// The group's state is of no use any more: this device comes in again. Belongs into a transaction.
pub(crate) fn lose(core: &Core, conversation: &mut Conversation) -> Result<(), ClientError> {
    let members = core.groups.with(conversation.id, |group, _| group.members())?;
    for member in members {
        core.store.add_voucher(conversation.id, member.device)?;
    }
    core.groups.delete(conversation.id)?;
    core.store.delete_own_commit(conversation.id)?;
    core.store.return_actions(conversation.id)?;
    conversation.state = ConversationState::Lost;
    conversation.creation = None;
    Ok(())
}

/// Goes on with whatever coming in was not finished, in a task of its own, unless that runs.
pub(crate) fn resume(core: &Rc<Core>) {
    if core.resuming.replace(true) {
        return;
    }
    let task = Rc::clone(core);
    let resumed = async move {
        if let Err(error) = resume_all(&task).await {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "a conversation could not be resumed"
            );
        }
        task.resuming.set(false);
        task.signal.notify();
    };
    core.spawn(resumed.boxed_local());
}

/// Whether a conversation waits for being come into again.
pub(crate) fn must_resume(core: &Core) -> Result<bool, ClientError> {
    Ok(core.store.has_lost_conversation()?)
}

async fn resume_all(core: &Rc<Core>) -> Result<(), ClientError> {
    let me = core.me()?;
    for conversation in core.store.conversations()? {
        let done = match (conversation.state, &conversation.creation) {
            (ConversationState::Creating, Some(creation)) => create::resume(core, creation).await,
            (ConversationState::Joining | ConversationState::Lost, Some(request)) => {
                let _turn = core.coming.lock().await;
                submit(core, &me, &codec::from_cbor(request)?).await
            }
            (ConversationState::Lost, None) => Ok(()),
            _ => continue,
        };
        if let Err(error) = done {
            tracing::debug!(error = &error as &dyn std::error::Error, "not resumed");
        }
        let lost = core.store.conversation(conversation.id)?;
        let is_lost = |now: Conversation| now.state == ConversationState::Lost && now.creation.is_none();
        let may_come =
            lost.is_some_and(is_lost) && core.returns.may(conversation.id, core.platform.monotonic_ms());
        if !may_come {
            continue;
        }
        if let Err(error) = come_back(core, conversation.id).await {
            // The others do not wait for this one.
            tracing::debug!(error = &error as &dyn std::error::Error, "not come back");
        }
    }
    Ok(())
}

/// The server knows the user as no member.
fn is_stranger(refusal: &ClientError) -> bool {
    let ClientError::Api(error) = refusal else {
        return false;
    };
    matches!(error.code(), Some(ErrorCode::NotFound | ErrorCode::Forbidden))
}

/// Whoever came into a room by a commit that was voided is a member no more: the link is as good as
/// before.
async fn come_by_link(
    core: &Rc<Core>,
    id: ConversationId,
) -> Result<Option<Result<ConversationId, ClientError>>, ClientError> {
    let secret = match core.store.conversation(id)? {
        Some(known) => room_secret::current(core, &known)?,
        None => None,
    };
    Ok(match secret {
        Some(secret) => Some(come_in(core, &Way::Link(secret)).await),
        None => None,
    })
}

/// Comes into a lost conversation again; without a right to it any more, it ends here.
async fn come_back(core: &Rc<Core>, id: ConversationId) -> Result<(), ClientError> {
    let came = match come_in(core, &Way::Member(id)).await {
        Err(refusal) if is_stranger(&refusal) => come_by_link(core, id).await?.unwrap_or(Err(refusal)),
        came => came,
    };
    let Err(refusal) = came else {
        return Ok(());
    };
    let end = match &refusal {
        ClientError::Api(error) => match error.code() {
            Some(
                ErrorCode::NotFound
                | ErrorCode::Forbidden
                | ErrorCode::Banned
                | ErrorCode::LinkReplaced
                | ErrorCode::RoomLocked
                | ErrorCode::RoomFull
                | ErrorCode::KnockRequired
                | ErrorCode::CommitInvalid,
            ) => ConversationState::Removed,
            Some(ErrorCode::RoomClosed) => ConversationState::Closed,
            _ => return Err(refusal),
        },
        ClientError::LinkNeeded => ConversationState::Removed,
        ClientError::KeyChanged { .. } => ConversationState::Blocked,
        _ => return Err(refusal),
    };
    core.transaction(|| {
        if let Some(before) = core.store.conversation(id)? {
            core.store.save_conversation(&Conversation {
                state: end,
                creation: None,
                ..before
            })?;
        }
        Ok(())
    })?;
    core.publish(Change::Conversations);
    Ok(())
}
