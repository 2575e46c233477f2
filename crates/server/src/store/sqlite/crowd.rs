//! The people of conversations in SQLite, counted as far as it matters.

use super::SqliteStore;
use crate::store::StoreError;
use crate::store::column::Column;
use crate::store::crowd::{Crowd, counted};
use rusqlite::{Connection, OptionalExtension, params};
use undertone_wire::{ConversationId, DeviceId};

const SELECT_CROWD: &str = "
    select kind = 1, (select count(*) from (select distinct user_id from member
        where member.conversation_id = conversation.conversation_id limit ?2))
    from conversation where conversation_id = ?1";
const SELECT_CROWDS: &str = "
    select conversation_id, kind = 1, (select count(*) from (select distinct user_id from member
        where member.conversation_id = conversation.conversation_id limit ?2))
    from conversation where conversation_id in (select conversation_id from member where device_id = ?1)";

#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[SELECT_CROWD, SELECT_CROWDS];

impl SqliteStore {
    pub(in crate::store) async fn crowd(
        &self,
        conversation: ConversationId,
    ) -> Result<Option<Crowd>, StoreError> {
        self.read(move |connection| {
            let found = connection
                .prepare_cached(SELECT_CROWD)?
                .query_row(params![conversation.as_bytes(), counted()], |row| {
                    Ok(Crowd::new(row.get(0)?, row.get(1)?))
                })
                .optional()?;
            Ok(found)
        })
        .await
    }

    pub(in crate::store) async fn crowds(
        &self,
        device: DeviceId,
    ) -> Result<Vec<(ConversationId, Crowd)>, StoreError> {
        self.read(move |connection| select_crowds(connection, device))
            .await
    }
}

pub(super) fn select_crowds(
    connection: &Connection,
    device: DeviceId,
) -> Result<Vec<(ConversationId, Crowd)>, StoreError> {
    let mut statement = connection.prepare_cached(SELECT_CROWDS)?;
    let mut rows = statement.query(params![device.as_bytes(), counted()])?;
    let mut crowds = Vec::new();
    while let Some(row) = rows.next()? {
        let id = Column("conversation", "conversation_id").id(&row.get::<_, Vec<u8>>(0)?)?;
        crowds.push((id, Crowd::new(row.get(1)?, row.get(2)?)));
    }
    Ok(crowds)
}
