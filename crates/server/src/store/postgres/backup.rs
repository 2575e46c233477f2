//! Backups of PostgreSQL are made by its own tools ([`crate::backup`]). Here is what they are told, and
//! what is asked around them.

use super::{PostgresStore, in_transaction, is_remote};
use crate::store::StoreError;
use crate::store::backup::{FORGET_KEY_PACKAGES, FORGET_LOGIN_TICKETS, KeptBlob, SELECT_KEPT_BLOBS};
use crate::store::column::Column;
use std::fmt;
use tokio_postgres::config::Host;
use tokio_postgres::{Config, Transaction};
use zeroize::Zeroizing;

/// Whether a schema that the connection uses holds a table already.
const SELECT_ANY_TABLE: &str = "
    select exists (select 1 from pg_catalog.pg_tables where schemaname = any (current_schemas(false)))";

/// The address of a database, in the words of PostgreSQL's tools: variables of the environment, because
/// others can read the command line of a process. It may hold a password.
pub struct Reach(Vec<(&'static str, Zeroizing<String>)>);

impl Reach {
    /// Takes an address such as `postgres://user:password@host/database` apart.
    pub fn of(url: &str) -> Result<Self, StoreError> {
        let config: Config = url.parse().map_err(StoreError::unavailable)?;
        let mut reach = vec![("PGCONNECT_TIMEOUT", Zeroizing::new("10".to_owned()))];
        let hosts: Vec<_> = config.get_hosts().iter().map(host_of).collect();
        let ports: Vec<_> = config.get_ports().iter().map(u16::to_string).collect();
        for (name, list) in [("PGHOST", hosts), ("PGPORT", ports)] {
            if !list.is_empty() {
                reach.push((name, Zeroizing::new(list.join(","))));
            }
        }
        let password = config.get_password().map(String::from_utf8_lossy);
        for (name, value) in [
            ("PGUSER", config.get_user()),
            ("PGPASSWORD", password.as_deref()),
            ("PGDATABASE", config.get_dbname()),
            ("PGOPTIONS", config.get_options()),
            // The driver insists on the right certificate, too.
            ("PGSSLMODE", is_remote(&config).then_some("verify-full")),
        ] {
            reach.extend(value.map(|value| (name, Zeroizing::new(value.to_owned()))));
        }
        Ok(Self(reach))
    }

    /// Names and values.
    pub fn variables(&self) -> &[(&'static str, Zeroizing<String>)] {
        &self.0
    }
}

impl fmt::Debug for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reach(…)")
    }
}

fn host_of(host: &Host) -> String {
    match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(path) => path.to_string_lossy().into_owned(),
    }
}

impl PostgresStore {
    /// Whether nothing is in the database yet.
    pub async fn is_empty(&self) -> Result<bool, StoreError> {
        let connection = self.connection().await?;
        let row = connection.query_one(SELECT_ANY_TABLE, &[]).await?;
        Ok(!row.try_get::<_, bool>(0)?)
    }

    pub(in crate::store) async fn kept_blobs(&self) -> Result<Vec<KeptBlob>, StoreError> {
        let connection = self.connection().await?;
        let rows = connection.query(SELECT_KEPT_BLOBS, &[]).await?;
        rows.iter()
            .map(|row| {
                Ok(KeptBlob {
                    file: Column("blob", "file").id(row.try_get::<_, &[u8]>(0)?)?,
                    bytes: Column("blob", "received").number(row.try_get(1)?)?,
                })
            })
            .collect()
    }

    pub(in crate::store) async fn settle_restored(&self) -> Result<(), StoreError> {
        in_transaction!(self, transaction => settle(&transaction))
    }
}

async fn settle(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    transaction.execute(FORGET_KEY_PACKAGES, &[]).await?;
    transaction.execute(FORGET_LOGIN_TICKETS, &[]).await?;
    Ok(())
}
