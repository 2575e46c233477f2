//! `cargo xtask bench`: what groups cost, natively and in the browser, how a real server bears many
//! people at once, and how fast it delivers. It asserts no times: docs/performance.md says what was measured when, and on what.

mod browser;
mod delivery;
mod figure;

use crate::process::Task;
use crate::project::Project;
use crate::screen;
use crate::setup::{self, TestTools};
use anyhow::{Context as _, Result};
pub(crate) use delivery::DeliveryWish;
use figure::{Figure, parse, table};
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;

/// What the user wants measured.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) scenarios: Vec<Scenario>,
    /// Only whether it works: small sizes, and no optimised build.
    pub(crate) quick: bool,
    /// Where the figures go as JSON.
    pub(crate) json: Option<PathBuf>,
    /// On what delivery is measured.
    pub(crate) delivery: DeliveryWish,
}

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scenario {
    /// Joins, commits and messages in groups of many sizes, natively.
    Groups,
    /// The same in Chromium, and search in the store that a browser keeps.
    Browser,
    /// Many real clients of a real server.
    Live,
    /// A device's own search through a long history.
    Search,
    /// The released server under load, beside a bare reference.
    Delivery,
}

/// All of them, in the order in which they are measured.
pub(crate) const SCENARIOS: [Scenario; 5] = [
    Scenario::Groups,
    Scenario::Browser,
    Scenario::Live,
    Scenario::Search,
    Scenario::Delivery,
];

impl Scenario {
    /// As it is typed.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Groups => "groups",
            Self::Browser => "browser",
            Self::Live => "live",
            Self::Search => "search",
            Self::Delivery => "delivery",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Groups => "Groups, natively",
            Self::Browser => "Groups and search, in the browser",
            Self::Live => "A real server, real clients",
            Self::Search => "Search on a device, natively",
            Self::Delivery => "Delivery, beside a bare reference",
        }
    }
}

/// Measures, shows tables, and writes the figures down.
pub(crate) fn bench(project: &Project, wish: &Wish) -> Result<()> {
    let tools = if wish.scenarios.contains(&Scenario::Browser) {
        Some(setup::for_testing(project)?)
    } else {
        None
    };
    let mut report = serde_json::Map::new();
    for scenario in &wish.scenarios {
        screen::step(scenario.title());
        let figures = measure(project, *scenario, wish, tools.as_ref())?;
        screen::result(&format!("{}\n\n{}", scenario.title(), table(&figures)));
        let figures: Vec<Value> = figures.iter().map(Figure::to_json).collect();
        report.insert(scenario.name().to_owned(), Value::Array(figures));
    }
    if let Some(path) = &wish.json {
        let report = json!({ "conditions": conditions(wish.quick)?, "figures": report });
        fs::write(path, format!("{report:#}\n"))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Whether what measures still works; the pipeline runs it.
pub(crate) fn smoke(project: &Project, tools: &TestTools) -> Result<()> {
    let wish = Wish {
        scenarios: SCENARIOS.to_vec(),
        quick: true,
        json: None,
        delivery: DeliveryWish::default(),
    };
    for scenario in &wish.scenarios {
        screen::step(scenario.title());
        measure(project, *scenario, &wish, Some(tools))?;
    }
    Ok(())
}

fn measure(
    project: &Project,
    scenario: Scenario,
    wish: &Wish,
    tools: Option<&TestTools>,
) -> Result<Vec<Figure>> {
    let quick = wish.quick;
    let text = match scenario {
        Scenario::Groups => program(
            project,
            &["run", "-p", "undertone-bench", "--bin", "groups"],
            quick,
        ),
        Scenario::Browser => browser::measure(project, tools.context("there is no browser")?, quick),
        Scenario::Live => program(
            project,
            &["bench", "-p", "undertone-system-tests", "--bench", "live"],
            quick,
        ),
        Scenario::Search => program(
            project,
            &["bench", "-p", "undertone-system-tests", "--bench", "search"],
            quick,
        ),
        Scenario::Delivery => delivery::measure(project, &wish.delivery, quick),
    }?;
    parse(&text)
}

/// Runs a program of ours that writes figures to standard output, optimised unless it must be quick.
fn program(project: &Project, words: &[&str], quick: bool) -> Result<String> {
    let profile = if quick { "dev" } else { "release" };
    let task = project
        .cargo()
        .args(words)
        .args(["--quiet", "--locked", "--profile", profile, "--"]);
    let task = if quick { task.args(["--quick"]) } else { task };
    task.listen()
}

/// Without which figures mean nothing.
fn conditions(quick: bool) -> Result<Value> {
    let processors = std::thread::available_parallelism().context("how many processors there are")?;
    Ok(json!({
        "processors": processors.get(),
        "system": std::env::consts::OS,
        "architecture": std::env::consts::ARCH,
        "rustc": Task::new("rustc").args(["--version"]).read()?,
        "quick": quick,
    }))
}
