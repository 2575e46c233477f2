//! What a lying server cannot do unnoticed.

use super::world::{Device, World};
use crate::view::{MessageStateView, NoticeView};
use std::cell::Cell;
use std::rc::Rc;
use undertone_wire::conversation::{EntryKind, LogEntry};
use undertone_wire::stream::ServerFrame;
use undertone_wire::{Bytes, Counter, DeviceId, Sequence};

/// Ben gets what `lie` makes of each message of Ada's.
fn told(
    lie: impl Fn(LogEntry) -> Vec<LogEntry> + 'static,
) -> (World, [Rc<Device>; 2], undertone_wire::ConversationId) {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let devices = [world.device(&ada), world.device(&ben)];
    let conversation = world.run(devices[0].open(&ben));
    world.run(devices[0].send(conversation, "true"));
    world.settle(&devices.each_ref());
    let victim = devices[1].id;
    world.server.tamper(move |device, frame| match frame {
        other if device != victim => vec![other],
        ServerFrame::Entry(entry) if entry.kind == EntryKind::Message => {
            lie(entry).into_iter().map(ServerFrame::Entry).collect()
        }
        ServerFrame::Log(mut page) => {
            page.entries = page.entries.into_iter().flat_map(&lie).collect();
            vec![ServerFrame::Log(page)]
        }
        other => vec![other],
    });
    world.run(devices[0].send(conversation, "second"));
    world.run(devices[0].send(conversation, "third"));
    world.pass(3000);
    (world, devices, conversation)
}

#[test]
fn a_message_under_another_name_is_not_shown() {
    let stranger = DeviceId::from_bytes([77; 16]);
    let (_world, [_, ben], conversation) = told(move |entry| {
        vec![LogEntry {
            sender: stranger,
            ..entry
        }]
    });
    assert_eq!(ben.texts(conversation), ["true"]);
    assert_eq!(ben.notices(conversation), [NoticeView::HistoryMismatch]);
}

#[test]
fn another_counter_than_the_senders_is_noticed() {
    let (_world, [_, ben], conversation) = told(|entry| {
        vec![LogEntry {
            counter: Counter(entry.counter.0 + 5),
            ..entry
        }]
    });
    assert_eq!(ben.texts(conversation), ["true"]);
    assert!(ben.notices(conversation).contains(&NoticeView::HistoryMismatch));
}

#[test]
fn a_broken_message_is_passed_over_and_said() {
    let (_world, [_, ben], conversation) = told(|mut entry| {
        if let (3, Some(last)) = (entry.sequence.0, entry.payload.0.last_mut()) {
            *last ^= 1;
        }
        vec![entry]
    });
    assert_eq!(ben.texts(conversation), ["true", "third"], "the next one is read");
    assert!(ben.notices(conversation).contains(&NoticeView::LostMessages));
}

#[test]
fn a_message_that_is_withheld_leaves_a_gap_in_the_counter() {
    // The log is renumbered so that no sequence is missing.
    let (_world, [_, ben], conversation) = told(|entry| match entry.sequence.0 {
        3 => Vec::new(),
        after => vec![LogEntry {
            sequence: Sequence(after - 1),
            ..entry
        }],
    });
    assert_eq!(ben.texts(conversation), ["true", "third"]);
    assert!(!ben.notices(conversation).is_empty());
}

#[test]
fn an_own_message_that_was_never_sent_is_not_believed() {
    let forged_for = Rc::new(Cell::new(None));
    let victim = Rc::clone(&forged_for);
    let (mut world, [_, ben], conversation) = told(move |entry| match victim.get() {
        Some(ben) if entry.sequence == Sequence(3) => {
            vec![LogEntry {
                sender: ben,
                payload: Bytes(vec![1; 300]),
                ..entry
            }]
        }
        _ if entry.sequence == Sequence(3) => Vec::new(),
        _ => vec![entry],
    });
    assert_eq!(
        ben.texts(conversation),
        ["true"],
        "the fourth waits for the third"
    );
    forged_for.set(Some(ben.id));
    world.restart(&ben);
    world.pass(3000);
    assert_eq!(ben.texts(conversation), ["true", "third"]);
    assert!(ben.notices(conversation).contains(&NoticeView::HistoryMismatch));
}

#[test]
fn a_new_identity_key_is_refused() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, bob) = (world.device(&ada), world.device(&ben));
    let conversation = world.run(alice.open(&ben));
    world.run(alice.send(conversation, "hello"));
    world.settle(&[&alice, &bob]);
    // Someone else with Ada's user id and name, certified by another identity key, writes to Ben anew.
    let mut false_ada = world.someone("Ada");
    false_ada.user = ada.user;
    let carol = world.someone("Carol");
    let caro = world.device(&carol);
    let eve = world.device(&false_ada);
    let error = world.run(caro.client().open_direct(ada.user)).unwrap_err();
    assert_eq!(
        error.code(),
        "key_changed",
        "two keys under one name are refused at first contact, too"
    );
    alice.client().stop();
    world.pass(1000);
    world.server.forget(alice.id);
    world.run(eve.open(&ben));
    world.pass(3000);
    let list = bob.conversations();
    assert_eq!(list.len(), 1, "the false conversation is not there");
    assert_eq!(list[0].notice, Some(NoticeView::KeyChanged));
    assert!(
        bob.messages(conversation)
            .iter()
            .all(|message| message.state == MessageStateView::Sent)
    );
}
