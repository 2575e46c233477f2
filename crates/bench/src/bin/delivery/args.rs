//! What is to be measured, parsed from the command line.

use anyhow::{Context as _, Result, bail};
use std::path::PathBuf;

/// What is to be measured, and where.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    /// The `undertone` binary.
    pub(crate) server: PathBuf,
    /// Only whether it works.
    pub(crate) quick: bool,
    /// Whether everything is encrypted on the way.
    pub(crate) tls: bool,
    /// The address of a PostgreSQL server, on which databases are made; none: a file.
    pub(crate) database: Option<String>,
    /// The address of a NATS server that the server joins.
    pub(crate) bus: Option<String>,
    /// The letters of the scenarios; all if none is named.
    pub(crate) scenarios: Vec<char>,
    /// How often server and reference take turns.
    pub(crate) rounds: u32,
}

/// The letters of all scenarios.
pub(crate) const SCENARIOS: &str = "ABCDEF";

impl Wish {
    pub(crate) fn parse(words: &[&str]) -> Result<Self> {
        let mut wish = Self {
            server: PathBuf::new(),
            quick: false,
            tls: false,
            database: None,
            bus: None,
            scenarios: Vec::new(),
            rounds: 3,
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().with_context(|| format!("`{word}` needs a value"));
            match *word {
                "--quick" => (wish.quick, wish.rounds) = (true, 1),
                "--server" => wish.server = PathBuf::from(value()?),
                "--tls" => wish.tls = on_or_off(value()?)?,
                "--database" => wish.database = Some((*value()?).to_owned()),
                "--bus" => wish.bus = Some((*value()?).to_owned()),
                "--rounds" => wish.rounds = value()?.parse().context("--rounds needs a number")?,
                "--scenarios" => wish.scenarios = letters(value()?)?,
                _ => bail!("unknown: `{word}`"),
            }
        }
        if wish.server.as_os_str().is_empty() {
            bail!("--server names the undertone binary");
        }
        if wish.scenarios.is_empty() {
            wish.scenarios = SCENARIOS.chars().collect();
        }
        Ok(wish)
    }

    /// Whether the scenario with that letter is wanted.
    pub(crate) fn wants(&self, letter: char) -> bool {
        self.scenarios.contains(&letter)
    }
}

fn on_or_off(word: &str) -> Result<bool> {
    match word {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => bail!("--tls is on or off"),
    }
}

fn letters(word: &str) -> Result<Vec<char>> {
    let letters: Vec<char> = word.to_uppercase().chars().collect();
    match letters.iter().find(|letter| !SCENARIOS.contains(**letter)) {
        Some(unknown) => bail!("there is no scenario {unknown}; there are {SCENARIOS}"),
        None => Ok(letters),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenarios_are_letters_and_all_unless_named() {
        let all = Wish::parse(&["--server", "undertone"]).unwrap();
        assert_eq!(all.scenarios.len(), SCENARIOS.len());
        let some = Wish::parse(&["--server", "undertone", "--scenarios", "ac", "--tls", "on"]).unwrap();
        assert!(some.wants('A') && !some.wants('B') && some.wants('C') && some.tls);
        for words in [
            &["--quick"][..],
            &["--server", "u", "--scenarios", "x"],
            &["--server"],
        ] {
            assert!(Wish::parse(words).is_err(), "{words:?}");
        }
    }
}
