//! What is to become of a group: actions wait in a queue that survives restarts, become commits
//! (`super::change`), and tell whoever waits for them what became of them.

use crate::change::Change;
use crate::core::Core;
use crate::error::ClientError;
use crate::store::message::Failure;
use crate::sync;
use crate::view::{Intent, TermsPatch};
use futures::future::{Either, select};
use rand::Rng;
use serde::{Deserialize, Serialize};
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;
use undertone_mls::rule::Violation;
use undertone_mls::{CommitRefused, GroupError};
use undertone_wire::group::Role;
use undertone_wire::{Bytes, ConversationId, DeviceId, ErrorCode, Timestamp, UserId, codec};

/// Due whatever the clock says.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(0);
/// So long somebody waits for an action; it goes on without them.
const WAIT: Duration = Duration::from_mins(1);
/// So often an action may lose against others before it is given up.
pub(crate) const TRIES_MAX: u32 = 200;
/// Longest wait after a lost race, in milliseconds.
const RACE_LONGEST_MS: u64 = 4_000;
/// Shortest wait after a lost race, in milliseconds.
const RACE_SHORTEST_MS: u64 = 100;
/// A place in the server's queue is waited for so long at most, in milliseconds.
const QUEUE_LONGEST_MS: u64 = 600_000;

/// One wish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    /// Fresh keys for this device.
    Refresh,
    /// This device's present certificate into its leaf.
    Certificate,
    /// Lets those go who asked for it.
    LetGo,
    /// Adds devices. With `close`, a room's door closes with it: they do not have its link yet.
    Add { devices: Vec<NewDevice>, close: bool },
    /// Puts a person out; of a room whose link is replaced then, behind a closed door.
    Remove { user: UserId, ban: bool, close: bool },
    /// Lets somebody who was banned come back.
    Unban(UserId),
    /// Gives a role.
    SetRole { user: UserId, role: Role },
    /// Changes the terms.
    Terms(TermsPatch),
    /// Replaces a room's link, and opens the door that was closed for it.
    Rotate { open: bool },
    /// Opens a room's door, once all that waits to be sent was sent.
    Open,
    /// This user's devices go.
    Leave,
    /// What can still be taken back; it is no part of a commit before it has become one of the others.
    Intent(Box<Intent>),
}

/// A device that is to be added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NewDevice {
    pub(crate) user: UserId,
    pub(crate) device: DeviceId,
    pub(crate) key_package: Bytes,
}

impl Action {
    /// Whether it is a commit of its own, with something before or after it.
    pub(crate) const fn stands_alone(&self) -> bool {
        matches!(self, Self::Rotate { .. } | Self::Open | Self::Leave)
    }
}

/// Puts an action into the queue; gives its number. Belongs into a transaction.
pub(crate) fn enqueue(
    core: &Core,
    id: ConversationId,
    action: &Action,
    due_at: Timestamp,
) -> Result<i64, ClientError> {
    Ok(core.store.add_action(id, &codec::to_cbor(action)?, due_at)?)
}

/// Puts actions into the queue, in their order, and waits for what becomes of them. Connects for that
/// where no connection runs.
pub(crate) async fn perform(
    core: &Rc<Core>,
    id: ConversationId,
    actions: &[Action],
) -> Result<(), ClientError> {
    let numbers = core.transaction(|| {
        let numbers = actions.iter().map(|action| enqueue(core, id, action, NOW));
        numbers.collect::<Result<Vec<_>, _>>()
    })?;
    wait_for(core, &numbers).await
}

/// Waits for what becomes of actions.
pub(crate) async fn wait_for(core: &Rc<Core>, numbers: &[i64]) -> Result<(), ClientError> {
    let _awaited = Awaited::new(core, numbers);
    core.publish(Change::Connection);
    // A room's link may be one that is being replaced from now on.
    core.publish(Change::Conversations);
    if !core.status.is_running() {
        sync::catch_up(core).await?;
    }
    let done = core.until(|| outcome(core, numbers));
    match select(pin!(done), core.platform.sleep(WAIT)).await {
        Either::Left((outcome, _)) => outcome,
        Either::Right(_) => Err(ClientError::TimedOut),
    }
}

/// Waits, however long, until an action is done or no longer wanted.
pub(crate) async fn settled(core: &Core, number: i64) -> Result<(), ClientError> {
    let numbers = [number];
    let _awaited = Awaited::new(core, &numbers);
    core.until(|| {
        let told = outcome(core, &numbers)?;
        // Another who waited for it may have taken the outcome along.
        let is_gone = || Ok::<_, ClientError>(core.store.action(number)?.is_none().then_some(()));
        told.map_or_else(is_gone, |()| Ok(Some(())))
    })
    .await
}

/// Numbers whose outcomes are kept for as long as somebody waits for them.
struct Awaited<'a> {
    core: &'a Core,
    numbers: &'a [i64],
}

impl<'a> Awaited<'a> {
    fn new(core: &'a Core, numbers: &'a [i64]) -> Self {
        core.outcomes
            .borrow_mut()
            .extend(numbers.iter().map(|number| (*number, None)));
        Self { core, numbers }
    }
}

impl Drop for Awaited<'_> {
    fn drop(&mut self) {
        let mut outcomes = self.core.outcomes.borrow_mut();
        for number in self.numbers {
            outcomes.remove(number);
        }
    }
}

/// Done when all are; the first failure is the failure of all.
fn outcome(core: &Core, numbers: &[i64]) -> Result<Option<()>, ClientError> {
    let outcomes = core.outcomes.borrow();
    let mut open = false;
    for number in numbers {
        match outcomes.get(number) {
            Some(Some(Err(failure))) => return Err(ClientError::NotDone(failure.clone())),
            Some(Some(Ok(()))) => {}
            Some(None) | None => open = true,
        }
    }
    Ok((!open).then_some(()))
}

/// An action is done, or failed for good: it leaves the queue. Belongs into a transaction.
pub(crate) fn settle(core: &Core, number: i64, outcome: Result<(), Failure>) -> Result<(), ClientError> {
    core.store.delete_action(number)?;
    tell(core, number, outcome);
    Ok(())
}

/// Tells whoever waits for an action, which may stay in the queue.
pub(crate) fn tell(core: &Core, number: i64, outcome: Result<(), Failure>) {
    if let Some(kept) = core.outcomes.borrow_mut().get_mut(&number) {
        *kept = Some(outcome);
    }
    core.signal.notify();
}

/// The own commit is gone, since another was first: its actions wait a little, each client for another
/// time, so that they do not all come again at once. Belongs into a transaction.
pub(crate) fn lost_race(core: &Core, id: ConversationId) -> Result<(), ClientError> {
    let lost = core.store.actions_under_way(id)?;
    let tries = lost.iter().map(|action| action.tries).max().unwrap_or_default();
    let longest = RACE_SHORTEST_MS
        .saturating_mul(2_u64.saturating_pow(tries))
        .min(RACE_LONGEST_MS);
    let wait = rand::rngs::OsRng.gen_range(0..=longest);
    let until = core.platform.monotonic_ms().saturating_add(wait);
    // Whoever has a place in the queue keeps it.
    let mut rests = core.rests.borrow_mut();
    let rest = rests.entry(id).or_insert(until);
    *rest = until.max(*rest);
    drop(rests);
    for action in lost {
        if action.tries >= TRIES_MAX {
            settle(core, action.id, Err(gave_up()))?;
        }
    }
    Ok(core.store.return_actions(id)?)
}

/// Whether one like this waits to be carried out.
pub(super) fn is_wanted(
    core: &Core,
    id: ConversationId,
    like: impl Fn(&Action) -> bool,
) -> Result<bool, ClientError> {
    for queued in core.store.actions(id)? {
        if like(&codec::from_cbor(&queued.action)?) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The server says when the next commit may come, since another was first: many who commit at once come one
/// after another, but for whoever puts somebody out.
pub(crate) fn queued(core: &Core, id: ConversationId, wait_ms: u64) -> Result<(), ClientError> {
    let removes = is_wanted(core, id, |action| matches!(action, Action::Remove { .. }))?;
    let longest = if removes {
        RACE_SHORTEST_MS
    } else {
        QUEUE_LONGEST_MS
    };
    let wait = wait_ms.min(longest);
    let until = core.platform.monotonic_ms().saturating_add(wait);
    core.rests.borrow_mut().insert(id, until);
    Ok(())
}

fn gave_up() -> Failure {
    Failure {
        code: "gave_up".to_owned(),
        message: "others changed this conversation all the time; try again later".to_owned(),
    }
}

/// Why a group does not take an action, for people and programs.
pub(crate) fn refusal_of(error: &GroupError) -> Failure {
    let GroupError::Refused(refused) = error else {
        return Failure {
            code: "group".to_owned(),
            message: "the conversation's keys could not be used".to_owned(),
        };
    };
    let code = match refused {
        CommitRefused::Violation(Violation::NoOwner) => "last_owner",
        CommitRefused::Violation(Violation::Full) => ErrorCode::RoomFull.as_str(),
        CommitRefused::Violation(Violation::Banned) => ErrorCode::Banned.as_str(),
        CommitRefused::Violation(Violation::Closed) => ErrorCode::RoomLocked.as_str(),
        CommitRefused::Violation(Violation::TooMany) => ErrorCode::LimitReached.as_str(),
        CommitRefused::Violation(Violation::Profile) => ErrorCode::BadRequest.as_str(),
        CommitRefused::Violation(_) => ErrorCode::Forbidden.as_str(),
        _ => ErrorCode::CertificateInvalid.as_str(),
    };
    Failure {
        code: code.to_owned(),
        message: refused.to_string(),
    }
}
