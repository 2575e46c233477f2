//! Conversations in PostgreSQL: their beginning and their commits.

use super::log::{insert_entries, load, write_back};
use super::{PostgresStore, Transaction, in_transaction};
use crate::store::StoreError;
use crate::store::column::{Column, DIRECT, integer, milliseconds};
use crate::store::conversation::{
    CommitStanding, Created, GroupSnapshot, NewCommit, NewConversation, NewMember, Refusal, Stored,
};
use crate::store::ledger::{Admission, Ledger};
use undertone_wire::conversation::{ConversationKind, LogEntry};
use undertone_wire::{ConversationId, Sequence, UserId};

const SELECT_DIRECT: &str = "select conversation_id from conversation where user_low = $1 and user_high = $2";
// Waits for another transaction that creates the same one, and then does nothing.
const INSERT_CONVERSATION: &str = "
    insert into conversation (conversation_id, kind, user_low, user_high, epoch, head, first_kept)
    values ($1, $2, $3, $4, $5, 1, 1) on conflict do nothing";
const INSERT_GROUP: &str = "
    insert into conversation_group (conversation_id, public_state, group_info) values ($1, $2, $3)";
const INSERT_MEMBERS: &str = "
    insert into member (conversation_id, device_id, user_id, leaf, start, cursor)
    select $1, new.device_id, new.user_id, new.leaf, $5, $5
    from unnest($2::bytea[], $3::bytea[], $4::bigint[]) as new (device_id, user_id, leaf)";
const DELETE_MEMBERS: &str = "delete from member where conversation_id = $1 and device_id = any($2)";
const DELETE_PENDING_WELCOMES: &str =
    "delete from pending_welcome where conversation_id = $1 and device_id = any($2)";
const INSERT_WELCOME: &str = "
    insert into welcome (conversation_id, sequence, sender_device_id, sent_at, welcome, ratchet_tree)
    values ($1, $2, $3, $4, $5, $6)";
const INSERT_PENDING_WELCOMES: &str = "
    insert into pending_welcome (device_id, conversation_id, sequence)
    select new.device_id, $1, $2 from unnest($3::bytea[]) as new (device_id)";
const SELECT_STATE: &str = "select public_state from conversation_group where conversation_id = $1";
const UPDATE_EPOCH: &str = "update conversation set epoch = $2 where conversation_id = $1 and epoch = $3";
const UPDATE_GROUP: &str = "
    update conversation_group set
        previous_public_state = public_state, previous_group_info = group_info,
        public_state = $2, group_info = $3
    where conversation_id = $1";

#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[
    SELECT_DIRECT,
    INSERT_CONVERSATION,
    INSERT_GROUP,
    INSERT_MEMBERS,
    DELETE_MEMBERS,
    DELETE_PENDING_WELCOMES,
    INSERT_WELCOME,
    INSERT_PENDING_WELCOMES,
    SELECT_STATE,
    UPDATE_EPOCH,
    UPDATE_GROUP,
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
        in_transaction!(self, transaction => direct(&transaction, one, other))
    }

    pub(in crate::store) async fn group_snapshot(
        &self,
        standing: CommitStanding,
    ) -> Result<Result<GroupSnapshot, Refusal>, StoreError> {
        in_transaction!(self, transaction => snapshot(&transaction, &standing))
    }

    pub(in crate::store) async fn accept_commit(
        &self,
        commit: NewCommit,
    ) -> Result<Result<Stored, Refusal>, StoreError> {
        in_transaction!(self, transaction => accept(&transaction, commit.clone()))
    }
}

async fn direct(
    transaction: &Transaction<'_>,
    one: UserId,
    other: UserId,
) -> Result<Option<ConversationId>, StoreError> {
    let (low, high) = (one.min(other), one.max(other));
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
    let NewConversation {
        kind: ConversationKind::Direct,
        peer,
        creator,
        commit,
    } = new;
    let leaf = (commit.conversation, commit.sender);
    let id = commit.conversation.as_bytes().as_slice();
    let (low, high) = (creator.user.min(peer), creator.user.max(peer));
    let insert = transaction.prepare_cached(INSERT_CONVERSATION).await?;
    let users = [low.as_bytes().as_slice(), high.as_bytes().as_slice()];
    let epoch = integer(commit.next_epoch.0);
    let inserted = transaction
        .execute(&insert, &[&id, &DIRECT, &users[0], &users[1], &epoch])
        .await?;
    let mut ledger = load(transaction, &[leaf]).await?;
    if inserted == 0 {
        return match ledger.judge(&commit.claim()) {
            Ok(Admission::Repeated(accepted)) => Ok(Created::Repeated(accepted)),
            _ => Ok(direct(transaction, creator.user, peer)
                .await?
                .map_or(Created::IdTaken, Created::Exists)),
        };
    }
    let group = transaction.prepare_cached(INSERT_GROUP).await?;
    transaction
        .execute(
            &group,
            &[&id, &commit.public_state, &commit.group_info.as_slice()],
        )
        .await?;
    insert_members(transaction, commit.conversation, &[creator], Sequence(0)).await?;
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
    let ledger = load(transaction, &[(id, standing.sender)]).await?;
    let Some(epoch) = ledger.epoch(&id) else {
        return Ok(Err(Refusal::NotMember));
    };
    let repeated = match ledger.judge(&standing.claim(epoch)) {
        Ok(Admission::Repeated(accepted)) => Some(accepted),
        Ok(Admission::New(_)) => None,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let statement = transaction.prepare_cached(SELECT_STATE).await?;
    let row = transaction
        .query_one(&statement, &[&id.as_bytes().as_slice()])
        .await?;
    Ok(Ok(GroupSnapshot {
        epoch,
        public_state: row.try_get(0)?,
        repeated,
    }))
}

async fn accept(
    transaction: &Transaction<'_>,
    commit: NewCommit,
) -> Result<Result<Stored, Refusal>, StoreError> {
    let mut ledger = load(transaction, &[(commit.conversation, commit.sender)]).await?;
    let sequence = match ledger.judge(&commit.claim()) {
        Ok(Admission::Repeated(accepted)) => return Ok(Ok(Stored::Repeated(accepted))),
        Ok(Admission::New(sequence)) => sequence,
        Err(refusal) => return Ok(Err(refusal)),
    };
    ledger.enter(&commit.claim(), sequence, commit.sent_at);
    let id = commit.conversation.as_bytes().as_slice();
    let (epoch, next_epoch) = (integer(commit.epoch.0), integer(commit.next_epoch.0));
    let swap = transaction.prepare_cached(UPDATE_EPOCH).await?;
    if transaction.execute(&swap, &[&id, &next_epoch, &epoch]).await? != 1 {
        return Err(Column("conversation", "epoch").inconsistent());
    }
    let group = transaction.prepare_cached(UPDATE_GROUP).await?;
    transaction
        .execute(
            &group,
            &[&id, &commit.public_state, &commit.group_info.as_slice()],
        )
        .await?;
    store(transaction, &ledger, commit, sequence)
        .await
        .map(|entry| Ok(Stored::New(entry)))
}

/// The part that the first commit and later ones share: members, Welcomes, and the entry itself.
async fn store(
    transaction: &Transaction<'_>,
    ledger: &Ledger,
    commit: NewCommit,
    sequence: Sequence,
) -> Result<LogEntry, StoreError> {
    let id = commit.conversation.as_bytes().as_slice();
    if !commit.removed.is_empty() {
        let removed: Vec<&[u8]> = commit
            .removed
            .iter()
            .map(|device| device.as_bytes().as_slice())
            .collect();
        transaction.execute(DELETE_MEMBERS, &[&id, &removed]).await?;
        transaction
            .execute(DELETE_PENDING_WELCOMES, &[&id, &removed])
            .await?;
    }
    insert_members(transaction, commit.conversation, &commit.added, sequence).await?;
    if let Some(new) = &commit.welcome {
        let place = integer(sequence.0);
        let sender = commit.sender.as_bytes().as_slice();
        let (welcome, tree) = (new.welcome.as_slice(), new.ratchet_tree.as_slice());
        let insert = transaction.prepare_cached(INSERT_WELCOME).await?;
        let sent_at = milliseconds(commit.sent_at);
        transaction
            .execute(&insert, &[&id, &place, &sender, &sent_at, &welcome, &tree])
            .await?;
        let added: Vec<&[u8]> = commit
            .added
            .iter()
            .map(|one| one.device.as_bytes().as_slice())
            .collect();
        let insert = transaction.prepare_cached(INSERT_PENDING_WELCOMES).await?;
        transaction.execute(&insert, &[&id, &place, &added]).await?;
    }
    let entry = commit.into_entry(sequence);
    insert_entries(transaction, &[&entry]).await?;
    write_back(transaction, ledger).await?;
    Ok(entry)
}

async fn insert_members(
    transaction: &Transaction<'_>,
    conversation: ConversationId,
    members: &[NewMember],
    start: Sequence,
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
    let insert = transaction.prepare_cached(INSERT_MEMBERS).await?;
    let id = conversation.as_bytes().as_slice();
    transaction
        .execute(&insert, &[&id, &devices, &users, &leaves, &integer(start.0)])
        .await?;
    Ok(())
}
