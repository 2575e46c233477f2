//! What the server must know of a device that connects, in two readings: the first before it follows its
//! conversations, the second after. On SQLite each is one visit to the database, since a thousand devices
//! that come back at once wait for nothing else.

use super::account::StoredSession;
use super::crowd::Crowd;
use super::{Store, StoreError};
use crate::auth::SessionId;
use undertone_wire::conversation::{ConversationHead, PendingWelcome};
use undertone_wire::{ConversationId, DeviceId};

/// Who comes, and what the device is to follow.
#[derive(Debug)]
pub struct Arrival {
    /// Its session, if there is one.
    pub session: Option<StoredSession>,
    /// Its conversations.
    pub crowds: Vec<(ConversationId, Crowd)>,
}

/// What waits for a device.
#[derive(Debug)]
pub struct Waiting {
    /// Where its conversations stand.
    pub heads: Vec<ConversationHead>,
    /// Welcomes that it has not acknowledged.
    pub welcomes: Vec<PendingWelcome>,
}

impl Store {
    /// Who comes, and what the device is to follow.
    pub async fn arrival(&self, session: SessionId, device: DeviceId) -> Result<Arrival, StoreError> {
        match self {
            Self::Sqlite(store) => store.arrival(session, device).await,
            Self::Postgres(store) => Ok(Arrival {
                session: store.session(session).await?,
                crowds: store.crowds(device).await?,
            }),
        }
    }

    /// What waits for a device.
    pub async fn waiting(&self, device: DeviceId) -> Result<Waiting, StoreError> {
        match self {
            Self::Sqlite(store) => store.waiting(device).await,
            Self::Postgres(store) => Ok(Waiting {
                heads: store.heads(device).await?,
                welcomes: store.pending_welcomes(device).await?,
            }),
        }
    }
}
