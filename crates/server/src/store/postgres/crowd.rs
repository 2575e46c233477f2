//! The people of conversations in PostgreSQL, counted as far as it matters.

use super::PostgresStore;
use crate::store::StoreError;
use crate::store::column::Column;
use crate::store::crowd::{Crowd, counted};
use undertone_wire::{ConversationId, DeviceId};

const SELECT_CROWD: &str = "
    select kind = 1, (select count(*) from (select distinct user_id from member
        where member.conversation_id = conversation.conversation_id limit $2) as people)
    from conversation where conversation_id = $1";
const SELECT_CROWDS: &str = "
    select conversation_id, kind = 1, (select count(*) from (select distinct user_id from member
        where member.conversation_id = conversation.conversation_id limit $2) as people)
    from conversation where conversation_id in (select conversation_id from member where device_id = $1)";

#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[SELECT_CROWD, SELECT_CROWDS];

impl PostgresStore {
    pub(in crate::store) async fn crowd(
        &self,
        conversation: ConversationId,
    ) -> Result<Option<Crowd>, StoreError> {
        let client = self.connection().await?;
        let statement = client.prepare_cached(SELECT_CROWD).await?;
        let id = conversation.as_bytes().as_slice();
        let row = client.query_opt(&statement, &[&id, &counted()]).await?;
        row.map(|row| Ok(Crowd::new(row.try_get(0)?, row.try_get(1)?)))
            .transpose()
    }

    pub(in crate::store) async fn crowds(
        &self,
        device: DeviceId,
    ) -> Result<Vec<(ConversationId, Crowd)>, StoreError> {
        let client = self.connection().await?;
        let statement = client.prepare_cached(SELECT_CROWDS).await?;
        let device = device.as_bytes().as_slice();
        let rows = client.query(&statement, &[&device, &counted()]).await?;
        rows.iter()
            .map(|row| {
                let id = Column("conversation", "conversation_id").id(row.try_get(0)?)?;
                Ok((id, Crowd::new(row.try_get(1)?, row.try_get(2)?)))
            })
            .collect()
    }
}
