//! Whom the user does not want to hear: on this device, at once, and to be undone. What they say is kept
//! and not shown; they are not told.

use super::{profile, tell};
use crate::change::Change;
use crate::core::Core;
use crate::error::ClientError;
use crate::message::signals;
use crate::view::{self, PersonView};
use undertone_wire::UserId;

/// Keeps whether the user wants to hear somebody.
pub(crate) fn set(core: &Core, user: UserId, on: bool) -> Result<(), ClientError> {
    if user == core.me()?.user {
        return Err(ClientError::OwnPerson);
    }
    if on && core.store.contact(user)?.is_none() {
        return Err(ClientError::UnknownPerson);
    }
    let changed = core.transaction(|| {
        // What changed meanwhile was not told to who was blocked.
        for conversation in core.store.conversations_with(user)? {
            tell::newcomers(core, conversation.id)?;
        }
        Ok(core.store.set_blocked(user, on)?)
    })?;
    if !changed {
        return Ok(());
    }
    core.signals.forget(user);
    signals::hide(core);
    for conversation in core.store.conversations_where_wrote(user)? {
        core.publish(Change::Timeline(conversation));
    }
    core.publish(Change::Presence);
    core.publish(Change::Notify);
    profile::news(core);
    Ok(())
}

/// Whom the user does not want to hear.
pub(crate) fn all(core: &Core) -> Result<Vec<PersonView>, ClientError> {
    let blocked = core.store.blocked()?;
    let known = view::contacts(core)?;
    Ok(known
        .into_iter()
        .filter(|person| blocked.contains(&person.user))
        .collect())
}
