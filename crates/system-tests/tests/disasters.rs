//! What a machine does to a server: its disk is full, or does not take what is written, the database stops
//! and comes back, the date is set. Nothing that was acknowledged is lost, and nobody is told that something
//! is safe which is not.

use anyhow::{Context, Result, ensure};
use undertone_client_core::testing::Checkpoints;
use undertone_system_tests::{
    BrokenSync, Chatter, Database, Postgres, Setting, SmallDisk, World, code, story, story_in,
};

const HOUR_MS: i64 = 3_600_000;

/// Strangers who try to register, at most, until one is refused.
const STRANGERS_MAX: u32 = 100;

/// The server answers that it cannot store or read anything now.
fn says_unavailable<T>(answer: Result<T>) -> Result<()> {
    let code = code(answer).context("the server did it")?;
    ensure!(code == "unavailable", "the server says {code}");
    Ok(())
}

#[test]
fn on_a_full_disk_nothing_is_promised_and_nothing_is_lost() -> Result<()> {
    let Some(disk) = SmallDisk::mount(16)? else {
        return Ok(());
    };
    let setting = Setting {
        server_folder: Some(disk.path().join("server")),
        ..Setting::default()
    };
    story_in(Database::Sqlite, setting, async |world: &World| {
        let (ada, bob) = (world.user("Ada").await?, world.user("Bob").await?);
        let mut chatter = Chatter::of_two(&ada, &bob).await?;
        chatter.all_write(3).await;
        chatter.all_is_there().await?;
        disk.fill()?;
        // What room the database has left inside its files is soon used up.
        let mut refused = None;
        for number in 0..STRANGERS_MAX {
            chatter.writes(&ada).await;
            let stranger = world.user(&format!("Stranger{number}")).await;
            if stranger.is_err() {
                refused = Some(stranger);
                break;
            }
        }
        says_unavailable(refused.context("the disk is not full")?)?;
        // Reading goes on.
        ensure!(bob.opens("Ada").await? == chatter.talk, "Bob cannot ask any more");
        disk.free()?;
        chatter.all_write(3).await;
        chatter.all_is_there().await?;
        world.kill_server();
        world.start_server().await?;
        chatter.settles().await
    })
}

#[test]
fn a_disk_that_does_not_say_it_has_written_makes_no_promise() -> Result<()> {
    story(Database::Sqlite, async |world: &World| {
        let (ada, bob) = (world.user("Ada").await?, world.user("Bob").await?);
        let mut chatter = Chatter::of_two(&ada, &bob).await?;
        chatter.all_write(3).await;
        chatter.all_is_there().await?;
        let log = world.server_folder().join("undertone.db-wal");
        let Some(broken) = BrokenSync::begin(&log)? else {
            return Ok(());
        };
        let before = chatter.count_at(&ada)?;
        chatter.all_write(3).await;
        // Somebody else was refused, so at least one attempt was made before we look.
        says_unavailable(world.user("Cleo").await)?;
        ensure!(chatter.count_at(&ada)? == before, "Ada was promised something");
        ensure!(
            chatter.count_at(&bob)? == before,
            "Bob was shown what is not stored"
        );
        drop(broken);
        chatter.all_is_there().await?;
        world.kill_server();
        world.start_server().await?;
        chatter.settles().await
    })
}

#[test]
fn a_database_that_crashes_and_comes_back_loses_nothing() -> Result<()> {
    let postgres = Postgres::start()?;
    let setting = Setting {
        postgres: Some(postgres.url()),
        ..Setting::default()
    };
    story_in(Database::Postgres, setting, async |world: &World| {
        let (ada, bob) = (world.user("Ada").await?, world.user("Bob").await?);
        let mut chatter = Chatter::of_two(&ada, &bob).await?;
        for _ in 0..3 {
            chatter.all_write(3).await;
            postgres.crash()?;
            chatter.all_write(3).await;
            says_unavailable(ada.opens("Nobody").await)?;
            postgres.restart()?;
            chatter.all_is_there().await?;
        }
        chatter.settles().await
    })
}

#[test]
fn a_date_that_jumps_neither_loses_nor_reorders() -> Result<()> {
    story(Database::Sqlite, async |world: &World| {
        let (ada, bob) = (world.user("Ada").await?, world.user("Bob").await?);
        let mut chatter = Chatter::of_two(&ada, &bob).await?;
        for by_ms in [HOUR_MS, -3 * HOUR_MS, 48 * HOUR_MS, -46 * HOUR_MS] {
            bob.kill();
            chatter.writes(&ada).await;
            world.set_date(by_ms);
            // Once while it runs, once over a restart.
            chatter.writes(&ada).await;
            world.kill_server();
            world.start_server().await?;
            bob.start(Checkpoints::default()).await?;
            chatter.all_write(2).await;
            chatter
                .all_is_there()
                .await
                .with_context(|| format!("after {by_ms} ms"))?;
        }
        chatter.settles().await
    })
}
