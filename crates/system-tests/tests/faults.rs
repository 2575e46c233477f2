//! Frames are lost, doubled and reordered, and connections cut; nothing acknowledged is lost, doubled
//! or out of order.

#![expect(clippy::print_stdout, reason = "the run says what it did")]

use anyhow::{Result, ensure};
use undertone_system_tests::{Database, Faults, History, World, story};

/// Messages of each person in one run.
const LINES: usize = 25;

fn chatter_under(database: Database, faults: Faults) -> Result<()> {
    story(database, async move |world: &World| {
        let (alice, bob) = (world.user("Alice").await?, world.user("Bob").await?);
        let talk = alice.opens("Bob").await?;
        bob.finds_conversation_with("Alice").await?;
        world.proxy.set_faults(faults);
        let (mut last, mut history) = (Vec::new(), History::default());
        for number in 0..LINES {
            for author in [&alice, &bob] {
                let text = format!("{} {number}", author.name());
                last.push((author, author.writes(talk, &text).await?));
                history.note(author.name(), &text, true);
            }
        }
        for (author, key) in last {
            author.client()?.wait_sent(key).await?;
        }
        world.proxy.set_faults(Faults::default());
        for actor in [&alice, &bob] {
            actor.client()?.wake();
            actor
                .until("all lines", |_| {
                    Ok((actor.acknowledged(talk)?.len() >= 2 * LINES).then_some(()))
                })
                .await?;
        }
        history.shown = vec![alice.shown(talk)?, bob.shown(talk)?];
        history.check()?;
        let happened = world.proxy.happened();
        println!("{happened:?}");
        ensure!(
            happened.lost + happened.doubled + happened.swapped + happened.cut > 0,
            "no fault happened"
        );
        Ok(())
    })
}

#[test]
fn lost_frames_lose_no_message() -> Result<()> {
    chatter_under(
        Database::Sqlite,
        Faults {
            lose: 0.05,
            ..Faults::default()
        },
    )
}

#[test]
fn doubled_frames_double_no_message() -> Result<()> {
    chatter_under(
        Database::Sqlite,
        Faults {
            double: 0.3,
            ..Faults::default()
        },
    )
}

#[test]
fn swapped_frames_keep_the_order() -> Result<()> {
    chatter_under(
        Database::Sqlite,
        Faults {
            swap: 0.2,
            ..Faults::default()
        },
    )
}

#[test]
fn cut_connections_lose_no_message() -> Result<()> {
    chatter_under(
        Database::Sqlite,
        Faults {
            cut: 0.03,
            ..Faults::default()
        },
    )
}

#[test]
fn all_of_it_at_once_on_postgres() -> Result<()> {
    chatter_under(
        Database::Postgres,
        Faults {
            lose: 0.02,
            double: 0.1,
            swap: 0.1,
            cut: 0.02,
        },
    )
}
