//! What malicious people cannot do, alone or with the server's help: block somebody by sending content
//! again, or pass for somebody whom one knows.

use super::world::{Device, World};
use crate::message::key::MessageKey;
use crate::store::message::{MessageState, StoredMessage};
use crate::view::NoticeView;
use undertone_wire::ConversationId;

/// A message as its sender has stored it.
fn stored(device: &Device, key: MessageKey) -> StoredMessage {
    device.client().core().store.message(key).unwrap().unwrap()
}

/// Sends somebody's content again, byte for byte, into a conversation.
fn replay(device: &Device, conversation: ConversationId, message: StoredMessage) {
    let client = device.client();
    let core = client.core();
    let me = core.me().unwrap();
    let again = StoredMessage {
        key: MessageKey::random(&mut rand::rngs::OsRng),
        conversation,
        sequence: None,
        sender: me.user,
        sender_device: me.device,
        own: true,
        state: MessageState::Sending,
        payload_hash: None,
        ..message
    };
    let row = core.store.add_message(&again).unwrap();
    core.store.add_outgoing(row, conversation).unwrap();
    core.signal.notify();
}

#[test]
fn the_same_content_in_two_conversations_stops_neither() {
    let mut world = World::new();
    let people = ["Ada", "Eve", "Mallory"].map(|name| world.someone(name));
    let [alice, eve, mallory] = people.each_ref().map(|person| world.device(person));
    let with_eve = world.run(eve.open(&people[0]));
    let with_mallory = world.run(mallory.open(&people[0]));
    let sent = world.run(eve.send(with_eve, "twice"));
    replay(&mallory, with_mallory, stored(&eve, sent.key));
    world.settle(&[&alice, &eve, &mallory]);
    for (device, conversation) in [(&eve, with_eve), (&mallory, with_mallory)] {
        world.run(device.send(conversation, "later"));
        world.run(alice.send(conversation, "answer"));
        world.settle(&[&alice, device]);
        assert_eq!(alice.texts(conversation), ["twice", "later", "answer"]);
        assert!(alice.notices(conversation).is_empty());
    }
    let keys = [with_eve, with_mallory].map(|conversation| alice.messages(conversation)[0].key);
    assert_ne!(keys[0], keys[1]);
    let named = alice.client().message_key(sent.message.unwrap()).unwrap();
    assert_eq!(named, Some(keys[0]), "the first that came is meant");
}

#[test]
fn content_of_somebody_else_sent_again_is_said_and_skipped() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, bob) = (world.device(&ada), world.device(&ben));
    let conversation = world.run(alice.open(&ben));
    world.run(alice.send(conversation, "mine"));
    world.settle(&[&alice, &bob]);
    let copied = stored(&bob, bob.messages(conversation)[0].key);
    bob.client().core().store.delete_message(copied.row).unwrap();
    replay(&bob, conversation, copied);
    world.settle(&[&alice, &bob]);
    world.run(bob.send(conversation, "later"));
    world.settle(&[&alice, &bob]);
    assert_eq!(alice.texts(conversation), ["mine", "later"]);
    assert_eq!(alice.messages(conversation)[0].sender, ada.user);
    assert_eq!(alice.notices(conversation), [NoticeView::HistoryMismatch]);
}

#[test]
fn a_place_that_is_taken_already_does_not_hold_up_the_log() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, bob) = (world.device(&ada), world.device(&ben));
    let conversation = world.run(alice.open(&ben));
    let first = world.run(alice.send(conversation, "first"));
    world.settle(&[&alice, &bob]);
    // However that came to be: the place of the next message is taken.
    let mut taken = stored(&alice, first.key);
    taken.key = MessageKey::from_bytes([1; 16]);
    taken.message = undertone_wire::MessageId::from_bytes([1; 32]);
    taken.sequence = taken.sequence.map(undertone_wire::Sequence::next);
    bob.client().core().store.add_message(&taken).unwrap();
    world.run(alice.send(conversation, "second"));
    world.run(alice.send(conversation, "third"));
    world.settle(&[&alice, &bob]);
    assert_eq!(bob.texts(conversation).last().map(String::as_str), Some("third"));
    assert_eq!(bob.notices(conversation), [NoticeView::HistoryMismatch]);
}

#[test]
fn a_second_user_of_a_known_name_is_refused() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, bob) = (world.device(&ada), world.device(&ben));
    let conversation = world.run(alice.open(&ben));
    world.settle(&[&alice, &bob]);
    let false_ada = world.someone("ADA");
    let eve = world.device(&false_ada);
    world.run(eve.open(&ben));
    world.pass(3000);
    let list = bob.conversations();
    assert_eq!(list.len(), 1, "the false conversation is not there");
    assert_eq!(list[0].notice, Some(NoticeView::KeyChanged));
    assert_eq!(list[0].conversation, conversation);
    let carol = world.someone("Carol");
    let caro = world.device(&carol);
    world.run(caro.open(&ada));
    let error = world.run(caro.client().open_direct(false_ada.user)).unwrap_err();
    assert_eq!(error.code(), "key_changed", "nor is one begun");
    assert_eq!(caro.conversations()[0].notice, Some(NoticeView::KeyChanged));
}

#[test]
fn a_second_user_of_the_own_name_is_refused() {
    let mut world = World::new();
    let (ben, false_ben) = (world.someone("Ben"), world.someone("ben"));
    let (bob, eve) = (world.device(&ben), world.device(&false_ben));
    let error = world.run(bob.client().open_direct(false_ben.user)).unwrap_err();
    assert_eq!(error.code(), "key_changed");
    let error = world.run(eve.client().open_direct_by_name("Ben")).unwrap_err();
    assert_eq!(error.code(), "key_changed");
    assert!(bob.conversations().is_empty());
}

#[test]
fn a_known_person_under_another_name_is_refused() {
    let mut world = World::new();
    let (mut ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, bob) = (world.device(&ada), world.device(&ben));
    world.run(alice.open(&ben));
    world.settle(&[&alice, &bob]);
    alice.client().stop();
    world.pass(1000);
    world.server.forget(alice.id);
    ada.name = "Carol".to_owned();
    let renamed = world.device(&ada);
    world.run(renamed.open(&ben));
    world.pass(3000);
    let list = bob.conversations();
    assert_eq!(list.len(), 1);
    assert_eq!(
        (list[0].title.as_str(), list[0].notice),
        ("Ada", Some(NoticeView::KeyChanged))
    );
}

#[test]
fn a_directory_with_another_user_of_a_known_name_is_not_believed() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, bob) = (world.device(&ada), world.device(&ben));
    let conversation = world.run(alice.open(&ben));
    world.settle(&[&alice, &bob]);
    let by_name = |world: &mut World| world.run(bob.client().open_direct_by_name("ada"));
    assert_eq!(by_name(&mut world).unwrap(), conversation);
    let false_ada = world.someone("Ada");
    world.device(&false_ada);
    assert_eq!(by_name(&mut world).unwrap_err().code(), "key_changed");
    assert_eq!(bob.notices(conversation), [NoticeView::KeyChanged]);
}

#[test]
fn a_commit_that_must_come_first_and_is_refused_is_not_tried_without_end() {
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
    world.server.refuse_commits(true);
    let key = world.run(bob.write(conversation, "answer"));
    let error = world.run(bob.client().wait_sent(key)).unwrap_err();
    assert_eq!(error.code(), "commit_invalid");
    world.server.refuse_commits(false);
    bob.client().retry(key).unwrap();
    world.run(bob.client().wait_sent(key)).unwrap();
    world.settle(&[&alice, &bob]);
    assert_eq!(
        alice.texts(conversation).last().map(String::as_str),
        Some("answer")
    );
    assert_eq!(alice.notices(conversation), [NoticeView::LostMessages]);
}
