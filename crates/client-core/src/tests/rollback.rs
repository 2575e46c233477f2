//! Stories of a server that went back to a backup: everybody keeps what they have, what the server lost is
//! sent again, and no epoch that somebody has passed is passed in another way.

use super::world::{Device, Someone, World};
use crate::view::{MessageView, NoticeView};
use std::rc::Rc;
use undertone_wire::ConversationId;

struct Story {
    world: World,
    people: Vec<Someone>,
    devices: Vec<Rc<Device>>,
    group: ConversationId,
}

impl Story {
    /// A group in which "one" was said; the backup is made then.
    fn begin(names: &[&str]) -> Self {
        let mut world = World::new();
        let people: Vec<_> = names.iter().map(|name| world.someone(name)).collect();
        let devices: Vec<_> = people.iter().map(|person| world.device(person)).collect();
        let others: Vec<_> = people.iter().skip(1).map(|person| person.user).collect();
        let group = world
            .run(devices[0].client().create_group("Tea", &others))
            .unwrap();
        let mut story = Self {
            world,
            people,
            devices,
            group,
        };
        story.settle();
        // Who was added gives itself fresh keys within minutes; the next are due in a week, after the story.
        story.world.pass(300_000);
        story.settle();
        story.say(0, "one");
        story.settle();
        story
    }

    fn say(&mut self, who: usize, text: &str) {
        self.world.run(self.devices[who].send(self.group, text));
    }

    fn settle(&mut self) {
        let all: Vec<_> = self.devices.iter().collect();
        self.world.settle(&all);
    }

    fn settle_only(&mut self, who: &[usize]) {
        let some: Vec<_> = who.iter().map(|who| &self.devices[*who]).collect();
        self.world.settle(&some);
    }

    fn away(&self, who: usize) {
        self.devices[who].link.cut();
        self.devices[who].link.down.set(true);
    }

    /// The server is as it was; nobody is connected meanwhile.
    fn restore(&self, backup: super::server::Backup) {
        for who in 0..self.devices.len() {
            self.away(who);
        }
        self.world.server.restore(backup);
    }

    fn new_keys(&mut self, who: usize) {
        // Commits are paced.
        self.world.pass(30_000);
        let refreshed = self.devices[who].client();
        self.world.run(refreshed.refresh_keys(self.group)).unwrap();
    }

    /// The first thing that somebody said.
    fn first(&self, who: usize) -> MessageView {
        let mut messages = self.devices[who].messages(self.group).into_iter();
        messages.find(|message| message.event.is_none()).unwrap()
    }

    fn texts(&self, who: usize) -> Vec<String> {
        self.devices[who].texts(self.group)
    }

    fn epoch(&self, who: usize) -> Vec<u8> {
        self.devices[who]
            .client()
            .epoch_authenticator(self.group)
            .unwrap()
    }

    fn notices(&self, who: usize) -> Vec<NoticeView> {
        self.devices[who].notices(self.group)
    }
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts
}

#[test]
fn what_the_server_lost_is_there_again_for_everybody_and_in_one_order() {
    let mut story = Story::begin(&["Ada", "Ben"]);
    let backup = story.world.server.backup();
    for (who, text) in [(0, "two"), (1, "three"), (0, "four")] {
        story.say(who, text);
    }
    story.settle();
    let epoch = story.epoch(0);
    story.restore(backup);
    story.settle();
    story.say(0, "five");
    story.say(1, "six");
    story.settle();
    for who in 0..2 {
        let texts = story.texts(who);
        assert_eq!(
            sorted(texts.clone()),
            ["five", "four", "one", "six", "three", "two"],
            "{who}"
        );
        assert_eq!(texts, story.texts(0));
        assert_eq!(texts[0], "one");
        assert_eq!(texts[4..], ["five", "six"]);
        assert_eq!(story.notices(who), [NoticeView::RolledBack]);
    }
    assert_eq!(story.epoch(1), epoch, "nobody had to come in again");
}

#[test]
fn who_was_away_gets_what_the_server_lost_from_its_author() {
    let mut story = Story::begin(&["Ada", "Ben"]);
    let backup = story.world.server.backup();
    story.away(1);
    story.say(0, "two");
    story.restore(backup);
    story.settle();
    assert_eq!(story.texts(1), ["one", "two"]);
    assert_eq!(story.notices(1), [], "for Ben nothing was lost");
}

#[test]
fn who_comes_when_the_log_has_grown_again_notices_it_all_the_same() {
    let mut story = Story::begin(&["Ada", "Ben"]);
    let backup = story.world.server.backup();
    story.say(0, "two");
    story.settle();
    story.restore(backup);
    story.devices[0].link.down.set(false);
    for text in ["three", "four", "five"] {
        story.say(0, text);
    }
    story.settle_only(&[0]);
    story.settle();
    for who in 0..2 {
        assert_eq!(story.texts(who), ["one", "two", "three", "four", "five"], "{who}");
        assert_eq!(story.notices(who), [NoticeView::RolledBack], "{who}");
    }
}

#[test]
fn an_epoch_that_was_passed_is_passed_again_by_the_same_commit() {
    let mut story = Story::begin(&["Ada", "Ben", "Cy"]);
    let backup = story.world.server.backup();
    let before = story.epoch(0);
    story.say(1, "two");
    story.new_keys(0);
    story.say(1, "three");
    story.new_keys(1);
    story.settle();
    let epoch = story.epoch(2);
    assert_ne!(epoch, before);
    story.restore(backup);
    // Who made no commit comes first, and waits.
    story.devices[2].link.down.set(false);
    story.world.pass(3_000);
    story.devices[1].link.down.set(false);
    story.world.pass(3_000);
    story.settle();
    story.settle();
    for who in 0..3 {
        assert_eq!(story.epoch(who), epoch, "{who} has left its group");
        assert_eq!(sorted(story.texts(who)), ["one", "three", "two"], "{who}");
        assert_eq!(story.notices(who), [NoticeView::RolledBack], "{who}");
    }
    for who in 0..3 {
        story.say(who, "on");
    }
    story.settle();
    for who in 0..3 {
        assert_eq!(story.texts(who).len(), 6);
    }
}

#[test]
fn who_was_put_out_since_is_put_out_again() {
    let mut story = Story::begin(&["Ada", "Ben", "Cy"]);
    let backup = story.world.server.backup();
    let cy = story.people[2].user;
    let ada = story.devices[0].client();
    story.world.run(ada.remove_member(story.group, cy)).unwrap();
    story.say(0, "without Cy");
    story.settle();
    story.restore(backup);
    story.settle();
    story.settle();
    story.say(1, "still without Cy");
    story.settle();
    for who in 0..2 {
        assert_eq!(story.devices[who].client().members(story.group).unwrap().len(), 2);
        assert_eq!(story.texts(who), ["one", "without Cy", "still without Cy"]);
    }
    assert_eq!(story.texts(2), ["one"]);
}

#[test]
fn if_nobody_sends_the_commit_again_the_others_come_in_anew_and_so_does_its_author() {
    let mut story = Story::begin(&["Ada", "Ben", "Cy"]);
    let backup = story.world.server.backup();
    story.new_keys(0);
    story.say(0, "from Ada");
    story.say(1, "from Ben");
    story.settle();
    let epoch = story.epoch(1);
    story.restore(backup);
    for who in [1, 2] {
        story.devices[who].link.down.set(false);
    }
    story.world.pass(60_000);
    story.say(2, "from Cy");
    story.settle_only(&[1, 2]);
    story.settle();
    story.settle();
    story.say(0, "all here");
    story.settle();
    for who in 0..3 {
        let texts = story.texts(who);
        for text in ["one", "from Ada", "from Ben", "all here"] {
            assert_eq!(
                texts.iter().filter(|there| *there == text).count(),
                1,
                "{who}: {texts:?}"
            );
        }
        assert_ne!(story.epoch(who), epoch);
        assert_eq!(story.epoch(who), story.epoch(0));
        assert!(story.notices(who).contains(&NoticeView::RolledBack), "{who}");
    }
}

#[test]
fn what_was_said_about_messages_and_what_was_not_read_stays() {
    let mut story = Story::begin(&["Ada", "Ben"]);
    let backup = story.world.server.backup();
    let ada = story.devices[0].client();
    let one = story.first(0).key;
    for said in [ada.edit(one, "one, better"), ada.react(one, "👍", true)] {
        story.world.run(ada.counted(said.unwrap())).unwrap();
    }
    story.say(0, "two");
    story.settle();
    let unread = story.devices[1].conversations()[0].unread;
    story.restore(backup);
    story.settle();
    story.settle();
    for who in 0..2 {
        assert_eq!(story.texts(who), ["one, better", "two"], "{who}");
        let first = story.first(who);
        let edits = story.devices[who].client().edits(first.key).unwrap();
        assert_eq!((first.reactions.len(), edits.len()), (1, 2), "{who}");
    }
    assert_eq!(story.devices[1].conversations()[0].unread, unread);
}
