//! The lead among several servers, in PostgreSQL: an advisory lock of a connection that serves nothing else.

use super::PostgresStore;
use crate::store::StoreError;
use deadpool_postgres::{ClientWrapper, Object};
use std::fmt;

// One for each schema, so that databases in one PostgreSQL do not disturb each other.
const TRY_LOCK: &str = "select pg_try_advisory_lock(hashtextextended(current_schema(), 5))";
const SELECT_NOTHING: &str = "select 1";

/// A lock that lasts as long as its connection.
pub struct Lease(ClientWrapper);

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lease")
    }
}

impl Lease {
    /// Whether the connection still stands.
    pub(in crate::store) async fn holds(&self) -> bool {
        self.0.simple_query(SELECT_NOTHING).await.is_ok()
    }
}

impl PostgresStore {
    pub(in crate::store) async fn try_lease(&self) -> Result<Option<Lease>, StoreError> {
        let connection = self.connection().await?;
        let is_ours: bool = connection.query_one(TRY_LOCK, &[]).await?.try_get(0)?;
        // Out of the pool: a connection that came back would keep the lock for whoever gets it.
        Ok(is_ours.then(|| Lease(Object::take(connection))))
    }
}
