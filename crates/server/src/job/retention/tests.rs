//! The job with a driven clock: what is due goes, and no clock that is set changes when.

use super::*;
use crate::blob::Blobs;
use crate::bus::Bus;
use crate::clock::ManualClock;
use crate::delivery::Hub;
use crate::franking::FrankingKey;
use crate::store::commit::Created;
use crate::store::conversation::{NewMessage, Stamp};
use crate::store::room::{NewKnock, NoDoor};
use crate::store::suite::room::{FOUNDED, new_room, room_with, visit};
use crate::store::suite::{TestStore, device, on_both_databases, user};
use undertone_wire::conversation::EntryKind;
use undertone_wire::group::GroupProfile;
use undertone_wire::room::Knock;
use undertone_wire::stream::{FetchLog, ServerFrame};
use undertone_wire::{Bytes, ConversationId, Counter, Epoch, Sequence, codec};

on_both_databases!(
    what_is_due_goes_and_the_rest_stays,
    a_date_set_forward_deletes_nothing_early,
    a_date_set_back_keeps_nothing_longer,
    a_clock_that_goes_to_and_fro_changes_nothing,
    no_room_ends_before_a_new_date_has_stood,
    after_a_long_absence_nothing_goes_for_an_hour,
    a_guest_ends_by_the_time_that_passed_and_not_by_the_date,
    a_date_set_back_while_the_server_was_off_keeps_nothing_longer,
    those_who_are_connected_are_told_that_a_room_ended,
    a_database_that_is_down_is_tried_again,
);

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
const DAY_MS: i64 = 24 * 3600 * 1000;

async fn a_guest_ends_by_the_time_that_passed_and_not_by_the_date(store: TestStore) {
    let mut world = World::new(store).await;
    world.store.let_in_guest(7, FOUNDED.plus(DAY)).await;
    let is_here = async |world: &World| world.store.person(user(7)).await.unwrap().is_some();
    world.pass(HOUR).await;
    world.clock.set_date(DAY_MS * 3);
    world.pass(HOUR * 22).await;
    assert!(is_here(&world).await, "the date alone ends nobody");
    world.clock.set_date(-DAY_MS * 5);
    world.pass(HOUR).await;
    assert!(!is_here(&world).await, "a day has passed");
}

/// A server's store, its clock and its job, with one room whose messages are kept for a day.
struct World {
    store: TestStore,
    clock: Arc<ManualClock>,
    hub: Hub,
    reaper: Reaper,
    room: ConversationId,
    sent: u64,
}

impl World {
    async fn new(store: TestStore) -> Self {
        Self::with_room(store, |_| ()).await
    }

    async fn with_room(store: TestStore, change: impl FnOnce(&mut undertone_wire::group::RoomTerms)) -> Self {
        let clock = Arc::new(ManualClock::at(FOUNDED));
        let hub = Hub::default();
        let reaper = Reaper::new(
            (*store).clone(),
            clock.clone(),
            Bus::alone(hub.clone()),
            Blobs::at("unused"),
        );
        let profile = GroupProfile {
            retention_seconds: Some(u32::try_from(DAY.as_secs()).unwrap()),
            ..room_with(change)
        };
        let new = new_room(1, profile);
        let room = new.commit.conversation;
        let created = store.create_conversation(new).await.unwrap();
        assert!(matches!(created, Created::New(_)), "{created:?}");
        Self {
            store,
            clock,
            hub,
            reaper,
            room,
            sent: 1,
        }
    }

    /// The server stops, and is started again when so much has passed.
    fn restart_after(&mut self, off: Duration) {
        self.clock.step(self.clock.departure_ms());
        self.clock.advance(off);
        self.reaper = Reaper::new(
            (*self.store).clone(),
            self.clock.clone(),
            Bus::alone(self.hub.clone()),
            Blobs::at("unused"),
        );
    }

    async fn send(&mut self, expires_after: Option<Duration>) {
        self.sent += 1;
        let message = NewMessage {
            conversation: self.room,
            epoch: Epoch(1),
            sender: device(1),
            counter: Counter(self.sent),
            franking_tag: [1; 32],
            payload: Bytes(vec![9; 300]),
            expires_after,
        };
        let stamp = Stamp {
            now: self.clock.now(),
            key: FrankingKey::from_bytes([9; 32]),
        };
        let stored = self.store.append_messages(vec![message], stamp).await.unwrap();
        assert!(stored[0].is_ok(), "{stored:?}");
    }

    /// So much passes, with the job at work.
    async fn pass(&mut self, duration: Duration) -> u64 {
        let mut expired = 0;
        let (whole, rest) = (
            duration.as_secs() / HOUR.as_secs(),
            duration.as_secs() % HOUR.as_secs(),
        );
        for step in std::iter::repeat_n(HOUR, usize::try_from(whole).unwrap())
            .chain((rest > 0).then(|| Duration::from_secs(rest)))
        {
            self.clock.advance(step);
            expired += self.reaper.turn().await.unwrap().expired;
        }
        expired
    }

    /// Messages that can still be read.
    async fn readable(&self) -> usize {
        let fetch = FetchLog {
            conversation: self.room,
            after: Sequence(0),
            limit: 200,
        };
        let page = self.store.log_page(device(1), fetch).await.unwrap().unwrap();
        let messages = page
            .entries
            .iter()
            .filter(|entry| entry.kind == EntryKind::Message);
        messages.count()
    }
}

async fn what_is_due_goes_and_the_rest_stays(store: TestStore) {
    let mut world = World::new(store).await;
    world.reaper.turn().await.unwrap();
    world.send(Some(Duration::from_secs(30))).await;
    world.send(None).await;
    let knock = NewKnock {
        conversation: world.room,
        knock: Knock {
            device: device(7),
            key_package: Bytes(vec![7]),
            knocked_at: world.clock.now(),
        },
    };
    world.store.knock(knock).await.unwrap();
    world.clock.advance(Duration::from_secs(30));
    let swept = world.reaper.turn().await.unwrap();
    assert_eq!((swept.expired, swept.knocks, world.readable().await), (1, 0, 1));
    world.clock.advance(DAY.saturating_sub(Duration::from_secs(30)));
    let swept = world.reaper.turn().await.unwrap();
    assert_eq!((swept.expired, swept.knocks, world.readable().await), (1, 1, 0));
}

async fn a_date_set_forward_deletes_nothing_early(store: TestStore) {
    let mut world = World::new(store).await;
    world.send(None).await;
    assert_eq!(world.pass(HOUR).await, 0);
    world.clock.set_date(45 * DAY_MS);
    assert_eq!(
        world.pass(22 * HOUR).await,
        0,
        "the ceiling is not reached either"
    );
    world.send(None).await;
    assert_eq!(world.pass(HOUR).await, 1, "a day has passed");
    assert_eq!(world.readable().await, 1);
    assert_eq!(world.pass(22 * HOUR).await, 0);
    assert_eq!(world.pass(HOUR).await, 1);
}

async fn a_date_set_back_keeps_nothing_longer(store: TestStore) {
    let mut world = World::new(store).await;
    world.send(None).await;
    assert_eq!(world.pass(HOUR).await, 0);
    world.clock.set_date(-45 * DAY_MS);
    assert_eq!(world.pass(HOUR).await, 0);
    world.send(None).await;
    assert_eq!(world.pass(21 * HOUR).await, 0);
    assert_eq!(world.pass(HOUR).await, 1, "a day has passed");
    assert_eq!(world.pass(HOUR).await, 0);
    assert_eq!(world.pass(HOUR).await, 1);
}

async fn a_clock_that_goes_to_and_fro_changes_nothing(store: TestStore) {
    let mut world = World::new(store).await;
    world.send(None).await;
    for by_days in [3, -9, 40, -34, 1, -1, 400, -400] {
        world.clock.set_date(by_days * DAY_MS);
        assert_eq!(world.pass(2 * HOUR).await, 0, "set by {by_days} days");
    }
    assert_eq!(world.pass(7 * HOUR).await, 0);
    assert_eq!(world.pass(HOUR).await, 1);
    assert_eq!(world.readable().await, 0);
}

async fn no_room_ends_before_a_new_date_has_stood(store: TestStore) {
    let ends = FOUNDED.plus(10 * DAY);
    let mut world = World::with_room(store, |terms| terms.expires_at = Some(ends)).await;
    let ended = async |world: &World| {
        let visit = visit(1, world.clock.now().minus(20 * DAY));
        world.store.door(visit).await.unwrap().err() == Some(NoDoor::Closed)
    };
    world.reaper.turn().await.unwrap();
    world.clock.set_date(11 * DAY_MS);
    world.pass(Duration::from_mins(30)).await;
    assert!(!ended(&world).await);
    // It was a mistake, and is corrected within the hour.
    world.clock.set_date(-11 * DAY_MS);
    world.pass(5 * HOUR).await;
    assert!(!ended(&world).await);
    // This one stands.
    world.clock.set_date(11 * DAY_MS);
    world.reaper.turn().await.unwrap();
    world.pass(Duration::from_mins(59)).await;
    assert!(!ended(&world).await && !world.reaper.is_room_due().await);
    world.pass(Duration::from_mins(1)).await;
    assert!(ended(&world).await);
}

async fn after_a_long_absence_nothing_goes_for_an_hour(store: TestStore) {
    let mut world = World::new(store).await;
    world.reaper.turn().await.unwrap();
    world.send(None).await;
    world.restart_after(3 * DAY);
    assert!(world.reaper.turn().await.unwrap().is_empty());
    assert_eq!(world.pass(Duration::from_mins(59)).await, 0);
    assert_eq!(world.readable().await, 1, "there is time to fetch it");
    assert_eq!(world.pass(HOUR).await, 1);
    // A short absence is nothing special.
    world.send(None).await;
    world.restart_after(DAY);
    assert_eq!(world.reaper.turn().await.unwrap().expired, 1);
}

async fn a_date_set_back_while_the_server_was_off_keeps_nothing_longer(store: TestStore) {
    let mut world = World::new(store).await;
    world.send(None).await;
    assert_eq!(world.pass(HOUR).await, 0);
    world.clock.set_date(-45 * DAY_MS);
    world.restart_after(Duration::ZERO);
    assert!(world.reaper.turn().await.unwrap().is_empty());
    assert_eq!(world.pass(22 * HOUR).await, 0);
    assert_eq!(world.pass(HOUR).await, 1);
}

async fn those_who_are_connected_are_told_that_a_room_ended(store: TestStore) {
    let ends = FOUNDED.plus(HOUR);
    let mut world = World::with_room(store, |terms| terms.expires_at = Some(ends)).await;
    let mut phone = world.hub.register(user(2), device(2));
    phone.place.follow(world.store.crowds(device(2)).await.unwrap());
    world.pass(Duration::from_mins(59)).await;
    assert!(phone.frames.waiting().is_none() && !world.reaper.is_room_due().await);
    world.clock.advance(Duration::from_mins(1));
    assert!(world.reaper.is_room_due().await, "nobody waits for the next turn");
    world.pass(Duration::from_mins(1)).await;
    assert!(!world.reaper.is_room_due().await);
    let told: ServerFrame = codec::from_cbor(&phone.frames.waiting().unwrap()).unwrap();
    assert_eq!(told, ServerFrame::Closed(world.room));
    world.pass(Duration::from_mins(2)).await;
    assert!(phone.frames.waiting().is_none(), "once");
}

async fn a_database_that_is_down_is_tried_again(store: TestStore) {
    let mut world = World::new(store).await;
    world.send(None).await;
    world.reaper.turn().await.unwrap();
    world.clock.set_date(5 * DAY_MS);
    // It fails in the middle of its work.
    world.store.execute("alter table welcome rename to mislaid").await;
    assert!(world.reaper.turn().await.is_err());
    world.store.execute("alter table mislaid rename to welcome").await;
    assert_eq!(
        world.clock.departure_ms(),
        5 * DAY_MS,
        "the time waits for the ages"
    );
    assert_eq!(world.pass(23 * HOUR).await, 0);
    assert_eq!(world.pass(HOUR).await, 1);
}
