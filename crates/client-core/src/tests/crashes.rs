//! A client that is killed at every point, again and again, loses nothing and sends nothing twice.

use super::world::{Device, World};
use crate::testing::{CHECKPOINTS, Checkpoints};
use crate::view::RoomOptions;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use undertone_wire::ConversationId;

/// Kills once, at the given passage of one point.
fn once_at(point: &'static str, passage: u32) -> Checkpoints {
    let passed = Cell::new(0);
    Checkpoints::new(move |reached| {
        passed.set(passed.get() + u32::from(reached == point));
        reached == point && passed.get() == passage
    })
}

/// One message each way with fresh keys between, started again after every kill.
fn talk(
    world: &mut World,
    device: &Rc<Device>,
    other: &Rc<Device>,
    with: &super::world::Someone,
) -> ConversationId {
    let mut conversation = None;
    for (step, text) in ["one", "two", "three"].into_iter().enumerate() {
        let key = crate::message::key::MessageKey::from_bytes([u8::try_from(step).unwrap() + 1; 16]);
        loop {
            let client = device.client();
            let done = world.run(async {
                let id = client.open_direct(with.user).await?;
                client.send_text(id, key, text).await?;
                client.wait_sent(key).await?;
                if step == 1 {
                    client.refresh_keys(id).await?;
                }
                Ok::<_, crate::ClientError>(id)
            });
            drop(client);
            match done {
                Ok(id) => {
                    conversation = Some(id);
                    break;
                }
                Err(error) => {
                    assert_eq!(error.code(), "store", "{error:?}");
                    device.checkpoints.take();
                    world.restart(device);
                }
            }
        }
        world.settle_killed(device, other);
        let id = conversation.unwrap();
        world.run(other.send(id, &format!("reply to {text}")));
        world.settle_killed(device, other);
    }
    conversation.unwrap()
}

impl World {
    /// Lets everybody come level; a device that was killed meanwhile is started again.
    fn settle_killed(&mut self, device: &Rc<Device>, other: &Rc<Device>) {
        self.pass(3000);
        if device.checkpoints.borrow().is_killed() {
            device.checkpoints.take();
            self.restart(device);
        }
        self.settle(&[other]);
        while self.run(device.client().catch_up()).is_err() {
            device.checkpoints.take();
            self.restart(device);
        }
        self.pass(1000);
    }
}

#[test]
fn a_kill_at_any_point_loses_and_doubles_nothing() {
    let expected = [
        "one",
        "reply to one",
        "two",
        "reply to two",
        "three",
        "reply to three",
    ];
    let mut reached = BTreeMap::new();
    for point in CHECKPOINTS {
        for passage in 1..=2 {
            let mut world = World::new();
            let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
            let (alice, bob) = (world.device(&ada), world.device(&ben));
            let checkpoints = once_at(point, passage);
            alice.checkpoints.replace(checkpoints.clone());
            world.restart(&alice);
            let conversation = talk(&mut world, &alice, &bob, &ben);
            if checkpoints.is_killed() {
                *reached.entry(*point).or_insert(0) += 1;
            }
            assert_eq!(
                alice.texts(conversation),
                expected,
                "killed at {point}, passage {passage}"
            );
            assert_eq!(
                bob.texts(conversation),
                expected,
                "killed at {point}, passage {passage}"
            );
            assert!(
                alice.notices(conversation).is_empty() && bob.notices(conversation).is_empty(),
                "{point}"
            );
            assert_eq!(world.server.conversation_count(), 1);
        }
    }
    let missed: Vec<_> = CHECKPOINTS
        .iter()
        .filter(|point| !reached.contains_key(*point))
        .collect();
    // A Welcome comes only to those who did not begin the conversation, and rooms are another story: see
    // the next tests.
    assert_eq!(
        missed,
        [
            &"client.welcome.before_commit",
            &"client.welcome.after_commit_before_ack",
            &"client.join.before_wire",
            &"client.join.after_wire"
        ]
    );
}

#[test]
fn whoever_is_killed_while_joining_joins_later() {
    for point in [
        "client.welcome.before_commit",
        "client.welcome.after_commit_before_ack",
    ] {
        let mut world = World::new();
        let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
        let (alice, bob) = (world.device(&ada), world.device(&ben));
        bob.checkpoints.replace(once_at(point, 1));
        world.restart(&bob);
        let conversation = world.run(alice.open(&ben));
        world.run(alice.send(conversation, "welcome"));
        world.pass(2000);
        assert!(bob.checkpoints.borrow().is_killed());
        bob.checkpoints.take();
        world.restart(&bob);
        world.settle(&[&alice, &bob]);
        assert_eq!(bob.texts(conversation), ["welcome"]);
        assert_eq!(world.server.welcomes_waiting(), 0);
    }
}

#[test]
fn whoever_is_killed_while_coming_into_a_room_is_inside_later() {
    for point in ["client.join.before_wire", "client.join.after_wire"] {
        let mut world = World::new();
        let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
        let (alice, bob) = (world.device(&ada), world.device(&ben));
        let room = world
            .run(alice.client().create_room(RoomOptions::default()))
            .unwrap();
        let link = alice.client().room_link(room).unwrap().unwrap().link;
        bob.checkpoints.replace(once_at(point, 1));
        world.restart(&bob);
        let client = bob.client();
        let killed = world.run(client.join_room(&link));
        assert!(killed.is_err() && bob.checkpoints.borrow().is_killed(), "{point}");
        drop(client);
        bob.checkpoints.take();
        world.restart(&bob);
        world.settle(&[&alice, &bob]);
        world.run(bob.send(room, "inside"));
        world.settle(&[&alice, &bob]);
        assert_eq!(alice.texts(room), ["inside"], "{point}");
        assert_eq!(alice.client().members(room).unwrap().len(), 2);
        assert!(alice.notices(room).is_empty() && bob.notices(room).is_empty());
    }
}

#[test]
fn many_random_kills_of_both_lose_and_double_nothing() {
    for seed in 0..8 {
        let rng = Rc::new(RefCell::new(StdRng::seed_from_u64(seed)));
        let mut world = World::new();
        let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
        let devices = [world.device(&ada), world.device(&ben)];
        let conversation = world.run(devices[0].open(&ben));
        world.settle(&devices.each_ref());
        let mut acknowledged = Vec::new();
        let mut written = BTreeSet::new();
        for number in 0..12 {
            let device = &devices[rng.borrow_mut().gen_range(0..2)];
            let dice = Rc::clone(&rng);
            device
                .checkpoints
                .replace(Checkpoints::new(move |_| dice.borrow_mut().gen_ratio(1, 12)));
            world.restart(device);
            let text = format!("{number}");
            let key = crate::message::key::MessageKey::from_bytes([number + 1; 16]);
            let client = device.client();
            let sent = world.run(async {
                client.send_text(conversation, key, &text).await?;
                client.wait_sent(key).await
            });
            drop(client);
            if sent.is_ok() {
                acknowledged.push(text.clone());
            }
            written.insert(text);
            device.checkpoints.take();
            world.restart(device);
        }
        world.settle(&devices.each_ref());
        let order = devices[0].texts(conversation);
        assert_eq!(order, devices[1].texts(conversation), "seed {seed}");
        assert_eq!(
            order.iter().collect::<BTreeSet<_>>().len(),
            order.len(),
            "seed {seed}: nothing comes twice"
        );
        assert!(order.iter().all(|text| written.contains(text)));
        let kept: Vec<_> = order
            .iter()
            .filter(|text| acknowledged.contains(text))
            .cloned()
            .collect();
        assert_eq!(
            kept, acknowledged,
            "seed {seed}: what was acknowledged is there, in order"
        );
        for device in &devices {
            assert!(device.notices(conversation).is_empty(), "seed {seed}");
        }
    }
}
