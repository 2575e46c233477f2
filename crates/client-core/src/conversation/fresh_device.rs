//! Devices that came to an account after its conversations: a fresh device comes into those of its user by
//! itself, and those that were there before bring it along, with what it cannot have: the link of a room,
//! or somebody whom it may believe.

use super::action::{self, Action};
use super::claim::{self, Claimed};
use super::external::{self, Way};
use crate::core::Core;
use crate::error::ClientError;
use crate::store::conversation::{Conversation, ConversationState};
use futures::FutureExt;
use std::collections::BTreeSet;
use std::rc::Rc;
use undertone_wire::guest::UserKind;
use undertone_wire::{ConversationId, DeviceId};

/// Looks for what this device and the user's others lack, in a task of its own; once for each connection.
pub(crate) fn look(core: &Rc<Core>) {
    let task = Rc::clone(core);
    let looked = async move {
        for result in [come_along(&task).await, bring_along(&task).await] {
            if let Err(error) = result {
                // The next connection looks again.
                tracing::debug!(
                    error = &error as &dyn std::error::Error,
                    "not all devices are everywhere"
                );
            }
        }
    };
    core.spawn(looked.boxed_local());
}

/// Comes into the conversations of this user that this device does not have.
async fn come_along(core: &Rc<Core>) -> Result<(), ClientError> {
    let me = core.me()?;
    if me.kind == UserKind::Guest {
        return Ok(());
    }
    let all = core
        .account
        .authorized(async |token| core.api.conversations_of_user(token).await)
        .await?;
    let unknown = |id: &ConversationId| core.store.conversation(*id).is_ok_and(|known| known.is_none());
    let missing: Vec<_> = all
        .conversations
        .into_iter()
        .map(|head| head.conversation)
        .filter(unknown)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    // Where this device is a member, its Welcome is on the way.
    let own = core
        .account
        .authorized(async |token| core.api.conversations(token).await)
        .await?;
    let own: BTreeSet<_> = own
        .conversations
        .into_iter()
        .map(|head| head.conversation)
        .collect();
    for id in missing.into_iter().filter(|id| !own.contains(id)) {
        if let Err(error) = external::come_in(core, &Way::Member(id)).await {
            tracing::debug!(error = &error as &dyn std::error::Error, "not come along");
        }
    }
    Ok(())
}

/// Adds the user's devices that a conversation lacks.
async fn bring_along(core: &Rc<Core>) -> Result<(), ClientError> {
    let me = core.me()?;
    if me.kind == UserKind::Guest {
        return Ok(());
    }
    let person = core
        .account
        .authorized(async |token| core.api.person(token, me.user).await)
        .await?;
    let others: BTreeSet<DeviceId> = person
        .devices
        .iter()
        .map(|device| device.device)
        .filter(|device| *device != me.device)
        .collect();
    if others.is_empty() {
        return Ok(());
    }
    for conversation in core.store.conversations()? {
        let missing = missing(core, &conversation, &others)?;
        if missing.is_empty() {
            continue;
        }
        let mut claimed = claim::claim_own_others(core, &me).await?;
        claimed.retain(|device| missing.contains(&device.certificate.device));
        let certificates = claim::certificates(&claimed);
        let devices = claimed.iter().map(Claimed::new_device).collect();
        let add = Action::Add {
            devices,
            close: false,
        };
        claim::with_pinned(core, &me, &certificates, || {
            action::enqueue(core, conversation.id, &add, action::NOW).map(drop)
        })?;
        core.signal.notify();
    }
    Ok(())
}

fn missing(
    core: &Core,
    conversation: &Conversation,
    devices: &BTreeSet<DeviceId>,
) -> Result<BTreeSet<DeviceId>, ClientError> {
    if conversation.state != ConversationState::Active {
        return Ok(BTreeSet::new());
    }
    let members = core.groups.with(conversation.id, |group, _| group.members())?;
    let inside: BTreeSet<DeviceId> = members.iter().map(|member| member.device).collect();
    Ok(devices.difference(&inside).copied().collect())
}
