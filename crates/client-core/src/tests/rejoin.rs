//! Stories of conversations that come to a stop: commits that nobody or not everybody can process, logs that
//! were cut off, and a server that lies about it. The conversation goes on; nothing acknowledged is lost.

use super::world::{Device, Someone, World};
use crate::view::{ConversationStateView, EventKind, NoticeView};
use std::cell::Cell;
use std::rc::Rc;
use undertone_mls::{Group, MemoryKeyValue, MlsDevice, Provider};
use undertone_wire::ConversationId;
use undertone_wire::conversation::{EntryKind, LogEntry};
use undertone_wire::group::GroupProfile;
use undertone_wire::stream::{Acknowledge, ServerFrame};

fn group(names: &[&str]) -> (World, Vec<Someone>, Vec<Rc<Device>>, ConversationId) {
    let mut world = World::new();
    let people: Vec<_> = names.iter().map(|name| world.someone(name)).collect();
    let devices: Vec<_> = people.iter().map(|person| world.device(person)).collect();
    let others: Vec<_> = people.iter().skip(1).map(|person| person.user).collect();
    let made = world.run(devices[0].client().create_group("Tea", &others));
    settle(&mut world, &devices);
    (world, people, devices, made.unwrap())
}

fn settle(world: &mut World, devices: &[Rc<Device>]) {
    let all: Vec<_> = devices.iter().collect();
    world.settle(&all);
}

/// From now on one device gets each commit with a byte changed, as often as said.
fn garble_commits(world: &World, victim: &Device, times: u32) {
    let (victim, left) = (victim.id, Cell::new(times));
    let garbled = move |mut entry: LogEntry| {
        if let (EntryKind::Commit, Some(last)) = (entry.kind, entry.payload.0.last_mut())
            && left.get() > 0
        {
            left.set(left.get() - 1);
            *last ^= 1;
        }
        entry
    };
    world.server.tamper(move |device, frame| match frame {
        ServerFrame::Entry(entry) if device == victim => vec![ServerFrame::Entry(garbled(entry))],
        ServerFrame::Log(mut page) if device == victim => {
            page.entries = page.entries.into_iter().map(&garbled).collect();
            vec![ServerFrame::Log(page)]
        }
        other => vec![other],
    });
}

#[test]
fn whoever_cannot_process_what_others_could_comes_in_again_and_writes_on() {
    let (mut world, _, devices, group) = group(&["Ada", "Ben", "Cy"]);
    world.run(devices[1].send(group, "one"));
    settle(&mut world, &devices);
    devices[1].link.cut();
    devices[1].link.down.set(true);
    world.run(devices[0].client().refresh_keys(group)).unwrap();
    world.pass(2000);
    garble_commits(&world, &devices[1], u32::MAX);
    devices[1].link.down.set(false);
    world.run(devices[1].send(group, "two"));
    settle(&mut world, &devices);
    for device in &devices {
        assert_eq!(device.texts(group), ["one", "two"]);
        assert_eq!(device.client().members(group).unwrap().len(), 3);
    }
    assert_eq!(devices[0].notices(group), []);
}

#[test]
fn a_commit_that_nobody_can_process_is_void_and_the_conversation_goes_on() {
    let (mut world, _, devices, group) = group(&["Ada", "Ben", "Cy"]);
    world.run(devices[1].send(group, "one"));
    settle(&mut world, &devices);
    let before = world.server.epoch(group);
    world.server.force_garbage(group, devices[2].id);
    world.pass(10_000);
    world.run(devices[0].send(group, "two"));
    world.run(devices[1].send(group, "three"));
    settle(&mut world, &devices);
    assert_eq!(world.server.epoch(group), before);
    for device in &devices[..2] {
        assert_eq!(device.texts(group), ["one", "two", "three"]);
        assert_eq!(device.notices(group), []);
        let mut told = device.messages(group).into_iter().filter_map(|row| row.event);
        let void = told.find(|event| event.what == EventKind::Voided);
        assert_eq!(void.map(|event| event.who_name).as_deref(), Some("Cy"));
    }
}

#[test]
fn what_was_sent_after_a_commit_that_is_void_is_sent_again() {
    let (mut world, _, devices, group) = group(&["Ada", "Ben", "Cy"]);
    devices[1].link.down.set(true);
    devices[2].link.down.set(true);
    world.pass(30_000);
    world.run(devices[0].client().refresh_keys(group)).unwrap();
    world.run(devices[0].send(group, "after it"));
    garble_commits(&world, &devices[1], 1);
    devices[1].link.down.set(false);
    world.pass(60_000);
    devices[2].link.down.set(false);
    settle(&mut world, &devices);
    settle(&mut world, &devices);
    for device in &devices {
        assert_eq!(device.texts(group), ["after it"], "{}", device.id);
    }
    world.run(devices[1].send(group, "heard"));
    settle(&mut world, &devices);
    assert_eq!(devices[0].texts(group), ["after it", "heard"]);
}

#[test]
fn what_was_said_about_messages_after_a_commit_that_is_void_is_said_again() {
    let (mut world, _, devices, group) = group(&["Ada", "Ben", "Cy"]);
    for text in ["one", "a slip", "three"] {
        world.run(devices[0].send(group, text));
    }
    settle(&mut world, &devices);
    devices[1].link.down.set(true);
    devices[2].link.down.set(true);
    world.pass(30_000);
    world.run(devices[0].client().refresh_keys(group)).unwrap();
    let ada = devices[0].client();
    let rows = devices[0].messages(group);
    let key = |text: &str| rows.iter().find(|row| row.text == text).unwrap().key;
    for said in [
        ada.edit(key("one"), "one, better"),
        ada.react(key("three"), "👍", true),
        ada.pin(key("three"), true),
        ada.delete_for_everyone(key("a slip")),
    ] {
        world.run(ada.counted(said.unwrap())).unwrap();
    }
    devices[0].link.cut();
    devices[0].link.down.set(true);
    garble_commits(&world, &devices[1], 1);
    devices[1].link.down.set(false);
    world.pass(60_000);
    assert_eq!(devices[1].texts(group), ["one", "a slip", "three"], "it is void");
    for _ in 0..2 {
        settle(&mut world, &devices);
    }
    for device in &devices {
        assert_eq!(device.texts(group), ["one, better", "", "three"], "{}", device.id);
        let rows = device.messages(group);
        let three = rows.iter().find(|row| row.text == "three").unwrap();
        assert_eq!((three.reactions.len(), three.pinned), (1, true), "{}", device.id);
    }
}

/// Ada's commit is voided while she is away, and the others go on without her: what she sent after it
/// comes to everyone, once; what was sent before she comes in again is lost to her, which is said.
fn ada_is_away_while_her_commit_is_voided(meanwhile: impl FnOnce(&mut World, &Device, ConversationId)) {
    let (mut world, _, devices, group) = group(&["Ada", "Ben", "Cy"]);
    devices[1].link.down.set(true);
    devices[2].link.down.set(true);
    world.pass(30_000);
    world.run(devices[0].client().refresh_keys(group)).unwrap();
    world.run(devices[0].send(group, "after it"));
    devices[0].link.cut();
    devices[0].link.down.set(true);
    garble_commits(&world, &devices[1], 1);
    devices[1].link.down.set(false);
    world.pass(60_000);
    meanwhile(&mut world, &devices[1], group);
    settle(&mut world, &devices);
    settle(&mut world, &devices);
    for (device, word) in devices.iter().zip(["from Ada", "from Ben", "from Cy"]) {
        world.run(device.send(group, word));
        settle(&mut world, &devices);
    }
    let since = ["after it", "from Ada", "from Ben", "from Cy"];
    assert_eq!(devices[0].texts(group), since);
    assert_eq!(devices[0].notices(group), [NoticeView::LostMessages]);
    for device in &devices[1..] {
        assert_eq!(device.texts(group)[0], "meanwhile", "{}", device.id);
        assert_eq!(device.texts(group)[1..], since, "{}", device.id);
        assert_eq!(device.notices(group), [], "{}", device.id);
    }
}

#[test]
fn whoever_was_away_when_their_commit_was_voided_comes_in_again_and_sends_anew() {
    ada_is_away_while_her_commit_is_voided(|world, ben, group| {
        world.run(ben.send(group, "meanwhile"));
    });
}

#[test]
fn whoever_is_in_an_epoch_that_never_was_does_not_void_the_commits_of_others() {
    ada_is_away_while_her_commit_is_voided(|world, ben, group| {
        world.run(ben.client().refresh_keys(group)).unwrap();
        world.run(ben.send(group, "meanwhile"));
    });
}

#[test]
fn late_word_of_a_void_commit_says_nothing_of_an_epoch_that_began_since() {
    let (mut world, _, devices, group) = group(&["Ada", "Ben", "Cy"]);
    world.run(devices[0].send(group, "one"));
    world.run(devices[0].client().refresh_keys(group)).unwrap();
    settle(&mut world, &devices);
    let before = world.server.epoch(group);
    let late = Acknowledge {
        conversation: group,
        sequence: undertone_wire::Sequence(1),
    };
    world.server.tell(devices[1].id, ServerFrame::Voided(late));
    settle(&mut world, &devices);
    assert_eq!(world.server.epoch(group), before, "nobody came in again");
    assert_eq!(devices[1].texts(group), ["one"]);
}

/// A server that undoes whatever a device does does not keep it busy.
#[test]
fn whoever_loses_a_conversation_again_and_again_waits_longer_and_longer() {
    let (mut world, _, devices, group) = group(&["Ada", "Ben", "Cy"]);
    world.pass(120_000);
    let before = world.server.epoch(group);
    let lost = Acknowledge {
        conversation: group,
        sequence: undertone_wire::Sequence(u64::MAX),
    };
    for _ in 0..240 {
        world.server.tell(devices[1].id, ServerFrame::Stands(lost));
        world.pass(500);
    }
    let came = world.server.epoch(group).0 - before.0;
    assert!((4..=8).contains(&came), "{came} times");
    world.pass(300_000);
    world.run(devices[1].send(group, "here"));
    settle(&mut world, &devices);
    assert_eq!(devices[0].texts(group), ["here"]);
}

#[test]
fn a_device_whose_log_was_cut_off_behind_a_commit_comes_in_again() {
    let (mut world, _, devices, group) = group(&["Ada", "Ben", "Cy"]);
    world.run(devices[1].send(group, "one"));
    settle(&mut world, &devices);
    devices[1].link.cut();
    devices[1].link.down.set(true);
    world.run(devices[0].client().refresh_keys(group)).unwrap();
    world.run(devices[0].send(group, "lost to Ben"));
    world.server.expire();
    settle(&mut world, &devices);
    world.run(devices[1].send(group, "here again"));
    world.run(devices[2].send(group, "good"));
    settle(&mut world, &devices);
    assert_eq!(devices[1].texts(group), ["one", "here again", "good"]);
    assert_eq!(
        devices[2].texts(group),
        ["one", "lost to Ben", "here again", "good"]
    );
    assert_eq!(
        devices[1].notices(group),
        [NoticeView::LostMessages],
        "which is said"
    );
}

/// A group under the same id that a server makes up: real packages of the members, and a ghost that founds
/// it and signs for it.
#[test]
fn a_group_that_a_ghost_vouches_for_is_not_come_into() {
    let (mut world, people, devices, group) = group(&["Ada", "Ben", "Cy"]);
    let honest = world.server.group_as_server(group);
    let ghost = world.someone("Ghost");
    let (_, device) = world.unknown_device(&ghost);
    let provider = Provider::new(MemoryKeyValue::default());
    let made_up = make_up(&world, &provider, &device, (group, ghost.user), people[0].user);
    world.server.show_group(group, made_up);
    let reported = Acknowledge {
        conversation: group,
        sequence: undertone_wire::Sequence(u64::MAX),
    };
    world.server.tell(devices[1].id, ServerFrame::Stands(reported));
    world.pass(20_000);
    let view = &devices[1].conversations()[0];
    assert_eq!(
        view.state,
        ConversationStateView::Joining,
        "not inside the false one"
    );
    let members = devices[1].client().members(group).unwrap();
    assert!(!members.iter().any(|member| member.name == "Ghost"));
    world.server.show_group(group, honest);
    world.pass(120_000);
    settle(&mut world, &devices);
    world.run(devices[1].send(group, "the true one"));
    settle(&mut world, &devices);
    assert_eq!(devices[0].texts(group), ["the true one"]);
}

fn make_up(
    world: &World,
    provider: &Provider<MemoryKeyValue>,
    ghost: &MlsDevice,
    (id, founder): (ConversationId, undertone_wire::UserId),
    victim: undertone_wire::UserId,
) -> undertone_wire::group::GroupResponse {
    let mut group = Group::create(provider, ghost, id, &GroupProfile::group(founder)).unwrap();
    let packages: Vec<_> = world.server.claim(victim).key_packages;
    let packages: Vec<_> = packages
        .into_iter()
        .map(|claimed| claimed.key_package.0)
        .collect();
    let seen = undertone_wire::content::SeenEntry {
        sequence: undertone_wire::Sequence(0),
        running_hash: undertone_wire::Bytes::default(),
    };
    group.add(provider, ghost, &packages, &seen).unwrap();
    group.merge_pending(provider).unwrap();
    let (group_info, ratchet_tree) = group.export_for_server(provider, ghost).unwrap();
    undertone_wire::group::GroupResponse {
        conversation: id,
        group_info: group_info.into(),
        ratchet_tree: ratchet_tree.into(),
        turn_ms: 2000,
    }
}
