//! Blobs as the database knows them: who may have a place, how far they have come, and when they go.

use super::conversation::{NOW, rows};
use super::room::{change, room_with};
use super::{TestStore, device, on_both_databases, user};
use crate::store::blob::{BLOB_OVERHEAD_BYTES, BlobFile, BlobRefusal, Extension, NewBlob, StoredBlob};
use crate::store::sweep::{ClockStep, Sweep};
use std::time::Duration;
use undertone_wire::group::GroupProfile;
use undertone_wire::limits::{BLOB_UNFINISHED_LIFE, RETENTION_CEILING};
use undertone_wire::{BlobId, ConversationId, Timestamp};

on_both_databases!(
    a_place_is_asked_for_again_and_stays_the_same,
    only_members_have_places,
    a_share_is_what_lies_on_the_server,
    places_that_are_asked_for_at_once_keep_to_the_share,
    pieces_come_one_after_another,
    a_blob_goes_after_the_shortest_of_its_times,
    a_shorter_retention_counts_for_blobs_that_are_there,
    what_is_not_completed_goes_after_a_day,
    blobs_go_with_their_room_and_with_their_guest,
    a_blob_that_was_given_up_is_nobodys,
    the_times_of_blobs_move_with_the_clock,
);

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
const SIZE: u64 = 100;

fn id(number: u8) -> BlobId {
    BlobId::from_bytes([number; 16])
}

/// A blob of user 1 with this number.
fn blob(number: u8, conversation: ConversationId) -> NewBlob {
    NewBlob {
        blob: id(number),
        conversation,
        user: user(1),
        device: device(1),
        size: SIZE,
        life: None,
        file: BlobFile::from_bytes([number; 16]),
        share_bytes: 10 * (SIZE + BLOB_OVERHEAD_BYTES),
        now: NOW,
    }
}

/// Users 1 and 2 in a room that keeps its messages so long.
async fn room(store: &TestStore, retention_seconds: Option<u32>) -> ConversationId {
    for number in [1, 2] {
        store.register(number).await;
    }
    let profile = GroupProfile {
        retention_seconds,
        ..room_with(|_| ())
    };
    store.found(1, profile).await
}

impl TestStore {
    async fn place(&self, new: NewBlob) -> Result<StoredBlob, BlobRefusal> {
        self.create_blob(new).await.unwrap()
    }

    async fn extend(&self, number: u8, from: u64, to: u64) -> Option<StoredBlob> {
        self.extend_at(NOW, number, (from, to)).await
    }

    async fn extend_at(&self, now: Timestamp, number: u8, (from, to): (u64, u64)) -> Option<StoredBlob> {
        let extension = Extension {
            blob: id(number),
            user: user(1),
            from,
            to,
            now,
        };
        self.extend_blob(extension).await.unwrap()
    }

    /// A place, and all its bytes.
    async fn upload(&self, new: NewBlob) {
        let number = new.blob.as_bytes()[0];
        self.place(new).await.unwrap();
        assert!(self.extend(number, 0, SIZE).await.is_some());
    }

    async fn is_there_at(&self, number: u8, now: Timestamp) -> bool {
        self.complete_blob(id(number), now).await.unwrap().is_some()
    }

    async fn due_at(&self, now: Timestamp) -> Vec<BlobId> {
        let due = self.due_blobs(now).await.unwrap();
        let mut due: Vec<_> = due.into_iter().map(|due| due.blob).collect();
        due.sort();
        due
    }

    /// The blob is there until then, and not a moment longer.
    async fn stays_until(&self, number: u8, end: Timestamp) {
        let moment = Duration::from_millis(1);
        assert!(self.is_there_at(number, end.minus(moment)).await);
        assert_eq!(self.due_at(end.minus(moment)).await, []);
        assert!(!self.is_there_at(number, end).await);
        assert_eq!(self.due_at(end).await, [id(number)]);
    }
}

async fn a_place_is_asked_for_again_and_stays_the_same(store: TestStore) {
    let room = room(&store, None).await;
    let first = store.place(blob(1, room)).await.unwrap();
    assert_eq!((first.received, first.size), (0, SIZE));
    store.extend(1, 0, 40).await.unwrap();
    let again = NewBlob {
        file: BlobFile::from_bytes([99; 16]),
        ..blob(1, room)
    };
    let again = store.place(again).await.unwrap();
    assert_eq!((again.received, again.file), (40, first.file));
    for other in [
        NewBlob {
            size: SIZE + 1,
            ..blob(1, room)
        },
        NewBlob {
            life: Some(HOUR),
            ..blob(1, room)
        },
    ] {
        assert_eq!(store.place(other).await, Err(BlobRefusal::Differs));
    }
    let another = NewBlob {
        user: user(2),
        device: device(2),
        ..blob(1, room)
    };
    assert_eq!(store.place(another).await, Err(BlobRefusal::Taken));
    let late = NewBlob {
        now: NOW.plus(BLOB_UNFINISHED_LIFE),
        ..blob(1, room)
    };
    assert_eq!(store.place(late).await, Err(BlobRefusal::Over));
    assert_eq!(rows(&store, "blob").await, 1);
}

async fn only_members_have_places(store: TestStore) {
    let room = room(&store, None).await;
    store.register(9).await;
    let stranger = NewBlob {
        user: user(9),
        device: device(9),
        ..blob(1, room)
    };
    assert_eq!(store.place(stranger).await, Err(BlobRefusal::NotMember));
    let elsewhere = blob(1, ConversationId::from_bytes([77; 16]));
    assert_eq!(store.place(elsewhere).await, Err(BlobRefusal::NotMember));
    store.execute("update member set role = 0").await;
    assert_eq!(store.place(blob(1, room)).await, Err(BlobRefusal::ReadOnly));
    assert_eq!(rows(&store, "blob").await, 0);
}

async fn a_share_is_what_lies_on_the_server(store: TestStore) {
    let room = room(&store, None).await;
    for number in 1..=10 {
        store.place(blob(number, room)).await.unwrap();
    }
    assert_eq!(store.place(blob(11, room)).await, Err(BlobRefusal::ShareUsed));
    assert!(store.place(blob(10, room)).await.is_ok(), "it is there already");
    let another = NewBlob {
        user: user(2),
        device: device(2),
        ..blob(11, room)
    };
    assert!(store.place(another).await.is_ok(), "everybody has a share");
    store.give_up_blob(id(3), user(1)).await.unwrap().unwrap();
    assert_eq!(
        store.place(blob(12, room)).await,
        Err(BlobRefusal::ShareUsed),
        "its file is still there"
    );
    store.forget_blobs(vec![id(3)]).await.unwrap();
    assert!(store.place(blob(12, room)).await.is_ok());
    let huge = NewBlob {
        size: u64::MAX,
        ..blob(13, room)
    };
    assert_eq!(store.place(huge).await, Err(BlobRefusal::ShareUsed));
}

async fn places_that_are_asked_for_at_once_keep_to_the_share(store: TestStore) {
    let room = room(&store, None).await;
    let asking = (1..=30).map(|number| store.place(blob(number, room)));
    let answers = futures::future::join_all(asking).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 10);
}

async fn pieces_come_one_after_another(store: TestStore) {
    let room = room(&store, None).await;
    store.place(blob(1, room)).await.unwrap();
    assert_eq!(store.extend(1, 10, 20).await, None, "a gap");
    assert_eq!(store.extend(1, 0, 60).await.unwrap().received, 60);
    assert_eq!(store.extend(1, 0, 60).await, None, "once");
    let stolen = Extension {
        blob: id(1),
        user: user(2),
        from: 60,
        to: SIZE,
        now: NOW,
    };
    assert_eq!(store.extend_blob(stolen).await.unwrap(), None);
    assert!(!store.is_there_at(1, NOW).await, "it is not complete");
    assert_eq!(store.extend(1, 60, SIZE).await.unwrap().received, SIZE);
    assert!(store.is_there_at(1, NOW).await);
    assert_eq!(
        store
            .own_blob(id(1), user(1), NOW)
            .await
            .unwrap()
            .unwrap()
            .received,
        SIZE
    );
    assert_eq!(store.own_blob(id(1), user(2), NOW).await.unwrap(), None);
}

async fn a_blob_goes_after_the_shortest_of_its_times(store: TestStore) {
    let kept = room(&store, Some(3600)).await;
    store.upload(blob(1, kept)).await;
    store.stays_until(1, NOW.plus(HOUR)).await;
    store.forget_blobs(vec![id(1)]).await.unwrap();
    let brief = NewBlob {
        life: Some(Duration::from_mins(1)),
        ..blob(2, kept)
    };
    store.upload(brief).await;
    store.stays_until(2, NOW.plus(Duration::from_mins(1))).await;
    store.forget_blobs(vec![id(2)]).await.unwrap();
    let endless = NewBlob {
        life: Some(400 * DAY),
        ..blob(3, store.found(2, room_with(|_| ())).await)
    };
    store.upload(endless).await;
    store.stays_until(3, NOW.plus(RETENTION_CEILING)).await;
}

async fn a_shorter_retention_counts_for_blobs_that_are_there(store: TestStore) {
    let room = room(&store, None).await;
    store.upload(blob(1, room)).await;
    store.place(blob(2, room)).await.unwrap();
    let shorter = GroupProfile {
        retention_seconds: Some(3600),
        ..room_with(|_| ())
    };
    store.accept_commit(change(1, 2, shorter)).await.unwrap().unwrap();
    store.stays_until(1, NOW.plus(HOUR)).await;
    let later = NOW.plus(2 * HOUR);
    assert!(store.extend_at(later, 2, (0, SIZE)).await.is_some());
    store.forget_blobs(vec![id(1)]).await.unwrap();
    store.stays_until(2, later.plus(HOUR)).await;
}

async fn what_is_not_completed_goes_after_a_day(store: TestStore) {
    let room = room(&store, None).await;
    store.place(blob(1, room)).await.unwrap();
    store.extend(1, 0, 50).await.unwrap();
    let end = NOW.plus(BLOB_UNFINISHED_LIFE);
    assert_eq!(store.due_at(end.minus(Duration::from_millis(1))).await, []);
    assert_eq!(store.due_at(end).await, [id(1)]);
    assert_eq!(store.extend_at(end, 1, (50, SIZE)).await, None);
    assert_eq!(store.own_blob(id(1), user(1), end).await.unwrap(), None);
}

async fn blobs_go_with_their_room_and_with_their_guest(store: TestStore) {
    let room = room(&store, None).await;
    store.upload(blob(1, room)).await;
    let end = NOW.plus(HOUR);
    store.let_in_guest(3, end).await;
    let stays = store.found(2, room_with(|_| ())).await;
    let guests = NewBlob {
        user: user(3),
        ..blob(2, stays)
    };
    store.place(guests).await.unwrap();
    assert_eq!(store.due_at(NOW).await, []);
    store.end_guests(end).await.unwrap();
    assert_eq!(store.due_at(NOW).await, [id(2)]);
    store
        .execute("update conversation set ends_at = 1 where kind = 3")
        .await;
    assert_eq!(store.sweep(Sweep::at(NOW)).await.unwrap().rooms, 2);
    assert_eq!(store.due_at(NOW).await, [id(1), id(2)]);
    assert!(!store.is_there_at(1, NOW).await);
    assert_eq!(store.extend(2, 0, SIZE).await, None);
    store.forget_blobs(vec![id(1), id(2)]).await.unwrap();
    assert_eq!(rows(&store, "blob").await, 0);
}

async fn a_blob_that_was_given_up_is_nobodys(store: TestStore) {
    let room = room(&store, None).await;
    store.upload(blob(1, room)).await;
    assert_eq!(store.give_up_blob(id(1), user(2)).await.unwrap(), None);
    assert!(store.is_there_at(1, NOW).await, "it is not theirs");
    let given_up = store.give_up_blob(id(1), user(1)).await.unwrap().unwrap();
    assert_eq!(given_up.file, BlobFile::from_bytes([1; 16]));
    assert!(!store.is_there_at(1, NOW).await);
    assert_eq!(store.own_blob(id(1), user(1), NOW).await.unwrap(), None);
    assert_eq!(store.give_up_blob(id(1), user(1)).await.unwrap(), None);
    assert_eq!(store.place(blob(1, room)).await, Err(BlobRefusal::Over));
    assert_eq!(store.due_at(NOW).await, [id(1)]);
}

async fn the_times_of_blobs_move_with_the_clock(store: TestStore) {
    let kept = room(&store, Some(3600)).await;
    store.upload(blob(1, kept)).await;
    let by_ms = i64::try_from(DAY.as_millis()).unwrap();
    let now = NOW.plus(DAY);
    store.step_clock(ClockStep { by_ms, now }).await.unwrap();
    store.stays_until(1, now.plus(HOUR)).await;
}
