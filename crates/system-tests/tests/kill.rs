//! Server and client are killed in turn at points between persisting, sending, acknowledging and
//! merging; afterwards every acknowledged message is there once and in order on both sides.

#![expect(clippy::print_stdout, reason = "the run says what it did")]

use anyhow::{Context, Result, ensure};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use undertone_client_core::testing::Checkpoints as ClientCheckpoints;
use undertone_server::Checkpoints as ServerCheckpoints;
use undertone_system_tests::{Actor, Database, History, World, story};
use undertone_wire::ConversationId;

/// Seeded runs on each database.
const RUNS: u64 = 80;
/// Runs in one world, so that its history stays short.
const RUNS_IN_A_WORLD: u64 = 10;
/// Kills in one run.
const KILLS: u32 = 6;

#[test]
fn nothing_acknowledged_is_lost_on_sqlite() -> Result<()> {
    runs(Database::Sqlite)
}

#[test]
fn nothing_acknowledged_is_lost_on_postgres() -> Result<()> {
    runs(Database::Postgres)
}

/// How often each point was hit.
type Histogram = Rc<RefCell<BTreeMap<&'static str, u32>>>;

/// Different points that must be hit, or the kills are too much alike.
const POINTS_MIN: usize = 12;

fn report(histogram: &BTreeMap<&'static str, u32>, runs: &str) -> Result<()> {
    println!("points hit in {runs}:");
    for (point, count) in histogram {
        println!("{count:5}  {point}");
    }
    ensure!(
        histogram.len() >= POINTS_MIN,
        "only {} different points were hit",
        histogram.len()
    );
    Ok(())
}

fn runs(database: Database) -> Result<()> {
    let histogram = Histogram::default();
    for first in (0..RUNS).step_by(usize::try_from(RUNS_IN_A_WORLD)?) {
        let hits = Rc::clone(&histogram);
        story(database, async move |world: &World| {
            let (alice, bob) = (world.user("Alice").await?, world.user("Bob").await?);
            let talk = alice.opens("Bob").await?;
            bob.finds_conversation_with("Alice").await?;
            let mut written = Written::default();
            for seed in first..first + RUNS_IN_A_WORLD {
                let mut run = Run {
                    world,
                    talk,
                    alice: &alice,
                    bob: &bob,
                    hits: &hits,
                    written: &mut written,
                };
                run.one(seed).await.with_context(|| format!("seed {seed}"))?;
            }
            Ok(())
        })?;
    }
    report(&histogram.borrow(), &format!("{RUNS} runs on {database:?}"))
}

/// All that was ever written: what the client said it had taken must arrive, what was under way when the
/// client died may arrive, once.
#[derive(Default)]
struct Written {
    number: u32,
    history: History,
}

struct Run<'a> {
    world: &'a World,
    talk: ConversationId,
    alice: &'a Actor,
    bob: &'a Actor,
    hits: &'a Histogram,
    written: &'a mut Written,
}

impl Run<'_> {
    async fn one(&mut self, seed: u64) -> Result<()> {
        let mut random = StdRng::seed_from_u64(seed);
        for kill in 0..KILLS {
            if kill % 2 == 0 {
                self.kill_server(&mut random).await?;
            } else {
                self.kill_client(&mut random).await?;
            }
        }
        self.settle().await
    }

    async fn write(&mut self, author: &Actor) {
        self.written.number += 1;
        let text = format!("{} writes line {}", author.name(), self.written.number);
        let taken = author.writes(self.talk, &text).await.is_ok();
        self.written.history.note(author.name(), &text, taken);
    }

    /// The server dies at the n-th point that it reaches from now on.
    async fn kill_server(&mut self, random: &mut StdRng) -> Result<()> {
        self.world.kill_server();
        let (checkpoints, countdown) = server_dying_after(random.gen_range(0..14u32));
        self.world.start_server_with(checkpoints).await?;
        self.chatter(random).await?;
        if self.dies_before_all_is_well(self.world.server_killed()).await? {
            let point = countdown.lock().unwrap_or_else(PoisonError::into_inner).1;
            *self
                .hits
                .borrow_mut()
                .entry(point.context("killed nowhere")?)
                .or_default() += 1;
        }
        self.world.kill_server();
        self.world.start_server().await
    }

    /// A client dies at the n-th point that it reaches from now on.
    async fn kill_client(&mut self, random: &mut StdRng) -> Result<()> {
        let victim = *[self.alice, self.bob].choose(random).context("two people")?;
        victim.kill();
        let (checkpoints, countdown) = client_dying_after(random.gen_range(0..14u32));
        victim.start(checkpoints.clone()).await?;
        self.chatter(random).await?;
        if self.dies_before_all_is_well(checkpoints.killed()).await? {
            let point = countdown.borrow().1;
            *self
                .hits
                .borrow_mut()
                .entry(point.context("killed nowhere")?)
                .or_default() += 1;
        }
        victim.kill();
        victim.start(ClientCheckpoints::default()).await
    }

    async fn chatter(&mut self, random: &mut StdRng) -> Result<()> {
        for _ in 0..random.gen_range(2..6) {
            let author = *[self.alice, self.bob].choose(random).context("two people")?;
            self.write(author).await;
            for actor in [self.alice, self.bob] {
                if let Ok(client) = actor.client() {
                    client.wake();
                }
            }
        }
        Ok(())
    }

    /// Whether the victim dies before all that was written is everywhere.
    async fn dies_before_all_is_well(&self, death: impl Future<Output = ()>) -> Result<bool> {
        tokio::select! {
            biased;
            () = death => Ok(true),
            well = self.all_is_everywhere() => well.map(|()| false),
        }
    }

    async fn all_is_everywhere(&self) -> Result<()> {
        let history = &self.written.history;
        for actor in [self.alice, self.bob] {
            actor.client()?.wake();
        }
        for actor in [self.alice, self.bob] {
            let what = format!("{} has all {} lines", actor.name(), history.promised());
            actor
                .until(&what, |_| {
                    let there = history.promised_among(&actor.acknowledged(self.talk)?);
                    Ok((there >= history.promised()).then_some(()))
                })
                .await?;
        }
        Ok(())
    }

    /// Everything heals; then both must show the same, and all that was written, once and in order.
    async fn settle(&mut self) -> Result<()> {
        for author in [self.alice, self.bob] {
            self.write(author).await;
        }
        self.all_is_everywhere().await?;
        let history = &mut self.written.history;
        history.shown = vec![self.alice.shown(self.talk)?, self.bob.shown(self.talk)?];
        Ok(history.check()?)
    }
}

/// The countdown, and the point where it ended.
type Countdown = Rc<RefCell<(u32, Option<&'static str>)>>;

/// Kills a client at the n-th point that it reaches.
fn client_dying_after(points: u32) -> (ClientCheckpoints, Countdown) {
    let countdown = Countdown::new(RefCell::new((points, None)));
    let counter = Rc::clone(&countdown);
    let checkpoints = ClientCheckpoints::new(move |point| {
        let mut counter = counter.borrow_mut();
        if counter.0 == 0 {
            counter.1.get_or_insert(point);
            return true;
        }
        counter.0 -= 1;
        false
    });
    (checkpoints, countdown)
}

/// The same, for the server's threads.
type SharedCountdown = Arc<Mutex<(u32, Option<&'static str>)>>;

/// Kills the server at the n-th point that it reaches.
fn server_dying_after(points: u32) -> (ServerCheckpoints, SharedCountdown) {
    let countdown = Arc::new(Mutex::new((points, None)));
    let counter = Arc::clone(&countdown);
    let checkpoints = ServerCheckpoints::killing_at(move |point| {
        let mut counter = counter.lock().unwrap_or_else(PoisonError::into_inner);
        if counter.0 == 0 {
            counter.1.get_or_insert(point);
            return true;
        }
        counter.0 -= 1;
        false
    });
    (checkpoints, countdown)
}

/// Seeded beginnings of a conversation on each database.
const BEGINNINGS: u64 = 28;

#[test]
fn a_conversation_begins_once_whoever_dies_on_sqlite() -> Result<()> {
    beginnings(Database::Sqlite)
}

#[test]
fn a_conversation_begins_once_whoever_dies_on_postgres() -> Result<()> {
    beginnings(Database::Postgres)
}

/// The founder or the invited dies while a conversation begins; after a restart there is one.
fn beginnings(database: Database) -> Result<()> {
    let histogram = Histogram::default();
    let hits = Rc::clone(&histogram);
    story(database, async move |world: &World| {
        for seed in 0..BEGINNINGS {
            beginning(world, seed, &hits)
                .await
                .with_context(|| format!("seed {seed}"))?;
        }
        Ok(())
    })?;
    report(
        &histogram.borrow(),
        &format!("{BEGINNINGS} beginnings on {database:?}"),
    )
}

async fn beginning(world: &World, seed: u64, hits: &Histogram) -> Result<()> {
    let (founder, invited) = (
        world.user(&format!("Founder{seed}")).await?,
        world.user(&format!("Invited{seed}")).await?,
    );
    let points = u32::try_from(seed / 4)?;
    let point = match seed % 4 {
        0 => founding_while_client_dies(&founder, &invited, &founder, points * 2).await?,
        1 => founding_while_client_dies(&founder, &invited, &founder, points * 2 + 1).await?,
        2 => founding_while_client_dies(&founder, &invited, &invited, points).await?,
        _ => founding_while_server_dies(world, &founder, &invited, points).await?,
    };
    if let Some(point) = point {
        *hits.borrow_mut().entry(point).or_default() += 1;
    }
    let talk = founder.opens_at_last(invited.name()).await?;
    ensure!(
        talk == invited.opens_at_last(founder.name()).await?,
        "there are two conversations"
    );
    founder.sends(talk, "are you there?").await?;
    invited.sends(talk, "I am").await?;
    founder
        .sees(
            talk,
            &[(founder.name(), "are you there?"), (invited.name(), "I am")],
        )
        .await?;
    ensure!(
        founder.timeline(talk)? == invited.timeline(talk)?,
        "they were shown different things"
    );
    for actor in [&founder, &invited] {
        ensure!(
            actor.client()?.conversations()?.len() == 1,
            "{} has two conversations",
            actor.name()
        );
    }
    Ok(())
}

/// The founder opens the conversation until both have it, or somebody dies.
async fn found(founder: &Actor, invited: &Actor) -> Result<()> {
    founder.opens(invited.name()).await?;
    invited.finds_conversation_with(founder.name()).await?;
    Ok(())
}

async fn founding_while_client_dies(
    founder: &Actor,
    invited: &Actor,
    victim: &Actor,
    points: u32,
) -> Result<Option<&'static str>> {
    victim.kill();
    let (checkpoints, countdown) = client_dying_after(points);
    victim.start(checkpoints.clone()).await?;
    tokio::select! {
        () = checkpoints.killed() => {}
        met = found(founder, invited) => ensure!(met.is_ok() || checkpoints.is_killed(), "{met:?}"),
    }
    victim.kill();
    victim.start(ClientCheckpoints::default()).await?;
    Ok(countdown.borrow().1)
}

async fn founding_while_server_dies(
    world: &World,
    founder: &Actor,
    invited: &Actor,
    points: u32,
) -> Result<Option<&'static str>> {
    world.kill_server();
    let (checkpoints, countdown) = server_dying_after(points);
    world.start_server_with(checkpoints).await?;
    founder.client()?.wake();
    invited.client()?.wake();
    tokio::select! {
        () = world.server_killed() => {}
        _founded = found(founder, invited) => {}
    }
    world.kill_server();
    world.start_server().await?;
    let point = countdown.lock().unwrap_or_else(PoisonError::into_inner).1;
    Ok(point)
}
