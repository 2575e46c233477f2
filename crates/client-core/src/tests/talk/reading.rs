//! Reading: receipts, parts of a timeline, mentions, drafts, and what is passed on.

use super::{Group, key, view};
use crate::message::draft::Draft;
use crate::message::key::MessageKey;
use crate::tests::world::World;
use crate::view::{PrivacyView, StatePatch, TimelineQuery};
use std::rc::Rc;
use undertone_wire::content::{Expiry, Part, Receipt};
use undertone_wire::{ConversationId, Sequence};

#[test]
fn others_are_told_how_far_one_has_read_unless_one_does_not_want_it() {
    let mut group = Group::new();
    let (alice, bob, carl) = (
        Rc::clone(&group.alice),
        Rc::clone(&group.bob),
        Rc::clone(&group.carl),
    );
    let (one, two) = (group.send(&alice, "one"), group.send(&alice, "two"));
    let sent = group.world.server.sent(group.talk);
    bob.client().mark_read_up_to(key(&bob, one)).unwrap();
    assert_eq!(bob.conversations()[0].unread, 1);
    bob.client().mark_read(group.talk).unwrap();
    group.world.pass(5000);
    group.settle();
    assert_eq!(
        group.world.server.sent(group.talk),
        sent + 1,
        "one word for all that was read"
    );
    let talk = group.talk;
    let read_by = |message| view(&alice, talk, message).read_by;
    assert_eq!((read_by(one), read_by(two)), (1, 1));
    let readers = alice.client().readers(key(&alice, two)).unwrap();
    let told: Vec<_> = readers
        .iter()
        .map(|reader| (reader.name.as_str(), reader.at_ms.is_some()))
        .collect();
    assert_eq!(told, [("Ben", true), ("Cy", false)]);
    assert_eq!(
        view(&bob, group.talk, two).read_by,
        0,
        "of another's message nothing is told"
    );
    assert!(bob.client().readers(key(&bob, two)).unwrap().is_empty());

    let quiet = PrivacyView {
        receipts: false,
        typing: true,
    };
    carl.client().set_privacy(quiet).unwrap();
    carl.client().mark_read(group.talk).unwrap();
    group.world.pass(10_000);
    group.settle();
    assert_eq!(read_by(two), 1);
    let three = group.send(&carl, "three");
    bob.client().mark_read(group.talk).unwrap();
    group.world.pass(10_000);
    group.settle();
    assert_eq!(
        view(&carl, group.talk, three).read_by,
        0,
        "who does not tell is not told"
    );
    carl.client().set_privacy(PrivacyView::default()).unwrap();
    assert_eq!(view(&carl, group.talk, three).read_by, 1);
}

#[test]
fn a_receipt_for_what_is_not_there_yet_does_not_count() {
    let mut group = Group::new();
    let (alice, bob) = (Rc::clone(&group.alice), Rc::clone(&group.bob));
    let read = Sequence(u64::MAX / 4);
    bob.say(group.talk, Part::Receipt(Receipt { read }));
    group.settle();
    let one = group.send(&alice, "one");
    assert_eq!(view(&alice, group.talk, one).read_by, 0);
    assert!(alice.notices(group.talk).is_empty());
}

#[test]
fn what_is_read_on_one_device_is_read_on_the_other() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, phone, tablet) = (world.device(&ada), world.device(&ben), world.device(&ben));
    let talk = world.run(alice.open(&ben));
    let draft = Draft {
        text: "psst".to_owned(),
        expires: Some(Expiry::AfterRead(60)),
        ..Draft::default()
    };
    world.run(alice.send(talk, draft));
    let all = [&alice, &phone, &tablet];
    world.settle(&all);
    // Of reading what a stranger asks nothing is told: Ben answers first.
    world.run(phone.send(talk, "hello"));
    world.settle(&all);
    assert_eq!(tablet.conversations()[0].unread, 1);
    phone.client().mark_read(talk).unwrap();
    world.pass(5000);
    world.settle(&all);
    assert_eq!(tablet.conversations()[0].unread, 0);
    world.pass(70_000);
    assert_eq!(tablet.texts(talk), ["hello"], "its timer has begun there, too");
}

#[test]
fn what_is_passed_on_says_so_and_keeps_nothing_of_its_place() {
    let mut group = Group::new();
    let (alice, bob) = (Rc::clone(&group.alice), Rc::clone(&group.bob));
    let (one, two) = (group.send(&bob, "one"), group.send(&bob, "two"));
    group.act(&bob, async |ben| {
        ben.edit(key(&bob, one), "one, better").map(drop)
    });
    let cake = group
        .world
        .run(alice.client().create_group("Cake", &group.people[2..]))
        .unwrap();
    let keys = [two, one].map(|message| key(&alice, message));
    let sent = group.world.run(alice.client().forward(&keys, &[cake])).unwrap();
    assert_eq!(sent.len(), 2);
    group.settle();
    let shown = group.carl.messages(cake);
    let shown: Vec<_> = shown.iter().filter(|row| row.event.is_none()).collect();
    let told: Vec<_> = shown
        .iter()
        .map(|row| (row.text.as_str(), row.forwarded, row.edited))
        .collect();
    assert_eq!(told, [("one, better", true, false), ("two", true, false)]);
    assert_eq!(shown[0].sender_name, "Ada");
    assert!(!view(&bob, group.talk, one).forwarded);
    let gone = group.world.run(
        alice
            .client()
            .forward(&[MessageKey::from_bytes([9; 16])], &[cake]),
    );
    assert_eq!(gone.unwrap_err().code(), "unknown_message");
}

#[test]
fn a_timeline_is_read_around_a_message_and_around_what_is_unread() {
    let mut group = Group::new();
    let (alice, bob) = (Rc::clone(&group.alice), Rc::clone(&group.bob));
    let sent: Vec<_> = (0..9)
        .map(|number| group.send(&alice, &number.to_string()))
        .collect();
    bob.client().mark_read_up_to(key(&bob, sent[3])).unwrap();
    let page = |query| {
        let page = bob.client().timeline(group.talk, query).unwrap();
        let texts: Vec<_> = page.messages.iter().map(|row| row.text.clone()).collect();
        (texts.join(" "), page.more, page.more_after)
    };
    let newest = TimelineQuery::newest(4);
    assert_eq!(page(newest), ("5 6 7 8".to_owned(), true, false));
    let around = TimelineQuery {
        around: Some(key(&bob, sent[2])),
        ..newest
    };
    assert_eq!(page(around), ("0 1 2 3".to_owned(), true, true));
    let unread = TimelineQuery {
        around_unread: true,
        ..newest
    };
    assert_eq!(page(unread), ("2 3 4 5".to_owned(), true, true));
    let after = |number: usize| TimelineQuery {
        after: Some(key(&bob, sent[number])),
        ..newest
    };
    assert_eq!(page(after(3)), ("4 5 6 7".to_owned(), true, true));
    assert_eq!(page(after(6)), ("7 8".to_owned(), true, false));
    assert_eq!(page(after(8)), (String::new(), true, false));
    let view = bob.client().timeline(group.talk, newest).unwrap();
    assert_eq!(view.first_unread, Some(key(&bob, sent[4])));
    bob.client().mark_read(group.talk).unwrap();
    let view = bob.client().timeline(group.talk, unread).unwrap();
    assert_eq!(
        (view.first_unread, view.messages.len(), view.more_after),
        (None, 4, false)
    );
}

#[test]
fn mentions_are_told_to_whom_they_are_for() {
    let mut group = Group::new();
    let (alice, bob) = (Rc::clone(&group.alice), Rc::clone(&group.bob));
    let ben = group.people[1];
    let one = group.send(&alice, &format!("<@{ben}> **look**"));
    let everyone = group.send(&alice, "<@everyone>");
    let admins = group.send(&bob, "<@admins>");
    let told = |message| group.seen(message).map(|seen| seen.mentions_me);
    assert_eq!(told(one), [false, true, false]);
    assert_eq!(told(everyone), [true, true, true]);
    assert_eq!(told(admins), [true, false, false]);
    let mentions = view(&alice, group.talk, one).mentions;
    assert_eq!(
        (mentions.len(), mentions[0].user, mentions[0].name.as_str()),
        (1, ben, "Ben")
    );
}

#[test]
fn a_draft_is_kept_until_it_is_emptied() {
    let mut group = Group::new();
    let bob = Rc::clone(&group.bob);
    bob.client().save_draft(group.talk, "half a th").unwrap();
    assert!(bob.conversations()[0].has_draft);
    group.world.restart(&bob);
    assert_eq!(bob.client().draft(group.talk).unwrap(), "half a th");
    bob.client().save_draft(group.talk, " ").unwrap();
    assert!(!bob.conversations()[0].has_draft);
    assert_eq!(bob.client().draft(group.talk).unwrap(), "");
    let nowhere = ConversationId::from_bytes([9; 16]);
    assert!(bob.client().save_draft(nowhere, "x").is_err());
}

#[test]
fn a_message_can_stay_although_the_conversation_has_a_timer() {
    let mut group = Group::new();
    let alice = Rc::clone(&group.alice);
    let talk = group.talk;
    let patch = StatePatch {
        timer: Some(Some(Expiry::AfterSent(60))),
        ..StatePatch::default()
    };
    group.act(&alice, async |ada| ada.set_state(talk, patch).await);
    let draft = Draft {
        text: "stays".to_owned(),
        keep: true,
        ..Draft::default()
    };
    group.send(&alice, draft);
    group.send(&alice, "goes");
    group.world.pass(61_000);
    assert!(group.all().iter().all(|device| device.texts(talk) == ["stays"]));
}
