//! The checks of a new conversation: the group of epoch 0, its first commit, and that both are what the
//! request says they are.

use super::check::{self, Caller, Place, assemble, bundle_size, new_member, off_thread};
use super::directory::Directory;
use super::error::DeliveryError;
use crate::store::Store;
use crate::store::commit::{NewConversation, NewLink};
use std::collections::BTreeSet;
use undertone_mls::{CheckedCommit, CommitCheck, NewGroup};
use undertone_wire::conversation::{CommitBundle, ConversationKind, CreateConversationRequest};
use undertone_wire::guest::UserKind;
use undertone_wire::limits::{GROUP_INFO_BYTES_MAX, RATCHET_TREE_BYTES_MAX};
use undertone_wire::room::RoomLink;
use undertone_wire::{DeviceId, Epoch, Timestamp, UserId};

/// Checks a new conversation with everything that comes with it.
pub(super) async fn check(
    store: &Store,
    caller: Caller,
    mut request: CreateConversationRequest,
    now: Timestamp,
) -> Result<NewConversation, DeliveryError> {
    let (conversation, kind, peer) = (request.conversation, request.kind, request.peer);
    bundle_size(&request.commit)?;
    if request.group_info.len() > GROUP_INFO_BYTES_MAX || request.ratchet_tree.len() > RATCHET_TREE_BYTES_MAX
    {
        return Err(DeliveryError::TooLarge);
    }
    let link = link_of(kind, &mut request)?;
    let wanted = match (kind, peer) {
        (ConversationKind::Direct, Some(peer)) => wanted_devices(store, caller, peer, now).await?,
        (ConversationKind::Direct, None) | (ConversationKind::Group | ConversationKind::Room, Some(_)) => {
            return Err(DeliveryError::Membership);
        }
        (ConversationKind::Group | ConversationKind::Room, None) => BTreeSet::new(),
    };
    let (group, checked, bundle) = off_thread(move || found(caller, request)).await?;
    check_founding(caller, kind, peer, &group)?;
    let users = checked.added.iter().map(|member| member.user);
    let directory = Directory::read(store, users.chain([caller.user])).await?;
    directory.has(std::iter::once(&group.creator))?;
    directory.has(&checked.added_certificates)?;
    check::guests_only_in_rooms(kind, &checked.added_certificates)?;
    check_first_commit(&group, &checked, &wanted)?;
    let creator = group.members.first().ok_or(DeliveryError::Membership)?;
    let creator = new_member(creator, &checked.profile);
    let profile = checked.profile.clone();
    let rotation = profile.room.map(|room| room.rotation);
    let place = Place {
        conversation,
        epoch: Epoch(0),
        sender: caller.device,
    };
    let mut commit = assemble(place, checked, bundle)?;
    commit.profile = Some(profile);
    commit.link = link
        .zip(rotation)
        .map(|(link, rotation)| NewLink { rotation, link });
    Ok(NewConversation {
        kind,
        peer,
        creator,
        commit,
    })
}

/// A room has a link, and nothing else has.
fn link_of(
    kind: ConversationKind,
    request: &mut CreateConversationRequest,
) -> Result<Option<RoomLink>, DeliveryError> {
    let link = request.room.take();
    if let Some(link) = &link {
        check::link_size(link)?;
    }
    if link.is_some() == (kind == ConversationKind::Room) {
        Ok(link)
    } else {
        Err(DeliveryError::Rotation)
    }
}

/// All devices at which the two people of a direct conversation can be reached.
async fn wanted_devices(
    store: &Store,
    caller: Caller,
    peer: UserId,
    now: Timestamp,
) -> Result<BTreeSet<DeviceId>, DeliveryError> {
    if peer == caller.user {
        return Err(DeliveryError::Membership);
    }
    let directory = Directory::read(store, [caller.user, peer]).await?;
    let mut wanted = directory.reachable(store, peer, now).await?;
    if wanted.is_empty() {
        return Err(DeliveryError::NoDevice);
    }
    wanted.extend(directory.reachable(store, caller.user, now).await?);
    wanted.insert(caller.device);
    Ok(wanted)
}

/// The group is the caller's, and of the kind and for the people that the request says.
fn check_founding(
    caller: Caller,
    kind: ConversationKind,
    peer: Option<UserId>,
    group: &NewGroup,
) -> Result<(), DeliveryError> {
    let mut users: Vec<UserId> = peer.into_iter().flat_map(|peer| [caller.user, peer]).collect();
    users.sort_unstable();
    if group.profile.kind != kind || group.profile.users != users {
        return Err(DeliveryError::Membership);
    }
    if group.creator.kind == UserKind::Guest && kind != ConversationKind::Room {
        return Err(DeliveryError::Guest);
    }
    let [creator] = group.members.as_slice() else {
        return Err(DeliveryError::Membership);
    };
    if creator.device != caller.device || creator.user != caller.user {
        return Err(DeliveryError::Membership);
    }
    Ok(())
}

/// The first commit adds everybody, removes nobody and leaves the terms as they were founded.
fn check_first_commit(
    group: &NewGroup,
    checked: &CheckedCommit,
    wanted: &BTreeSet<DeviceId>,
) -> Result<(), DeliveryError> {
    if !checked.removed.is_empty() || checked.external || checked.profile != group.profile {
        return Err(DeliveryError::Membership);
    }
    let members: BTreeSet<DeviceId> = checked.members.iter().map(|member| member.device).collect();
    if members.is_superset(wanted) {
        Ok(())
    } else {
        Err(DeliveryError::Devices)
    }
}

fn found(
    caller: Caller,
    request: CreateConversationRequest,
) -> Result<(NewGroup, CheckedCommit, CommitBundle), DeliveryError> {
    let conversation = request.conversation;
    let (group_info, tree) = (request.group_info.as_slice(), request.ratchet_tree.as_slice());
    let group = undertone_mls::found_group(conversation, group_info, tree)?;
    let checked = undertone_mls::check_commit(CommitCheck {
        state: &group.state,
        conversation,
        sender: caller.device,
        epoch: group.epoch,
        bundle: &request.commit,
        proposals: &[],
    })?;
    Ok((group, checked, request.commit))
}
