//! Where, how and for what the server wakes this device: kept on the device, told to the server, and told again
//! after a login. For what: the server cannot ask while the page is closed, so it is told beforehand, and anew
//! whenever it changes. What a push service is told is the server's business (`wire::push`).

use super::{DAY, level};
use crate::change::Change;
use crate::core::Core;
use crate::error::ClientError;
use crate::message::clock;
use crate::people;
use crate::store::conversation::ConversationState;
use crate::sync::status::Phase;
use crate::view::{NotifyLevel, PushInfoView, QuietHoursView, Strangers};
use futures::FutureExt;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use undertone_wire::alphabet::BASE64URL;
use undertone_wire::limits::PUSH_CONVERSATIONS_MAX;
use undertone_wire::push::{PushQuietHours, PushSubscription, PushTestResult, PushWish, PushWishes};

/// Between two looks at what the user wishes: what changes together is told together.
const LOOK_EVERY_MS: u64 = 1_000;
/// After a failure.
const AGAIN_MS: u64 = 30_000;

/// What the server was told of the user's wishes.
#[derive(Debug, Default)]
pub(crate) struct Waking {
    told: RefCell<Option<PushWishes>>,
    /// It is being told.
    busy: Cell<bool>,
    /// Not looked at before this, by the monotonic clock.
    next: Cell<u64>,
}

/// The server's key for a subscription.
pub(crate) async fn info(core: &Core) -> Result<PushInfoView, ClientError> {
    let info = core
        .account
        .authorized(async |token| core.api.push_info(token).await)
        .await?;
    Ok(PushInfoView {
        public_key: BASE64URL.encode(info.public_key.as_slice()),
    })
}

/// Has this device woken there.
pub(crate) async fn subscribe(core: &Core, subscription: PushSubscription) -> Result<(), ClientError> {
    tell(core, &subscription).await?;
    core.store.save_push_subscription(Some(&subscription))?;
    tell_wishes(core).await
}

/// Has this device no longer woken. What the server was not told yet, it finds out from the push service.
pub(crate) async fn unsubscribe(core: &Core) -> Result<(), ClientError> {
    core.store.save_push_subscription(None)?;
    core.account
        .authorized(async |token| core.api.push_unsubscribe(token).await)
        .await?;
    Ok(())
}

/// Has the server wake this device once.
pub(crate) async fn test(core: &Core) -> Result<PushTestResult, ClientError> {
    let tested = core
        .account
        .authorized(async |token| core.api.push_test(token).await)
        .await?;
    Ok(tested.result)
}

/// A login made a new session: the server hears of the subscription again.
pub(crate) async fn renew(core: &Core) -> Result<(), ClientError> {
    match core.store.push_subscription()? {
        Some(subscription) => {
            tell(core, &subscription).await?;
            tell_wishes(core).await
        }
        None => Ok(()),
    }
}

/// The server may have been another meanwhile, or gone back: it is told once for each connection.
pub(crate) fn connected(core: &Core) {
    core.waking.told.take();
    core.waking.next.set(0);
}

/// Tells the server what has changed of the user's wishes; says how long nothing is to be done.
pub(crate) fn round(core: &Rc<Core>) -> Result<Duration, ClientError> {
    let waking = &core.waking;
    let is_level = core.status.phase() == Phase::Online && core.status.is_level();
    if !is_level || waking.busy.get() || core.store.push_subscription()?.is_none() {
        return Ok(Duration::MAX);
    }
    let now = core.platform.monotonic_ms();
    let wait = waking.next.get().saturating_sub(now);
    if wait > 0 {
        return Ok(Duration::from_millis(wait));
    }
    waking.next.set(now.saturating_add(LOOK_EVERY_MS));
    if waking.told.borrow().as_ref() == Some(&wishes(core)?) {
        return Ok(Duration::MAX);
    }
    waking.busy.set(true);
    let task = Rc::clone(core);
    let telling = async move {
        if let Err(error) = tell_wishes(&task).await {
            let error = &error as &dyn std::error::Error;
            tracing::debug!(error, "the server was not told for what it wakes this device");
            let now = task.platform.monotonic_ms();
            task.waking.next.set(now.saturating_add(AGAIN_MS));
        }
        task.waking.busy.set(false);
        task.signal.notify();
    };
    core.spawn(telling.boxed_local());
    Ok(Duration::MAX)
}

/// What the server was told last.
pub(crate) fn told(core: &Core) -> Option<PushWishes> {
    core.waking.told.borrow().clone()
}

async fn tell_wishes(core: &Core) -> Result<(), ClientError> {
    let wishes = wishes(core)?;
    core.account
        .authorized(async |token| core.api.push_wish(token, &wishes).await)
        .await?;
    core.waking.told.replace(Some(wishes));
    core.publish(Change::Notify);
    Ok(())
}

/// For what this device is to be woken. The server cannot tell a mention from another message, so a
/// conversation that announces mentions alone wakes nobody.
fn wishes(core: &Core) -> Result<PushWishes, ClientError> {
    let now = clock::shown(core);
    let mut conversations = Vec::new();
    for conversation in core.store.conversations()? {
        let choice = core.store.choice(conversation.id)?;
        let is_wanted = matches!(
            conversation.state,
            ConversationState::Active | ConversationState::Lost
        ) && choice.request.is_none()
            && level(&conversation, &choice) == NotifyLevel::All;
        if is_wanted && !people::is_out_of_sight(core, &conversation)? {
            conversations.push(PushWish {
                conversation: conversation.id,
                not_before: choice.muted_until.filter(|until| *until > now),
            });
        }
    }
    conversations.truncate(PUSH_CONVERSATIONS_MAX);
    let quiet = core.store.quiet_hours()?;
    let offset = core.platform.utc_offset_minutes(core.platform.now());
    Ok(PushWishes {
        conversations,
        welcomes: core.store.strangers()? == Strangers::Directly,
        quiet_hours: quiet.map(|hours| in_utc(hours, offset)),
    })
}

/// The same hours by the clock of Greenwich.
fn in_utc(hours: QuietHoursView, offset_minutes: i32) -> PushQuietHours {
    let day = i32::from(DAY);
    let minute = |local: u16| {
        let utc = i32::from(local).saturating_sub(offset_minutes).rem_euclid(day);
        u16::try_from(utc).unwrap_or(local)
    };
    PushQuietHours {
        from_minute: minute(hours.from_minute),
        to_minute: minute(hours.to_minute),
    }
}

async fn tell(core: &Core, subscription: &PushSubscription) -> Result<(), ClientError> {
    core.account
        .authorized(async |token| core.api.push_subscribe(token, subscription).await)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_are_told_by_the_clock_of_greenwich() {
        let night = QuietHoursView {
            from_minute: 22 * 60,
            to_minute: 7 * 60,
        };
        for (offset, from_minute, to_minute) in [(0, 1320, 420), (120, 1200, 300), (-330, 210, 750)] {
            let expected = PushQuietHours {
                from_minute,
                to_minute,
            };
            assert_eq!(in_utc(night, offset), expected, "{offset}");
            assert!(expected.is_valid());
        }
    }
}
