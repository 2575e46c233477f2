//! The world of a story: a server that can be killed and started again, the network to it, and a
//! folder for everyone's devices.

use crate::actor::Actor;
use crate::date::SettableClock;
use crate::hostile::Hostile;
use crate::proxy::FaultProxy;
use crate::test_database::TestDatabase;
use anyhow::{Context, Result};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use undertone_server::backup::{self, Passphrase};
use undertone_server::config::DatabaseUrl;
use undertone_server::{Checkpoints, Config, Environment, RunningServer, maintenance};

/// A password that the strength estimator takes.
pub const PASSWORD: &str = "seven quiet lanterns over harbour";

/// How long a story waits for something that must happen.
const PATIENCE: Duration = Duration::from_mins(1);

/// On which database a story is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    /// The embedded one.
    Sqlite,
    /// The one that the test run started.
    Postgres,
}

/// See the module.
pub struct World {
    /// Between clients and server.
    pub proxy: FaultProxy,
    folder: TempDir,
    database: Database,
    schema: Option<TestDatabase>,
    server_folder: Option<PathBuf>,
    clock: Arc<SettableClock>,
    server: RefCell<Option<Server>>,
    setup_token: RefCell<Option<String>>,
    devices: Cell<u32>,
}

/// A server on a runtime of its own, so that both can be thrown away at once.
pub(crate) struct Server {
    running: RunningServer,
    runtime: tokio::runtime::Runtime,
    checkpoints: Checkpoints,
}

/// What a story is.
pub trait Story: AsyncFnOnce(&World) -> Result<()> {}
impl<F: AsyncFnOnce(&World) -> Result<()>> Story for F {}

/// What is special about a world.
#[derive(Debug, Clone, Default)]
pub struct Setting {
    /// What decides the network's chances.
    pub seed: u64,
    /// Where the server stores, if not in the world's folder.
    pub server_folder: Option<PathBuf>,
    /// The address of a PostgreSQL, if not the one of the test run.
    pub postgres: Option<String>,
}

/// Tells a story on a database.
pub fn story(database: Database, tell: impl Story) -> Result<()> {
    let setting = Setting {
        seed: 1,
        ..Setting::default()
    };
    story_in(database, setting, tell)
}

/// Tells a story in a special world.
pub fn story_in(database: Database, setting: Setting, tell: impl Story) -> Result<()> {
    in_one_thread(async {
        let world = World::begin(database, setting).await?;
        let told = tell(&world).await;
        world.end().await;
        told
    })
}

/// Does what clients need to live in: a runtime, a place for their tasks, cryptography for TLS.
pub fn in_one_thread(telling: impl Future<Output = Result<()>>) -> Result<()> {
    // Another test of the process may have been first.
    let _already = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        // Dropped inside the runtime: requests that are cut off must find it.
        let tasks = tokio::task::LocalSet::new();
        tasks.run_until(telling).await
    })
}

impl World {
    /// A new server that nobody has set up, and a network without faults.
    pub async fn begin(database: Database, setting: Setting) -> Result<Self> {
        let schema = match (database, setting.postgres) {
            (Database::Sqlite, _) => None,
            (Database::Postgres, Some(server)) => Some(TestDatabase::create_on(server).await?),
            (Database::Postgres, None) => Some(TestDatabase::create().await?),
        };
        let world = Self {
            proxy: FaultProxy::start(setting.seed).await?,
            folder: TempDir::new()?,
            database,
            schema,
            server_folder: setting.server_folder,
            clock: Arc::default(),
            server: RefCell::default(),
            setup_token: RefCell::default(),
            devices: Cell::default(),
        };
        world.start_server().await?;
        Ok(world)
    }

    /// Ends everything and throws the database away.
    pub async fn end(self) {
        self.proxy.set_upstream(None);
        if let Some(server) = self.server.take() {
            server.end();
        }
        if let Some(schema) = self.schema {
            schema.drop().await;
        }
    }

    /// On which database the story is told.
    pub fn database(&self) -> Database {
        self.database
    }

    /// Where the server itself listens, past the proxy, which lives in the story's own thread.
    pub fn server_url(&self) -> Result<String> {
        let address = self.proxy.upstream().context("there is no server")?;
        Ok(format!("http://localhost:{}", address.port()))
    }

    /// The folder that holds all that the server stores.
    pub fn server_folder(&self) -> PathBuf {
        let own = || self.folder.path().join("server");
        self.server_folder.clone().unwrap_or_else(own)
    }

    /// Sets the date of the server's machine forward or back.
    pub fn set_date(&self, by_ms: i64) {
        self.clock.set_date(by_ms);
    }

    /// The folder of the whole world.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts the server, as after a kill: same folder, same database.
    pub async fn start_server(&self) -> Result<()> {
        self.start_server_with(Checkpoints::default()).await
    }

    /// Starts the server with points at which it dies.
    pub async fn start_server_with(&self, checkpoints: Checkpoints) -> Result<()> {
        let config = self.config()?;
        let clock = Arc::clone(&self.clock);
        let (server, address) = launch_by(clock, config, checkpoints).await?;
        if let Some(token) = server.running.setup_token() {
            *self.setup_token.borrow_mut() = Some(token.to_owned());
        }
        *self.server.borrow_mut() = Some(server);
        self.proxy.set_upstream(Some(address));
        Ok(())
    }

    /// Ends the server as `kill -9` would: no goodbye, nothing flushed.
    pub fn kill_server(&self) {
        self.proxy.set_upstream(None);
        if let Some(server) = self.server.borrow_mut().take() {
            server.kill();
        }
    }

    /// Makes a backup, while the server runs or not; gives the file.
    pub async fn takes_a_backup(&self) -> Result<PathBuf> {
        let output = self.folder.path().join("backup.age");
        let environment = Environment::default();
        backup::take(&self.config()?, &environment, &output, &passphrase()?).await?;
        Ok(output)
    }

    /// Ends the server, and nothing is left of what it had.
    pub async fn destroy_server(&self) -> Result<()> {
        self.proxy.set_upstream(None);
        let server = self.server.borrow_mut().take();
        if let Some(server) = server {
            server.end();
        }
        std::fs::remove_dir_all(self.server_folder())?;
        match &self.schema {
            Some(schema) => schema.renew().await,
            None => Ok(()),
        }
    }

    /// Makes a server's data of a backup.
    pub async fn restores(&self, archive: &Path) -> Result<()> {
        backup::restore(&self.config()?, archive, &passphrase()?).await?;
        Ok(())
    }

    /// Ends the server, deletes what will be past its time so much later, and starts the server again. Gives
    /// how many messages that were.
    pub async fn forgets(&self, later: Duration) -> Result<u64> {
        self.kill_server();
        let environment = Environment::default();
        let later = i64::try_from(later.as_millis())?;
        environment.clock.step(later);
        let cleaned = maintenance::cleanup(&self.config()?, &environment).await?;
        self.start_server().await?;
        Ok(cleaned.swept.expired)
    }

    /// Resolves when a checkpoint has killed the server.
    pub async fn server_killed(&self) {
        let checkpoints = self
            .server
            .borrow()
            .as_ref()
            .map(|server| server.checkpoints.clone());
        match checkpoints {
            Some(checkpoints) => checkpoints.killed().await,
            None => std::future::pending().await,
        }
    }

    /// The one-time set-up token that the server printed.
    pub fn setup_token(&self) -> Option<String> {
        self.setup_token.borrow().clone()
    }

    /// Somebody new, who registers under this name.
    pub async fn user(&self, name: &str) -> Result<Actor> {
        let actor = self.device(name).await?;
        actor.register().await?;
        Ok(actor)
    }

    /// A guest with that name.
    pub async fn guest(&self, name: &str) -> Result<Actor> {
        let actor = self.device(name).await?;
        actor.becomes_guest().await?;
        Ok(actor)
    }

    /// So many guests at once, with names from a stem and a number.
    pub async fn guests(&self, stem: &str, count: usize) -> Result<Vec<Actor>> {
        let names: Vec<String> = (0..count).map(|number| format!("{stem} {number}")).collect();
        futures::future::try_join_all(names.iter().map(|name| self.guest(name))).await
    }

    /// Somebody of another program, who has a link and means ill.
    pub async fn hostile(&self, name: &str) -> Result<Hostile> {
        Hostile::arrive(name, self.proxy.url()).await
    }

    /// A device that nobody has signed in on.
    pub async fn device(&self, name: &str) -> Result<Actor> {
        let number = self.devices.get();
        self.devices.set(number + 1);
        let store = self.folder.path().join(format!("device-{number}-{name}.db"));
        Actor::open(name, store, self.proxy.url()).await
    }

    fn config(&self) -> Result<Config> {
        let mut config = Config::for_tests(self.server_folder());
        // The push service of a story is on this machine.
        config.push.private_endpoints = true;
        if let Some(schema) = &self.schema {
            config.database = DatabaseUrl::Postgres(schema.url()?);
        }
        Ok(config)
    }
}

/// What backups of a story are encrypted with.
fn passphrase() -> Result<Passphrase> {
    Ok(Passphrase::new(PASSWORD)?)
}

/// Starts a server on a runtime of its own; returns where it answers.
pub(crate) async fn launch(config: Config, checkpoints: Checkpoints) -> Result<(Server, SocketAddr)> {
    launch_by(Arc::default(), config, checkpoints).await
}

/// The same, by a clock that the story sets.
async fn launch_by(
    clock: Arc<SettableClock>,
    config: Config,
    checkpoints: Checkpoints,
) -> Result<(Server, SocketAddr)> {
    let environment = Environment {
        clock,
        checkpoints: checkpoints.clone(),
    };
    let (sender, started) = tokio::sync::oneshot::channel();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.spawn(async move {
        // The other end is gone only if the story was given up.
        let _gone = sender.send(undertone_server::start(config, environment).await);
    });
    let running = started.await.context("the server died while starting")??;
    let address = loopback_address(&running)?;
    let server = Server {
        running,
        runtime,
        checkpoints,
    };
    Ok((server, address))
}

impl Server {
    /// Ends it as `kill -9` would: no goodbye, nothing flushed.
    pub(crate) fn kill(self) {
        self.running.kill();
        self.runtime.shutdown_background();
    }

    /// Ends it so, and waits until nothing of it is left: the test's process ends soon, and nothing may
    /// still be closing a database then.
    pub(crate) fn end(self) {
        let Self { running, runtime, .. } = self;
        running.kill();
        let closing = std::thread::spawn(move || runtime.shutdown_timeout(PATIENCE));
        let _closed = closing.join();
    }

    /// Stops it as SIGTERM does.
    pub(crate) async fn stop(self) -> Result<()> {
        let Self { running, runtime, .. } = self;
        let stopped = runtime.spawn(running.shutdown());
        stopped.await.context("the server died while stopping")?;
        runtime.shutdown_background();
        Ok(())
    }
}

fn loopback_address(server: &RunningServer) -> Result<SocketAddr> {
    let url = server.loopback_url();
    let port = url
        .rsplit(':')
        .next()
        .and_then(|port| port.trim_end_matches('/').parse().ok());
    Ok(SocketAddr::from((
        [127, 0, 0, 1],
        port.context("the server's address has no port")?,
    )))
}

/// Waits until `happened` gives something; looks again whenever `changed` resolves.
pub(crate) async fn eventually<T, C: Future<Output = ()>>(
    what: &str,
    mut happened: impl FnMut() -> Result<Option<T>>,
    mut changed: impl FnMut() -> C,
) -> Result<T> {
    let waiting = async {
        loop {
            if let Some(value) = happened()? {
                return Ok(value);
            }
            changed().await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting)
        .await
        .with_context(|| format!("it never happened: {what}"))?
}
