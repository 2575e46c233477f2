//! Chaos in the pipeline: a hundred seeds, half of them on each database. `cargo xtask chaos` runs a thousand or
//! more, and repeats the one that a failure names.

use anyhow::{Result, ensure};
use undertone_system_tests::Chaos;

const SEEDS: u64 = 100;
/// Different things that must have happened, or the chances are too much alike.
const HITS_MIN: usize = 20;

#[test]
fn whatever_goes_wrong_nothing_is_lost() -> Result<()> {
    let (outcome, failed) = Chaos::many(0..SEEDS, Chaos::by_turns);
    println!("{SEEDS} seeds, {} lines:", outcome.lines);
    for (hit, times) in &outcome.hits {
        println!("{times:5}  {hit}");
    }
    ensure!(failed.is_empty(), "these seeds failed: {failed:?}");
    let different = outcome.hits.len();
    ensure!(
        different >= HITS_MIN,
        "only {different} different things happened"
    );
    Ok(())
}
