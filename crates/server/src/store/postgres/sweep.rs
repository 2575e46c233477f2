//! Forgetting in PostgreSQL. A row that is deleted stays in its table's file until the space is used
//! again; what is in it is ciphertext only (see docs/decisions).

use super::{PostgresStore, Transaction, in_transaction};
use crate::store::StoreError;
use crate::store::account::sql::STEP_GUESTS;
use crate::store::blob::{SHORTEN as SHORTEN_BLOBS, STEP_BLOBS};
use crate::store::column::{Column, entry_kind, milliseconds};
use crate::store::sweep::{BATCH, ClockStep, Limits, ROOMS, Sweep, Swept};
use tokio_postgres::Row;
use undertone_wire::conversation::EntryKind;
use undertone_wire::{ConversationId, Timestamp};

// Whoever writes to a log has locked its conversation; so what is due is locked in the same order.
const LOCK_EXPIRED: &str = "
    select conversation_id from conversation where conversation_id in (
        select conversation_id from log_entry where expires_at <= $1 and kind = $2
        order by expires_at limit $3)
    order by conversation_id for update";
const EXPIRE: &str = "
    update log_entry set kind = $3, payload = sha256(payload), franking_mac = '', expires_at = null
    where (conversation_id, sequence) in (
        select conversation_id, sequence from log_entry
        where expires_at <= $1 and kind = $2 and conversation_id = any($5) order by expires_at limit $4)";
const SELECT_PAST_CEILING: &str = "
    select conversation_id, coalesce(
        (select sequence from log_entry where log_entry.conversation_id = conversation.conversation_id
            and sent_at + age_shift >= $1 order by sequence limit 1), head + 1)
    from conversation where exists (select 1 from log_entry
        where log_entry.conversation_id = conversation.conversation_id
            and sequence = first_kept and sent_at + age_shift < $1)
    order by conversation_id for update";
const DELETE_ENTRIES: &str = "
    delete from log_entry using unnest($1::bytea[], $2::bigint[]) as new (conversation_id, first_kept)
    where log_entry.conversation_id = new.conversation_id and log_entry.sequence < new.first_kept";
const UPDATE_FIRST_KEPT: &str = "
    update conversation set first_kept = new.first_kept
    from (select * from unnest($1::bytea[], $2::bigint[]) as new (conversation_id, first_kept)) as new
    where conversation.conversation_id = new.conversation_id
        and conversation.first_kept < new.first_kept";
const DELETE_WELCOMES: &str = "delete from welcome where sent_at + age_shift < $1";
const DELETE_KNOCKS: &str = "
    delete from knock where knocked_at <= $1 or exists (select 1 from member
        where member.conversation_id = knock.conversation_id and member.device_id = knock.device_id)";
const SELECT_ENDED: &str = "
    select conversation_id from conversation where ends_at <= $1
    order by conversation_id limit $2 for update";
const SELECT_IS_DUE: &str = "select exists (select 1 from conversation where ends_at <= $1)";
const CLOSE_LINKS: &str = "
    update room_link set closed_at = $2, sealed_state = '' where conversation_id = any($1)";
const DELETE_CONVERSATIONS: &str = "delete from conversation where conversation_id = any($1)";
const DELETE_CLOSED_LINKS: &str = "delete from room_link where closed_at < $1";
const SELECT_CLOSED: &str = "select distinct conversation_id from room_link where closed_at >= $1";
const DELETE_KEY_PACKAGES: &str = "delete from key_package where expires_at <= $1";
const DELETE_USED: &str = "delete from used_key_package where expires_at <= $1";
const UPDATE_SWEPT_AT: &str = "
    insert into sweep (id, swept_at) values (1, $1) on conflict (id) do update set swept_at = excluded.swept_at";
const SELECT_SWEPT_AT: &str = "select swept_at from sweep";
const SHORTEN_EXPIRY: &str = "
    update log_entry set expires_at = least(expires_at, sent_at + age_shift + $2::bigint)
    where conversation_id = $1 and kind = $3";
const STEP_ENTRIES: &str = "
    update log_entry set age_shift = age_shift + $1, expires_at = expires_at + $1";
const STEP_WELCOMES: &str = "update welcome set age_shift = age_shift + $1";
const STEP_KNOCKS: &str = "update knock set knocked_at = greatest(knocked_at + $1, 0)";
const STEP_WRITING: &str = "
    update member set last_message_at = greatest(last_message_at + $1, 0) where last_message_at > 0";
const STEP_CLOSED_LINKS: &str = "
    update room_link set closed_at = closed_at + $1 where closed_at is not null";

/// The tables that hold what people sent, or what names them.
const REWRITE_TABLES: [&str; 5] = [
    "vacuum (full) log_entry",
    "vacuum (full) welcome",
    "vacuum (full) knock",
    "vacuum (full) room_link",
    "vacuum (full) conversation_group",
];

/// All that tells an age.
const STEPS: [&str; 7] = [
    STEP_ENTRIES,
    STEP_WELCOMES,
    STEP_KNOCKS,
    STEP_WRITING,
    STEP_CLOSED_LINKS,
    STEP_GUESTS,
    STEP_BLOBS,
];

#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[
    LOCK_EXPIRED,
    EXPIRE,
    SELECT_PAST_CEILING,
    DELETE_ENTRIES,
    UPDATE_FIRST_KEPT,
    DELETE_WELCOMES,
    DELETE_KNOCKS,
    SELECT_ENDED,
    SELECT_IS_DUE,
    CLOSE_LINKS,
    DELETE_CONVERSATIONS,
    DELETE_CLOSED_LINKS,
    SELECT_CLOSED,
    DELETE_KEY_PACKAGES,
    DELETE_USED,
    UPDATE_SWEPT_AT,
    SELECT_SWEPT_AT,
    SHORTEN_EXPIRY,
    STEP_ENTRIES,
    STEP_WELCOMES,
    STEP_KNOCKS,
    STEP_WRITING,
    STEP_CLOSED_LINKS,
];

impl PostgresStore {
    pub(in crate::store) async fn sweep(&self, order: Sweep) -> Result<Swept, StoreError> {
        in_transaction!(self, transaction => forget(&transaction, &order))
    }

    pub(in crate::store) async fn is_room_due(&self, now: Timestamp) -> Result<bool, StoreError> {
        let client = self.connection().await?;
        let statement = client.prepare_cached(SELECT_IS_DUE).await?;
        let row = client.query_one(&statement, &[&milliseconds(now)]).await?;
        Ok(row.try_get(0)?)
    }

    pub(in crate::store) async fn swept_at(&self) -> Result<Option<Timestamp>, StoreError> {
        let client = self.connection().await?;
        let row = client.query_opt(SELECT_SWEPT_AT, &[]).await?;
        row.map(|row| Column("sweep", "swept_at").time(row.try_get(0)?))
            .transpose()
    }

    pub(in crate::store) async fn rewrite_tables(&self) -> Result<(), StoreError> {
        let client = self.connection().await?;
        for sql in REWRITE_TABLES {
            client.batch_execute(sql).await?;
        }
        Ok(())
    }

    pub(in crate::store) async fn step_clock(&self, step: ClockStep) -> Result<(), StoreError> {
        in_transaction!(self, transaction => step_ages(&transaction, step))
    }
}

async fn step_ages(transaction: &Transaction<'_>, step: ClockStep) -> Result<(), StoreError> {
    for sql in STEPS {
        transaction.execute(sql, &[&step.by_ms]).await?;
    }
    transaction
        .execute(UPDATE_SWEPT_AT, &[&milliseconds(step.now)])
        .await?;
    Ok(())
}

/// A commit changed how long a conversation's messages are kept: those that wait go no later than that.
pub(super) async fn shorten_expiry(
    transaction: &Transaction<'_>,
    conversation: ConversationId,
    retention_ms: i64,
) -> Result<(), StoreError> {
    let (id, kind) = (conversation.as_bytes().as_slice(), entry_kind(EntryKind::Message));
    transaction
        .execute(SHORTEN_EXPIRY, &[&id, &retention_ms, &kind])
        .await?;
    transaction.execute(SHORTEN_BLOBS, &[&retention_ms, &id]).await?;
    Ok(())
}

async fn forget(transaction: &Transaction<'_>, order: &Sweep) -> Result<Swept, StoreError> {
    let limits = Limits::at(order.now);
    let mut swept = Swept {
        expired: expire(transaction, &limits).await?,
        ..Swept::default()
    };
    if order.rooms_end {
        swept.rooms = end_rooms(transaction, &limits).await?;
    }
    swept.is_unfinished = swept.expired == BATCH.unsigned_abs() || swept.rooms == ROOMS.unsigned_abs();
    let past = transaction.query(SELECT_PAST_CEILING, &[&limits.ceiling]).await?;
    swept.entries = cut(transaction, &past).await?;
    swept.welcomes = transaction.execute(DELETE_WELCOMES, &[&limits.ceiling]).await?;
    swept.knocks = transaction.execute(DELETE_KNOCKS, &[&limits.knock]).await?;
    swept.key_packages = transaction.execute(DELETE_KEY_PACKAGES, &[&limits.now]).await?;
    swept.key_packages += transaction.execute(DELETE_USED, &[&limits.now]).await?;
    transaction
        .execute(DELETE_CLOSED_LINKS, &[&limits.ceiling])
        .await?;
    for row in transaction.query(SELECT_CLOSED, &[&limits.told]).await? {
        let id = Column("room_link", "conversation_id").id(row.try_get(0)?)?;
        swept.closed.push(id);
    }
    transaction.execute(UPDATE_SWEPT_AT, &[&limits.now]).await?;
    Ok(swept)
}

async fn expire(transaction: &Transaction<'_>, limits: &Limits) -> Result<u64, StoreError> {
    let (message, expired) = (entry_kind(EntryKind::Message), entry_kind(EntryKind::Expired));
    let locked = transaction
        .query(LOCK_EXPIRED, &[&limits.now, &message, &BATCH])
        .await?;
    if locked.is_empty() {
        return Ok(0);
    }
    let ids = locked
        .iter()
        .map(|row| row.try_get(0))
        .collect::<Result<Vec<&[u8]>, _>>()?;
    let count = transaction
        .execute(EXPIRE, &[&limits.now, &message, &expired, &BATCH, &ids])
        .await?;
    Ok(count)
}

/// Deletes the entries before the given ones: rows of conversation and first entry to keep.
pub(super) async fn cut(transaction: &Transaction<'_>, rows: &[Row]) -> Result<u64, StoreError> {
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

async fn end_rooms(transaction: &Transaction<'_>, limits: &Limits) -> Result<u64, StoreError> {
    let ended = transaction.query(SELECT_ENDED, &[&limits.now, &ROOMS]).await?;
    let ids = ended
        .iter()
        .map(|row| row.try_get(0))
        .collect::<Result<Vec<&[u8]>, _>>()?;
    if ids.is_empty() {
        return Ok(0);
    }
    transaction.execute(CLOSE_LINKS, &[&ids, &limits.now]).await?;
    let deleted = transaction.execute(DELETE_CONVERSATIONS, &[&ids]).await?;
    Ok(deleted)
}
