//! In which order entries reach a device, whatever the bus does to them.

use super::*;
use crate::bus::Membership;
use crate::delivery::Registration;
use crate::store::crowd::Crowd;
use bytes::Bytes;
use proptest::prelude::*;
use undertone_wire::{Counter, UserId};

const HERE: ConversationId = ConversationId::from_bytes([1; 16]);
const FEW: Crowd = Crowd {
    is_direct: false,
    is_small: true,
};

fn entry(sequence: u64) -> News {
    News {
        conversation: HERE,
        sequence: Some(Sequence(sequence)),
        entry: Bytes::from(sequence.to_string()),
        membership: None,
    }
}

fn follower() -> (Order, Registration) {
    let hub = Hub::default();
    let phone = hub.register(UserId::from_bytes([1; 16]), DeviceId::from_bytes([1; 16]));
    phone.place.follow([(HERE, FEW)]);
    (Order::new(hub), phone)
}

fn heard(phone: &mut Registration) -> Vec<u64> {
    let frames = std::iter::from_fn(|| phone.frames.waiting());
    frames
        .map(|frame| String::from_utf8_lossy(&frame).parse().unwrap())
        .collect()
}

fn position(head: u64, epoch: u64) -> Position {
    Position {
        conversation: HERE,
        head: Sequence(head),
        epoch: Epoch(epoch),
    }
}

#[test]
fn what_comes_early_waits_and_what_comes_twice_is_dropped() {
    let (order, mut phone) = follower();
    for sequence in [5, 7, 8, 5, 7] {
        order.pass(entry(sequence));
    }
    assert_eq!(heard(&mut phone), [5]);
    assert_eq!(order.take_waiting(), [HERE]);
    order.pass(entry(6));
    assert_eq!(heard(&mut phone), [6, 7, 8]);
    assert!(order.take_waiting().is_empty());
    order.pass(entry(6));
    assert!(heard(&mut phone).is_empty());
}

#[test]
fn what_is_too_large_for_the_bus_is_looked_for() {
    let (order, _phone) = follower();
    order.pass(entry(5));
    order.missed(HERE, Sequence(5));
    assert!(order.take_waiting().is_empty(), "it has come");
    order.missed(HERE, Sequence(6));
    assert_eq!(order.take_waiting(), [HERE]);
    assert!(order.take_waiting().is_empty(), "once is enough");
}

#[test]
fn the_heads_that_a_device_was_told_are_where_it_begins() {
    let (order, mut phone) = follower();
    let head = ConversationHead {
        conversation: HERE,
        head: Sequence(9),
        first_kept: Sequence(1),
        cursor: Sequence(3),
        epoch: Epoch(1),
        counter: Counter(0),
    };
    order.note_heads(&[head]);
    order.pass(entry(9));
    order.pass(entry(10));
    assert_eq!(heard(&mut phone), [10], "the ninth is in the heads");
}

#[test]
fn the_database_shows_what_is_missing() {
    let (order, mut phone) = follower();
    let mark = order.mark(HERE);
    assert_eq!(
        order.compare(&position(3, 1), mark),
        Level::Astray,
        "nothing is known yet"
    );
    order.skip_to(HERE, Sequence(3));
    order.pass(entry(4));
    let compare = |head, epoch| order.compare(&position(head, epoch), order.mark(HERE));
    assert_eq!(compare(6, 1), Level::Behind(Sequence(4)));
    order.pass(entry(5));
    order.pass(entry(6));
    assert_eq!(compare(6, 1), Level::Even);
    assert_eq!(compare(6, 1), Level::Even);
    assert_eq!(
        compare(6, 0),
        Level::Astray,
        "a commit was undone, and nobody said so"
    );
    assert_eq!(heard(&mut phone), [4, 5, 6]);
}

#[test]
fn an_epoch_that_changed_while_the_database_was_asked_is_no_surprise() {
    let (order, _phone) = follower();
    order.skip_to(HERE, Sequence(3));
    let mark = order.mark(HERE);
    let commit = News {
        membership: Some(Membership {
            before: Vec::new(),
            added: Vec::new(),
            welcome: None,
            removed: Vec::new(),
            crowd: FEW,
        }),
        ..entry(4)
    };
    order.pass(commit);
    assert_eq!(
        order.compare(&position(3, 1), mark),
        Level::Even,
        "it answered before"
    );
    assert_eq!(order.compare(&position(4, 2), order.mark(HERE)), Level::Even);
}

#[test]
fn whoever_was_to_come_in_by_what_is_skipped_is_named() {
    let (order, mut phone) = follower();
    order.pass(entry(1));
    let removed = DeviceId::from_bytes([8; 16]);
    let commit = News {
        membership: Some(Membership {
            before: vec![DeviceId::from_bytes([7; 16])],
            added: Vec::new(),
            welcome: None,
            removed: vec![removed],
            crowd: FEW,
        }),
        ..entry(3)
    };
    order.pass(commit);
    order.pass(entry(5));
    let named = order.skip_to(HERE, Sequence(4));
    assert_eq!(named, [DeviceId::from_bytes([7; 16]), removed]);
    assert_eq!(heard(&mut phone), [1, 5], "what is behind the head goes on");
}

proptest! {
    /// Doubled, late and swapped as the bus pleases; what never comes is read from the log at the end.
    #[test]
    fn every_entry_once_and_in_order(arrivals in proptest::collection::vec(2_u64..40, 0..200)) {
        let (order, mut phone) = follower();
        order.pass(entry(1));
        for sequence in &arrivals {
            order.pass(entry(*sequence));
        }
        let last = order.tracks.lock().unwrap()[&HERE].last.unwrap();
        for sequence in last.0 + 1..40 {
            order.pass(entry(sequence));
        }
        prop_assert_eq!(heard(&mut phone), (1..40).collect::<Vec<_>>());
    }

    /// Memory is bounded whatever comes.
    #[test]
    fn what_waits_is_bounded(start in 10_u64..1000) {
        let (order, _phone) = follower();
        order.pass(entry(1));
        for sequence in start..start + 2 * HELD_MAX as u64 {
            order.pass(entry(sequence));
        }
        prop_assert_eq!(order.tracks.lock().unwrap()[&HERE].held.len(), HELD_MAX);
    }
}
