//! Many seeds of chaos, on both databases by turns unless one is named, and a report of what happened.
//! `--check FILE` judges a history that was kept.

#![expect(clippy::print_stdout, reason = "the report is what it is for")]

use anyhow::{Context, Result, bail, ensure};
use std::path::{Path, PathBuf};
use undertone_system_tests::{Chaos, Database, History};

/// What is wanted.
struct Wish {
    seeds: u64,
    from: u64,
    /// None for both by turns.
    database: Option<Database>,
    keep_in: PathBuf,
}

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let mut wish = Wish {
        seeds: 1000,
        from: 0,
        database: None,
        keep_in: PathBuf::from("."),
    };
    while let Some(word) = words.next() {
        let value = words.next().with_context(|| format!("{word} needs a value"))?;
        match word.as_str() {
            "--seeds" => wish.seeds = value.parse()?,
            "--from" => wish.from = value.parse()?,
            "--keep-in" => wish.keep_in = value.into(),
            "--check" => return judge(&PathBuf::from(value)),
            "--database" => {
                wish.database = Some(match value.as_str() {
                    "sqlite" => Database::Sqlite,
                    "postgres" => Database::Postgres,
                    other => bail!("there is no database {other}"),
                });
            }
            other => bail!("there is no {other}"),
        }
    }
    rage(&wish)
}

fn judge(file: &Path) -> Result<()> {
    let history = History::read(file)?;
    history.check()?;
    println!(
        "{} lines at {} clients: all is right",
        history.promised(),
        history.shown.len()
    );
    Ok(())
}

fn rage(wish: &Wish) -> Result<()> {
    let seeds = wish.from..wish.from + wish.seeds;
    let (outcome, failed) = Chaos::many(seeds, |seed| {
        let chaos = Chaos::by_turns(seed);
        Chaos {
            database: wish.database.unwrap_or(chaos.database),
            keep_in: Some(&wish.keep_in),
            ..chaos
        }
    });
    for (hit, times) in &outcome.hits {
        println!("{times:6}  {hit}");
    }
    println!(
        "{} seeds, {} lines, {} failed",
        wish.seeds,
        outcome.lines,
        failed.len()
    );
    ensure!(failed.is_empty(), "these seeds failed: {failed:?}");
    Ok(())
}
