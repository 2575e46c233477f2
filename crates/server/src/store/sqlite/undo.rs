//! Undoing a commit in SQLite that nobody but its committer could process (design D3).

use super::SqliteStore;
use super::commit::apply_terms;
use super::conversation::profile_of;
use crate::store::StoreError;
use crate::store::column::{Column, integer};
use crate::store::commit::{Suspect, Undone, Verdict};
use rusqlite::{Connection, OptionalExtension, params};
use undertone_wire::DeviceId;

// The committer's row, if this is the newest commit, its entry is kept and it can be undone.
const SELECT_SUSPECT: &str = "
    select log_entry.epoch, member.user_id, member.joined = ?2, previous_profile
    from conversation
        join conversation_group using (conversation_id)
        join log_entry on log_entry.conversation_id = conversation.conversation_id
            and log_entry.sequence = conversation.commit_sequence
        join member on member.conversation_id = conversation.conversation_id
            and member.device_id = log_entry.sender_device_id
    where conversation.conversation_id = ?1 and commit_sequence = ?2 and previous_public_state is not null";
// Whoever came by the commit had no other group to compare with.
const SELECT_ACKNOWLEDGED: &str = "
    select 1 from member
    where conversation_id = ?1 and cursor >= ?2 and joined < ?2 and user_id <> ?3 limit 1";
const VOID_ENTRIES: &str = "
    update log_entry set kind = 5, payload = x'', franking_mac = x'', expires_at = null
    where conversation_id = ?1 and sequence >= ?2";
// The proof against whoever made it, if nobody can join by it.
const KEEP_GROUP_INFO: &str = "
    update log_entry set payload = conversation_group.previous_group_info
    from conversation_group
    where log_entry.conversation_id = ?1 and log_entry.sequence = ?2 and conversation_group.conversation_id = ?1
        and previous_group_info is not null";
const RESTORE_EPOCH: &str = "
    update conversation set epoch = ?2, commit_sequence = 0 where conversation_id = ?1";
const RESTORE_GROUP: &str = "
    update conversation_group set public_state = previous_public_state, group_info = previous_group_info,
        profile = previous_profile, previous_public_state = null, previous_group_info = null,
        previous_profile = null, group_info_wanted = ?2
    where conversation_id = ?1";
// What a device sent last stays what it sent last: its counter goes on behind the voided entries.
const CARRY_COUNTERS: &str = "
    update previous_member set last_counter = member.last_counter, last_kind = member.last_kind,
        last_sequence = member.last_sequence, last_sent_at = member.last_sent_at
    from member
    where previous_member.conversation_id = ?1 and member.conversation_id = ?1
        and member.device_id = previous_member.device_id";
const DELETE_ADDED: &str = "
    delete from member where conversation_id = ?1 and joined = ?2 returning device_id";
const RESTORE_MEMBERS: &str = "
    insert into member (conversation_id, device_id, user_id, leaf, role, joined, start, cursor, last_counter,
        last_kind, last_sequence, last_sent_at, last_message_at)
    select conversation_id, device_id, user_id, leaf, role, joined, start, cursor, last_counter, last_kind,
        last_sequence, last_sent_at, last_message_at
    from previous_member where conversation_id = ?1
    returning device_id";
const DELETE_PREVIOUS: &str = "delete from previous_member where conversation_id = ?1";
const DELETE_WELCOME: &str = "delete from welcome where conversation_id = ?1 and sequence = ?2";
const DELETE_LATER_PROPOSALS: &str = "
    delete from pending_proposal where conversation_id = ?1 and sequence > ?2";
// Whoever came from outside may have been given a wrong key: that can turn out later.
const CHARGE: &str = "
    insert into charge (conversation_id, user_id, voided, doubtful, doubtful_epoch)
    values (?1, ?2, 1, ?3, ?4)
    on conflict (conversation_id, user_id) do update set voided = charge.voided + 1,
        doubtful = excluded.doubtful
            + case when charge.doubtful_epoch = excluded.doubtful_epoch then charge.doubtful else 0 end,
        doubtful_epoch = excluded.doubtful_epoch";

#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[
    SELECT_SUSPECT,
    SELECT_ACKNOWLEDGED,
    VOID_ENTRIES,
    KEEP_GROUP_INFO,
    RESTORE_EPOCH,
    RESTORE_GROUP,
    CARRY_COUNTERS,
    DELETE_ADDED,
    RESTORE_MEMBERS,
    DELETE_PREVIOUS,
    DELETE_WELCOME,
    DELETE_LATER_PROPOSALS,
    CHARGE,
];

impl SqliteStore {
    pub(in crate::store) async fn void_commit(&self, suspect: Suspect) -> Result<Verdict, StoreError> {
        self.write(move |connection| void(connection, suspect)).await
    }
}

fn void(connection: &Connection, suspect: Suspect) -> Result<Verdict, StoreError> {
    let (id, sequence) = (suspect.conversation.as_bytes(), integer(suspect.sequence.0));
    let found = connection
        .prepare_cached(SELECT_SUSPECT)?
        .query_row(params![id, sequence], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, Vec<u8>>(1)?,
                row.get::<_, bool>(2)?,
                row.get::<_, Option<Vec<u8>>>(3)?,
            ))
        })
        .optional()?;
    let Some((epoch, committer, was_join, profile)) = found else {
        return Ok(Verdict::Stands);
    };
    let is_acknowledged = connection
        .prepare_cached(SELECT_ACKNOWLEDGED)?
        .exists(params![id, sequence, committer])?;
    if is_acknowledged {
        return Ok(Verdict::Stands);
    }
    let execute = |sql: &str, params: &[&dyn rusqlite::ToSql]| {
        connection.prepare_cached(sql)?.execute(params).map(|_| ())
    };
    execute(VOID_ENTRIES, params![id, sequence])?;
    if was_join {
        execute(KEEP_GROUP_INFO, params![id, sequence])?;
    }
    execute(RESTORE_EPOCH, params![id, epoch])?;
    execute(RESTORE_GROUP, params![id, was_join])?;
    execute(CARRY_COUNTERS, params![id])?;
    let added = devices(connection, DELETE_ADDED, params![id, sequence])?;
    let restored = devices(connection, RESTORE_MEMBERS, params![id])?;
    execute(DELETE_PREVIOUS, params![id])?;
    execute(DELETE_WELCOME, params![id, sequence])?;
    execute(DELETE_LATER_PROPOSALS, params![id, sequence])?;
    execute(CHARGE, params![id, committer, was_join, epoch])?;
    if let Some(profile) = profile_of(profile)? {
        apply_terms(connection, suspect.conversation, &profile)?;
    }
    Ok(Verdict::Voided(Undone {
        added,
        restored,
        was_join,
    }))
}

fn devices(
    connection: &Connection,
    sql: &str,
    params: &[&dyn rusqlite::ToSql],
) -> Result<Vec<DeviceId>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut devices = Vec::new();
    while let Some(row) = rows.next()? {
        devices.push(Column("member", "device_id").id(&row.get::<_, Vec<u8>>(0)?)?);
    }
    Ok(devices)
}
