//! What becomes of what is said about messages: refused, undone, too late, gone from the files, or shared
//! with those who come later.

use super::{Group, edit_of, key, pin_of, reaction_to, say, view};
use crate::client::Client;
use crate::error::ClientError;
use crate::message::draft::Draft;
use crate::message::key::MessageKey;
use crate::message::reaper::RAW_STORAGE_BOUND;
use crate::tests::world::World;
use crate::view::StatePatch;
use std::rc::Rc;
use undertone_wire::ErrorCode;
use undertone_wire::content::{Expiry, HistorySharing};

#[test]
fn what_is_deleted_for_everyone_is_gone_from_every_file() {
    let world = World::new();
    world.store_plainly();
    let mut group = Group::in_world(world);
    let (alice, bob, carl) = (
        Rc::clone(&group.alice),
        Rc::clone(&group.bob),
        Rc::clone(&group.carl),
    );
    let first = group.send(&bob, "marmalade");
    group.act(&bob, async |ben| {
        ben.edit(key(&bob, first), "gooseberry").map(drop)
    });
    group.act(&carl, async |cy| {
        cy.react(key(&carl, first), "👍", true).map(drop)
    });
    group.act(&alice, async |ada| ada.pin(key(&alice, first), true).map(drop));
    bob.client().star(key(&bob, first), true).unwrap();
    assert!(group.world.files_hold("marmalade") && group.world.files_hold("gooseberry"));
    bob.client().delete_for_everyone(key(&bob, first)).unwrap();
    assert!(view(&bob, group.talk, first).deleted, "at once");
    group.settle();
    group
        .world
        .pass(RAW_STORAGE_BOUND.as_millis().try_into().unwrap());
    for seen in group.seen(first) {
        assert!(seen.deleted && seen.text.is_empty() && seen.blocks.is_empty());
        assert!(!seen.edited && !seen.pinned && !seen.starred && seen.reactions.is_empty());
        assert_eq!(seen.sender_name, "Ben", "what is left says who wrote when");
    }
    for word in ["marmalade", "gooseberry"] {
        assert!(!group.world.files_hold(word), "{word}");
        assert!(alice.client().search(word).unwrap().is_empty());
    }
    // Nothing can be said about it any more.
    for error in [
        bob.client().edit(key(&bob, first), "again").unwrap_err(),
        bob.client().react(key(&bob, first), "👍", true).unwrap_err(),
        alice.client().pin(key(&alice, first), true).unwrap_err(),
        bob.client().edits(key(&bob, first)).unwrap_err(),
    ] {
        assert_eq!(error.code(), "unknown_message");
    }
    for saying in [
        edit_of(first, "again"),
        reaction_to(first, "👍", true),
        pin_of(first),
    ] {
        say(&bob, group.talk, saying);
    }
    group.settle();
    for seen in group.seen(first) {
        assert!(seen.deleted && seen.text.is_empty() && seen.reactions.is_empty() && !seen.pinned);
    }
    assert_eq!(alice.conversations()[0].last_text, None);
    assert_eq!(
        alice.conversations()[0].unread,
        0,
        "what is gone is not to be read"
    );
}

#[test]
fn what_the_server_refuses_for_good_is_undone() {
    type Act = fn(&Client, MessageKey) -> Result<MessageKey, ClientError>;
    let mut group = Group::new();
    let alice = Rc::clone(&group.alice);
    let first = group.send(&alice, "as it was");
    let row = key(&alice, first);
    let acts: [Act; 4] = [
        |ada, row| ada.edit(row, "otherwise"),
        |ada, row| ada.react(row, "👍", true),
        |ada, row| ada.pin(row, true),
        |ada, row| ada.delete_for_everyone(row),
    ];
    let before = view(&alice, group.talk, first);
    for act in acts {
        group.world.server.refuse_next(ErrorCode::ReadOnly);
        let said = act(&alice.client(), row).unwrap();
        assert_ne!(view(&alice, group.talk, first), before, "it shows at once");
        let refused = group.world.run(alice.client().counted(said));
        assert_eq!(refused.unwrap_err().code(), "read_only");
        assert_eq!(view(&alice, group.talk, first), before, "and is undone");
        group.settle();
        group.world.run(alice.client().counted(said)).unwrap();
    }
    assert_eq!(alice.client().search("was").unwrap().len(), 1);
    // The next ones count.
    let said = alice.client().edit(row, "otherwise").unwrap();
    group.world.run(alice.client().counted(said)).unwrap();
    group.settle();
    assert!(group.seen(first).iter().all(|seen| seen.text == "otherwise"));
}

#[test]
fn what_is_written_offline_is_said_later_in_order() {
    let mut group = Group::new();
    let (alice, bob) = (Rc::clone(&group.alice), Rc::clone(&group.bob));
    alice.link.down.set(true);
    alice.link.cut();
    let row = group.world.run(alice.write(group.talk, "first words"));
    alice.client().edit(row, "better words").unwrap();
    alice.client().react(row, "🎉", true).unwrap();
    let gone = group.world.run(alice.write(group.talk, "never mind"));
    alice.client().delete_for_everyone(gone).unwrap();
    assert_eq!(alice.texts(group.talk), ["better words", ""]);
    group.world.restart(&alice);
    assert_eq!(alice.texts(group.talk), ["better words", ""]);
    group.settle();
    for device in [&alice, &bob] {
        assert_eq!(device.texts(group.talk), ["better words", ""]);
        let shown = device.messages(group.talk);
        let shown: Vec<_> = shown.iter().filter(|row| row.event.is_none()).collect();
        assert_eq!(shown[0].reactions.len(), 1);
        assert!(shown[0].edited && shown[1].deleted);
        assert!(device.notices(group.talk).is_empty());
    }
}

#[test]
fn what_was_said_about_a_message_goes_with_it_from_the_files() {
    let world = World::new();
    world.store_plainly();
    let mut group = Group::in_world(world);
    let (alice, bob) = (Rc::clone(&group.alice), Rc::clone(&group.bob));
    let draft = Draft {
        text: "marmalade".to_owned(),
        expires: Some(Expiry::AfterSent(120)),
        ..Draft::default()
    };
    let first = group.send(&alice, draft);
    group.act(&alice, async |ada| {
        ada.edit(key(&alice, first), "gooseberry").map(drop)
    });
    group.act(&bob, async |ben| {
        ben.react(key(&bob, first), "🥝", true).map(drop)
    });
    // An edit that cannot be sent before the message ends goes with it, too.
    alice.link.down.set(true);
    alice.link.cut();
    alice.client().edit(key(&alice, first), "elderflower").unwrap();
    assert!(
        ["gooseberry", "elderflower", "🥝"]
            .iter()
            .all(|word| group.world.files_hold(word))
    );
    group.world.pass(240_000);
    for word in ["marmalade", "gooseberry", "elderflower", "🥝"] {
        assert!(!group.world.files_hold(word), "{word}");
    }
    group.settle();
    for device in group.all() {
        assert!(device.texts(group.talk).is_empty());
        assert!(device.notices(group.talk).is_empty());
    }
    say(&bob, group.talk, edit_of(first, "too late"));
    say(&bob, group.talk, reaction_to(first, "👍", true));
    group.settle();
    assert!(
        group
            .all()
            .iter()
            .all(|device| device.texts(group.talk).is_empty())
    );
    group.world.run(alice.send(group.talk, "on we go"));
    group.settle();
    assert_eq!(bob.texts(group.talk), ["on we go"]);
}

#[test]
fn who_joins_gets_what_a_message_says_now_and_hears_of_later_edits() {
    let mut group = Group::new();
    let alice = Rc::clone(&group.alice);
    let talk = group.talk;
    let patch = StatePatch {
        history: Some(HistorySharing::Messages(10)),
        ..StatePatch::default()
    };
    group.act(&alice, async |ada| ada.set_state(talk, patch).await);
    let (one, two) = (group.send(&alice, "one"), group.send(&alice, "two"));
    group.act(&alice, async |ada| {
        ada.edit(key(&alice, one), "one, better").map(drop)
    });
    group.act(&alice, async |ada| {
        ada.delete_for_everyone(key(&alice, two)).map(drop)
    });
    let dee = group.world.someone("Dee");
    let dora = group.world.device(&dee);
    group.act(&alice, async |ada| ada.add_members(talk, &[dee.user]).await);
    group.world.pass(5000);
    group.settle();
    group.world.settle(&[&dora]);
    assert_eq!(dora.texts(talk), ["one, better"]);
    assert!(view(&dora, talk, one).edited && view(&dora, talk, one).shared);
    group.act(&alice, async |ada| {
        ada.edit(key(&alice, one), "one, best").map(drop)
    });
    group.world.settle(&[&dora]);
    assert_eq!(dora.texts(talk), ["one, best"]);
}
