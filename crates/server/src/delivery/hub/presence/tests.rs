//! Presence and signals without sockets.

use super::super::Hub;
use super::*;
use crate::delivery::Registration;
use undertone_wire::{Bytes as Sealed, DeviceId, Epoch, codec};

const DIRECT: Crowd = Crowd {
    is_direct: true,
    is_small: true,
};
const GROUP: Crowd = Crowd {
    is_direct: false,
    is_small: true,
};
const LARGE: Crowd = Crowd {
    is_direct: false,
    is_small: false,
};

fn user(number: u8) -> UserId {
    UserId::from_bytes([number; 16])
}

fn device(number: u8) -> DeviceId {
    DeviceId::from_bytes([number; 16])
}

fn conversation(number: u8) -> ConversationId {
    ConversationId::from_bytes([number; 16])
}

/// A device of the user with the same number, who follows these.
fn connect(hub: &Hub, number: u8, follows: &[(u8, Crowd)]) -> Registration {
    let registration = hub.register(user(number), device(number));
    registration.place.follow(
        follows
            .iter()
            .map(|(number, crowd)| (conversation(*number), *crowd)),
    );
    registration
}

fn frames(registration: &mut Registration) -> Vec<ServerFrame> {
    let waiting = std::iter::from_fn(|| registration.frames.waiting());
    waiting.map(|frame| codec::from_cbor(&frame).unwrap()).collect()
}

fn presence(number: u8, online: bool) -> ServerFrame {
    ServerFrame::Presence(Presence {
        user: user(number),
        online,
    })
}

fn here(numbers: &[u8]) -> Vec<Presence> {
    let online = |number: &u8| Presence {
        user: user(*number),
        online: true,
    };
    numbers.iter().map(online).collect()
}

#[test]
fn nobody_is_seen_before_their_first_frame() {
    let hub = Hub::default();
    let mut alice = connect(&hub, 1, &[(1, GROUP)]);
    let bob = connect(&hub, 2, &[(1, GROUP)]);
    assert!(frames(&mut alice).is_empty());
    assert!(alice.place.who_is_here().is_empty());
    bob.place.show(Visibility::Everyone);
    assert_eq!(frames(&mut alice), [presence(2, true)]);
    assert_eq!(alice.place.who_is_here(), here(&[2]));
    assert!(bob.place.who_is_here().is_empty(), "Alice has said nothing yet");
}

#[test]
fn presence_is_of_users_and_told_once() {
    let hub = Hub::default();
    let mut alice = connect(&hub, 1, &[(1, GROUP), (2, GROUP)]);
    let mut carol = connect(&hub, 3, &[(3, GROUP)]);
    let bob = connect(&hub, 2, &[(1, GROUP), (2, GROUP)]);
    bob.place.show(Visibility::Everyone);
    assert_eq!(
        frames(&mut alice),
        [presence(2, true)],
        "not once per conversation"
    );
    let laptop = hub.register(user(2), device(9));
    laptop.place.follow([(conversation(1), GROUP)]);
    laptop.place.show(Visibility::Everyone);
    drop(bob);
    assert!(frames(&mut alice).is_empty(), "another device is there");
    drop(laptop);
    assert_eq!(frames(&mut alice), [presence(2, false)]);
    assert!(frames(&mut carol).is_empty(), "they share nothing");
}

#[test]
fn whoever_hides_seems_to_be_away() {
    let hub = Hub::default();
    let mut friend = connect(&hub, 1, &[(1, DIRECT), (2, GROUP)]);
    let mut colleague = connect(&hub, 2, &[(2, GROUP)]);
    let bob = connect(&hub, 3, &[(1, DIRECT), (2, GROUP)]);
    let told = |friend: &mut Registration, colleague: &mut Registration| (frames(friend), frames(colleague));
    bob.place.show(Visibility::Nobody);
    assert_eq!(told(&mut friend, &mut colleague), (vec![], vec![]));
    assert!(friend.place.who_is_here().is_empty());
    bob.place.show(Visibility::Direct);
    let online = presence(3, true);
    assert_eq!(told(&mut friend, &mut colleague), (vec![online.clone()], vec![]));
    assert_eq!(friend.place.who_is_here(), here(&[3]));
    assert!(colleague.place.who_is_here().is_empty());
    bob.place.show(Visibility::Everyone);
    assert_eq!(told(&mut friend, &mut colleague), (vec![], vec![online]));
    bob.place.show(Visibility::Nobody);
    let offline = presence(3, false);
    assert_eq!(
        told(&mut friend, &mut colleague),
        (vec![offline.clone()], vec![offline]),
        "as if gone"
    );
    drop(bob);
    assert_eq!(told(&mut friend, &mut colleague), (vec![], vec![]));
}

#[test]
fn large_conversations_have_no_presence() {
    let hub = Hub::default();
    let mut alice = connect(&hub, 1, &[(1, LARGE)]);
    let bob = connect(&hub, 2, &[(1, LARGE)]);
    bob.place.show(Visibility::Everyone);
    assert!(frames(&mut alice).is_empty() && alice.place.who_is_here().is_empty());
    drop(bob);
    assert!(frames(&mut alice).is_empty());
}

#[test]
fn newcomers_see_only_those_who_show_themselves() {
    let hub = Hub::default();
    let mut phones: Vec<_> = (1..4)
        .map(|number| connect(&hub, number, &[(1, GROUP)]))
        .collect();
    phones[0].place.show(Visibility::Everyone);
    phones[1].place.show(Visibility::Direct);
    phones[2].place.show(Visibility::Everyone);
    for phone in &mut phones {
        frames(phone);
    }
    hub.lock().introduce(conversation(1));
    assert_eq!(frames(&mut phones[0]), [presence(3, true)]);
    assert_eq!(frames(&mut phones[1]), [presence(1, true), presence(3, true)]);
}

fn hidden(numbers: &[u8]) -> HashSet<ConversationId> {
    numbers.iter().map(|number| conversation(*number)).collect()
}

#[test]
fn a_conversation_that_is_hidden_from_learns_nothing() {
    let hub = Hub::default();
    let mut stranger = connect(&hub, 1, &[(1, GROUP)]);
    let mut friend = connect(&hub, 2, &[(1, GROUP), (2, GROUP)]);
    let mut bob = connect(&hub, 3, &[(1, GROUP), (2, GROUP)]);
    bob.place.hide(hidden(&[1]));
    bob.place.show(Visibility::Everyone);
    assert!(frames(&mut stranger).is_empty() && stranger.place.who_is_here().is_empty());
    assert_eq!(frames(&mut friend), [presence(3, true)], "they share another");
    bob.place.signal(signal(1));
    assert!(frames(&mut stranger).is_empty() && frames(&mut friend).is_empty());
    hub.lock().introduce(conversation(1));
    assert!(frames(&mut stranger).is_empty());
    stranger.place.show(Visibility::Everyone);
    assert_eq!(frames(&mut bob), [presence(1, true)], "the others may be seen");
    bob.place.hide(hidden(&[]));
    assert_eq!(
        frames(&mut stranger),
        [presence(3, true)],
        "what was sent before is replaced"
    );
    bob.place.hide(hidden(&[1, 2]));
    assert_eq!(frames(&mut stranger), [presence(3, false)]);
    drop(bob);
    assert!(frames(&mut stranger).is_empty());
}

#[test]
fn a_person_who_is_hidden_from_learns_nothing_anywhere() {
    let hub = Hub::default();
    let mut blocked = connect(&hub, 1, &[(1, DIRECT), (2, GROUP)]);
    let mut friend = connect(&hub, 2, &[(2, GROUP)]);
    let bob = connect(&hub, 3, &[(1, DIRECT), (2, GROUP)]);
    bob.place.hide(hidden(&[1]));
    bob.place.show(Visibility::Everyone);
    assert!(frames(&mut blocked).is_empty() && blocked.place.who_is_here().is_empty());
    assert_eq!(frames(&mut friend), [presence(3, true)]);
    hub.lock().introduce(conversation(2));
    assert!(frames(&mut blocked).is_empty());
    assert_eq!(frames(&mut friend), [presence(3, true)]);
    drop(bob);
    assert_eq!(frames(&mut friend), [presence(3, false)]);
    assert!(frames(&mut blocked).is_empty());
}

#[test]
fn hiding_is_each_devices_own() {
    let hub = Hub::default();
    let mut alice = connect(&hub, 1, &[(1, GROUP)]);
    let phone = connect(&hub, 3, &[(1, GROUP)]);
    phone.place.hide(hidden(&[1]));
    phone.place.show(Visibility::Everyone);
    let laptop = hub.register(user(3), device(9));
    laptop.place.follow([(conversation(1), GROUP)]);
    laptop.place.show(Visibility::Everyone);
    assert_eq!(frames(&mut alice), [presence(3, true)]);
    drop(laptop);
    assert_eq!(frames(&mut alice), [presence(3, false)]);
    assert!(alice.place.who_is_here().is_empty());
}

fn signal(number: u8) -> SealedSignal {
    SealedSignal {
        conversation: conversation(number),
        epoch: Epoch(77),
        sender: device(99),
        sealed: Sealed(vec![5; 104]),
    }
}

#[test]
fn a_signal_reaches_the_other_members_with_its_true_sender() {
    let hub = Hub::default();
    let mut alice = connect(&hub, 1, &[(1, GROUP), (2, LARGE)]);
    let mut bob = connect(&hub, 2, &[(1, GROUP), (2, LARGE)]);
    let mut carol = connect(&hub, 3, &[(2, LARGE), (3, GROUP)]);
    alice.place.signal(signal(1));
    let relayed = SealedSignal {
        sender: device(1),
        ..signal(1)
    };
    assert_eq!(
        frames(&mut bob),
        [ServerFrame::Signal(relayed)],
        "the epoch is not judged"
    );
    alice.place.signal(signal(2));
    alice.place.signal(signal(3));
    alice.place.signal(signal(4));
    for phone in [&mut alice, &mut bob, &mut carol] {
        assert!(frames(phone).is_empty(), "too many people, or not a member");
    }
}

#[test]
fn a_stranger_is_told_nothing_before_the_device_could_hide() {
    for crowd in [DIRECT, GROUP] {
        let hub = Hub::default();
        let mut stranger = connect(&hub, 1, &[(1, crowd)]);
        stranger.place.show(Visibility::Everyone);
        let asked = connect(&hub, 2, &[(1, crowd)]);
        asked.place.waits(conversation(1));
        asked.place.show(Visibility::Everyone);
        assert!(frames(&mut stranger).is_empty() && stranger.place.who_is_here().is_empty());
        // It hides from them, and has the Welcome: so it stays.
        asked.place.hide([conversation(1)].into());
        asked.place.answered(conversation(1));
        assert!(frames(&mut stranger).is_empty() && stranger.place.who_is_here().is_empty());
        asked.place.hide(HashSet::new());
        assert_eq!(frames(&mut stranger), [presence(2, true)]);
    }
}
