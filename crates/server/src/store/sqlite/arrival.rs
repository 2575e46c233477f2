//! The readings of a device that connects, each in one read transaction. The statements are those of the
//! modules whose rows they read.

use super::SqliteStore;
use super::account_session::select_session;
use super::crowd::select_crowds;
use super::log::select_heads;
use super::welcome::select_pending;
use crate::auth::SessionId;
use crate::store::StoreError;
use crate::store::arrival::{Arrival, Waiting};
use undertone_wire::DeviceId;

impl SqliteStore {
    pub(in crate::store) async fn arrival(
        &self,
        session: SessionId,
        device: DeviceId,
    ) -> Result<Arrival, StoreError> {
        self.read(move |connection| {
            Ok(Arrival {
                session: select_session(connection, session)?,
                crowds: select_crowds(connection, device)?,
            })
        })
        .await
    }

    pub(in crate::store) async fn waiting(&self, device: DeviceId) -> Result<Waiting, StoreError> {
        self.read(move |connection| {
            Ok(Waiting {
                heads: select_heads(connection, device)?,
                welcomes: select_pending(connection, device)?,
            })
        })
        .await
    }
}
