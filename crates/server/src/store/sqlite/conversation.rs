//! Conversations in SQLite: their beginning and their commits.

use super::SqliteStore;
use super::log::{conversation_row, insert_entry, member_row, write_back};
use crate::store::StoreError;
use crate::store::column::{Column, DIRECT, integer, milliseconds};
use crate::store::conversation::{
    CommitStanding, Created, GroupSnapshot, NewCommit, NewConversation, NewMember, Refusal, Stored,
};
use crate::store::ledger::{Admission, Leaf, Ledger};
use rusqlite::{Connection, OptionalExtension, params};
use undertone_wire::conversation::{ConversationKind, LogEntry};
use undertone_wire::{ConversationId, Sequence, UserId};

const SELECT_DIRECT: &str = "select conversation_id from conversation where user_low = ?1 and user_high = ?2";
const INSERT_CONVERSATION: &str = "
    insert into conversation (conversation_id, kind, user_low, user_high, epoch, head, first_kept)
    values (?1, ?2, ?3, ?4, ?5, 1, 1)";
const INSERT_GROUP: &str = "
    insert into conversation_group (conversation_id, public_state, group_info) values (?1, ?2, ?3)";
const INSERT_MEMBER: &str = "
    insert into member (conversation_id, device_id, user_id, leaf, start, cursor)
    values (?1, ?2, ?3, ?4, ?5, ?5)";
const DELETE_MEMBER: &str = "delete from member where conversation_id = ?1 and device_id = ?2";
const DELETE_PENDING_WELCOME: &str =
    "delete from pending_welcome where conversation_id = ?1 and device_id = ?2";
const INSERT_WELCOME: &str = "
    insert into welcome (conversation_id, sequence, sender_device_id, sent_at, welcome, ratchet_tree)
    values (?1, ?2, ?3, ?4, ?5, ?6)";
const INSERT_PENDING_WELCOME: &str =
    "insert into pending_welcome (device_id, conversation_id, sequence) values (?1, ?2, ?3)";
const SELECT_STATE: &str = "select public_state from conversation_group where conversation_id = ?1";
const UPDATE_EPOCH: &str = "update conversation set epoch = ?2 where conversation_id = ?1 and epoch = ?3";
const UPDATE_GROUP: &str = "
    update conversation_group set
        previous_public_state = public_state, previous_group_info = group_info,
        public_state = ?2, group_info = ?3
    where conversation_id = ?1";

#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[
    SELECT_DIRECT,
    INSERT_CONVERSATION,
    INSERT_GROUP,
    INSERT_MEMBER,
    DELETE_MEMBER,
    DELETE_PENDING_WELCOME,
    INSERT_WELCOME,
    INSERT_PENDING_WELCOME,
    SELECT_STATE,
    UPDATE_EPOCH,
    UPDATE_GROUP,
];

impl SqliteStore {
    pub(in crate::store) async fn create_conversation(
        &self,
        new: NewConversation,
    ) -> Result<Created, StoreError> {
        self.write(move |connection| create(connection, new)).await
    }

    pub(in crate::store) async fn direct_conversation(
        &self,
        one: UserId,
        other: UserId,
    ) -> Result<Option<ConversationId>, StoreError> {
        self.read(move |connection| direct(connection, one, other)).await
    }

    pub(in crate::store) async fn group_snapshot(
        &self,
        standing: CommitStanding,
    ) -> Result<Result<GroupSnapshot, Refusal>, StoreError> {
        self.read(move |connection| snapshot(connection, &standing)).await
    }

    pub(in crate::store) async fn accept_commit(
        &self,
        commit: NewCommit,
    ) -> Result<Result<Stored, Refusal>, StoreError> {
        self.write(move |connection| accept(connection, commit)).await
    }
}

fn direct(connection: &Connection, one: UserId, other: UserId) -> Result<Option<ConversationId>, StoreError> {
    let (low, high) = (one.min(other), one.max(other));
    let found = connection
        .prepare_cached(SELECT_DIRECT)?
        .query_row(params![low.as_bytes(), high.as_bytes()], |row| {
            row.get::<_, Vec<u8>>(0)
        })
        .optional()?;
    found
        .map(|bytes| Column("conversation", "conversation_id").id(&bytes))
        .transpose()
}

fn create(connection: &Connection, new: NewConversation) -> Result<Created, StoreError> {
    let NewConversation {
        kind: ConversationKind::Direct,
        peer,
        creator,
        commit,
    } = new;
    let id = commit.conversation;
    let mut ledger = load(connection, (id, commit.sender))?;
    if let Ok(Admission::Repeated(accepted)) = ledger.judge(&commit.claim()) {
        return Ok(Created::Repeated(accepted));
    }
    if let Some(existing) = direct(connection, creator.user, peer)? {
        return Ok(Created::Exists(existing));
    }
    if ledger.epoch(&id).is_some() {
        return Ok(Created::IdTaken);
    }
    let (low, high) = (creator.user.min(peer), creator.user.max(peer));
    let epoch = integer(commit.next_epoch.0);
    connection.prepare_cached(INSERT_CONVERSATION)?.execute(params![
        id.as_bytes(),
        DIRECT,
        low.as_bytes(),
        high.as_bytes(),
        epoch
    ])?;
    connection.prepare_cached(INSERT_GROUP)?.execute(params![
        id.as_bytes(),
        commit.public_state,
        commit.group_info.as_slice()
    ])?;
    insert_member(connection, id, &creator, Sequence(0))?;
    ledger.enter(&commit.claim(), Sequence(1), commit.sent_at);
    store(connection, &ledger, commit, Sequence(1)).map(Created::New)
}

fn snapshot(
    connection: &Connection,
    standing: &CommitStanding,
) -> Result<Result<GroupSnapshot, Refusal>, StoreError> {
    let id = standing.conversation;
    let ledger = load(connection, (id, standing.sender))?;
    let Some(epoch) = ledger.epoch(&id) else {
        return Ok(Err(Refusal::NotMember));
    };
    let repeated = match ledger.judge(&standing.claim(epoch)) {
        Ok(Admission::Repeated(accepted)) => Some(accepted),
        Ok(Admission::New(_)) => None,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let public_state = connection
        .prepare_cached(SELECT_STATE)?
        .query_row(params![id.as_bytes()], |row| row.get(0))?;
    Ok(Ok(GroupSnapshot {
        epoch,
        public_state,
        repeated,
    }))
}

fn accept(connection: &Connection, commit: NewCommit) -> Result<Result<Stored, Refusal>, StoreError> {
    let id = commit.conversation;
    let mut ledger = load(connection, (id, commit.sender))?;
    let sequence = match ledger.judge(&commit.claim()) {
        Ok(Admission::Repeated(accepted)) => return Ok(Ok(Stored::Repeated(accepted))),
        Ok(Admission::New(sequence)) => sequence,
        Err(refusal) => return Ok(Err(refusal)),
    };
    ledger.enter(&commit.claim(), sequence, commit.sent_at);
    let (epoch, next_epoch) = (integer(commit.epoch.0), integer(commit.next_epoch.0));
    let swapped =
        connection
            .prepare_cached(UPDATE_EPOCH)?
            .execute(params![id.as_bytes(), next_epoch, epoch])?;
    if swapped != 1 {
        return Err(Column("conversation", "epoch").inconsistent());
    }
    connection.prepare_cached(UPDATE_GROUP)?.execute(params![
        id.as_bytes(),
        commit.public_state,
        commit.group_info.as_slice()
    ])?;
    store(connection, &ledger, commit, sequence).map(|entry| Ok(Stored::New(entry)))
}

/// What the ledger needs to judge one device in one conversation.
fn load(connection: &Connection, leaf: Leaf) -> Result<Ledger, StoreError> {
    let mut ledger = Ledger::default();
    if let Some(standing) = conversation_row(connection, leaf.0)? {
        ledger.know_conversation(leaf.0, standing);
    }
    if let Some(last) = member_row(connection, leaf)? {
        ledger.know_member(leaf, last);
    }
    Ok(ledger)
}

/// The part that the first commit and later ones share: members, Welcomes, and the entry itself.
fn store(
    connection: &Connection,
    ledger: &Ledger,
    commit: NewCommit,
    sequence: Sequence,
) -> Result<LogEntry, StoreError> {
    let id = commit.conversation;
    for device in &commit.removed {
        connection
            .prepare_cached(DELETE_MEMBER)?
            .execute(params![id.as_bytes(), device.as_bytes()])?;
        connection
            .prepare_cached(DELETE_PENDING_WELCOME)?
            .execute(params![id.as_bytes(), device.as_bytes()])?;
    }
    for member in &commit.added {
        insert_member(connection, id, member, sequence)?;
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
    let entry = commit.into_entry(sequence);
    insert_entry(connection, &entry)?;
    write_back(connection, ledger)?;
    Ok(entry)
}

fn insert_member(
    connection: &Connection,
    conversation: ConversationId,
    member: &NewMember,
    start: Sequence,
) -> Result<(), StoreError> {
    connection.prepare_cached(INSERT_MEMBER)?.execute(params![
        conversation.as_bytes(),
        member.device.as_bytes(),
        member.user.as_bytes(),
        member.leaf,
        integer(start.0),
    ])?;
    Ok(())
}
