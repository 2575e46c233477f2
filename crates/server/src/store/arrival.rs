//! What the server must know of a device that connects, in two readings: the first before it follows its
//! conversations, the second after. On SQLite both are one visit to a thread that reads, since a thousand
//! devices that come back at once wait for nothing else.

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
    /// Who comes and what the device is to follow, which `follow` judges and does, and then what waits for it.
    ///
    /// Between following and the second reading `settled` passes, where there are other servers: what they say
    /// from then on comes. A file has one server.
    pub async fn arrival<T, E>(
        &self,
        (session, device): (SessionId, DeviceId),
        follow: impl FnOnce(Arrival) -> Result<T, E> + Send + 'static,
        settled: impl Future<Output = ()>,
    ) -> Result<(T, Waiting), E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        match self {
            Self::Sqlite(store) => store.arrival(session, device, follow).await,
            Self::Postgres(store) => {
                let following = follow(Arrival {
                    session: store.session(session).await?,
                    crowds: store.crowds(device).await?,
                })?;
                settled.await;
                let waiting = Waiting {
                    heads: store.heads(device).await?,
                    welcomes: store.pending_welcomes(device).await?,
                };
                Ok((following, waiting))
            }
        }
    }
}
