//! The logs in SQLite: appending, reading, acknowledging.

use super::SqliteStore;
use super::remembered::Moment;
use super::sweep::cut;
use crate::store::StoreError;
use crate::store::column::{Column, entry_kind, integer, milliseconds};
use crate::store::conversation::{DeviceAcknowledge, NewMessage, PAGE_PAYLOAD_BYTES, Refusal, Stamp, Stored};
use crate::store::ledger::{Last, Leaf, Ledger, Seat, Standing};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::sync::Arc;
use std::time::Duration;
use undertone_wire::conversation::{ConversationHead, EntryKind, LogEntry, LogPage};
use undertone_wire::limits::LOG_PAGE_MAX;
use undertone_wire::stream::FetchLog;
use undertone_wire::{Bytes, ConversationId, Counter, DeviceId, Epoch, Sequence, Timestamp};

const SELECT_CONVERSATION: &str = "
    select epoch, head, slow_mode_ms, retention_ms, ends_at from conversation where conversation_id = ?1";
const SELECT_MEMBER: &str = "
    select last_counter, last_kind, last_sequence, last_sent_at, user_id, role
    from member where conversation_id = ?1 and device_id = ?2";
const SELECT_WRITING: &str = "
    select max(last_message_at) from member where conversation_id = ?1 and user_id = ?2";
const INSERT_ENTRY: &str = "
    insert into log_entry (conversation_id, sequence, kind, epoch, sender_device_id, counter, sent_at,
        payload, franking_mac, expires_at)
    values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
const UPDATE_HEAD: &str = "update conversation set head = ?2 where conversation_id = ?1";
const UPDATE_LAST: &str = "
    update member set last_counter = ?3, last_kind = ?4, last_sequence = ?5, last_sent_at = ?6,
        last_message_at = case when ?4 = 2 then ?6 else last_message_at end
    where conversation_id = ?1 and device_id = ?2";
const SELECT_VIEW: &str = "
    select conversation.head, max(conversation.first_kept, member.start + 1), member.start
    from member join conversation using (conversation_id)
    where member.conversation_id = ?1 and member.device_id = ?2";
const SELECT_PAGE: &str = "
    select sequence, kind, epoch, sender_device_id, counter, sent_at, payload, franking_mac
    from log_entry where conversation_id = ?1 and sequence > ?2 order by sequence limit ?3";
const SELECT_HEADS: &str = "
    select conversation_id, conversation.head, max(conversation.first_kept, member.start + 1),
        member.cursor, conversation.epoch, member.last_counter
    from member join conversation using (conversation_id) where member.device_id = ?1";
const UPDATE_CURSOR: &str = "
    update member set cursor = min(?3, (select head from conversation where conversation_id = ?1))
    where conversation_id = ?1 and device_id = ?2 and cursor < ?3";
const SELECT_SLOWEST: &str = "
    select min(cursor), (select first_kept from conversation where conversation_id = ?1)
    from member where conversation_id = ?1";

#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[
    SELECT_CONVERSATION,
    SELECT_MEMBER,
    SELECT_WRITING,
    INSERT_ENTRY,
    UPDATE_HEAD,
    UPDATE_LAST,
    SELECT_VIEW,
    SELECT_PAGE,
    SELECT_HEADS,
    UPDATE_CURSOR,
    SELECT_SLOWEST,
];

impl SqliteStore {
    pub(in crate::store) async fn append_messages(
        &self,
        messages: Vec<NewMessage>,
        stamp: Stamp,
    ) -> Result<Vec<Result<Stored, Refusal>>, StoreError> {
        let (remembered, undone) = (Arc::clone(&self.remembered), self.writer.undone().clone());
        let work = move |connection: &Connection| {
            let now = Moment::now(connection, &undone)?;
            let mut ledger = remembered.lend(now);
            let outcomes = append(connection, &mut ledger, messages, &stamp)?;
            remembered.keep(ledger, now);
            Ok(outcomes)
        };
        self.writer.write(work).await
    }

    pub(in crate::store) async fn log_page(
        &self,
        device: DeviceId,
        fetch: FetchLog,
    ) -> Result<Result<LogPage, Refusal>, StoreError> {
        self.read(move |connection| page(connection, device, &fetch))
            .await
    }

    pub(in crate::store) async fn heads(
        &self,
        device: DeviceId,
    ) -> Result<Vec<ConversationHead>, StoreError> {
        self.read(move |connection| select_heads(connection, device))
            .await
    }

    pub(in crate::store) async fn acknowledge(
        &self,
        acknowledged: Vec<DeviceAcknowledge>,
    ) -> Result<(), StoreError> {
        // Cursors and what is cut off are nothing that a message is judged by: nothing is forgotten.
        let work = move |connection: &Connection| {
            acknowledged
                .iter()
                .try_for_each(|acknowledge| move_cursor(connection, acknowledge))
        };
        self.writer.write(work).await
    }
}

fn append(
    connection: &Connection,
    ledger: &mut Ledger,
    messages: Vec<NewMessage>,
    stamp: &Stamp,
) -> Result<Vec<Result<Stored, Refusal>>, StoreError> {
    let mut outcomes = Vec::with_capacity(messages.len());
    for message in messages {
        take_up(connection, ledger, (message.conversation, message.sender))?;
        let expires_at = ledger.expires_at(&message, stamp.now);
        let outcome = ledger.append(message, stamp);
        if let Ok(Stored::New(entry)) = &outcome {
            insert_entry(connection, entry, expires_at)?;
        }
        outcomes.push(outcome);
    }
    write_back(connection, ledger)?;
    Ok(outcomes)
}

/// Takes up what the ledger needs to judge a device in a conversation.
pub(super) fn take_up(connection: &Connection, ledger: &mut Ledger, leaf: Leaf) -> Result<(), StoreError> {
    if ledger.epoch(&leaf.0).is_none()
        && let Some(standing) = conversation_row(connection, leaf.0)?
    {
        ledger.know_conversation(leaf.0, standing);
    }
    if !ledger.knows_member(&leaf)
        && let Some(seat) = member_row(connection, leaf)?
    {
        ledger.know_member(leaf, seat);
        if let Some(user) = ledger.counts_writing(&leaf) {
            let wrote = connection
                .prepare_cached(SELECT_WRITING)?
                .query_row(params![leaf.0.as_bytes(), user.as_bytes()], |row| row.get(0))?;
            ledger.know_writing(leaf.0, user, Column("member", "last_message_at").time(wrote)?);
        }
    }
    Ok(())
}

fn conversation_row(
    connection: &Connection,
    conversation: ConversationId,
) -> Result<Option<Standing>, StoreError> {
    let mut statement = connection.prepare_cached(SELECT_CONVERSATION)?;
    let mut rows = statement.query(params![conversation.as_bytes()])?;
    rows.next()?.map(standing_of).transpose()
}

fn standing_of(row: &Row<'_>) -> Result<Standing, StoreError> {
    let column = |name| Column("conversation", name);
    let retention: Option<i64> = row.get(3)?;
    let ends_at: Option<i64> = row.get(4)?;
    Ok(Standing {
        epoch: Epoch(column("epoch").number(row.get(0)?)?),
        head: Sequence(column("head").number(row.get(1)?)?),
        slow_mode: Duration::from_millis(column("slow_mode_ms").number(row.get(2)?)?),
        retention: retention
            .map(|ms| column("retention_ms").number(ms).map(Duration::from_millis))
            .transpose()?,
        ends_at: ends_at.map(|at| column("ends_at").time(at)).transpose()?,
    })
}

fn member_row(connection: &Connection, leaf: Leaf) -> Result<Option<Seat>, StoreError> {
    let mut statement = connection.prepare_cached(SELECT_MEMBER)?;
    let mut rows = statement.query(params![leaf.0.as_bytes(), leaf.1.as_bytes()])?;
    rows.next()?.map(seat_of).transpose()
}

fn seat_of(row: &Row<'_>) -> Result<Seat, StoreError> {
    let column = |name| Column("member", name);
    let kind: i64 = row.get(1)?;
    let last = Last {
        counter: Counter(column("last_counter").number(row.get(0)?)?),
        // 0 goes with a counter of 0: nothing was sent yet.
        kind: if kind == 0 {
            EntryKind::Message
        } else {
            column("last_kind").entry_kind(kind)?
        },
        sequence: Sequence(column("last_sequence").number(row.get(2)?)?),
        sent_at: column("last_sent_at").time(row.get(3)?)?,
    };
    Ok(Seat {
        user: column("user_id").id(&row.get::<_, Vec<u8>>(4)?)?,
        role: column("role").role(row.get(5)?)?,
        last,
    })
}

pub(super) fn insert_entry(
    connection: &Connection,
    entry: &LogEntry,
    expires_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    connection.prepare_cached(INSERT_ENTRY)?.execute(params![
        entry.conversation.as_bytes(),
        integer(entry.sequence.0),
        entry_kind(entry.kind),
        integer(entry.epoch.0),
        entry.sender.as_bytes(),
        integer(entry.counter.0),
        milliseconds(entry.sent_at),
        entry.payload.as_slice(),
        entry.franking_mac.as_slice(),
        expires_at.map(milliseconds),
    ])?;
    Ok(())
}

/// Stores the heads and counters that the ledger changed.
pub(super) fn write_back(connection: &Connection, ledger: &Ledger) -> Result<(), StoreError> {
    for (conversation, head) in ledger.changed_heads() {
        connection
            .prepare_cached(UPDATE_HEAD)?
            .execute(params![conversation.as_bytes(), integer(head.0)])?;
    }
    for ((conversation, device), last) in ledger.changed_members() {
        connection.prepare_cached(UPDATE_LAST)?.execute(params![
            conversation.as_bytes(),
            device.as_bytes(),
            integer(last.counter.0),
            entry_kind(last.kind),
            integer(last.sequence.0),
            milliseconds(last.sent_at),
        ])?;
    }
    Ok(())
}

fn page(
    connection: &Connection,
    device: DeviceId,
    fetch: &FetchLog,
) -> Result<Result<LogPage, Refusal>, StoreError> {
    let conversation = fetch.conversation;
    let view = connection
        .prepare_cached(SELECT_VIEW)?
        .query_row(params![conversation.as_bytes(), device.as_bytes()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get::<_, i64>(2)?))
        })
        .optional()?;
    let Some((head, first_kept, start)) = view else {
        return Ok(Err(Refusal::NotMember));
    };
    let after = integer(fetch.after.0).max(start);
    let mut statement = connection.prepare_cached(SELECT_PAGE)?;
    let limit = fetch.limit.clamp(1, LOG_PAGE_MAX);
    let mut rows = statement.query(params![conversation.as_bytes(), after, limit])?;
    let (mut entries, mut size) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let entry = entry_of(row, conversation)?;
        size += entry.payload.len();
        if size > PAGE_PAYLOAD_BYTES && !entries.is_empty() {
            break;
        }
        entries.push(entry);
    }
    Ok(Ok(LogPage {
        conversation,
        entries,
        head: Sequence(Column("conversation", "head").number(head)?),
        first_kept: Sequence(Column("conversation", "first_kept").number(first_kept)?),
    }))
}

pub(super) fn entry_of(row: &Row<'_>, conversation: ConversationId) -> Result<LogEntry, StoreError> {
    let column = |name| Column("log_entry", name);
    Ok(LogEntry {
        conversation,
        sequence: Sequence(column("sequence").number(row.get(0)?)?),
        kind: column("kind").entry_kind(row.get(1)?)?,
        epoch: Epoch(column("epoch").number(row.get(2)?)?),
        sender: column("sender_device_id").id(&row.get::<_, Vec<u8>>(3)?)?,
        counter: Counter(column("counter").number(row.get(4)?)?),
        sent_at: column("sent_at").time(row.get(5)?)?,
        payload: Bytes(row.get(6)?),
        franking_mac: Bytes(row.get(7)?),
    })
}

pub(super) fn select_heads(
    connection: &Connection,
    device: DeviceId,
) -> Result<Vec<ConversationHead>, StoreError> {
    let mut statement = connection.prepare_cached(SELECT_HEADS)?;
    let mut rows = statement.query(params![device.as_bytes()])?;
    let mut heads = Vec::new();
    while let Some(row) = rows.next()? {
        heads.push(head_of(row)?);
    }
    Ok(heads)
}

pub(super) fn head_of(row: &Row<'_>) -> Result<ConversationHead, StoreError> {
    Ok(ConversationHead {
        conversation: Column("member", "conversation_id").id(&row.get::<_, Vec<u8>>(0)?)?,
        head: Sequence(Column("conversation", "head").number(row.get(1)?)?),
        first_kept: Sequence(Column("conversation", "first_kept").number(row.get(2)?)?),
        cursor: Sequence(Column("member", "cursor").number(row.get(3)?)?),
        epoch: Epoch(Column("conversation", "epoch").number(row.get(4)?)?),
        counter: Counter(Column("member", "last_counter").number(row.get(5)?)?),
    })
}

fn move_cursor(connection: &Connection, acknowledge: &DeviceAcknowledge) -> Result<(), StoreError> {
    let conversation = acknowledge.up_to.conversation.as_bytes();
    let moved = connection.prepare_cached(UPDATE_CURSOR)?.execute(params![
        conversation,
        acknowledge.device.as_bytes(),
        integer(acknowledge.up_to.sequence.0)
    ])?;
    if moved == 0 {
        return Ok(());
    }
    let (slowest, first_kept) = connection
        .prepare_cached(SELECT_SLOWEST)?
        .query_row(params![conversation], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        })?;
    if slowest < first_kept {
        return Ok(());
    }
    cut(connection, conversation, slowest.saturating_add(1)).map(|_| ())
}
