//! The measurements of groups, of search and of a long timeline in Chromium: `undertone-bench` compiled to WebAssembly with the profile of the
//! released page, served to a page of its own. The product's module holds nothing of it.

use crate::project::Project;
use crate::run::Kind;
use crate::setup::TestTools;
use crate::{screen, wasm, web};
use anyhow::{Context as _, Result};
use serde_json::Value;
use std::fs;

const PACKAGE: &str = "undertone-bench";
const MODULE: &str = "undertone_bench";

/// Builds the module, opens the page, and returns the figures as JSON.
pub(super) fn measure(project: &Project, tools: &TestTools, quick: bool) -> Result<String> {
    screen::step("Building what measures for the browser");
    // What is released is what is measured; whether it works, the quicker build says as well.
    let kind = if quick { Kind::Quick } else { Kind::Released };
    tools
        .build
        .wasm
        .cargo_build(project)
        .args(["--locked", "--profile", wasm::profile(kind), "--package", PACKAGE])
        .args(["--lib", "--features", "browser"])
        .work(project, "bench-wasm")?;
    let directory = project.target().join("xtask").join("bench");
    let package = directory.join("page");
    wasm::write_javascript(project, &[wasm::module(project, kind, MODULE)], &package)?;
    let figures = directory.join("browser.json");
    let searched = directory.join("browser-search.json");
    let scrolled = directory.join("browser-timeline.json");
    web::npm(project, &["run", "bench"])?
        .env("CHROMIUM", &tools.chromium)
        .env("UNDERTONE_BENCH_PAGE", &package)
        .env("UNDERTONE_BENCH_FIGURES", &figures)
        .env("UNDERTONE_BENCH_FIGURES_SEARCH", &searched)
        .env("UNDERTONE_BENCH_FIGURES_TIMELINE", &scrolled)
        .env("UNDERTONE_BENCH_QUICK", if quick { "yes" } else { "" })
        .show()?;
    let mut all: Vec<Value> = Vec::new();
    for path in [&figures, &searched, &scrolled] {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let read: Vec<Value> = serde_json::from_str(&text).context("what was measured is not JSON")?;
        all.extend(read);
    }
    Ok(Value::Array(all).to_string())
}
