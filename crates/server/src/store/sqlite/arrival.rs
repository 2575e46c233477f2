//! The two readings of a device that connects, each of one state, the second later. The statements are those of the
//! modules whose rows they read.

use super::SqliteStore;
use super::account_session::select_session;
use super::crowd::select_crowds;
use super::log::select_heads;
use super::reader::Reader;
use super::welcome::select_pending;
use crate::auth::SessionId;
use crate::store::StoreError;
use crate::store::arrival::{Arrival, Waiting};
use rusqlite::Connection;
use undertone_wire::DeviceId;

impl SqliteStore {
    pub(in crate::store) async fn arrival<T, E>(
        &self,
        session: SessionId,
        device: DeviceId,
        follow: impl FnOnce(Arrival) -> Result<T, E> + Send + 'static,
    ) -> Result<(T, Waiting), E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let before = move |connection: &Connection| {
            Ok::<_, StoreError>(Arrival {
                session: select_session(connection, session)?,
                crowds: select_crowds(connection, device)?,
            })
        };
        let after = move |connection: &Connection| {
            Ok::<_, StoreError>(Waiting {
                heads: select_heads(connection, device)?,
                welcomes: select_pending(connection, device)?,
            })
        };
        let visit = move |reader: &mut Reader| {
            let following = follow(reader.read(before)?)?;
            Ok((following, reader.read(after)?))
        };
        self.readers.visit(visit).await
    }
}
