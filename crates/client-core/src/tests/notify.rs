//! Stories of what is announced: once, where the user wants it, and when.

use super::world::{Device, Someone, World};
use crate::message::draft::Draft;
use crate::view::{BadgeView, NotifyLevel, QuietHoursView, RoomOptions};
use std::rc::Rc;
use undertone_wire::ConversationId;
use undertone_wire::content::Expiry;

/// Ada and Ben know each other; her words are announced to him.
struct Two {
    world: World,
    ben: Someone,
    alice: Rc<Device>,
    bob: Rc<Device>,
    talk: ConversationId,
}

impl Two {
    fn new() -> Self {
        let mut world = World::new();
        let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
        let (alice, bob) = (world.device(&ada), world.device(&ben));
        let talk = world.run(bob.open(&ada));
        world.settle(&[&alice, &bob]);
        world.run(alice.send(talk, "hello"));
        world.settle(&[&alice, &bob]);
        Self {
            world,
            ben,
            alice,
            bob,
            talk,
        }
    }

    /// Ada says something, and Ben's device has it.
    fn say(&mut self, conversation: ConversationId, text: &str) {
        self.world.run(self.alice.send(conversation, text));
        self.world.settle(&[&self.alice, &self.bob]);
    }

    /// What is announced to Ben now.
    fn announced(&self) -> Vec<String> {
        let taken = self.bob.client().notifications().unwrap();
        taken.into_iter().map(|notification| notification.text).collect()
    }

    fn mention(&self) -> String {
        format!("<@{}> look", self.ben.user)
    }

    fn badge(&self) -> (u32, u32) {
        let BadgeView { messages, mentions } = self.bob.client().badge().unwrap();
        (messages, mentions)
    }
}

#[test]
fn a_message_is_announced_once_and_only_while_it_is_unread() {
    let mut two = Two::new();
    let taken = two.bob.client().notifications().unwrap();
    assert_eq!(taken.len(), 1);
    assert_eq!(
        (taken[0].title.as_str(), taken[0].text.as_str()),
        ("Ada", "hello")
    );
    assert_eq!((taken[0].sender_name.as_str(), taken[0].mention), ("Ada", false));
    assert!(two.announced().is_empty(), "whoever asks second gets nothing");
    two.world.run(two.bob.send(two.talk, "an answer"));
    assert!(two.announced().is_empty(), "one's own are not announced");

    two.say(two.talk, "**one**");
    let bob = Rc::clone(&two.bob);
    two.world.restart(&bob);
    assert_eq!(
        two.announced(),
        ["one"],
        "what nobody took is there after a restart"
    );
    two.say(two.talk, "two");
    two.bob.client().mark_read(two.talk).unwrap();
    assert!(two.announced().is_empty(), "what was read is not announced");
}

#[test]
fn of_a_message_that_vanishes_is_announced_only_that_it_came() {
    let mut two = Two::new();
    two.announced();
    for expires in [Expiry::AfterSent(60), Expiry::AfterRead(60)] {
        let draft = Draft {
            text: "gate code 4711".to_owned(),
            expires: Some(expires),
            ..Draft::default()
        };
        two.world.run(two.alice.send(two.talk, draft));
        two.world.settle(&[&two.alice, &two.bob]);
        let taken = two.bob.client().notifications().unwrap();
        assert_eq!(taken.len(), 1);
        assert_eq!(
            (taken[0].sender_name.as_str(), taken[0].text.as_str()),
            ("Ada", "")
        );
    }
    two.say(two.talk, "this stays");
    assert_eq!(two.announced(), ["this stays"]);
}

#[test]
fn the_level_of_a_conversation_decides_and_a_mention_breaks_through_muting() {
    let mut two = Two::new();
    two.announced();
    let (talk, client, mention) = (two.talk, two.bob.client(), two.mention());
    let in_an_hour = two.bob.platform_now_ms() + 3_600_000;
    for (level, until, announced) in [
        (None, None, ["plain", "@Ben look"].as_slice()),
        (Some(NotifyLevel::Mentions), None, &["@Ben look"]),
        (Some(NotifyLevel::Nothing), None, &[]),
        (Some(NotifyLevel::All), Some(in_an_hour), &["@Ben look"]),
        (Some(NotifyLevel::Nothing), Some(in_an_hour), &[]),
        (Some(NotifyLevel::All), Some(1), &["plain", "@Ben look"]),
    ] {
        client.set_notify(talk, level, until).unwrap();
        two.say(talk, "plain");
        two.say(talk, &mention);
        assert_eq!(two.announced(), announced, "{level:?} {until:?}");
    }
    let view = client.notify_of(talk).unwrap();
    assert_eq!(
        (view.level, view.is_default, view.muted_until_ms),
        (NotifyLevel::All, false, None)
    );
    client.set_notify(talk, None, Some(in_an_hour)).unwrap();
    let view = client.notify_of(talk).unwrap();
    assert!(view.is_default && view.muted_until_ms == Some(in_an_hour));
    assert_eq!(two.bob.conversations()[0].muted_until_ms, Some(in_an_hour));
}

#[test]
fn rooms_announce_mentions_only_and_the_sign_counts_what_is_announced() {
    let mut two = Two::new();
    two.bob.client().mark_read(two.talk).unwrap();
    let options = RoomOptions::default();
    let room = two.world.run(two.alice.client().create_room(options)).unwrap();
    let link = two.alice.client().room_link(room).unwrap().unwrap().link;
    two.world.run(two.bob.client().join_room(&link)).unwrap();
    two.world.settle(&[&two.alice, &two.bob]);
    two.announced();
    assert_eq!(two.badge(), (0, 0));
    let mention = two.mention();
    for text in [
        "plain",
        mention.as_str(),
        "<@everyone> all",
        "<@admins> not him",
        "`<@everyone>`",
    ] {
        two.say(room, text);
    }
    assert_eq!(two.announced().len(), 2);
    assert_eq!(two.badge(), (2, 2));
    two.say(two.talk, "three");
    assert_eq!(two.badge(), (3, 2));
    let listed = two.bob.conversations();
    let view = listed.iter().find(|view| view.conversation == room).unwrap();
    assert_eq!(
        (view.unread, view.mentions, view.notify),
        (5, 2, NotifyLevel::Mentions)
    );
    two.bob
        .client()
        .set_notify(room, Some(NotifyLevel::Nothing), None)
        .unwrap();
    assert_eq!(two.badge(), (1, 0));
    two.bob.client().mark_read(two.talk).unwrap();
    assert_eq!(two.badge(), (0, 0));
}

#[test]
fn in_quiet_hours_nothing_is_announced_and_nothing_is_made_up_for() {
    let mut two = Two::new();
    two.announced();
    let client = two.bob.client();
    // The story begins at 11:20.
    let hours = QuietHoursView {
        from_minute: 11 * 60,
        to_minute: 12 * 60,
    };
    client.set_quiet_hours(Some(hours)).unwrap();
    two.say(two.talk, "hush");
    assert!(two.announced().is_empty());
    assert_eq!(two.badge().0, 2, "it counts all the same");
    client.set_quiet_hours(None).unwrap();
    assert!(two.announced().is_empty());
    two.say(two.talk, "morning");
    assert_eq!(two.announced(), ["morning"]);
    for (from_minute, to_minute) in [(60, 60), (1440, 10), (10, 1440)] {
        let refused = client.set_quiet_hours(Some(QuietHoursView {
            from_minute,
            to_minute,
        }));
        assert_eq!(refused.unwrap_err().code(), "bad_request");
    }
    assert_eq!(client.quiet_hours().unwrap(), None);
}

#[test]
fn what_is_announced_comes_out_of_the_archive_and_what_is_muted_stays() {
    let mut two = Two::new();
    let (talk, client) = (two.talk, two.bob.client());
    let archived = |two: &Two| two.bob.conversations()[0].archived;
    client.set_archived(talk, true).unwrap();
    assert!(archived(&two) && client.notify_of(talk).unwrap().archived);
    two.say(talk, "again");
    assert!(!archived(&two));
    client.set_archived(talk, true).unwrap();
    let in_an_hour = two.bob.platform_now_ms() + 3_600_000;
    client.set_notify(talk, None, Some(in_an_hour)).unwrap();
    two.say(talk, "still");
    assert!(archived(&two));
    let nowhere = ConversationId::from_bytes([7; 16]);
    assert_eq!(
        client.set_archived(nowhere, true).unwrap_err().code(),
        "unknown_conversation"
    );
    assert_eq!(
        client.notify_of(nowhere).unwrap_err().code(),
        "unknown_conversation"
    );
}

#[test]
fn whoever_was_away_for_long_is_not_told_of_everything() {
    let mut two = Two::new();
    two.announced();
    two.bob.link.down.set(true);
    for n in 0..60 {
        let text = n.to_string();
        two.world.run(two.alice.send(two.talk, &text));
    }
    two.world.settle(&[&two.alice, &two.bob]);
    let announced = two.announced();
    assert_eq!(announced.len(), 50);
    assert_eq!(announced.last().map(String::as_str), Some("59"));
    assert_eq!(two.badge().0, 61);
}
