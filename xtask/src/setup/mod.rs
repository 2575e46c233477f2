//! Everything the project needs from the machine: found, else installed, else named with its command.
//! Nothing is built here.

mod browser;
mod native;
mod node;
mod test_runner;
mod wasm_toolchain;

pub(crate) use wasm_toolchain::{TARGET, WasmToolchain};

use crate::machine::Shortage;
use crate::project::Project;
use crate::screen;
use crate::services;
use crate::web;
use anyhow::{Context as _, Result};
use std::path::PathBuf;

/// What building Undertone needs.
pub(crate) struct BuildTools {
    pub(crate) wasm: WasmToolchain,
}

/// What testing needs beyond that.
pub(crate) struct TestTools {
    pub(crate) build: BuildTools,
    pub(crate) chromium: PathBuf,
}

/// `cargo xtask setup`: all of it, and says what there is.
pub(crate) fn everything(project: &Project) -> Result<TestTools> {
    let tools = for_testing(project)?;
    screen::say(&format!(
        "Everything is there.\n  WebAssembly: {}",
        tools.build.wasm.description()
    ));
    screen::say(&format!("  Browser for tests: {}", tools.chromium.display()));
    Ok(tools)
}

/// What `cargo xtask run` needs, and no more.
pub(crate) fn for_building(project: &Project) -> Result<BuildTools> {
    let mut shortage = Shortage::default();
    let wasm = building(project, &mut shortage);
    shortage.settle()?;
    web::install(project)?;
    Ok(BuildTools {
        wasm: wasm.context("nothing is missing, yet there is no WebAssembly toolchain")?,
    })
}

/// What `cargo xtask test` needs.
pub(crate) fn for_testing(project: &Project) -> Result<TestTools> {
    let mut shortage = Shortage::default();
    let wasm = building(project, &mut shortage);
    let chromium = shortage.note(browser::chromium(project));
    shortage.note(test_runner::nextest(project));
    shortage.note(services::programs(project));
    shortage.note(services::nats::program(project));
    shortage.note(services::nats::balancer(project));
    shortage.settle()?;
    web::install(project)?;
    Ok(TestTools {
        build: BuildTools {
            wasm: wasm.context("nothing is missing, yet there is no WebAssembly toolchain")?,
        },
        chromium: chromium.context("nothing is missing, yet there is no browser")?,
    })
}

fn building(project: &Project, shortage: &mut Shortage) -> Option<WasmToolchain> {
    shortage.note(native::c_compiler(project));
    shortage.note(native::openssl_builders(project));
    shortage.note(node::node());
    shortage.note(wasm_toolchain::toolchain(project))
}
