//! The logs in PostgreSQL: appending, reading, acknowledging. Whoever changes something of
//! a conversation locks its row first, several in order of their ids, so that nobody deadlocks.

use super::sweep::cut;
use super::{PostgresStore, Transaction, in_transaction};
use crate::store::StoreError;
use crate::store::column::{Column, entry_kind, integer, milliseconds};
use crate::store::conversation::{DeviceAcknowledge, NewMessage, PAGE_PAYLOAD_BYTES, Refusal, Stamp, Stored};
use crate::store::ledger::{Last, Leaf, Ledger, Seat, Standing};
use std::time::Duration;
use tokio_postgres::Row;
use undertone_wire::conversation::{ConversationHead, EntryKind, LogEntry, LogPage};
use undertone_wire::limits::LOG_PAGE_MAX;
use undertone_wire::stream::FetchLog;
use undertone_wire::{Bytes, ConversationId, Counter, DeviceId, Epoch, Sequence, Timestamp};

const LOCK_CONVERSATIONS: &str = "
    select conversation_id, epoch, head, slow_mode_ms, retention_ms, ends_at from conversation
    where conversation_id = any($1) order by conversation_id for update";
// When the user wrote last is looked for only where it counts: in slow mode, below admin.
const SELECT_MEMBERS: &str = "
    select member.conversation_id, device_id, last_counter, last_kind, last_sequence, last_sent_at,
        user_id, role, case when slow_mode_ms > 0 and role < 2 then (
            select max(own.last_message_at) from member as own
            where own.conversation_id = member.conversation_id and own.user_id = member.user_id) end
    from member join conversation using (conversation_id)
    where (member.conversation_id, device_id) in (select * from unnest($1::bytea[], $2::bytea[]))";
const INSERT_ENTRIES: &str = "
    insert into log_entry (conversation_id, sequence, kind, epoch, sender_device_id, counter, sent_at,
        payload, franking_mac, expires_at)
    select * from unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[],
        $6::bigint[], $7::bigint[], $8::bytea[], $9::bytea[], $10::bigint[])";
const UPDATE_HEADS: &str = "
    update conversation set head = new.head
    from (select * from unnest($1::bytea[], $2::bigint[]) as new (conversation_id, head)) as new
    where conversation.conversation_id = new.conversation_id";
const UPDATE_LASTS: &str = "
    update member set last_counter = new.counter, last_kind = new.kind, last_sequence = new.sequence,
        last_sent_at = new.sent_at,
        last_message_at = case when new.kind = 2 then new.sent_at else last_message_at end
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
        member.cursor, conversation.epoch, member.last_counter
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
                .map(|row| entry_of(row, conversation))
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
    let mut outcomes = Vec::with_capacity(messages.len());
    let mut expiries = Vec::new();
    for message in messages {
        let expires_at = ledger.expires_at(&message, stamp.now);
        let outcome = ledger.append(message, stamp);
        if let Ok(Stored::New(_)) = &outcome {
            expiries.push(expires_at);
        }
        outcomes.push(outcome);
    }
    let new = outcomes.iter().filter_map(|outcome| match outcome {
        Ok(Stored::New(entry)) => Some(entry),
        Ok(Stored::Repeated(_)) | Err(_) => None,
    });
    let entries: Vec<_> = new.zip(expiries).collect();
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
        ledger.know_conversation(id, standing_of(&row)?);
    }
    let members = transaction.prepare_cached(SELECT_MEMBERS).await?;
    for row in transaction.query(&members, &[&conversations, &devices]).await? {
        let conversation = Column("member", "conversation_id").id(row.try_get(0)?)?;
        let device = Column("member", "device_id").id(row.try_get(1)?)?;
        let seat = seat_of(&row)?;
        ledger.know_member((conversation, device), seat);
        if let Some(wrote) = row.try_get::<_, Option<i64>>(8)? {
            let at = Column("member", "last_message_at").time(wrote)?;
            ledger.know_writing(conversation, seat.user, at);
        }
    }
    Ok(ledger)
}

fn standing_of(row: &Row) -> Result<Standing, StoreError> {
    let column = |name| Column("conversation", name);
    let retention: Option<i64> = row.try_get(4)?;
    let ends_at: Option<i64> = row.try_get(5)?;
    Ok(Standing {
        epoch: Epoch(column("epoch").number(row.try_get(1)?)?),
        head: Sequence(column("head").number(row.try_get(2)?)?),
        slow_mode: Duration::from_millis(column("slow_mode_ms").number(row.try_get(3)?)?),
        retention: retention
            .map(|ms| column("retention_ms").number(ms).map(Duration::from_millis))
            .transpose()?,
        ends_at: ends_at.map(|at| column("ends_at").time(at)).transpose()?,
    })
}

fn seat_of(row: &Row) -> Result<Seat, StoreError> {
    Ok(Seat {
        user: Column("member", "user_id").id(row.try_get(6)?)?,
        role: Column("member", "role").role(row.try_get(7)?)?,
        last: last_of(row)?,
    })
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
    entries: &[(&LogEntry, Option<Timestamp>)],
) -> Result<(), StoreError> {
    type Entry<'a> = (&'a LogEntry, Option<Timestamp>);
    fn all<'a, T>(entries: &[Entry<'a>], part: impl Fn(&'a LogEntry) -> T) -> Vec<T> {
        entries.iter().map(|(entry, _)| part(entry)).collect()
    }
    let expiries: Vec<_> = entries
        .iter()
        .map(|(_, expires_at)| expires_at.map(milliseconds))
        .collect();
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
                &expiries,
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

pub(super) fn entry_of(row: &Row, conversation: ConversationId) -> Result<LogEntry, StoreError> {
    let column = |name| Column("log_entry", name);
    Ok(LogEntry {
        conversation,
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

pub(super) fn head_of(row: &Row) -> Result<ConversationHead, StoreError> {
    Ok(ConversationHead {
        conversation: Column("member", "conversation_id").id(row.try_get(0)?)?,
        head: Sequence(Column("conversation", "head").number(row.try_get(1)?)?),
        first_kept: Sequence(Column("conversation", "first_kept").number(row.try_get(2)?)?),
        cursor: Sequence(Column("member", "cursor").number(row.try_get(3)?)?),
        epoch: Epoch(Column("conversation", "epoch").number(row.try_get(4)?)?),
        counter: Counter(Column("member", "last_counter").number(row.try_get(5)?)?),
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

fn payload_budget() -> i64 {
    i64::try_from(PAGE_PAYLOAD_BYTES).unwrap_or(i64::MAX)
}
