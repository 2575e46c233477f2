//! A list of named steps that are all carried out, timed and shown in a table.

use crate::{environment, screen};
use anyhow::{Result, bail};
use std::fmt::Write as _;
use std::time::Duration;

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed,
    /// Not tried, since something that it needs had failed.
    Skipped,
}

/// The steps so far.
#[derive(Debug, Default)]
pub(crate) struct Steps(Vec<(String, Outcome, Duration)>);

impl Steps {
    /// Carries a step out; a failure is shown at once and remembered, and the next steps still run.
    pub(crate) fn take(&mut self, name: &str, work: impl FnOnce() -> Result<()>) -> bool {
        screen::say(&format!("\n── {name}"));
        let (result, duration) = environment::timed(work);
        if let Err(error) = &result {
            screen::fail(error);
        }
        let outcome = if result.is_ok() {
            Outcome::Passed
        } else {
            Outcome::Failed
        };
        self.0.push((name.to_owned(), outcome, duration));
        result.is_ok()
    }

    /// Remembers a step that cannot be tried.
    pub(crate) fn skip(&mut self, name: &str) {
        self.0.push((name.to_owned(), Outcome::Skipped, Duration::ZERO));
    }

    /// Shows the table; an error if any step failed.
    pub(crate) fn finish(self) -> Result<()> {
        screen::say(&format!("\n{}", self.table()));
        let failed: Vec<&str> = self
            .0
            .iter()
            .filter(|step| step.1 == Outcome::Failed)
            .map(|step| step.0.as_str())
            .collect();
        if failed.is_empty() {
            return Ok(());
        }
        bail!("failed: {}", failed.join(", "))
    }

    fn table(&self) -> String {
        let width = self
            .0
            .iter()
            .map(|(name, _, _)| name.chars().count())
            .max()
            .unwrap_or_default();
        let mut table = String::new();
        for (name, outcome, duration) in &self.0 {
            let mark = match outcome {
                Outcome::Passed => "✓",
                Outcome::Failed => "✗",
                Outcome::Skipped => "–",
            };
            // Writing to a String cannot fail.
            let _ = writeln!(table, "{mark} {name:width$}  {:>7.1} s", duration.as_secs_f64());
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_steps_run_after_a_failure_and_the_end_names_it() {
        let mut steps = Steps::default();
        assert!(steps.take("first", || Ok(())));
        assert!(!steps.take("second", || bail!("broken")));
        assert!(steps.take("third", || Ok(())));
        steps.skip("fourth");
        let table = steps.table();
        assert!(
            table.contains("✓ third ") && table.contains("✗ second") && table.contains("– fourth"),
            "{table}"
        );
        assert_eq!(steps.finish().unwrap_err().to_string(), "failed: second");
    }
}
