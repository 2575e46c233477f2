//! The hub without sockets.

use super::*;
use crate::store::commit::NewMember;
use undertone_wire::group::Role;

fn user(number: u8) -> UserId {
    UserId::from_bytes([number; 16])
}

fn device(number: u8) -> DeviceId {
    DeviceId::from_bytes([number; 16])
}

fn conversation(number: u8) -> ConversationId {
    ConversationId::from_bytes([number; 16])
}

/// A conversation of some people, to follow.
fn group(number: u8) -> (ConversationId, Crowd) {
    (conversation(number), FEW)
}

const FEW: Crowd = Crowd {
    is_direct: false,
    is_small: true,
};

fn news(number: u8, entry: &'static [u8]) -> News {
    News {
        conversation: conversation(number),
        sequence: None,
        entry: Bytes::from_static(entry),
        membership: None,
    }
}

/// What waits for a connection.
fn waiting(registration: &mut Registration) -> Vec<Bytes> {
    std::iter::from_fn(|| registration.frames.waiting()).collect()
}

#[test]
fn news_reaches_those_who_follow() {
    let hub = Hub::default();
    let [mut one, mut other] = [1, 2].map(|number| hub.register(user(number), device(number)));
    one.place.follow([group(1), group(2)]);
    other.place.follow([group(2)]);
    hub.deliver(&news(1, b"first"));
    hub.deliver(&news(2, b"second"));
    hub.deliver(&news(3, b"nobody's"));
    assert_eq!(waiting(&mut one), [&b"first"[..], b"second"]);
    assert_eq!(waiting(&mut other), [&b"second"[..]]);
    one.place.unfollow(&[conversation(2)]);
    hub.deliver(&news(2, b"third"));
    assert!(waiting(&mut one).is_empty());
}

#[test]
fn a_commit_changes_who_follows() {
    let hub = Hub::default();
    let mut phones = [1, 2, 3].map(|number| hub.register(user(number), device(number)));
    let added = vec![NewMember {
        device: device(2),
        user: user(2),
        leaf: 1,
        role: Role::Member,
    }];
    let welcome = Some(Bytes::from_static(b"welcome"));
    let founding = Membership {
        before: vec![device(1)],
        added,
        welcome,
        removed: Vec::new(),
        crowd: FEW,
    };
    hub.deliver(&News {
        membership: Some(founding),
        ..news(1, b"commit")
    });
    hub.deliver(&news(1, b"hello"));
    let frames = phones.each_mut().map(waiting);
    assert_eq!(frames[0].first().unwrap(), &b"commit"[..]);
    assert_eq!(frames[0].last().unwrap(), &b"hello"[..]);
    assert_eq!(frames[1].first().unwrap(), &b"welcome"[..]);
    assert_eq!(frames[1].last().unwrap(), &b"hello"[..]);
    assert!(
        !frames[1].iter().any(|frame| frame == &b"commit"[..]),
        "its log begins after the commit"
    );
    assert!(frames[2].is_empty());

    let removed = vec![device(2)];
    let removal = Membership {
        before: Vec::new(),
        added: Vec::new(),
        welcome: None,
        removed,
        crowd: FEW,
    };
    hub.deliver(&News {
        membership: Some(removal),
        ..news(1, b"removal")
    });
    hub.deliver(&news(1, b"without you"));
    assert_eq!(waiting(&mut phones[1]).last().unwrap(), &b"removal"[..]);
}

#[test]
fn a_slow_client_is_dropped_and_the_others_are_not() {
    let hub = Hub::default();
    let [mut slow, mut quick] = [1, 2].map(|number| hub.register(user(number), device(number)));
    for phone in [&slow, &quick] {
        phone.place.follow([group(1)]);
    }
    let mut delivered = 0;
    while slow.closed.try_recv().is_err() {
        hub.deliver(&news(1, b"x"));
        delivered += waiting(&mut quick)
            .iter()
            .filter(|frame| **frame == b"x"[..])
            .count();
        assert!(delivered < 10_000, "never dropped");
    }
    assert_eq!(hub.connection_count(), 1);
    assert!(!hub.is_online(user(1)));
    hub.deliver(&news(1, b"more"));
    assert_eq!(waiting(&mut quick).last().unwrap(), &b"more"[..]);
}

#[test]
fn revoked_and_surplus_connections_are_closed() {
    let hub = Hub::default();
    let mut phones: Vec<_> = (0..=CONNECTIONS_PER_DEVICE_MAX)
        .map(|_| hub.register(user(1), device(1)))
        .collect();
    assert!(phones[0].closed.try_recv().is_err(), "nobody was judged");
    phones[CONNECTIONS_PER_DEVICE_MAX].place.make_room(device(1));
    assert_eq!(phones[0].closed.try_recv(), Ok(Close::Replaced));
    hub.close_sessions_of(device(2));
    assert!(phones[1].closed.try_recv().is_err());
    hub.close_sessions_of(device(1));
    assert_eq!(phones[1].closed.try_recv(), Ok(Close::Revoked));
    assert_eq!(hub.connection_count(), 0);
    drop(phones);
    hub.close_all();
    assert_eq!(
        hub.register(user(1), device(1)).closed.try_recv(),
        Ok(Close::Stopping)
    );
}

#[test]
fn an_ended_conversation_is_told_once() {
    let hub = Hub::default();
    let [mut one, mut other] = [1, 2].map(|number| hub.register(user(number), device(number)));
    one.place.follow([group(1), group(2)]);
    other.place.follow([group(2)]);
    hub.close_conversation(conversation(1));
    hub.close_conversation(conversation(1));
    let closed = frame::encode(&ServerFrame::Closed(conversation(1))).unwrap();
    assert_eq!(waiting(&mut one), [closed]);
    hub.deliver(&news(1, b"nobody's"));
    hub.deliver(&news(2, b"still there"));
    assert_eq!(waiting(&mut one), [&b"still there"[..]]);
    assert_eq!(waiting(&mut other), [&b"still there"[..]]);
}

#[test]
fn some_are_told_what_concerns_them() {
    let hub = Hub::default();
    let mut phones = [1, 2, 3].map(|number| hub.register(user(number), device(number)));
    phones[0].place.follow([group(1)]);
    phones[1].place.follow([group(1)]);
    let knock = frame::encode(&ServerFrame::Knock(conversation(1))).unwrap();
    hub.tell_users(conversation(1), &[user(1), user(3)], &knock);
    let refused = frame::encode(&ServerFrame::KnockRefused(conversation(1))).unwrap();
    hub.tell_device(device(3), &refused);
    let told = phones.each_mut().map(waiting);
    assert_eq!(told[0], [knock]);
    assert!(told[1].is_empty());
    assert_eq!(told[2], [refused], "whoever does not follow is not told");
}

#[test]
fn what_waits_for_those_who_do_not_read_is_bounded_and_who_reads_stays() {
    const LIMIT: usize = 1024 * 1024;
    const FRAME: usize = 16 * 1024;
    const PEOPLE: u8 = 50;
    let hub = Hub::default();
    hub.lock().budget = Budget::of(LIMIT);
    let mut connected: Vec<_> = (0..PEOPLE)
        .map(|number| {
            let registration = hub.register(user(number), device(number));
            registration.place.follow([group(number)]);
            Some(registration)
        })
        .collect();
    for round in 0..20 {
        for number in 0..PEOPLE {
            hub.deliver(&News {
                entry: Bytes::from(vec![round; FRAME]),
                ..news(number, b"")
            });
            let held = hub.lock().budget.waiting();
            assert!(held <= LIMIT + usize::from(PEOPLE) * FRAME, "{held} bytes wait");
            for registration in &mut connected {
                let ended = registration
                    .as_mut()
                    .is_some_and(|open| open.closed.try_recv() == Ok(Close::Slow));
                if ended {
                    *registration = None;
                }
            }
        }
        let reader = connected[0].as_mut().expect("whoever reads stays");
        assert_eq!(waiting(reader).len(), 1);
    }
    assert!(
        connected.iter().flatten().count() < connected.len(),
        "nobody was dropped"
    );
}
