//! Databases on a PostgreSQL server: one in which a town is founded, and a fresh copy of it for each server
//! under test. They are thrown away when dropped.

use anyhow::{Context as _, Result, anyhow};
use std::thread;
use tokio_postgres::NoTls;

/// See the module.
pub(crate) struct Database {
    server: String,
    name: String,
}

impl Database {
    /// An empty one on the server with this address.
    pub(crate) fn create(server: &str) -> Result<Self> {
        Self::make(server, "")
    }

    /// A copy, for which everybody is sent away from the original.
    pub(crate) fn copy(&self) -> Result<Self> {
        let name = &self.name;
        execute(
            &self.server,
            &format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"),
        )?;
        Self::make(&self.server, &format!("template {name}"))
    }

    /// Its address: the server's, with the name of the database in place of the server's own.
    pub(crate) fn url(&self) -> Result<String> {
        let (address, query) = match self.server.split_once('?') {
            Some((address, query)) => (address, format!("?{query}")),
            None => (self.server.as_str(), String::new()),
        };
        let (address, _) = address.rsplit_once('/').context("--database names no database")?;
        Ok(format!("{address}/{}{query}", self.name))
    }

    fn make(server: &str, from: &str) -> Result<Self> {
        let name = format!("undertone_bench_{:016x}", rand::random::<u64>());
        execute(server, &format!("create database {name} {from}"))?;
        Ok(Self {
            server: server.to_owned(),
            name,
        })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Err(error) = execute(&self.server, &format!("drop database {} with (force)", self.name)) {
            eprintln!("  the database {} is left over: {error:#}", self.name);
        }
    }
}

/// In a thread of its own: whoever asks may be part of a runtime.
fn execute(server: &str, statement: &str) -> Result<()> {
    thread::scope(|scope| {
        let asking = scope.spawn(|| {
            crate::one_thread()?.block_on(async {
                let (client, connection) = tokio_postgres::connect(server, NoTls).await?;
                let connection = tokio::spawn(connection);
                let executed = client.batch_execute(statement).await;
                connection.abort();
                Ok(executed?)
            })
        });
        asking
            .join()
            .map_err(|_| anyhow!("asking the database panicked"))?
    })
}
