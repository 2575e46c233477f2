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
use undertone_wire::ConversationId;

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
    plan(core, id, first_wait(people, &mut OsRng))
}

/// Plans the next fresh keys, unless some are planned. Belongs into the transaction of a commit.
pub(super) fn plan_next(core: &Core, id: ConversationId) -> Result<(), ClientError> {
    if action::is_wanted(core, id, |action| *action == Action::Refresh)? {
        return Ok(());
    }
    plan(core, id, next_wait(&mut OsRng))
}

/// Another for each device, and the longer the more are inside.
fn first_wait(people: u32, rng: &mut impl Rng) -> Duration {
    let more = FIRST_SECONDS_EACH.saturating_mul(people.into());
    let wait = rng.gen_range(0..=FIRST_SECONDS.saturating_add(more));
    Duration::from_secs(FIRST_SECONDS.saturating_add(wait))
}

/// Another for each device.
fn next_wait(rng: &mut impl Rng) -> Duration {
    EVERY.saturating_add(Duration::from_secs(rng.gen_range(0..=EVERY.as_secs())))
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

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;
    use std::collections::BTreeSet;

    /// When the members of a conversation of so many give themselves fresh keys, each for itself.
    fn due(people: u32, wait: impl Fn(&mut StdRng) -> Duration) -> BTreeSet<Duration> {
        let mut rng = StdRng::seed_from_u64(u64::from(people));
        (0..people).map(|_member| wait(&mut rng)).collect()
    }

    /// The most that fall into any stretch of so many seconds.
    fn most_within(due: &BTreeSet<Duration>, seconds: u64) -> usize {
        let stretch = Duration::from_secs(seconds);
        let from = |at: &Duration| due.range(*at..at.saturating_add(stretch)).count();
        due.iter().map(from).max().unwrap_or(0)
    }

    #[test]
    fn the_first_fresh_keys_are_due_at_times_that_differ_and_spread_with_the_size() {
        let first = |people| due(people, |rng| first_wait(people, rng));
        let (few, many, most) = (first(10), first(100), first(1000));
        for (people, due) in [(10, &few), (100, &many), (1000, &most)] {
            let minutes = most_within(due, 60);
            assert!(due.len() * 10 >= people * 9, "{people}: {} times", due.len());
            assert!(minutes <= 20, "{people}: {minutes} within a minute");
            assert!(due.first().is_some_and(|first| *first >= Duration::from_mins(1)));
        }
        let last = |due: &BTreeSet<Duration>| due.last().copied().unwrap_or_default();
        assert!(last(&few) <= Duration::from_secs(220));
        assert!(last(&many) >= Duration::from_mins(10), "{:?}", last(&many));
        assert!(last(&most) >= Duration::from_mins(100), "{:?}", last(&most));
    }

    #[test]
    fn later_ones_are_due_in_the_course_of_a_week() {
        let next = due(1000, next_wait);
        assert!(next.first().is_some_and(|first| *first >= EVERY));
        assert!(next.last().is_some_and(|last| *last <= EVERY * 2));
        let within = most_within(&next, 3600);
        assert!(within <= 25, "{within} within an hour");
    }
}
