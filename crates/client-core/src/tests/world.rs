//! People and their devices, which can be killed and started again on the same store.

use super::network::{Faults, Link, LinkTransport};
use super::platform::{DevicePlatform, VirtualPlatform, run};
use super::server::{FakeServer, KnownDevice};
use crate::client::{Client, ClientOptions};
use crate::message::draft::Draft;
use crate::message::key::MessageKey;
use crate::message::send;
use crate::platform::Platform;
use crate::store::session::StoredSession;
use crate::store::{Store, StoreKey, StoreLocation};
use crate::testing::Checkpoints;
use crate::transport::Transport;
use crate::view::{ConversationView, MessageView, NoticeView, TimelineQuery};
use futures::executor::LocalPool;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::Rc;
use undertone_mls::certificate::{IdentityKey, certificate_version};
use undertone_mls::{DeviceKey, MlsDevice};
use undertone_wire::content::{Part, SharedHistory, SharedMessage};
use undertone_wire::device::DeviceCertificateBody;
use undertone_wire::guest::UserKind;
use undertone_wire::{Bytes, ConversationId, DeviceId, Sequence, Timestamp, UserId};
use zeroize::Zeroizing;

/// A person.
pub(super) struct Someone {
    pub(super) user: UserId,
    pub(super) name: String,
    pub(super) kind: UserKind,
    pub(super) identity: IdentityKey,
}

/// A device of a person, with its client.
pub(super) struct Device {
    pub(super) id: DeviceId,
    pub(super) link: Rc<Link>,
    pub(super) checkpoints: RefCell<Checkpoints>,
    location: StoreLocation,
    pub(super) platform: Rc<DevicePlatform>,
    client: RefCell<Option<Client>>,
}

/// One story.
pub(super) struct World {
    pool: LocalPool,
    pub(super) platform: Rc<VirtualPlatform>,
    pub(super) server: Rc<FakeServer>,
    directory: tempfile::TempDir,
    count: Cell<u8>,
    /// Stores of new devices are not encrypted, so that a test sees what is in them.
    plain: Cell<bool>,
}

impl World {
    pub(super) fn new() -> Self {
        let pool = LocalPool::new();
        let platform = VirtualPlatform::new(&pool);
        let directory = tempfile::tempdir().unwrap();
        Self {
            pool,
            server: FakeServer::new(&platform),
            platform,
            directory,
            count: Cell::new(0),
            plain: Cell::new(false),
        }
    }

    /// Stores of devices that are made from now on are not encrypted.
    pub(super) fn store_plainly(&self) {
        self.plain.set(true);
    }

    /// Whether a word is in any file of the stores, whatever its capitals.
    pub(super) fn files_hold(&self, word: &str) -> bool {
        let files = std::fs::read_dir(self.directory.path()).unwrap();
        files
            .map(|file| file.unwrap().path())
            .filter(|path| path.is_file())
            .map(|path| std::fs::read(path).unwrap())
            .any(|bytes| {
                bytes
                    .windows(word.len())
                    .any(|window| window.eq_ignore_ascii_case(word.as_bytes()))
            })
    }

    /// What a device keeps of files beside its store.
    pub(super) fn sealed_files(device: &Device) -> Vec<std::path::PathBuf> {
        let (StoreLocation::File(store) | StoreLocation::Plain(store)) = &device.location else {
            return Vec::new();
        };
        let place = std::fs::read_dir(format!("{}.files", store.display()));
        place
            .map(|files| files.map(|file| file.unwrap().path()).collect())
            .unwrap_or_default()
    }

    pub(super) fn run<T>(&mut self, work: impl Future<Output = T>) -> T {
        run(&mut self.pool, &self.platform, work)
    }

    pub(super) fn someone(&self, name: &str) -> Someone {
        let user = UserId::from_bytes([self.next(); 16]);
        Someone {
            user,
            name: name.to_owned(),
            kind: UserKind::Account,
            identity: IdentityKey::generate().unwrap(),
        }
    }

    pub(super) fn guest(&self, name: &str) -> Someone {
        Someone {
            kind: UserKind::Guest,
            ..self.someone(name)
        }
    }

    /// A device that the server knows and that has no client.
    pub(super) fn unknown_device(&self, of: &Someone) -> (DeviceId, MlsDevice) {
        let id = DeviceId::from_bytes([self.next(); 16]);
        let (key, _, certificate) = self.certify(of, id);
        (id, MlsDevice { key, certificate })
    }

    fn certify(&self, of: &Someone, id: DeviceId) -> (DeviceKey, DeviceCertificateBody, Vec<u8>) {
        let key = DeviceKey::generate().unwrap();
        let body = DeviceCertificateBody {
            version: certificate_version(),
            user: of.user,
            kind: of.kind,
            name: of.name.parse().unwrap(),
            device: id,
            identity_key: of.identity.public().as_slice().into(),
            signature_key: key.public().as_slice().into(),
            issued_at: Timestamp::default(),
        };
        let certificate = of.identity.certify(body.clone()).unwrap();
        let known = KnownDevice::new(
            of.user,
            body.name.clone(),
            of.identity.public(),
            certificate.clone(),
        );
        self.server.know(id, known);
        (key, body, certificate)
    }

    /// Makes a device, uploads its key packages and connects it.
    pub(super) fn device(&mut self, of: &Someone) -> Rc<Device> {
        let number = self.next();
        let id = DeviceId::from_bytes([number; 16]);
        let (key, body, certificate) = self.certify(of, id);
        let session = StoredSession {
            user: of.user,
            name: body.name,
            device: id,
            is_admin: false,
            identity_key: of.identity.public(),
            certificate,
            device_key_seed: key.seed(),
            access_token: Zeroizing::new("token".to_owned()),
            access_expires_at: Timestamp::from_millis(u64::MAX),
            refresh_token: Zeroizing::new("refresh".to_owned()),
            kind: UserKind::Account,
            stay_until: None,
            identity_seed: None,
            next_certificate: None,
            renew_leaves: false,
        };
        let path = self.directory.path().join(format!("{number}.db"));
        let location = if self.plain.get() {
            StoreLocation::Plain(path)
        } else {
            StoreLocation::File(path)
        };
        let link = Link::new(&self.server, id, u64::from(number));
        let device = Rc::new(Device {
            id,
            link,
            checkpoints: RefCell::default(),
            location,
            platform: Rc::new(DevicePlatform {
                story: Rc::clone(&self.platform),
                ahead_ms: Cell::new(0),
            }),
            client: RefCell::default(),
        });
        self.run(device.save(&session));
        self.run(device.start());
        device
    }

    /// Kills nothing, but closes the client and opens its store again.
    pub(super) fn restart(&mut self, device: &Device) {
        device.client.take();
        device.link.cut();
        self.pool.run_until_stalled();
        self.run(device.start());
    }

    /// Closes the client for so long.
    pub(super) fn close_for(&mut self, device: &Device, milliseconds: u64) {
        device.client.take();
        device.link.cut();
        self.pool.run_until_stalled();
        self.pass(milliseconds);
        self.run(device.start());
    }

    /// Lets everybody come level, without faults.
    pub(super) fn settle(&mut self, devices: &[&Rc<Device>]) {
        for device in devices {
            device.link.faults.set(Faults::default());
            device.link.down.set(false);
        }
        for _ in 0..2 {
            for device in devices {
                // A connection that broke unnoticed fails once.
                while self.run(device.client().catch_up()).is_err() {}
            }
            self.pass(2000);
        }
    }

    /// Lets time pass.
    pub(super) fn pass(&mut self, milliseconds: u64) {
        let platform = Rc::clone(&self.platform);
        self.run(platform.sleep(std::time::Duration::from_millis(milliseconds)));
    }

    fn next(&self) -> u8 {
        self.count.set(self.count.get() + 1);
        self.count.get()
    }
}

impl Device {
    async fn save(&self, session: &StoredSession) {
        let store = Store::open(&self.location, &key(), Checkpoints::default())
            .await
            .unwrap();
        store.save_session(session).unwrap();
    }

    async fn start(&self) {
        let client = Client::open(ClientOptions {
            server_url: "http://localhost".to_owned(),
            store: self.location.clone(),
            store_key: key(),
            platform: Rc::clone(&self.platform) as Rc<dyn Platform>,
            transport: Rc::new(LinkTransport(Rc::clone(&self.link))) as Rc<dyn Transport>,
            checkpoints: self.checkpoints.borrow().clone(),
        });
        let client = client.await.unwrap();
        client.start();
        // Key packages are uploaded at the beginning, unless the network or a checkpoint is against it.
        drop(client.catch_up().await);
        self.client.replace(Some(client));
    }

    pub(super) fn client(&self) -> Client {
        self.client.borrow().clone().unwrap()
    }

    /// What the clock on the wall shows.
    pub(super) fn platform_now_ms(&self) -> u64 {
        self.platform.now().as_millis()
    }

    pub(super) async fn open(&self, with: &Someone) -> ConversationId {
        self.client().open_direct(with.user).await.unwrap()
    }

    /// Writes, without waiting for the server.
    pub(super) async fn write(&self, conversation: ConversationId, draft: impl Into<Draft>) -> MessageKey {
        let key = MessageKey::random(&mut rand::rngs::OsRng);
        self.client().send_text(conversation, key, draft).await.unwrap()
    }

    /// Sends, and waits for the server.
    pub(super) async fn send(&self, conversation: ConversationId, draft: impl Into<Draft>) -> MessageView {
        let key = self.write(conversation, draft).await;
        self.client().wait_sent(key).await.unwrap()
    }

    /// Says something, as a client does that does not ask whether its user may.
    pub(super) fn say(&self, conversation: ConversationId, part: Part) {
        let client = self.client();
        let core = client.core();
        let me = core.me().unwrap();
        core.transaction(|| send::queue_part(core, &me, conversation, part))
            .unwrap();
        core.signal.notify();
    }

    /// All messages that this device has, for those whom the newest of the commits added.
    pub(super) fn history_for(&self, conversation: ConversationId) -> Part {
        let client = self.client();
        let store = &client.core().store;
        let rows = self.messages(conversation);
        let commit = rows.iter().filter(|row| row.event.is_some());
        let commit = commit.filter_map(|row| row.sequence).max().unwrap();
        let messages = rows.iter().filter(|row| row.event.is_none());
        let shared = messages.map(|row| SharedMessage {
            user: row.sender,
            name: row.sender_name.parse().unwrap(),
            sent_at: Timestamp::from_millis(row.sent_at_ms),
            content: Bytes(store.message(row.key).unwrap().unwrap().content),
        });
        Part::History(SharedHistory {
            for_commit: Sequence(commit),
            messages: shared.collect(),
        })
    }

    pub(super) fn messages(&self, conversation: ConversationId) -> Vec<MessageView> {
        let query = TimelineQuery::newest(500);
        self.client().timeline(conversation, query).unwrap().messages
    }

    pub(super) fn texts(&self, conversation: ConversationId) -> Vec<String> {
        self.messages(conversation)
            .into_iter()
            .filter(|message| message.event.is_none())
            .map(|message| message.text)
            .collect()
    }

    pub(super) fn notices(&self, conversation: ConversationId) -> Vec<NoticeView> {
        self.client()
            .timeline(conversation, TimelineQuery::newest(1))
            .unwrap()
            .notices
    }

    pub(super) fn conversations(&self) -> Vec<ConversationView> {
        self.client().conversations().unwrap()
    }
}

fn key() -> StoreKey {
    StoreKey::from_bytes([9; 32])
}
