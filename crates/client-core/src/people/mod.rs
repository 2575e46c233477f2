//! People: what they tell of themselves, how they are called, whom the user does not want to hear, and
//! strangers who ask to be heard. Who a person *is* is decided by `conversation::pin` alone.

pub(crate) mod block;
pub(crate) mod directory;
pub(crate) mod picture;
pub(crate) mod profile;
pub(crate) mod request;
pub(crate) mod tell;

use crate::core::Core;
use crate::error::ClientError;
use crate::store::choice::Request;
use crate::store::conversation::{Conversation, ConversationState};
use undertone_wire::conversation::ConversationKind;
use undertone_wire::limits::{HIDDEN_CONVERSATIONS_MAX, SIGNAL_PEOPLE_MAX};
use undertone_wire::{ConversationId, UserId};

pub use profile::InvalidProfile;

/// Whether nothing is told of the user in a conversation: no presence, no typing, no receipts. So it is
/// with requests, and where somebody is who is blocked.
pub(crate) fn is_silent(core: &Core, conversation: &Conversation) -> Result<bool, ClientError> {
    if core.store.choice(conversation.id)?.request.is_some() {
        return Ok(true);
    }
    holds_one_of(core, conversation, &core.store.blocked()?)
}

/// The conversations in which the server tells nobody that the user is online: those that are silent. In
/// a group, somebody who is blocked is hidden from by way of their direct conversation, if there is one,
/// so that the others still see the user.
pub(crate) fn hidden(core: &Core) -> Result<Vec<ConversationId>, ClientError> {
    let blocked = core.store.blocked()?;
    let mut elsewhere = Vec::new();
    for user in &blocked {
        if core.store.conversations_with(*user)?.is_empty() {
            elsewhere.push(*user);
        }
    }
    let mut hidden = Vec::new();
    for conversation in core.store.conversations()? {
        let hides = match conversation.kind {
            ConversationKind::Direct => is_silent(core, &conversation)?,
            ConversationKind::Group | ConversationKind::Room => {
                let is_request = core.store.choice(conversation.id)?.request.is_some();
                is_request || holds_one_of(core, &conversation, &elsewhere)?
            }
        };
        if hides && hidden.len() < HIDDEN_CONVERSATIONS_MAX {
            hidden.push(conversation.id);
        }
    }
    Ok(hidden)
}

/// Whether one of these people is in a conversation in which people hear of each other.
fn holds_one_of(core: &Core, conversation: &Conversation, people: &[UserId]) -> Result<bool, ClientError> {
    if people.is_empty() {
        return Ok(false);
    }
    if let Some(peer) = conversation.peer {
        return Ok(people.contains(&peer));
    }
    // Larger ones are told nothing anyway.
    if conversation.people > people_max() || conversation.state != ConversationState::Active {
        return Ok(false);
    }
    let members = core.groups.with(conversation.id, |group, _| group.members())?;
    Ok(members.iter().any(|member| people.contains(&member.user)))
}

/// Whether a conversation is not in the list: of somebody who is blocked, or a request that is not wanted.
pub(crate) fn is_out_of_sight(core: &Core, conversation: &Conversation) -> Result<bool, ClientError> {
    if conversation.kind != ConversationKind::Direct {
        return Ok(false);
    }
    let blocked = match conversation.peer {
        Some(peer) => core.store.is_blocked(peer)?,
        None => false,
    };
    Ok(blocked || core.store.choice(conversation.id)?.request == Some(Request::Ignored))
}

/// So many people hear of each other what is hidden from larger conversations.
fn people_max() -> u32 {
    u32::try_from(SIGNAL_PEOPLE_MAX).unwrap_or(u32::MAX)
}
