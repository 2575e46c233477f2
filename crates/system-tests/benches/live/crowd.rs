//! Guests with real clients, whose traffic is counted.

use anyhow::{Context as _, Result};
use futures::StreamExt as _;
use std::path::PathBuf;
use std::rc::Rc;
use tempfile::TempDir;
use undertone_client_core::platform::NativePlatform;
use undertone_client_core::store::{StoreKey, StoreLocation};
use undertone_client_core::testing::Checkpoints;
use undertone_client_core::transport::native::NativeTransport;
use undertone_client_core::view::RoomOptions;
use undertone_client_core::{Client, ClientOptions};
use undertone_system_tests::{Counted, Traffic, World};
use undertone_wire::ConversationId;

/// Clients that are made at the same time.
const AT_ONCE: usize = 10;
/// Where files are kept in memory.
const MEMORY: &str = "/dev/shm";

/// Where people meet: a server, which writes to the disk, and a folder for the stores of all clients. That
/// one is in memory where it can be: each of them has a disk of its own, and this machine has one.
pub(crate) struct Meeting {
    url: String,
    stores: TempDir,
}

impl Meeting {
    pub(crate) fn at(world: &World) -> Result<Self> {
        Ok(Self {
            url: world.server_url()?,
            stores: TempDir::new_in(MEMORY).or_else(|_| TempDir::new())?,
        })
    }
}

/// Somebody without an account.
pub(crate) struct Guest {
    pub(crate) client: Client,
    pub(crate) traffic: Rc<Traffic>,
    pub(crate) store: PathBuf,
}

impl Guest {
    /// Opens a store, becomes a guest and connects.
    pub(crate) async fn new(meeting: &Meeting, name: &str) -> Result<Self> {
        let url = meeting.url.clone();
        let store = meeting.stores.path().join(format!("{name}.db"));
        let traffic = Rc::new(Traffic::default());
        let transport = Counted::around(NativeTransport::new(&url, None)?, &traffic);
        let client = Client::open(ClientOptions {
            server_url: url,
            store: StoreLocation::File(store.clone()),
            store_key: StoreKey::from_bytes([7; 32]),
            platform: Rc::new(NativePlatform::new()),
            transport: Rc::new(transport),
            checkpoints: Checkpoints::default(),
        })
        .await?;
        client.become_guest(Some(name)).await?;
        client.start();
        client.catch_up().await?;
        Ok(Self {
            client,
            traffic,
            store,
        })
    }

    /// So many, named after a stem.
    pub(crate) async fn many(meeting: &Meeting, stem: &str, many: usize) -> Result<Vec<Self>> {
        let names: Vec<String> = (0..many).map(|number| format!("{stem} {number}")).collect();
        let making = futures::stream::iter(&names).map(|name| Self::new(meeting, name));
        let made: Vec<Result<Self>> = making.buffered(AT_ONCE).collect().await;
        made.into_iter().collect()
    }

    /// Makes a room for so many people, and gives its link.
    pub(crate) async fn found(&self, capacity: usize) -> Result<(ConversationId, String)> {
        let options = RoomOptions {
            title: "Measured".to_owned(),
            capacity: Some(u32::try_from(capacity)?),
            ..RoomOptions::default()
        };
        let room = self.client.create_room(options).await?;
        let link = self.client.room_link(room)?.context("the founder has no link")?;
        Ok((room, link.link))
    }

    /// Comes in, and is in.
    pub(crate) async fn come(&self, link: &str) -> Result<()> {
        self.client.join_room(link).await?;
        Ok(())
    }

    /// Waits until something is so on this device.
    pub(crate) async fn until(&self, mut so: impl FnMut(&Client) -> Result<bool>) -> Result<()> {
        let mut changes = self.client.changes();
        while !so(&self.client)? {
            changes.next().await.context("the client ended")?;
        }
        Ok(())
    }
}
