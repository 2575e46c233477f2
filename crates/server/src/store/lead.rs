//! The right to do what only one of several servers may do at a time, such as forgetting what is due. It
//! lasts as long as a connection to the database; a server that dies loses it with the connection.

use super::postgres::Lease;
use super::{Store, StoreError};

/// See the module. Dropping it gives it up.
#[derive(Debug)]
pub enum Lead {
    /// There is no other server.
    Alone,
    /// The database keeps it for us.
    Held(Lease),
}

impl Lead {
    /// Whether it is still ours.
    pub async fn holds(&self) -> bool {
        match self {
            Self::Alone => true,
            Self::Held(lease) => lease.holds().await,
        }
    }
}

impl Store {
    /// Takes the lead, unless another server has it.
    pub async fn try_lead(&self) -> Result<Option<Lead>, StoreError> {
        match self {
            Self::Sqlite(_) => Ok(Some(Lead::Alone)),
            Self::Postgres(store) => Ok(store.try_lease().await?.map(Lead::Held)),
        }
    }
}
