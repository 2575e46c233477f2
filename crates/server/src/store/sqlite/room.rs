//! Rooms in SQLite: links, doors and those who wait at them.

use super::SqliteStore;
use crate::auth::TokenHash;
use crate::store::StoreError;
use crate::store::column::{Column, milliseconds, role};
use crate::store::room::{
    Door, Inside, Knocked, LinkRow, NewKnock, NewSealedState, NoDoor, Visit, knocks_max,
};
use rusqlite::{Connection, OptionalExtension, Row, params};
use undertone_wire::group::Role;
use undertone_wire::room::{Knock, RoomLink};
use undertone_wire::{Bytes, ConversationId, DeviceId, RoomId, UserId};

const SELECT_LINK: &str = "
    select room_link.conversation_id, rotation, admission_hash, sealed_state, closed_at is not null, profile
    from room_link left join conversation_group using (conversation_id) where room_id = ?1";
const SELECT_LINKS: &str = "
    select room_link.conversation_id, rotation, admission_hash, sealed_state, closed_at is not null, profile
    from room_link left join conversation_group using (conversation_id) where conversation_id = ?1";
const SELECT_INSIDE: &str = "
    select count(distinct user_id), coalesce(max(user_id = ?2), 0) from member where conversation_id = ?1";
const DELETE_LINK: &str = "delete from room_link where conversation_id = ?1 and rotation = ?2";
const INSERT_LINK: &str = "
    insert into room_link (room_id, conversation_id, rotation, admission_hash, sealed_state)
    values (?1, ?2, ?3, ?4, ?5) on conflict (room_id) do nothing";
// The link before the newest keeps its state while the commit that replaced it can be undone.
const CLEAR_OLD_LINKS: &str = "
    update room_link set sealed_state = x''
    where conversation_id = ?1 and rotation < ?2 - 1 and sealed_state <> x''";
const UPDATE_SEALED_STATE: &str = "update room_link set sealed_state = ?2 where room_id = ?1";
const SELECT_ROLE: &str = "select role from member where conversation_id = ?1 and device_id = ?2";
const SELECT_ADMINS: &str = "
    select distinct user_id from member where conversation_id = ?1 and role >= ?2";
const SELECT_KNOCK_PLACE: &str = "
    select exists (select 1 from member where conversation_id = ?1 and device_id = ?2),
        (select count(*) from knock where conversation_id = ?1 and device_id <> ?2)";
const INSERT_KNOCK: &str = "
    insert into knock (conversation_id, device_id, key_package, knocked_at) values (?1, ?2, ?3, ?4)
    on conflict (conversation_id, device_id) do update
        set key_package = excluded.key_package, knocked_at = excluded.knocked_at";
const SELECT_KNOCKS: &str = "
    select device_id, key_package, knocked_at from knock where conversation_id = ?1
    order by knocked_at, device_id";
const SELECT_AT_DOOR: &str = "
    select exists (select 1 from knock where conversation_id = ?1 and device_id = ?2)
        or exists (select 1 from member where conversation_id = ?1 and device_id = ?2)";
const DELETE_KNOCK: &str = "delete from knock where conversation_id = ?1 and device_id = ?2";

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
    SELECT_KNOCK_PLACE,
    INSERT_KNOCK,
    SELECT_KNOCKS,
    SELECT_AT_DOOR,
    DELETE_KNOCK,
];

impl SqliteStore {
    pub(in crate::store) async fn door(&self, visit: Visit) -> Result<Result<Door, NoDoor>, StoreError> {
        self.read(move |connection| door(connection, &visit)).await
    }

    pub(in crate::store) async fn admits(
        &self,
        conversation: ConversationId,
        token: TokenHash,
    ) -> Result<Result<(), NoDoor>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(SELECT_LINKS)?;
            let mut rows = statement.query(params![conversation.as_bytes()])?;
            while let Some(row) = rows.next()? {
                match link_of(row)?.judge(&token)? {
                    Ok(_) => return Ok(Ok(())),
                    Err(NoDoor::Unknown) => {}
                    Err(refused) => return Ok(Err(refused)),
                }
            }
            Ok(Err(NoDoor::Unknown))
        })
        .await
    }

    pub(in crate::store) async fn role_in(
        &self,
        conversation: ConversationId,
        device: DeviceId,
    ) -> Result<Option<Role>, StoreError> {
        self.read(move |connection| {
            let found = connection
                .prepare_cached(SELECT_ROLE)?
                .query_row(params![conversation.as_bytes(), device.as_bytes()], |row| {
                    row.get(0)
                })
                .optional()?;
            found.map(|role| Column("member", "role").role(role)).transpose()
        })
        .await
    }

    pub(in crate::store) async fn admins(
        &self,
        conversation: ConversationId,
    ) -> Result<Vec<UserId>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(SELECT_ADMINS)?;
            let mut rows = statement.query(params![conversation.as_bytes(), role(Role::Admin)])?;
            let mut admins = Vec::new();
            while let Some(row) = rows.next()? {
                admins.push(Column("member", "user_id").id(&row.get::<_, Vec<u8>>(0)?)?);
            }
            Ok(admins)
        })
        .await
    }

    pub(in crate::store) async fn knock(&self, new: NewKnock) -> Result<Knocked, StoreError> {
        self.write(move |connection| knock(connection, &new)).await
    }

    pub(in crate::store) async fn knocks(
        &self,
        conversation: ConversationId,
    ) -> Result<Vec<Knock>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(SELECT_KNOCKS)?;
            let mut rows = statement.query(params![conversation.as_bytes()])?;
            let mut knocks = Vec::new();
            while let Some(row) = rows.next()? {
                knocks.push(knock_of(row)?);
            }
            Ok(knocks)
        })
        .await
    }

    pub(in crate::store) async fn is_at_door(
        &self,
        conversation: ConversationId,
        device: DeviceId,
    ) -> Result<bool, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(SELECT_AT_DOOR)?;
            let at = params![conversation.as_bytes(), device.as_bytes()];
            Ok(statement.query_row(at, |row| row.get(0))?)
        })
        .await
    }

    pub(in crate::store) async fn refuse_knock(
        &self,
        conversation: ConversationId,
        device: DeviceId,
    ) -> Result<bool, StoreError> {
        self.write(move |connection| forget_knocks(connection, conversation, &[device]))
            .await
    }

    pub(in crate::store) async fn replace_sealed_state(
        &self,
        new: NewSealedState,
    ) -> Result<Result<(), NoDoor>, StoreError> {
        self.write(move |connection| replace(connection, &new)).await
    }
}

/// Stores the link that a founding or a rotating commit brings; one of the same rotation was of a
/// commit that was undone. False, and nothing changed, if another room has this id.
pub(super) fn insert_link(
    connection: &Connection,
    conversation: ConversationId,
    rotation: u32,
    link: &RoomLink,
) -> Result<bool, StoreError> {
    connection
        .prepare_cached(DELETE_LINK)?
        .execute(params![conversation.as_bytes(), rotation])?;
    let inserted = connection.prepare_cached(INSERT_LINK)?.execute(params![
        link.room.as_bytes(),
        conversation.as_bytes(),
        rotation,
        link.admission_hash.as_slice(),
        link.sealed_state.as_slice(),
    ])?;
    connection
        .prepare_cached(CLEAR_OLD_LINKS)?
        .execute(params![conversation.as_bytes(), rotation])?;
    Ok(inserted == 1)
}

/// Takes devices from the door: they were let in, or not. Whether any waited.
pub(super) fn forget_knocks(
    connection: &Connection,
    conversation: ConversationId,
    devices: &[DeviceId],
) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached(DELETE_KNOCK)?;
    let mut deleted = 0;
    for device in devices {
        deleted += statement.execute(params![conversation.as_bytes(), device.as_bytes()])?;
    }
    Ok(deleted > 0)
}

fn door(connection: &Connection, visit: &Visit) -> Result<Result<Door, NoDoor>, StoreError> {
    let Some(link) = link(connection, visit.room)? else {
        return Ok(Err(NoDoor::Unknown));
    };
    let user = visit.user.map(|user| user.as_bytes().to_vec());
    let inside =
        connection
            .prepare_cached(SELECT_INSIDE)?
            .query_row(params![link.conversation, user], |row| {
                Ok(Inside {
                    people: row.get(0)?,
                    is_member: row.get(1)?,
                })
            })?;
    link.open(visit, inside)
}

fn knock(connection: &Connection, new: &NewKnock) -> Result<Knocked, StoreError> {
    let (conversation, knock) = (new.conversation.as_bytes(), &new.knock);
    let device = knock.device.as_bytes();
    let (is_member, waiting) = connection
        .prepare_cached(SELECT_KNOCK_PLACE)?
        .query_row(params![conversation, device], |row| {
            Ok((row.get::<_, bool>(0)?, row.get::<_, i64>(1)?))
        })?;
    if is_member {
        return Ok(Knocked::IsMember);
    }
    if waiting >= knocks_max() {
        return Ok(Knocked::TooMany);
    }
    connection.prepare_cached(INSERT_KNOCK)?.execute(params![
        conversation,
        device,
        knock.key_package.as_slice(),
        milliseconds(knock.knocked_at)
    ])?;
    Ok(Knocked::Waits)
}

fn replace(connection: &Connection, new: &NewSealedState) -> Result<Result<(), NoDoor>, StoreError> {
    let found = link(connection, new.room)?.filter(|link| link.conversation == new.conversation.as_bytes());
    let judged = found.map_or(Ok(Err(NoDoor::Unknown)), |link| link.state())?;
    if judged.is_ok() {
        connection
            .prepare_cached(UPDATE_SEALED_STATE)?
            .execute(params![new.room.as_bytes(), new.sealed_state.as_slice()])?;
    }
    Ok(judged.map(|_| ()))
}

fn link(connection: &Connection, room: RoomId) -> Result<Option<LinkRow>, StoreError> {
    let mut statement = connection.prepare_cached(SELECT_LINK)?;
    let found = statement
        .query_row(params![room.as_bytes()], link_of)
        .optional()?;
    Ok(found)
}

fn link_of(row: &Row<'_>) -> rusqlite::Result<LinkRow> {
    Ok(LinkRow {
        conversation: row.get(0)?,
        rotation: row.get(1)?,
        admission_hash: row.get(2)?,
        sealed_state: row.get(3)?,
        is_closed: row.get(4)?,
        profile: row.get(5)?,
    })
}

fn knock_of(row: &Row<'_>) -> Result<Knock, StoreError> {
    Ok(Knock {
        device: Column("knock", "device_id").id(&row.get::<_, Vec<u8>>(0)?)?,
        key_package: Bytes(row.get(1)?),
        knocked_at: Column("knock", "knocked_at").time(row.get(2)?)?,
    })
}
