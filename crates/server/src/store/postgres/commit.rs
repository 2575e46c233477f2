//! Commits in PostgreSQL: what each one makes of the group, its members and their Welcomes.

use super::log::{insert_entries, load, write_back};
use super::room::{forget_knocks, insert_link};
use super::sweep::shorten_expiry;
use super::{PostgresStore, Transaction, in_transaction};
use crate::store::StoreError;
use crate::store::column::{Column, integer, milliseconds, role};
use crate::store::commit::{NewCommit, NewMember, Terms};
use crate::store::conversation::{Refusal, Stored};
use crate::store::ledger::{Admission, Ledger};
use undertone_wire::conversation::LogEntry;
use undertone_wire::group::GroupProfile;
use undertone_wire::{ConversationId, DeviceId, Sequence};

const INSERT_MEMBERS: &str = "
    insert into member (conversation_id, device_id, user_id, leaf, role, joined, start, cursor)
    select $1, new.device_id, new.user_id, new.leaf, new.role, $6, $7, $7
    from unnest($2::bytea[], $3::bytea[], $4::bigint[], $5::bigint[])
        as new (device_id, user_id, leaf, role)
    on conflict (conversation_id, device_id) do update set leaf = excluded.leaf, role = excluded.role,
        joined = excluded.joined, start = excluded.start, cursor = excluded.cursor";
const DELETE_PREVIOUS: &str = "delete from previous_member where conversation_id = $1";
const KEEP_PREVIOUS: &str = "
    insert into previous_member (conversation_id, device_id, user_id, leaf, role, joined, start, cursor,
        last_counter, last_kind, last_sequence, last_sent_at, last_message_at)
    select conversation_id, device_id, user_id, leaf, role, joined, start, cursor, last_counter, last_kind,
        last_sequence, last_sent_at, last_message_at
    from member where conversation_id = $1 and device_id = any($2) on conflict do nothing";
// A device that comes again by its own commit keeps its row, and so its counter.
const DELETE_MEMBERS: &str = "
    delete from member where conversation_id = $1 and device_id = any($2) and device_id is distinct from $3";
const DELETE_PENDING_WELCOMES: &str =
    "delete from pending_welcome where conversation_id = $1 and device_id = any($2)";
const INSERT_WELCOME: &str = "
    insert into welcome (conversation_id, sequence, sender_device_id, sent_at, welcome, ratchet_tree)
    values ($1, $2, $3, $4, $5, $6)";
const INSERT_PENDING_WELCOMES: &str = "
    insert into pending_welcome (device_id, conversation_id, sequence)
    select new.device_id, $1, $2 from unnest($3::bytea[]) as new (device_id)";
const UPDATE_EPOCH: &str = "
    update conversation set epoch = $2, commit_sequence = $4 where conversation_id = $1 and epoch = $3";
const UPDATE_GROUP: &str = "
    update conversation_group set
        previous_public_state = public_state, previous_group_info = group_info, previous_profile = profile,
        public_state = $2, group_info = $3, group_info_wanted = false
    where conversation_id = $1";
const UPDATE_PROFILE: &str = "update conversation_group set profile = $2 where conversation_id = $1";
const UPDATE_TERMS: &str = "
    update conversation set retention_ms = $2, slow_mode_ms = $3, ends_at = $4 where conversation_id = $1";
const UPDATE_ROLES: &str = "
    update member set role = coalesce(new.role, 1)
    from member as old left join unnest($2::bytea[], $3::bigint[]) as new (user_id, role) using (user_id)
    where member.conversation_id = $1 and old.conversation_id = $1 and old.device_id = member.device_id
        and member.role <> coalesce(new.role, 1)";
// Those of the epoch before are kept until its end cannot be undone any more.
const DELETE_OLD_PROPOSALS: &str = "delete from pending_proposal where conversation_id = $1 and epoch < $2";

#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[
    INSERT_MEMBERS,
    DELETE_PREVIOUS,
    KEEP_PREVIOUS,
    DELETE_MEMBERS,
    DELETE_PENDING_WELCOMES,
    INSERT_WELCOME,
    INSERT_PENDING_WELCOMES,
    UPDATE_EPOCH,
    UPDATE_GROUP,
    UPDATE_PROFILE,
    UPDATE_TERMS,
    UPDATE_ROLES,
    DELETE_OLD_PROPOSALS,
];

impl PostgresStore {
    pub(in crate::store) async fn accept_commit(
        &self,
        commit: NewCommit,
    ) -> Result<Result<Stored, Refusal>, StoreError> {
        in_transaction!(self, transaction => accept(&transaction, commit.clone()))
    }
}

async fn accept(
    transaction: &Transaction<'_>,
    mut commit: NewCommit,
) -> Result<Result<Stored, Refusal>, StoreError> {
    let conversation = commit.conversation;
    let leaf = (conversation, commit.sender);
    let mut ledger = load(transaction, &[leaf]).await?;
    if let Some(user) = commit.joins {
        ledger.welcome(leaf, user);
    }
    let sequence = match ledger.judge(&commit.claim()) {
        Ok(Admission::Repeated(accepted)) => return Ok(Ok(Stored::Repeated(accepted))),
        Ok(Admission::New(sequence)) => sequence,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if let Some(new) = commit.link.take()
        && !insert_link(transaction, conversation, new.rotation, &new.link).await?
    {
        return Ok(Err(Refusal::LinkTaken));
    }
    ledger.enter(&commit.claim(), sequence, commit.sent_at);
    let id = conversation.as_bytes().as_slice();
    let (epoch, next_epoch) = (integer(commit.epoch.0), integer(commit.next_epoch.0));
    let (swap, place) = (
        transaction.prepare_cached(UPDATE_EPOCH).await?,
        integer(sequence.0),
    );
    if transaction
        .execute(&swap, &[&id, &next_epoch, &epoch, &place])
        .await?
        != 1
    {
        return Err(Column("conversation", "epoch").inconsistent());
    }
    let group = transaction.prepare_cached(UPDATE_GROUP).await?;
    transaction
        .execute(
            &group,
            &[&id, &commit.public_state, &commit.group_info.as_slice()],
        )
        .await?;
    transaction.execute(DELETE_OLD_PROPOSALS, &[&id, &epoch]).await?;
    transaction.execute(DELETE_PREVIOUS, &[&id]).await?;
    let profile = commit.profile.take();
    let entry = store(transaction, &ledger, commit, sequence).await?;
    if let Some(profile) = profile {
        transaction
            .execute(UPDATE_PROFILE, &[&id, &Terms::of(&profile)?.profile])
            .await?;
        apply_terms(transaction, conversation, &profile).await?;
        if let Some(retention_ms) = Terms::of(&profile)?.retention_ms {
            shorten_expiry(transaction, conversation, retention_ms).await?;
        }
    }
    Ok(Ok(Stored::New(entry)))
}

/// Writes what of the profile stands in columns.
pub(super) async fn apply_terms(
    transaction: &Transaction<'_>,
    conversation: ConversationId,
    profile: &GroupProfile,
) -> Result<(), StoreError> {
    let id = conversation.as_bytes().as_slice();
    let terms = Terms::of(profile)?;
    let ends_at = terms.ends_at.map(milliseconds);
    transaction
        .execute(
            UPDATE_TERMS,
            &[&id, &terms.retention_ms, &terms.slow_mode_ms, &ends_at],
        )
        .await?;
    let (users, roles): (Vec<&[u8]>, Vec<i64>) = profile
        .roles
        .iter()
        .map(|of| (of.user.as_bytes().as_slice(), role(of.role)))
        .unzip();
    transaction.execute(UPDATE_ROLES, &[&id, &users, &roles]).await?;
    Ok(())
}

/// The part that the first commit and later ones share: members, Welcomes, and the entry itself.
pub(super) async fn store(
    transaction: &Transaction<'_>,
    ledger: &Ledger,
    commit: NewCommit,
    sequence: Sequence,
) -> Result<LogEntry, StoreError> {
    let id = commit.conversation.as_bytes().as_slice();
    remove_members(transaction, &commit).await?;
    insert_members(transaction, &commit, &commit.added, sequence).await?;
    let added: Vec<DeviceId> = commit.added.iter().map(|one| one.device).collect();
    if let Some(new) = &commit.welcome {
        let place = integer(sequence.0);
        let sender = commit.sender.as_bytes().as_slice();
        let (welcome, tree) = (new.welcome.as_slice(), new.ratchet_tree.as_slice());
        let insert = transaction.prepare_cached(INSERT_WELCOME).await?;
        let sent_at = milliseconds(commit.sent_at);
        transaction
            .execute(&insert, &[&id, &place, &sender, &sent_at, &welcome, &tree])
            .await?;
        let devices: Vec<&[u8]> = added.iter().map(|device| device.as_bytes().as_slice()).collect();
        let insert = transaction.prepare_cached(INSERT_PENDING_WELCOMES).await?;
        transaction.execute(&insert, &[&id, &place, &devices]).await?;
    }
    if !added.is_empty() {
        forget_knocks(transaction, commit.conversation, &added).await?;
    }
    let entry = commit.into_entry(sequence);
    insert_entries(transaction, &[(&entry, None)]).await?;
    write_back(transaction, ledger).await?;
    Ok(entry)
}

async fn remove_members(transaction: &Transaction<'_>, commit: &NewCommit) -> Result<(), StoreError> {
    let id = commit.conversation.as_bytes().as_slice();
    let joiner = commit.joins.map(|_| commit.sender);
    if commit.removed.is_empty() && joiner.is_none() {
        return Ok(());
    }
    let removed: Vec<&[u8]> = commit
        .removed
        .iter()
        .map(|device| device.as_bytes().as_slice())
        .collect();
    let joiner = joiner.as_ref().map(|device| device.as_bytes().as_slice());
    let kept: Vec<&[u8]> = removed.iter().copied().chain(joiner).collect();
    transaction.execute(KEEP_PREVIOUS, &[&id, &kept]).await?;
    transaction
        .execute(DELETE_MEMBERS, &[&id, &removed, &joiner])
        .await?;
    transaction
        .execute(DELETE_PENDING_WELCOMES, &[&id, &removed])
        .await?;
    Ok(())
}

/// Gives devices their rows; the log of the founder begins at 0.
pub(super) async fn insert_members(
    transaction: &Transaction<'_>,
    commit: &NewCommit,
    members: &[NewMember],
    joined: Sequence,
) -> Result<(), StoreError> {
    if members.is_empty() {
        return Ok(());
    }
    let devices: Vec<&[u8]> = members
        .iter()
        .map(|member| member.device.as_bytes().as_slice())
        .collect();
    let users: Vec<&[u8]> = members
        .iter()
        .map(|member| member.user.as_bytes().as_slice())
        .collect();
    let leaves: Vec<i64> = members.iter().map(|member| i64::from(member.leaf)).collect();
    let roles: Vec<i64> = members.iter().map(|member| role(member.role)).collect();
    let insert = transaction.prepare_cached(INSERT_MEMBERS).await?;
    let id = commit.conversation.as_bytes().as_slice();
    let start = integer(commit.start_of_added(joined).0);
    transaction
        .execute(
            &insert,
            &[&id, &devices, &users, &leaves, &roles, &integer(joined.0), &start],
        )
        .await?;
    Ok(())
}
