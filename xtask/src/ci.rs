//! `cargo xtask ci`: what the pipeline runs, and what a developer runs before handing in.

use crate::check::Steps;
use crate::project::Project;
use crate::{bench, setup, test, tidy, web};
use anyhow::Result;

/// Runs every gate, even after one has failed, and shows a table.
pub(crate) fn ci(project: &Project) -> Result<()> {
    let mut steps = Steps::default();
    looks(project, &mut steps);
    let mut tools = None;
    let ready = steps.take("set-up", || {
        tools = Some(setup::for_testing(project)?);
        Ok(())
    });
    if let (true, Some(tools)) = (ready, &tools) {
        test::all(project, tools, &mut steps);
        steps.take("benchmark, once through", || bench::smoke(project, tools));
        steps.take("web types and lints", || {
            web::npm(project, &["run", "check"])?.show()
        });
    } else {
        steps.skip("tests");
    }
    steps.finish()
}

/// The gates that only look at the source of the Rust code: what a developer runs before each commit.
pub(crate) fn lint(project: &Project) -> Result<()> {
    let mut steps = Steps::default();
    looks(project, &mut steps);
    steps.finish()
}

fn looks(project: &Project, steps: &mut Steps) {
    steps.take("format", || {
        project.cargo().args(["fmt", "--all", "--check"]).show()
    });
    steps.take("tidy", || tidy::tidy(project));
    steps.take("clippy", || clippy(project));
}

/// Lints are errors. The WebAssembly skin has no native build: its own build is its check.
fn clippy(project: &Project) -> Result<()> {
    let lint = |words: &[&str]| {
        let task = project
            .cargo()
            .args(["clippy", "--locked", "--all-targets"])
            .args(words);
        task.args(["--", "-D", "warnings"]).work(project, "clippy")
    };
    lint(&["--workspace", "--exclude", "undertone-client-wasm"])?;
    lint(&["--package", "xtask", "--features", "bindgen"])
}
