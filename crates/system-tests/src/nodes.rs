//! A world of several servers: one PostgreSQL, one NATS of its own that can be stopped, S3 if a story is about
//! files, and for each server a door through which clients come and a wire to NATS that can be cut.

use crate::actor::Actor;
use crate::proxy::FaultProxy;
use crate::service::{Balancer, Nats};
use crate::test_database::TestDatabase;
use crate::world::{Server, in_one_thread, launch};
use anyhow::{Context, Result};
use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use undertone_server::config::{BlobPlace, BusUrl, DatabaseUrl, S3Keys};
use undertone_server::key_file::KEY_FILE;
use undertone_server::{Checkpoints, Config};
use undertone_test_s3::{ACCESS_KEY, SECRET_KEY, TestS3};

/// See the module.
pub struct Nodes {
    folder: TempDir,
    database: TestDatabase,
    /// The bus.
    pub nats: Nats,
    /// Where files are, if not in a directory of each server.
    s3: Option<TestS3>,
    servers: Vec<Node>,
    devices: Cell<u32>,
}

/// One server with the ways to and from it.
struct Node {
    /// Between clients and this server, or the one that stands in for it.
    door: FaultProxy,
    /// Between this server and NATS.
    wire: FaultProxy,
    server: RefCell<Option<Server>>,
    address: Cell<Option<SocketAddr>>,
}

/// What a story about several servers is.
pub trait NodesStory: AsyncFnOnce(&Nodes) -> Result<()> {}
impl<F: AsyncFnOnce(&Nodes) -> Result<()>> NodesStory for F {}

/// Tells a story with so many servers.
pub fn story_of_nodes(count: usize, tell: impl NodesStory) -> Result<()> {
    tell_story(count, false, tell)
}

/// The same, with the files of all servers on one S3.
pub fn story_of_nodes_on_s3(count: usize, tell: impl NodesStory) -> Result<()> {
    tell_story(count, true, tell)
}

fn tell_story(count: usize, on_s3: bool, tell: impl NodesStory) -> Result<()> {
    in_one_thread(async {
        let nodes = Nodes::begin(count, on_s3).await?;
        let told = tell(&nodes).await;
        nodes.end().await;
        told
    })
}

impl Nodes {
    async fn begin(count: usize, on_s3: bool) -> Result<Self> {
        let folder = TempDir::new()?;
        let s3 = on_s3
            .then(|| TestS3::start(&folder.path().join("s3")))
            .transpose()?;
        let nats = Nats::start(folder.path().join("nats.log")).await?;
        let mut nodes = Vec::new();
        for seed in 0..count {
            let wire = FaultProxy::start_for_bytes().await?;
            wire.set_upstream(Some(nats.address()));
            nodes.push(Node {
                door: FaultProxy::start(u64::try_from(seed)?).await?,
                wire,
                server: RefCell::default(),
                address: Cell::default(),
            });
        }
        let world = Self {
            folder,
            database: TestDatabase::create().await?,
            nats,
            s3,
            servers: nodes,
            devices: Cell::default(),
        };
        for number in 0..count {
            world.start_node(number).await?;
        }
        Ok(world)
    }

    async fn end(self) {
        for node in &self.servers {
            node.door.set_upstream(None);
            if let Some(server) = node.server.take() {
                server.end();
            }
        }
        self.database.drop().await;
    }

    /// Starts a server, with the key file of the first.
    pub async fn start_node(&self, number: usize) -> Result<()> {
        let node = self.node(number)?;
        let home = self.home(number);
        if number > 0 && !home.exists() {
            std::fs::create_dir_all(&home)?;
            make_private(&home)?;
            std::fs::copy(self.home(0).join(KEY_FILE), home.join(KEY_FILE))?;
        }
        let mut config = Config::for_tests(home);
        // At the same address as before, where a balancer finds it.
        config.http_loopback = node.address.get().or(config.http_loopback);
        config.database = DatabaseUrl::Postgres(self.database.url()?);
        config.bus = BusUrl::Nats(format!("nats://{}", node.wire.address()));
        if let Some(s3) = &self.s3 {
            let place: BlobPlace = s3.url().parse()?;
            config.blobs.place = place.with_keys(S3Keys::new(ACCESS_KEY, SECRET_KEY));
        }
        let (server, address) = launch(config, Checkpoints::default()).await?;
        *node.server.borrow_mut() = Some(server);
        node.address.set(Some(address));
        node.door.set_upstream(Some(address));
        Ok(())
    }

    /// Where files are.
    pub fn s3(&self) -> Result<&TestS3> {
        self.s3.as_ref().context("this story has no S3")
    }

    /// Ends a server as `kill -9` would. Its clients find its door closed until somebody stands in.
    pub fn kill_node(&self, number: usize) -> Result<()> {
        let node = self.node(number)?;
        node.door.set_upstream(None);
        if let Some(server) = node.server.take() {
            server.kill();
        }
        Ok(())
    }

    /// Stops a server as a supervisor does: it says goodbye to its clients.
    pub async fn stop_node(&self, number: usize) -> Result<()> {
        let node = self.node(number)?;
        let server = node.server.take();
        server.context("it does not run")?.stop().await
    }

    /// A true load balancer before all servers, with the configuration of the documentation.
    pub async fn balancer(&self) -> Result<Balancer> {
        let addresses: Option<Vec<SocketAddr>> = self.servers.iter().map(|node| node.address.get()).collect();
        let addresses = addresses.context("not all servers run")?;
        Balancer::start(self.folder.path().join("haproxy.cfg"), &addresses).await
    }

    /// Somebody new behind the balancer, who registers under this name.
    pub async fn user_behind(&self, balancer: &Balancer, name: &str) -> Result<Actor> {
        let actor = Actor::open(name, self.next_store(name), balancer.url()).await?;
        actor.register().await?;
        Ok(actor)
    }

    /// What a load balancer does: those who come to one server's door get to another server.
    pub fn stand_in(&self, number: usize, by: usize) -> Result<()> {
        let address = self.node(by)?.address.get();
        self.node(number)?.door.set_upstream(address);
        Ok(())
    }

    /// Nothing passes between a server and NATS, and nobody is told.
    pub fn pull_wire(&self, number: usize) -> Result<()> {
        self.node(number)?.wire.pull_cable();
        Ok(())
    }

    /// The connection between a server and NATS ends, and no new one is made.
    pub fn cut_wire(&self, number: usize) -> Result<()> {
        self.node(number)?.wire.cut();
        Ok(())
    }

    /// The connection between a server and NATS is whole again.
    pub fn mend_wire(&self, number: usize) -> Result<()> {
        self.node(number)?.wire.restore();
        Ok(())
    }

    /// Somebody new at a server's door, who registers under this name.
    pub async fn user(&self, name: &str, at: usize) -> Result<Actor> {
        let actor = self.device(name, at).await?;
        actor.register().await?;
        Ok(actor)
    }

    /// A device at a server's door that nobody has signed in on.
    pub async fn device(&self, name: &str, at: usize) -> Result<Actor> {
        Actor::open(name, self.next_store(name), self.node(at)?.door.url()).await
    }

    fn next_store(&self, name: &str) -> PathBuf {
        let number = self.devices.get();
        self.devices.set(number + 1);
        self.folder.path().join(format!("device-{number}-{name}.db"))
    }

    fn home(&self, number: usize) -> PathBuf {
        self.folder.path().join(format!("server-{number}"))
    }

    fn node(&self, number: usize) -> Result<&Node> {
        self.servers.get(number).context("there is no such server")
    }
}

fn make_private(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    Ok(std::fs::set_permissions(
        folder,
        std::fs::Permissions::from_mode(0o700),
    )?)
}
