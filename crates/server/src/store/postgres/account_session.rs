//! Sessions in PostgreSQL: reading, rotating, revoking.

use deadpool_postgres::GenericClient;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use undertone_wire::Timestamp;

use super::account::execute;
use super::guest::extend;
use super::{PostgresStore, Transaction, in_transaction};
use crate::auth::SessionId;
use crate::store::StoreError;
use crate::store::account::{
    Presented, Rotated, Rotation, SessionOwner, StoredSession, guest_until_of, judge_rotation, parse_name,
    sql,
};
use crate::store::column::{Column, milliseconds};

impl PostgresStore {
    pub(in crate::store) async fn session(
        &self,
        session: SessionId,
    ) -> Result<Option<StoredSession>, StoreError> {
        let connection = self.connection().await?;
        let statement = connection.prepare_cached(sql::SELECT_SESSION).await?;
        select_session(&connection, &statement, session).await
    }

    pub(in crate::store) async fn rotate_session(&self, rotation: Rotation) -> Result<Rotated, StoreError> {
        in_transaction!(self, transaction => rotate(&transaction, rotation))
    }

    pub(in crate::store) async fn revoke_session(
        &self,
        session: SessionId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let connection = self.connection().await?;
        let session = session.as_bytes().as_slice();
        connection
            .execute(sql::REVOKE_SESSION, &[&milliseconds(at), &session])
            .await?;
        Ok(())
    }
}

async fn rotate(transaction: &Transaction<'_>, rotation: Rotation) -> Result<Rotated, StoreError> {
    let statement = transaction.prepare_cached(sql::SELECT_SESSION).await?;
    let stored = select_session(transaction, &statement, rotation.session).await?;
    let rotated = match judge_rotation(stored.as_ref(), &rotation) {
        Presented::Newest => exchange(transaction, sql::ADVANCE_SESSION, rotation).await?,
        Presented::Before => exchange(transaction, sql::REPEAT_SESSION, rotation).await?,
        Presented::Newer => exchange(transaction, sql::CATCH_UP_SESSION, rotation).await?,
        Presented::Older => {
            let session = rotation.session.as_bytes().as_slice();
            execute(
                transaction,
                sql::REVOKE_SESSION,
                &[&milliseconds(rotation.at), &session],
            )
            .await?;
            Rotated::Reused
        }
        Presented::Unknown => Rotated::Ended,
    };
    if let (Rotated::Granted, Some(stored)) = (rotated, stored) {
        extend(transaction, stored.owner.user, rotation.guest_until).await?;
    }
    Ok(rotated)
}

/// Of two exchanges of one token at the same moment, the later finds it replaced and answers
/// [`StoreError::Unavailable`]: the client tries again, then with the token before the newest.
async fn exchange(
    transaction: &Transaction<'_>,
    statement: &'static str,
    rotation: Rotation,
) -> Result<Rotated, StoreError> {
    let parameters: &[&(dyn ToSql + Sync)] = &[
        &rotation.successor.as_bytes().as_slice(),
        &milliseconds(rotation.at),
        &rotation.session.as_bytes().as_slice(),
        &rotation.presented.as_bytes().as_slice(),
    ];
    match execute(transaction, statement, parameters).await? {
        1 => Ok(Rotated::Granted),
        _ => Err(StoreError::unavailable("the session changed at the same moment")),
    }
}

async fn select_session<C: GenericClient>(
    client: &C,
    statement: &tokio_postgres::Statement,
    session: SessionId,
) -> Result<Option<StoredSession>, StoreError> {
    let row = client
        .query_opt(statement, &[&session.as_bytes().as_slice()])
        .await?;
    row.as_ref().map(StoredSession::try_from).transpose()
}

impl TryFrom<&Row> for StoredSession {
    type Error = StoreError;
    fn try_from(row: &Row) -> Result<Self, StoreError> {
        let previous: Option<&[u8]> = row.try_get(6)?;
        Ok(Self {
            owner: SessionOwner {
                user: Column("account", "user_id").id(row.try_get(0)?)?,
                name: parse_name(row.try_get(1)?)?,
                is_admin: row.try_get(2)?,
                device: Column("device", "device_id").id(row.try_get(3)?)?,
                guest_until: guest_until_of(row.try_get(9)?)?,
            },
            signature_key: row.try_get(4)?,
            current: Column("session", "current_hash").id(row.try_get(5)?)?,
            previous: previous
                .map(|hash| Column("session", "previous_hash").id(hash))
                .transpose()?,
            refreshed_at: Column("session", "refreshed_at").time(row.try_get(7)?)?,
            is_revoked: row.try_get::<_, Option<i64>>(8)?.is_some(),
        })
    }
}
