//! The logs in SQLite: appending, reading, acknowledging, forgetting.

use super::SqliteStore;
use crate::store::StoreError;
use crate::store::column::{Column, entry_kind, integer, milliseconds};
use crate::store::conversation::{
    DeviceAcknowledge, NewMessage, PAGE_PAYLOAD_BYTES, Refusal, Stamp, Stored, Swept,
};
use crate::store::ledger::{Last, Leaf, Ledger, Standing};
use rusqlite::{Connection, OptionalExtension, Row, params};
use undertone_wire::conversation::{ConversationHead, EntryKind, LogEntry, LogPage};
use undertone_wire::limits::{LOG_PAGE_MAX, RETENTION_CEILING};
use undertone_wire::stream::FetchLog;
use undertone_wire::{Bytes, ConversationId, Counter, DeviceId, Epoch, Sequence, Timestamp};

const SELECT_CONVERSATION: &str = "select epoch, head from conversation where conversation_id = ?1";
const SELECT_MEMBER: &str = "
    select last_counter, last_kind, last_sequence, last_sent_at
    from member where conversation_id = ?1 and device_id = ?2";
const INSERT_ENTRY: &str = "
    insert into log_entry (conversation_id, sequence, kind, epoch, sender_device_id, counter, sent_at,
        payload, franking_mac)
    values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
const UPDATE_HEAD: &str = "update conversation set head = ?2 where conversation_id = ?1";
const UPDATE_LAST: &str = "
    update member set last_counter = ?3, last_kind = ?4, last_sequence = ?5, last_sent_at = ?6
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
        member.cursor, conversation.epoch
    from member join conversation using (conversation_id) where member.device_id = ?1";
const UPDATE_CURSOR: &str = "
    update member set cursor = min(?3, (select head from conversation where conversation_id = ?1))
    where conversation_id = ?1 and device_id = ?2 and cursor < ?3";
const SELECT_SLOWEST: &str = "
    select min(cursor), (select first_kept from conversation where conversation_id = ?1)
    from member where conversation_id = ?1";
const DELETE_ENTRIES: &str = "delete from log_entry where conversation_id = ?1 and sequence < ?2";
const UPDATE_FIRST_KEPT: &str = "
    update conversation set first_kept = ?2 where conversation_id = ?1 and first_kept < ?2";
const SELECT_EXPIRED: &str = "
    select log_entry.conversation_id, max(log_entry.sequence) + 1
    from log_entry join conversation using (conversation_id)
    where log_entry.sent_at < ?1 - min(coalesce(conversation.retention_ms, ?2), ?2)
    group by log_entry.conversation_id";
const DELETE_OLD_WELCOMES: &str = "delete from welcome where sent_at < ?1 - ?2";
const DELETE_EXPIRED_KEY_PACKAGES: &str = "delete from key_package where expires_at <= ?1";
const DELETE_EXPIRED_USED: &str = "delete from used_key_package where expires_at <= ?1";

#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[
    SELECT_CONVERSATION,
    SELECT_MEMBER,
    INSERT_ENTRY,
    UPDATE_HEAD,
    UPDATE_LAST,
    SELECT_VIEW,
    SELECT_PAGE,
    SELECT_HEADS,
    UPDATE_CURSOR,
    SELECT_SLOWEST,
    DELETE_ENTRIES,
    UPDATE_FIRST_KEPT,
    SELECT_EXPIRED,
    DELETE_OLD_WELCOMES,
    DELETE_EXPIRED_KEY_PACKAGES,
    DELETE_EXPIRED_USED,
];

impl SqliteStore {
    pub(in crate::store) async fn append_messages(
        &self,
        messages: Vec<NewMessage>,
        stamp: Stamp,
    ) -> Result<Vec<Result<Stored, Refusal>>, StoreError> {
        self.write(move |connection| append(connection, messages, &stamp))
            .await
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
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(SELECT_HEADS)?;
            let mut rows = statement.query(params![device.as_bytes()])?;
            let mut heads = Vec::new();
            while let Some(row) = rows.next()? {
                heads.push(head_of(row)?);
            }
            Ok(heads)
        })
        .await
    }

    pub(in crate::store) async fn acknowledge(
        &self,
        acknowledged: Vec<DeviceAcknowledge>,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            acknowledged
                .iter()
                .try_for_each(|acknowledge| move_cursor(connection, acknowledge))
        })
        .await
    }

    pub(in crate::store) async fn sweep(&self, now: Timestamp) -> Result<Swept, StoreError> {
        self.write(move |connection| forget(connection, now)).await
    }
}

fn append(
    connection: &Connection,
    messages: Vec<NewMessage>,
    stamp: &Stamp,
) -> Result<Vec<Result<Stored, Refusal>>, StoreError> {
    let mut ledger = Ledger::default();
    let mut outcomes = Vec::with_capacity(messages.len());
    for message in messages {
        let leaf = (message.conversation, message.sender);
        if !ledger.knows_member(&leaf)
            && let Some(last) = member_row(connection, leaf)?
        {
            ledger.know_member(leaf, last);
        }
        if ledger.epoch(&leaf.0).is_none()
            && let Some(standing) = conversation_row(connection, leaf.0)?
        {
            ledger.know_conversation(leaf.0, standing);
        }
        let outcome = ledger.append(message, stamp);
        if let Ok(Stored::New(entry)) = &outcome {
            insert_entry(connection, entry)?;
        }
        outcomes.push(outcome);
    }
    write_back(connection, &ledger)?;
    Ok(outcomes)
}

/// The row of a conversation, as the ledger wants it.
pub(super) fn conversation_row(
    connection: &Connection,
    conversation: ConversationId,
) -> Result<Option<Standing>, StoreError> {
    let found = connection
        .prepare_cached(SELECT_CONVERSATION)?
        .query_row(params![conversation.as_bytes()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let Some((epoch, head)) = found else {
        return Ok(None);
    };
    Ok(Some(Standing {
        epoch: Epoch(Column("conversation", "epoch").number(epoch)?),
        head: Sequence(Column("conversation", "head").number(head)?),
    }))
}

/// The row of a member device, as the ledger wants it.
pub(super) fn member_row(connection: &Connection, leaf: Leaf) -> Result<Option<Last>, StoreError> {
    let found = connection
        .prepare_cached(SELECT_MEMBER)?
        .query_row(params![leaf.0.as_bytes(), leaf.1.as_bytes()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()?;
    let Some((counter, kind, sequence, sent_at)) = found else {
        return Ok(None);
    };
    Ok(Some(Last {
        counter: Counter(Column("member", "last_counter").number(counter)?),
        // 0 goes with a counter of 0: nothing was sent yet.
        kind: if kind == 0 {
            EntryKind::Message
        } else {
            Column("member", "last_kind").entry_kind(kind)?
        },
        sequence: Sequence(Column("member", "last_sequence").number(sequence)?),
        sent_at: Column("member", "last_sent_at").time(sent_at)?,
    }))
}

pub(super) fn insert_entry(connection: &Connection, entry: &LogEntry) -> Result<(), StoreError> {
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

fn entry_of(row: &Row<'_>, conversation: ConversationId) -> Result<LogEntry, StoreError> {
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

fn head_of(row: &Row<'_>) -> Result<ConversationHead, StoreError> {
    Ok(ConversationHead {
        conversation: Column("member", "conversation_id").id(&row.get::<_, Vec<u8>>(0)?)?,
        head: Sequence(Column("conversation", "head").number(row.get(1)?)?),
        first_kept: Sequence(Column("conversation", "first_kept").number(row.get(2)?)?),
        cursor: Sequence(Column("member", "cursor").number(row.get(3)?)?),
        epoch: Epoch(Column("conversation", "epoch").number(row.get(4)?)?),
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

/// Deletes the entries before `first_kept`.
fn cut(connection: &Connection, conversation: &[u8], first_kept: i64) -> Result<usize, StoreError> {
    let deleted = connection
        .prepare_cached(DELETE_ENTRIES)?
        .execute(params![conversation, first_kept])?;
    connection
        .prepare_cached(UPDATE_FIRST_KEPT)?
        .execute(params![conversation, first_kept])?;
    Ok(deleted)
}

fn forget(connection: &Connection, now: Timestamp) -> Result<Swept, StoreError> {
    let now = milliseconds(now);
    let ceiling = i64::try_from(RETENTION_CEILING.as_millis()).unwrap_or(i64::MAX);
    let expired = {
        let mut statement = connection.prepare_cached(SELECT_EXPIRED)?;
        let rows = statement.query_map(params![now, ceiling], |row| {
            Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, i64>(1)?))
        })?;
        rows.collect::<Result<Vec<_>, _>>()?
    };
    let mut swept = Swept::default();
    for (conversation, first_kept) in expired {
        swept.entries += count(cut(connection, &conversation, first_kept)?);
    }
    swept.welcomes = count(
        connection
            .prepare_cached(DELETE_OLD_WELCOMES)?
            .execute(params![now, ceiling])?,
    );
    connection
        .prepare_cached(DELETE_EXPIRED_KEY_PACKAGES)?
        .execute(params![now])?;
    swept.key_packages = count(
        connection
            .prepare_cached(DELETE_EXPIRED_USED)?
            .execute(params![now])?,
    );
    Ok(swept)
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}
