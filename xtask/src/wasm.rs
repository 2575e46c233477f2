//! What the browser runs: the client core, and beside it what judges passwords. Both are compiled to
//! WebAssembly, with their JavaScript and TypeScript written around them.

use crate::project::Project;
use crate::run::Kind;
use crate::screen;
use crate::setup::{TARGET, WasmToolchain};
use crate::stamp::Stamp;
use anyhow::{Context as _, Result};
use std::fs;
use std::path::PathBuf;

/// The crates, and the files that they become.
const PACKAGES: [&str; 2] = ["undertone-client-wasm", "undertone-strength"];
const MODULES: [&str; 2] = ["undertone_client_wasm", "undertone_strength"];

/// What the modules are made from.
const SOURCES: [&str; 10] = [
    ".cargo",
    "Cargo.toml",
    "Cargo.lock",
    "crates/wire",
    "crates/mls",
    "crates/opaque",
    "crates/client-core",
    "crates/client-wasm",
    "crates/strength",
    "xtask/src/bin/bindgen.rs",
];

/// The cargo profile: quick to build, or small and slow to build.
pub(crate) const fn profile(kind: Kind) -> &'static str {
    match kind {
        Kind::Quick => "web",
        Kind::Released => "web-release",
    }
}

/// Builds web/src/core/pkg if anything that it is made from has changed.
pub(crate) fn build(project: &Project, toolchain: &WasmToolchain, kind: Kind) -> Result<()> {
    let package = project.web().join("src").join("core").join("pkg");
    let inputs: Vec<PathBuf> = SOURCES.iter().map(|name| project.root().join(name)).collect();
    let stamp = Stamp::new(
        package.join(".stamp"),
        &[profile(kind), &toolchain.description()],
        &inputs,
    )?;
    let mut made = MODULES
        .iter()
        .map(|module| package.join(format!("{module}_bg.wasm")));
    if made.all(|module| stamp.is_fresh(&module)) {
        return Ok(());
    }
    screen::step("Building the client for the browser (the first time takes some minutes)");
    toolchain
        .cargo_build(project)
        .args(["--locked", "--profile", profile(kind)])
        .args(PACKAGES.iter().flat_map(|package| ["--package", package]))
        .work(project, "wasm-build")?;
    write_javascript(
        project,
        &MODULES.map(|name| module(project, kind, name)),
        &package,
    )?;
    stamp.keep()
}

/// Where a compiled module lies.
pub(crate) fn module(project: &Project, kind: Kind, name: &str) -> PathBuf {
    let built = project.wasm_target().join(TARGET).join(profile(kind));
    built.join(format!("{name}.wasm"))
}

/// Runs the second binary of this crate, which holds wasm-bindgen as a library.
pub(crate) fn write_javascript(project: &Project, modules: &[PathBuf], package: &PathBuf) -> Result<()> {
    screen::step("Writing the JavaScript around it");
    if package.exists() {
        fs::remove_dir_all(package).with_context(|| format!("cannot empty {}", package.display()))?;
    }
    project
        .cargo()
        .args([
            "run",
            "--locked",
            "--package",
            "xtask",
            "--features",
            "bindgen",
            "--bin",
            "bindgen",
            "--",
        ])
        .args(modules)
        .args([package])
        .work(project, "bindgen")
}
