//! Coming back: what the server says of each conversation against what this device has.

use super::inbox::{self, Incoming};
use super::rollback::{self, Check};
use crate::core::Core;
use crate::error::ClientError;
use crate::store::conversation::{Conversation, ConversationState};
use std::collections::{BTreeMap, BTreeSet};
use undertone_wire::conversation::ConversationHead;
use undertone_wire::{ConversationId, Sequence};

/// What is to be done after a connection began.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// Logs to be read.
    pub(super) behind: BTreeSet<ConversationId>,
    /// What this device has and the server does not know that it has.
    pub(super) acknowledge: BTreeMap<ConversationId, Sequence>,
    /// When all conversations have come so far, this device is level.
    pub(super) goals: BTreeMap<ConversationId, Sequence>,
    /// Logs to be compared first: the server does not know how far this device has come.
    pub(super) check: BTreeMap<ConversationId, Check>,
}

/// Makes the plan, after passing over what the server no longer has. Conversations that this device does not have yet come by their Welcomes.
///
/// A server goes back to a backup while nobody is connected, so that is looked for when a connection begins
/// (`begins`), and not where an acknowledgement is under way.
pub(super) fn plan(core: &Core, heads: &[ConversationHead], begins: bool) -> Result<Plan, ClientError> {
    let mut plan = Plan::default();
    if begins {
        plan.check = rollback::to_check(core, heads)?;
    }
    let mut changed = Vec::new();
    for head in heads
        .iter()
        .filter(|head| !plan.check.contains_key(&head.conversation))
    {
        let Some(known) = core.store.conversation(head.conversation)? else {
            continue;
        };
        if went_back(core, &known, head)? {
            changed.push(Incoming::WentBack(*head));
        } else if head.first_kept > known.sequence.next() {
            changed.push(Incoming::CutOff(*head));
        }
    }
    if !changed.is_empty() {
        inbox::apply(core, changed)?;
    }
    let told: BTreeSet<_> = heads.iter().map(|head| head.conversation).collect();
    for known in core.store.conversations()? {
        // Whoever is out is not told so here: asking for the log says it.
        if known.state == ConversationState::Active && !told.contains(&known.id) {
            plan.behind.insert(known.id);
        }
    }
    for head in heads
        .iter()
        .filter(|head| !plan.check.contains_key(&head.conversation))
    {
        match core.store.conversation(head.conversation)? {
            None => {
                plan.goals.insert(head.conversation, head.head);
            }
            Some(known) if !known.state.follows_log() => {}
            Some(known) => {
                if known.sequence < head.head {
                    plan.behind.insert(head.conversation);
                    plan.goals.insert(head.conversation, head.head);
                }
                if head.cursor < known.sequence {
                    plan.acknowledge.insert(head.conversation, known.sequence);
                }
            }
        }
    }
    Ok(plan)
}

/// Whether the server has gone back behind this device's epoch while the device was away: nobody else
/// could process the commit that began it. Where others have committed since, the epochs may be equal: the
/// log says it then (`inbox_entry`). What the server said before this device came in says nothing. No group
/// is loaded for it: this is asked of every conversation at every start.
fn went_back(core: &Core, known: &Conversation, head: &ConversationHead) -> Result<bool, ClientError> {
    if known.state != ConversationState::Active || head.head < known.sequence {
        return Ok(false);
    }
    rollback::went_back(core, *head)
}

/// Takes out the goals that are reached, or never will be. With `welcomes_seen`, a conversation that
/// has not come by now does not come.
pub(super) fn drop_reached(
    core: &Core,
    goals: &mut BTreeMap<ConversationId, Sequence>,
    welcomes_seen: bool,
) -> Result<(), ClientError> {
    let mut open = BTreeMap::new();
    for (id, goal) in std::mem::take(goals) {
        let reached = match core.store.conversation(id)? {
            None => welcomes_seen,
            Some(known) => !known.state.follows_log() || known.sequence >= goal,
        };
        if !reached {
            open.insert(id, goal);
        }
    }
    *goals = open;
    Ok(())
}
