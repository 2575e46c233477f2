//! Fresh keys for this device (post-compromise security): a commit without proposals. Members make one by
//! themselves some time after they were added, and then now and again, each at another time, so that the
//! tree fills with keys and nobody has to hurry.

use super::action::{self, Action};
use super::member;
use crate::core::Core;
use crate::error::ClientError;
use rand::Rng;
use rand::rngs::OsRng;
use std::rc::Rc;
use std::time::Duration;
use undertone_wire::{ConversationId, codec};

/// After coming in by a Welcome: between so many seconds...
const FIRST_SECONDS: u64 = 60;
/// ... and so many more for each person inside.
const FIRST_SECONDS_EACH: u64 = 10;
/// Later: between one of these and two.
const EVERY: Duration = Duration::from_hours(24 * 7);

/// Gives this device fresh keys, as soon as none of its messages is under way. Resolves when the others
/// have them. One that is wanted already is enough.
pub(crate) async fn refresh_keys(core: &Rc<Core>, id: ConversationId) -> Result<(), ClientError> {
    member::active(core, id)?;
    action::perform(core, id, &[Action::Refresh]).await
}

/// Plans the first fresh keys of a device that was added. Belongs into the transaction of its Welcome.
pub(super) fn plan_first(core: &Core, id: ConversationId, people: u32) -> Result<(), ClientError> {
    let more = FIRST_SECONDS_EACH.saturating_mul(people.into());
    let wait = FIRST_SECONDS.saturating_add(OsRng.gen_range(0..=FIRST_SECONDS.saturating_add(more)));
    plan(core, id, Duration::from_secs(wait))
}

/// Plans the next fresh keys, unless some are planned. Belongs into the transaction of a commit.
pub(super) fn plan_next(core: &Core, id: ConversationId) -> Result<(), ClientError> {
    for queued in core.store.actions(id)? {
        if codec::from_cbor::<Action>(&queued.action)? == Action::Refresh {
            return Ok(());
        }
    }
    let longest = EVERY.as_secs();
    plan(
        core,
        id,
        EVERY.saturating_add(Duration::from_secs(OsRng.gen_range(0..=longest))),
    )
}

fn plan(core: &Core, id: ConversationId, wait: Duration) -> Result<(), ClientError> {
    let due_at = core.platform.now().plus(wait);
    action::enqueue(core, id, &Action::Refresh, due_at).map(drop)
}

/// A commit without another reason is wanted now: with it the running hash begins anew. Belongs into a
/// transaction.
pub(crate) fn want_now(core: &Core, id: ConversationId) -> Result<(), ClientError> {
    if core.store.due_actions(id, core.platform.now())?.is_empty() {
        action::enqueue(core, id, &Action::Refresh, action::NOW)?;
    }
    Ok(())
}
