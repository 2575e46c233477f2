//! Sessions in SQLite: reading, rotating, revoking.

use rusqlite::{Connection, OptionalExtension, Row, params};
use undertone_wire::Timestamp;

use super::SqliteStore;
use super::guest::extend;
use crate::auth::SessionId;
use crate::store::StoreError;
use crate::store::account::{
    Presented, Rotated, Rotation, SessionOwner, StoredSession, guest_until_of, judge_rotation, parse_name,
    sql,
};
use crate::store::column::{Column, milliseconds};

impl SqliteStore {
    pub(in crate::store) async fn session(
        &self,
        session: SessionId,
    ) -> Result<Option<StoredSession>, StoreError> {
        self.read(move |connection| select_session(connection, session))
            .await
    }

    pub(in crate::store) async fn rotate_session(&self, rotation: Rotation) -> Result<Rotated, StoreError> {
        self.write(move |connection| {
            let stored = select_session(connection, rotation.session)?;
            let rotated = match judge_rotation(stored.as_ref(), &rotation) {
                Presented::Newest => exchange(connection, sql::ADVANCE_SESSION, rotation)?,
                Presented::Before => exchange(connection, sql::REPEAT_SESSION, rotation)?,
                Presented::Newer => exchange(connection, sql::CATCH_UP_SESSION, rotation)?,
                Presented::Older => {
                    revoke(connection, rotation.session, rotation.at)?;
                    Rotated::Reused
                }
                Presented::Unknown => Rotated::Ended,
            };
            if let (Rotated::Granted, Some(stored)) = (rotated, stored) {
                extend(connection, stored.owner.user, rotation.guest_until)?;
            }
            Ok(rotated)
        })
        .await
    }

    pub(in crate::store) async fn revoke_session(
        &self,
        session: SessionId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |connection| revoke(connection, session, at))
            .await
    }
}

fn exchange(
    connection: &Connection,
    statement: &'static str,
    rotation: Rotation,
) -> Result<Rotated, StoreError> {
    let changed = connection.prepare_cached(statement)?.execute(params![
        rotation.successor.as_bytes(),
        milliseconds(rotation.at),
        rotation.session.as_bytes(),
        rotation.presented.as_bytes(),
    ])?;
    Ok(if changed == 1 {
        Rotated::Granted
    } else {
        Rotated::Ended
    })
}

fn revoke(connection: &Connection, session: SessionId, at: Timestamp) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql::REVOKE_SESSION)?
        .execute(params![milliseconds(at), session.as_bytes()])?;
    Ok(())
}

pub(super) fn select_session(
    connection: &Connection,
    session: SessionId,
) -> Result<Option<StoredSession>, StoreError> {
    let mut statement = connection.prepare_cached(sql::SELECT_SESSION)?;
    let row = statement
        .query_row([session.as_bytes()], |row| SessionRow::try_from(row))
        .optional()?;
    row.map(StoredSession::try_from).transpose()
}

struct SessionRow {
    user: Vec<u8>,
    name: String,
    is_admin: bool,
    device: Vec<u8>,
    signature_key: Vec<u8>,
    current: Vec<u8>,
    previous: Option<Vec<u8>>,
    refreshed_at: i64,
    revoked_at: Option<i64>,
    guest_until: Option<i64>,
}

impl TryFrom<&Row<'_>> for SessionRow {
    type Error = rusqlite::Error;
    fn try_from(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            user: row.get(0)?,
            name: row.get(1)?,
            is_admin: row.get(2)?,
            device: row.get(3)?,
            signature_key: row.get(4)?,
            current: row.get(5)?,
            previous: row.get(6)?,
            refreshed_at: row.get(7)?,
            revoked_at: row.get(8)?,
            guest_until: row.get(9)?,
        })
    }
}

impl TryFrom<SessionRow> for StoredSession {
    type Error = StoreError;
    fn try_from(row: SessionRow) -> Result<Self, StoreError> {
        Ok(Self {
            owner: SessionOwner {
                user: Column("account", "user_id").id(&row.user)?,
                name: parse_name(&row.name)?,
                is_admin: row.is_admin,
                device: Column("device", "device_id").id(&row.device)?,
                guest_until: guest_until_of(row.guest_until)?,
            },
            signature_key: row.signature_key,
            current: Column("session", "current_hash").id(&row.current)?,
            previous: row
                .previous
                .map(|hash| Column("session", "previous_hash").id(&hash))
                .transpose()?,
            refreshed_at: Column("session", "refreshed_at").time(row.refreshed_at)?,
            is_revoked: row.revoked_at.is_some(),
        })
    }
}
