//! Conversations in PostgreSQL: their beginning, and what a change is checked against.

use super::commit::{insert_members, store};
use super::log::load;
use super::room::insert_link;
use super::{PostgresStore, Transaction, in_transaction};
use crate::store::StoreError;
use crate::store::column::{Column, conversation_kind, integer, milliseconds};
use crate::store::commit::{CommitStanding, Created, GroupSnapshot, NewConversation, Terms, VOIDED_MAX};
use crate::store::conversation::Refusal;
use crate::store::ledger::{Admission, Seat};
use undertone_wire::group::GroupProfile;
use undertone_wire::{Bytes, ConversationId, Sequence, UserId, codec};

const SELECT_DIRECT: &str = "select conversation_id from conversation where user_low = $1 and user_high = $2";
// Waits for another transaction that creates the same one, and then does nothing.
const INSERT_CONVERSATION: &str = "
    insert into conversation (conversation_id, kind, user_low, user_high, epoch, head, first_kept, retention_ms,
        slow_mode_ms, ends_at)
    values ($1, $2, $3, $4, $5, 1, 1, $6, $7, $8) on conflict do nothing";
const DELETE_CONVERSATION: &str = "delete from conversation where conversation_id = $1";
const INSERT_GROUP: &str = "
    insert into conversation_group (conversation_id, public_state, group_info, profile)
    values ($1, $2, $3, $4)";
const SELECT_STATE: &str = "
    select public_state, profile from conversation_group where conversation_id = $1";
const SELECT_PROPOSALS: &str = "
    select proposal from pending_proposal where conversation_id = $1 and epoch = $2 order by sequence";
const SELECT_CHARGE: &str = "
    select 1 from charge where conversation_id = $1 and user_id = $2 and voided >= $3";

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

impl PostgresStore {
    pub(in crate::store) async fn create_conversation(
        &self,
        new: NewConversation,
    ) -> Result<Created, StoreError> {
        in_transaction!(self, transaction => create(&transaction, new.clone()))
    }

    pub(in crate::store) async fn direct_conversation(
        &self,
        one: UserId,
        other: UserId,
    ) -> Result<Option<ConversationId>, StoreError> {
        let pair = (one.min(other), one.max(other));
        in_transaction!(self, transaction => direct(&transaction, Some(pair)))
    }

    pub(in crate::store) async fn group_snapshot(
        &self,
        standing: CommitStanding,
    ) -> Result<Result<GroupSnapshot, Refusal>, StoreError> {
        in_transaction!(self, transaction => snapshot(&transaction, &standing))
    }
}

async fn direct(
    transaction: &Transaction<'_>,
    pair: Option<(UserId, UserId)>,
) -> Result<Option<ConversationId>, StoreError> {
    let Some((low, high)) = pair else { return Ok(None) };
    let statement = transaction.prepare_cached(SELECT_DIRECT).await?;
    let found = transaction
        .query_opt(
            &statement,
            &[&low.as_bytes().as_slice(), &high.as_bytes().as_slice()],
        )
        .await?;
    found
        .map(|row| Column("conversation", "conversation_id").id(row.try_get(0)?))
        .transpose()
}

async fn create(transaction: &Transaction<'_>, new: NewConversation) -> Result<Created, StoreError> {
    let pair = new.pair();
    let NewConversation {
        kind,
        creator,
        mut commit,
        ..
    } = new;
    let leaf = (commit.conversation, commit.sender);
    let conversation = commit.conversation;
    let id = conversation.as_bytes().as_slice();
    let terms = commit
        .profile
        .take()
        .map(|profile| Terms::of(&profile))
        .transpose()?;
    let terms = terms.ok_or(Column("conversation_group", "profile").inconsistent())?;
    let low = pair.as_ref().map(|(low, _)| low.as_bytes().as_slice());
    let high = pair.as_ref().map(|(_, high)| high.as_bytes().as_slice());
    let (epoch, ends_at) = (integer(commit.next_epoch.0), terms.ends_at.map(milliseconds));
    let insert = transaction.prepare_cached(INSERT_CONVERSATION).await?;
    let kind = conversation_kind(kind);
    let inserted = transaction
        .execute(
            &insert,
            &[
                &id,
                &kind,
                &low,
                &high,
                &epoch,
                &terms.retention_ms,
                &terms.slow_mode_ms,
                &ends_at,
            ],
        )
        .await?;
    let mut ledger = load(transaction, &[leaf]).await?;
    if inserted == 0 {
        return match ledger.judge(&commit.claim()) {
            Ok(Admission::Repeated(accepted)) => Ok(Created::Repeated(accepted)),
            _ => Ok(direct(transaction, pair)
                .await?
                .map_or(Created::IdTaken, Created::Exists)),
        };
    }
    if let Some(new) = commit.link.take()
        && !insert_link(transaction, conversation, new.rotation, &new.link).await?
    {
        transaction.execute(DELETE_CONVERSATION, &[&id]).await?;
        return Ok(Created::IdTaken);
    }
    let group = transaction.prepare_cached(INSERT_GROUP).await?;
    let group_info = commit.group_info.as_slice();
    transaction
        .execute(&group, &[&id, &commit.public_state, &group_info, &terms.profile])
        .await?;
    insert_members(transaction, &commit, &[creator], Sequence(0)).await?;
    ledger.know_member(leaf, Seat::newcomer(creator.user));
    ledger.enter(&commit.claim(), Sequence(1), commit.sent_at);
    store(transaction, &ledger, commit, Sequence(1))
        .await
        .map(Created::New)
}

async fn snapshot(
    transaction: &Transaction<'_>,
    standing: &CommitStanding,
) -> Result<Result<GroupSnapshot, Refusal>, StoreError> {
    let id = standing.conversation;
    let leaf = (id, standing.sender);
    let mut ledger = load(transaction, &[leaf]).await?;
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
        && is_charged(transaction, id, user).await?
    {
        return Ok(Err(Refusal::Charged));
    }
    let bytes = id.as_bytes().as_slice();
    let statement = transaction.prepare_cached(SELECT_STATE).await?;
    let row = transaction.query_one(&statement, &[&bytes]).await?;
    let statement = transaction.prepare_cached(SELECT_PROPOSALS).await?;
    let proposals = transaction
        .query(&statement, &[&bytes, &integer(epoch.0)])
        .await?;
    Ok(Ok(GroupSnapshot {
        epoch,
        public_state: row.try_get(0)?,
        profile: profile_of(row.try_get(1)?)?,
        proposals: proposals
            .iter()
            .map(|row| row.try_get(0).map(Bytes))
            .collect::<Result<_, _>>()?,
        repeated,
    }))
}

/// What a stored profile says.
pub(super) fn profile_of(bytes: Option<&[u8]>) -> Result<Option<GroupProfile>, StoreError> {
    let profile = bytes.map(codec::from_cbor).transpose();
    profile.map_err(|_| Column("conversation_group", "profile").inconsistent())
}

/// Whether commits of a user are not taken any more.
pub(super) async fn is_charged(
    transaction: &Transaction<'_>,
    conversation: ConversationId,
    user: UserId,
) -> Result<bool, StoreError> {
    let statement = transaction.prepare_cached(SELECT_CHARGE).await?;
    let (id, user) = (conversation.as_bytes().as_slice(), user.as_bytes().as_slice());
    let found = transaction
        .query_opt(&statement, &[&id, &user, &VOIDED_MAX])
        .await?;
    Ok(found.is_some())
}
