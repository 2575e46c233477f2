//! Frames are lost, doubled and reordered, and connections cut; nothing acknowledged is lost, doubled
//! or out of order.

#![expect(clippy::print_stdout, reason = "the run says what it did")]

use anyhow::{Result, ensure};
use undertone_system_tests::{Database, Faults, Line, World, story};

/// Messages of each person in one run.
const LINES: usize = 25;

fn chatter_under(database: Database, faults: Faults) -> Result<()> {
    story(database, async move |world: &World| {
        let (alice, bob) = (world.user("Alice").await?, world.user("Bob").await?);
        let talk = alice.opens("Bob").await?;
        bob.finds_conversation_with("Alice").await?;
        world.proxy.set_faults(faults);
        let mut last = Vec::new();
        for number in 0..LINES {
            for author in [&alice, &bob] {
                last.push((
                    author,
                    author
                        .writes(talk, &format!("{} {number}", author.name()))
                        .await?,
                ));
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
        let (at_alice, at_bob) = (alice.acknowledged(talk)?, bob.acknowledged(talk)?);
        ensure!(at_alice == at_bob, "they were shown different orders");
        ensure!(at_alice.len() == 2 * LINES, "a line is there twice");
        for author in ["Alice", "Bob"] {
            let shown: Vec<Line> = at_alice
                .iter()
                .filter(|line| line.from == author)
                .cloned()
                .collect();
            let wrote: Vec<Line> = (0..LINES)
                .map(|n| Line {
                    from: author.to_owned(),
                    text: format!("{author} {n}"),
                })
                .collect();
            ensure!(shown == wrote, "out of order: {shown:?}");
        }
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
