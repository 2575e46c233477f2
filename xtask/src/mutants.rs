//! `cargo xtask mutants`: changes the checks that security rests on, one by one; each change must break a test.
//! Which files those are stands in .cargo/mutants.toml.

use crate::process::Task;
use crate::project::Project;
use crate::screen;
use anyhow::Result;

/// Runs cargo-mutants, installed on demand.
pub(crate) fn mutants(project: &Project, more_args: &[String]) -> Result<()> {
    if !Task::new("cargo-mutants")
        .args(["mutants", "--version"])
        .succeeds()
    {
        screen::step("Installing cargo-mutants (once, some minutes)");
        project
            .cargo()
            .args(["install", "--locked", "cargo-mutants"])
            .work(project, "install-mutants")?;
    }
    let output = project.target().join("mutants");
    project
        .cargo()
        .args(["mutants", "--output"])
        .args([output])
        .args(more_args)
        .show()
}
