//! What two people see when nobody disturbs them.

use super::world::World;
use crate::error::ClientError;
use crate::message::key::MessageKey;
use crate::view::{ConnectionState, MessageStateView, NoticeView, TimelineQuery};
use futures::future::join;
use undertone_wire::ErrorCode;
use undertone_wire::conversation::EntryKind;
use undertone_wire::stream::ServerFrame;

#[test]
fn two_people_talk() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, bob) = (world.device(&ada), world.device(&ben));
    let conversation = world.run(alice.open(&ben));
    let sent = world.run(alice.send(conversation, "hello Ben"));
    assert_eq!((sent.state, sent.sequence), (MessageStateView::Sent, Some(2)));

    world.settle(&[&alice, &bob]);
    let seen = bob.messages(conversation);
    assert_eq!(seen.len(), 1);
    assert_eq!(
        (seen[0].text.as_str(), seen[0].sender_name.as_str()),
        ("hello Ben", "Ada")
    );
    assert_eq!(
        (seen[0].own, seen[0].sender, seen[0].message),
        (false, ada.user, sent.message)
    );
    let list = bob.conversations();
    assert_eq!((list[0].title.as_str(), list[0].unread), ("Ada", 1));
    bob.client().mark_read(conversation).unwrap();
    assert_eq!(bob.conversations()[0].unread, 0);

    world.run(bob.send(conversation, "hello Ada"));
    world.settle(&[&alice, &bob]);
    assert_eq!(alice.texts(conversation), ["hello Ben", "hello Ada"]);
    assert_eq!(alice.texts(conversation), bob.texts(conversation));
    assert!(alice.conversations()[0].peer.as_ref().unwrap().online);
    assert_eq!(world.server.undelivered(), 0, "everything was acknowledged");
    assert_eq!(world.server.welcomes_waiting(), 0);
    assert!(alice.notices(conversation).is_empty() && bob.notices(conversation).is_empty());
}

#[test]
fn history_is_there_after_a_restart_and_can_be_searched() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, bob) = (world.device(&ada), world.device(&ben));
    let conversation = world.run(alice.open(&ben));
    for text in ["green tea", "black tea", "coffee"] {
        world.run(alice.send(conversation, text));
    }
    world.settle(&[&bob]);
    world.restart(&bob);
    assert_eq!(bob.texts(conversation), ["green tea", "black tea", "coffee"]);
    let found = |query: &str| -> Vec<String> {
        bob.client()
            .search(query)
            .unwrap()
            .into_iter()
            .map(|found| found.text)
            .collect()
    };
    assert_eq!(found("TEA"), ["black tea", "green tea"]);
    assert_eq!(found("gr te"), ["green tea"]);
    assert!(found("milk").is_empty() && found("\"*(").is_empty());
    world.run(bob.send(conversation, "tea it is"));
    world.settle(&[&alice]);
    assert_eq!(alice.texts(conversation).len(), 4);
}

#[test]
fn a_timeline_comes_in_pages() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, _bob) = (world.device(&ada), world.device(&ben));
    let conversation = world.run(alice.open(&ben));
    for number in 0..5 {
        world.run(alice.send(conversation, &number.to_string()));
    }
    let page = |before| {
        alice
            .client()
            .timeline(
                conversation,
                TimelineQuery {
                    limit: 2,
                    before,
                    ..TimelineQuery::default()
                },
            )
            .unwrap()
    };
    let newest = page(None);
    assert_eq!(
        newest
            .messages
            .iter()
            .map(|m| m.text.as_str())
            .collect::<Vec<_>>(),
        ["3", "4"]
    );
    let older = page(Some(newest.messages[0].key));
    assert_eq!(
        older.messages.iter().map(|m| m.text.as_str()).collect::<Vec<_>>(),
        ["1", "2"]
    );
    let oldest = page(Some(older.messages[0].key));
    assert_eq!((oldest.messages.len(), oldest.more, older.more), (1, false, true));
}

#[test]
fn two_who_begin_at_the_same_moment_end_in_one_conversation() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, bob) = (world.device(&ada), world.device(&ben));
    let (one, other) = world.run(join(alice.open(&ben), bob.open(&ada)));
    assert_eq!(one, other);
    assert_eq!(world.server.conversation_count(), 1);
    world.run(join(alice.send(one, "a"), bob.send(one, "b")));
    world.settle(&[&alice, &bob]);
    assert_eq!(alice.texts(one), bob.texts(one));
    assert_eq!(alice.conversations().len(), 1);
    assert_eq!(world.run(alice.open(&ben)), one, "opening again gives the same");
}

#[test]
fn all_devices_of_both_people_take_part() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let devices = [
        world.device(&ada),
        world.device(&ada),
        world.device(&ben),
        world.device(&ben),
    ];
    let [phone, laptop, bens_phone, bens_laptop] = &devices;
    let conversation = world.run(phone.open(&ben));
    world.run(phone.send(conversation, "from the phone"));
    world.settle(&devices.each_ref());
    world.run(laptop.send(conversation, "from the laptop"));
    world.run(bens_laptop.send(conversation, "from Ben"));
    world.settle(&devices.each_ref());
    for device in [phone, laptop, bens_phone, bens_laptop] {
        assert_eq!(
            device.texts(conversation),
            ["from the phone", "from the laptop", "from Ben"]
        );
        assert!(device.notices(conversation).is_empty());
    }
    let own: Vec<_> = laptop
        .messages(conversation)
        .iter()
        .map(|message| message.own)
        .collect();
    assert_eq!(own, [true, true, false]);
}

#[test]
fn a_device_comes_into_a_conversation_from_before_it_was_added() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (phone, bob) = (world.device(&ada), world.device(&ben));
    let conversation = world.run(phone.open(&ben));
    let laptop = world.device(&ada);
    assert_eq!(world.run(laptop.open(&ben)), conversation);
    world.run(laptop.send(conversation, "from the laptop"));
    world.settle(&[&phone, &bob, &laptop]);
    for device in [&phone, &bob, &laptop] {
        assert_eq!(device.texts(conversation), ["from the laptop"]);
        assert!(device.notices(conversation).is_empty());
    }
}

#[test]
fn messages_written_offline_are_sent_in_order_later() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, bob) = (world.device(&ada), world.device(&ben));
    let conversation = world.run(alice.open(&ben));
    alice.link.down.set(true);
    alice.link.cut();
    for text in ["1", "2", "3"] {
        world.run(alice.write(conversation, text));
    }
    world.pass(30_000);
    let view = alice.client().connection().unwrap();
    assert_eq!((view.state, view.waiting), (ConnectionState::Offline, 3));
    assert!(
        alice
            .messages(conversation)
            .iter()
            .all(|message| message.state == MessageStateView::Sending)
    );
    world.restart(&alice);
    world.settle(&[&alice, &bob]);
    assert_eq!(bob.texts(conversation), ["1", "2", "3"]);
    assert_eq!(alice.client().connection().unwrap().waiting, 0);
    assert!(
        alice
            .messages(conversation)
            .iter()
            .all(|message| message.state == MessageStateView::Sent)
    );
}

#[test]
fn the_same_key_sends_once() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, bob) = (world.device(&ada), world.device(&ben));
    let conversation = world.run(alice.open(&ben));
    let key = MessageKey::random(&mut rand::rngs::OsRng);
    for _ in 0..2 {
        world
            .run(alice.client().send_text(conversation, key, "once"))
            .unwrap();
    }
    world.settle(&[&alice, &bob]);
    world
        .run(alice.client().send_text(conversation, key, "once"))
        .unwrap();
    world.settle(&[&alice, &bob]);
    assert_eq!(bob.texts(conversation), ["once"]);
}

#[test]
fn a_refused_message_fails_and_can_be_sent_again() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, bob) = (world.device(&ada), world.device(&ben));
    let conversation = world.run(alice.open(&ben));
    world.server.refuse_next(ErrorCode::MessageInvalid);
    let key = world.run(alice.write(conversation, "refused"));
    let error = world.run(alice.client().wait_sent(key)).unwrap_err();
    assert_eq!(error.code(), "message_invalid");
    world.run(alice.send(conversation, "the next one goes"));
    let failed = &alice.messages(conversation)[1];
    assert_eq!(
        (failed.state, failed.failure.as_ref().unwrap().code.as_str()),
        (MessageStateView::Failed, "message_invalid")
    );
    alice.client().retry(key).unwrap();
    world.run(alice.client().wait_sent(key)).unwrap();
    world.settle(&[&alice, &bob]);
    assert_eq!(bob.texts(conversation), ["the next one goes", "refused"]);
    assert!(
        bob.notices(conversation).is_empty(),
        "a refused counter is used again"
    );

    world.server.refuse_next(ErrorCode::TooLarge);
    let key = world.run(alice.write(conversation, "never mind"));
    world.run(alice.client().wait_sent(key)).unwrap_err();
    alice.client().discard(key).unwrap();
    assert_eq!(alice.texts(conversation).len(), 2);
}

#[test]
fn a_busy_server_is_asked_again() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, bob) = (world.device(&ada), world.device(&ben));
    let conversation = world.run(alice.open(&ben));
    for code in [
        ErrorCode::Unavailable,
        ErrorCode::RateLimited,
        ErrorCode::Internal,
        ErrorCode::EpochStale,
    ] {
        world.server.refuse_next(code);
        world.run(alice.send(conversation, code.as_str()));
    }
    world.settle(&[&bob]);
    assert_eq!(
        bob.texts(conversation),
        ["unavailable", "rate_limited", "internal", "epoch_stale"]
    );
}

#[test]
fn fresh_keys_change_the_epoch_and_disturb_nobody() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, bob) = (world.device(&ada), world.device(&ben));
    let conversation = world.run(alice.open(&ben));
    world.run(alice.send(conversation, "before"));
    world.settle(&[&alice, &bob]);
    // Both commit, and both write meanwhile: one commit wins, the stale messages are encrypted anew.
    world.run(alice.client().refresh_keys(conversation)).unwrap();
    world.run(bob.client().refresh_keys(conversation)).unwrap();
    world.run(join(alice.write(conversation, "a"), bob.write(conversation, "b")));
    world.settle(&[&alice, &bob]);
    assert_eq!(alice.texts(conversation), bob.texts(conversation));
    assert_eq!(alice.texts(conversation).len(), 3);
    assert!(alice.notices(conversation).is_empty() && bob.notices(conversation).is_empty());
}

#[test]
fn whoever_was_overtaken_comes_when_it_is_their_turn_and_writes_meanwhile() {
    const TURN_MS: u64 = 5_000;
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, bob) = (world.device(&ada), world.device(&ben));
    let conversation = world.run(alice.open(&ben));
    world.settle(&[&alice, &bob]);
    let bobs = bob.id;
    world.server.tamper(move |device, frame| match frame {
        // Bob hears of her commit only when his own is refused.
        ServerFrame::Entry(entry) if device == bobs && entry.kind == EntryKind::Commit => Vec::new(),
        ServerFrame::Refused(mut refused) => {
            assert_eq!(refused.error.code, ErrorCode::EpochStale);
            refused.error.retry_after_ms = Some(TURN_MS);
            vec![ServerFrame::Refused(refused)]
        }
        other => vec![other],
    });
    world.run(alice.client().refresh_keys(conversation)).unwrap();
    let start = bob.platform_now_ms();
    let (outcome, written_ms) = world.run(join(bob.client().refresh_keys(conversation), async {
        bob.send(conversation, "meanwhile").await;
        bob.platform_now_ms() - start
    }));
    outcome.unwrap();
    let waited_ms = bob.platform_now_ms() - start;
    assert!(
        written_ms < TURN_MS && TURN_MS <= waited_ms,
        "{written_ms}, {waited_ms}"
    );
}

#[test]
fn a_start_reads_no_group_where_nothing_has_happened() {
    let mut world = World::new();
    let ada = world.someone("Ada");
    let others = ["Ben", "Cy", "Dee"].map(|name| world.someone(name));
    let alice = world.device(&ada);
    let theirs = others.each_ref().map(|other| world.device(other));
    let conversations = others.each_ref().map(|other| world.run(alice.open(other)));
    for conversation in conversations {
        world.run(alice.send(conversation, "good night"));
    }
    world.settle(&[&alice, &theirs[0], &theirs[1], &theirs[2]]);

    world.restart(&alice);
    world.settle(&[&alice]);
    assert_eq!(alice.client().core().groups.loads(), 0);

    world.run(theirs[0].send(conversations[0], "good morning"));
    world.settle(&[&alice]);
    assert_eq!(alice.texts(conversations[0]), ["good night", "good morning"]);
    assert_eq!(alice.client().core().groups.loads(), 1);
}

#[test]
fn bad_texts_are_refused_before_anything_is_shown() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, _bob) = (world.device(&ada), world.device(&ben));
    let conversation = world.run(alice.open(&ben));
    let key = MessageKey::random(&mut rand::rngs::OsRng);
    let client = alice.client();
    let refused =
        |world: &mut World, text: &str| world.run(client.send_text(conversation, key, text)).unwrap_err();
    assert!(matches!(refused(&mut world, "  \n"), ClientError::EmptyMessage));
    assert!(matches!(
        refused(&mut world, &"x".repeat(65_537)),
        ClientError::MessageTooLong
    ));
    assert!(alice.texts(conversation).is_empty());
    let longest = "x".repeat(65_536);
    world.run(alice.send(conversation, &longest));
    assert_eq!(
        world.run(client.open_direct(ada.user)).unwrap_err().code(),
        "own_person"
    );
}

#[test]
fn presence_goes_when_the_connection_does() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, bob) = (world.device(&ada), world.device(&ben));
    world.run(alice.open(&ben));
    world.settle(&[&alice, &bob]);
    let online = || alice.conversations()[0].peer.as_ref().unwrap().online;
    assert!(online());
    bob.client().stop();
    world.pass(1000);
    assert!(!online());
    bob.client().start();
    world.pass(3000);
    assert!(online());
    alice.link.down.set(true);
    alice.link.cut();
    world.pass(25_000);
    assert!(!online(), "nobody is known to be online while we are not");
}

#[test]
fn whoever_was_away_for_too_long_is_told_and_goes_on() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, bob) = (world.device(&ada), world.device(&ben));
    let conversation = world.run(alice.open(&ben));
    world.run(alice.send(conversation, "seen"));
    world.settle(&[&alice, &bob]);
    bob.link.down.set(true);
    bob.link.cut();
    world.run(alice.send(conversation, "gone before it was seen"));
    world.server.expire();
    world.settle(&[&alice, &bob]);
    assert_eq!(bob.notices(conversation), [NoticeView::LostMessages]);
    world.run(alice.send(conversation, "later"));
    world.run(bob.send(conversation, "answer"));
    world.settle(&[&alice, &bob]);
    assert_eq!(bob.texts(conversation), ["seen", "later", "answer"]);
    assert_eq!(
        alice.texts(conversation).last().map(String::as_str),
        Some("answer")
    );
    assert_eq!(
        (alice.notices(conversation), bob.notices(conversation)),
        (vec![NoticeView::LostMessages], vec![NoticeView::LostMessages]),
        "the other side is told that he lost something, and not that anyone lies"
    );

    // With a commit among what is gone, he comes in again.
    bob.link.down.set(true);
    bob.link.cut();
    world.run(alice.client().refresh_keys(conversation)).unwrap();
    world.pass(1000);
    world.server.expire();
    world.settle(&[&alice, &bob]);
    world.run(bob.send(conversation, "and again"));
    world.settle(&[&alice, &bob]);
    let texts = ["seen", "later", "answer", "and again"];
    assert_eq!(bob.texts(conversation), texts, "what was read stays");
}
