//! Groups in SQLite, beside their commits: how they look from outside, the `GroupInfo`, and proposals.

use super::SqliteStore;
use super::conversation::{is_charged, profile_of};
use super::log::{insert_entry, take_up, write_back};
use crate::store::StoreError;
use crate::store::column::{Column, integer};
use crate::store::commit::{GroupMaterial, NewGroupInfo, NewProposal, OutsideView};
use crate::store::conversation::{Refusal, Stored};
use crate::store::ledger::{Admission, Ledger};
use rusqlite::{Connection, params};
use undertone_wire::conversation::ConversationHead;
use undertone_wire::{Bytes, ConversationId, DeviceId, Epoch, UserId};

const SELECT_OUTSIDE: &str = "
    select kind, epoch, profile from conversation join conversation_group using (conversation_id)
    where conversation_id = ?1";
const COUNT_MEMBERS: &str = "
    select count(distinct user_id), count(*), count(case when user_id = ?2 then 1 end)
    from member where conversation_id = ?1";
const SELECT_DEVICES: &str = "select device_id from member where conversation_id = ?1";
const SELECT_MATERIAL: &str = "
    select group_info, public_state from conversation_group where conversation_id = ?1";
const REPLACE_GROUP_INFO: &str = "
    update conversation_group set group_info = ?3, group_info_wanted = 0
    where conversation_id = ?1 and group_info_wanted = 1
        and (select epoch from conversation where conversation_id = ?1) = ?2";
// A charge of nothing is none.
const FORGET_DOUBTFUL: &str = "
    delete from charge where conversation_id = ?1 and doubtful_epoch = ?2 and voided <= doubtful";
const TAKE_BACK_DOUBTFUL: &str = "
    update charge set voided = voided - doubtful, doubtful = 0
    where conversation_id = ?1 and doubtful_epoch = ?2";
const CONFIRM_DOUBTFUL: &str = "
    update charge set doubtful = 0 where conversation_id = ?1 and doubtful_epoch = ?2";
const INSERT_PROPOSAL: &str = "
    insert into pending_proposal (conversation_id, sequence, epoch, proposal) values (?1, ?2, ?3, ?4)";
const SELECT_HEADS_OF_USER: &str = "
    select conversation_id, head, first_kept, 0, epoch, 0 from conversation
    where conversation_id in (select conversation_id from member where user_id = ?1)";

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

impl SqliteStore {
    pub(in crate::store) async fn outside_view(
        &self,
        conversation: ConversationId,
        user: UserId,
    ) -> Result<Option<OutsideView>, StoreError> {
        self.read(move |connection| look(connection, conversation, user))
            .await
    }

    pub(in crate::store) async fn group_material(
        &self,
        conversation: ConversationId,
    ) -> Result<Option<GroupMaterial>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(SELECT_MATERIAL)?;
            let mut rows = statement.query(params![conversation.as_bytes()])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            Ok(Some(GroupMaterial {
                group_info: Bytes(row.get(0)?),
                public_state: row.get(1)?,
            }))
        })
        .await
    }

    pub(in crate::store) async fn devices_inside(
        &self,
        conversation: ConversationId,
    ) -> Result<Vec<DeviceId>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(SELECT_DEVICES)?;
            let mut rows = statement.query(params![conversation.as_bytes()])?;
            let mut devices = Vec::new();
            while let Some(row) = rows.next()? {
                devices.push(Column("member", "device_id").id(&row.get::<_, Vec<u8>>(0)?)?);
            }
            Ok(devices)
        })
        .await
    }

    pub(in crate::store) async fn replace_group_info(&self, new: NewGroupInfo) -> Result<(), StoreError> {
        self.write(move |connection| replace(connection, &new)).await
    }

    pub(in crate::store) async fn accept_proposal(
        &self,
        proposal: NewProposal,
    ) -> Result<Result<Stored, Refusal>, StoreError> {
        self.write(move |connection| propose(connection, proposal)).await
    }

    pub(in crate::store) async fn heads_of_user(
        &self,
        user: UserId,
    ) -> Result<Vec<ConversationHead>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(SELECT_HEADS_OF_USER)?;
            let mut rows = statement.query(params![user.as_bytes()])?;
            let mut heads = Vec::new();
            while let Some(row) = rows.next()? {
                heads.push(super::log::head_of(row)?);
            }
            Ok(heads)
        })
        .await
    }
}

fn replace(connection: &Connection, new: &NewGroupInfo) -> Result<(), StoreError> {
    let (id, epoch) = (new.conversation.as_bytes(), integer(new.epoch.0));
    let replaced = connection.prepare_cached(REPLACE_GROUP_INFO)?.execute(params![
        id,
        epoch,
        new.group_info.as_slice()
    ])?;
    let settled: &[&str] = match (replaced, new.other_key) {
        (0, _) => &[],
        (_, true) => &[FORGET_DOUBTFUL, TAKE_BACK_DOUBTFUL],
        (_, false) => &[CONFIRM_DOUBTFUL],
    };
    for statement in settled {
        connection
            .prepare_cached(statement)?
            .execute(params![id, epoch])?;
    }
    Ok(())
}

fn look(
    connection: &Connection,
    conversation: ConversationId,
    user: UserId,
) -> Result<Option<OutsideView>, StoreError> {
    let id = conversation.as_bytes();
    let mut statement = connection.prepare_cached(SELECT_OUTSIDE)?;
    let mut rows = statement.query(params![id])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let counts = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get::<_, i64>(2)?));
    let (people, devices, own) = connection
        .prepare_cached(COUNT_MEMBERS)?
        .query_row(params![id, user.as_bytes()], counts)?;
    Ok(Some(OutsideView {
        kind: Column("conversation", "kind").conversation_kind(row.get(0)?)?,
        epoch: Epoch(Column("conversation", "epoch").number(row.get(1)?)?),
        profile: profile_of(row.get(2)?)?,
        is_member: own > 0,
        is_charged: is_charged(connection, conversation, user)?,
        people: Column("member", "user_id").number(people)?,
        devices: Column("member", "device_id").number(devices)?,
    }))
}

fn propose(connection: &Connection, proposal: NewProposal) -> Result<Result<Stored, Refusal>, StoreError> {
    let id = proposal.conversation;
    let mut ledger = Ledger::default();
    take_up(connection, &mut ledger, (id, proposal.sender))?;
    let sequence = match ledger.judge(&proposal.claim()) {
        Ok(Admission::Repeated(accepted)) => return Ok(Ok(Stored::Repeated(accepted))),
        Ok(Admission::New(sequence)) => sequence,
        Err(refusal) => return Ok(Err(refusal)),
    };
    ledger.enter(&proposal.claim(), sequence, proposal.sent_at);
    connection.prepare_cached(INSERT_PROPOSAL)?.execute(params![
        id.as_bytes(),
        integer(sequence.0),
        integer(proposal.epoch.0),
        proposal.payload.as_slice()
    ])?;
    let entry = proposal.into_entry(sequence);
    insert_entry(connection, &entry, None)?;
    write_back(connection, &ledger)?;
    Ok(Ok(Stored::New(entry)))
}
