//! `cargo xtask chaos`: many seeds of what can go wrong, by the `chaos` program of `undertone-system-tests`. Here
//! PostgreSQL is lent to it, and the wishes passed on.

use crate::check::Steps;
use crate::project::Project;
use crate::test::with_postgres;
use anyhow::{Context as _, Result};
use std::fs;

/// Builds the program and lets it rage.
pub(crate) fn chaos(project: &Project, more_args: &[String]) -> Result<()> {
    let histories = project.target().join("chaos");
    fs::create_dir_all(&histories).with_context(|| format!("cannot make {}", histories.display()))?;
    let mut steps = Steps::default();
    with_postgres(project, &mut steps, |steps, url| {
        steps.take("chaos", || {
            project
                .cargo()
                .args([
                    "run",
                    "--quiet",
                    "--locked",
                    "--package",
                    "undertone-system-tests",
                ])
                .args(["--bin", "chaos", "--", "--keep-in"])
                .args([&histories])
                .args(more_args)
                .env(crate::test::POSTGRES_VARIABLE, url)
                .show()
        });
    });
    steps.finish()
}
