//! One conversation as the server in memory keeps it.

use super::server::Answer;
use std::collections::BTreeMap;
use undertone_mls::{Member, PublicState};
use undertone_wire::conversation::{Accepted, ConversationHead, LogEntry};
use undertone_wire::{ConversationId, Counter, DeviceId, Epoch, ErrorBody, ErrorCode, Sequence, UserId};

pub(super) struct Conversation {
    pub(super) pair: [UserId; 2],
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
        }
    }

    pub(super) fn check_counter(&self, device: DeviceId, counter: Counter) -> Answer<Option<Accepted>> {
        if !self.has(device) {
            return Err(refusal(ErrorCode::NotFound));
        }
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
