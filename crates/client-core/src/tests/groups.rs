//! Stories of groups: made, joined, changed, left; what a role does not allow; and the order that comes of
//! everybody wanting something at once.

use super::world::{Device, Someone, World};
use crate::error::ClientError;
use crate::platform::Platform;
use crate::view::{MemberView, RoomOptions, StatePatch, TermsPatch, TimelineQuery};
use std::rc::Rc;
use std::time::Duration;
use undertone_wire::ConversationId;
use undertone_wire::conversation::EntryKind;
use undertone_wire::group::Role;
use undertone_wire::stream::ServerFrame;

/// A group that the first of these people made with the others.
fn group(names: &[&str]) -> (World, Vec<Someone>, Vec<Rc<Device>>, ConversationId) {
    let mut world = World::new();
    let people: Vec<_> = names.iter().map(|name| world.someone(name)).collect();
    let devices: Vec<_> = people.iter().map(|person| world.device(person)).collect();
    let others: Vec<_> = people.iter().skip(1).map(|person| person.user).collect();
    let founder = devices[0].client();
    let made = world.run(founder.create_group("Tea", &others));
    settle(&mut world, &devices);
    (world, people, devices, made.unwrap())
}

fn settle(world: &mut World, devices: &[Rc<Device>]) {
    let all: Vec<_> = devices.iter().collect();
    world.settle(&all);
}

fn members(device: &Device, conversation: ConversationId) -> Vec<(String, Role)> {
    let members = device.client().members(conversation).unwrap();
    members
        .into_iter()
        .map(|member| (member.name, member.role))
        .collect()
}

fn names(device: &Device, conversation: ConversationId) -> Vec<String> {
    members(device, conversation)
        .into_iter()
        .map(|(name, _)| name)
        .collect()
}

fn code<T: std::fmt::Debug>(result: Result<T, ClientError>) -> String {
    result.unwrap_err().code().to_owned()
}

#[test]
fn everybody_in_a_new_group_has_its_title_and_its_members_and_reads_what_is_said() {
    let (mut world, _, devices, group) = group(&["Ada", "Ben", "Cy"]);
    for device in &devices {
        let view = &device.conversations()[0];
        assert_eq!((view.title.as_str(), view.people), ("Tea", 3));
        let expected = [("Ada", Role::Owner), ("Ben", Role::Member), ("Cy", Role::Member)];
        let expected = expected.map(|(name, role)| (name.to_owned(), role));
        assert_eq!(members(device, group), expected);
    }
    world.run(devices[2].send(group, "hello"));
    settle(&mut world, &devices);
    for device in &devices {
        assert_eq!(device.texts(group), ["hello"]);
        assert_eq!(device.notices(group), []);
    }
}

#[test]
fn whoever_is_added_later_reads_from_then_on_and_is_told_what_is_agreed_on() {
    let (mut world, _, mut devices, group) = group(&["Ada", "Ben"]);
    world.run(devices[0].send(group, "before"));
    let cy = world.someone("Cy");
    devices.push(world.device(&cy));
    let patch = StatePatch {
        topic: Some("of the day".to_owned()),
        ..StatePatch::default()
    };
    world.run(devices[0].client().set_state(group, patch)).unwrap();
    world
        .run(devices[0].client().add_members(group, &[cy.user]))
        .unwrap();
    world.run(devices[1].send(group, "after"));
    settle(&mut world, &devices);
    assert_eq!(devices[2].texts(group), ["after"]);
    let view = &devices[2].conversations()[0];
    assert_eq!((view.title.as_str(), view.topic.as_str()), ("Tea", "of the day"));
    assert_eq!(names(&devices[1], group), ["Ada", "Ben", "Cy"]);
}

#[test]
fn a_member_neither_adds_nor_puts_out_nor_renames_and_nothing_of_it_stays() {
    let (mut world, people, mut devices, group) = group(&["Ada", "Ben", "Cy"]);
    let dan = world.someone("Dan");
    devices.push(world.device(&dan));
    let ben = devices[1].client();
    assert_eq!(code(world.run(ben.add_members(group, &[dan.user]))), "forbidden");
    assert_eq!(
        code(world.run(ben.remove_member(group, people[2].user))),
        "forbidden"
    );
    assert_eq!(
        code(world.run(ben.set_role(group, people[1].user, Role::Owner))),
        "forbidden"
    );
    let patch = StatePatch {
        title: Some("Mine".to_owned()),
        ..StatePatch::default()
    };
    assert_eq!(code(world.run(ben.set_state(group, patch))), "forbidden");
    let terms = TermsPatch {
        slow_mode_seconds: Some(60),
        ..TermsPatch::default()
    };
    assert_eq!(code(world.run(ben.set_terms(group, terms))), "forbidden");
    world.run(devices[1].send(group, "still here"));
    settle(&mut world, &devices);
    assert_eq!(names(&devices[0], group), ["Ada", "Ben", "Cy"]);
    assert_eq!(devices[0].conversations()[0].title, "Tea");
    assert_eq!(devices[0].texts(group), ["still here"]);
}

#[test]
fn roles_are_given_and_taken_and_the_last_owner_hands_over_before_leaving() {
    let (mut world, people, devices, group) = group(&["Ada", "Ben", "Cy"]);
    let (ada, ben) = (devices[0].client(), devices[1].client());
    assert_eq!(code(world.run(ada.leave(group))), "last_owner");
    world
        .run(ada.set_role(group, people[1].user, Role::Owner))
        .unwrap();
    settle(&mut world, &devices);
    assert_eq!(
        code(world.run(ben.set_role(group, people[0].user, Role::Member))),
        "forbidden",
        "an owner is made less by themselves only"
    );
    world.run(ada.leave(group)).unwrap();
    settle(&mut world, &devices);
    assert_eq!(names(&devices[1], group), ["Ben", "Cy"]);
    assert_eq!(names(&devices[0], group), Vec::<String>::new());
    assert_eq!(code(world.run(ada.leave(group))), "conversation_blocked");
    world
        .run(ben.set_role(group, people[2].user, Role::ReadOnly))
        .unwrap();
    settle(&mut world, &devices);
    assert_eq!(
        members(&devices[2], group).last(),
        Some(&("Cy".to_owned(), Role::ReadOnly))
    );
}

#[test]
fn whoever_is_put_out_reads_no_more_and_may_come_back_when_added() {
    let (mut world, people, devices, group) = group(&["Ada", "Ben", "Cy"]);
    let ada = devices[0].client();
    world.run(ada.remove_member(group, people[1].user)).unwrap();
    world.run(devices[2].send(group, "without Ben"));
    settle(&mut world, &devices);
    assert_eq!(devices[1].texts(group), Vec::<String>::new());
    assert!(!devices[1].conversations()[0].writable);
    world.run(ada.add_members(group, &[people[1].user])).unwrap();
    world.run(devices[2].send(group, "with Ben"));
    settle(&mut world, &devices);
    assert_eq!(devices[1].texts(group), ["with Ben"]);
    assert!(devices[1].conversations()[0].writable);
    world.run(devices[1].send(group, "thanks"));
    settle(&mut world, &devices);
    assert_eq!(devices[0].texts(group), ["without Ben", "with Ben", "thanks"]);
    for device in &devices {
        assert_eq!(device.notices(group), []);
    }
}

#[test]
fn whoever_is_banned_cannot_be_added_until_the_ban_is_lifted() {
    let (mut world, people, devices, group) = group(&["Ada", "Ben", "Cy"]);
    let ada = devices[0].client();
    let ben = people[1].user;
    world.run(ada.ban_member(group, ben)).unwrap();
    assert_eq!(code(world.run(ada.add_members(group, &[ben]))), "banned");
    world.run(ada.unban_member(group, ben)).unwrap();
    world.run(ada.add_members(group, &[ben])).unwrap();
    settle(&mut world, &devices);
    assert_eq!(names(&devices[1], group), ["Ada", "Ben", "Cy"]);
}

#[test]
fn many_additions_at_once_are_one_commit() {
    let mut world = World::new();
    let people: Vec<_> = (0..12).map(|n| world.someone(&format!("Person{n}"))).collect();
    let devices: Vec<_> = people.iter().map(|person| world.device(person)).collect();
    let founder = devices[0].client();
    let group = world.run(founder.create_group("Many", &[])).unwrap();
    let others: Vec<_> = people.iter().skip(1).map(|person| person.user).collect();
    world.run(founder.add_members(group, &others)).unwrap();
    settle(&mut world, &devices);
    assert_eq!(world.server.epoch(group).0, 2, "founding, and one commit for all");
    assert_eq!(members(&devices[11], group).len(), 12);
}

#[test]
fn what_everybody_wants_at_once_happens_in_one_order_without_a_storm() {
    let (mut world, _, devices, group) = group(&["Ada", "Ben", "Cy", "Dan", "Eve", "Fay", "Gus", "Hal"]);
    let before = world.server.epoch(group).0;
    let refreshed = devices.iter().map(|device| {
        let client = device.client();
        async move { client.refresh_keys(group).await }
    });
    let all = world.run(futures::future::join_all(refreshed));
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    settle(&mut world, &devices);
    assert_eq!(
        world.server.epoch(group).0,
        before + 8,
        "every wish is one commit"
    );
    let tries = world.server.commits_tried(group);
    assert!(tries < 60, "{tries} tries");
    world.run(devices[7].send(group, "together"));
    settle(&mut world, &devices);
    for device in &devices {
        assert_eq!(device.texts(group), ["together"]);
        assert_eq!(device.notices(group), []);
    }
}

#[test]
fn whoever_puts_somebody_out_does_not_stand_in_the_queue() {
    const QUEUE_MS: u64 = 60_000;
    let (mut world, people, devices, group) = group(&["Ada", "Ben", "Cy"]);
    let adas = devices[0].id;
    world.server.tamper(move |device, frame| match frame {
        // Ada hears of his commit only when her own is refused.
        ServerFrame::Entry(entry) if device == adas && entry.kind == EntryKind::Commit => Vec::new(),
        ServerFrame::Refused(mut refused) => {
            refused.error.retry_after_ms = Some(QUEUE_MS);
            vec![ServerFrame::Refused(refused)]
        }
        other => vec![other],
    });
    let tried = world.server.commits_tried(group);
    world.run(devices[1].client().refresh_keys(group)).unwrap();
    let start = devices[0].platform_now_ms();
    let ada = devices[0].client();
    world.run(ada.remove_member(group, people[2].user)).unwrap();
    assert!(devices[0].platform_now_ms() - start < QUEUE_MS);
    assert_eq!(world.server.commits_tried(group) - tried, 3);
}

#[test]
fn a_wish_survives_the_end_of_the_client() {
    let (mut world, people, devices, group) = group(&["Ada", "Ben", "Cy"]);
    devices[0].link.down.set(true);
    let ada = devices[0].client();
    world.run(async {
        let wait = ada.remove_member(group, people[1].user);
        let too_long = devices[0].platform.sleep(Duration::from_secs(5));
        futures::pin_mut!(wait);
        futures::future::select(wait, too_long).await;
    });
    drop(ada);
    devices[0].link.down.set(false);
    world.restart(&devices[0]);
    settle(&mut world, &devices);
    assert_eq!(names(&devices[2], group), ["Ada", "Cy"]);
}

#[test]
fn the_devices_of_somebody_who_leaves_go_together() {
    let mut world = World::new();
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let devices = [world.device(&ada), world.device(&ben), world.device(&ben)];
    let group = world
        .run(devices[0].client().create_group("Two", &[ben.user]))
        .unwrap();
    settle(&mut world, &devices);
    let view: Vec<MemberView> = devices[0].client().members(group).unwrap();
    assert_eq!(view[1].devices, 2);
    world.run(devices[1].client().leave(group)).unwrap();
    settle(&mut world, &devices);
    assert_eq!(names(&devices[0], group), ["Ada"]);
    for device in &devices[1..] {
        assert!(!device.conversations()[0].writable);
    }
    world.run(devices[0].client().leave(group)).unwrap();
    assert!(
        !devices[0].conversations()[0].writable,
        "whoever is alone just goes"
    );
}

#[test]
fn fresh_keys_come_by_themselves_some_time_after_being_added() {
    let (mut world, _, devices, group) = group(&["Ada", "Ben", "Cy"]);
    let before = world.server.epoch(group).0;
    world.pass(300_000);
    settle(&mut world, &devices);
    assert_eq!(world.server.epoch(group).0, before + 2, "those who were added");
}

#[test]
fn a_device_that_comes_later_comes_into_a_group_for_which_another_of_its_user_vouches() {
    let (mut world, people, mut devices, group) = group(&["Ada", "Ben"]);
    world.run(devices[1].client().refresh_keys(group)).unwrap();
    devices.push(world.device(&people[1]));
    settle(&mut world, &devices);
    world.run(devices[2].send(group, "from the tablet"));
    settle(&mut world, &devices);
    assert_eq!(devices[0].texts(group), ["from the tablet"]);
    assert_eq!(devices[2].conversations()[0].title, "Tea", "Ada's device told it");
    assert_eq!(devices[0].client().members(group).unwrap()[1].devices, 2);
}

#[test]
fn a_device_that_comes_later_is_brought_into_what_it_cannot_come_into_by_itself() {
    let (mut world, people, mut devices, group) = group(&["Ada", "Ben"]);
    world.run(devices[0].client().refresh_keys(group)).unwrap();
    let options = RoomOptions {
        title: "Room".to_owned(),
        ..RoomOptions::default()
    };
    let room = world.run(devices[1].client().create_room(options)).unwrap();
    devices.push(world.device(&people[1]));
    settle(&mut world, &devices);
    assert_eq!(
        devices[2].conversations().len(),
        0,
        "nobody whom it knows vouches"
    );
    world.restart(&devices[1]);
    settle(&mut world, &devices);
    for conversation in [group, room] {
        world.run(devices[2].send(conversation, "from the tablet"));
    }
    settle(&mut world, &devices);
    assert_eq!(devices[0].texts(group), ["from the tablet"]);
    assert_eq!(devices[1].texts(room), ["from the tablet"]);
    let link = |device: &Device| device.client().room_link(room).unwrap().map(|view| view.link);
    assert!(link(&devices[2]).is_some());
    assert_eq!(link(&devices[2]), link(&devices[1]));
}

#[test]
fn what_is_changed_in_quick_succession_does_not_undo_each_other() {
    let (mut world, _, devices, group) = group(&["Ada", "Ben"]);
    let ada = devices[0].client();
    let title = StatePatch {
        title: Some("Tea".to_owned()),
        ..StatePatch::default()
    };
    let topic = StatePatch {
        topic: Some("of the day".to_owned()),
        ..StatePatch::default()
    };
    let (first, second) = world.run(futures::future::join(
        ada.set_state(group, title),
        ada.set_state(group, topic),
    ));
    first.unwrap();
    second.unwrap();
    settle(&mut world, &devices);
    for device in &devices {
        let view = &device.conversations()[0];
        assert_eq!((view.title.as_str(), view.topic.as_str()), ("Tea", "of the day"));
    }
}

#[test]
fn a_hostile_title_is_shown_clean_wherever_it_is_handed_out() {
    let (mut world, _, devices, group) = group(&["Ada", "Ben"]);
    let patch = StatePatch {
        title: Some("\u{202e}Tea\u{7}\nparty\u{2066}".to_owned()),
        topic: Some("\u{202e}of\u{1b} the day".to_owned()),
        ..StatePatch::default()
    };
    world.run(devices[0].client().set_state(group, patch)).unwrap();
    world.run(devices[0].send(group, "come"));
    settle(&mut world, &devices);
    devices[1].client().accept(group).unwrap();
    world.run(devices[0].send(group, "now"));
    settle(&mut world, &devices);
    for device in &devices {
        let view = &device.conversations()[0];
        assert_eq!(
            (view.title.as_str(), view.topic.as_str()),
            ("Tea party", "of the day")
        );
        assert_eq!(device.client().title(group).unwrap(), "Tea party");
        let shown = device
            .client()
            .timeline(group, TimelineQuery::newest(50))
            .unwrap();
        let events = shown.messages.into_iter().filter_map(|message| message.event);
        let titles: Vec<_> = events.filter_map(|event| event.title).collect();
        assert_eq!(titles, ["Tea party"]);
    }
    let announced = devices[1].client().notifications().unwrap().pop().unwrap();
    assert_eq!(announced.title, "Tea party");
    let found = devices[1].client().search("come").unwrap();
    assert_eq!(found[0].conversation_title, "Tea party");
}
