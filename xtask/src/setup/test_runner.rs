//! cargo-nextest, which runs the Rust tests.

use crate::machine::Missing;
use crate::process::Task;
use crate::project::Project;
use crate::screen;

/// Finds or installs cargo-nextest.
pub(super) fn nextest(project: &Project) -> Result<(), Missing> {
    if Task::new("cargo-nextest")
        .args(["nextest", "--version"])
        .succeeds()
    {
        return Ok(());
    }
    screen::step("Installing cargo-nextest, which runs the tests (once, some minutes)");
    let install = project.cargo().args(["install", "--locked", "cargo-nextest"]);
    install.work(project, "install-nextest").map_err(|_shown| {
        Missing::new(
            "cargo-nextest, to run the tests",
            "cargo install --locked cargo-nextest",
        )
    })
}
