//! Who wrote what, and what each client showed in the end; and whether that is right. The checker needs no
//! server and no client: a history can be kept in a file and judged later. It knows nothing of how one came about.

use crate::actor::Line;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// All that was written in one conversation, and what the clients showed of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// In the order of writing. No line is written twice.
    pub written: Vec<Written>,
    /// One for each client.
    pub shown: Vec<Shown>,
}

/// A line that somebody wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// The line.
    pub line: Line,
    /// Whether somebody was told that it is safe. If not, it may be missing, but for everyone.
    pub promised: bool,
}

/// What one client shows at the end, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Whose client it is.
    pub client: String,
    /// The lines that it shows as delivered.
    pub lines: Vec<Line>,
    /// The authenticator of the epoch that it is in.
    pub epoch: Vec<u8>,
}

/// What is wrong with a history: the first thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// There is nothing to judge.
    #[error("nobody wrote, or nobody read")]
    Empty,
    /// The writer wrote a line twice: the history cannot be judged.
    #[error("{0:?} was written twice, so nothing can be said of it")]
    Ambiguous(Line),
    /// A promised line is missing.
    #[error("{client} lost {line:?}")]
    Lost {
        /// Where.
        client: String,
        /// What.
        line: Line,
    },
    /// A line is there more than once.
    #[error("{client} shows {line:?} {times} times")]
    Doubled {
        /// Where.
        client: String,
        /// What.
        line: Line,
        /// How often.
        times: usize,
    },
    /// A line is there that nobody wrote.
    #[error("{client} shows {line:?}, which nobody wrote")]
    Invented {
        /// Where.
        client: String,
        /// What.
        line: Line,
    },
    /// What one person wrote is shown in another order than they wrote it.
    #[error("{client} shows {line:?} before an earlier line of the same author")]
    Disordered {
        /// Where.
        client: String,
        /// The line that came too early.
        line: Line,
    },
    /// Two clients show different things.
    #[error("{client} and {other} differ at line {position}: {lines:?}")]
    Different {
        /// One of them.
        client: String,
        /// The other.
        other: String,
        /// From where on, counted from 0.
        position: usize,
        /// What the one shows there, and the other.
        lines: Box<[Option<Line>; 2]>,
    },
    /// Two clients are not in the same epoch.
    #[error("{client} and {other} are in different epochs")]
    Parted {
        /// One of them.
        client: String,
        /// The other.
        other: String,
    },
}

impl History {
    /// Notes a line, in the order of writing.
    pub fn note(&mut self, from: &str, text: &str, promised: bool) {
        let line = Line {
            from: from.to_owned(),
            text: text.to_owned(),
        };
        self.written.push(Written { line, promised });
    }

    /// How many lines must be there.
    pub fn promised(&self) -> usize {
        self.written.iter().filter(|written| written.promised).count()
    }

    /// How many of these lines must be there.
    pub fn promised_among(&self, lines: &[Line]) -> usize {
        let promised = self.written.iter().filter(|written| written.promised);
        let promised: std::collections::BTreeSet<&Line> = promised.map(|written| &written.line).collect();
        lines.iter().filter(|line| promised.contains(line)).count()
    }

    /// Whether each promised line is at each client exactly once, no line more than once, all in the same
    /// order, each author's in the order of writing, and all clients in the same epoch.
    pub fn check(&self) -> Result<(), Flaw> {
        if self.promised() == 0 || self.shown.is_empty() {
            return Err(Flaw::Empty);
        }
        let mut places = BTreeMap::new();
        for (place, written) in self.written.iter().enumerate() {
            if places.insert(&written.line, place).is_some() {
                return Err(Flaw::Ambiguous(written.line.clone()));
            }
        }
        for shown in &self.shown {
            self.check_lines(shown)?;
            check_order(shown, &places)?;
        }
        let Some((first, others)) = self.shown.split_first() else {
            return Err(Flaw::Empty);
        };
        others.iter().try_for_each(|other| check_alike(first, other))
    }

    fn check_lines(&self, shown: &Shown) -> Result<(), Flaw> {
        let client = || shown.client.clone();
        let mut times: BTreeMap<&Line, usize> = BTreeMap::new();
        for line in &shown.lines {
            *times.entry(line).or_default() += 1;
        }
        for written in &self.written {
            match times.remove(&written.line) {
                None if written.promised => {
                    return Err(Flaw::Lost {
                        client: client(),
                        line: written.line.clone(),
                    });
                }
                Some(times) if times > 1 => {
                    return Err(Flaw::Doubled {
                        client: client(),
                        line: written.line.clone(),
                        times,
                    });
                }
                None | Some(_) => {}
            }
        }
        match times.into_keys().next() {
            Some(line) => Err(Flaw::Invented {
                client: client(),
                line: line.clone(),
            }),
            None => Ok(()),
        }
    }

    /// Writes the history to a file, to be judged or looked at later.
    pub fn keep(&self, file: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
    }

    /// Reads a history that was kept.
    pub fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("{} holds no history", file.display()))
    }
}

/// Each author's lines in the order of writing.
fn check_order(shown: &Shown, places: &BTreeMap<&Line, usize>) -> Result<(), Flaw> {
    let mut last: BTreeMap<&str, (usize, &Line)> = BTreeMap::new();
    for line in &shown.lines {
        let Some(place) = places.get(line).copied() else {
            continue;
        };
        match last.insert(&line.from, (place, line)) {
            Some((before, early)) if before > place => {
                return Err(Flaw::Disordered {
                    client: shown.client.clone(),
                    line: early.clone(),
                });
            }
            Some(_) | None => {}
        }
    }
    Ok(())
}

fn check_alike(one: &Shown, other: &Shown) -> Result<(), Flaw> {
    let length = one.lines.len().max(other.lines.len());
    for position in 0..length {
        let (here, there) = (one.lines.get(position), other.lines.get(position));
        if here != there {
            return Err(Flaw::Different {
                client: one.client.clone(),
                other: other.client.clone(),
                position,
                lines: Box::new([here.cloned(), there.cloned()]),
            });
        }
    }
    if one.epoch != other.epoch {
        return Err(Flaw::Parted {
            client: one.client.clone(),
            other: other.client.clone(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(from: &str, number: usize) -> Line {
        Line {
            from: from.to_owned(),
            text: format!("{from} {number}"),
        }
    }

    /// Ada and Bob by turns, and three clients that show it as it was written.
    fn sound() -> History {
        let mut history = History::default();
        for number in 0..20 {
            for author in ["Ada", "Bob"] {
                history.note(author, &format!("{author} {number}"), true);
            }
        }
        for client in ["Ada", "Bob", "Cleo"] {
            history.shown.push(Shown {
                client: client.to_owned(),
                lines: history
                    .written
                    .iter()
                    .map(|written| written.line.clone())
                    .collect(),
                epoch: vec![7; 32],
            });
        }
        history
    }

    /// What the checker says after something was done to the second client.
    fn after(spoil: impl FnOnce(&mut Shown)) -> Result<(), Flaw> {
        let mut history = sound();
        spoil(history.shown.get_mut(1).unwrap());
        history.check()
    }

    #[test]
    fn what_is_right_passes() {
        assert_eq!(sound().check(), Ok(()));
        // Authors may come in another order among each other, if it is the same for all.
        let mut history = sound();
        for shown in &mut history.shown {
            shown.lines.swap(0, 1);
        }
        assert_eq!(history.check(), Ok(()));
    }

    #[test]
    fn a_planted_loss_is_found() {
        let lost = Flaw::Lost {
            client: "Bob".to_owned(),
            line: line("Ada", 5),
        };
        assert_eq!(after(|shown| drop(shown.lines.remove(10))), Err(lost.clone()));
        // Also when everybody lost it.
        let mut history = sound();
        for shown in &mut history.shown {
            shown.lines.remove(10);
        }
        let at_the_first = Flaw::Lost {
            client: "Ada".to_owned(),
            line: line("Ada", 5),
        };
        assert_eq!(history.check(), Err(at_the_first));
    }

    #[test]
    fn a_planted_duplicate_is_found() {
        let doubled = Flaw::Doubled {
            client: "Bob".to_owned(),
            line: line("Ada", 5),
            times: 2,
        };
        let twice = |shown: &mut Shown| shown.lines.insert(11, line("Ada", 5));
        assert_eq!(after(twice), Err(doubled));
        let mut history = sound();
        for shown in &mut history.shown {
            shown.lines.push(line("Bob", 0));
        }
        assert!(matches!(history.check(), Err(Flaw::Doubled { .. })));
    }

    #[test]
    fn a_planted_swap_is_found() {
        let between_authors = after(|shown| shown.lines.swap(10, 11));
        assert!(
            matches!(between_authors, Err(Flaw::Different { position: 10, .. })),
            "{between_authors:?}"
        );
        // The same for all, but not as it was written.
        let mut history = sound();
        for shown in &mut history.shown {
            shown.lines.swap(10, 12);
        }
        let early = Flaw::Disordered {
            client: "Ada".to_owned(),
            line: line("Ada", 6),
        };
        assert_eq!(history.check(), Err(early));
    }

    #[test]
    fn what_was_not_promised_may_be_missing_but_for_all_or_none() {
        let mut history = sound();
        history.written.get_mut(10).unwrap().promised = false;
        assert_eq!(history.check(), Ok(()));
        let mut partly = history.clone();
        partly.shown.get_mut(2).unwrap().lines.remove(10);
        assert!(matches!(partly.check(), Err(Flaw::Different { .. })));
        for shown in &mut history.shown {
            shown.lines.remove(10);
        }
        assert_eq!(history.check(), Ok(()));
    }

    #[test]
    fn what_nobody_wrote_and_other_epochs_are_found() {
        let invented = Flaw::Invented {
            client: "Bob".to_owned(),
            line: line("Mallory", 1),
        };
        assert_eq!(after(|shown| shown.lines.push(line("Mallory", 1))), Err(invented));
        let parted = Flaw::Parted {
            client: "Ada".to_owned(),
            other: "Bob".to_owned(),
        };
        assert_eq!(after(|shown| shown.epoch = vec![8; 32]), Err(parted));
    }

    #[test]
    fn nothing_proves_nothing() {
        assert_eq!(History::default().check(), Err(Flaw::Empty));
        let mut history = sound();
        history.note("Ada", "Ada 3", true);
        assert_eq!(history.check(), Err(Flaw::Ambiguous(line("Ada", 3))));
    }

    #[test]
    fn a_history_is_kept_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("history.json");
        sound().keep(&file).unwrap();
        assert_eq!(History::read(&file).unwrap(), sound());
    }
}
