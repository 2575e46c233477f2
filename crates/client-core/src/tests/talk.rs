//! What is said about messages: replies, edits, deletions, reactions and pins, and who may say it. What
//! becomes of it is told in `fate`, what is read in `reading`, what is taken back in time in `undo`.

mod fate;
mod reading;
mod undo;

use super::world::{Device, World};
use crate::client::Client;
use crate::error::ClientError;
use crate::message::draft::Draft;
use crate::message::key::MessageKey;
use crate::message::{compose, send};
use crate::view::{MessageView, Strangers};
use std::rc::Rc;
use undertone_wire::content::{Expiry, Part, Reaction};
use undertone_wire::group::Role;
use undertone_wire::limits::{PINS_MAX, REACTIONS_PER_MESSAGE_MAX};
use undertone_wire::{ConversationId, MessageId, Sequence, UserId};

/// Ada owns a group with Ben and Cy.
struct Group {
    world: World,
    people: [UserId; 3],
    alice: Rc<Device>,
    bob: Rc<Device>,
    carl: Rc<Device>,
    talk: ConversationId,
}

impl Group {
    fn new() -> Self {
        Self::in_world(World::new())
    }

    fn in_world(mut world: World) -> Self {
        let people = ["Ada", "Ben", "Cy"].map(|name| world.someone(name));
        let [alice, bob, carl] = people.each_ref().map(|person| world.device(person));
        let people = people.map(|person| person.user);
        for device in [&bob, &carl] {
            device.client().set_strangers(Strangers::Directly).unwrap();
        }
        let talk = world
            .run(alice.client().create_group("Tea", &people[1..]))
            .unwrap();
        let mut group = Self {
            world,
            people,
            alice,
            bob,
            carl,
            talk,
        };
        group.settle();
        group
    }

    fn settle(&mut self) {
        self.world.settle(&[&self.alice, &self.bob, &self.carl]);
    }

    /// Somebody sends a text, and all have it.
    fn send(&mut self, device: &Rc<Device>, draft: impl Into<Draft>) -> MessageId {
        let sent = self.world.run(device.send(self.talk, draft));
        self.settle();
        sent.message.unwrap()
    }

    fn act(&mut self, device: &Device, work: impl AsyncFnOnce(Client) -> Result<(), ClientError>) {
        self.world.run(work(device.client())).unwrap();
        self.settle();
    }

    fn all(&self) -> [Rc<Device>; 3] {
        [&self.alice, &self.bob, &self.carl].map(Rc::clone)
    }

    /// A message as each of them sees it.
    fn seen(&self, message: MessageId) -> [MessageView; 3] {
        self.all().map(|device| view(&device, self.talk, message))
    }
}

fn key(device: &Device, message: MessageId) -> MessageKey {
    device.client().message_key(message).unwrap().unwrap()
}

fn view(device: &Device, talk: ConversationId, message: MessageId) -> MessageView {
    let key = key(device, message);
    let mut shown = device.messages(talk).into_iter();
    shown.find(|shown| shown.key == key).unwrap()
}

/// Says a part about a message, as a client does that does not ask whether its user may.
fn say(device: &Device, talk: ConversationId, saying: compose::Saying) {
    let client = device.client();
    let core = client.core();
    let me = core.me().unwrap();
    core.transaction(|| send::queue(core, &me, talk, (saying, None)))
        .unwrap();
    core.signal.notify();
}

fn edit_of(message: MessageId, text: &str) -> compose::Saying {
    compose::Saying {
        replaces: Some(message),
        ..compose::Saying::just(Part::Text(text.to_owned()))
    }
}

fn deletion_of(message: MessageId) -> compose::Saying {
    compose::Saying {
        replaces: Some(message),
        ..compose::Saying::just(Part::Deleted)
    }
}

fn reaction_to(message: MessageId, emoji: &str, on: bool) -> compose::Saying {
    let reaction = Reaction {
        emoji: emoji.to_owned(),
        on,
    };
    compose::Saying {
        in_reply_to: Some(message),
        ..compose::Saying::just(Part::Reaction(reaction))
    }
}

fn pin_of(message: MessageId) -> compose::Saying {
    compose::Saying {
        in_reply_to: Some(message),
        ..compose::Saying::just(Part::Pin(true))
    }
}

fn reactions(view: &MessageView) -> Vec<(&str, u32, bool)> {
    let each = view.reactions.iter();
    each.map(|reaction| (reaction.emoji.as_str(), reaction.count, reaction.own))
        .collect()
}

#[test]
fn a_reply_quotes_the_message_that_it_answers() {
    let mut group = Group::new();
    let (alice, bob) = (Rc::clone(&group.alice), Rc::clone(&group.bob));
    let first = group.send(&alice, "**tea** at five? ||lemon||");
    let draft = Draft {
        text: "yes".to_owned(),
        reply_to: Some(key(&bob, first)),
        ..Draft::default()
    };
    let answer = group.send(&bob, draft);
    for device in group.all() {
        let reply = view(&device, group.talk, answer).reply.unwrap();
        assert_eq!(reply.key, Some(key(&device, first)));
        assert_eq!(reply.sender_name, "Ada");
        assert_eq!(reply.text, "tea at five? ▒▒▒▒▒");
        assert_eq!(reply.own, Rc::ptr_eq(&device, &group.alice));
    }
    // Of what is gone nothing is quoted.
    group.act(&alice, async |ada| {
        ada.delete_for_everyone(key(&alice, first)).map(drop)
    });
    let reply = view(&bob, group.talk, answer).reply.unwrap();
    assert!(reply.deleted && reply.text.is_empty());
    bob.client().delete_here(&[key(&bob, first)]).unwrap();
    let reply = view(&bob, group.talk, answer).reply.unwrap();
    assert_eq!((reply.key, reply.text.as_str()), (None, ""));
    // A message of elsewhere is not answered here.
    let elsewhere = group.world.run(alice.client().create_group("Cake", &[])).unwrap();
    let answer = Draft {
        text: "no".to_owned(),
        reply_to: Some(key(&alice, answer)),
        ..Draft::default()
    };
    let key = MessageKey::random(&mut rand::rngs::OsRng);
    let refused = group.world.run(alice.client().send_text(elsewhere, key, answer));
    assert_eq!(refused.unwrap_err().code(), "unknown_message");
}

#[test]
fn an_edit_keeps_its_place_its_timer_and_what_was_said_before() {
    let mut group = Group::new();
    let alice = Rc::clone(&group.alice);
    let draft = Draft {
        text: "one".to_owned(),
        expires: Some(Expiry::AfterSent(600)),
        ..Draft::default()
    };
    let first = group.send(&alice, draft);
    group.send(&alice, "another");
    let before = view(&alice, group.talk, first);
    group.world.pass(60_000);
    for text in ["two", "three"] {
        group.act(&alice, async |ada| ada.edit(key(&alice, first), text).map(drop));
    }
    let expiry = group.world.server.last_expiry(group.talk).unwrap();
    assert!(
        expiry < 545,
        "the edit ends on the server with the message: {expiry}"
    );
    for device in group.all() {
        let now = view(&device, group.talk, first);
        assert_eq!((now.text.as_str(), now.edited), ("three", true));
        assert_eq!(
            (now.sequence, now.sent_at_ms, now.expires_at_ms),
            (before.sequence, before.sent_at_ms, before.expires_at_ms)
        );
        assert_eq!(device.texts(group.talk), ["three", "another"]);
        let edits = device.client().edits(key(&device, first)).unwrap();
        let texts: Vec<_> = edits.iter().map(|edit| edit.text.as_str()).collect();
        assert_eq!(texts, ["one", "two", "three"]);
        assert!(edits.is_sorted_by_key(|edit| edit.at_ms));
        for (word, found) in [("three", 1), ("one", 0), ("two", 0)] {
            assert_eq!(device.client().search(word).unwrap().len(), found, "{word}");
        }
        assert!(device.notices(group.talk).is_empty());
    }
}

#[test]
fn what_a_message_said_before_is_drawn_like_what_it_says_now() {
    let mut group = Group::new();
    let alice = Rc::clone(&group.alice);
    let ben = group.people[1];
    let before = format!("**\u{202e}exe** <@{ben}>");
    let message = group.send(&alice, before.as_str());
    group.act(&alice, async |ada| {
        ada.edit(key(&alice, message), "now").map(drop)
    });
    for device in group.all() {
        let edits = device.client().edits(key(&device, message)).unwrap();
        let drawn = serde_json::to_string(&edits[0].blocks).unwrap();
        assert!(drawn.contains("\"bold\"") && drawn.contains("exe"), "{drawn}");
        assert!(!drawn.contains('\u{202e}'), "{drawn}");
        let mentions = edits[0].mentions.iter();
        let mentions: Vec<_> = mentions
            .map(|mention| (mention.user, mention.name.as_str()))
            .collect();
        assert_eq!(mentions, [(ben, "Ben")]);
        assert_eq!((edits.len(), edits[1].text.as_str()), (2, "now"));
    }
}

#[test]
fn who_edits_an_edit_means_the_message() {
    let mut group = Group::new();
    let alice = Rc::clone(&group.alice);
    let first = group.send(&alice, "one");
    say(&alice, group.talk, edit_of(first, "two"));
    group.settle();
    let row = alice
        .client()
        .core()
        .store
        .message(key(&alice, first))
        .unwrap()
        .unwrap();
    let edits = alice
        .client()
        .core()
        .store
        .own_remarks_since(group.talk, Sequence(0))
        .unwrap();
    assert_eq!((edits.len(), edits[0].target), (1, row.row));
    let edit = alice.client().core().store.edit_ids(row.row).unwrap()[0];
    say(&alice, group.talk, edit_of(edit, "three"));
    group.settle();
    assert!(group.seen(first).iter().all(|seen| seen.text == "three"));
}

#[test]
fn nobody_edits_what_another_wrote() {
    let mut group = Group::new();
    let (alice, bob) = (Rc::clone(&group.alice), Rc::clone(&group.bob));
    let first = group.send(&bob, "mine");
    let refused = alice.client().edit(key(&alice, first), "yours");
    assert_eq!(refused.unwrap_err().code(), "forbidden", "not even an owner");
    say(&alice, group.talk, edit_of(first, "yours"));
    say(&bob, group.talk, edit_of(first, "  "));
    say(
        &bob,
        group.talk,
        edit_of(MessageId::from_bytes([7; 32]), "of nothing"),
    );
    group.settle();
    for seen in group.seen(first) {
        assert_eq!((seen.text.as_str(), seen.edited), ("mine", false));
    }
    assert_eq!(
        alice.client().edit(key(&alice, first), "").unwrap_err().code(),
        "forbidden"
    );
    assert_eq!(
        bob.client().edit(key(&bob, first), " ").unwrap_err().code(),
        "empty_message"
    );
    for device in group.all() {
        assert_eq!(device.texts(group.talk), ["mine"], "nothing else came of it");
        assert!(device.notices(group.talk).is_empty());
    }
}

#[test]
fn only_who_wrote_it_or_leads_deletes_for_everyone() {
    let mut group = Group::new();
    let (alice, bob, carl) = (
        Rc::clone(&group.alice),
        Rc::clone(&group.bob),
        Rc::clone(&group.carl),
    );
    let first = group.send(&carl, "Cy's");
    let refused = bob.client().delete_for_everyone(key(&bob, first));
    assert_eq!(refused.unwrap_err().code(), "forbidden");
    assert!(!view(&bob, group.talk, first).may.delete_for_everyone);
    say(&bob, group.talk, deletion_of(first));
    group.settle();
    assert!(
        group
            .seen(first)
            .iter()
            .all(|seen| seen.text == "Cy's" && !seen.deleted)
    );
    let (talk, ben) = (group.talk, group.people[1]);
    group.act(&alice, async |ada| ada.set_role(talk, ben, Role::Admin).await);
    assert!(view(&bob, group.talk, first).may.delete_for_everyone);
    group.act(&bob, async |ben| {
        ben.delete_for_everyone(key(&bob, first)).map(drop)
    });
    assert!(group.seen(first).iter().all(|seen| seen.deleted));
    // In a conversation of two nobody leads.
    let (ada, ben) = (group.world.someone("Dee"), group.world.someone("Eve"));
    let (dora, eva) = (group.world.device(&ada), group.world.device(&ben));
    let two = group.world.run(dora.open(&ben));
    let sent = group.world.run(dora.send(two, "Dee's")).message.unwrap();
    group.world.settle(&[&dora, &eva]);
    say(&eva, two, deletion_of(sent));
    group.world.settle(&[&dora, &eva]);
    assert_eq!(dora.texts(two), ["Dee's"]);
}

#[test]
fn what_is_deleted_here_stays_with_the_others() {
    let mut group = Group::new();
    let (alice, bob) = (Rc::clone(&group.alice), Rc::clone(&group.bob));
    let (one, two) = (group.send(&alice, "one"), group.send(&alice, "two"));
    let keys = [one, two].map(|message| key(&bob, message));
    bob.client().delete_here(&keys).unwrap();
    assert!(bob.texts(group.talk).is_empty() && bob.client().search("one").unwrap().is_empty());
    assert_eq!(alice.texts(group.talk), ["one", "two"]);
    assert_eq!(
        bob.client().delete_here(&keys).unwrap_err().code(),
        "unknown_message"
    );
    // What is said about it later changes nothing.
    group.act(&alice, async |ada| ada.edit(key(&alice, one), "more").map(drop));
    assert!(bob.texts(group.talk).is_empty() && bob.notices(group.talk).is_empty());
    // An own message that is on its way stays; one that was refused goes.
    alice.link.down.set(true);
    alice.link.cut();
    let waiting = group.world.run(alice.write(group.talk, "three"));
    assert_eq!(
        alice.client().delete_here(&[waiting]).unwrap_err().code(),
        "forbidden"
    );
    group.settle();
    assert_eq!(bob.texts(group.talk), ["three"]);
    alice.client().delete_here(&[waiting]).unwrap();
    group.settle();
    assert_eq!(alice.texts(group.talk), ["more", "two"]);
    assert!(alice.notices(group.talk).is_empty());
}

#[test]
fn reactions_are_counted_once_for_each_person_and_can_be_taken_back() {
    let mut group = Group::new();
    let (alice, bob, carl) = (
        Rc::clone(&group.alice),
        Rc::clone(&group.bob),
        Rc::clone(&group.carl),
    );
    let first = group.send(&alice, "cake?");
    for _ in 0..2 {
        bob.client().react(key(&bob, first), "👍", true).unwrap();
    }
    assert_eq!(
        reactions(&view(&bob, group.talk, first)),
        [("👍", 1, true)],
        "at once"
    );
    carl.client().react(key(&carl, first), "👍", true).unwrap();
    carl.client().react(key(&carl, first), "🎂", true).unwrap();
    group.settle();
    let seen = view(&alice, group.talk, first);
    assert_eq!(reactions(&seen), [("👍", 2, false), ("🎂", 1, false)]);
    assert_eq!(seen.reactions[0].names, ["Ben", "Cy"]);
    // What is said twice counts once, and what was never said is not taken back.
    say(&bob, group.talk, reaction_to(first, "👍", true));
    say(&bob, group.talk, reaction_to(first, "🎂", false));
    group.settle();
    assert_eq!(
        reactions(&view(&alice, group.talk, first)),
        [("👍", 2, false), ("🎂", 1, false)]
    );
    bob.client().react(key(&bob, first), "👍", false).unwrap();
    bob.client().react(key(&bob, first), "👍", true).unwrap();
    bob.client().react(key(&bob, first), "👍", false).unwrap();
    assert_eq!(
        reactions(&view(&bob, group.talk, first)),
        [("👍", 1, false), ("🎂", 1, false)]
    );
    group.settle();
    for seen in group.seen(first) {
        let counts: Vec<_> = seen
            .reactions
            .iter()
            .map(|each| (each.emoji.as_str(), each.count))
            .collect();
        assert_eq!(counts, [("👍", 1), ("🎂", 1)]);
    }
    let sent = group.world.server.sent(group.talk);
    carl.client().react(key(&carl, first), "🎂", true).unwrap();
    group.settle();
    assert_eq!(
        group.world.server.sent(group.talk),
        sent,
        "what is so is not said again"
    );
}

#[test]
fn a_flood_of_reactions_ends_at_the_limit_and_words_are_none() {
    let mut group = Group::new();
    let (alice, bob) = (Rc::clone(&group.alice), Rc::clone(&group.bob));
    let first = group.send(&alice, "cake?");
    for text in ["lol", "1", "👍👍", "<b>", "\u{202e}"] {
        let refused = bob.client().react(key(&bob, first), text, true);
        assert_eq!(refused.unwrap_err().code(), "bad_request", "{text:?}");
        say(&bob, group.talk, reaction_to(first, text, true));
    }
    let many: Vec<String> = ('\u{1f600}'..)
        .take(REACTIONS_PER_MESSAGE_MAX + 5)
        .map(String::from)
        .collect();
    for emoji in &many {
        say(&bob, group.talk, reaction_to(first, emoji, true));
    }
    group.settle();
    group.world.pass(20_000);
    group.settle();
    for seen in group.seen(first) {
        assert_eq!(seen.reactions.len(), REACTIONS_PER_MESSAGE_MAX);
        assert_eq!(seen.reactions[0].emoji, many[0]);
    }
    let refused = alice
        .client()
        .react(key(&alice, first), &many[REACTIONS_PER_MESSAGE_MAX], true);
    assert_eq!(refused.unwrap_err().code(), "limit_reached");
    alice.client().react(key(&alice, first), &many[0], true).unwrap();
    group.settle();
    assert_eq!(view(&bob, group.talk, first).reactions[0].count, 2);
    assert!(alice.notices(group.talk).is_empty());
}

#[test]
fn pins_are_set_by_those_who_lead_and_listed_for_all() {
    let mut group = Group::new();
    let (alice, bob) = (Rc::clone(&group.alice), Rc::clone(&group.bob));
    let (one, two) = (group.send(&bob, "one"), group.send(&bob, "two"));
    let refused = bob.client().pin(key(&bob, one), true);
    assert_eq!(refused.unwrap_err().code(), "forbidden");
    say(&bob, group.talk, pin_of(one));
    group.settle();
    assert!(bob.client().pinned(group.talk).unwrap().is_empty());
    for message in [two, one] {
        alice.client().pin(key(&alice, message), true).unwrap();
        assert!(view(&alice, group.talk, message).pinned, "at once");
    }
    group.settle();
    for device in group.all() {
        let pinned = device.client().pinned(group.talk).unwrap();
        let texts: Vec<_> = pinned.iter().map(|pinned| pinned.text.as_str()).collect();
        assert_eq!(texts, ["one", "two"], "the last pinned first");
    }
    group.act(&alice, async |ada| ada.pin(key(&alice, one), false).map(drop));
    assert!(group.seen(one).iter().all(|seen| !seen.pinned));
    assert_eq!(bob.client().pinned(group.talk).unwrap().len(), 1);
}

#[test]
fn there_are_only_so_many_pins() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, bob) = (world.device(&ada), world.device(&ben));
    let talk = world.run(alice.open(&ben));
    for number in 0..=PINS_MAX {
        world.run(alice.send(talk, &number.to_string()));
    }
    world.settle(&[&alice, &bob]);
    let messages = alice.messages(talk);
    for message in &messages[..PINS_MAX] {
        alice.client().pin(message.key, true).unwrap();
    }
    world.settle(&[&alice, &bob]);
    world.pass(30_000);
    world.settle(&[&alice, &bob]);
    assert_eq!(bob.client().pinned(talk).unwrap().len(), PINS_MAX);
    let last = messages.last().unwrap();
    assert_eq!(
        alice.client().pin(last.key, true).unwrap_err().code(),
        "limit_reached"
    );
    say(&bob, talk, pin_of(last.message.unwrap()));
    world.settle(&[&alice, &bob]);
    assert_eq!(alice.client().pinned(talk).unwrap().len(), PINS_MAX);
    // Both may take one down in a conversation of two.
    bob.client().pin(bob.messages(talk)[0].key, false).unwrap();
    world.settle(&[&alice, &bob]);
    assert_eq!(alice.client().pinned(talk).unwrap().len(), PINS_MAX - 1);
}
