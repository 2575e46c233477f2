//! A town: people with accounts and sessions, in groups of a wanted size, prepared in a data directory, or in a
//! database of a PostgreSQL server, by the server's own store and checks. The groups and their messages are
//! real MLS; each server under test gets a fresh copy.

use crate::args::Wish;
use crate::database::Database;
use crate::frames;
use crate::order::{Line, Seat};
use anyhow::{Context as _, Result};
use rand::rngs::OsRng;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::task::JoinSet;
use undertone_bench::people::Person;
use undertone_mls::Group;
use undertone_server::Checkpoints;
use undertone_server::auth::{AccessTokens, RefreshToken, SessionId, TypedCode};
use undertone_server::bus::Bus;
use undertone_server::clock::{Clock, SystemClock};
use undertone_server::delivery::{Caller, Delivery, Hub, Parts};
use undertone_server::franking::FrankingKey;
use undertone_server::key_file::{KEY_FILE, Keys};
use undertone_server::push::Waker;
use undertone_server::store::account::{Admission, NewAccount, NewDevice, NewSession};
use undertone_server::store::conversation::{DeviceAcknowledge, NewMessage, Stamp};
use undertone_server::store::{SqliteKey, Store};
use undertone_wire::account::Vault;
use undertone_wire::content::SeenEntry;
use undertone_wire::conversation::{
    CommitBundle, ConversationKind, CreateConversationRequest, SubmitCommitRequest,
};
use undertone_wire::group::GroupProfile;
use undertone_wire::server_info::RegistrationPolicy;
use undertone_wire::stream::Acknowledge;
use undertone_wire::{Bytes, ConversationId, Counter, DeviceId, Epoch, Sequence, UserId};

/// The database's file, as the server names it.
const DATABASE_FILE: &str = "undertone.db";
/// A short text, padded to the smallest class as clients do.
const CONTENT: [u8; 256] = [0; 256];
/// What a commit may take, in bytes, and what it takes about for each device that it adds and for each
/// that is there: in a group where nobody has committed yet it addresses them one by one.
const COMMIT_BYTES: usize = 1_450_000;
const ADDED_BYTES: usize = 3000;
const ADDRESSED_BYTES: usize = 1200;
/// Entries that are stored by one call.
const BATCH: u64 = 1000;

/// How many people there are, and how many of them share a group.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    pub(crate) people: usize,
    /// 0: nobody is in a group.
    pub(crate) group: usize,
    /// Messages that lie in the first group's log.
    pub(crate) log: u64,
}

/// See the module.
pub(crate) struct Town {
    directory: TempDir,
    /// Where it is, if not in a file of the directory.
    database: Option<Database>,
    tokens: AccessTokens,
    people: Vec<Citizen>,
    pub(crate) groups: Vec<Settled>,
    clock: Arc<dyn Clock>,
}

/// Someone with a session, and the place of their group.
struct Citizen {
    user: UserId,
    device: DeviceId,
    session: SessionId,
    group: usize,
    counter: u32,
}

/// A group that exists on the server.
pub(crate) struct Settled {
    pub(crate) conversation: ConversationId,
    pub(crate) members: usize,
    /// Its epoch; as many commits are the log so far, all of the founder.
    epoch: Epoch,
    /// A message of that epoch.
    pub(crate) message: Vec<u8>,
}

impl Town {
    /// Founds it where it is wished: in an encrypted file, unless a server is named.
    pub(crate) async fn found(wish: &Wish, layout: Layout) -> Result<Self> {
        let directory = TempDir::new().context("no temporary directory")?;
        let keys = Keys::load_or_create(directory.path(), &mut OsRng)?;
        let database = wish.database.as_deref().map(Database::create).transpose()?;
        let store = if let Some(database) = &database {
            Store::open_postgres(&database.url()?).await?
        } else {
            let key = SqliteKey::from_bytes(*keys.database());
            Store::open_sqlite(&directory.path().join(DATABASE_FILE), &key).await?
        };
        let mut town = Self {
            directory,
            database,
            tokens: AccessTokens::new(keys.token_signing())?,
            people: Vec::new(),
            groups: Vec::new(),
            clock: Arc::new(SystemClock::start()),
        };
        town.settle(&store, &keys, layout).await?;
        Ok(town)
    }

    /// Puts a copy into another directory, or into a database of its own, which is returned.
    pub(crate) fn copy_to(&self, directory: &Path) -> Result<Option<Database>> {
        let file = self.database.is_none().then_some(DATABASE_FILE);
        for name in file.into_iter().chain([KEY_FILE]) {
            fs::copy(self.directory.path().join(name), directory.join(name))
                .with_context(|| format!("cannot copy {name}"))?;
        }
        self.database.as_ref().map(Database::copy).transpose()
    }

    /// A client for each person, with fresh tokens.
    pub(crate) fn seats(&self) -> Result<Vec<Seat>> {
        let now = self.clock.now();
        let seat = |citizen: &Citizen| {
            let Citizen {
                user,
                device,
                session,
                ..
            } = citizen;
            Ok(Seat {
                hello: frames::hello(&self.tokens.issue(*user, *device, *session, now)?.0)?,
                room: citizen.group,
                counter: citizen.counter,
            })
        };
        self.people.iter().map(seat).collect()
    }

    /// What is sent into each group.
    pub(crate) fn lines(&self) -> Result<Vec<Line>> {
        let groups = self.groups.iter();
        groups
            .map(|group| frames::line(group.conversation, group.epoch, &group.message, group.members))
            .collect()
    }

    async fn settle(&mut self, store: &Store, keys: &Keys, layout: Layout) -> Result<()> {
        store.belongs_to_key_file(keys.identifier(), true).await?;
        let numbers = 1..=u32::try_from(layout.people)?;
        let people: Result<Vec<Person>> = numbers.map(Person::with_account).collect();
        let people = people?;
        self.register(store, &people).await?;
        let delivery = Delivery::new(Parts {
            store: store.clone(),
            clock: Arc::clone(&self.clock),
            franking_key: FrankingKey::from_bytes(*keys.franking()),
            checkpoints: Checkpoints::default(),
            waker: Waker::default(),
            bus: Bus::alone(Hub::default()),
        });
        for members in people.chunks(layout.group.max(1)).filter(|_| layout.group > 0) {
            let group = begin(&delivery, self.groups.len(), members).await?;
            store.acknowledge_welcomes(welcomed(&group, members)).await?;
            self.groups.push(group);
        }
        let stamp = Stamp {
            now: self.clock.now(),
            key: FrankingKey::from_bytes(*keys.franking()),
        };
        self.fill(store, &stamp, layout.log).await?;
        // What is copied is the file alone.
        Ok(store.truncate_log().await?)
    }

    /// Makes the accounts; the first one administers.
    async fn register(&mut self, store: &Store, people: &[Person]) -> Result<()> {
        let code = TypedCode::generate(&mut OsRng);
        store.renew_setup_token(code.setup_hash()).await?;
        let mut waiting = JoinSet::new();
        for (number, person) in people.iter().enumerate() {
            let session = SessionId::generate(&mut OsRng);
            let admission = match number {
                0 => Admission::Setup {
                    token: code.setup_hash(),
                    server_name: "Bench".to_owned(),
                    registration: RegistrationPolicy::Open,
                },
                _ => Admission::Nothing,
            };
            let (store, account) = (store.clone(), account(person, session, admission, &*self.clock)?);
            let create = async move { store.create_account(account).await };
            if number == 0 {
                create.await?;
            } else {
                waiting.spawn(create);
            }
            self.people.push(Citizen {
                user: person.user,
                device: person.id,
                session,
                group: 0,
                counter: 0,
            });
        }
        while let Some(made) = waiting.join_next().await {
            made??;
        }
        Ok(())
    }

    /// Puts messages of its first member into the first group's log.
    async fn fill(&mut self, store: &Store, stamp: &Stamp, count: u64) -> Result<()> {
        let mut place = 0;
        for (index, group) in self.groups.iter().enumerate() {
            for (offset, citizen) in self.people.iter_mut().skip(place).take(group.members).enumerate() {
                citizen.group = index;
                // The founder has committed.
                citizen.counter = if offset == 0 {
                    u32::try_from(group.epoch.0)?
                } else {
                    0
                };
            }
            place += group.members;
        }
        let (Some(group), Some(writer)) = (self.groups.first(), self.people.first()) else {
            return Ok(());
        };
        for begin in (0..count).step_by(usize::try_from(BATCH)?) {
            let batch = (begin..count.min(begin + BATCH)).map(|number| NewMessage {
                conversation: group.conversation,
                epoch: group.epoch,
                sender: writer.device,
                counter: Counter(group.epoch.0 + number + 1),
                franking_tag: [0; 32],
                payload: Bytes(group.message.clone()),
                expires_after: None,
            });
            for outcome in store.append_messages(batch.collect(), stamp.clone()).await? {
                outcome?;
            }
        }
        Ok(())
    }
}

/// Everybody has joined long ago: no Welcome waits.
fn welcomed(group: &Settled, members: &[Person]) -> Vec<DeviceAcknowledge> {
    let up_to = Acknowledge {
        conversation: group.conversation,
        sequence: Sequence(group.epoch.0),
    };
    let joined = members.iter().skip(1);
    joined
        .map(|person| DeviceAcknowledge {
            device: person.id,
            up_to,
        })
        .collect()
}

fn account(
    person: &Person,
    session: SessionId,
    admission: Admission,
    clock: &dyn Clock,
) -> Result<NewAccount> {
    Ok(NewAccount {
        admission,
        password_file: vec![1],
        recovery_public_key: vec![0; 32],
        vault: Vault {
            sealed: Bytes(vec![1]),
            key_by_password: Bytes(vec![1]),
            key_by_recovery: Bytes(vec![1]),
        },
        device: NewDevice {
            body: person.certificate()?,
            certificate: person.device.certificate.clone(),
        },
        session: NewSession {
            session,
            refresh: RefreshToken::generate(&mut OsRng, session).hash(),
        },
        at: clock.now(),
    })
}

/// The first of these people founds a group of all, and the server checks it as it checks any other.
async fn begin(delivery: &Delivery, number: usize, members: &[Person]) -> Result<Settled> {
    let (founder, others) = members.split_first().context("a group of nobody")?;
    let mut id = [0x60; 16];
    let number = u64::try_from(number)?.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    id.iter_mut()
        .zip(number.to_be_bytes())
        .for_each(|(to, from)| *to = from);
    let conversation = ConversationId::from_bytes(id);
    let profile = GroupProfile {
        capacity: u32::try_from(members.len().max(2))?,
        ..GroupProfile::group(founder.user)
    };
    let mut group = Group::create(&founder.provider, &founder.device, conversation, &profile)?;
    let (group_info, ratchet_tree) = group.export_for_server(&founder.provider, &founder.device)?;
    let caller = Caller {
        user: founder.user,
        device: founder.id,
    };
    let (added, mut rest) = addable(1, others);
    let request = CreateConversationRequest {
        conversation,
        kind: ConversationKind::Group,
        peer: None,
        room: None,
        group_info: Bytes(group_info),
        ratchet_tree: Bytes(ratchet_tree),
        commit: adding(&mut group, founder, added, Epoch(0))?,
    };
    delivery.create(caller, request).await?;
    group.merge_pending(&founder.provider)?;
    let mut epoch = Epoch(1);
    while !rest.is_empty() {
        let (added, later) = addable(members.len() - rest.len(), rest);
        rest = later;
        let request = SubmitCommitRequest {
            conversation,
            epoch,
            commit: adding(&mut group, founder, added, epoch)?,
            room: None,
        };
        delivery.commit(caller, request).await?;
        group.merge_pending(&founder.provider)?;
        epoch = Epoch(epoch.0 + 1);
    }
    let message = group.encrypt(&founder.provider, &founder.device, &CONTENT, [7; 32])?;
    Ok(Settled {
        conversation,
        members: members.len(),
        epoch,
        message,
    })
}

/// Those whom one commit can add where so many are, and those who are left.
fn addable(there: usize, people: &[Person]) -> (&[Person], &[Person]) {
    let most = COMMIT_BYTES.saturating_sub(there * ADDRESSED_BYTES) / ADDED_BYTES;
    people.split_at(most.min(people.len()))
}

/// The founder's commit that adds these and ends that epoch.
fn adding(group: &mut Group, founder: &Person, added: &[Person], epoch: Epoch) -> Result<CommitBundle> {
    let packages: Result<Vec<_>> = added.iter().map(Person::key_package).collect();
    let seen = SeenEntry {
        sequence: Sequence(epoch.0),
        running_hash: Bytes(vec![0; 32]),
    };
    let commit = group.add(&founder.provider, &founder.device, &packages?, &seen)?;
    Ok(CommitBundle {
        counter: Counter(epoch.0 + 1),
        commit: Bytes(commit.commit),
        group_info: Bytes(commit.group_info),
        welcome: commit.welcome.map(Bytes),
    })
}
