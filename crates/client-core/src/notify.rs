//! What is announced now, what only counts, and what does neither. It draws nothing and rings no bell.

pub(crate) mod push;

use crate::change::Change;
use crate::core::{Core, Me};
use crate::error::ClientError;
use crate::markup;
use crate::message::clock;
use crate::people;
use crate::store::announcement::Unannounced;
use crate::store::choice::Choice;
use crate::store::conversation::Conversation;
use crate::view::{self, BadgeView, NotificationView, NotifyLevel, NotifyView, QuietHoursView};
use undertone_wire::conversation::ConversationKind;
use undertone_wire::group::Role;
use undertone_wire::{ConversationId, Timestamp, UserId};

/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// A message that has come.
pub(crate) struct Come<'a> {
    pub(crate) row: i64,
    pub(crate) sender: UserId,
    pub(crate) text: &'a str,
}

/// Somebody else's message was stored: it may be announced. Part of the entry's transaction.
pub(crate) fn arrived(
    core: &Core,
    me: &Me,
    conversation: &Conversation,
    message: &Come<'_>,
) -> Result<(), ClientError> {
    let choice = core.store.choice(conversation.id)?;
    let mentions = mentions(me, conversation, message);
    if mentions {
        core.store.add_mention(message.row)?;
    }
    if choice.request.is_some() || core.store.is_blocked(message.sender)? {
        return Ok(());
    }
    if choice.archived && !is_muted(core, &choice) {
        let choice = Choice {
            archived: false,
            ..choice
        };
        core.store.save_choice(conversation.id, choice)?;
    }
    if announces(core, conversation, &choice, mentions) {
        core.store.add_announcement(message.row)?;
    }
    core.publish(Change::Notify);
    Ok(())
}

/// Whether a message names the user, or a role that the user has.
pub(crate) fn mentions(me: &Me, conversation: &Conversation, message: &Come<'_>) -> bool {
    // Every mention has these signs.
    if !message.text.contains("<@") {
        return false;
    }
    let mentioned = markup::mentioned(&markup::parse(message.text));
    let profile = conversation.profile.as_ref();
    let leads = profile.is_some_and(|profile| profile.role(me.user) >= Role::Admin);
    mentioned.users.contains(&me.user) || mentioned.everyone || (mentioned.admins && leads)
}

/// What is to be announced now, oldest first. Each message is given once.
pub(crate) fn take(core: &Core) -> Result<Vec<NotificationView>, ClientError> {
    let Ok(me) = core.me() else { return Ok(Vec::new()) };
    let now = clock::shown(core);
    let taken = core.transaction(|| Ok(core.store.take_announcements(now)?))?;
    if is_quiet(core)? {
        return Ok(Vec::new());
    }
    let mut wanted = Vec::with_capacity(taken.len());
    for unannounced in taken {
        let id = unannounced.message.conversation;
        let Some(conversation) = core.store.conversation(id)? else {
            continue;
        };
        let choice = core.store.choice(id)?;
        if choice.request.is_none() && announces(core, &conversation, &choice, unannounced.mention) {
            wanted.push(notification(core, &me, &conversation, unannounced)?);
        }
    }
    Ok(wanted)
}

fn notification(
    core: &Core,
    me: &Me,
    conversation: &Conversation,
    unannounced: Unannounced,
) -> Result<NotificationView, ClientError> {
    let Unannounced { message, mention } = unannounced;
    let (view, text) = view::announced(core, me, message)?;
    // What announces it may stay when the message has vanished: in a list of the system, on a locked screen.
    let text = if view.expiry.is_some() {
        String::new()
    } else {
        text
    };
    Ok(NotificationView {
        conversation: conversation.id,
        key: view.key,
        title: view::title(core, conversation)?,
        sender: view.sender,
        sender_name: view.sender_name,
        text,
        mention,
        sent_at_ms: view.sent_at_ms,
    })
}

/// Whether a message of a conversation is announced: a mention breaks through muting, but not through
/// the level "nothing".
fn announces(core: &Core, conversation: &Conversation, choice: &Choice, mention: bool) -> bool {
    match level(conversation, choice) {
        NotifyLevel::All => mention || !is_muted(core, choice),
        NotifyLevel::Mentions => mention,
        NotifyLevel::Nothing => false,
    }
}

/// What counts in a conversation: what was chosen, or else the default of its kind.
pub(crate) fn level(conversation: &Conversation, choice: &Choice) -> NotifyLevel {
    choice.level.unwrap_or(match conversation.kind {
        ConversationKind::Direct | ConversationKind::Group => NotifyLevel::All,
        ConversationKind::Room => NotifyLevel::Mentions,
    })
}

fn is_muted(core: &Core, choice: &Choice) -> bool {
    muted_until(core, choice).is_some()
}

/// Until when a conversation is muted, if it is, by the server's clock.
fn muted_until(core: &Core, choice: &Choice) -> Option<Timestamp> {
    choice.muted_until.filter(|until| *until > clock::shown(core))
}

/// Until when a conversation is muted, if it is, by the local clock.
pub(crate) fn muted_until_ms(core: &Core, choice: &Choice) -> Option<u64> {
    muted_until(core, choice).map(|until| clock::on_wall(core, until).as_millis())
}

/// What the user chose for a conversation.
pub(crate) fn of(core: &Core, id: ConversationId) -> Result<NotifyView, ClientError> {
    let conversation = known(core, id)?;
    let choice = core.store.choice(id)?;
    Ok(NotifyView {
        level: level(&conversation, &choice),
        is_default: choice.level.is_none(),
        muted_until_ms: muted_until_ms(core, &choice),
        archived: choice.archived,
    })
}

/// The user chooses what is announced in a conversation, and until when it is muted by the local clock.
pub(crate) fn choose(
    core: &Core,
    id: ConversationId,
    level: Option<NotifyLevel>,
    muted_until_ms: Option<u64>,
) -> Result<(), ClientError> {
    known(core, id)?;
    let muted_until = muted_until_ms.map(|until| {
        let left = until.saturating_sub(core.platform.now().as_millis());
        Timestamp::from_millis(clock::shown(core).as_millis().saturating_add(left))
    });
    change(core, id, |choice| Choice {
        level,
        muted_until,
        ..choice
    })
}

/// The user puts a conversation into the archive, or takes it out.
pub(crate) fn set_archived(core: &Core, id: ConversationId, archived: bool) -> Result<(), ClientError> {
    known(core, id)?;
    change(core, id, |choice| Choice { archived, ..choice })
}

fn change(core: &Core, id: ConversationId, with: impl FnOnce(Choice) -> Choice) -> Result<(), ClientError> {
    core.transaction(|| {
        let choice = core.store.choice(id)?;
        Ok(core.store.save_choice(id, with(choice))?)
    })?;
    core.publish(Change::Conversations);
    core.publish(Change::Notify);
    Ok(())
}

fn known(core: &Core, id: ConversationId) -> Result<Conversation, ClientError> {
    core.store
        .conversation(id)?
        .ok_or(ClientError::UnknownConversation)
}

/// The user chooses when nothing is announced.
pub(crate) fn set_quiet_hours(core: &Core, hours: Option<QuietHoursView>) -> Result<(), ClientError> {
    let is_valid = |hours: QuietHoursView| {
        hours.from_minute < DAY && hours.to_minute < DAY && hours.from_minute != hours.to_minute
    };
    if !hours.is_none_or(is_valid) {
        return Err(ClientError::QuietHoursInvalid);
    }
    core.store.save_quiet_hours(hours)?;
    core.publish(Change::Notify);
    Ok(())
}

fn is_quiet(core: &Core) -> Result<bool, ClientError> {
    let Some(hours) = core.store.quiet_hours()? else {
        return Ok(false);
    };
    let now = core.platform.now();
    let offset = core.platform.utc_offset_minutes(now);
    Ok(covers(hours, local_minute(now, offset)))
}

/// The minute of the day where the clock is so many minutes ahead of UTC.
fn local_minute(now: Timestamp, offset_minutes: i32) -> u16 {
    let minutes = i64::try_from(now.as_millis() / 60_000).unwrap_or(i64::MAX);
    let local = minutes.saturating_add(i64::from(offset_minutes));
    u16::try_from(local.rem_euclid(i64::from(DAY))).unwrap_or(0)
}

const fn covers(hours: QuietHoursView, minute: u16) -> bool {
    let QuietHoursView {
        from_minute,
        to_minute,
    } = hours;
    if from_minute < to_minute {
        minute >= from_minute && minute < to_minute
    } else {
        minute >= from_minute || minute < to_minute
    }
}

/// What stands on the app's sign.
pub(crate) fn badge(core: &Core) -> Result<BadgeView, ClientError> {
    let mut badge = BadgeView::default();
    if core.account.session().is_none() {
        return Ok(badge);
    }
    let now = clock::shown(core);
    for conversation in core.store.conversations()? {
        let choice = core.store.choice(conversation.id)?;
        let is_listed = conversation.state.has_begun() && choice.request.is_none();
        if !is_listed || people::is_out_of_sight(core, &conversation)? {
            continue;
        }
        let (id, read) = (conversation.id, conversation.read_sequence);
        let level = level(&conversation, &choice);
        let mentions = match level {
            NotifyLevel::All | NotifyLevel::Mentions => core.store.unread_mentions(id, read, now)?,
            NotifyLevel::Nothing => 0,
        };
        let messages = if level == NotifyLevel::All && !is_muted(core, &choice) {
            core.store.unread(id, read, now)?
        } else {
            mentions
        };
        badge.mentions = badge.mentions.saturating_add(mentions);
        badge.messages = badge.messages.saturating_add(messages);
    }
    Ok(badge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_go_over_midnight_and_by_the_local_clock() {
        let night = QuietHoursView {
            from_minute: 22 * 60,
            to_minute: 7 * 60,
        };
        let noon = QuietHoursView {
            from_minute: 720,
            to_minute: 780,
        };
        let utc = |hour: u64, minute: u64| Timestamp::from_millis((hour * 60 + minute) * 60_000);
        for (hours, now, offset, quiet) in [
            (night, utc(22, 0), 0, true),
            (night, utc(21, 59), 0, false),
            (night, utc(6, 59), 0, true),
            (night, utc(7, 0), 0, false),
            (night, utc(21, 0), 60, true),
            (night, utc(3, 30), -330, true),
            (night, utc(0, 30), -180, false),
            (noon, utc(12, 30), 0, true),
            (noon, utc(13, 0), 0, false),
        ] {
            assert_eq!(
                covers(hours, local_minute(now, offset)),
                quiet,
                "{now:?} {offset}"
            );
        }
    }
}
