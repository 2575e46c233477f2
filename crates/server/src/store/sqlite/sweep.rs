//! Forgetting in SQLite. Deleted content is overwritten at once (`secure_delete`) in the file; that it
//! leaves the write-ahead log is the job's business.

use super::SqliteStore;
use crate::store::StoreError;
use crate::store::account::sql::STEP_GUESTS;
use crate::store::blob::{SHORTEN as SHORTEN_BLOBS, STEP_BLOBS};
use crate::store::column::{Column, entry_kind, milliseconds};
use crate::store::sweep::{BATCH, ClockStep, Limits, ROOMS, Sweep, Swept, remains};
use rusqlite::{Connection, OptionalExtension, params};
use undertone_wire::conversation::EntryKind;
use undertone_wire::{ConversationId, Timestamp};

const SELECT_EXPIRED: &str = "
    select conversation_id, sequence, payload from log_entry
    where expires_at <= ?1 and kind = ?2 order by expires_at limit ?3";
const EXPIRE: &str = "
    update log_entry set kind = ?3, payload = ?4, franking_mac = x'', expires_at = null
    where conversation_id = ?1 and sequence = ?2";
const SELECT_PAST_CEILING: &str = "
    select conversation_id, coalesce(
        (select sequence from log_entry where log_entry.conversation_id = conversation.conversation_id
            and sent_at + age_shift >= ?1 order by sequence limit 1), head + 1)
    from conversation where exists (select 1 from log_entry
        where log_entry.conversation_id = conversation.conversation_id
            and sequence = first_kept and sent_at + age_shift < ?1)";
const DELETE_ENTRIES: &str = "delete from log_entry where conversation_id = ?1 and sequence < ?2";
const UPDATE_FIRST_KEPT: &str = "
    update conversation set first_kept = ?2 where conversation_id = ?1 and first_kept < ?2";
const DELETE_WELCOMES: &str = "delete from welcome where sent_at + age_shift < ?1";
const DELETE_KNOCKS: &str = "
    delete from knock where knocked_at <= ?1 or exists (select 1 from member
        where member.conversation_id = knock.conversation_id and member.device_id = knock.device_id)";
const SELECT_ENDED: &str = "select conversation_id from conversation where ends_at <= ?1 limit ?2";
const SELECT_IS_DUE: &str = "select exists (select 1 from conversation where ends_at <= ?1)";
const CLOSE_LINKS: &str = "
    update room_link set closed_at = ?2, sealed_state = x'' where conversation_id = ?1";
const DELETE_CONVERSATION: &str = "delete from conversation where conversation_id = ?1";
const DELETE_CLOSED_LINKS: &str = "delete from room_link where closed_at < ?1";
const SELECT_CLOSED: &str = "select distinct conversation_id from room_link where closed_at >= ?1";
const DELETE_KEY_PACKAGES: &str = "delete from key_package where expires_at <= ?1";
const DELETE_USED: &str = "delete from used_key_package where expires_at <= ?1";
const UPDATE_SWEPT_AT: &str = "
    insert into sweep (id, swept_at) values (1, ?1) on conflict (id) do update set swept_at = ?1";
const SELECT_SWEPT_AT: &str = "select swept_at from sweep";
const SHORTEN_EXPIRY: &str = "
    update log_entry
    set expires_at = min(coalesce(expires_at, sent_at + age_shift + ?2), sent_at + age_shift + ?2)
    where conversation_id = ?1 and kind = ?3";
const STEP_ENTRIES: &str = "
    update log_entry set age_shift = age_shift + ?1, expires_at = expires_at + ?1";
const STEP_WELCOMES: &str = "update welcome set age_shift = age_shift + ?1";
const STEP_KNOCKS: &str = "update knock set knocked_at = max(knocked_at + ?1, 0)";
const STEP_WRITING: &str = "
    update member set last_message_at = max(last_message_at + ?1, 0) where last_message_at > 0";
const STEP_CLOSED_LINKS: &str = "
    update room_link set closed_at = closed_at + ?1 where closed_at is not null";

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
    SELECT_EXPIRED,
    EXPIRE,
    SELECT_PAST_CEILING,
    DELETE_ENTRIES,
    UPDATE_FIRST_KEPT,
    DELETE_WELCOMES,
    DELETE_KNOCKS,
    SELECT_ENDED,
    SELECT_IS_DUE,
    CLOSE_LINKS,
    DELETE_CONVERSATION,
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

impl SqliteStore {
    pub(in crate::store) async fn sweep(&self, order: Sweep) -> Result<Swept, StoreError> {
        self.write(move |connection| forget(connection, &order)).await
    }

    pub(in crate::store) async fn is_room_due(&self, now: Timestamp) -> Result<bool, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(SELECT_IS_DUE)?;
            Ok(statement.query_row(params![milliseconds(now)], |row| row.get(0))?)
        })
        .await
    }

    pub(in crate::store) async fn swept_at(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read(|connection| {
            let found = connection
                .query_row(SELECT_SWEPT_AT, [], |row| row.get(0))
                .optional()?;
            found.map(|at| Column("sweep", "swept_at").time(at)).transpose()
        })
        .await
    }

    pub(in crate::store) async fn step_clock(&self, step: ClockStep) -> Result<(), StoreError> {
        self.write(move |connection| {
            for sql in STEPS {
                connection.execute(sql, params![step.by_ms])?;
            }
            connection.execute(UPDATE_SWEPT_AT, params![milliseconds(step.now)])?;
            Ok(())
        })
        .await
    }
}

/// A commit changed how long a conversation's messages are kept: those that wait go no later than that.
pub(super) fn shorten_expiry(
    connection: &Connection,
    conversation: ConversationId,
    retention_ms: i64,
) -> Result<(), StoreError> {
    let kind = entry_kind(EntryKind::Message);
    connection.prepare_cached(SHORTEN_EXPIRY)?.execute(params![
        conversation.as_bytes(),
        retention_ms,
        kind
    ])?;
    connection
        .prepare_cached(SHORTEN_BLOBS)?
        .execute(params![retention_ms, conversation.as_bytes()])?;
    Ok(())
}

fn forget(connection: &Connection, order: &Sweep) -> Result<Swept, StoreError> {
    let limits = Limits::at(order.now);
    let mut swept = Swept {
        expired: expire(connection, &limits)?,
        ..Swept::default()
    };
    if order.rooms_end {
        swept.rooms = end_rooms(connection, &limits)?;
    }
    swept.is_unfinished = swept.expired == BATCH.unsigned_abs() || swept.rooms == ROOMS.unsigned_abs();
    swept.entries = cut_logs(connection, &limits)?;
    let delete = |sql: &str, before: i64| -> Result<u64, StoreError> {
        Ok(count(connection.prepare_cached(sql)?.execute(params![before])?))
    };
    swept.welcomes = delete(DELETE_WELCOMES, limits.ceiling)?;
    swept.knocks = delete(DELETE_KNOCKS, limits.knock)?;
    swept.key_packages = delete(DELETE_KEY_PACKAGES, limits.now)? + delete(DELETE_USED, limits.now)?;
    delete(DELETE_CLOSED_LINKS, limits.ceiling)?;
    let mut statement = connection.prepare_cached(SELECT_CLOSED)?;
    let mut rows = statement.query(params![limits.told])?;
    while let Some(row) = rows.next()? {
        let id = Column("room_link", "conversation_id").id(&row.get::<_, Vec<u8>>(0)?)?;
        swept.closed.push(id);
    }
    connection
        .prepare_cached(UPDATE_SWEPT_AT)?
        .execute(params![limits.now])?;
    Ok(swept)
}

fn expire(connection: &Connection, limits: &Limits) -> Result<u64, StoreError> {
    let due = {
        let mut statement = connection.prepare_cached(SELECT_EXPIRED)?;
        let kind = entry_kind(EntryKind::Message);
        let rows = statement.query_map(params![limits.now, kind, BATCH], |row| {
            let payload: Vec<u8> = row.get(2)?;
            Ok((
                row.get::<_, Vec<u8>>(0)?,
                row.get::<_, i64>(1)?,
                remains(&payload),
            ))
        })?;
        rows.collect::<Result<Vec<_>, _>>()?
    };
    let mut statement = connection.prepare_cached(EXPIRE)?;
    let mut expired = 0;
    for (conversation, sequence, remains) in due {
        let kind = entry_kind(EntryKind::Expired);
        expired += count(statement.execute(params![conversation, sequence, kind, remains])?);
    }
    Ok(expired)
}

fn cut_logs(connection: &Connection, limits: &Limits) -> Result<u64, StoreError> {
    let past = {
        let mut statement = connection.prepare_cached(SELECT_PAST_CEILING)?;
        let rows = statement.query_map(params![limits.ceiling], |row| {
            Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, i64>(1)?))
        })?;
        rows.collect::<Result<Vec<_>, _>>()?
    };
    let mut deleted = 0;
    for (conversation, first_kept) in past {
        deleted += cut(connection, &conversation, first_kept)?;
    }
    Ok(deleted)
}

/// Deletes the entries before `first_kept`.
pub(super) fn cut(connection: &Connection, conversation: &[u8], first_kept: i64) -> Result<u64, StoreError> {
    let deleted = connection
        .prepare_cached(DELETE_ENTRIES)?
        .execute(params![conversation, first_kept])?;
    connection
        .prepare_cached(UPDATE_FIRST_KEPT)?
        .execute(params![conversation, first_kept])?;
    Ok(count(deleted))
}

fn end_rooms(connection: &Connection, limits: &Limits) -> Result<u64, StoreError> {
    let ended = {
        let mut statement = connection.prepare_cached(SELECT_ENDED)?;
        let rows = statement.query_map(params![limits.now, ROOMS], |row| row.get::<_, Vec<u8>>(0))?;
        rows.collect::<Result<Vec<_>, _>>()?
    };
    for conversation in &ended {
        connection
            .prepare_cached(CLOSE_LINKS)?
            .execute(params![conversation, limits.now])?;
        connection
            .prepare_cached(DELETE_CONVERSATION)?
            .execute(params![conversation])?;
    }
    Ok(count(ended.len()))
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}
