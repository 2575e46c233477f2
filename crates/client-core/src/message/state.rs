//! What members agree on and the server does not know: title, topic, picture, timer, shared history. It
//! counts from whoever may change it by the group's profile, whatever a client shows.

use super::event::{self, Deed, Event, Happening, just};
use crate::core::{Core, Me};
use crate::error::ClientError;
use crate::markup;
use crate::people::picture::is_portrait;
use crate::people::profile;
use crate::store::conversation::Conversation;
use undertone_wire::UserId;
use undertone_wire::content::{ConversationState, Expiry, HistorySharing};
use undertone_wire::conversation::ConversationKind;
use undertone_wire::group::Role;
use undertone_wire::limits::{EXPIRY_SECONDS_MIN, HISTORY_MESSAGES_MAX, TITLE_BYTES_MAX, TOPIC_BYTES_MAX};

/// Whether somebody may say what is agreed on: both in a direct conversation, otherwise admins and owners.
pub(crate) fn may_set(conversation: &Conversation, user: UserId) -> bool {
    match (conversation.kind, &conversation.profile) {
        (ConversationKind::Direct, _) => true,
        (_, Some(profile)) => profile.role(user) >= Role::Admin,
        (_, None) => false,
    }
}

/// Whether a state is within its limits.
pub(crate) fn is_valid(state: &ConversationState) -> bool {
    let picture = state
        .picture
        .as_ref()
        .is_none_or(|picture| is_portrait(picture.as_slice()));
    let history = match state.history {
        HistorySharing::Messages(count) => (1..=HISTORY_MESSAGES_MAX).contains(&count),
        HistorySharing::Hours(hours) => hours > 0,
        HistorySharing::Nothing => true,
    };
    state.title.len() <= TITLE_BYTES_MAX
        && state.topic.len() <= TOPIC_BYTES_MAX
        && state.timer.is_none_or(is_valid_timer)
        && picture
        && history
}

/// What members agree on without what could disturb what stands around it: so it is shown, inside and at
/// the door.
pub(crate) fn shown(agreed: ConversationState) -> ConversationState {
    ConversationState {
        title: shown_title(&agreed.title),
        topic: markup::clean(&agreed.topic),
        ..agreed
    }
}

/// A title as it is shown.
pub(crate) fn shown_title(title: &str) -> String {
    profile::one_line(title)
}

/// Whether a timer is long enough to be read.
pub(crate) const fn is_valid_timer(timer: Expiry) -> bool {
    let (Expiry::AfterSent(seconds) | Expiry::AfterRead(seconds)) = timer;
    seconds >= EXPIRY_SECONDS_MIN
}

/// Somebody said what is agreed on: it is, if they may. What changed is told, but not to those who hear of
/// it for the first time. Part of the entry's transaction.
pub(super) fn apply(core: &Core, me: &Me, deed: Deed, new: &ConversationState) -> Result<(), ClientError> {
    let known = core.store.conversation(deed.place.conversation)?;
    let kind = known.as_ref().map(|known| known.kind);
    let may = known.is_some_and(|known| may_set(&known, deed.who.user));
    if !may || !is_valid(new) {
        tracing::debug!("a state does not count");
        return Ok(());
    }
    let mut before = core.store.known_agreed(deed.place.conversation)?;
    if kind == Some(ConversationKind::Direct) {
        // Nothing is agreed on at the beginning, and both know that.
        before = before.or_else(|| Some(ConversationState::default()));
    }
    core.store.save_agreed(deed.place.conversation, new)?;
    for event in before.iter().flat_map(|before| changes(before, new)) {
        event::write(core, me, deed, event)?;
    }
    Ok(())
}

fn changes(before: &ConversationState, after: &ConversationState) -> Vec<Event> {
    let mut changes = Vec::new();
    if before.title != after.title {
        changes.push(just(Happening::TitleChanged(after.title.clone())));
    }
    if before.topic != after.topic {
        changes.push(just(Happening::TopicChanged));
    }
    if before.picture != after.picture {
        changes.push(just(Happening::PictureChanged));
    }
    if before.timer != after.timer {
        changes.push(just(Happening::TimerChanged(after.timer)));
    }
    if before.history != after.history {
        changes.push(just(Happening::HistoryChanged(after.history)));
    }
    changes
}

#[cfg(test)]
mod tests;
