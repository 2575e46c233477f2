//! Coming into a conversation by a Welcome. Every certificate in the group is checked against the
//! pinned identity keys before the conversation is kept.

use super::room_secret::{self, RoomSecret};
use super::{epoch, pin, refresh_keys, room};
use crate::change::Change;
use crate::core::{Core, Me};
use crate::error::ClientError;
use crate::message::event::{self, Place};
use crate::message::{history, signals};
use crate::people::{request, tell};
use crate::store::conversation::{Conversation, ConversationState};
use crate::testing::{WELCOME_AFTER_COMMIT_BEFORE_ACK, WELCOME_BEFORE_COMMIT};
use std::cell::RefCell;
use undertone_mls::Group;
use undertone_wire::conversation::{ConversationKind, PendingWelcome};
use undertone_wire::device::DeviceCertificateBody;
use undertone_wire::{Counter, UserId};

/// What became of a Welcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Joined {
    /// The conversation is on this device: the Welcome is done with.
    Yes,
    /// It can never be used by this device: it is done with, too.
    Unusable,
    /// Someone in it shows another identity key than the pinned one. It stays on the server.
    KeyChanged,
}

/// Joins by a Welcome. An error means that nothing is known about it yet: it will come again.
pub(crate) fn join(core: &Core, welcome: &PendingWelcome) -> Result<Joined, ClientError> {
    let me = core.me()?;
    let known = core.store.conversation(welcome.conversation)?;
    if known.is_some_and(|known| known.state == ConversationState::Active) {
        return Ok(Joined::Yes);
    }
    let certificates = RefCell::default();
    let joined = core.transaction(|| {
        join_in_transaction(core, &me, welcome, &certificates)?;
        Ok(core.checkpoints.reach(WELCOME_BEFORE_COMMIT)?)
    });
    match joined {
        Ok(()) => {
            signals::hide(core);
            core.publish(Change::Conversations);
            core.checkpoints.reach(WELCOME_AFTER_COMMIT_BEFORE_ACK)?;
            Ok(Joined::Yes)
        }
        Err(ClientError::KeyChanged { .. }) => {
            pin::note_changed(core, &certificates.take())?;
            core.publish(Change::Conversations);
            Ok(Joined::KeyChanged)
        }
        Err(error) if error.is_of_store() => Err(error),
        Err(error) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a Welcome cannot be used"
            );
            Ok(Joined::Unusable)
        }
    }
}

fn join_in_transaction(
    core: &Core,
    me: &Me,
    welcome: &PendingWelcome,
    certificates: &RefCell<Vec<DeviceCertificateBody>>,
) -> Result<(), ClientError> {
    let (bytes, tree) = (welcome.welcome.as_slice(), welcome.ratchet_tree.as_slice());
    let id = core.groups.make(|provider| Group::join(provider, bytes, tree))?;
    if id != welcome.conversation {
        return Err(ClientError::UnknownConversation);
    }
    let (profile, authenticator, found) = core.groups.with(id, |group, _| {
        let profile = group.profile().clone();
        Ok((profile, group.epoch_authenticator(), group.certificates()?))
    })?;
    certificates.replace(found.clone());
    pin::check_and_pin(core, me, &found)?;
    let peer = match profile.kind {
        ConversationKind::Direct => {
            let peer = only_other(&profile.users, me.user).ok_or(ClientError::ForeignKeys)?;
            drop_attempts(core, peer)?;
            Some(peer)
        }
        ConversationKind::Group | ConversationKind::Room => None,
    };
    let known = core.store.conversation(id)?;
    if known.as_ref().is_some_and(|known| known.kind != profile.kind) {
        return Err(ClientError::ForeignKeys);
    }
    let running_hash = history::begin(&authenticator);
    let mut joined = Conversation {
        id,
        kind: profile.kind,
        peer,
        state: ConversationState::Active,
        sequence: welcome.sequence,
        running_hash: running_hash.to_vec(),
        own_counter: Counter(0),
        read_sequence: welcome.sequence,
        begun_at: welcome.sent_at,
        creation: None,
        profile: None,
        people: 0,
    };
    epoch::read_profile(core, &mut joined)?;
    if known.is_some() {
        core.store.forget_running_hashes(id, welcome.sequence)?;
        core.store.forget_peer_counters(id)?;
        core.store.save_conversation(&joined)?;
        core.store.mark_read(id, welcome.sequence)?;
    } else {
        core.store.add_conversation(&joined)?;
        let by = found.iter().find(|leaf| leaf.device == welcome.sender);
        request::brought_in(core, me, &joined, by.map(|leaf| leaf.user))?;
    }
    core.store.add_running_hash(id, welcome.sequence, &running_hash)?;
    settle_in(core, me, welcome, &joined, &found)
}

/// What follows from having been let in: the link by which this device knocked, word of it, and fresh keys
/// in a while.
fn settle_in(
    core: &Core,
    me: &Me,
    welcome: &PendingWelcome,
    joined: &Conversation,
    certificates: &[DeviceCertificateBody],
) -> Result<(), ClientError> {
    let id = joined.id;
    if let (Some(rotation), Some(secret)) = (
        room_secret::rotation(joined),
        core.store.room_secret(id, room::KNOCKED, None)?,
    ) {
        room_secret::keep(core, id, rotation, &RoomSecret::from_bytes(secret))?;
    }
    let place = Place {
        conversation: id,
        sequence: welcome.sequence,
        sent_at: welcome.sent_at,
    };
    let by = certificates.iter().find(|leaf| leaf.device == welcome.sender);
    event::joined_here(core, me, place, by.map(|leaf| leaf.user))?;
    tell::newcomers(core, id)?;
    if joined.kind == ConversationKind::Direct {
        return Ok(());
    }
    refresh_keys::plan_first(core, id, joined.people)
}

/// The other one of two people, if they are two and one is this user.
fn only_other(users: &[UserId], me: UserId) -> Option<UserId> {
    match users {
        [one, other] if *one == me && *other != me => Some(*other),
        [other, one] if *one == me && *other != me => Some(*other),
        _ => None,
    }
}

/// Deletes this device's own attempts to begin the conversation: another was first.
pub(super) fn drop_attempts(core: &Core, peer: UserId) -> Result<(), ClientError> {
    for conversation in core.store.conversations_with(peer)? {
        if conversation.state == ConversationState::Creating {
            core.groups.delete(conversation.id)?;
            core.store.delete_conversation(conversation.id)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_direct_conversation_is_of_two_people_and_one_is_me() {
        let [me, ada, eve] = [1, 2, 3].map(|n| UserId::from_bytes([n; 16]));
        assert_eq!(only_other(&[me, ada], me), Some(ada));
        assert_eq!(only_other(&[ada, me], me), Some(ada));
        for users in [&[me, me][..], &[ada, eve], &[me], &[], &[me, ada, eve]] {
            assert_eq!(only_other(users, me), None);
        }
    }
}
