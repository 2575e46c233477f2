//! The logs in PostgreSQL: appending, reading, acknowledging, forgetting. Whoever changes something of
//! a conversation locks its row first, several in order of their ids, so that nobody deadlocks.

use super::{PostgresStore, Transaction, in_transaction};
use crate::store::StoreError;
use crate::store::column::{Column, entry_kind, integer, milliseconds};
use crate::store::conversation::{
    DeviceAcknowledge, NewMessage, PAGE_PAYLOAD_BYTES, Refusal, Stamp, Stored, Swept,
};
use crate::store::ledger::{Last, Leaf, Ledger, Standing};
use tokio_postgres::Row;
use undertone_wire::conversation::{ConversationHead, EntryKind, LogEntry, LogPage};
use undertone_wire::limits::{LOG_PAGE_MAX, RETENTION_CEILING};
use undertone_wire::stream::FetchLog;
use undertone_wire::{Bytes, Counter, DeviceId, Epoch, Sequence, Timestamp};

const LOCK_CONVERSATIONS: &str = "
    select conversation_id, epoch, head from conversation
    where conversation_id = any($1) order by conversation_id for update";
const SELECT_MEMBERS: &str = "
    select conversation_id, device_id, last_counter, last_kind, last_sequence, last_sent_at
    from member where (conversation_id, device_id) in (select * from unnest($1::bytea[], $2::bytea[]))";
const INSERT_ENTRIES: &str = "
    insert into log_entry (conversation_id, sequence, kind, epoch, sender_device_id, counter, sent_at,
        payload, franking_mac)
    select * from unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[],
        $6::bigint[], $7::bigint[], $8::bytea[], $9::bytea[])";
const UPDATE_HEADS: &str = "
    update conversation set head = new.head
    from (select * from unnest($1::bytea[], $2::bigint[]) as new (conversation_id, head)) as new
    where conversation.conversation_id = new.conversation_id";
const UPDATE_LASTS: &str = "
    update member set last_counter = new.counter, last_kind = new.kind, last_sequence = new.sequence,
        last_sent_at = new.sent_at
    from (select * from unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bigint[],
        $6::bigint[]) as new (conversation_id, device_id, counter, kind, sequence, sent_at)) as new
    where member.conversation_id = new.conversation_id and member.device_id = new.device_id";
const SELECT_VIEW: &str = "
    select conversation.head, greatest(conversation.first_kept, member.start + 1), member.start
    from member join conversation using (conversation_id)
    where member.conversation_id = $1 and member.device_id = $2";
const SELECT_PAGE: &str = "
    select sequence, kind, epoch, sender_device_id, counter, sent_at, payload, franking_mac from (
        select *, sum(octet_length(payload)) over (order by sequence) as size, min(sequence) over () as first
        from log_entry where conversation_id = $1 and sequence > $2 order by sequence limit $3) as page
    where size <= $4 or sequence = first order by sequence";
const SELECT_HEADS: &str = "
    select conversation_id, conversation.head, greatest(conversation.first_kept, member.start + 1),
        member.cursor, conversation.epoch
    from member join conversation using (conversation_id) where member.device_id = $1";
const UPDATE_CURSORS: &str = "
    update member set cursor = least(new.sequence, conversation.head)
    from (select conversation_id, device_id, max(sequence) as sequence
        from unnest($1::bytea[], $2::bytea[], $3::bigint[]) as new (conversation_id, device_id, sequence)
        group by conversation_id, device_id) as new, conversation
    where member.conversation_id = new.conversation_id and member.device_id = new.device_id
        and conversation.conversation_id = new.conversation_id and member.cursor < new.sequence";
const SELECT_DELIVERED: &str = "
    select conversation_id, slowest + 1 from (
        select conversation_id, first_kept, (select min(cursor) from member
            where member.conversation_id = conversation.conversation_id) as slowest
        from conversation where conversation_id = any($1)) as delivered
    where slowest >= first_kept";
const DELETE_ENTRIES: &str = "
    delete from log_entry using unnest($1::bytea[], $2::bigint[]) as new (conversation_id, first_kept)
    where log_entry.conversation_id = new.conversation_id and log_entry.sequence < new.first_kept";
const UPDATE_FIRST_KEPT: &str = "
    update conversation set first_kept = new.first_kept
    from (select * from unnest($1::bytea[], $2::bigint[]) as new (conversation_id, first_kept)) as new
    where conversation.conversation_id = new.conversation_id
        and conversation.first_kept < new.first_kept";
const SELECT_EXPIRED: &str = "
    select log_entry.conversation_id, max(log_entry.sequence) + 1
    from log_entry join conversation using (conversation_id)
    where log_entry.sent_at < $1::bigint - least(conversation.retention_ms, $2::bigint)
    group by log_entry.conversation_id";
const DELETE_OLD_WELCOMES: &str = "delete from welcome where sent_at < $1::bigint - $2::bigint";
const DELETE_EXPIRED_KEY_PACKAGES: &str = "delete from key_package where expires_at <= $1";
const DELETE_EXPIRED_USED: &str = "delete from used_key_package where expires_at <= $1";

#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[
    LOCK_CONVERSATIONS,
    SELECT_MEMBERS,
    INSERT_ENTRIES,
    UPDATE_HEADS,
    UPDATE_LASTS,
    SELECT_VIEW,
    SELECT_PAGE,
    SELECT_HEADS,
    UPDATE_CURSORS,
    SELECT_DELIVERED,
    DELETE_ENTRIES,
    UPDATE_FIRST_KEPT,
    SELECT_EXPIRED,
    DELETE_OLD_WELCOMES,
    DELETE_EXPIRED_KEY_PACKAGES,
    DELETE_EXPIRED_USED,
];

impl PostgresStore {
    pub(in crate::store) async fn append_messages(
        &self,
        messages: Vec<NewMessage>,
        stamp: Stamp,
    ) -> Result<Vec<Result<Stored, Refusal>>, StoreError> {
        in_transaction!(self, transaction => append(&transaction, messages.clone(), &stamp))
    }

    pub(in crate::store) async fn log_page(
        &self,
        device: DeviceId,
        fetch: FetchLog,
    ) -> Result<Result<LogPage, Refusal>, StoreError> {
        let client = self.connection().await?;
        let view = client.prepare_cached(SELECT_VIEW).await?;
        let conversation = fetch.conversation;
        let id = conversation.as_bytes().as_slice();
        let Some(row) = client
            .query_opt(&view, &[&id, &device.as_bytes().as_slice()])
            .await?
        else {
            return Ok(Err(Refusal::NotMember));
        };
        let after = integer(fetch.after.0).max(row.try_get(2)?);
        let limit = i64::from(fetch.limit.clamp(1, LOG_PAGE_MAX));
        let page = client.prepare_cached(SELECT_PAGE).await?;
        let rows = client
            .query(&page, &[&id, &after, &limit, &payload_budget()])
            .await?;
        Ok(Ok(LogPage {
            conversation,
            entries: rows
                .iter()
                .map(|row| entry_of(row, &fetch))
                .collect::<Result<_, _>>()?,
            head: Sequence(Column("conversation", "head").number(row.try_get(0)?)?),
            first_kept: Sequence(Column("conversation", "first_kept").number(row.try_get(1)?)?),
        }))
    }

    pub(in crate::store) async fn heads(
        &self,
        device: DeviceId,
    ) -> Result<Vec<ConversationHead>, StoreError> {
        let client = self.connection().await?;
        let statement = client.prepare_cached(SELECT_HEADS).await?;
        let rows = client.query(&statement, &[&device.as_bytes().as_slice()]).await?;
        rows.iter().map(head_of).collect()
    }

    pub(in crate::store) async fn acknowledge(
        &self,
        acknowledged: Vec<DeviceAcknowledge>,
    ) -> Result<(), StoreError> {
        in_transaction!(self, transaction => move_cursors(&transaction, &acknowledged))
    }

    pub(in crate::store) async fn sweep(&self, now: Timestamp) -> Result<Swept, StoreError> {
        in_transaction!(self, transaction => forget(&transaction, now))
    }
}

async fn append(
    transaction: &Transaction<'_>,
    messages: Vec<NewMessage>,
    stamp: &Stamp,
) -> Result<Vec<Result<Stored, Refusal>>, StoreError> {
    let leaves: Vec<Leaf> = messages
        .iter()
        .map(|message| (message.conversation, message.sender))
        .collect();
    let mut ledger = load(transaction, &leaves).await?;
    let outcomes: Vec<_> = messages
        .into_iter()
        .map(|message| ledger.append(message, stamp))
        .collect();
    let entries: Vec<&LogEntry> = outcomes
        .iter()
        .filter_map(|outcome| match outcome {
            Ok(Stored::New(entry)) => Some(entry),
            Ok(Stored::Repeated(_)) | Err(_) => None,
        })
        .collect();
    if !entries.is_empty() {
        insert_entries(transaction, &entries).await?;
        write_back(transaction, &ledger).await?;
    }
    Ok(outcomes)
}

/// Locks the conversations and takes up what the ledger needs to judge these devices.
pub(super) async fn load(transaction: &Transaction<'_>, leaves: &[Leaf]) -> Result<Ledger, StoreError> {
    let conversations: Vec<&[u8]> = leaves.iter().map(|leaf| leaf.0.as_bytes().as_slice()).collect();
    let devices: Vec<&[u8]> = leaves.iter().map(|leaf| leaf.1.as_bytes().as_slice()).collect();
    let mut ledger = Ledger::default();
    let lock = transaction.prepare_cached(LOCK_CONVERSATIONS).await?;
    for row in transaction.query(&lock, &[&conversations]).await? {
        let id = Column("conversation", "conversation_id").id(row.try_get(0)?)?;
        let epoch = Epoch(Column("conversation", "epoch").number(row.try_get(1)?)?);
        let head = Sequence(Column("conversation", "head").number(row.try_get(2)?)?);
        ledger.know_conversation(id, Standing { epoch, head });
    }
    let members = transaction.prepare_cached(SELECT_MEMBERS).await?;
    for row in transaction.query(&members, &[&conversations, &devices]).await? {
        let conversation = Column("member", "conversation_id").id(row.try_get(0)?)?;
        let device = Column("member", "device_id").id(row.try_get(1)?)?;
        ledger.know_member((conversation, device), last_of(&row)?);
    }
    Ok(ledger)
}

fn last_of(row: &Row) -> Result<Last, StoreError> {
    let kind: i64 = row.try_get(3)?;
    Ok(Last {
        counter: Counter(Column("member", "last_counter").number(row.try_get(2)?)?),
        // 0 goes with a counter of 0: nothing was sent yet.
        kind: if kind == 0 {
            EntryKind::Message
        } else {
            Column("member", "last_kind").entry_kind(kind)?
        },
        sequence: Sequence(Column("member", "last_sequence").number(row.try_get(4)?)?),
        sent_at: Column("member", "last_sent_at").time(row.try_get(5)?)?,
    })
}

pub(super) async fn insert_entries(
    transaction: &Transaction<'_>,
    entries: &[&LogEntry],
) -> Result<(), StoreError> {
    fn all<'a, T>(entries: &[&'a LogEntry], part: impl Fn(&'a LogEntry) -> T) -> Vec<T> {
        entries.iter().map(|entry| part(entry)).collect()
    }
    let statement = transaction.prepare_cached(INSERT_ENTRIES).await?;
    transaction
        .execute(
            &statement,
            &[
                &all(entries, |entry| entry.conversation.as_bytes().as_slice()),
                &all(entries, |entry| integer(entry.sequence.0)),
                &all(entries, |entry| entry_kind(entry.kind)),
                &all(entries, |entry| integer(entry.epoch.0)),
                &all(entries, |entry| entry.sender.as_bytes().as_slice()),
                &all(entries, |entry| integer(entry.counter.0)),
                &all(entries, |entry| milliseconds(entry.sent_at)),
                &all(entries, |entry| entry.payload.as_slice()),
                &all(entries, |entry| entry.franking_mac.as_slice()),
            ],
        )
        .await?;
    Ok(())
}

/// Stores the heads and counters that the ledger changed.
pub(super) async fn write_back(transaction: &Transaction<'_>, ledger: &Ledger) -> Result<(), StoreError> {
    let (ids, heads): (Vec<&[u8]>, Vec<i64>) = ledger
        .changed_heads()
        .map(|(id, head)| (id.as_bytes().as_slice(), integer(head.0)))
        .unzip();
    let statement = transaction.prepare_cached(UPDATE_HEADS).await?;
    transaction.execute(&statement, &[&ids, &heads]).await?;

    let changed: Vec<_> = ledger.changed_members().collect();
    let conversations: Vec<&[u8]> = changed
        .iter()
        .map(|(leaf, _)| leaf.0.as_bytes().as_slice())
        .collect();
    let devices: Vec<&[u8]> = changed
        .iter()
        .map(|(leaf, _)| leaf.1.as_bytes().as_slice())
        .collect();
    let counters: Vec<i64> = changed.iter().map(|(_, last)| integer(last.counter.0)).collect();
    let kinds: Vec<i64> = changed.iter().map(|(_, last)| entry_kind(last.kind)).collect();
    let sequences: Vec<i64> = changed.iter().map(|(_, last)| integer(last.sequence.0)).collect();
    let times: Vec<i64> = changed
        .iter()
        .map(|(_, last)| milliseconds(last.sent_at))
        .collect();
    let statement = transaction.prepare_cached(UPDATE_LASTS).await?;
    transaction
        .execute(
            &statement,
            &[&conversations, &devices, &counters, &kinds, &sequences, &times],
        )
        .await?;
    Ok(())
}

fn entry_of(row: &Row, fetch: &FetchLog) -> Result<LogEntry, StoreError> {
    let column = |name| Column("log_entry", name);
    Ok(LogEntry {
        conversation: fetch.conversation,
        sequence: Sequence(column("sequence").number(row.try_get(0)?)?),
        kind: column("kind").entry_kind(row.try_get(1)?)?,
        epoch: Epoch(column("epoch").number(row.try_get(2)?)?),
        sender: column("sender_device_id").id(row.try_get(3)?)?,
        counter: Counter(column("counter").number(row.try_get(4)?)?),
        sent_at: column("sent_at").time(row.try_get(5)?)?,
        payload: Bytes(row.try_get(6)?),
        franking_mac: Bytes(row.try_get(7)?),
    })
}

fn head_of(row: &Row) -> Result<ConversationHead, StoreError> {
    Ok(ConversationHead {
        conversation: Column("member", "conversation_id").id(row.try_get(0)?)?,
        head: Sequence(Column("conversation", "head").number(row.try_get(1)?)?),
        first_kept: Sequence(Column("conversation", "first_kept").number(row.try_get(2)?)?),
        cursor: Sequence(Column("member", "cursor").number(row.try_get(3)?)?),
        epoch: Epoch(Column("conversation", "epoch").number(row.try_get(4)?)?),
    })
}

async fn move_cursors(
    transaction: &Transaction<'_>,
    acknowledged: &[DeviceAcknowledge],
) -> Result<(), StoreError> {
    let conversations: Vec<&[u8]> = acknowledged
        .iter()
        .map(|one| one.up_to.conversation.as_bytes().as_slice())
        .collect();
    let devices: Vec<&[u8]> = acknowledged
        .iter()
        .map(|one| one.device.as_bytes().as_slice())
        .collect();
    let sequences: Vec<i64> = acknowledged
        .iter()
        .map(|one| integer(one.up_to.sequence.0))
        .collect();
    let lock = transaction.prepare_cached(LOCK_CONVERSATIONS).await?;
    transaction.query(&lock, &[&conversations]).await?;
    let update = transaction.prepare_cached(UPDATE_CURSORS).await?;
    transaction
        .execute(&update, &[&conversations, &devices, &sequences])
        .await?;
    let delivered = transaction.prepare_cached(SELECT_DELIVERED).await?;
    let rows = transaction.query(&delivered, &[&conversations]).await?;
    cut(transaction, &rows).await.map(|_| ())
}

/// Deletes the entries before the given ones: rows of conversation and first entry to keep.
async fn cut(transaction: &Transaction<'_>, rows: &[Row]) -> Result<u64, StoreError> {
    if rows.is_empty() {
        return Ok(0);
    }
    let ids = rows
        .iter()
        .map(|row| row.try_get(0))
        .collect::<Result<Vec<&[u8]>, _>>()?;
    let first_kept = rows
        .iter()
        .map(|row| row.try_get(1))
        .collect::<Result<Vec<i64>, _>>()?;
    let delete = transaction.prepare_cached(DELETE_ENTRIES).await?;
    let deleted = transaction.execute(&delete, &[&ids, &first_kept]).await?;
    let update = transaction.prepare_cached(UPDATE_FIRST_KEPT).await?;
    transaction.execute(&update, &[&ids, &first_kept]).await?;
    Ok(deleted)
}

async fn forget(transaction: &Transaction<'_>, now: Timestamp) -> Result<Swept, StoreError> {
    let now = milliseconds(now);
    let ceiling = i64::try_from(RETENTION_CEILING.as_millis()).unwrap_or(i64::MAX);
    let expired = transaction.query(SELECT_EXPIRED, &[&now, &ceiling]).await?;
    let ids = expired
        .iter()
        .map(|row| row.try_get(0))
        .collect::<Result<Vec<&[u8]>, _>>()?;
    transaction.query(LOCK_CONVERSATIONS, &[&ids]).await?;
    let entries = cut(transaction, &expired).await?;
    let welcomes = transaction
        .execute(DELETE_OLD_WELCOMES, &[&now, &ceiling])
        .await?;
    transaction.execute(DELETE_EXPIRED_KEY_PACKAGES, &[&now]).await?;
    let key_packages = transaction.execute(DELETE_EXPIRED_USED, &[&now]).await?;
    Ok(Swept {
        entries,
        welcomes,
        key_packages,
    })
}

fn payload_budget() -> i64 {
    i64::try_from(PAGE_PAYLOAD_BYTES).unwrap_or(i64::MAX)
}
