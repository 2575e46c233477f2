//! The groups' measurements in Chromium: `undertone-bench` compiled to WebAssembly with the profile of the
//! released page, served to a page of its own. The product's module holds nothing of it.

use crate::project::Project;
use crate::setup::TestTools;
use crate::{screen, wasm, web};
use anyhow::{Context as _, Result};
use std::fs;

const PACKAGE: &str = "undertone-bench";
const MODULE: &str = "undertone_bench";

/// Builds the module, opens the page, and returns the figures as JSON.
pub(super) fn measure(project: &Project, tools: &TestTools, quick: bool) -> Result<String> {
    screen::step("Building what measures for the browser");
    tools
        .build
        .wasm
        .cargo_build(project)
        .args(["--locked", "--profile", wasm::PROFILE, "--package", PACKAGE])
        .args(["--lib", "--features", "browser"])
        .work(project, "bench-wasm")?;
    let directory = project.target().join("xtask").join("bench");
    let package = directory.join("page");
    wasm::write_javascript(project, &wasm::module(project, MODULE), &package)?;
    let figures = directory.join("browser.json");
    web::npm(project, &["run", "bench"])?
        .env("CHROMIUM", &tools.chromium)
        .env("UNDERTONE_BENCH_PAGE", &package)
        .env("UNDERTONE_BENCH_FIGURES", &figures)
        .env("UNDERTONE_BENCH_QUICK", if quick { "yes" } else { "" })
        .show()?;
    fs::read_to_string(&figures).with_context(|| format!("cannot read {}", figures.display()))
}
