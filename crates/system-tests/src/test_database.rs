//! A database of one story on a PostgreSQL server that others use as well. The server itself is started by the
//! test run, or for a story that stops it, by [`crate::postgres`].

use anyhow::{Context, Result};

/// A database of its own on the PostgreSQL server that the test run started.
pub(crate) struct TestDatabase {
    server: String,
    name: String,
}

impl TestDatabase {
    #[expect(
        clippy::disallowed_methods,
        reason = "the test run names its PostgreSQL in the environment"
    )]
    pub(crate) async fn create() -> Result<Self> {
        let server = std::env::var("UNDERTONE_TEST_POSTGRES").context(
            "UNDERTONE_TEST_POSTGRES names no PostgreSQL: run `cargo xtask test`, or `cargo xtask services up`",
        )?;
        Self::create_on(server).await
    }

    /// The same on another server.
    pub(crate) async fn create_on(server: String) -> Result<Self> {
        let name = format!("undertone_story_{:032x}", rand::random::<u128>());
        execute(&server, &format!("create database {name}")).await?;
        Ok(Self { server, name })
    }

    /// The address with the database's name in place of the server's own.
    pub(crate) fn url(&self) -> Result<String> {
        let (address, query) = self
            .server
            .split_once('?')
            .map_or((self.server.as_str(), None), |(a, q)| (a, Some(q)));
        let (address, _) = address
            .rsplit_once('/')
            .context("the address of PostgreSQL names no database")?;
        let query = query.map_or_else(String::new, |query| format!("?{query}"));
        Ok(format!("{address}/{}{query}", self.name))
    }

    /// Empty again.
    pub(crate) async fn renew(&self) -> Result<()> {
        execute(&self.server, &format!("drop database {} with (force)", self.name)).await?;
        execute(&self.server, &format!("create database {}", self.name)).await
    }

    pub(crate) async fn drop(self) {
        // The whole PostgreSQL is thrown away after the run; a database that is left over harms nobody.
        let _left_over = execute(&self.server, &format!("drop database {} with (force)", self.name)).await;
    }
}

async fn execute(url: &str, statement: &str) -> Result<()> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
    let connection = tokio::spawn(connection);
    client.batch_execute(statement).await?;
    connection.abort();
    Ok(())
}
