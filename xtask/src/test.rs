//! `cargo xtask test`: every test there is, on both databases and in a real browser.

use crate::check::Steps;
use crate::environment;
use crate::project::Project;
use crate::run::Kind;
use crate::services::Services;
use crate::setup::{self, TestTools};
use crate::{run, screen, server, web};
use anyhow::Result;

/// The variable that tells tests where PostgreSQL is.
pub(crate) const POSTGRES_VARIABLE: &str = "UNDERTONE_TEST_POSTGRES";

/// Installs, builds and tests everything.
pub(crate) fn test(project: &Project) -> Result<()> {
    let tools = setup::for_testing(project)?;
    let mut steps = Steps::default();
    all(project, &tools, &mut steps);
    steps.finish()
}

/// The steps of a full test; `cargo xtask ci` takes them too.
pub(crate) fn all(project: &Project, tools: &TestTools, steps: &mut Steps) {
    let page = steps.take("build the web page", || {
        run::build_page(project, &tools.build, Kind::Quick)
    });
    with_postgres(project, steps, |steps, url| {
        steps.take("Rust tests", || rust_tests(project, url));
    });
    steps.take("examples in the documentation", || doc_tests(project));
    if page {
        steps.take("web unit tests", || web::npm(project, &["test"])?.show());
        steps.take("browser tests", || browser_tests(project, tools));
    } else {
        steps.skip("web unit tests");
        steps.skip("browser tests");
    }
}

/// Lends a PostgreSQL to some work: the one that the variable names, else ours, stopped again if we started it.
pub(crate) fn with_postgres(project: &Project, steps: &mut Steps, work: impl FnOnce(&mut Steps, &str)) {
    if let Some(url) = environment::variable(POSTGRES_VARIABLE) {
        return work(steps, &url);
    }
    let services = Services::of(project);
    let mut running = None;
    if !steps.take("start PostgreSQL", || {
        running = Some(services.up(project)?);
        Ok(())
    }) {
        return;
    }
    let Some(running) = running else { return };
    work(steps, &running.url);
    if running.started {
        steps.take("stop PostgreSQL", || services.down());
    }
}

fn rust_tests(project: &Project, postgres: &str) -> Result<()> {
    let mut task = project
        .cargo()
        .args([
            "nextest",
            "run",
            "--locked",
            "--workspace",
            "--exclude",
            "undertone-client-wasm",
        ])
        .env(POSTGRES_VARIABLE, postgres);
    if environment::is_ci() {
        task = task.args(["--profile", "ci"]);
    }
    task.show()
}

fn doc_tests(project: &Project) -> Result<()> {
    let task = project
        .cargo()
        .args(["test", "--quiet", "--locked", "--doc", "--workspace"]);
    task.args(["--exclude", "undertone-client-wasm"])
        .work(project, "doc-tests")
}

fn browser_tests(project: &Project, tools: &TestTools) -> Result<()> {
    let binary = server::build(project, Kind::Quick)?;
    screen::step("Starting the browser");
    web::npm(project, &["run", "e2e"])?
        .env("UNDERTONE_BIN", binary)
        .env("CHROMIUM", &tools.chromium)
        .show()
}
