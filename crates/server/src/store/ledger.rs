//! The rules by which an entry gets its place in a log, without any SQL: both databases load a few
//! rows into a ledger, let it judge, and write back what it changed.

use super::conversation::{NewMessage, Refusal, Stamp, Stored};
use crate::franking::Franked;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use undertone_wire::conversation::{Accepted, EntryKind, LogEntry};
use undertone_wire::group::Role;
use undertone_wire::{Bytes, ConversationId, Counter, DeviceId, Epoch, Sequence, Timestamp, UserId};

/// Where a conversation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) epoch: Epoch,
    pub(super) head: Sequence,
    /// How long a person below admin waits between two messages.
    pub(super) slow_mode: Duration,
    /// How long an undelivered message is kept, if shorter than the server's ceiling.
    pub(super) retention: Option<Duration>,
    /// When the room ends.
    pub(super) ends_at: Option<Timestamp>,
}

/// A member device: whose it is, what they may do, and what it sent last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seat {
    pub(super) user: UserId,
    pub(super) role: Role,
    pub(super) last: Last,
}

impl Seat {
    /// Of a device that comes with its first entry.
    pub(super) fn newcomer(user: UserId) -> Self {
        Self {
            user,
            role: Role::Member,
            last: Last::NOTHING,
        }
    }
}

/// What a device sent last; a counter of 0 means nothing yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Last {
    pub(super) counter: Counter,
    pub(super) kind: EntryKind,
    pub(super) sequence: Sequence,
    pub(super) sent_at: Timestamp,
}

impl Last {
    /// Before the first entry.
    pub(super) const NOTHING: Self = Self {
        counter: Counter(0),
        kind: EntryKind::Message,
        sequence: Sequence(0),
        sent_at: Timestamp::from_millis(0),
    };
}

/// A leaf: a device in a conversation.
pub(super) type Leaf = (ConversationId, DeviceId);

/// The rows of one transaction. Kept in order, so that both databases write in order of ids.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    conversations: BTreeMap<ConversationId, Standing>,
    members: BTreeMap<Leaf, Seat>,
    /// When people wrote last, where that counts.
    wrote: BTreeMap<(ConversationId, UserId), Timestamp>,
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
    /// The server's time.
    pub(super) at: Timestamp,
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
    pub(super) fn know_member(&mut self, leaf: Leaf, seat: Seat) {
        self.members.insert(leaf, seat);
    }

    /// Whether it must be known when this device's user wrote last: in slow mode, below admin.
    pub(super) fn counts_writing(&self, leaf: &Leaf) -> Option<UserId> {
        let (standing, seat) = (self.conversations.get(&leaf.0)?, self.members.get(leaf)?);
        (!standing.slow_mode.is_zero() && seat.role < Role::Admin).then_some(seat.user)
    }

    /// Takes up when a person wrote last.
    pub(super) fn know_writing(&mut self, conversation: ConversationId, user: UserId, at: Timestamp) {
        let last = self.wrote.entry((conversation, user)).or_insert(at);
        *last = at.max(*last);
    }

    /// Takes up a device that comes with its first entry, unless it is a member already.
    pub(super) fn welcome(&mut self, leaf: Leaf, user: UserId) {
        self.members.entry(leaf).or_insert(Seat::newcomer(user));
    }

    /// Whose a device is that was taken up.
    pub(super) fn user(&self, leaf: &Leaf) -> Option<UserId> {
        self.members.get(leaf).map(|seat| seat.user)
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

    /// When the server forgets a message, if it is stored at `now`: after its own time or the
    /// conversation's, whichever is shorter.
    pub(super) fn expires_at(&self, message: &NewMessage, now: Timestamp) -> Option<Timestamp> {
        let standing = self.conversations.get(&message.conversation);
        let retention = standing.and_then(|standing| standing.retention);
        let shortest = [message.expires_after, retention].into_iter().flatten().min();
        shortest.map(|after| now.plus(after))
    }

    /// Judges a claim. A repetition is recognised before the epoch is looked at, since the group may
    /// have moved on while the first answer was lost.
    pub(super) fn judge(&self, claim: &Claim) -> Result<Admission, Refusal> {
        let leaf = (claim.conversation, claim.sender);
        let seat = self.members.get(&leaf).ok_or(Refusal::NotMember)?;
        let last = &seat.last;
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
        if standing.ends_at.is_some_and(|ends_at| ends_at <= claim.at) {
            return Err(Refusal::Ended);
        }
        if claim.kind == EntryKind::Message {
            self.may_write(standing, &leaf, seat, claim.at)?;
        }
        Ok(Admission::New(standing.head.next()))
    }

    fn may_write(&self, standing: &Standing, leaf: &Leaf, seat: &Seat, at: Timestamp) -> Result<(), Refusal> {
        if seat.role == Role::ReadOnly {
            return Err(Refusal::ReadOnly);
        }
        let Some(user) = self.counts_writing(leaf) else {
            return Ok(());
        };
        let Some(wrote) = self.wrote.get(&(leaf.0, user)) else {
            return Ok(());
        };
        // A clock that was set back must not silence anybody: nobody waits longer than the slow mode.
        let waited = if at < *wrote {
            standing.slow_mode
        } else {
            at.since(*wrote)
        };
        match standing.slow_mode.checked_sub(waited) {
            Some(wait) if !wait.is_zero() => Err(Refusal::SlowMode(wait)),
            _ => Ok(()),
        }
    }

    /// Notes that a claim got its place.
    pub(super) fn enter(&mut self, claim: &Claim, sequence: Sequence, sent_at: Timestamp) {
        let leaf = (claim.conversation, claim.sender);
        if let Some(standing) = self.conversations.get_mut(&claim.conversation) {
            standing.head = sequence;
        }
        if let Some(seat) = self.members.get_mut(&leaf) {
            seat.last = Last {
                counter: claim.counter,
                kind: claim.kind,
                sequence,
                sent_at,
            };
        }
        if claim.kind == EntryKind::Message
            && let Some(user) = self.counts_writing(&leaf)
        {
            self.know_writing(leaf.0, user, sent_at);
        }
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
            at: stamp.now,
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

    /// Ends a batch: what it changed was written back, and stays known.
    pub(super) fn close(&mut self) {
        self.changed.clear();
    }

    /// How many rows are known.
    pub(super) fn rows(&self) -> usize {
        self.conversations.len() + self.members.len() + self.wrote.len()
    }

    /// The devices that sent something, with what they sent last.
    pub(super) fn changed_members(&self) -> impl Iterator<Item = (&Leaf, &Last)> {
        self.changed
            .iter()
            .filter_map(|leaf| self.members.get(leaf).map(|seat| (leaf, &seat.last)))
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

    fn standing(epoch: u64, head: u64) -> Standing {
        Standing {
            epoch: Epoch(epoch),
            head: Sequence(head),
            slow_mode: Duration::ZERO,
            retention: None,
            ends_at: None,
        }
    }

    fn seat(user: u8, role: Role) -> Seat {
        let user = UserId::from_bytes([user; 16]);
        Seat {
            role,
            ..Seat::newcomer(user)
        }
    }

    fn ledger(devices: u8) -> Ledger {
        let mut ledger = Ledger::default();
        ledger.know_conversation(CONVERSATION, standing(1, 1));
        for number in 0..devices {
            ledger.know_member((CONVERSATION, device(number)), seat(number, Role::Member));
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
            expires_after: None,
        }
    }

    fn stamp() -> Stamp {
        at(5)
    }

    fn at(milliseconds: u64) -> Stamp {
        Stamp {
            now: Timestamp::from_millis(milliseconds),
            key: FrankingKey::from_bytes([0; 32]),
        }
    }

    #[test]
    fn a_repetition_is_answered_alike_even_after_the_epoch_changed() {
        let mut ledger = ledger(1);
        let first = ledger.append(message(0, 1, 1), &stamp()).unwrap();
        ledger.know_conversation(CONVERSATION, standing(2, 3));
        let again = ledger.append(message(0, 1, 1), &stamp()).unwrap();
        assert_eq!(again, Stored::Repeated(first.accepted()));
        assert_eq!(
            ledger.append(message(0, 2, 1), &stamp()),
            Err(Refusal::EpochStale)
        );
    }

    #[test]
    fn a_batch_that_was_written_back_is_not_written_back_again_and_stays_known() {
        let mut ledger = ledger(3);
        let user = UserId::from_bytes([7; 16]);
        ledger.know_writing(CONVERSATION, user, Timestamp::from_millis(1));
        ledger.know_writing(
            CONVERSATION,
            UserId::from_bytes([8; 16]),
            Timestamp::from_millis(1),
        );
        assert_eq!(ledger.rows(), 1 + 3 + 2);
        let first = ledger.append(message(0, 1, 1), &stamp()).unwrap();
        assert_eq!(
            (ledger.changed_members().count(), ledger.changed_heads().count()),
            (1, 1)
        );
        ledger.close();
        assert_eq!(
            (ledger.changed_members().count(), ledger.changed_heads().count()),
            (0, 0)
        );
        assert_eq!(ledger.rows(), 1 + 3 + 2);
        let again = ledger.append(message(0, 1, 1), &stamp()).unwrap();
        assert_eq!(again, Stored::Repeated(first.accepted()));
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
            at: Timestamp::from_millis(5),
        };
        assert_eq!(ledger.judge(&commit), Err(Refusal::CounterConflict));
    }

    #[test]
    fn strangers_learn_nothing() {
        let mut ledger = ledger(1);
        assert_eq!(ledger.append(message(7, 1, 1), &stamp()), Err(Refusal::NotMember));
    }

    #[test]
    fn who_may_only_read_commits_and_leaves_but_does_not_write() {
        let mut ledger = ledger(1);
        ledger.know_member((CONVERSATION, device(0)), seat(0, Role::ReadOnly));
        assert_eq!(ledger.append(message(0, 1, 1), &stamp()), Err(Refusal::ReadOnly));
        for kind in [EntryKind::Commit, EntryKind::Proposal] {
            let claim = Claim {
                conversation: CONVERSATION,
                sender: device(0),
                epoch: Epoch(1),
                counter: Counter(1),
                kind,
                at: Timestamp::from_millis(5),
            };
            assert_eq!(ledger.judge(&claim), Ok(Admission::New(Sequence(2))));
        }
    }

    #[test]
    fn in_slow_mode_a_person_waits_with_all_their_devices_and_admins_do_not() {
        let mut ledger = ledger(0);
        ledger.know_conversation(
            CONVERSATION,
            Standing {
                slow_mode: Duration::from_secs(10),
                ..standing(1, 1)
            },
        );
        for (number, user, role) in [(0, 7, Role::Member), (1, 7, Role::Member), (2, 8, Role::Admin)] {
            ledger.know_member((CONVERSATION, device(number)), seat(user, role));
        }
        ledger.append(message(0, 1, 1), &at(1000)).unwrap();
        for sender in [0, 1] {
            let counter = if sender == 0 { 2 } else { 1 };
            let refused = ledger.append(message(sender, counter, 1), &at(4000));
            assert_eq!(refused, Err(Refusal::SlowMode(Duration::from_secs(7))));
        }
        let in_one_moment = ledger.append(message(0, 2, 1), &at(1000));
        assert_eq!(in_one_moment, Err(Refusal::SlowMode(Duration::from_secs(10))));
        assert!(matches!(
            ledger.append(message(0, 1, 1), &at(4000)),
            Ok(Stored::Repeated(_))
        ));
        for counter in 1..4 {
            ledger.append(message(2, counter, 1), &at(4000)).unwrap();
        }
        ledger.append(message(1, 1, 1), &at(11_000)).unwrap();
        let set_back = ledger.append(message(0, 2, 1), &at(1));
        assert!(set_back.is_ok(), "a clock that was set back silences nobody");
    }

    #[test]
    fn a_message_expires_after_the_shorter_time() {
        let mut ledger = ledger(1);
        let expires = |ledger: &Ledger, seconds: Option<u64>| {
            let message = NewMessage {
                expires_after: seconds.map(Duration::from_secs),
                ..message(0, 1, 1)
            };
            let at = ledger.expires_at(&message, Timestamp::from_millis(0));
            at.map(|at| at.as_millis() / 1000)
        };
        assert_eq!(
            (expires(&ledger, None), expires(&ledger, Some(9))),
            (None, Some(9))
        );
        ledger.know_conversation(
            CONVERSATION,
            Standing {
                retention: Some(Duration::from_secs(5)),
                ..standing(1, 1)
            },
        );
        let all = [None, Some(9), Some(3)].map(|seconds| expires(&ledger, seconds));
        assert_eq!(all, [Some(5), Some(5), Some(3)]);
    }

    #[test]
    fn a_room_that_has_ended_takes_nothing() {
        let mut ledger = ledger(1);
        let ends_at = Some(Timestamp::from_millis(100));
        ledger.know_conversation(
            CONVERSATION,
            Standing {
                ends_at,
                ..standing(1, 1)
            },
        );
        ledger.append(message(0, 1, 1), &at(99)).unwrap();
        assert_eq!(ledger.append(message(0, 2, 1), &at(100)), Err(Refusal::Ended));
        assert!(matches!(
            ledger.append(message(0, 1, 1), &at(100)),
            Ok(Stored::Repeated(_))
        ));
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
