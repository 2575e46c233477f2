//! What the server in memory appends to logs: messages, commits, proposals, joins; and what it voids.

use super::super::ledger::{Before, refusal};
use super::{Answer, FakeServer, State};
use undertone_mls::{CheckedCommit, CommitCheck, ProposalCheck, check_commit, check_proposal};
use undertone_wire::conversation::{
    Accepted, CommitBundle, EntryKind, JoinRequest, LogEntry, PendingWelcome, SubmitProposalRequest,
};
use undertone_wire::message::SendMessageRequest;
use undertone_wire::stream::{Acknowledge, Refused, ServerFrame};
use undertone_wire::{Bytes, ConversationId, Counter, DeviceId, Epoch, ErrorCode};

#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) device: DeviceId,
    pub(super) conversation: ConversationId,
    pub(super) counter: Counter,
}

/// What is appended.
struct Payload {
    kind: EntryKind,
    epoch: Epoch,
    bytes: Bytes,
}

impl FakeServer {
    /// The newest message of a conversation reaches its end on the server: its hash is kept.
    pub(in super::super) fn end_last_message(&self, conversation: ConversationId) {
        let mut state = self.0.borrow_mut();
        let known = state.conversations.get_mut(&conversation).unwrap();
        let last = known
            .log
            .iter_mut()
            .rfind(|entry| entry.kind == EntryKind::Message);
        let last = last.unwrap();
        last.kind = EntryKind::Expired;
        last.payload = crate::message::history::hash_of(last.payload.as_slice())
            .to_vec()
            .into();
    }
}

impl FakeServer {
    /// Appends a join without checking anything, as a server might that is not to be trusted.
    pub(in super::super) fn force(&self, device: DeviceId, request: &JoinRequest) {
        let place = Place {
            device,
            conversation: request.conversation,
            counter: request.commit.counter,
        };
        self.0.borrow_mut().force(place, request.commit.commit.clone());
    }

    /// Appends something in a member's name that is no commit.
    pub(in super::super) fn force_garbage(&self, conversation: ConversationId, device: DeviceId) {
        let mut state = self.0.borrow_mut();
        let last = state.conversations[&conversation].last.get(&device);
        let counter = last.map(|last| last.counter).unwrap_or_default().next();
        let place = Place {
            device,
            conversation,
            counter,
        };
        state.force(place, Bytes(vec![7; 40]));
    }
}

impl State {
    fn force(&mut self, place: Place, bytes: Bytes) {
        let known = self.conversations.get_mut(&place.conversation).unwrap();
        let epoch = known.epoch;
        known.before = Some(known.as_it_is());
        let kind = EntryKind::Commit;
        self.append(place, Payload { kind, epoch, bytes });
    }

    pub(super) fn message(&mut self, place: Place, send: &SendMessageRequest) -> Answer<Accepted> {
        if let Some(code) = self.refuse_next.pop() {
            return Err(refusal(code));
        }
        if let Some(again) = self.check(place, send.epoch)? {
            return Ok(again);
        }
        let known = self.conversations.get_mut(&place.conversation).unwrap();
        known.last_expiry = send.expires_after_seconds;
        let payload = Payload {
            kind: EntryKind::Message,
            epoch: send.epoch,
            bytes: send.message.clone(),
        };
        Ok(self.append(place, payload))
    }

    pub(super) fn propose(&mut self, device: DeviceId, submit: &SubmitProposalRequest) -> Answer<Accepted> {
        let place = Place {
            device,
            conversation: submit.conversation,
            counter: submit.counter,
        };
        if let Some(again) = self.check(place, submit.epoch)? {
            return Ok(again);
        }
        let known = self.conversations.get_mut(&submit.conversation).unwrap();
        let check = ProposalCheck {
            state: &known.state,
            conversation: submit.conversation,
            sender: device,
            epoch: submit.epoch,
            earlier: &known.proposals,
            proposal: submit.proposal.as_slice(),
        };
        check_proposal(check).map_err(|error| refusal(error.code()))?;
        known.proposals.push(submit.proposal.clone());
        let payload = Payload {
            kind: EntryKind::Proposal,
            epoch: submit.epoch,
            bytes: submit.proposal.clone(),
        };
        Ok(self.append(place, payload))
    }

    pub(super) fn join(&mut self, device: DeviceId, request: &JoinRequest) -> Answer<Accepted> {
        self.commit_as(device, request.conversation, request.epoch, &request.commit, true)
    }

    pub(super) fn commit(
        &mut self,
        device: DeviceId,
        id: ConversationId,
        epoch: Epoch,
        bundle: &CommitBundle,
    ) -> Answer<Accepted> {
        self.commit_as(device, id, epoch, bundle, false)
    }

    fn commit_as(
        &mut self,
        device: DeviceId,
        id: ConversationId,
        epoch: Epoch,
        bundle: &CommitBundle,
        external: bool,
    ) -> Answer<Accepted> {
        if self.refuse_commits {
            return Err(refusal(ErrorCode::CommitInvalid));
        }
        let place = Place {
            device,
            conversation: id,
            counter: bundle.counter,
        };
        let known = self
            .conversations
            .get_mut(&id)
            .ok_or_else(|| refusal(ErrorCode::NotFound))?;
        known.tried += 1;
        if !known.has(device) {
            if !external {
                return Err(refusal(ErrorCode::NotFound));
            }
            // The count lives as long as the leaf.
            known.last.remove(&device);
        }
        if let Some(again) = known.check_counter(device, bundle.counter)? {
            return Ok(again);
        }
        let check = CommitCheck {
            state: &known.state,
            conversation: id,
            sender: device,
            epoch,
            bundle,
            proposals: &known.proposals,
        };
        let checked = check_commit(check).map_err(|error| refusal(error.code()))?;
        self.take_commit(id, bundle, &checked);
        let payload = Payload {
            kind: EntryKind::Commit,
            epoch,
            bytes: bundle.commit.clone(),
        };
        if external {
            let known = self.conversations.get_mut(&id).unwrap();
            let before = known.head_sequence();
            known.joined_at.insert(device, before);
        }
        let accepted = self.append(place, payload);
        for added in checked.added.iter().filter(|added| added.device != device) {
            self.welcome(added.device, place, bundle, accepted);
        }
        let known = self.conversations.get_mut(&id).unwrap();
        let members = known.members.clone();
        known
            .joined_at
            .retain(|device, _| members.iter().any(|member| member.device == *device));
        Ok(accepted)
    }

    /// The group is as it is after the commit.
    fn take_commit(&mut self, id: ConversationId, bundle: &CommitBundle, checked: &CheckedCommit) {
        let known = self.conversations.get_mut(&id).unwrap();
        known.before = Some(Before {
            state: std::mem::replace(&mut known.state, checked.state.clone()),
            epoch: std::mem::replace(&mut known.epoch, checked.epoch),
            members: std::mem::replace(&mut known.members, checked.members.clone()),
            profile: std::mem::replace(&mut known.profile, checked.profile.clone()),
            group_info: std::mem::replace(&mut known.group_info, bundle.group_info.clone()),
            ratchet_tree: std::mem::replace(&mut known.ratchet_tree, checked.ratchet_tree.clone().into()),
            commit: known.head_sequence().next(),
        });
        known.proposals.clear();
        let inside = known.members.clone();
        known
            .knocks
            .retain(|knock| !inside.iter().any(|member| member.device == knock.device));
    }

    fn welcome(&mut self, device: DeviceId, place: Place, bundle: &CommitBundle, accepted: Accepted) {
        let known = self.conversations.get_mut(&place.conversation).unwrap();
        known.joined_at.insert(device, accepted.sequence);
        known.last.remove(&device);
        let welcome = PendingWelcome {
            conversation: place.conversation,
            sequence: accepted.sequence,
            sender: place.device,
            sent_at: accepted.sent_at,
            welcome: bundle.welcome.clone().unwrap(),
            ratchet_tree: known.ratchet_tree.clone(),
        };
        let waiting = &mut self.devices.get_mut(&device).unwrap().welcomes;
        waiting.retain(|waiting| waiting.conversation != place.conversation);
        waiting.push(welcome.clone());
        self.push(device, ServerFrame::Welcome(welcome));
    }

    /// If nobody but its author could process the newest commit, it and all after it are void.
    pub(super) fn cannot_process(&mut self, device: DeviceId, report: Acknowledge) {
        let id = report.conversation;
        let Some(known) = self.conversations.get_mut(&id) else {
            return;
        };
        let at = usize::try_from(report.sequence.0 - 1).unwrap();
        let reported = known.log.get(at).map(|entry| entry.kind);
        if reported == Some(EntryKind::Voided) {
            self.push(device, ServerFrame::Voided(report));
            return;
        }
        let is_newest = |before: &&Before| before.commit == report.sequence;
        let Some(before) = known.before.as_ref().filter(is_newest).cloned() else {
            self.push(device, ServerFrame::Stands(report));
            return;
        };
        let author = known.log[at].sender;
        let stands = known
            .cursors
            .iter()
            .any(|(id, cursor)| *id != author && *cursor >= report.sequence);
        if stands {
            self.push(device, ServerFrame::Stands(report));
            return;
        }
        for entry in known.log.iter_mut().skip(at) {
            entry.kind = EntryKind::Voided;
            entry.payload = Bytes::default();
        }
        known.state = before.state;
        known.epoch = before.epoch;
        known.members = before.members;
        known.profile = before.profile;
        known.group_info = before.group_info;
        known.ratchet_tree = before.ratchet_tree;
        known.before = None;
        let told: Vec<_> = known.members.iter().map(|member| member.device).collect();
        known.joined_at.retain(|device, _| told.contains(device));
        for device in told.iter().chain(std::iter::once(&author)) {
            self.push(*device, ServerFrame::Voided(report));
        }
    }

    /// Whether something fits the epoch and counter; the earlier answer, if it was taken before.
    fn check(&self, place: Place, epoch: Epoch) -> Answer<Option<Accepted>> {
        let known = self.conversations.get(&place.conversation);
        let known = known.filter(|known| known.has(place.device));
        let known = known.ok_or_else(|| refusal(ErrorCode::NotFound))?;
        let again = known.check_counter(place.device, place.counter)?;
        if again.is_none() && epoch != known.epoch {
            return Err(refusal(ErrorCode::EpochStale));
        }
        Ok(again)
    }

    fn append(&mut self, place: Place, payload: Payload) -> Accepted {
        let sent_at = self.clock();
        let known = self.conversations.get_mut(&place.conversation).unwrap();
        let sequence = known.head_sequence().next();
        let Place {
            device,
            conversation,
            counter,
        } = place;
        let franking_mac = if payload.kind == EntryKind::Message {
            vec![7; 32]
        } else {
            Vec::new()
        };
        let entry = LogEntry {
            conversation,
            sequence,
            kind: payload.kind,
            epoch: payload.epoch,
            sender: device,
            counter,
            sent_at,
            payload: payload.bytes,
            franking_mac: franking_mac.into(),
        };
        known.log.push(entry.clone());
        let accepted = Accepted {
            conversation,
            counter,
            sequence,
            sent_at,
        };
        known.last.insert(device, accepted);
        let joined = known.joined_at.clone();
        for (member, joined_at) in joined {
            if joined_at < sequence {
                self.push(member, ServerFrame::Entry(entry.clone()));
            }
        }
        accepted
    }

    pub(super) fn answer(&self, place: Place, result: Answer<Accepted>) {
        let Place {
            device,
            conversation,
            counter,
        } = place;
        self.push(
            device,
            match result {
                Ok(accepted) => ServerFrame::Accepted(accepted),
                Err(error) => ServerFrame::Refused(Refused {
                    conversation,
                    counter,
                    error,
                }),
            },
        );
    }
}
