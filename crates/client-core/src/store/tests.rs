//! The store on a real file: keys, salts, transactions, order, search, and that nothing readable or
//! deleted is left in the file.

use super::conversation::{Conversation, ConversationState};
use super::history::{Notice, NoticeKind};
use super::message::{Failure, Lifetime, Marks, MessageState, Page, RowKind, StoredMessage};
use super::mls_state::MlsState;
use super::outbox::Attempt;
use super::{Store, StoreError, StoreKey, StoreLocation};
use crate::message::key::MessageKey;
use crate::testing::Checkpoints;
use futures::FutureExt;
use std::path::Path;
use std::rc::Rc;
use undertone_mls::KeyValue;
use undertone_wire::conversation::{ConversationKind, EntryKind, LogEntry};
use undertone_wire::{
    Bytes, ConversationId, Counter, DeviceId, Epoch, MessageId, Sequence, Timestamp, UserId,
};

pub(crate) const CONVERSATION: ConversationId = ConversationId::from_bytes([1; 16]);
const PEER: UserId = UserId::from_bytes([2; 16]);

fn open_with(path: &Path, key: u8) -> Result<Rc<Store>, StoreError> {
    let location = StoreLocation::File(path.to_owned());
    Store::open(
        &location,
        &StoreKey::from_bytes([key; 32]),
        Checkpoints::default(),
    )
    .now_or_never()
    .unwrap()
}

pub(crate) fn in_memory() -> Rc<Store> {
    let key = StoreKey::from_bytes([1; 32]);
    let store = Store::open(&StoreLocation::Memory, &key, Checkpoints::default())
        .now_or_never()
        .unwrap()
        .unwrap();
    store.add_conversation(&conversation()).unwrap();
    store
}

pub(crate) fn conversation() -> Conversation {
    Conversation {
        id: CONVERSATION,
        kind: ConversationKind::Direct,
        peer: Some(PEER),
        state: ConversationState::Active,
        sequence: Sequence(1),
        running_hash: vec![5; 32],
        own_counter: Counter(0),
        read_sequence: Sequence(1),
        begun_at: Timestamp::from_millis(10),
        creation: None,
        profile: None,
        people: 2,
    }
}

pub(crate) fn message(number: u8, text: &str) -> StoredMessage {
    StoredMessage {
        row: 0,
        key: MessageKey::from_bytes([number; 16]),
        conversation: CONVERSATION,
        message: MessageId::from_bytes([number; 32]),
        sequence: None,
        sender: PEER,
        sender_device: DeviceId::from_bytes([3; 16]),
        own: false,
        state: MessageState::Sending,
        sent_at: Timestamp::from_millis(u64::from(number)),
        text: text.to_owned(),
        content: vec![number],
        franking_mac: Vec::new(),
        payload_hash: None,
        lifetime: Lifetime::default(),
        kind: RowKind::Message,
        marks: Marks::default(),
    }
}

fn at(sequence: u64, message: StoredMessage) -> StoredMessage {
    StoredMessage {
        sequence: Some(Sequence(sequence)),
        state: MessageState::Sent,
        ..message
    }
}

fn echo(sequence: u64) -> LogEntry {
    LogEntry {
        conversation: CONVERSATION,
        sequence: Sequence(sequence),
        kind: EntryKind::Message,
        epoch: Epoch(1),
        sender: DeviceId::from_bytes([3; 16]),
        counter: Counter(1),
        sent_at: Timestamp::from_millis(99),
        payload: Bytes(vec![1]),
        franking_mac: Bytes(vec![4; 32]),
    }
}

fn texts(store: &Store) -> Vec<String> {
    let page = Page {
        conversation: CONVERSATION,
        before: None,
        limit: 100,
        now: Timestamp::default(),
    };
    store
        .timeline(page)
        .unwrap()
        .0
        .into_iter()
        .rev()
        .map(|message| message.text)
        .collect()
}

#[test]
fn a_store_opens_with_its_key_alone_and_only_once_at_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("deep/in/profile.db");
    let store = open_with(&path, 1).unwrap();
    store.add_conversation(&conversation()).unwrap();
    assert!(matches!(open_with(&path, 1), Err(StoreError::InUse(_))));
    drop(store);
    assert!(matches!(open_with(&path, 2), Err(StoreError::WrongKey(_))));
    let store = open_with(&path, 1).unwrap();
    assert_eq!(store.conversation(CONVERSATION).unwrap(), Some(conversation()));
}

#[test]
fn an_empty_file_that_a_crash_left_becomes_a_store_with_a_random_salt() {
    let directory = tempfile::tempdir().unwrap();
    let salts: Vec<[u8; 16]> = ["one", "two"]
        .map(|name| {
            let path = directory.path().join(name);
            std::fs::write(&path, b"").unwrap();
            drop(open_with(&path, 1).unwrap());
            std::fs::read(&path).unwrap()[..16].try_into().unwrap()
        })
        .into();
    assert!(
        salts
            .iter()
            .all(|salt| *salt != [0; 16] && !salt.starts_with(b"SQLite"))
    );
    assert_ne!(salts[0], salts[1]);
}

#[test]
fn a_store_of_a_later_version_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("later.db");
    let store = open_with(&path, 1).unwrap();
    store.connection.pragma_update(None, "user_version", 99).unwrap();
    drop(store);
    assert!(matches!(
        open_with(&path, 1),
        Err(StoreError::TooNew { found: 99 })
    ));
}

#[test]
fn nothing_readable_and_nothing_deleted_is_in_the_files() {
    const CANARY: &str = "an unmistakable sentence about a canary";
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("profile.db");
    let store = open_with(&path, 1).unwrap();
    store.add_conversation(&conversation()).unwrap();
    let row = store.add_message(&message(1, CANARY)).unwrap();
    let all_bytes = || -> Vec<u8> {
        let files = std::fs::read_dir(directory.path()).unwrap();
        files
            .flat_map(|file| std::fs::read(file.unwrap().path()).unwrap())
            .collect()
    };
    let found = |bytes: &[u8], word: &str| bytes.windows(word.len()).any(|window| window == word.as_bytes());
    assert!(!found(&all_bytes(), "canary") && !found(&all_bytes(), "CREATE TABLE"));
    assert_eq!(found_in(&store, "canary").len(), 1);
    store.delete_message(row).unwrap();
    assert!(found_in(&store, "canary").is_empty());
    // Inside the encryption, the index must not keep the words of deleted messages either.
    let kept: Vec<Vec<u8>> = store
        .rows("SELECT block FROM message_fts_data", [], |row| Ok(row.get(0)?))
        .unwrap();
    let copies = store.rows("SELECT c0 FROM message_fts_content", [], |row| {
        Ok(row.get::<_, String>(0)?)
    });
    assert!(copies.unwrap().is_empty());
    assert!(
        !kept
            .iter()
            .any(|block| found(block, "canary") || found(block, "unmistak"))
    );
}

#[test]
fn a_transaction_is_all_or_nothing() {
    let store = in_memory();
    let failed: Result<(), StoreError> = store.transaction(|| {
        store.add_message(&message(1, "undone"))?;
        Err(StoreError::NoSalt)
    });
    assert!(matches!(failed, Err(StoreError::NoSalt)));
    assert!(texts(&store).is_empty());
    let kept: Result<(), StoreError> = store.transaction(|| {
        store.add_message(&message(1, "kept"))?;
        let part: Result<(), StoreError> = store.savepoint(|| {
            store.add_message(&message(2, "undone"))?;
            Err(StoreError::NoSalt)
        });
        assert!(part.is_err());
        Ok(())
    });
    kept.unwrap();
    assert_eq!(texts(&store), ["kept"]);
}

#[test]
fn a_killed_client_stores_nothing_more() {
    let checkpoints = Checkpoints::new(|_| true);
    let key = StoreKey::from_bytes([1; 32]);
    let store = Store::open(&StoreLocation::Memory, &key, checkpoints.clone())
        .now_or_never()
        .unwrap()
        .unwrap();
    assert!(checkpoints.reach("client.send.before_wire").is_err());
    let result: Result<(), StoreError> = store.transaction(|| Ok(()));
    assert!(matches!(result, Err(StoreError::Killed(_))));
}

#[test]
fn a_timeline_is_in_the_order_of_the_log_with_what_is_not_sent_at_its_end() {
    let store = in_memory();
    let pending = store
        .add_message(&StoredMessage {
            own: true,
            ..message(1, "own")
        })
        .unwrap();
    store.add_message(&message(2, "own later")).unwrap();
    store.add_message(&at(3, message(3, "second"))).unwrap();
    store.add_message(&at(2, message(4, "first"))).unwrap();
    assert_eq!(texts(&store), ["first", "second", "own", "own later"]);
    assert_eq!(
        store
            .unread(CONVERSATION, Sequence(1), Timestamp::default())
            .unwrap(),
        3
    );
    store
        .mark_accepted(pending, Sequence(4), Timestamp::from_millis(50))
        .unwrap();
    let accepted = store.message(MessageKey::from_bytes([1; 16])).unwrap().unwrap();
    assert_eq!(
        (accepted.sequence, accepted.state.clone()),
        (Some(Sequence(4)), MessageState::Sent)
    );
    store.mark_echoed(pending, &echo(5)).unwrap();
    let echoed = store.message(MessageKey::from_bytes([1; 16])).unwrap().unwrap();
    assert_eq!(echoed.sequence, Some(Sequence(5)), "the log has the last word");
    assert_eq!(echoed.franking_mac, vec![4; 32]);
}

#[test]
fn the_same_place_key_or_id_is_taken_once() {
    let store = in_memory();
    store.add_message(&at(2, message(1, "first"))).unwrap();
    let same_place = at(2, message(2, "x"));
    let same_key = StoredMessage {
        key: MessageKey::from_bytes([1; 16]),
        ..at(3, message(3, "x"))
    };
    let same_id = StoredMessage {
        message: MessageId::from_bytes([1; 32]),
        ..at(4, message(4, "x"))
    };
    for double in [same_place, same_key, same_id] {
        assert!(matches!(store.add_message(&double), Err(StoreError::Database(_))));
    }
    assert_eq!(
        store
            .message_sender(CONVERSATION, MessageId::from_bytes([1; 32]))
            .unwrap(),
        Some(message(1, "x").sender_device)
    );
    assert_eq!(
        store.message_key(MessageId::from_bytes([1; 32])).unwrap(),
        Some(MessageKey::from_bytes([1; 16]))
    );
}

#[test]
fn the_outbox_keeps_order_and_attempts() {
    let store = in_memory();
    let rows = [1, 2].map(|number| {
        let row = store.add_message(&message(number, "x")).unwrap();
        store.add_outgoing(row, CONVERSATION).unwrap();
        row
    });
    assert_eq!(store.outgoing_count().unwrap(), 2);
    assert_eq!(store.conversations_with_outgoing().unwrap(), [CONVERSATION]);
    let attempt = Attempt {
        epoch: Epoch(3),
        counter: Counter(4),
        payload: vec![5; 10],
    };
    assert_eq!(store.first_outgoing(CONVERSATION).unwrap().unwrap().attempt, None);
    store.save_attempt(rows[0], &attempt).unwrap();
    store.set_payload_hash(rows[0], &[6; 32]).unwrap();
    let first = store.first_outgoing(CONVERSATION).unwrap().unwrap();
    assert_eq!((first.message.row, first.attempt), (rows[0], Some(attempt)));
    assert_eq!(
        store
            .message_by_payload(CONVERSATION, &[6; 32])
            .unwrap()
            .unwrap()
            .row,
        rows[0]
    );
    store.delete_outgoing(rows[0]).unwrap();
    assert_eq!(
        store.first_outgoing(CONVERSATION).unwrap().unwrap().message.row,
        rows[1]
    );
    let failed = MessageState::Failed(Failure {
        code: "no".to_owned(),
        message: "No.".to_owned(),
    });
    store.set_message_state(rows[0], &failed).unwrap();
    assert_eq!(
        store
            .message(MessageKey::from_bytes([1; 16]))
            .unwrap()
            .unwrap()
            .state,
        failed
    );
}

#[test]
fn where_an_epoch_began_is_kept_however_long_it_lasts() {
    let store = in_memory();
    for sequence in [3, 4, 5, 9000] {
        store
            .add_running_hash(CONVERSATION, Sequence(sequence), &[7; 32])
            .unwrap();
    }
    assert_eq!(store.running_hash(CONVERSATION, Sequence(4)).unwrap(), None);
    assert_eq!(store.first_running_hash(CONVERSATION).unwrap(), Some(Sequence(3)));
    store.forget_running_hashes(CONVERSATION, Sequence(9000)).unwrap();
    assert_eq!(
        store.first_running_hash(CONVERSATION).unwrap(),
        Some(Sequence(9000))
    );
}

#[test]
fn running_hashes_and_counters_are_of_one_epoch_and_notices_stay() {
    let store = in_memory();
    for sequence in 2..6 {
        store
            .add_running_hash(CONVERSATION, Sequence(sequence), &[7; 32])
            .unwrap();
    }
    store.forget_running_hashes(CONVERSATION, Sequence(4)).unwrap();
    assert_eq!(store.running_hash(CONVERSATION, Sequence(3)).unwrap(), None);
    assert_eq!(
        store.running_hash(CONVERSATION, Sequence(4)).unwrap(),
        Some([7; 32])
    );
    let device = DeviceId::from_bytes([8; 16]);
    assert_eq!(store.peer_counter(CONVERSATION, device).unwrap(), None);
    store.save_peer_counter(CONVERSATION, device, Counter(3)).unwrap();
    assert_eq!(
        store.peer_counter(CONVERSATION, device).unwrap(),
        Some(Counter(3))
    );
    for (kind, sequence) in [
        (NoticeKind::LostMessages, 2),
        (NoticeKind::KeyChanged, 3),
        (NoticeKind::LostMessages, 4),
    ] {
        let notice = Notice {
            kind,
            sequence: Sequence(sequence),
            noticed_at: Timestamp::default(),
        };
        store.add_notice(CONVERSATION, notice).unwrap();
    }
    let notices: Vec<_> = store
        .notices(CONVERSATION)
        .unwrap()
        .iter()
        .map(|n| (n.kind, n.sequence.0))
        .collect();
    assert_eq!(
        notices,
        [(NoticeKind::KeyChanged, 3), (NoticeKind::LostMessages, 2)]
    );
}

#[test]
fn group_state_is_part_of_the_transaction() {
    let store = in_memory();
    let state = MlsState::new(Rc::clone(&store));
    let failed: Result<(), StoreError> = store.transaction(|| {
        state.write(b"group", b"secret").unwrap();
        assert_eq!(
            state.read(b"group").unwrap().as_deref(),
            Some(b"secret".as_slice())
        );
        Err(StoreError::NoSalt)
    });
    assert!(failed.is_err());
    assert_eq!(state.read(b"group").unwrap(), None);
    state.write(b"group", b"1").unwrap();
    state.write(b"group", b"2").unwrap();
    assert_eq!(state.read(b"group").unwrap().as_deref(), Some(b"2".as_slice()));
    state.delete(b"group").unwrap();
    assert_eq!(state.read(b"group").unwrap(), None);
    assert!(state.take_failure().is_none());
}

/// What the index finds for an expression, the newest first.
pub(crate) fn found_in(store: &Store, expression: &str) -> Vec<String> {
    found_by(store, expression, Timestamp::default())
}

/// What the index finds that has not ended by `now`.
pub(crate) fn found_by(store: &Store, expression: &str, now: Timestamp) -> Vec<String> {
    let search = super::search::Search {
        expression: expression.to_owned(),
        from: Timestamp::default(),
        until: Timestamp::from_millis(u64::MAX / 2),
        now,
        limit: 10,
    };
    let newest = store.search_newest(&search).unwrap();
    let mut best: Vec<_> = store.search_best(&search).unwrap();
    best.sort_by_key(|message| std::cmp::Reverse(message.row));
    assert_eq!(newest, best, "both orders find the same");
    newest.into_iter().map(|message| message.text).collect()
}

#[test]
fn a_wiped_store_holds_nothing_of_anybody() {
    let store = in_memory();
    store.add_message(&message(1, "gone")).unwrap();
    MlsState::new(Rc::clone(&store)).write(b"key", b"value").unwrap();
    store.wipe().unwrap();
    let tables: Vec<String> = store
        .rows(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'message_fts%'",
            [],
            |row| Ok(row.get(0)?),
        )
        .unwrap();
    assert!(tables.len() > 8);
    for table in tables.iter().filter(|table| *table != "setting") {
        let count: i64 = store
            .connection
            .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))
            .unwrap();
        assert_eq!(count, 0, "{table}");
    }
    assert!(found_in(&store, "gone").is_empty());
}

#[test]
fn a_full_disk_is_named_and_undoes_the_step() {
    let store = in_memory();
    let pages: i64 = store
        .row("PRAGMA page_count", [], |row| Ok(row.get::<_, i64>(0)?))
        .unwrap()
        .unwrap();
    store
        .connection
        .execute_batch(&format!("PRAGMA max_page_count = {pages}"))
        .unwrap();
    let full: Result<(), StoreError> = store.transaction(|| {
        store.add_message(&message(1, "small"))?;
        store.add_message(&message(2, &"large ".repeat(20_000)))?;
        Ok(())
    });
    assert!(matches!(full, Err(StoreError::Full(_))));
    assert!(texts(&store).is_empty());
    store
        .connection
        .execute_batch("PRAGMA max_page_count = 1000000")
        .unwrap();
    store.add_message(&message(1, "there is room again")).unwrap();
    assert_eq!(texts(&store), ["there is room again"]);
}
