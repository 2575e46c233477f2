//! Groups in PostgreSQL, beside their commits: how they look from outside, the `GroupInfo`, and
//! proposals.

use super::conversation::{is_charged, profile_of};
use super::log::{head_of, insert_entries, load, write_back};
use super::{PostgresStore, Transaction, in_transaction};
use crate::store::StoreError;
use crate::store::column::{Column, integer};
use crate::store::commit::{GroupMaterial, NewGroupInfo, NewProposal, OutsideView};
use crate::store::conversation::{Refusal, Stored};
use crate::store::ledger::Admission;
use undertone_wire::conversation::ConversationHead;
use undertone_wire::{Bytes, ConversationId, DeviceId, Epoch, UserId};

const SELECT_OUTSIDE: &str = "
    select kind, epoch, profile from conversation join conversation_group using (conversation_id)
    where conversation_id = $1";
const COUNT_MEMBERS: &str = "
    select count(distinct user_id), count(*), count(case when user_id = $2 then 1 end)
    from member where conversation_id = $1";
const SELECT_DEVICES: &str = "select device_id from member where conversation_id = $1";
const SELECT_MATERIAL: &str = "
    select group_info, public_state from conversation_group where conversation_id = $1";
const REPLACE_GROUP_INFO: &str = "
    update conversation_group set group_info = $3, group_info_wanted = false
    where conversation_id = $1 and group_info_wanted
        and (select epoch from conversation where conversation_id = $1 for update) = $2";
// A charge of nothing is none.
const FORGET_DOUBTFUL: &str = "
    delete from charge where conversation_id = $1 and doubtful_epoch = $2 and voided <= doubtful";
const TAKE_BACK_DOUBTFUL: &str = "
    update charge set voided = voided - doubtful, doubtful = 0
    where conversation_id = $1 and doubtful_epoch = $2";
const CONFIRM_DOUBTFUL: &str = "
    update charge set doubtful = 0 where conversation_id = $1 and doubtful_epoch = $2";
const INSERT_PROPOSAL: &str = "
    insert into pending_proposal (conversation_id, sequence, epoch, proposal) values ($1, $2, $3, $4)";
const SELECT_HEADS_OF_USER: &str = "
    select conversation_id, head, first_kept, 0::bigint, epoch, 0::bigint from conversation
    where conversation_id in (select conversation_id from member where user_id = $1)";

#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[
    SELECT_OUTSIDE,
    COUNT_MEMBERS,
    SELECT_DEVICES,
    SELECT_MATERIAL,
    REPLACE_GROUP_INFO,
    FORGET_DOUBTFUL,
    TAKE_BACK_DOUBTFUL,
    CONFIRM_DOUBTFUL,
    INSERT_PROPOSAL,
    SELECT_HEADS_OF_USER,
];

impl PostgresStore {
    pub(in crate::store) async fn outside_view(
        &self,
        conversation: ConversationId,
        user: UserId,
    ) -> Result<Option<OutsideView>, StoreError> {
        in_transaction!(self, transaction => look(&transaction, conversation, user))
    }

    pub(in crate::store) async fn group_material(
        &self,
        conversation: ConversationId,
    ) -> Result<Option<GroupMaterial>, StoreError> {
        let client = self.connection().await?;
        let statement = client.prepare_cached(SELECT_MATERIAL).await?;
        let found = client
            .query_opt(&statement, &[&conversation.as_bytes().as_slice()])
            .await?;
        let Some(row) = found else { return Ok(None) };
        Ok(Some(GroupMaterial {
            group_info: Bytes(row.try_get(0)?),
            public_state: row.try_get(1)?,
        }))
    }

    pub(in crate::store) async fn devices_inside(
        &self,
        conversation: ConversationId,
    ) -> Result<Vec<DeviceId>, StoreError> {
        let client = self.connection().await?;
        let statement = client.prepare_cached(SELECT_DEVICES).await?;
        let rows = client
            .query(&statement, &[&conversation.as_bytes().as_slice()])
            .await?;
        rows.iter()
            .map(|row| Column("member", "device_id").id(row.try_get(0)?))
            .collect()
    }

    pub(in crate::store) async fn replace_group_info(&self, new: NewGroupInfo) -> Result<(), StoreError> {
        in_transaction!(self, transaction => replace(&transaction, &new))
    }

    pub(in crate::store) async fn accept_proposal(
        &self,
        proposal: NewProposal,
    ) -> Result<Result<Stored, Refusal>, StoreError> {
        in_transaction!(self, transaction => propose(&transaction, proposal.clone()))
    }

    pub(in crate::store) async fn heads_of_user(
        &self,
        user: UserId,
    ) -> Result<Vec<ConversationHead>, StoreError> {
        let client = self.connection().await?;
        let statement = client.prepare_cached(SELECT_HEADS_OF_USER).await?;
        let rows = client.query(&statement, &[&user.as_bytes().as_slice()]).await?;
        rows.iter().map(head_of).collect()
    }
}

async fn replace(transaction: &Transaction<'_>, new: &NewGroupInfo) -> Result<(), StoreError> {
    let (id, epoch) = (new.conversation.as_bytes().as_slice(), integer(new.epoch.0));
    let replaced = transaction
        .execute(REPLACE_GROUP_INFO, &[&id, &epoch, &new.group_info.as_slice()])
        .await?;
    let settled: &[&str] = match (replaced, new.other_key) {
        (0, _) => &[],
        (_, true) => &[FORGET_DOUBTFUL, TAKE_BACK_DOUBTFUL],
        (_, false) => &[CONFIRM_DOUBTFUL],
    };
    for statement in settled {
        transaction.execute(*statement, &[&id, &epoch]).await?;
    }
    Ok(())
}

async fn look(
    transaction: &Transaction<'_>,
    conversation: ConversationId,
    user: UserId,
) -> Result<Option<OutsideView>, StoreError> {
    let id = conversation.as_bytes().as_slice();
    let statement = transaction.prepare_cached(SELECT_OUTSIDE).await?;
    let Some(row) = transaction.query_opt(&statement, &[&id]).await? else {
        return Ok(None);
    };
    let statement = transaction.prepare_cached(COUNT_MEMBERS).await?;
    let counts = transaction
        .query_one(&statement, &[&id, &user.as_bytes().as_slice()])
        .await?;
    Ok(Some(OutsideView {
        kind: Column("conversation", "kind").conversation_kind(row.try_get(0)?)?,
        epoch: Epoch(Column("conversation", "epoch").number(row.try_get(1)?)?),
        profile: profile_of(row.try_get(2)?)?,
        is_member: counts.try_get::<_, i64>(2)? > 0,
        is_charged: is_charged(transaction, conversation, user).await?,
        people: Column("member", "user_id").number(counts.try_get(0)?)?,
        devices: Column("member", "device_id").number(counts.try_get(1)?)?,
    }))
}

async fn propose(
    transaction: &Transaction<'_>,
    proposal: NewProposal,
) -> Result<Result<Stored, Refusal>, StoreError> {
    let conversation = proposal.conversation;
    let mut ledger = load(transaction, &[(conversation, proposal.sender)]).await?;
    let sequence = match ledger.judge(&proposal.claim()) {
        Ok(Admission::Repeated(accepted)) => return Ok(Ok(Stored::Repeated(accepted))),
        Ok(Admission::New(sequence)) => sequence,
        Err(refusal) => return Ok(Err(refusal)),
    };
    ledger.enter(&proposal.claim(), sequence, proposal.sent_at);
    let id = conversation.as_bytes().as_slice();
    let (place, epoch) = (integer(sequence.0), integer(proposal.epoch.0));
    let insert = transaction.prepare_cached(INSERT_PROPOSAL).await?;
    transaction
        .execute(&insert, &[&id, &place, &epoch, &proposal.payload.as_slice()])
        .await?;
    let entry = proposal.into_entry(sequence);
    insert_entries(transaction, &[(&entry, None)]).await?;
    write_back(transaction, &ledger).await?;
    Ok(Ok(Stored::New(entry)))
}
