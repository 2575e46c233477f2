//! Commits in SQLite: what each one makes of the group, its members and their Welcomes.

use super::SqliteStore;
use super::log::{insert_entry, take_up, write_back};
use super::room::{forget_knocks, insert_link};
use super::sweep::shorten_expiry;
use crate::store::StoreError;
use crate::store::column::{Column, integer, milliseconds, role};
use crate::store::commit::{NewCommit, NewMember, Terms};
use crate::store::conversation::{Refusal, Stored};
use crate::store::ledger::{Admission, Ledger};
use rusqlite::{Connection, params};
use undertone_wire::conversation::LogEntry;
use undertone_wire::group::{GroupProfile, Role};
use undertone_wire::{ConversationId, DeviceId, Sequence};

const INSERT_MEMBER: &str = "
    insert into member (conversation_id, device_id, user_id, leaf, role, joined, start, cursor)
    values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)
    on conflict (conversation_id, device_id) do update set leaf = excluded.leaf, role = excluded.role,
        joined = excluded.joined, start = excluded.start, cursor = excluded.cursor";
const DELETE_PREVIOUS: &str = "delete from previous_member where conversation_id = ?1";
const KEEP_PREVIOUS: &str = "
    insert into previous_member (conversation_id, device_id, user_id, leaf, role, joined, start, cursor,
        last_counter, last_kind, last_sequence, last_sent_at, last_message_at)
    select conversation_id, device_id, user_id, leaf, role, joined, start, cursor, last_counter, last_kind,
        last_sequence, last_sent_at, last_message_at
    from member where conversation_id = ?1 and device_id = ?2 on conflict do nothing";
const DELETE_MEMBER: &str = "delete from member where conversation_id = ?1 and device_id = ?2";
const DELETE_PENDING_WELCOME: &str =
    "delete from pending_welcome where conversation_id = ?1 and device_id = ?2";
const INSERT_WELCOME: &str = "
    insert into welcome (conversation_id, sequence, sender_device_id, sent_at, welcome, ratchet_tree)
    values (?1, ?2, ?3, ?4, ?5, ?6)";
const INSERT_PENDING_WELCOME: &str =
    "insert into pending_welcome (device_id, conversation_id, sequence) values (?1, ?2, ?3)";
const UPDATE_EPOCH: &str = "
    update conversation set epoch = ?2, commit_sequence = ?4 where conversation_id = ?1 and epoch = ?3";
const UPDATE_GROUP: &str = "
    update conversation_group set
        previous_public_state = public_state, previous_group_info = group_info, previous_profile = profile,
        public_state = ?2, group_info = ?3, group_info_wanted = 0
    where conversation_id = ?1";
const UPDATE_PROFILE: &str = "update conversation_group set profile = ?2 where conversation_id = ?1";
const UPDATE_TERMS: &str = "
    update conversation set retention_ms = ?2, slow_mode_ms = ?3, ends_at = ?4 where conversation_id = ?1";
const LEVEL_ROLES: &str = "update member set role = 1 where conversation_id = ?1 and role <> 1";
const UPDATE_ROLE: &str = "update member set role = ?3 where conversation_id = ?1 and user_id = ?2";
// Those of the epoch before are kept until its end cannot be undone any more.
const DELETE_OLD_PROPOSALS: &str = "delete from pending_proposal where conversation_id = ?1 and epoch < ?2";

#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[
    INSERT_MEMBER,
    DELETE_PREVIOUS,
    KEEP_PREVIOUS,
    DELETE_MEMBER,
    DELETE_PENDING_WELCOME,
    INSERT_WELCOME,
    INSERT_PENDING_WELCOME,
    UPDATE_EPOCH,
    UPDATE_GROUP,
    UPDATE_PROFILE,
    UPDATE_TERMS,
    LEVEL_ROLES,
    UPDATE_ROLE,
    DELETE_OLD_PROPOSALS,
];

impl SqliteStore {
    pub(in crate::store) async fn accept_commit(
        &self,
        commit: NewCommit,
    ) -> Result<Result<Stored, Refusal>, StoreError> {
        self.write(move |connection| accept(connection, commit)).await
    }
}

fn accept(connection: &Connection, mut commit: NewCommit) -> Result<Result<Stored, Refusal>, StoreError> {
    let id = commit.conversation;
    let leaf = (id, commit.sender);
    let mut ledger = Ledger::default();
    take_up(connection, &mut ledger, leaf)?;
    if let Some(user) = commit.joins {
        ledger.welcome(leaf, user);
    }
    let sequence = match ledger.judge(&commit.claim()) {
        Ok(Admission::Repeated(accepted)) => return Ok(Ok(Stored::Repeated(accepted))),
        Ok(Admission::New(sequence)) => sequence,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if let Some(new) = commit.link.take()
        && !insert_link(connection, id, new.rotation, &new.link)?
    {
        return Ok(Err(Refusal::LinkTaken));
    }
    ledger.enter(&commit.claim(), sequence, commit.sent_at);
    let (epoch, next_epoch) = (integer(commit.epoch.0), integer(commit.next_epoch.0));
    let swapped = connection.prepare_cached(UPDATE_EPOCH)?.execute(params![
        id.as_bytes(),
        next_epoch,
        epoch,
        integer(sequence.0)
    ])?;
    if swapped != 1 {
        return Err(Column("conversation", "epoch").inconsistent());
    }
    connection.prepare_cached(UPDATE_GROUP)?.execute(params![
        id.as_bytes(),
        commit.public_state,
        commit.group_info.as_slice()
    ])?;
    connection
        .prepare_cached(DELETE_OLD_PROPOSALS)?
        .execute(params![id.as_bytes(), epoch])?;
    connection
        .prepare_cached(DELETE_PREVIOUS)?
        .execute(params![id.as_bytes()])?;
    if commit.joins.is_some() {
        keep_previous(connection, id, commit.sender)?;
    }
    let profile = commit.profile.take();
    let entry = store(connection, &ledger, commit, sequence)?;
    if let Some(profile) = profile {
        connection
            .prepare_cached(UPDATE_PROFILE)?
            .execute(params![id.as_bytes(), Terms::of(&profile)?.profile])?;
        apply_terms(connection, id, &profile)?;
        if let Some(retention_ms) = Terms::of(&profile)?.retention_ms {
            shorten_expiry(connection, id, retention_ms)?;
        }
    }
    Ok(Ok(Stored::New(entry)))
}

/// Writes what of the profile stands in columns.
pub(super) fn apply_terms(
    connection: &Connection,
    conversation: ConversationId,
    profile: &GroupProfile,
) -> Result<(), StoreError> {
    let (id, terms) = (conversation.as_bytes(), Terms::of(profile)?);
    connection.prepare_cached(UPDATE_TERMS)?.execute(params![
        id,
        terms.retention_ms,
        terms.slow_mode_ms,
        terms.ends_at.map(milliseconds)
    ])?;
    connection.prepare_cached(LEVEL_ROLES)?.execute(params![id])?;
    for of in profile.roles.iter().filter(|of| of.role != Role::Member) {
        connection
            .prepare_cached(UPDATE_ROLE)?
            .execute(params![id, of.user.as_bytes(), role(of.role)])?;
    }
    Ok(())
}

fn keep_previous(
    connection: &Connection,
    conversation: ConversationId,
    device: DeviceId,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(KEEP_PREVIOUS)?
        .execute(params![conversation.as_bytes(), device.as_bytes()])?;
    Ok(())
}

/// The part that the first commit and later ones share: members, Welcomes, and the entry itself.
pub(super) fn store(
    connection: &Connection,
    ledger: &Ledger,
    commit: NewCommit,
    sequence: Sequence,
) -> Result<LogEntry, StoreError> {
    let id = commit.conversation;
    for device in &commit.removed {
        keep_previous(connection, id, *device)?;
        // A device that comes again by its own commit keeps its row, and so its counter.
        if commit.joins.is_none() || *device != commit.sender {
            connection
                .prepare_cached(DELETE_MEMBER)?
                .execute(params![id.as_bytes(), device.as_bytes()])?;
        }
        connection
            .prepare_cached(DELETE_PENDING_WELCOME)?
            .execute(params![id.as_bytes(), device.as_bytes()])?;
    }
    for member in &commit.added {
        insert_member(connection, &commit, member, sequence)?;
    }
    if let Some(new) = &commit.welcome {
        connection.prepare_cached(INSERT_WELCOME)?.execute(params![
            id.as_bytes(),
            integer(sequence.0),
            commit.sender.as_bytes(),
            milliseconds(commit.sent_at),
            new.welcome.as_slice(),
            new.ratchet_tree.as_slice(),
        ])?;
        for member in &commit.added {
            connection
                .prepare_cached(INSERT_PENDING_WELCOME)?
                .execute(params![
                    member.device.as_bytes(),
                    id.as_bytes(),
                    integer(sequence.0)
                ])?;
        }
    }
    let added: Vec<DeviceId> = commit.added.iter().map(|member| member.device).collect();
    forget_knocks(connection, id, &added)?;
    let entry = commit.into_entry(sequence);
    insert_entry(connection, &entry, None)?;
    write_back(connection, ledger)?;
    Ok(entry)
}

/// Gives a device its row; the log of the founder begins at 0.
pub(super) fn insert_member(
    connection: &Connection,
    commit: &NewCommit,
    member: &NewMember,
    joined: Sequence,
) -> Result<(), StoreError> {
    connection.prepare_cached(INSERT_MEMBER)?.execute(params![
        commit.conversation.as_bytes(),
        member.device.as_bytes(),
        member.user.as_bytes(),
        member.leaf,
        role(member.role),
        integer(joined.0),
        integer(commit.start_of_added(joined).0),
    ])?;
    Ok(())
}
