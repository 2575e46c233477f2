//! Forgetting: what goes, when, and what stays of it. Who decides about the time is tested with the job.

use super::conversation::{NOW, rows};
use super::log::{message, stamp};
use super::room::{change, new_room, room_with, token, visit};
use super::{TestStore, device, on_both_databases};
use crate::store::commit::{NewCommit, NewWelcome};
use crate::store::conversation::{NewMessage, Stamp, Stored};
use crate::store::room::{NoDoor, Visit};
use crate::store::sweep::{ClockStep, Sweep, Swept};
use sha2::{Digest, Sha256};
use std::time::Duration;
use undertone_wire::conversation::{EntryKind, LogEntry};
use undertone_wire::group::GroupProfile;
use undertone_wire::limits::RETENTION_CEILING;
use undertone_wire::stream::{Acknowledge, FetchLog};
use undertone_wire::{Bytes, ConversationId, Sequence, Timestamp};

on_both_databases!(
    an_expired_message_keeps_its_place_and_its_hash,
    an_expired_message_is_recognised_when_it_is_repeated,
    retention_expires_messages_and_leaves_commits,
    a_shorter_retention_counts_for_what_waits_already,
    what_nobody_fetches_goes_after_the_ceiling,
    a_log_is_cut_where_it_is_too_old,
    a_room_that_ends_leaves_nothing,
    knocks_go_after_a_day,
    more_than_a_batch_is_done_in_several,
    ages_move_with_the_clock,
);

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_hours(24);

fn at(after: Duration) -> Timestamp {
    NOW.plus(after)
}

impl TestStore {
    async fn write_at(&self, now: Timestamp, message: NewMessage) -> LogEntry {
        let stamp = Stamp { now, ..stamp() };
        match self
            .append_messages(vec![message], stamp)
            .await
            .unwrap()
            .remove(0)
            .unwrap()
        {
            Stored::New(entry) => entry,
            Stored::Repeated(accepted) => panic!("{accepted:?}"),
        }
    }

    async fn forget_at(&self, now: Timestamp) -> Swept {
        self.sweep(Sweep::at(now)).await.unwrap()
    }

    async fn log_of(&self, number: u8, conversation: ConversationId) -> Vec<LogEntry> {
        let fetch = FetchLog {
            conversation,
            after: Sequence(0),
            limit: 200,
        };
        self.log_page(device(number), fetch)
            .await
            .unwrap()
            .unwrap()
            .entries
    }

    async fn kinds(&self, conversation: ConversationId) -> Vec<EntryKind> {
        let log = self.log_of(1, conversation).await;
        log.into_iter().map(|entry| entry.kind).collect()
    }
}

fn room_that_keeps(seconds: u32) -> GroupProfile {
    GroupProfile {
        retention_seconds: Some(seconds),
        ..room_with(|_| ())
    }
}

async fn an_expired_message_keeps_its_place_and_its_hash(store: TestStore) {
    let id = store.found(1, room_with(|_| ())).await;
    let brief = NewMessage {
        payload: Bytes(vec![0xab; 5000]),
        expires_after: Some(30 * SECOND),
        ..message(id, 1, 2, 1)
    };
    let was = store.write_at(NOW, brief).await;
    let stays = store.write_at(NOW, message(id, 1, 3, 1)).await;
    assert!(store.forget_at(at(29 * SECOND)).await.is_empty());
    assert_eq!(store.forget_at(at(30 * SECOND)).await.expired, 1);
    let expired = LogEntry {
        kind: EntryKind::Expired,
        payload: Bytes(Sha256::digest(was.payload.as_slice()).to_vec()),
        franking_mac: Bytes::default(),
        ..was
    };
    assert_eq!(store.log_of(1, id).await[1..], [expired, stays]);
    assert!(store.forget_at(at(60 * SECOND)).await.is_empty(), "once");
}

async fn an_expired_message_is_recognised_when_it_is_repeated(store: TestStore) {
    let id = store.found(1, room_with(|_| ())).await;
    let brief = NewMessage {
        expires_after: Some(5 * SECOND),
        ..message(id, 1, 2, 1)
    };
    let first = store.write_at(NOW, brief.clone()).await;
    store.forget_at(at(5 * SECOND)).await;
    let again = store
        .append_messages(vec![brief], stamp())
        .await
        .unwrap()
        .remove(0);
    let Ok(Stored::Repeated(accepted)) = again else {
        panic!("{again:?}")
    };
    assert_eq!(accepted.sequence, first.sequence);
    assert_eq!(store.kinds(id).await, [EntryKind::Commit, EntryKind::Expired]);
}

async fn retention_expires_messages_and_leaves_commits(store: TestStore) {
    let id = store.found(1, room_that_keeps(60)).await;
    store.write_at(NOW, message(id, 1, 2, 1)).await;
    let longer = NewMessage {
        expires_after: Some(DAY),
        ..message(id, 1, 3, 1)
    };
    store.write_at(at(SECOND), longer).await;
    assert_eq!(store.forget_at(at(60 * SECOND)).await.expired, 1);
    assert_eq!(
        store.forget_at(at(61 * SECOND)).await.expired,
        1,
        "the shorter counts"
    );
    assert_eq!(
        store.kinds(id).await,
        [EntryKind::Commit, EntryKind::Expired, EntryKind::Expired],
        "whoever comes later can follow the commits"
    );
}

async fn a_shorter_retention_counts_for_what_waits_already(store: TestStore) {
    let id = store.found(1, room_that_keeps(3600)).await;
    store.write_at(NOW, message(id, 1, 2, 1)).await;
    let shorter = change(1, 3, room_that_keeps(60));
    let shorter = NewCommit {
        epoch: undertone_wire::Epoch(1),
        next_epoch: undertone_wire::Epoch(2),
        ..shorter
    };
    store.accept_commit(shorter).await.unwrap().unwrap();
    assert_eq!(store.forget_at(at(59 * SECOND)).await.expired, 0);
    assert_eq!(store.forget_at(at(60 * SECOND)).await.expired, 1);
    store.write_at(at(60 * SECOND), message(id, 1, 4, 2)).await;
    assert_eq!(store.forget_at(at(120 * SECOND)).await.expired, 1);
}

async fn what_nobody_fetches_goes_after_the_ceiling(store: TestStore) {
    let mut new = new_room(1, room_with(|_| ()));
    new.commit.welcome = Some(NewWelcome {
        welcome: Bytes(vec![0x71]),
        ratchet_tree: Bytes(vec![0x72]),
    });
    let id = new.commit.conversation;
    store.create_conversation(new).await.unwrap();
    store.write_at(at(DAY), message(id, 1, 2, 1)).await;
    store.write_at(at(20 * DAY), message(id, 1, 3, 1)).await;
    assert!(store.forget_at(at(RETENTION_CEILING)).await.is_empty());
    let swept = store.forget_at(at(32 * DAY)).await;
    assert_eq!((swept.entries, swept.welcomes), (2, 1));
    assert!(store.pending_welcomes(device(2)).await.unwrap().is_empty());
    let left = store.log_of(1, id).await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].sequence, Sequence(3));
    let head = store.heads(device(2)).await.unwrap()[0];
    assert_eq!(
        (head.first_kept, head.head),
        (Sequence(3), Sequence(3)),
        "it shows as cut off"
    );
    let up_to = Acknowledge {
        conversation: id,
        sequence: Sequence(3),
    };
    let all = [1, 2].map(|number| crate::store::conversation::DeviceAcknowledge {
        device: device(number),
        up_to,
    });
    store.acknowledge(all.to_vec()).await.unwrap();
    assert!(store.forget_at(at(90 * DAY)).await.is_empty());
}

async fn a_log_is_cut_where_it_is_too_old(store: TestStore) {
    let id = store.found(1, room_with(|_| ())).await;
    let entry = store.write_at(NOW, message(id, 1, 2, 1)).await;
    assert_eq!(store.forget_at(at(31 * DAY)).await.entries, 2);
    let head = store.heads(device(1)).await.unwrap()[0];
    assert_eq!(
        (head.head, head.first_kept),
        (entry.sequence, entry.sequence.next())
    );
    let next = store.write_at(at(31 * DAY), message(id, 2, 1, 1)).await;
    assert_eq!(next.sequence, entry.sequence.next());
    assert_eq!(store.log_of(2, id).await, [next]);
}

async fn a_room_that_ends_leaves_nothing(store: TestStore) {
    let ends = at(60 * SECOND);
    let id = store
        .found(1, room_with(|terms| terms.expires_at = Some(ends)))
        .await;
    let other = store.found(2, room_with(|_| ())).await;
    for room in [id, other] {
        store.write_at(NOW, message(room, 1, 2, 1)).await;
        store.knock_as(7, room, 0).await;
    }
    assert_eq!(store.forget_at(at(59 * SECOND)).await.rooms, 0);
    let held = Sweep {
        now: ends,
        rooms_end: false,
    };
    assert_eq!(store.sweep(held).await.unwrap().rooms, 0, "it is told to wait");
    let swept = store.forget_at(ends).await;
    assert_eq!((swept.rooms, swept.closed), (1, vec![id]));
    for (table, left) in [
        ("conversation", 1),
        ("conversation_group", 1),
        ("member", 2),
        ("log_entry", 2),
        ("knock", 1),
        ("room_link", 2),
    ] {
        assert_eq!(rows(&store, table).await, left, "{table}");
    }
    let come = async |with, now| {
        let visit = Visit {
            token: token(with),
            ..visit(1, now)
        };
        store.door(visit).await.unwrap().unwrap_err()
    };
    assert_eq!(come(1, ends).await, NoDoor::Closed);
    assert_eq!(come(3, ends).await, NoDoor::Unknown);
    assert_eq!(store.come(2, 2).await.unwrap().conversation, other);
    let later = store.forget_at(ends.plus(5 * 60 * SECOND)).await;
    assert_eq!(
        (later.rooms, later.closed),
        (0, vec![id]),
        "for those who missed it"
    );
    assert!(store.forget_at(ends.plus(DAY)).await.closed.is_empty());
    store.forget_at(ends.plus(RETENTION_CEILING + SECOND)).await;
    assert_eq!(
        come(1, ends).await,
        NoDoor::Unknown,
        "the link is forgotten at last"
    );
}

async fn knocks_go_after_a_day(store: TestStore) {
    let id = store.found(1, room_with(|_| ())).await;
    store.knock_as(7, id, 0).await;
    store.knock_as(8, id, 1).await;
    assert_eq!(store.forget_at(at(DAY.saturating_sub(SECOND))).await.knocks, 0);
    assert_eq!(store.forget_at(at(DAY)).await.knocks, 1);
    assert_eq!(store.knocks(id).await.unwrap()[0].device, device(8));
}

async fn more_than_a_batch_is_done_in_several(store: TestStore) {
    let id = store.found(1, room_that_keeps(5)).await;
    let batch = (2..1204).map(|counter| message(id, 1, counter, 1)).collect();
    store.append_messages(batch, stamp()).await.unwrap();
    let first = store.forget_at(at(DAY)).await;
    assert_eq!((first.expired, first.is_unfinished), (1000, true));
    let second = store.forget_at(at(DAY)).await;
    assert_eq!((second.expired, second.is_unfinished), (202, false));
}

async fn ages_move_with_the_clock(store: TestStore) {
    let half_an_hour = 1800 * SECOND;
    let id = store.found(1, room_that_keeps(3600)).await;
    store.write_at(NOW, message(id, 1, 2, 1)).await;
    store.knock_as(7, id, 0).await;
    // All is half an hour old when the date is set.
    let forward = at(half_an_hour).plus(40 * DAY);
    let back = forward.minus(50 * DAY);
    for (by, now) in [(40, forward), (-50, back)] {
        let by_ms = by * 24 * 3600 * 1000;
        store.step_clock(ClockStep { by_ms, now }).await.unwrap();
        assert_eq!(store.swept_at().await.unwrap(), Some(now));
        let early = now.plus(half_an_hour.saturating_sub(SECOND));
        assert!(store.forget_at(early).await.is_empty(), "set by {by} days");
    }
    assert_eq!(store.forget_at(back.plus(half_an_hour)).await.expired, 1);
    assert_eq!(
        store.log_of(1, id).await[1].sent_at,
        NOW,
        "what was signed stays as it is"
    );
    let day_old = back.plus(DAY.saturating_sub(half_an_hour));
    assert_eq!(store.forget_at(day_old.minus(SECOND)).await.knocks, 0);
    assert_eq!(store.forget_at(day_old).await.knocks, 1);
    assert_eq!(store.forget_at(back.plus(RETENTION_CEILING)).await.entries, 2);
}
