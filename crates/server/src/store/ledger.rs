//! The rules by which an entry gets its place in a log, without any SQL: both databases load a few
//! rows into a ledger, let it judge, and write back what it changed.

use super::conversation::{NewMessage, Refusal, Stamp, Stored};
use crate::franking::Franked;
use std::collections::{BTreeMap, BTreeSet};
use undertone_wire::conversation::{Accepted, EntryKind, LogEntry};
use undertone_wire::{Bytes, ConversationId, Counter, DeviceId, Epoch, Sequence, Timestamp};

/// Where a conversation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) epoch: Epoch,
    pub(super) head: Sequence,
}

/// What a device sent last; a counter of 0 means nothing yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Last {
    pub(super) counter: Counter,
    pub(super) kind: EntryKind,
    pub(super) sequence: Sequence,
    pub(super) sent_at: Timestamp,
}

/// A leaf: a device in a conversation.
pub(super) type Leaf = (ConversationId, DeviceId);

/// The rows of one transaction. Kept in order, so that both databases write in order of ids.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    conversations: BTreeMap<ConversationId, Standing>,
    members: BTreeMap<Leaf, Last>,
    changed: BTreeSet<Leaf>,
}

/// What an entry claims.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim {
    pub(super) conversation: ConversationId,
    pub(super) sender: DeviceId,
    pub(super) epoch: Epoch,
    pub(super) counter: Counter,
    pub(super) kind: EntryKind,
}

/// The judgement of a claim that stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// It gets the next place.
    New(Sequence),
    /// It has one already.
    Repeated(Accepted),
}

impl Ledger {
    /// Takes up the row of a conversation.
    pub(super) fn know_conversation(&mut self, conversation: ConversationId, standing: Standing) {
        self.conversations.insert(conversation, standing);
    }

    /// Takes up the row of a member device.
    pub(super) fn know_member(&mut self, leaf: Leaf, last: Last) {
        self.members.insert(leaf, last);
    }

    /// Whether the row of that device was taken up.
    pub(super) fn knows_member(&self, leaf: &Leaf) -> bool {
        self.members.contains_key(leaf)
    }

    /// The current epoch of a conversation that was taken up.
    pub(super) fn epoch(&self, conversation: &ConversationId) -> Option<Epoch> {
        self.conversations
            .get(conversation)
            .map(|standing| standing.epoch)
    }

    /// Judges a claim. A repetition is recognised before the epoch is looked at, since the group may
    /// have moved on while the first answer was lost.
    pub(super) fn judge(&self, claim: &Claim) -> Result<Admission, Refusal> {
        let last = self
            .members
            .get(&(claim.conversation, claim.sender))
            .ok_or(Refusal::NotMember)?;
        let standing = self
            .conversations
            .get(&claim.conversation)
            .ok_or(Refusal::NotMember)?;
        if claim.counter == last.counter && claim.kind == last.kind && last.counter != Counter(0) {
            return Ok(Admission::Repeated(Accepted {
                conversation: claim.conversation,
                counter: last.counter,
                sequence: last.sequence,
                sent_at: last.sent_at,
            }));
        }
        if claim.epoch != standing.epoch {
            return Err(Refusal::EpochStale);
        }
        if claim.counter != last.counter.next() {
            return Err(Refusal::CounterConflict);
        }
        Ok(Admission::New(standing.head.next()))
    }

    /// Notes that a claim got its place.
    pub(super) fn enter(&mut self, claim: &Claim, sequence: Sequence, sent_at: Timestamp) {
        let leaf = (claim.conversation, claim.sender);
        if let Some(standing) = self.conversations.get_mut(&claim.conversation) {
            standing.head = sequence;
        }
        self.members.insert(
            leaf,
            Last {
                counter: claim.counter,
                kind: claim.kind,
                sequence,
                sent_at,
            },
        );
        self.changed.insert(leaf);
    }

    /// Judges a message and, if it stands, makes its entry.
    pub(super) fn append(&mut self, message: NewMessage, stamp: &Stamp) -> Result<Stored, Refusal> {
        let claim = Claim {
            conversation: message.conversation,
            sender: message.sender,
            epoch: message.epoch,
            counter: message.counter,
            kind: EntryKind::Message,
        };
        let sequence = match self.judge(&claim)? {
            Admission::Repeated(accepted) => return Ok(Stored::Repeated(accepted)),
            Admission::New(sequence) => sequence,
        };
        self.enter(&claim, sequence, stamp.now);
        let mac = stamp.key.mac(&Franked {
            tag: message.franking_tag,
            conversation: message.conversation,
            sequence,
            sender: message.sender,
            sent_at: stamp.now,
        });
        Ok(Stored::New(LogEntry {
            conversation: message.conversation,
            sequence,
            kind: EntryKind::Message,
            epoch: message.epoch,
            sender: message.sender,
            counter: message.counter,
            sent_at: stamp.now,
            payload: message.payload,
            franking_mac: Bytes::from(mac.as_slice()),
        }))
    }

    /// The devices that sent something, with what they sent last.
    pub(super) fn changed_members(&self) -> impl Iterator<Item = (&Leaf, &Last)> {
        self.changed
            .iter()
            .filter_map(|leaf| self.members.get(leaf).map(|last| (leaf, last)))
    }

    /// The conversations that grew, with their new heads.
    pub(super) fn changed_heads(&self) -> impl Iterator<Item = (&ConversationId, Sequence)> {
        let grown: BTreeSet<_> = self
            .changed
            .iter()
            .map(|(conversation, _)| conversation)
            .collect();
        grown
            .into_iter()
            .filter_map(|id| self.conversations.get(id).map(|standing| (id, standing.head)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::franking::FrankingKey;
    use proptest::prelude::*;

    const CONVERSATION: ConversationId = ConversationId::from_bytes([1; 16]);

    fn device(number: u8) -> DeviceId {
        DeviceId::from_bytes([number; 16])
    }

    fn ledger(devices: u8) -> Ledger {
        let mut ledger = Ledger::default();
        ledger.know_conversation(
            CONVERSATION,
            Standing {
                epoch: Epoch(1),
                head: Sequence(1),
            },
        );
        let never = Last {
            counter: Counter(0),
            kind: EntryKind::Message,
            sequence: Sequence(0),
            sent_at: Timestamp::default(),
        };
        for number in 0..devices {
            ledger.know_member((CONVERSATION, device(number)), never);
        }
        ledger
    }

    fn message(sender: u8, counter: u64, epoch: u64) -> NewMessage {
        NewMessage {
            conversation: CONVERSATION,
            epoch: Epoch(epoch),
            sender: device(sender),
            counter: Counter(counter),
            franking_tag: [0; 32],
            payload: Bytes(vec![sender]),
        }
    }

    fn stamp() -> Stamp {
        Stamp {
            now: Timestamp::from_millis(5),
            key: FrankingKey::from_bytes([0; 32]),
        }
    }

    #[test]
    fn a_repetition_is_answered_alike_even_after_the_epoch_changed() {
        let mut ledger = ledger(1);
        let first = ledger.append(message(0, 1, 1), &stamp()).unwrap();
        ledger.know_conversation(
            CONVERSATION,
            Standing {
                epoch: Epoch(2),
                head: Sequence(3),
            },
        );
        let again = ledger.append(message(0, 1, 1), &stamp()).unwrap();
        assert_eq!(again, Stored::Repeated(first.accepted()));
        assert_eq!(
            ledger.append(message(0, 2, 1), &stamp()),
            Err(Refusal::EpochStale)
        );
    }

    #[test]
    fn a_counter_of_zero_or_of_another_kind_is_no_repetition() {
        let mut ledger = ledger(1);
        assert_eq!(
            ledger.append(message(0, 0, 1), &stamp()),
            Err(Refusal::CounterConflict)
        );
        ledger.append(message(0, 1, 1), &stamp()).unwrap();
        let commit = Claim {
            conversation: CONVERSATION,
            sender: device(0),
            epoch: Epoch(1),
            counter: Counter(1),
            kind: EntryKind::Commit,
        };
        assert_eq!(ledger.judge(&commit), Err(Refusal::CounterConflict));
    }

    #[test]
    fn strangers_learn_nothing() {
        let mut ledger = ledger(1);
        assert_eq!(ledger.append(message(7, 1, 1), &stamp()), Err(Refusal::NotMember));
    }

    proptest! {
        #[test]
        fn sequences_have_no_gaps_whatever_is_sent(
            sent in proptest::collection::vec((0u8..4, 0u64..6, 0u64..3), 0..200)
        ) {
            let mut ledger = ledger(3);
            let mut head = 1;
            let mut counters = [0u64; 3];
            for (sender, counter, epoch) in sent {
                match ledger.append(message(sender, counter, epoch), &stamp()) {
                    Ok(Stored::New(entry)) => {
                        head += 1;
                        prop_assert_eq!(entry.sequence, Sequence(head));
                        let last = &mut counters[usize::from(sender)];
                        *last += 1;
                        prop_assert_eq!(entry.counter, Counter(*last));
                        prop_assert_eq!(epoch, 1);
                    }
                    Ok(Stored::Repeated(accepted)) => {
                        prop_assert_eq!(accepted.counter, Counter(counters[usize::from(sender)]));
                    }
                    Err(_) => {}
                }
            }
            for (_, last_head) in ledger.changed_heads() {
                prop_assert_eq!(last_head, Sequence(head));
            }
        }
    }
}
