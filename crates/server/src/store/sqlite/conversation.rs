//! Conversations in SQLite: their beginning, and what a change is checked against.

use super::SqliteStore;
use super::commit::{insert_member, store};
use super::log::take_up;
use super::room::insert_link;
use crate::store::StoreError;
use crate::store::column::{Column, conversation_kind, integer, milliseconds};
use crate::store::commit::{CommitStanding, Created, GroupSnapshot, NewConversation, Terms};
use crate::store::conversation::Refusal;
use crate::store::ledger::{Admission, Ledger, Seat};
use rusqlite::{Connection, OptionalExtension, params};
use undertone_wire::group::GroupProfile;
use undertone_wire::{Bytes, ConversationId, Sequence, UserId, codec};

const SELECT_DIRECT: &str = "select conversation_id from conversation where user_low = ?1 and user_high = ?2";
const INSERT_CONVERSATION: &str = "
    insert into conversation (conversation_id, kind, user_low, user_high, epoch, head, first_kept, retention_ms,
        slow_mode_ms, ends_at)
    values (?1, ?2, ?3, ?4, ?5, 1, 1, ?6, ?7, ?8)";
const DELETE_CONVERSATION: &str = "delete from conversation where conversation_id = ?1";
const INSERT_GROUP: &str = "
    insert into conversation_group (conversation_id, public_state, group_info, profile)
    values (?1, ?2, ?3, ?4)";
const SELECT_STATE: &str = "
    select public_state, profile from conversation_group where conversation_id = ?1";
const SELECT_PROPOSALS: &str = "
    select proposal from pending_proposal where conversation_id = ?1 and epoch = ?2 order by sequence";
const SELECT_CHARGE: &str = "select voided from charge where conversation_id = ?1 and user_id = ?2";

#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[
    SELECT_DIRECT,
    INSERT_CONVERSATION,
    DELETE_CONVERSATION,
    INSERT_GROUP,
    SELECT_STATE,
    SELECT_PROPOSALS,
    SELECT_CHARGE,
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
        let pair = (one.min(other), one.max(other));
        self.read(move |connection| direct(connection, Some(pair))).await
    }

    pub(in crate::store) async fn group_snapshot(
        &self,
        standing: CommitStanding,
    ) -> Result<Result<GroupSnapshot, Refusal>, StoreError> {
        self.read(move |connection| snapshot(connection, &standing)).await
    }
}

fn direct(
    connection: &Connection,
    pair: Option<(UserId, UserId)>,
) -> Result<Option<ConversationId>, StoreError> {
    let Some((low, high)) = pair else { return Ok(None) };
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
    let pair = new.pair();
    let NewConversation {
        kind,
        creator,
        mut commit,
        ..
    } = new;
    let id = commit.conversation;
    let mut ledger = Ledger::default();
    take_up(connection, &mut ledger, (id, commit.sender))?;
    if let Ok(Admission::Repeated(accepted)) = ledger.judge(&commit.claim()) {
        return Ok(Created::Repeated(accepted));
    }
    if let Some(existing) = direct(connection, pair)? {
        return Ok(Created::Exists(existing));
    }
    if ledger.epoch(&id).is_some() {
        return Ok(Created::IdTaken);
    }
    let terms = commit
        .profile
        .take()
        .map(|profile| Terms::of(&profile))
        .transpose()?;
    let terms = terms.ok_or(Column("conversation_group", "profile").inconsistent())?;
    connection.prepare_cached(INSERT_CONVERSATION)?.execute(params![
        id.as_bytes(),
        conversation_kind(kind),
        pair.map(|(low, _)| *low.as_bytes()),
        pair.map(|(_, high)| *high.as_bytes()),
        integer(commit.next_epoch.0),
        terms.retention_ms,
        terms.slow_mode_ms,
        terms.ends_at.map(milliseconds),
    ])?;
    if let Some(new) = commit.link.take()
        && !insert_link(connection, id, new.rotation, &new.link)?
    {
        connection
            .prepare_cached(DELETE_CONVERSATION)?
            .execute(params![id.as_bytes()])?;
        return Ok(Created::IdTaken);
    }
    connection.prepare_cached(INSERT_GROUP)?.execute(params![
        id.as_bytes(),
        commit.public_state,
        commit.group_info.as_slice(),
        terms.profile
    ])?;
    insert_member(connection, &commit, &creator, Sequence(0))?;
    ledger.know_member((id, creator.device), Seat::newcomer(creator.user));
    ledger.enter(&commit.claim(), Sequence(1), commit.sent_at);
    store(connection, &ledger, commit, Sequence(1)).map(Created::New)
}

fn snapshot(
    connection: &Connection,
    standing: &CommitStanding,
) -> Result<Result<GroupSnapshot, Refusal>, StoreError> {
    let id = standing.conversation;
    let leaf = (id, standing.sender);
    let mut ledger = Ledger::default();
    take_up(connection, &mut ledger, leaf)?;
    if let Some(user) = standing.joins {
        ledger.welcome(leaf, user);
    }
    let Some(epoch) = ledger.epoch(&id) else {
        return Ok(Err(Refusal::NotMember));
    };
    let repeated = match ledger.judge(&standing.claim(epoch)) {
        Ok(Admission::Repeated(accepted)) => Some(accepted),
        Ok(Admission::New(_)) => None,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if let Some(user) = ledger.user(&leaf)
        && is_charged(connection, id, user)?
    {
        return Ok(Err(Refusal::Charged));
    }
    let (public_state, profile) = connection
        .prepare_cached(SELECT_STATE)?
        .query_row(params![id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut proposals = connection.prepare_cached(SELECT_PROPOSALS)?;
    let proposals = proposals.query_map(params![id.as_bytes(), integer(epoch.0)], |row| {
        row.get(0).map(Bytes)
    })?;
    Ok(Ok(GroupSnapshot {
        epoch,
        public_state,
        profile: profile_of(profile)?,
        proposals: proposals.collect::<Result<_, _>>()?,
        repeated,
    }))
}

/// What a stored profile says.
pub(super) fn profile_of(bytes: Option<Vec<u8>>) -> Result<Option<GroupProfile>, StoreError> {
    let read = |bytes: Vec<u8>| codec::from_cbor(&bytes);
    let profile = bytes.map(read).transpose();
    profile.map_err(|_| Column("conversation_group", "profile").inconsistent())
}

/// Whether commits of a user are not taken any more.
pub(super) fn is_charged(
    connection: &Connection,
    conversation: ConversationId,
    user: UserId,
) -> Result<bool, StoreError> {
    let voided: Option<i64> = connection
        .prepare_cached(SELECT_CHARGE)?
        .query_row(params![conversation.as_bytes(), user.as_bytes()], |row| {
            row.get(0)
        })
        .optional()?;
    Ok(voided.is_some_and(|voided| voided >= crate::store::commit::VOIDED_MAX))
}
