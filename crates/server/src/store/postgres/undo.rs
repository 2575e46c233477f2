//! Undoing a commit in PostgreSQL that nobody but its committer could process (design D3).

use super::commit::apply_terms;
use super::conversation::profile_of;
use super::{PostgresStore, Transaction, in_transaction};
use crate::store::StoreError;
use crate::store::column::{Column, integer};
use crate::store::commit::{Suspect, Undone, Verdict};
use tokio_postgres::Row;
use undertone_wire::DeviceId;

const LOCK: &str = "select 1 from conversation where conversation_id = $1 for update";
// The committer's row, if this is the newest commit, its entry is kept and it can be undone.
const SELECT_SUSPECT: &str = "
    select log_entry.epoch, member.user_id, member.joined = $2, previous_profile
    from conversation
        join conversation_group on conversation_group.conversation_id = conversation.conversation_id
        join log_entry on log_entry.conversation_id = conversation.conversation_id
            and log_entry.sequence = conversation.commit_sequence
        join member on member.conversation_id = conversation.conversation_id
            and member.device_id = log_entry.sender_device_id
    where conversation.conversation_id = $1 and commit_sequence = $2 and previous_public_state is not null";
// Whoever came by the commit had no other group to compare with.
const SELECT_ACKNOWLEDGED: &str = "
    select 1 from member
    where conversation_id = $1 and cursor >= $2 and joined < $2 and user_id <> $3 limit 1";
const VOID_ENTRIES: &str = "
    update log_entry set kind = 5, payload = '', franking_mac = '', expires_at = null
    where conversation_id = $1 and sequence >= $2";
// The proof against whoever made it, if nobody can join by it.
const KEEP_GROUP_INFO: &str = "
    update log_entry set payload = conversation_group.previous_group_info
    from conversation_group
    where log_entry.conversation_id = $1 and log_entry.sequence = $2 and conversation_group.conversation_id = $1
        and previous_group_info is not null";
const RESTORE_EPOCH: &str = "
    update conversation set epoch = $2, commit_sequence = 0 where conversation_id = $1";
const RESTORE_GROUP: &str = "
    update conversation_group set public_state = previous_public_state, group_info = previous_group_info,
        profile = previous_profile, previous_public_state = null, previous_group_info = null,
        previous_profile = null, group_info_wanted = $2
    where conversation_id = $1";
// What a device sent last stays what it sent last: its counter goes on behind the voided entries.
const CARRY_COUNTERS: &str = "
    update previous_member set last_counter = member.last_counter, last_kind = member.last_kind,
        last_sequence = member.last_sequence, last_sent_at = member.last_sent_at
    from member
    where previous_member.conversation_id = $1 and member.conversation_id = $1
        and member.device_id = previous_member.device_id";
const DELETE_ADDED: &str = "
    delete from member where conversation_id = $1 and joined = $2 returning device_id";
const RESTORE_MEMBERS: &str = "
    insert into member (conversation_id, device_id, user_id, leaf, role, joined, start, cursor, last_counter,
        last_kind, last_sequence, last_sent_at, last_message_at)
    select conversation_id, device_id, user_id, leaf, role, joined, start, cursor, last_counter, last_kind,
        last_sequence, last_sent_at, last_message_at
    from previous_member where conversation_id = $1
    returning device_id";
const DELETE_PREVIOUS: &str = "delete from previous_member where conversation_id = $1";
const DELETE_WELCOME: &str = "delete from welcome where conversation_id = $1 and sequence = $2";
const DELETE_LATER_PROPOSALS: &str = "
    delete from pending_proposal where conversation_id = $1 and sequence > $2";
// Whoever came from outside may have been given a wrong key: that can turn out later.
const CHARGE: &str = "
    insert into charge (conversation_id, user_id, voided, doubtful, doubtful_epoch)
    values ($1, $2, 1, $3, $4)
    on conflict (conversation_id, user_id) do update set voided = charge.voided + 1,
        doubtful = excluded.doubtful
            + case when charge.doubtful_epoch = excluded.doubtful_epoch then charge.doubtful else 0 end,
        doubtful_epoch = excluded.doubtful_epoch";

#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[
    LOCK,
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

impl PostgresStore {
    pub(in crate::store) async fn void_commit(&self, suspect: Suspect) -> Result<Verdict, StoreError> {
        in_transaction!(self, transaction => void(&transaction, suspect))
    }
}

async fn void(transaction: &Transaction<'_>, suspect: Suspect) -> Result<Verdict, StoreError> {
    let id = suspect.conversation.as_bytes().as_slice();
    let sequence = integer(suspect.sequence.0);
    transaction.execute(LOCK, &[&id]).await?;
    let Some(row) = transaction.query_opt(SELECT_SUSPECT, &[&id, &sequence]).await? else {
        return Ok(Verdict::Stands);
    };
    let (epoch, was_join): (i64, bool) = (row.try_get(0)?, row.try_get(2)?);
    let (committer, profile): (&[u8], Option<&[u8]>) = (row.try_get(1)?, row.try_get(3)?);
    let acknowledged = transaction
        .query_opt(SELECT_ACKNOWLEDGED, &[&id, &sequence, &committer])
        .await?;
    if acknowledged.is_some() {
        return Ok(Verdict::Stands);
    }
    transaction.execute(VOID_ENTRIES, &[&id, &sequence]).await?;
    if was_join {
        transaction.execute(KEEP_GROUP_INFO, &[&id, &sequence]).await?;
    }
    transaction.execute(RESTORE_EPOCH, &[&id, &epoch]).await?;
    transaction.execute(RESTORE_GROUP, &[&id, &was_join]).await?;
    transaction.execute(CARRY_COUNTERS, &[&id]).await?;
    let added = transaction.query(DELETE_ADDED, &[&id, &sequence]).await?;
    let restored = transaction.query(RESTORE_MEMBERS, &[&id]).await?;
    transaction.execute(DELETE_PREVIOUS, &[&id]).await?;
    transaction.execute(DELETE_WELCOME, &[&id, &sequence]).await?;
    transaction
        .execute(DELETE_LATER_PROPOSALS, &[&id, &sequence])
        .await?;
    transaction
        .execute(CHARGE, &[&id, &committer, &i64::from(was_join), &epoch])
        .await?;
    if let Some(profile) = profile_of(profile)? {
        apply_terms(transaction, suspect.conversation, &profile).await?;
    }
    Ok(Verdict::Voided(Undone {
        added: devices(&added)?,
        restored: devices(&restored)?,
        was_join,
    }))
}

fn devices(rows: &[Row]) -> Result<Vec<DeviceId>, StoreError> {
    rows.iter()
        .map(|row| Column("member", "device_id").id(row.try_get(0)?))
        .collect()
}
