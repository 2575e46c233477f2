//! Chaos: from one seed follows what goes wrong while two people talk. Server and clients die at points
//! between storing, sending and merging, or at no point at all; frames are lost, doubled and swapped, cables
//! cut and pulled, keys renewed, dates set, crowds come and go. Then all heals, and the history is checked.

use crate::actor::Actor;
use crate::chatter::Chatter;
use crate::proxy::Faults;
use crate::world::{Database, Setting, World, story_in};
use anyhow::{Context, Result};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpStream;
use undertone_client_core::testing::Checkpoints as ClientCheckpoints;
use undertone_server::Checkpoints as ServerCheckpoints;

/// Blows in one run.
const BLOWS: u32 = 6;
/// A killed process dies at one of so many points that it reaches from then on.
const POINTS: u32 = 14;
/// Connections of a crowd.
const CROWD: usize = 100;
/// Dates are set by up to so much.
const DATE_MS_MAX: i64 = 36 * 3_600_000;
/// Worlds at the same time: each mostly waits for the disk.
const WORLDS: usize = 4;
/// Where the history of a run that failed is kept, in the folder of the caller's choice.
const HISTORY_FILE: &str = "history";

/// What can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Blow {
    ServerDiesAtPoint,
    ClientDiesAtPoint,
    ServerDiesAnywhere,
    ClientDiesAnywhere,
    BadFrames,
    CableCut,
    CablePulled,
    KeysRenewed,
    DateSet,
    Crowd,
}

const BLOWS_TO_CHOOSE_FROM: [Blow; 10] = [
    Blow::ServerDiesAtPoint,
    Blow::ClientDiesAtPoint,
    Blow::ServerDiesAnywhere,
    Blow::ClientDiesAnywhere,
    Blow::BadFrames,
    Blow::CableCut,
    Blow::CablePulled,
    Blow::KeysRenewed,
    Blow::DateSet,
    Blow::Crowd,
];

/// What happened, for whoever wants to know whether it was wild enough.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// How often each blow fell, and how often somebody died at each point.
    pub hits: BTreeMap<String, u32>,
    /// Lines that everybody has.
    pub lines: usize,
}

impl Outcome {
    /// Adds what happened in another run.
    pub fn add(&mut self, other: &Self) {
        for (hit, times) in &other.hits {
            *self.hits.entry(hit.clone()).or_default() += times;
        }
        self.lines += other.lines;
    }
}

/// One run of it.
#[derive(Debug, Clone, Copy)]
pub struct Chaos<'a> {
    /// From what all chances follow.
    pub seed: u64,
    /// On which database.
    pub database: Database,
    /// Where the history is kept if it is not right.
    pub keep_in: Option<&'a Path>,
}

impl Chaos<'_> {
    /// Lets it happen once for each of these seeds, in several worlds at a time; what failed is said with
    /// the command that repeats it.
    #[expect(clippy::print_stdout, reason = "a run of an hour says at once what failed")]
    pub fn many(seeds: Range<u64>, chaos_of: impl Fn(u64) -> Self + Sync) -> (Outcome, Vec<u64>) {
        let next = AtomicU64::new(seeds.start);
        let total = Mutex::new((Outcome::default(), Vec::new()));
        let rage = || loop {
            let seed = next.fetch_add(1, Ordering::SeqCst);
            if seed >= seeds.end {
                return;
            }
            let ran = chaos_of(seed).run();
            let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
            match ran {
                Ok(outcome) => total.0.add(&outcome),
                Err(error) => {
                    println!("{error:#}\nagain: cargo xtask chaos --seeds 1 --from {seed}");
                    total.1.push(seed);
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..WORLDS {
                scope.spawn(rage);
            }
        });
        total.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Even seeds are for SQLite, odd ones for PostgreSQL.
    pub fn by_turns(seed: u64) -> Self {
        let database = if seed.is_multiple_of(2) {
            Database::Sqlite
        } else {
            Database::Postgres
        };
        Self {
            seed,
            database,
            keep_in: None,
        }
    }

    /// Lets it happen. The error says the seed.
    pub fn run(self) -> Result<Outcome> {
        let setting = Setting {
            seed: self.seed,
            ..Setting::default()
        };
        let outcome = Rc::new(RefCell::new(Outcome::default()));
        let noted = Rc::clone(&outcome);
        let told = story_in(self.database, setting, async move |world: &World| {
            let (ada, bob) = (world.user("Ada").await?, world.user("Bob").await?);
            let mut storm = Storm {
                world,
                people: [&ada, &bob],
                chatter: Chatter::of_two(&ada, &bob).await?,
                random: StdRng::seed_from_u64(self.seed),
                outcome: &noted,
            };
            let raged = storm.rage().await;
            if let (Err(_), Some(folder)) = (&raged, self.keep_in) {
                let file = folder.join(format!("{HISTORY_FILE}-{}-{:?}.json", self.seed, self.database));
                storm.chatter.history()?.keep(&file)?;
            }
            raged
        });
        told.with_context(|| format!("seed {} on {:?}", self.seed, self.database))?;
        Ok(outcome.take())
    }
}

struct Storm<'a> {
    world: &'a World,
    people: [&'a Actor; 2],
    chatter: Chatter<'a>,
    random: StdRng,
    outcome: &'a RefCell<Outcome>,
}

impl Storm<'_> {
    async fn rage(&mut self) -> Result<()> {
        for _ in 0..BLOWS {
            let blow = *BLOWS_TO_CHOOSE_FROM.choose(&mut self.random).context("no blow")?;
            self.note(format!("{blow:?}"));
            self.strike(blow).await.with_context(|| format!("{blow:?}"))?;
        }
        self.chatter.settles().await?;
        self.outcome.borrow_mut().lines = self.chatter.history()?.promised();
        Ok(())
    }

    fn note(&self, hit: String) {
        *self.outcome.borrow_mut().hits.entry(hit).or_default() += 1;
    }

    /// The blow falls, people talk, and it is over; what is still missing may come later.
    async fn strike(&mut self, blow: Blow) -> Result<()> {
        match blow {
            Blow::ServerDiesAtPoint => self.server_dies_at_point().await,
            Blow::ClientDiesAtPoint => self.client_dies_at_point().await,
            Blow::ServerDiesAnywhere => {
                self.talk().await;
                self.let_others_work().await;
                self.world.kill_server();
                self.talk().await;
                self.world.start_server().await
            }
            Blow::ClientDiesAnywhere => {
                let victim = self.somebody()?;
                self.talk().await;
                self.let_others_work().await;
                victim.kill();
                self.talk().await;
                victim.start(ClientCheckpoints::default()).await
            }
            Blow::BadFrames => {
                self.world.proxy.set_faults(Faults {
                    lose: 0.02,
                    double: 0.1,
                    swap: 0.1,
                    cut: 0.02,
                });
                self.talk().await;
                self.let_others_work().await;
                self.world.proxy.set_faults(Faults::default());
                Ok(())
            }
            Blow::CableCut | Blow::CablePulled => {
                self.talk().await;
                if blow == Blow::CableCut {
                    self.world.proxy.cut();
                } else {
                    self.world.proxy.pull_cable();
                }
                self.talk().await;
                self.let_others_work().await;
                self.world.proxy.restore();
                Ok(())
            }
            Blow::KeysRenewed => {
                let (client, talk) = (self.somebody()?.client()?, self.chatter.talk);
                let (_refreshed, ()) = tokio::join!(client.refresh_keys(talk), self.talk());
                Ok(())
            }
            Blow::DateSet => {
                self.world
                    .set_date(self.random.gen_range(-DATE_MS_MAX..DATE_MS_MAX));
                self.talk().await;
                Ok(())
            }
            Blow::Crowd => self.crowd_comes_and_goes().await,
        }
    }

    fn somebody<'a>(&mut self) -> Result<&'a Actor>
    where
        Self: 'a,
    {
        Ok(*self.people.choose(&mut self.random).context("two people")?)
    }

    /// A few lines by whoever lives.
    async fn talk(&mut self) {
        for _ in 0..self.random.gen_range(2..6) {
            let Some(author) = self.people.choose(&mut self.random).copied() else {
                return;
            };
            self.chatter.writes(author).await;
            for actor in self.people {
                if let Ok(client) = actor.client() {
                    client.wake();
                }
            }
        }
    }

    /// Gives way a random number of times, so that whatever comes next comes at any moment.
    async fn let_others_work(&mut self) {
        for _ in 0..self.random.gen_range(0..2000) {
            tokio::task::yield_now().await;
        }
    }

    async fn server_dies_at_point(&mut self) -> Result<()> {
        self.world.kill_server();
        let countdown = Arc::new(Mutex::new(Countdown::of(self.random.gen_range(0..POINTS))));
        let counter = Arc::clone(&countdown);
        let checkpoints = ServerCheckpoints::killing_at(move |point| {
            counter
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .reach(point)
        });
        self.world.start_server_with(checkpoints).await?;
        self.talk().await;
        tokio::select! {
            biased;
            () = self.world.server_killed() => {}
            well = self.chatter.all_is_there() => well?,
        }
        let died_at = countdown.lock().unwrap_or_else(PoisonError::into_inner).ended_at;
        if let Some(point) = died_at {
            self.note(point.to_owned());
        }
        self.world.kill_server();
        self.world.start_server().await
    }

    async fn client_dies_at_point(&mut self) -> Result<()> {
        let victim = self.somebody()?;
        victim.kill();
        let countdown = Rc::new(RefCell::new(Countdown::of(self.random.gen_range(0..POINTS))));
        let counter = Rc::clone(&countdown);
        let checkpoints = ClientCheckpoints::new(move |point| counter.borrow_mut().reach(point));
        victim.start(checkpoints.clone()).await?;
        self.talk().await;
        tokio::select! {
            biased;
            () = checkpoints.killed() => {}
            well = self.chatter.all_is_there() => well?,
        }
        let died_at = countdown.borrow().ended_at;
        if let Some(point) = died_at {
            self.note(point.to_owned());
        }
        victim.kill();
        victim.start(ClientCheckpoints::default()).await
    }

    /// Many connect, say nothing, and leave all at once.
    async fn crowd_comes_and_goes(&mut self) -> Result<()> {
        let address = self.world.proxy.address();
        let crowd = futures::future::try_join_all((0..CROWD).map(|_| TcpStream::connect(address))).await?;
        self.talk().await;
        drop(crowd);
        self.talk().await;
        Ok(())
    }
}

/// How many points somebody passes before they die, and where that was.
#[derive(Debug)]
struct Countdown {
    left: u32,
    ended_at: Option<&'static str>,
}

impl Countdown {
    fn of(left: u32) -> Self {
        Self { left, ended_at: None }
    }

    /// Whether they die here.
    fn reach(&mut self, point: &'static str) -> bool {
        if let Some(left) = self.left.checked_sub(1) {
            self.left = left;
            return false;
        }
        self.ended_at.get_or_insert(point);
        true
    }
}
