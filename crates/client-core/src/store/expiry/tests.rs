//! Timers in the store, and that nothing of what ended is in its files: they are opened without
//! encryption for that, since nothing can be found in an encrypted one.

use super::*;
use crate::store::message::{Lifetime, Marks, Page, RowKind, SharedBy, StoredMessage};
use crate::store::share::Shareable;
use crate::store::tests::{CONVERSATION, conversation, found_by, in_memory, message};
use crate::store::{StoreKey, StoreLocation};
use crate::testing::Checkpoints;
use futures::FutureExt;
use std::rc::Rc;
use undertone_wire::UserId;
use undertone_wire::content::Expiry;

const NOW: Timestamp = Timestamp::from_millis(1_000_000);

fn seconds(count: u64) -> Timestamp {
    NOW.plus(std::time::Duration::from_secs(count))
}

/// A message of another person, at a place of its number.
fn timed(number: u8, text: &str, lifetime: Lifetime) -> StoredMessage {
    StoredMessage {
        sequence: Some(Sequence(u64::from(number))),
        lifetime,
        ..message(number, text)
    }
}

fn ends(at: Timestamp) -> Lifetime {
    Lifetime {
        expiry: Some(Expiry::AfterSent(9)),
        expires_at: Some(at),
    }
}

fn shown(store: &Store, now: Timestamp) -> Vec<String> {
    let page = Page {
        conversation: CONVERSATION,
        before: None,
        limit: 100,
        now,
    };
    let (rows, _) = store.timeline(page).unwrap();
    rows.into_iter().rev().map(|row| row.text).collect()
}

#[test]
fn what_has_ended_is_hidden_first_and_deleted_when_it_is_time() {
    let store = in_memory();
    store
        .add_message(&timed(2, "short tea", ends(seconds(1))))
        .unwrap();
    store
        .add_message(&timed(3, "long tea", ends(seconds(5))))
        .unwrap();
    store
        .add_message(&timed(4, "tea for ever", Lifetime::default()))
        .unwrap();
    assert_eq!(shown(&store, NOW).len(), 3);
    assert_eq!(store.next_end(NOW).unwrap(), Some(seconds(1)));
    assert_eq!(shown(&store, seconds(1)), ["long tea", "tea for ever"]);
    let count = |now| {
        (
            found_by(&store, "tea", now).len(),
            store.unread(CONVERSATION, Sequence(1), now).unwrap(),
        )
    };
    assert_eq!((count(NOW), count(seconds(1))), ((3, 3), (2, 2)));
    assert!(store.conversations_with_ended(NOW).unwrap().is_empty());
    assert_eq!(
        store.conversations_with_ended(seconds(1)).unwrap(),
        [CONVERSATION]
    );
    assert_eq!(store.delete_ended(seconds(1)).unwrap(), 1);
    assert_eq!(count(NOW), (2, 2));
    assert_eq!(store.next_end(NOW).unwrap(), Some(seconds(5)));
    assert_eq!(store.next_end(seconds(5)).unwrap(), None);
}

#[test]
fn reading_begins_the_timers_of_what_others_wrote_once() {
    let store = in_memory();
    let after_read = Lifetime {
        expiry: Some(Expiry::AfterRead(10)),
        expires_at: None,
    };
    let own = StoredMessage {
        own: true,
        ..timed(4, "own", after_read)
    };
    for row in [timed(2, "one", after_read), timed(3, "two", after_read), own] {
        store.add_message(&row).unwrap();
    }
    let begin = |read, now| {
        store
            .begin_read_timers(CONVERSATION, Sequence(read), now)
            .unwrap()
    };
    assert_eq!((begin(2, NOW), begin(2, seconds(5))), (1, 0));
    assert_eq!(store.next_end(NOW).unwrap(), Some(seconds(10)));
    assert_eq!(begin(9, seconds(5)), 1);
    assert_eq!(store.next_end(seconds(10)).unwrap(), Some(seconds(15)));
    // It had begun by a clock that was ahead.
    assert_eq!(store.bound_read_timers(seconds(2)).unwrap(), 1);
    assert_eq!(store.next_end(seconds(10)).unwrap(), Some(seconds(12)));
}

#[test]
fn the_servers_word_begins_the_timer_of_an_own_message() {
    let store = in_memory();
    let lifetime = Lifetime {
        expiry: Some(Expiry::AfterRead(10)),
        expires_at: None,
    };
    let row = StoredMessage {
        own: true,
        lifetime,
        ..message(2, "own")
    };
    let key = row.key;
    let row = store.add_message(&row).unwrap();
    assert_eq!(store.next_end(Timestamp::default()).unwrap(), None);
    store.mark_accepted(row, Sequence(7), NOW).unwrap();
    let stored = store.message(key).unwrap().unwrap();
    assert_eq!(stored.lifetime.expires_at, Some(seconds(10)));
    assert_eq!(stored.lifetime.expiry, lifetime.expiry);
}

#[test]
fn what_is_said_about_a_message_ends_with_it_and_is_known_when_it_comes_back() {
    let store = in_memory();
    let row = store.add_message(&timed(2, "ended", ends(NOW))).unwrap();
    let marks = Marks {
        about: Some(row),
        ..Marks::default()
    };
    let edit = StoredMessage {
        kind: RowKind::Hidden,
        marks,
        ..message(3, "")
    };
    let part = store.add_message(&edit).unwrap();
    store.add_outgoing(part, CONVERSATION).unwrap();
    store.set_payload_hash(part, &[7; 32]).unwrap();
    store.delete_ended(NOW).unwrap();
    assert!(store.message(edit.key).unwrap().is_none());
    assert!(store.first_outgoing(CONVERSATION).unwrap().is_none());
    assert!(store.take_ended_echo(CONVERSATION, &[7; 32]).unwrap());
}

#[test]
fn what_is_shared_is_what_is_said_and_has_not_ended() {
    let store = in_memory();
    let hidden = StoredMessage {
        kind: RowKind::Hidden,
        ..timed(5, "", Lifetime::default())
    };
    let shared = StoredMessage {
        kind: RowKind::Shared(SharedBy {
            user: UserId::from_bytes([8; 16]),
            name: "Dee".parse().unwrap(),
        }),
        ..timed(6, "older", Lifetime::default())
    };
    for row in [
        timed(2, "ended", ends(NOW)),
        timed(3, "one", Lifetime::default()),
        timed(4, "two", Lifetime::default()),
        hidden,
        shared,
    ] {
        let sent = StoredMessage {
            state: crate::store::message::MessageState::Sent,
            ..row
        };
        store.add_message(&sent).unwrap();
    }
    let found = |before, limit, since| -> Vec<String> {
        let wanted = Shareable {
            conversation: CONVERSATION,
            before: Sequence(before),
            since: Timestamp::from_millis(since),
            limit,
            now: NOW,
        };
        let found = store.shareable(wanted).unwrap();
        found.into_iter().map(|row| row.text).collect()
    };
    assert_eq!(found(9, 9, 0), ["one", "two", "older"]);
    assert_eq!(found(9, 2, 0), ["two", "older"]);
    assert_eq!(found(6, 9, 0), ["one", "two"]);
    assert_eq!(found(9, 9, 4), ["two", "older"]);
    assert!(
        store
            .message(message(6, "").key)
            .unwrap()
            .unwrap()
            .sequence
            .is_none()
    );
}

#[test]
fn nothing_of_what_ended_is_in_the_files() {
    const CANARY: &str = "unmistakable";
    let directory = tempfile::tempdir().unwrap();
    let location = StoreLocation::Plain(directory.path().join("plain.db"));
    let key = StoreKey::from_bytes([1; 32]);
    let store: Rc<Store> = Store::open(&location, &key, Checkpoints::default())
        .now_or_never()
        .unwrap()
        .unwrap();
    store.add_conversation(&conversation()).unwrap();
    let found = || {
        let files = std::fs::read_dir(directory.path()).unwrap();
        files
            .map(|file| std::fs::read(file.unwrap().path()).unwrap())
            .any(|bytes| {
                bytes
                    .windows(CANARY.len())
                    .any(|window| window.eq_ignore_ascii_case(CANARY.as_bytes()))
            })
    };
    for number in 2..40 {
        let text = format!("{CANARY} {number} {}", "words ".repeat(200));
        let row = StoredMessage {
            content: text.clone().into_bytes(),
            ..timed(number, &text, ends(seconds(u64::from(number))))
        };
        store.add_message(&row).unwrap();
    }
    assert!(found(), "the files can be read");
    store.empty_log().unwrap();
    assert!(found(), "and what has not ended is in them");
    store.delete_ended(seconds(38)).unwrap();
    assert!(found());
    store.delete_ended(seconds(39)).unwrap();
    assert!(found(), "the log still has the pages from before");
    store.empty_log().unwrap();
    assert!(!found());
}
