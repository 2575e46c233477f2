//! Rooms in PostgreSQL: links, doors and those who wait at them.

use super::{PostgresStore, Transaction, in_transaction};
use crate::auth::TokenHash;
use crate::store::StoreError;
use crate::store::column::{Column, milliseconds, role};
use crate::store::room::{
    Door, Inside, Knocked, LinkRow, NewKnock, NewSealedState, NoDoor, Visit, knocks_max,
};
use tokio_postgres::Row;
use undertone_wire::group::Role;
use undertone_wire::room::{Knock, RoomLink};
use undertone_wire::{Bytes, ConversationId, DeviceId, UserId};

const SELECT_LINK: &str = "
    select room_link.conversation_id, rotation, admission_hash, sealed_state, closed_at is not null, profile
    from room_link left join conversation_group using (conversation_id) where room_id = $1";
const SELECT_LINKS: &str = "
    select conversation_id, rotation, admission_hash, sealed_state, closed_at is not null, profile
    from room_link left join conversation_group using (conversation_id) where conversation_id = $1";
const SELECT_INSIDE: &str = "
    select count(distinct user_id), coalesce(bool_or(user_id = $2), false)
    from member where conversation_id = $1";
const DELETE_LINK: &str = "delete from room_link where conversation_id = $1 and rotation = $2";
const INSERT_LINK: &str = "
    insert into room_link (room_id, conversation_id, rotation, admission_hash, sealed_state)
    values ($1, $2, $3, $4, $5) on conflict (room_id) do nothing";
// The link before the newest keeps its state while the commit that replaced it can be undone.
const CLEAR_OLD_LINKS: &str = "
    update room_link set sealed_state = ''
    where conversation_id = $1 and rotation < $2::bigint - 1 and sealed_state <> ''";
const UPDATE_SEALED_STATE: &str = "update room_link set sealed_state = $2 where room_id = $1";
const SELECT_ROLE: &str = "select role from member where conversation_id = $1 and device_id = $2";
const SELECT_ADMINS: &str = "
    select distinct user_id from member where conversation_id = $1 and role >= $2";
// Whoever knocks waits for the conversation's row, so that two cannot take the last place.
const LOCK: &str = "select 1 from conversation where conversation_id = $1 for update";
const SELECT_KNOCK_PLACE: &str = "
    select exists (select 1 from member where conversation_id = $1 and device_id = $2),
        (select count(*) from knock where conversation_id = $1 and device_id <> $2)";
const INSERT_KNOCK: &str = "
    insert into knock (conversation_id, device_id, key_package, knocked_at) values ($1, $2, $3, $4)
    on conflict (conversation_id, device_id) do update
        set key_package = excluded.key_package, knocked_at = excluded.knocked_at";
const SELECT_KNOCKS: &str = "
    select device_id, key_package, knocked_at from knock where conversation_id = $1
    order by knocked_at, device_id";
const SELECT_AT_DOOR: &str = "
    select exists (select 1 from knock where conversation_id = $1 and device_id = $2)
        or exists (select 1 from member where conversation_id = $1 and device_id = $2)";
const DELETE_KNOCKS: &str = "delete from knock where conversation_id = $1 and device_id = any($2)";

#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[
    SELECT_LINK,
    SELECT_LINKS,
    SELECT_INSIDE,
    DELETE_LINK,
    INSERT_LINK,
    CLEAR_OLD_LINKS,
    UPDATE_SEALED_STATE,
    SELECT_ROLE,
    SELECT_ADMINS,
    LOCK,
    SELECT_KNOCK_PLACE,
    INSERT_KNOCK,
    SELECT_KNOCKS,
    SELECT_AT_DOOR,
    DELETE_KNOCKS,
];

impl PostgresStore {
    pub(in crate::store) async fn door(&self, visit: Visit) -> Result<Result<Door, NoDoor>, StoreError> {
        let client = self.connection().await?;
        let room = visit.room.as_bytes().as_slice();
        let Some(row) = client.query_opt(SELECT_LINK, &[&room]).await? else {
            return Ok(Err(NoDoor::Unknown));
        };
        let link = link_of(&row)?;
        let user = visit.user.as_ref().map(|user| user.as_bytes().as_slice());
        let row = client
            .query_one(SELECT_INSIDE, &[&link.conversation, &user])
            .await?;
        let inside = Inside {
            people: row.try_get(0)?,
            is_member: row.try_get(1)?,
        };
        link.open(&visit, inside)
    }

    pub(in crate::store) async fn admits(
        &self,
        conversation: ConversationId,
        token: TokenHash,
    ) -> Result<Result<(), NoDoor>, StoreError> {
        let client = self.connection().await?;
        let id = conversation.as_bytes().as_slice();
        for row in client.query(SELECT_LINKS, &[&id]).await? {
            match link_of(&row)?.judge(&token)? {
                Ok(_) => return Ok(Ok(())),
                Err(NoDoor::Unknown) => {}
                Err(refused) => return Ok(Err(refused)),
            }
        }
        Ok(Err(NoDoor::Unknown))
    }

    pub(in crate::store) async fn role_in(
        &self,
        conversation: ConversationId,
        device: DeviceId,
    ) -> Result<Option<Role>, StoreError> {
        let client = self.connection().await?;
        let leaf = (conversation.as_bytes().as_slice(), device.as_bytes().as_slice());
        let row = client.query_opt(SELECT_ROLE, &[&leaf.0, &leaf.1]).await?;
        row.map(|row| Column("member", "role").role(row.try_get(0)?))
            .transpose()
    }

    pub(in crate::store) async fn admins(
        &self,
        conversation: ConversationId,
    ) -> Result<Vec<UserId>, StoreError> {
        let client = self.connection().await?;
        let id = conversation.as_bytes().as_slice();
        let rows = client.query(SELECT_ADMINS, &[&id, &role(Role::Admin)]).await?;
        rows.iter()
            .map(|row| Column("member", "user_id").id(row.try_get(0)?))
            .collect()
    }

    pub(in crate::store) async fn knock(&self, new: NewKnock) -> Result<Knocked, StoreError> {
        in_transaction!(self, transaction => knock(&transaction, &new))
    }

    pub(in crate::store) async fn knocks(
        &self,
        conversation: ConversationId,
    ) -> Result<Vec<Knock>, StoreError> {
        let client = self.connection().await?;
        let id = conversation.as_bytes().as_slice();
        let rows = client.query(SELECT_KNOCKS, &[&id]).await?;
        rows.iter().map(knock_of).collect()
    }

    pub(in crate::store) async fn is_at_door(
        &self,
        conversation: ConversationId,
        device: DeviceId,
    ) -> Result<bool, StoreError> {
        let client = self.connection().await?;
        let (conversation, device) = (conversation.as_bytes().as_slice(), device.as_bytes().as_slice());
        let row = client
            .query_one(SELECT_AT_DOOR, &[&conversation, &device])
            .await?;
        Ok(row.try_get(0)?)
    }

    pub(in crate::store) async fn refuse_knock(
        &self,
        conversation: ConversationId,
        device: DeviceId,
    ) -> Result<bool, StoreError> {
        in_transaction!(self, transaction => forget_knocks(&transaction, conversation, &[device]))
    }

    pub(in crate::store) async fn replace_sealed_state(
        &self,
        new: NewSealedState,
    ) -> Result<Result<(), NoDoor>, StoreError> {
        in_transaction!(self, transaction => replace(&transaction, &new))
    }
}

/// Stores the link that a founding or a rotating commit brings; one of the same rotation was of a
/// commit that was undone. False, and nothing changed, if another room has this id.
pub(super) async fn insert_link(
    transaction: &Transaction<'_>,
    conversation: ConversationId,
    rotation: u32,
    link: &RoomLink,
) -> Result<bool, StoreError> {
    let (id, rotation) = (conversation.as_bytes().as_slice(), i64::from(rotation));
    transaction.execute(DELETE_LINK, &[&id, &rotation]).await?;
    let room = link.room.as_bytes().as_slice();
    let (hash, state) = (link.admission_hash.as_slice(), link.sealed_state.as_slice());
    let inserted = transaction
        .execute(INSERT_LINK, &[&room, &id, &rotation, &hash, &state])
        .await?;
    transaction.execute(CLEAR_OLD_LINKS, &[&id, &rotation]).await?;
    Ok(inserted == 1)
}

/// Takes devices from the door: they were let in, or not. Whether any waited.
pub(super) async fn forget_knocks(
    transaction: &Transaction<'_>,
    conversation: ConversationId,
    devices: &[DeviceId],
) -> Result<bool, StoreError> {
    let id = conversation.as_bytes().as_slice();
    let devices: Vec<&[u8]> = devices
        .iter()
        .map(|device| device.as_bytes().as_slice())
        .collect();
    let deleted = transaction.execute(DELETE_KNOCKS, &[&id, &devices]).await?;
    Ok(deleted > 0)
}

async fn knock(transaction: &Transaction<'_>, new: &NewKnock) -> Result<Knocked, StoreError> {
    let (id, knock) = (new.conversation.as_bytes().as_slice(), &new.knock);
    let device = knock.device.as_bytes().as_slice();
    transaction.execute(LOCK, &[&id]).await?;
    let row = transaction.query_one(SELECT_KNOCK_PLACE, &[&id, &device]).await?;
    if row.try_get(0)? {
        return Ok(Knocked::IsMember);
    }
    if row.try_get::<_, i64>(1)? >= knocks_max() {
        return Ok(Knocked::TooMany);
    }
    let (package, at) = (knock.key_package.as_slice(), milliseconds(knock.knocked_at));
    transaction
        .execute(INSERT_KNOCK, &[&id, &device, &package, &at])
        .await?;
    Ok(Knocked::Waits)
}

async fn replace(
    transaction: &Transaction<'_>,
    new: &NewSealedState,
) -> Result<Result<(), NoDoor>, StoreError> {
    let (id, room) = (
        new.conversation.as_bytes().as_slice(),
        new.room.as_bytes().as_slice(),
    );
    let row = transaction.query_opt(SELECT_LINK, &[&room]).await?;
    let link = row.as_ref().map(link_of).transpose()?;
    let Some(link) = link.filter(|link| link.conversation == id) else {
        return Ok(Err(NoDoor::Unknown));
    };
    let judged = link.state()?;
    if judged.is_ok() {
        transaction
            .execute(UPDATE_SEALED_STATE, &[&room, &new.sealed_state.as_slice()])
            .await?;
    }
    Ok(judged.map(|_| ()))
}

fn link_of(row: &Row) -> Result<LinkRow, StoreError> {
    Ok(LinkRow {
        conversation: row.try_get(0)?,
        rotation: row.try_get(1)?,
        admission_hash: row.try_get(2)?,
        sealed_state: row.try_get(3)?,
        is_closed: row.try_get(4)?,
        profile: row.try_get(5)?,
    })
}

fn knock_of(row: &Row) -> Result<Knock, StoreError> {
    Ok(Knock {
        device: Column("knock", "device_id").id(row.try_get(0)?)?,
        key_package: Bytes(row.try_get(1)?),
        knocked_at: Column("knock", "knocked_at").time(row.try_get(2)?)?,
    })
}
