//! One conversation as the server in memory keeps it.

use super::server::Answer;
use std::collections::BTreeMap;
use undertone_mls::{Member, NewGroup, PublicState};
use undertone_wire::conversation::{Accepted, ConversationHead, LogEntry};
use undertone_wire::group::GroupProfile;
use undertone_wire::room::{Knock, RoomLink};
use undertone_wire::{
    Bytes, ConversationId, Counter, DeviceId, Epoch, ErrorBody, ErrorCode, Sequence, UserId,
};

/// What a void commit is undone to.
#[derive(Clone)]
pub(super) struct Before {
    pub(super) state: PublicState,
    pub(super) epoch: Epoch,
    pub(super) members: Vec<Member>,
    pub(super) profile: GroupProfile,
    pub(super) group_info: Bytes,
    pub(super) ratchet_tree: Bytes,
    /// The commit's place.
    pub(super) commit: Sequence,
}

#[derive(Clone)]
pub(super) struct Conversation {
    pub(super) pair: Option<[UserId; 2]>,
    pub(super) profile: GroupProfile,
    pub(super) group_info: Bytes,
    pub(super) ratchet_tree: Bytes,
    /// Of this epoch, in order.
    pub(super) proposals: Vec<Bytes>,
    pub(super) before: Option<Before>,
    pub(super) link: Option<RoomLink>,
    pub(super) knocks: Vec<Knock>,
    pub(super) last_expiry: Option<u32>,
    /// Commits that were sent, taken or not.
    pub(super) tried: usize,
    pub(super) state: PublicState,
    pub(super) epoch: Epoch,
    pub(super) members: Vec<Member>,
    pub(super) log: Vec<LogEntry>,
    pub(super) joined_at: BTreeMap<DeviceId, Sequence>,
    pub(super) cursors: BTreeMap<DeviceId, Sequence>,
    pub(super) expired: usize,
    pub(super) last: BTreeMap<DeviceId, Accepted>,
}

impl Conversation {
    pub(super) fn new(pair: Option<[UserId; 2]>, founded: NewGroup) -> Self {
        Self {
            pair,
            profile: founded.profile,
            group_info: Bytes::default(),
            ratchet_tree: Bytes::default(),
            proposals: Vec::new(),
            before: None,
            link: None,
            knocks: Vec::new(),
            last_expiry: None,
            tried: 0,
            state: founded.state,
            epoch: founded.epoch,
            members: founded.members,
            log: Vec::new(),
            joined_at: BTreeMap::new(),
            cursors: BTreeMap::new(),
            expired: 0,
            last: BTreeMap::new(),
        }
    }

    /// What a void commit that comes now would be undone to.
    pub(super) fn as_it_is(&self) -> Before {
        Before {
            state: self.state.clone(),
            epoch: self.epoch,
            members: self.members.clone(),
            profile: self.profile.clone(),
            group_info: self.group_info.clone(),
            ratchet_tree: self.ratchet_tree.clone(),
            commit: self.head_sequence().next(),
        }
    }

    pub(super) fn people(&self) -> u32 {
        let mut users: Vec<_> = self.members.iter().map(|member| member.user).collect();
        users.sort_unstable();
        users.dedup();
        u32::try_from(users.len()).unwrap()
    }

    pub(super) fn has(&self, device: DeviceId) -> bool {
        self.members.iter().any(|member| member.device == device)
    }

    pub(super) fn head_sequence(&self) -> Sequence {
        Sequence(self.log.len() as u64)
    }

    /// So many entries were acknowledged by everybody.
    pub(super) fn gone(&self) -> usize {
        let acknowledged = self
            .joined_at
            .iter()
            .map(|(device, joined)| self.cursors.get(device).copied().unwrap_or_default().max(*joined));
        usize::try_from(acknowledged.min().unwrap_or_default().0)
            .unwrap()
            .max(self.expired)
    }

    pub(super) fn head(&self, id: ConversationId, device: DeviceId) -> ConversationHead {
        let joined = self.joined_at.get(&device).copied().unwrap_or_default();
        ConversationHead {
            conversation: id,
            head: self.head_sequence(),
            first_kept: Sequence(self.gone() as u64 + 1),
            cursor: self.cursors.get(&device).copied().unwrap_or_default().max(joined),
            epoch: self.epoch,
            counter: self
                .last
                .get(&device)
                .map(|last| last.counter)
                .unwrap_or_default(),
        }
    }

    pub(super) fn check_counter(&self, device: DeviceId, counter: Counter) -> Answer<Option<Accepted>> {
        match self.last.get(&device) {
            Some(last) if last.counter == counter => Ok(Some(*last)),
            last if counter == last.map(|last| last.counter).unwrap_or_default().next() => Ok(None),
            _ => Err(refusal(ErrorCode::CounterConflict)),
        }
    }
}

/// A no, with its code.
pub(super) fn refusal(code: ErrorCode) -> ErrorBody {
    ErrorBody::new(code, format!("refused: {code}"))
}
