//! From actions to commits: as many of those that wait as fit into one commit become one, judged by the
//! rule function before it is stored to be sent (design D2, D3). Whoever lost against another commit
//! comes here again with the new epoch.

use super::action::{self, Action, NewDevice};
use super::{leave, refresh_keys, rotate};
use crate::core::{Core, Me};
use crate::error::ClientError;
use crate::message::history;
use crate::store::conversation::Conversation;
use crate::store::own_commit::{OwnCommit, OwnContent};
use crate::view::TermsPatch;
use std::collections::BTreeSet;
use undertone_mls::{GroupChange, GroupError, Member, PendingCommit, identity_hash};
use undertone_wire::content::SeenEntry;
use undertone_wire::conversation::CommitBundle;
use undertone_wire::device::DeviceCertificateBody;
use undertone_wire::group::{Banned, GroupProfile};
use undertone_wire::room::RoomLink;
use undertone_wire::{ConversationId, Counter, DeviceId, Epoch, UserId, codec};

/// What a commit is to do, gathered from actions.
pub(super) struct Draft {
    pub(super) members: Vec<Member>,
    /// Leaves that asked to be let go: any commit does that.
    leaving: BTreeSet<u32>,
    certificates: Vec<DeviceCertificateBody>,
    pub(super) profile: GroupProfile,
    pub(super) add: Vec<Vec<u8>>,
    adding: BTreeSet<DeviceId>,
    pub(super) remove: BTreeSet<u32>,
    certificate: bool,
    /// Whether there is anything to commit, be it fresh keys only.
    pub(super) wanted: bool,
    /// With a commit that replaces a room's link.
    pub(super) link: Option<RoomLink>,
    /// The actions that it fulfils.
    pub(super) actions: Vec<i64>,
}

/// What one action does to a draft.
enum Step {
    /// It became part of it.
    Taken,
    /// It asks for what is so already.
    Done,
    /// It must wait for something else to be sent first.
    Waits,
}

/// Stores the commit, or the wish to be let go, that is due in a conversation with nothing under way.
/// Gives whether there is one now.
pub(crate) fn prepare(core: &Core, me: &Me, conversation: &Conversation) -> Result<bool, ClientError> {
    let mut at_once = usize::MAX;
    loop {
        let gathered = core.transaction(|| gather(core, me, conversation, at_once))?;
        let Some(draft) = gathered else {
            return Ok(core.store.own_commit(conversation.id)?.is_some());
        };
        let actions = draft.actions.clone();
        let stored = core.transaction(|| {
            let pending = build(core, me, conversation, &draft)?;
            store(core, conversation, &draft, pending)
        });
        match stored {
            Ok(()) => return Ok(true),
            // What fits alone need not fit together.
            Err(ClientError::Group(_)) if actions.len() > 1 => at_once = 1,
            Err(ClientError::Group(error)) => {
                tracing::debug!(error = &error as &dyn std::error::Error, "an action is refused");
                let refusal = action::refusal_of(&error);
                core.transaction(|| {
                    for number in &actions {
                        action::settle(core, *number, Err(refusal.clone()))?;
                    }
                    Ok(())
                })?;
                if actions.is_empty() {
                    return Ok(false);
                }
            }
            Err(error) => return Err(error),
        }
    }
}

/// Gathers actions that are due, at most so many; settles those that ask for what is so already.
fn gather(
    core: &Core,
    me: &Me,
    conversation: &Conversation,
    at_once: usize,
) -> Result<Option<Draft>, ClientError> {
    let due = core.store.due_actions(conversation.id, core.platform.now())?;
    if due.is_empty() {
        return Ok(None);
    }
    let mut draft = Draft::new(core, conversation)?;
    for queued in due {
        let action: Action = codec::from_cbor(&queued.action)?;
        if matches!(action, Action::Intent(_)) {
            // It has become due just now, and is unfolded before the next commit.
            break;
        }
        if action.stands_alone() && !draft.actions.is_empty() {
            break;
        }
        let step = match &action {
            Action::Rotate { open } => {
                if !rotate::take_up(core, me, conversation, &mut draft, *open)? {
                    break;
                }
                Step::Taken
            }
            Action::Leave => {
                if leave::take_up(core, me, conversation, &mut draft, queued.id)? {
                    Step::Taken
                } else {
                    return Ok(None);
                }
            }
            Action::Open if core.store.first_outgoing(conversation.id)?.is_some() => Step::Waits,
            other => draft.take_up(core, other)?,
        };
        match step {
            Step::Taken => {
                draft.wanted = true;
                draft.actions.push(queued.id);
            }
            Step::Done => action::settle(core, queued.id, Ok(()))?,
            Step::Waits => break,
        }
        if action.stands_alone() || draft.actions.len() >= at_once {
            break;
        }
    }
    Ok(draft.wanted.then_some(draft))
}

impl Draft {
    fn new(core: &Core, conversation: &Conversation) -> Result<Self, ClientError> {
        core.groups.with(conversation.id, |group, _| {
            Ok(Self {
                members: group.members()?,
                leaving: group.pending_leaves()?.iter().map(|member| member.leaf).collect(),
                certificates: group.certificates()?,
                profile: group.profile().clone(),
                add: Vec::new(),
                adding: BTreeSet::new(),
                remove: BTreeSet::new(),
                certificate: false,
                wanted: false,
                link: None,
                actions: Vec::new(),
            })
        })
    }

    fn take_up(&mut self, core: &Core, action: &Action) -> Result<Step, ClientError> {
        let before = self.profile.clone();
        match action {
            Action::Refresh => return Ok(Step::Taken),
            Action::Certificate => {
                self.certificate = true;
                return Ok(Step::Taken);
            }
            Action::LetGo => {
                let nobody = self.leaving.is_empty();
                return Ok(if nobody { Step::Done } else { Step::Taken });
            }
            Action::Add { devices, close } => return Ok(self.add(devices, *close)),
            Action::Remove { user, ban, close } => {
                let leaves = self.members.iter().filter(|member| member.user == *user);
                let leaves: Vec<u32> = leaves.map(|member| member.leaf).collect();
                let is_news = !leaves.is_empty();
                let staying = leaves.into_iter().filter(|leaf| !self.leaving.contains(leaf));
                self.remove.extend(staying);
                if *ban {
                    self.ban(core, *user)?;
                }
                if is_news && *close {
                    self.close();
                }
                if is_news {
                    return Ok(Step::Taken);
                }
            }
            Action::Unban(user) => self.profile.banned.retain(|banned| banned.user != *user),
            Action::SetRole { user, role } => self.profile.set_role(*user, *role),
            Action::Terms(patch) => patch_terms(&mut self.profile, patch),
            Action::Open => {
                let open = TermsPatch {
                    locked: Some(false),
                    ..TermsPatch::default()
                };
                patch_terms(&mut self.profile, &open);
            }
            // These are taken up elsewhere.
            Action::Rotate { .. } | Action::Leave | Action::Intent(_) => return Ok(Step::Waits),
        }
        Ok(if self.profile == before {
            Step::Done
        } else {
            Step::Taken
        })
    }

    fn add(&mut self, devices: &[NewDevice], close: bool) -> Step {
        let inside: BTreeSet<DeviceId> = self.members.iter().map(|member| member.device).collect();
        let mut any = false;
        for new in devices {
            if !inside.contains(&new.device) && self.adding.insert(new.device) {
                self.add.push(new.key_package.0.clone());
                any = true;
            }
        }
        if any && close {
            self.close();
        }
        if any { Step::Taken } else { Step::Done }
    }

    fn ban(&mut self, core: &Core, user: UserId) -> Result<(), ClientError> {
        let inside = self
            .certificates
            .iter()
            .find(|certificate| certificate.user == user);
        let key = if let Some(certificate) = inside {
            certificate.identity_key.0.clone()
        } else {
            let contact = core.store.contact(user)?;
            contact.ok_or(ClientError::UnknownPerson)?.identity_key.to_vec()
        };
        self.profile.ban(Banned {
            user,
            identity: identity_hash(&key),
        });
        Ok(())
    }

    fn close(&mut self) {
        if let Some(room) = &mut self.profile.room {
            room.locked = true;
        }
    }
}

pub(super) fn patch_terms(profile: &mut GroupProfile, patch: &TermsPatch) {
    if let Some(capacity) = patch.capacity {
        profile.capacity = capacity;
    }
    if let Some(seconds) = patch.slow_mode_seconds {
        profile.slow_mode_seconds = seconds;
    }
    if let Some(seconds) = patch.retention_seconds {
        profile.retention_seconds = seconds;
    }
    if let Some(room) = &mut profile.room {
        room.locked = patch.locked.unwrap_or(room.locked);
        room.knock = patch.knock.unwrap_or(room.knock);
        room.expires_at = patch.expires_at.unwrap_or(room.expires_at);
    }
}

/// What this device had seen of a log when it commits.
pub(super) fn seen(conversation: &Conversation) -> SeenEntry {
    SeenEntry {
        sequence: conversation.sequence,
        running_hash: conversation.running_hash.clone().into(),
    }
}

fn build(
    core: &Core,
    me: &Me,
    conversation: &Conversation,
    draft: &Draft,
) -> Result<(Epoch, PendingCommit), ClientError> {
    let remove: Vec<u32> = draft.remove.iter().copied().collect();
    core.groups.with(conversation.id, |group, provider| {
        let profile = (draft.profile != *group.profile()).then(|| draft.profile.clone());
        let change = GroupChange {
            add: &draft.add,
            remove: &remove,
            profile,
            certificate: draft.certificate,
        };
        let epoch = group.epoch();
        let pending = group.commit(provider, &me.mls, change, &seen(conversation))?;
        Ok::<_, GroupError>((epoch, pending))
    })
}

fn store(
    core: &Core,
    conversation: &Conversation,
    draft: &Draft,
    (epoch, pending): (Epoch, PendingCommit),
) -> Result<(), ClientError> {
    let counter = conversation.own_counter.next();
    let payload_hash = history::hash_of(&pending.commit);
    let bundle = bundle_of(counter, pending);
    let link = draft.link.as_ref().map(codec::to_cbor).transpose()?;
    let own = OwnCommit {
        epoch,
        counter,
        payload_hash,
        content: OwnContent::Commit {
            bundle: codec::to_cbor(&bundle)?,
            link,
        },
    };
    core.store.save_own_commit(conversation.id, &own)?;
    for number in &draft.actions {
        core.store.set_action_under_way(*number, true)?;
    }
    Ok(())
}

/// The commit was made: its actions are done, but for a leaving of which it was the first half. Belongs
/// into a transaction.
pub(crate) fn fulfilled(core: &Core, id: ConversationId) -> Result<(), ClientError> {
    for queued in core.store.actions_under_way(id)? {
        let action: Action = codec::from_cbor(&queued.action)?;
        if action == Action::Leave {
            core.store.set_action_under_way(queued.id, false)?;
        } else {
            action::settle(core, queued.id, Ok(()))?;
        }
        if action == Action::Refresh {
            refresh_keys::plan_next(core, id)?;
        }
    }
    Ok(())
}

/// A commit with what goes with it, as it is sent.
pub(super) fn bundle_of(counter: Counter, pending: PendingCommit) -> CommitBundle {
    CommitBundle {
        counter,
        commit: pending.commit.into(),
        group_info: pending.group_info.into(),
        welcome: pending.welcome.map(Into::into),
    }
}
