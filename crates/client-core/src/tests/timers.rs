//! Messages that vanish: on both devices, over restarts, whatever the clocks say, and out of the files.

use super::world::World;
use crate::error::ClientError;
use crate::message::draft::Draft;
use crate::message::key::MessageKey;
use crate::message::reaper::RAW_STORAGE_BOUND;
use crate::view::StatePatch;
use undertone_wire::content::Expiry;
use undertone_wire::stream::ServerFrame;

const DAY_MS: i64 = 24 * 3600 * 1000;

fn vanishing(text: &str, expires: Expiry) -> Draft {
    Draft {
        text: text.to_owned(),
        expires: Some(expires),
        ..Draft::default()
    }
}

#[test]
fn a_message_vanishes_from_both_devices_when_its_time_has_come() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, bob) = (world.device(&ada), world.device(&ben));
    let talk = world.run(alice.open(&ben));
    world.run(alice.send(talk, "this stays"));
    let sent = world.run(alice.send(talk, vanishing("this goes", Expiry::AfterSent(60))));
    assert_eq!(
        world.server.last_expiry(talk),
        Some(60),
        "the server deletes it, too"
    );
    assert_eq!(sent.expiry, Some(Expiry::AfterSent(60)));
    let ends = sent.expires_at_ms.unwrap();
    assert_eq!(ends, sent.sent_at_ms + 60_000);
    world.settle(&[&alice, &bob]);
    assert_eq!(bob.messages(talk)[1].expires_at_ms, Some(ends));
    assert_eq!(bob.conversations()[0].last_text.as_deref(), Some("this goes"));
    assert_eq!(bob.conversations()[0].unread, 2);

    world.pass(50_000);
    assert_eq!(alice.texts(talk).len(), 2);
    let mut news = bob.client().changes();
    world.pass(10_000);
    for device in [&alice, &bob] {
        assert_eq!(device.texts(talk), ["this stays"]);
        assert!(device.client().search("goes").unwrap().is_empty());
        assert_eq!(device.conversations()[0].last_text.as_deref(), Some("this stays"));
        assert!(device.client().message(sent.key).unwrap().is_none());
    }
    assert_eq!(bob.conversations()[0].unread, 1);
    let told = world.run(async move {
        use futures::{FutureExt, StreamExt};
        let mut told = Vec::new();
        while let Some(Some(change)) = news.next().now_or_never() {
            told.push(change);
        }
        told
    });
    assert!(told.contains(&crate::Change::Timeline(talk)) && told.contains(&crate::Change::Conversations));
}

#[test]
fn a_timer_that_begins_with_reading_begins_with_reading() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, bob) = (world.device(&ada), world.device(&ben));
    let talk = world.run(alice.open(&ben));
    let sent = world.run(alice.send(talk, vanishing("psst", Expiry::AfterRead(30))));
    assert_eq!(world.server.last_expiry(talk), None, "it waits until it is read");
    assert_eq!(sent.expires_at_ms, Some(sent.sent_at_ms + 30_000));
    world.settle(&[&alice, &bob]);
    world.pass(120_000);
    assert!(alice.texts(talk).is_empty());
    assert_eq!(bob.texts(talk), ["psst"]);
    assert_eq!(bob.messages(talk)[0].expires_at_ms, None);

    bob.client().mark_read(talk).unwrap();
    let ends = bob.messages(talk)[0].expires_at_ms.unwrap();
    world.pass(10_000);
    bob.client().mark_read(talk).unwrap();
    assert_eq!(bob.messages(talk)[0].expires_at_ms, Some(ends), "it begins once");
    world.pass(19_000);
    assert_eq!(bob.texts(talk), ["psst"]);
    world.pass(2000);
    assert!(bob.texts(talk).is_empty());
}

#[test]
fn new_messages_take_the_conversations_timer() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, bob) = (world.device(&ada), world.device(&ben));
    let talk = world.run(alice.open(&ben));
    let timer = Some(Expiry::AfterSent(20));
    let patch = StatePatch {
        timer: Some(timer),
        ..StatePatch::default()
    };
    world.run(alice.client().set_state(talk, patch)).unwrap();
    world.settle(&[&alice, &bob]);
    for device in [&alice, &bob] {
        assert_eq!(device.conversations()[0].timer, timer);
    }
    let by_timer = world.run(bob.send(talk, "by the timer"));
    let own = world.run(bob.send(talk, vanishing("its own", Expiry::AfterSent(90))));
    assert_eq!(
        (by_timer.expiry, own.expiry),
        (timer, Some(Expiry::AfterSent(90)))
    );
    world.settle(&[&alice, &bob]);
    world.pass(30_000);
    assert_eq!(alice.texts(talk), ["its own"]);
    assert_eq!(bob.texts(talk), ["its own"]);
}

#[test]
fn a_timer_that_nobody_could_read_by_is_refused() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, _bob) = (world.device(&ada), world.device(&ben));
    let talk = world.run(alice.open(&ben));
    let key = MessageKey::random(&mut rand::rngs::OsRng);
    let draft = vanishing("too fast", Expiry::AfterSent(4));
    let refused = world.run(alice.client().send_text(talk, key, draft)).unwrap_err();
    assert!(matches!(refused, ClientError::TimerTooShort));
    assert_eq!(refused.code(), "timer_too_short");
    assert!(alice.texts(talk).is_empty());
}

#[test]
fn timers_go_on_while_a_device_is_closed() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, bob) = (world.device(&ada), world.device(&ben));
    let talk = world.run(alice.open(&ben));
    world.run(alice.send(talk, vanishing("short", Expiry::AfterSent(60))));
    world.run(alice.send(talk, vanishing("long", Expiry::AfterSent(600))));
    world.settle(&[&alice, &bob]);
    world.close_for(&bob, 20_000);
    assert_eq!(bob.texts(talk), ["short", "long"]);
    world.close_for(&bob, 60_000);
    assert_eq!(bob.texts(talk), ["long"]);
    // What ends before it arrives never shows.
    world.close_for(&bob, 0);
    bob.link.down.set(true);
    bob.link.cut();
    world.run(alice.send(talk, vanishing("missed", Expiry::AfterSent(5))));
    world.pass(10_000);
    world.settle(&[&bob]);
    assert_eq!(bob.texts(talk), ["long"]);
    assert!(bob.notices(talk).is_empty());
    world.pass(600_000);
    assert!(bob.texts(talk).is_empty() && alice.texts(talk).is_empty());
}

#[test]
fn a_message_that_ended_on_the_server_is_no_loss() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, bob) = (world.device(&ada), world.device(&ben));
    let talk = world.run(alice.open(&ben));
    world.settle(&[&alice, &bob]);
    bob.link.down.set(true);
    bob.link.cut();
    world.run(alice.send(talk, vanishing("ended", Expiry::AfterSent(5))));
    world.server.end_last_message(talk);
    world.run(alice.send(talk, "goes on"));
    world.settle(&[&alice, &bob]);
    assert_eq!(bob.texts(talk), ["goes on"]);
    world.run(bob.send(talk, "I see"));
    world.settle(&[&alice, &bob]);
    assert!(bob.notices(talk).is_empty() && alice.notices(talk).is_empty());
}

#[test]
fn a_clock_that_jumps_neither_deletes_nor_keeps() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, bob) = (world.device(&ada), world.device(&ben));
    let talk = world.run(alice.open(&ben));
    world.run(alice.send(talk, vanishing("an hour", Expiry::AfterSent(3600))));
    world.settle(&[&alice, &bob]);

    // A clock that jumps ahead hides it at once; the server's word shows it again.
    bob.platform.ahead_ms.set(3 * DAY_MS);
    assert!(bob.texts(talk).is_empty());
    assert!(bob.client().search("hour").unwrap().is_empty());
    world.pass(90_000);
    assert_eq!(bob.texts(talk), ["an hour"], "nothing was deleted");
    // By the clock of that device, it ends three days later.
    let there = bob.messages(talk)[0].expires_at_ms.unwrap();
    let here = alice.messages(talk)[0].expires_at_ms.unwrap();
    assert_eq!(i64::try_from(there - here).unwrap(), 3 * DAY_MS);

    // Without the server, and over a restart, it stays hidden and is not deleted.
    bob.link.down.set(true);
    bob.link.cut();
    bob.platform.ahead_ms.set(9 * DAY_MS);
    world.close_for(&bob, 60_000);
    assert!(bob.texts(talk).is_empty());
    bob.platform.ahead_ms.set(0);
    world.settle(&[&bob]);
    assert_eq!(bob.texts(talk), ["an hour"]);

    // A clock that jumps back keeps nothing.
    bob.platform.ahead_ms.set(-30 * DAY_MS);
    bob.link.down.set(true);
    bob.link.cut();
    world.close_for(&bob, 1000);
    world.pass(3_500_000);
    assert!(bob.texts(talk).is_empty());
}

#[test]
fn what_was_read_by_a_clock_that_was_ahead_is_not_kept() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, bob) = (world.device(&ada), world.device(&ben));
    let talk = world.run(alice.open(&ben));
    world.run(alice.send(talk, vanishing("read me", Expiry::AfterRead(30))));
    world.settle(&[&alice, &bob]);
    bob.link.down.set(true);
    bob.link.cut();
    bob.platform.ahead_ms.set(5 * DAY_MS);
    world.close_for(&bob, 1000);
    bob.client().mark_read(talk).unwrap();
    assert_eq!(bob.texts(talk), ["read me"], "it can be read, whatever the clock");
    bob.platform.ahead_ms.set(0);
    world.settle(&[&bob]);
    world.pass(31_000);
    assert!(bob.texts(talk).is_empty());
}

#[test]
fn nothing_of_what_ended_is_left_in_the_files() {
    const CANARY: &str = "unmistakable";
    let mut world = World::new();
    world.store_plainly();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, bob) = (world.device(&ada), world.device(&ben));
    let talk = world.run(alice.open(&ben));
    world.run(alice.send(talk, "an ordinary message"));
    world.run(alice.send(talk, vanishing("an unmistakable one", Expiry::AfterSent(60))));
    world.settle(&[&alice, &bob]);
    assert!(world.files_hold(CANARY) && world.files_hold("ordinary"));
    world.pass(60_000 + u64::try_from(RAW_STORAGE_BOUND.as_millis()).unwrap());
    assert!(!world.files_hold(CANARY), "in no file and in no log of one");
    assert!(world.files_hold("ordinary"));
}

#[test]
fn an_own_message_that_ended_before_it_came_back_is_known() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, bob) = (world.device(&ada), world.device(&ben));
    let talk = world.run(alice.open(&ben));
    world.settle(&[&alice, &bob]);
    let own = alice.id;
    world.server.tamper(move |device, frame| match frame {
        ServerFrame::Entry(_) | ServerFrame::Log(_) if device == own => Vec::new(),
        frame => vec![frame],
    });
    world.run(alice.send(talk, vanishing("short", Expiry::AfterSent(5))));
    alice.link.cut();
    alice.link.down.set(true);
    world.pass(10_000);
    assert!(alice.texts(talk).is_empty());
    world.server.tamper(|_, frame| vec![frame]);
    world.settle(&[&alice, &bob]);
    world.run(alice.send(talk, "next"));
    world.settle(&[&alice, &bob]);
    assert_eq!(alice.texts(talk), ["next"]);
    assert!(alice.notices(talk).is_empty());
}

#[test]
fn a_clock_that_was_never_right_neither_hides_nor_keeps() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, bob) = (world.device(&ada), world.device(&ben));
    let talk = world.run(alice.open(&ben));
    world.server.set_ahead(2 * 3_600_000);
    world.restart(&alice);
    world.restart(&bob);
    let sent = world.run(alice.send(talk, vanishing("a minute", Expiry::AfterSent(60))));
    let wall = alice.platform.story_now();
    assert!(
        sent.expires_at_ms.unwrap().abs_diff(wall + 60_000) < 2000,
        "by the local clock"
    );
    world.settle(&[&alice, &bob]);
    world.pass(50_000);
    assert_eq!((alice.texts(talk).len(), bob.texts(talk).len()), (1, 1));
    world.pass(10_000);
    assert_eq!((alice.texts(talk).len(), bob.texts(talk).len()), (0, 0));
}
