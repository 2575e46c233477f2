//! Many real clients of a real server, in one process: everyone commits at the same moment, and a crowd
//! comes into a full room while somebody writes. Figures go to standard output as JSON; no time is
//! asserted, but that everyone ends in the same group is. `--quick`: few people.

mod crowd;
mod door;
mod storm;
mod writer;

use anyhow::{Result, bail};
use std::cell::RefCell;
use std::thread;
use std::time::Duration;
use undertone_bench::measure::Figure;
use undertone_system_tests::{Database, World, story};

/// How many people there are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    /// Who commit at the same moment.
    storm: usize,
    /// Who are in the room before the crowd comes.
    inside: usize,
    /// Of those, who stay connected.
    connected: usize,
    /// The crowd.
    crowd: usize,
}

const FULL: Size = Size {
    storm: 50,
    inside: 300,
    connected: 5,
    crowd: 100,
};
const QUICK: Size = Size {
    storm: 4,
    inside: 5,
    connected: 2,
    crowd: 3,
};

/// Far beyond what it takes: a program that measures and never ends would hold the whole pipeline.
const QUICK_AT_MOST: Duration = Duration::from_mins(5);
const FULL_AT_MOST: Duration = Duration::from_hours(1);

#[expect(clippy::print_stdout, reason = "the result, for whoever makes a table of it")]
fn main() -> Result<()> {
    // `cargo bench` adds `--bench`.
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let (size, at_most) = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => (FULL, FULL_AT_MOST),
        ["--quick"] => (QUICK, QUICK_AT_MOST),
        _ => bail!("usage: live [--quick]"),
    };
    end_after(at_most);
    let figures = RefCell::new(Vec::new());
    story(Database::Sqlite, async |world: &World| {
        let storm = storm::measure(world, size).await?;
        figures.borrow_mut().extend(storm);
        Ok(())
    })?;
    story(Database::Sqlite, async |world: &World| {
        let door = door::measure(world, size).await?;
        figures.borrow_mut().extend(door);
        Ok(())
    })?;
    println!("{}", serde_json::to_string(&figures.into_inner())?);
    Ok(())
}

/// Ends the program when it has taken so long.
fn end_after(at_most: Duration) {
    // Nobody waits for this thread: whoever ends earlier ends it too.
    drop(thread::spawn(move || {
        thread::sleep(at_most);
        eprintln!("the clients still work after {} s", at_most.as_secs());
        std::process::exit(1);
    }));
}

/// A figure that was measured once.
pub(crate) fn figure(what: &str, place: &str, value: f64, unit: &str) -> Figure {
    Figure {
        what: what.to_owned(),
        place: place.to_owned(),
        value,
        unit: unit.to_owned(),
        runs: 1,
    }
}

/// A count as a figure's value; all counts here are small.
pub(crate) fn count(many: usize) -> f64 {
    f64::from(u32::try_from(many).unwrap_or(u32::MAX))
}
