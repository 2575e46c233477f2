//! Deleting that can be taken back: the messages are hidden here at once, and nothing happens to them before
//! its time has come, wherever the client is then.

use super::{Group, key, view};
use crate::client::Client;
use crate::conversation::intent::UNDO;
use crate::message::draft::Draft;
use crate::message::key::MessageKey;
use crate::message::reaper::RAW_STORAGE_BOUND;
use crate::tests::world::{Device, World};
use crate::view::{Intent, IntentNumber, MessageView, TimelineQuery};
use futures::FutureExt;
use std::pin::pin;
use std::rc::Rc;
use undertone_wire::{ConversationId, MessageId};

/// The time in which something can be taken back passes.
fn wait(group: &mut Group) {
    group.world.pass(u64::try_from(UNDO.as_millis()).unwrap() + 1);
    group.settle();
}

fn intend(device: &Device, talk: ConversationId, intent: Intent) -> IntentNumber {
    device.client().intend(talk, intent).unwrap().number
}

/// Where a message is shown.
fn shown(client: &Client, talk: ConversationId, message: MessageKey) -> Vec<&'static str> {
    let is_it = |view: &MessageView| view.key == message;
    let query = TimelineQuery::newest(50);
    let around = TimelineQuery {
        around: Some(message),
        ..query
    };
    let mut places = Vec::new();
    let mut see = |place, found: bool| places.extend(found.then_some(place));
    see(
        "timeline",
        client.timeline(talk, query).unwrap().messages.iter().any(is_it),
    );
    see(
        "around",
        client.timeline(talk, around).unwrap().messages.iter().any(is_it),
    );
    see("pinned", client.pinned(talk).unwrap().iter().any(is_it));
    see("starred", client.starred().unwrap().iter().any(is_it));
    see("search", !client.search("marmalade").unwrap().is_empty());
    let list = client.conversations().unwrap();
    see("list", list[0].last_text.as_deref() == Some("marmalade"));
    see("unread", list[0].unread == 1);
    see("key", client.message(message).unwrap().is_some());
    places
}

const EVERYWHERE: [&str; 8] = [
    "timeline", "around", "pinned", "starred", "search", "list", "unread", "key",
];

#[test]
fn what_is_about_to_be_deleted_is_hidden_and_comes_back_as_it_was() {
    let mut group = Group::new();
    let (alice, bob) = (Rc::clone(&group.alice), Rc::clone(&group.bob));
    let first = group.send(&bob, "marmalade");
    let (ada, row) = (alice.client(), key(&alice, first));
    group.act(&alice, async |ada| ada.pin(key(&alice, first), true).map(drop));
    ada.star(row, true).unwrap();
    assert_eq!(shown(&ada, group.talk, row), EVERYWHERE);
    let before = view(&alice, group.talk, first);
    for intent in [Intent::DeleteHere(vec![row]), Intent::DeleteForEveryone(row)] {
        let number = intend(&alice, group.talk, intent);
        assert_eq!(shown(&ada, group.talk, row), [""; 0]);
        group.world.pass(5000);
        let refused = ada.react(row, "👍", true).unwrap_err();
        assert_eq!(
            refused.code(),
            "unknown_message",
            "it is not there to be spoken of"
        );
        assert!(ada.undo(number).unwrap());
        assert!(!ada.undo(number).unwrap());
        group.world.run(ada.fulfilled(number)).unwrap();
        wait(&mut group);
        assert_eq!(shown(&ada, group.talk, row), EVERYWHERE);
        assert_eq!(view(&alice, group.talk, first), before);
        assert!(!view(&bob, group.talk, first).deleted);
    }
}

#[test]
fn an_answer_does_not_tell_what_is_about_to_be_deleted() {
    let mut group = Group::new();
    let alice = Rc::clone(&group.alice);
    let first = group.send(&alice, "marmalade");
    let draft = Draft {
        reply_to: Some(key(&alice, first)),
        .."indeed".into()
    };
    let answer = group.send(&alice, draft);
    let quoted = |device: &Device| view(device, group.talk, answer).reply.unwrap().text;
    assert_eq!(quoted(&alice), "marmalade");
    intend(&alice, group.talk, Intent::DeleteForEveryone(key(&alice, first)));
    assert_eq!(quoted(&alice), "");
}

#[test]
fn what_is_not_taken_back_is_deleted_by_itself() {
    let world = World::new();
    world.store_plainly();
    let mut group = Group::in_world(world);
    let (alice, bob) = (Rc::clone(&group.alice), Rc::clone(&group.bob));
    let all = group.send(&alice, "marmalade");
    let mine = group.send(&bob, "gooseberry");
    let everyone = intend(&alice, group.talk, Intent::DeleteForEveryone(key(&alice, all)));
    let here = intend(&alice, group.talk, Intent::DeleteHere(vec![key(&alice, mine)]));
    let ada = alice.client();
    let mut fulfilled = pin!(ada.fulfilled(everyone));
    group.world.pass(7000);
    assert!(fulfilled.as_mut().now_or_never().is_none());
    assert!(!view(&bob, group.talk, all).deleted);
    wait(&mut group);
    group.world.run(fulfilled).unwrap();
    group.world.run(ada.fulfilled(here)).unwrap();
    assert!(
        !ada.undo(everyone).unwrap() && !ada.hold(here).unwrap(),
        "that is too late"
    );
    assert!(group.seen(all).iter().all(|seen| seen.deleted));
    assert_eq!(ada.message_key(mine).unwrap(), None);
    assert_eq!(view(&bob, group.talk, mine).text, "gooseberry");
    bob.client().delete_here(&[key(&bob, mine)]).unwrap();
    group
        .carl
        .client()
        .delete_here(&[key(&group.carl, mine)])
        .unwrap();
    group
        .world
        .pass(RAW_STORAGE_BOUND.as_millis().try_into().unwrap());
    for word in ["marmalade", "gooseberry"] {
        assert!(!group.world.files_hold(word), "{word}");
    }
}

#[test]
fn whoever_still_thinks_about_a_deletion_has_the_whole_time_again() {
    let mut group = Group::new();
    let alice = Rc::clone(&group.alice);
    let first = group.send(&alice, "marmalade");
    let number = intend(&alice, group.talk, Intent::DeleteForEveryone(key(&alice, first)));
    for _ in 0..3 {
        group.world.pass(6000);
        assert!(alice.client().hold(number).unwrap());
    }
    assert!(!view(&group.bob, group.talk, first).deleted);
    wait(&mut group);
    assert!(view(&group.bob, group.talk, first).deleted);
}

#[test]
fn a_clock_that_is_set_back_meanwhile_keeps_nothing() {
    let mut group = Group::new();
    let alice = Rc::clone(&group.alice);
    let first = group.send(&alice, "marmalade");
    intend(&alice, group.talk, Intent::DeleteForEveryone(key(&alice, first)));
    alice.platform.ahead_ms.set(-3_600_000);
    wait(&mut group);
    assert!(view(&group.bob, group.talk, first).deleted);
}

#[test]
fn a_client_that_is_closed_hides_it_still_and_deletes_it_at_the_next_start() {
    let mut group = Group::new();
    let alice = Rc::clone(&group.alice);
    let (all, here) = (group.send(&alice, "marmalade"), group.send(&alice, "gooseberry"));
    let (row, other) = (key(&alice, all), key(&alice, here));
    intend(&alice, group.talk, Intent::DeleteForEveryone(row));
    intend(&alice, group.talk, Intent::DeleteHere(vec![other]));
    group.world.restart(&alice);
    assert!(alice.texts(group.talk).is_empty());
    assert!(!view(&group.bob, group.talk, all).deleted);
    group.world.close_for(&alice, 60_000);
    group.settle();
    assert!(group.seen(all).iter().all(|seen| seen.deleted));
    assert_eq!(alice.client().message_key(here).unwrap(), None);
    assert_eq!(view(&group.bob, group.talk, here).text, "gooseberry");
}

#[test]
fn without_a_connection_messages_are_deleted_here_and_the_others_are_told_later() {
    let mut group = Group::new();
    let alice = Rc::clone(&group.alice);
    let (all, here) = (group.send(&alice, "marmalade"), group.send(&alice, "gooseberry"));
    alice.link.down.set(true);
    alice.link.cut();
    let everyone = intend(&alice, group.talk, Intent::DeleteForEveryone(key(&alice, all)));
    let number = intend(&alice, group.talk, Intent::DeleteHere(vec![key(&alice, here)]));
    group.world.pass(60_000);
    for number in [everyone, number] {
        group.world.run(alice.client().fulfilled(number)).unwrap();
    }
    assert_eq!(alice.client().message_key(here).unwrap(), None);
    assert!(view(&alice, group.talk, all).deleted);
    assert!(!view(&group.bob, group.talk, all).deleted);
    group.settle();
    assert!(view(&group.bob, group.talk, all).deleted);
}

#[test]
fn whoever_was_put_out_meanwhile_can_delete_here_and_nowhere_else() {
    let mut group = Group::new();
    let (bob, talk, ben) = (Rc::clone(&group.bob), group.talk, group.people[1]);
    let (all, here) = (group.send(&bob, "marmalade"), group.send(&bob, "gooseberry"));
    let everyone = intend(&bob, talk, Intent::DeleteForEveryone(key(&bob, all)));
    let number = intend(&bob, talk, Intent::DeleteHere(vec![key(&bob, here)]));
    group.act(&Rc::clone(&group.alice), async |ada| {
        ada.remove_member(talk, ben).await
    });
    let client = bob.client();
    let mut fulfilled = pin!(client.fulfilled(everyone).fuse());
    assert!(fulfilled.as_mut().now_or_never().is_none());
    wait(&mut group);
    let refused = group.world.run(fulfilled).unwrap_err();
    assert_eq!(refused.code(), "conversation_blocked");
    assert_eq!(view(&bob, talk, all).text, "marmalade");
    group.world.run(client.fulfilled(number)).unwrap();
    assert_eq!(client.message_key(here).unwrap(), None);
}

#[test]
fn what_cannot_be_deleted_is_refused_at_once_and_stays() {
    let mut group = Group::new();
    let (alice, bob) = (Rc::clone(&group.alice), Rc::clone(&group.bob));
    let first = group.send(&alice, "marmalade");
    let other = group
        .world
        .run(bob.client().create_group("Elsewhere", &group.people[..1]))
        .unwrap();
    let row = key(&bob, first);
    let ben = bob.client();
    for (talk, intent, code) in [
        (group.talk, Intent::DeleteForEveryone(row), "forbidden"),
        (other, Intent::DeleteHere(vec![row]), "unknown_message"),
        (
            group.talk,
            Intent::DeleteHere(vec![row, MessageKey::from_bytes([7; 16])]),
            "unknown_message",
        ),
    ] {
        assert_eq!(ben.intend(talk, intent).unwrap_err().code(), code);
        assert_eq!(bob.texts(group.talk), ["marmalade"]);
    }
    intend(&bob, group.talk, Intent::DeleteHere(vec![row]));
    let twice = ben.intend(group.talk, Intent::DeleteHere(vec![row])).unwrap_err();
    assert_eq!(twice.code(), "unknown_message");
}

#[test]
fn what_was_deleted_by_somebody_else_meanwhile_is_no_failure() {
    let mut group = Group::new();
    let (alice, bob) = (Rc::clone(&group.alice), Rc::clone(&group.bob));
    let first: MessageId = group.send(&bob, "marmalade");
    let number = intend(&alice, group.talk, Intent::DeleteForEveryone(key(&alice, first)));
    group.act(&bob, async |ben| {
        ben.delete_for_everyone(key(&bob, first)).map(drop)
    });
    wait(&mut group);
    group.world.run(alice.client().fulfilled(number)).unwrap();
    assert!(group.seen(first).iter().all(|seen| seen.deleted));
}
