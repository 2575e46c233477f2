//! What the user wants and can take back for a while: it waits in the queue of actions, where it survives
//! restarts, and becomes the action that it stands for when its time has come. What that leads to is decided
//! then; until then it changes what is shown, and nothing else.

use super::action::{self, Action, NOW};
use super::{change, leave, member, terms};
use crate::change::Change;
use crate::core::Core;
use crate::error::ClientError;
use crate::message::key::MessageKey;
use crate::message::send;
use crate::message::talk::deletion::{self, Deletion};
use crate::store::conversation::Conversation;
use crate::store::message::Failure;
use crate::view::{Intent, IntentNumber, IntentView};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;
use undertone_wire::content::{ConversationState, Expiry, Part};
use undertone_wire::{ConversationId, UserId, codec};

/// So long the user can take it back.
pub(crate) const UNDO: Duration = Duration::from_secs(8);

/// What an intent comes to, as things are now.
enum Outcome {
    Actions(Vec<Action>),
    State(ConversationState),
    Deletion(Box<Deletion>),
    /// It is so already.
    Nothing,
}

/// Queues what is wanted. What cannot be, as things are now, is refused at once.
pub(crate) fn intend(core: &Core, id: ConversationId, intent: Intent) -> Result<IntentView, ClientError> {
    drop(outcome(core, id, &intent)?);
    let due_at = core.platform.now().plus(UNDO);
    let keys = deletion::keys(&intent).to_vec();
    let number = core.transaction(|| {
        let number = action::enqueue(core, id, &Action::Intent(Box::new(intent)), due_at)?;
        deletion::hide(core, id, &keys, number)?;
        Ok(number)
    })?;
    announce(core, id);
    Ok(IntentView {
        number: IntentNumber(number),
        undo_until_ms: due_at.as_millis(),
    })
}

/// Takes an intent back; gives whether it was in time.
pub(crate) fn undo(core: &Core, number: IntentNumber) -> Result<bool, ClientError> {
    let Some(id) = waiting(core, number)? else {
        return Ok(false);
    };
    core.transaction(|| action::settle(core, number.0, Ok(())))?;
    announce(core, id);
    Ok(true)
}

/// In which conversation an intent waits, if it still does.
fn waiting(core: &Core, number: IntentNumber) -> Result<Option<ConversationId>, ClientError> {
    let Some((id, queued)) = core.store.action(number.0)? else {
        return Ok(None);
    };
    let waits = matches!(codec::from_cbor(&queued.action)?, Action::Intent(_));
    Ok(waits.then_some(id))
}

/// Gives an intent its whole time again: somebody is about to decide. Gives whether that was in time.
pub(crate) fn hold(core: &Core, number: IntentNumber) -> Result<bool, ClientError> {
    if waiting(core, number)?.is_none() {
        return Ok(false);
    }
    let due_at = core.platform.now().plus(UNDO);
    core.transaction(|| Ok(core.store.set_action_due(number.0, due_at)?))?;
    Ok(true)
}

/// Resolves when an intent is carried out or was taken back; fails if it cannot be carried out. However long
/// it takes: without a connection it waits.
pub(crate) async fn fulfilled(core: &Core, number: IntentNumber) -> Result<(), ClientError> {
    action::settled(core, number.0).await
}

/// What waits for longer than anything may wait was queued by a clock that was ahead: its time has come.
pub(crate) fn begin(core: &Core) -> Result<(), ClientError> {
    let now = core.platform.now();
    let ahead = core.store.actions_after(now.plus(UNDO))?;
    if ahead.is_empty() {
        return Ok(());
    }
    core.transaction(|| {
        for queued in ahead {
            if matches!(codec::from_cbor(&queued.action)?, Action::Intent(_)) {
                core.store.set_action_due(queued.id, now)?;
            }
        }
        Ok(())
    })
}

/// Deletes messages whose time has come: that needs no connection, nor that this device is still inside.
/// Says how long nothing is to be done.
pub(crate) fn round(core: &Core) -> Result<Duration, ClientError> {
    // The clock may have been set back while this ran.
    begin(core)?;
    let now = core.platform.now();
    for (id, queued) in core.store.held_actions(now)? {
        match codec::from_cbor(&queued.action)? {
            Action::Intent(intent) if deletion::is_deletion(&intent) => {
                resolve(core, id, queued.id, &intent)?;
                announce(core, id);
            }
            _ => {}
        }
    }
    let next = core.store.next_held_at(now)?;
    Ok(next.map_or(Duration::MAX, |next| next.since(now)))
}

/// Turns those whose time has come into what they stand for.
pub(crate) fn unfold_due(core: &Rc<Core>, due: &[ConversationId]) -> Result<(), ClientError> {
    for id in due {
        for queued in core.store.due_actions(*id, core.platform.now())? {
            if let Action::Intent(intent) = codec::from_cbor(&queued.action)? {
                unfold(core, *id, queued.id, &intent)?;
            }
        }
    }
    Ok(())
}

fn unfold(core: &Rc<Core>, id: ConversationId, number: i64, intent: &Intent) -> Result<(), ClientError> {
    if let Some((key, state)) = resolve(core, id, number, intent)? {
        let told = tell_door(Rc::clone(core), id, key, state);
        core.attempt("the state on the door was not replaced", told);
    }
    announce(core, id);
    Ok(())
}

/// In one transaction: the intent is gone, and what it stands for is queued or done. Gives a state that is
/// to be told at the door, too.
fn resolve(
    core: &Core,
    id: ConversationId,
    number: i64,
    intent: &Intent,
) -> Result<Option<(MessageKey, ConversationState)>, ClientError> {
    core.transaction(|| match outcome(core, id, intent) {
        Ok(Outcome::Actions(actions)) => become_actions(core, id, number, &actions).map(|()| None),
        Ok(Outcome::State(state)) => {
            let key = send::queue_part(core, &core.me()?, id, Part::State(state.clone()))?;
            action::settle(core, number, Ok(()))?;
            Ok(Some((key, state)))
        }
        Ok(Outcome::Deletion(deletion)) => {
            action::settle(core, number, Ok(()))?;
            deletion.carry_out(core, &core.me()?)?;
            core.reaper.deleted();
            Ok(None)
        }
        Ok(Outcome::Nothing) => action::settle(core, number, Ok(())).map(|()| None),
        Err(error) if error.is_of_store() || error.is_killed() => Err(error),
        Err(error) => action::settle(core, number, Err(failure_of(&error))).map(|()| None),
    })
}

/// The first takes the place of the intent, and with it whoever waits for that.
fn become_actions(
    core: &Core,
    id: ConversationId,
    number: i64,
    actions: &[Action],
) -> Result<(), ClientError> {
    let Some((first, rest)) = actions.split_first() else {
        return action::settle(core, number, Ok(()));
    };
    core.store.replace_action(number, &codec::to_cbor(first)?, NOW)?;
    for more in rest {
        action::enqueue(core, id, more, NOW)?;
    }
    Ok(())
}

/// Those at the door see what members agree on, too.
async fn tell_door(
    core: Rc<Core>,
    id: ConversationId,
    key: MessageKey,
    state: ConversationState,
) -> Result<(), ClientError> {
    send::part_sent(&core, key).await?;
    let conversation = member::active(&core, id)?;
    terms::replace_on_door(&core, &conversation, &state).await
}

fn outcome(core: &Core, id: ConversationId, intent: &Intent) -> Result<Outcome, ClientError> {
    Ok(match intent {
        Intent::Remove(user) => Outcome::Actions(member::putting_out(core, id, *user, false)?),
        Intent::Ban(user) => Outcome::Actions(member::putting_out(core, id, *user, true)?),
        Intent::SetRole { user, role } => {
            member::active(core, id)?;
            Outcome::Actions(vec![Action::SetRole {
                user: *user,
                role: *role,
            }])
        }
        Intent::Leave => {
            leave::check(core, id)?;
            Outcome::Actions(vec![Action::Leave])
        }
        Intent::Terms(patch) => {
            member::active(core, id)?;
            Outcome::Actions(vec![Action::Terms(*patch)])
        }
        Intent::State(patch) => {
            terms::wanted_state(core, id, patch)?.map_or(Outcome::Nothing, Outcome::State)
        }
        Intent::DeleteHere(_) | Intent::DeleteForEveryone(_) => {
            Outcome::Deletion(Box::new(deletion::wanted(core, id, intent)?))
        }
    })
}

fn failure_of(error: &ClientError) -> Failure {
    Failure {
        code: error.code().to_owned(),
        message: error.to_string(),
    }
}

fn announce(core: &Core, id: ConversationId) {
    core.publish(Change::Conversations);
    core.publish(Change::Timeline(id));
}

/// The timer of what is written now. One that is wanted counts at once, although it can be taken back.
pub(crate) fn timer(core: &Core, id: ConversationId) -> Result<Option<Expiry>, ClientError> {
    let agreed = core.store.agreed(id)?;
    Ok(Wanted::read(core)?.state(id, agreed).timer)
}

/// What is wanted and not yet done, by conversation: screens show it as if it were.
#[derive(Debug, Default)]
pub(crate) struct Wanted(BTreeMap<ConversationId, Vec<Intent>>);

impl Wanted {
    /// All of it.
    pub(crate) fn read(core: &Core) -> Result<Self, ClientError> {
        let mut wanted: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let latest = core.platform.now().plus(UNDO);
        for (id, queued) in core.store.held_actions(latest)? {
            if let Action::Intent(intent) = codec::from_cbor(&queued.action)? {
                wanted.entry(id).or_default().push(*intent);
            }
        }
        Ok(Self(wanted))
    }

    fn of(&self, id: ConversationId) -> &[Intent] {
        self.0.get(&id).map_or(&[], Vec::as_slice)
    }

    /// A conversation with the roles and terms that are wanted.
    pub(crate) fn conversation(&self, mut conversation: Conversation) -> Conversation {
        if let Some(profile) = &mut conversation.profile {
            for intent in self.of(conversation.id) {
                match intent {
                    Intent::SetRole { user, role } => profile.set_role(*user, *role),
                    Intent::Terms(patch) => change::patch_terms(profile, patch),
                    Intent::Remove(_)
                    | Intent::Ban(_)
                    | Intent::Leave
                    | Intent::State(_)
                    | Intent::DeleteHere(_)
                    | Intent::DeleteForEveryone(_) => {}
                }
            }
        }
        conversation
    }

    /// What members agree on, with what is wanted.
    pub(crate) fn state(&self, id: ConversationId, state: ConversationState) -> ConversationState {
        let patches = self.of(id).iter().filter_map(|intent| match intent {
            Intent::State(patch) => Some(patch.clone()),
            _ => None,
        });
        patches.fold(state, terms::patched)
    }

    /// Whether somebody is to be put out.
    pub(crate) fn goes(&self, id: ConversationId, who: UserId) -> bool {
        self.of(id)
            .iter()
            .any(|intent| matches!(intent, Intent::Remove(user) | Intent::Ban(user) if *user == who))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::StatePatch;

    #[test]
    fn what_was_stored_by_an_earlier_version_is_read() {
        let stored = [
            (b"\xa1\x66intent\x65leave".to_vec(), Intent::Leave),
            (
                [b"\xa1\x66intent\xa1\x63ban\x50".as_slice(), &[7; 16]].concat(),
                Intent::Ban(UserId::from_bytes([7; 16])),
            ),
        ];
        for (bytes, intent) in stored {
            let action = Action::Intent(Box::new(intent));
            assert_eq!(codec::from_cbor::<Action>(&bytes).unwrap(), action);
            assert_eq!(codec::to_cbor(&action).unwrap(), bytes);
        }
    }

    #[test]
    fn taking_something_away_is_not_leaving_it_as_it_is() {
        for timer in [None, Some(None), Some(Some(Expiry::AfterRead(10)))] {
            let patch = StatePatch {
                timer,
                ..StatePatch::default()
            };
            let action = Action::Intent(Box::new(Intent::State(patch)));
            let bytes = codec::to_cbor(&action).unwrap();
            assert_eq!(codec::from_cbor::<Action>(&bytes).unwrap(), action);
        }
    }
}
