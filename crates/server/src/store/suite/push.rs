//! Push subscriptions: one for each device and browser, gone with the session, and who is to be woken.

use super::conversation::{NOW, rows};
use super::log::{message, stamp};
use super::room::room_with;
use super::{TestStore, device, on_both_databases, user};
use crate::store::conversation::DeviceAcknowledge;
use crate::store::push::DeviceSubscription;
use std::time::Duration;
use undertone_wire::push::{PushQuietHours, PushWish, PushWishes};
use undertone_wire::stream::Acknowledge;
use undertone_wire::{ConversationId, Sequence, Timestamp};

on_both_databases!(
    a_device_has_one_subscription_and_a_browser_too,
    a_subscription_goes_with_its_session_or_its_guest,
    one_that_was_replaced_is_not_forgotten_by_mistake,
    the_other_people_of_a_conversation_are_woken,
    whoever_has_something_waiting_is_waited_for,
    a_device_is_woken_for_what_its_user_wishes_and_when,
    wishes_go_with_the_subscription_and_the_membership,
);

fn subscription(number: u8, endpoint: &str) -> DeviceSubscription {
    DeviceSubscription {
        device: device(number),
        endpoint: endpoint.to_owned(),
        public_key: [4; 65],
        auth: [number; 16],
    }
}

fn wishes(conversation: ConversationId) -> PushWishes {
    let wish = PushWish {
        conversation,
        not_before: None,
    };
    PushWishes {
        conversations: vec![wish],
        ..PushWishes::default()
    }
}

impl TestStore {
    /// A registered person with a session and a subscription.
    async fn subscribed(&self, number: u8) {
        self.register(number).await;
        self.subscribe(number, &format!("https://push.example/{number}"))
            .await;
    }

    async fn subscribe(&self, number: u8, endpoint: &str) {
        let session = super::people::session(number);
        self.put_subscription(session, subscription(number, endpoint))
            .await
            .unwrap();
    }

    /// A device wishes to be woken by a conversation.
    async fn wish(&self, number: u8, conversation: ConversationId) {
        self.put_wishes(device(number), wishes(conversation))
            .await
            .unwrap();
    }

    async fn endpoint(&self, number: u8) -> Option<String> {
        let found = self.subscription(device(number)).await.unwrap();
        found.map(|found| found.endpoint)
    }
}

async fn a_device_has_one_subscription_and_a_browser_too(store: TestStore) {
    store.subscribed(1).await;
    store.register(2).await;
    let first = store.subscription(device(1)).await.unwrap();
    assert_eq!(first, Some(subscription(1, "https://push.example/1")));
    store.subscribe(1, "https://push.example/new").await;
    assert_eq!(store.endpoint(1).await.unwrap(), "https://push.example/new");
    store.subscribe(2, "https://push.example/new").await;
    assert_eq!(
        store.endpoint(1).await,
        None,
        "somebody else uses the browser now"
    );
    assert_eq!(store.endpoint(2).await.unwrap(), "https://push.example/new");
    store.delete_subscription(device(2)).await.unwrap();
    store.delete_subscription(device(2)).await.unwrap();
    assert_eq!(rows(&store, "push_subscription").await, 0);
    let shown = format!("{first:?}");
    assert!(!shown.contains("push.example") && !shown.contains('4'), "{shown}");
}

async fn a_subscription_goes_with_its_session_or_its_guest(store: TestStore) {
    for number in 1..=3 {
        store.subscribed(number).await;
    }
    let end = NOW.plus(Duration::from_hours(1));
    store.let_in_guest(4, end).await;
    store.subscribe(4, "https://push.example/4").await;
    store
        .revoke_session(super::people::session(1), NOW)
        .await
        .unwrap();
    assert!(store.revoke_device(user(2), device(2), NOW).await.unwrap());
    for (number, is_there) in [(1, false), (2, false), (3, true), (4, true)] {
        assert_eq!(store.endpoint(number).await.is_some(), is_there, "{number}");
    }
    store.end_guests(end).await.unwrap();
    assert_eq!(store.endpoint(4).await, None);
    store.forget_expired(NOW, NOW).await.unwrap();
    assert_eq!(
        store.endpoint(3).await,
        None,
        "its session was not used for too long"
    );
    assert_eq!(rows(&store, "push_subscription").await, 0);
}

async fn one_that_was_replaced_is_not_forgotten_by_mistake(store: TestStore) {
    store.subscribed(1).await;
    let old = "https://push.example/1".to_owned();
    store.subscribe(1, "https://push.example/new").await;
    store.forget_subscription(device(1), old).await.unwrap();
    assert_eq!(store.endpoint(1).await.unwrap(), "https://push.example/new");
    let new = "https://push.example/new".to_owned();
    store.forget_subscription(device(1), new).await.unwrap();
    assert_eq!(store.endpoint(1).await, None);
}

async fn the_other_people_of_a_conversation_are_woken(store: TestStore) {
    let room = store.found(1, room_with(|_| ())).await;
    for number in [1, 2, 9] {
        store.subscribed(number).await;
    }
    for number in [1, 2, 9] {
        store.wish(number, room).await;
    }
    let woken = async |senders: &[u8]| {
        let messages = senders.iter().map(|sender| (room, device(*sender))).collect();
        let mut devices: Vec<_> = store
            .devices_to_wake(messages, NOW)
            .await
            .unwrap()
            .into_iter()
            .collect();
        devices.sort();
        devices
    };
    assert_eq!(woken(&[1]).await, [device(2)], "9 is no member");
    assert_eq!(woken(&[2]).await, [device(1)]);
    assert_eq!(
        woken(&[1, 2]).await,
        [device(1), device(2)],
        "each by the other's"
    );
    assert_eq!(
        woken(&[77]).await,
        [device(1), device(2)],
        "who sent has left since"
    );
    store.delete_subscription(device(2)).await.unwrap();
    assert_eq!(woken(&[1]).await, []);
    store.delete_subscription(device(1)).await.unwrap();
    store.delete_subscription(device(9)).await.unwrap();
    assert_eq!(woken(&[1, 2]).await, []);
}

async fn whoever_has_something_waiting_is_waited_for(store: TestStore) {
    let room = store.found(1, room_with(|_| ())).await;
    store.subscribed(1).await;
    store.wish(1, room).await;
    let is_waited_for = async || store.is_waited_for(device(1), NOW).await.unwrap();
    let acknowledge = async |sequence| {
        let up_to = Acknowledge {
            conversation: room,
            sequence: Sequence(sequence),
        };
        let device = device(1);
        store
            .acknowledge(vec![DeviceAcknowledge { device, up_to }])
            .await
            .unwrap();
    };
    acknowledge(1).await;
    assert!(!is_waited_for().await);
    store
        .append_messages(vec![message(room, 1, 2, 1)], stamp())
        .await
        .unwrap();
    assert!(is_waited_for().await);
    assert!(
        !store.is_waited_for(device(2), NOW).await.unwrap(),
        "it has no subscription"
    );
    acknowledge(2).await;
    assert!(!is_waited_for().await);
    store
        .execute(
            "insert into welcome (conversation_id, sequence, sender_device_id, sent_at, welcome, ratchet_tree)
                 select conversation_id, 9, device_id, 1, user_id, user_id from member limit 1",
        )
        .await;
    store
        .execute(
            "insert into pending_welcome (device_id, conversation_id, sequence)
                 select device_id, conversation_id, 9 from member",
        )
        .await;
    assert!(!is_waited_for().await, "a Welcome wakes whom it shall");
    let all = PushWishes {
        welcomes: true,
        ..PushWishes::default()
    };
    store.put_wishes(device(1), all).await.unwrap();
    assert!(is_waited_for().await);
}

async fn a_device_is_woken_for_what_its_user_wishes_and_when(store: TestStore) {
    let room = store.found(1, room_with(|_| ())).await;
    for number in [1, 2] {
        store.subscribed(number).await;
    }
    let at = |minute: u64| Timestamp::from_millis(minute * 60_000);
    let is_woken = async |minute| {
        let message = (room, device(1));
        let woken = store.devices_to_wake([message].into(), at(minute)).await.unwrap();
        !woken.is_empty()
    };
    assert!(!is_woken(0).await, "it has not said what it wishes");
    store.wish(2, room).await;
    assert!(is_woken(0).await);
    // Muted for a while.
    let mut muted = wishes(room);
    muted.conversations[0].not_before = Some(at(60));
    store.put_wishes(device(2), muted).await.unwrap();
    assert!(!is_woken(59).await && is_woken(60).await);
    // Quiet hours, over midnight and at noon.
    for (from_minute, to_minute, quiet) in [
        (1320, 420, [1320, 1439, 1440, 1859].as_slice()),
        (720, 780, &[720, 779, 2160]),
    ] {
        let hours = PushQuietHours {
            from_minute,
            to_minute,
        };
        let nightly = PushWishes {
            quiet_hours: Some(hours),
            welcomes: true,
            ..wishes(room)
        };
        store.put_wishes(device(2), nightly).await.unwrap();
        for minute in 0..48 * 60 {
            if minute % 15 != 0 && !quiet.contains(&minute) {
                continue;
            }
            let of_day = u16::try_from(minute % 1440).unwrap();
            let is_quiet = if from_minute < to_minute {
                (from_minute..to_minute).contains(&of_day)
            } else {
                !(to_minute..from_minute).contains(&of_day)
            };
            assert_eq!(is_woken(minute).await, !is_quiet, "{minute}");
            let by_welcome = store.is_woken_by_welcomes(device(2), at(minute)).await;
            assert_eq!(by_welcome.unwrap(), !is_quiet, "{minute}");
        }
    }
    store.wish(2, room).await;
    assert!(!store.is_woken_by_welcomes(device(2), NOW).await.unwrap());
    store.put_wishes(device(2), PushWishes::default()).await.unwrap();
    assert!(!is_woken(0).await);
}

async fn wishes_go_with_the_subscription_and_the_membership(store: TestStore) {
    let room = store.found(1, room_with(|_| ())).await;
    let count = async || rows(&store, "push_wish").await;
    store.subscribed(9).await;
    store.wish(9, room).await;
    assert_eq!(count().await, 0, "it is no member");
    store.wish(1, room).await;
    assert_eq!(count().await, 0, "it has no subscription");
    store.subscribed(1).await;
    let mut twice = wishes(room);
    twice.conversations.extend_from_within(..);
    store.put_wishes(device(1), twice).await.unwrap();
    assert_eq!(count().await, 1);
    store.subscribe(1, "https://push.example/new").await;
    assert_eq!(count().await, 0);
    store.wish(1, room).await;
    store.delete_subscription(device(1)).await.unwrap();
    assert_eq!(count().await, 0);
}
