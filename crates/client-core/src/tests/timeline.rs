//! What a group's timeline shows besides messages: who came and went, what was changed, what was shared
//! with those who came later, and what does not count.

use super::world::{Device, Someone, World};
use crate::client::Client;
use crate::error::ClientError;
use crate::view::{EventKind, EventView, RoomOptions, StatePatch, TermsPatch};
use std::rc::Rc;
use undertone_wire::ConversationId;
use undertone_wire::content::{Expiry, HistorySharing, Part};
use undertone_wire::group::Role;

/// Ada owns a group with Ben; Cy is outside.
struct Group {
    world: World,
    ben: Someone,
    cy: Someone,
    alice: Rc<Device>,
    bob: Rc<Device>,
    carl: Rc<Device>,
    talk: ConversationId,
}

impl Group {
    fn new() -> Self {
        let mut world = World::new();
        let (ada, ben, cy) = (world.someone("Ada"), world.someone("Ben"), world.someone("Cy"));
        let (alice, bob, carl) = (world.device(&ada), world.device(&ben), world.device(&cy));
        let talk = world.run(alice.client().create_group("Tea", &[ben.user]));
        let talk = talk.unwrap();
        world.settle(&[&alice, &bob]);
        Self {
            world,
            ben,
            cy,
            alice,
            bob,
            carl,
            talk,
        }
    }

    fn settle(&mut self) {
        self.world.settle(&[&self.alice, &self.bob, &self.carl]);
    }

    /// Somebody does something, and all come level.
    fn act(&mut self, device: &Device, work: impl AsyncFnOnce(Client) -> Result<(), ClientError>) {
        self.world.run(work(device.client())).unwrap();
        self.settle();
    }

    fn patch(&mut self, patch: StatePatch) {
        let (talk, alice) = (self.talk, Rc::clone(&self.alice));
        self.act(&alice, async |ada| ada.set_state(talk, patch).await);
    }

    fn share(&mut self, history: HistorySharing) {
        self.patch(StatePatch {
            history: Some(history),
            ..StatePatch::default()
        });
    }

    fn add_cy(&mut self) {
        let (talk, cy, alice) = (self.talk, self.cy.user, Rc::clone(&self.alice));
        self.act(&alice, async |ada| ada.add_members(talk, &[cy]).await);
        self.world.pass(5000);
        self.settle();
    }

    /// What happened, as a device tells it: what, who, whom.
    fn told(&self, device: &Device) -> Vec<(EventKind, String, Vec<String>)> {
        let tell = |event: EventView| {
            let whom = event.whom.into_iter().map(|person| person.name).collect();
            (event.what, event.who_name, whom)
        };
        events(device, self.talk).into_iter().map(tell).collect()
    }
}

fn events(device: &Device, talk: ConversationId) -> Vec<EventView> {
    device
        .messages(talk)
        .into_iter()
        .filter_map(|row| row.event)
        .collect()
}

fn row(what: EventKind, who: &str, whom: &[&str]) -> (EventKind, String, Vec<String>) {
    let whom = whom.iter().map(|name| (*name).to_owned()).collect();
    (what, who.to_owned(), whom)
}

#[test]
fn everybody_is_told_who_came_and_went_and_nobody_counts_it_as_unread() {
    let mut group = Group::new();
    group.add_cy();
    let (talk, ben, cy) = (group.talk, group.ben.user, group.cy.user);
    let (alice, bob) = (Rc::clone(&group.alice), Rc::clone(&group.bob));
    group.act(&alice, async |ada| ada.set_role(talk, ben, Role::Admin).await);
    group.act(&bob, async |ben| ben.set_role(talk, cy, Role::ReadOnly).await);
    group.act(&bob, async |ben| ben.remove_member(talk, cy).await);

    let since_cy = [
        row(EventKind::Added, "Ada", &["Cy"]),
        row(EventKind::RoleChanged, "Ada", &["Ben"]),
        row(EventKind::RoleChanged, "Ben", &["Cy"]),
        row(EventKind::Removed, "Ben", &["Cy"]),
    ];
    let before = |first: &[(EventKind, String, Vec<String>)]| [first, &since_cy].concat();
    assert_eq!(
        group.told(&group.alice),
        before(&[
            row(EventKind::Founded, "Ada", &[]),
            row(EventKind::Added, "Ada", &["Ben"])
        ])
    );
    assert_eq!(
        group.told(&group.bob),
        before(&[row(EventKind::Added, "Ada", &["Ben"])])
    );
    assert_eq!(group.told(&group.carl), since_cy);
    let roles: Vec<_> = events(&group.bob, group.talk)
        .into_iter()
        .filter_map(|event| event.role)
        .collect();
    assert_eq!(roles, [Role::Admin, Role::ReadOnly]);
    let cys = &events(&group.carl, group.talk)[0];
    assert!(cys.whom[0].is_me && !cys.who_is_me);
    for device in [&group.alice, &group.bob, &group.carl] {
        let view = &device.conversations()[0];
        assert_eq!((view.unread, view.last_text.as_deref()), (0, None));
    }
}

#[test]
fn a_state_counts_from_admins_and_is_told_as_it_changed() {
    let mut group = Group::new();
    group.patch(StatePatch {
        title: Some("Coffee".to_owned()),
        topic: Some("beans".to_owned()),
        timer: Some(Some(Expiry::AfterRead(60))),
        ..StatePatch::default()
    });
    for device in [&group.alice, &group.bob] {
        let view = &device.conversations()[0];
        assert_eq!((view.title.as_str(), view.topic.as_str()), ("Coffee", "beans"));
        assert_eq!(view.timer, Some(Expiry::AfterRead(60)));
        let told = events(device, group.talk);
        let last: Vec<_> = told.iter().rev().take(3).rev().collect();
        assert_eq!(
            last.iter().map(|event| event.what).collect::<Vec<_>>(),
            [
                EventKind::TitleChanged,
                EventKind::TopicChanged,
                EventKind::TimerSet
            ]
        );
        assert_eq!(last[0].title.as_deref(), Some("Coffee"));
        assert_eq!(last[2].timer, Some(Expiry::AfterRead(60)));
    }
    // A client that lets a member say it changes nothing anywhere.
    let told = group.told(&group.alice);
    let (talk, bob) = (group.talk, Rc::clone(&group.bob));
    let state = undertone_wire::content::ConversationState {
        title: "Bob's".to_owned(),
        ..Default::default()
    };
    bob.say(talk, Part::State(state));
    group.settle();
    for device in [&group.alice, &group.bob] {
        assert_eq!(device.conversations()[0].title, "Coffee");
    }
    assert_eq!(group.told(&group.alice), told);

    // Who comes later sees the state, and not how it came to be.
    group.add_cy();
    let view = &group.carl.conversations()[0];
    assert_eq!(
        (view.title.as_str(), view.timer),
        ("Coffee", Some(Expiry::AfterRead(60)))
    );
    assert_eq!(group.told(&group.carl), [row(EventKind::Added, "Ada", &["Cy"])]);
}

#[test]
fn what_one_may_do_comes_from_role_and_terms() {
    let mut group = Group::new();
    let may = |device: &Device| device.conversations()[0].may;
    let owner = may(&group.alice);
    assert!(owner.write && owner.add && owner.remove && owner.set_state && owner.set_terms);
    let member = may(&group.bob);
    assert!(member.write && !member.add && !member.remove && !member.set_state && !member.set_terms);
    assert!(!owner.share_link && !member.share_link, "a group has no link");
    let patch = TermsPatch {
        slow_mode_seconds: Some(30),
        ..TermsPatch::default()
    };
    let (talk, ben, alice) = (group.talk, group.ben.user, Rc::clone(&group.alice));
    group.act(&alice, async |ada| ada.set_terms(talk, patch).await);
    assert_eq!(group.bob.conversations()[0].write_again_at_ms, None);
    let sent = group.world.run(group.bob.send(group.talk, "slowly"));
    let again = group.bob.conversations()[0].write_again_at_ms;
    assert_eq!(again, Some(sent.sent_at_ms + 30_000));
    assert!(
        !group.bob.conversations()[0].too_fast,
        "the conversation asks for it"
    );
    group.world.pass(31_000);
    assert_eq!(group.bob.conversations()[0].write_again_at_ms, None);
    group.world.run(group.alice.send(group.talk, "at once"));
    assert_eq!(group.alice.conversations()[0].write_again_at_ms, None);

    group.act(&alice, async |ada| ada.set_role(talk, ben, Role::ReadOnly).await);
    let view = &group.bob.conversations()[0];
    assert!(!view.may.write && !view.writable && view.role == Role::ReadOnly);
}

#[test]
fn nobody_reads_what_was_said_before_they_came() {
    let mut group = Group::new();
    group.world.run(group.alice.send(group.talk, "before"));
    group.settle();
    group.add_cy();
    group.world.run(group.bob.send(group.talk, "after"));
    group.settle();
    assert_eq!(group.carl.texts(group.talk), ["after"]);
}

#[test]
fn who_joins_gets_the_last_messages_where_they_are_shared() {
    let mut group = Group::new();
    group.share(HistorySharing::Messages(2));
    for text in ["one", "two"] {
        group.world.run(group.alice.send(group.talk, text));
    }
    group.settle();
    group.world.run(group.bob.send(group.talk, "three"));
    group.settle();
    group.add_cy();
    group.world.run(group.bob.send(group.talk, "after"));
    group.settle();
    let rows = group.carl.messages(group.talk);
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            let shared = row.shared_by_name.as_deref().unwrap_or("-");
            (row.text.as_str(), row.sender_name.as_str(), shared, row.shared)
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("two", "Ada", "Ada", true),
            ("three", "Ben", "Ada", true),
            ("", "Ada", "-", false),
            ("after", "Ben", "-", false)
        ]
    );
    assert_eq!(
        group.carl.conversations()[0].unread,
        1,
        "what is shared is no news"
    );
    let found = group.carl.client().search("three").unwrap();
    assert_eq!(found.len(), 1);
    // The others have each message once.
    for device in [&group.alice, &group.bob] {
        assert_eq!(device.texts(group.talk), ["one", "two", "three", "after"]);
        assert!(device.notices(group.talk).is_empty());
    }
    assert!(group.carl.notices(group.talk).is_empty());
}

#[test]
fn another_shares_when_whoever_added_cannot() {
    let mut group = Group::new();
    group.share(HistorySharing::Hours(1));
    group.world.run(group.alice.send(group.talk, "too long ago"));
    group.settle();
    group.world.pass(3_600_000 - 300_000);
    group.settle();
    group.world.pass(400_000);
    group.world.run(group.alice.send(group.talk, "lately"));
    group.settle();
    let alice = Rc::clone(&group.alice);
    let added = group
        .world
        .run(alice.client().add_members(group.talk, &[group.cy.user]));
    added.unwrap();
    alice.link.down.set(true);
    alice.link.cut();
    group.world.pass(10_000);
    let (bob, carl) = (Rc::clone(&group.bob), Rc::clone(&group.carl));
    group.world.settle(&[&bob, &carl]);
    let rows = carl.messages(group.talk);
    let shared: Vec<_> = rows
        .iter()
        .filter(|row| row.shared)
        .map(|row| (row.text.as_str(), row.shared_by_name.as_deref()))
        .collect();
    assert_eq!(shared, [("lately", Some("Ben"))]);
    let sent = group.world.server.sent(group.talk);
    // Who comes back does not share once more.
    group.settle();
    group.world.pass(10_000);
    group.settle();
    assert_eq!(carl.texts(group.talk), ["lately"]);
    // But for the state, which Ada had queued for the newcomer.
    assert!(group.world.server.sent(group.talk) <= sent + 1);
}

#[test]
fn what_is_shared_ends_when_it_would_have_ended() {
    let mut group = Group::new();
    group.share(HistorySharing::Messages(10));
    let draft = crate::message::draft::Draft {
        text: "a minute".to_owned(),
        expires: Some(Expiry::AfterSent(60)),
        ..Default::default()
    };
    group.world.run(group.alice.send(group.talk, draft));
    group.world.run(group.alice.send(group.talk, "for ever"));
    group.settle();
    group.add_cy();
    assert_eq!(group.carl.texts(group.talk), ["a minute", "for ever"]);
    group.world.pass(60_000);
    assert_eq!(group.carl.texts(group.talk), ["for ever"]);
}

#[test]
fn who_comes_by_a_link_gets_what_is_shared_from_one_member() {
    let mut world = World::new();
    let people = ["Ada", "Ben", "Cy"].map(|name| world.someone(name));
    let [alice, bob, carl] = [0, 1, 2].map(|at| world.device(&people[at]));
    let options = RoomOptions {
        title: "Tea".to_owned(),
        history: HistorySharing::Messages(5),
        ..RoomOptions::default()
    };
    let room = world.run(alice.client().create_room(options)).unwrap();
    let link = alice.client().room_link(room).unwrap().unwrap().link;
    world.run(bob.client().join_room(&link)).unwrap();
    world.settle(&[&alice, &bob]);
    world.pass(5000);
    for (device, text) in [(&alice, "one"), (&bob, "two")] {
        world.run(device.send(room, text));
    }
    world.settle(&[&alice, &bob]);
    world.run(carl.client().join_room(&link)).unwrap();
    world.settle(&[&alice, &bob, &carl]);
    world.pass(10_000);
    world.settle(&[&alice, &bob, &carl]);
    assert_eq!(carl.texts(room), ["one", "two"]);
    let shared = carl.messages(room).into_iter().filter(|row| row.shared);
    let mut sharers: Vec<_> = shared.filter_map(|row| row.shared_by_name).collect();
    sharers.dedup();
    assert_eq!(sharers, ["Ada"], "the lowest leaf is online");
    assert_eq!(
        events(&carl, room)
            .iter()
            .map(|event| (event.what, event.who_is_me))
            .collect::<Vec<_>>(),
        [(EventKind::Joined, true)]
    );
    let last = events(&alice, room).pop().unwrap();
    assert_eq!((last.what, last.who_name.as_str()), (EventKind::Joined, "Cy"));
    for device in [&alice, &bob, &carl] {
        assert!(device.notices(room).is_empty());
    }
}

#[test]
fn nobody_shares_what_is_not_shared() {
    let mut group = Group::new();
    group.share(HistorySharing::Messages(5));
    group.world.run(group.alice.send(group.talk, "once"));
    group.share(HistorySharing::Nothing);
    let sent = group.world.server.sent(group.talk);
    group.add_cy();
    assert!(group.carl.texts(group.talk).is_empty());
    assert_eq!(
        group.world.server.sent(group.talk),
        sent + 1,
        "the state for the newcomer, and no history"
    );
    // What a member sends all the same is not taken.
    let history = group.bob.history_for(group.talk);
    group.bob.say(group.talk, history);
    group.settle();
    assert!(group.carl.texts(group.talk).is_empty());
}

#[test]
fn what_is_shared_is_shared_once_and_for_those_of_one_commit() {
    let mut group = Group::new();
    group.world.run(group.alice.send(group.talk, "once"));
    group.settle();
    group.add_cy();
    group.share(HistorySharing::Messages(5));
    let dee = group.world.someone("Dee");
    let dora = group.world.device(&dee);
    let sent = group.world.server.sent(group.talk);
    let (talk, alice) = (group.talk, Rc::clone(&group.alice));
    group.act(&alice, async |ada| ada.add_members(talk, &[dee.user]).await);
    group.world.settle(&[&dora]);
    group.world.pass(40_000);
    group.settle();
    group.world.settle(&[&dora]);
    assert_eq!(dora.texts(talk), ["once"]);
    assert!(group.carl.texts(talk).is_empty(), "Cy came by another commit");
    assert_eq!(
        group.world.server.sent(talk),
        sent + 2,
        "the state for the newcomer, and the history of one member"
    );
}
