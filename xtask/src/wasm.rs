//! The client core for the browser: compiled to WebAssembly, with its JavaScript and TypeScript written around it.

use crate::project::Project;
use crate::screen;
use crate::setup::{TARGET, WasmToolchain};
use crate::stamp::Stamp;
use anyhow::{Context as _, Result};
use std::fs;
use std::path::PathBuf;

/// The crate and the file that it becomes.
const PACKAGE: &str = "undertone-client-wasm";
const MODULE: &str = "undertone_client_wasm";

/// The cargo profile: small enough to load quickly, quick enough to build.
pub(crate) const PROFILE: &str = "web";

/// What the module is made from.
const SOURCES: [&str; 8] = [
    "Cargo.toml",
    "Cargo.lock",
    "crates/wire",
    "crates/mls",
    "crates/opaque",
    "crates/client-core",
    "crates/client-wasm",
    "xtask/src/bin/bindgen.rs",
];

/// Builds web/src/core/pkg if anything that it is made from has changed.
pub(crate) fn build(project: &Project, toolchain: &WasmToolchain) -> Result<()> {
    let package = project.web().join("src").join("core").join("pkg");
    let inputs: Vec<PathBuf> = SOURCES.iter().map(|name| project.root().join(name)).collect();
    let stamp = Stamp::new(
        package.join(".stamp"),
        &[PROFILE, &toolchain.description()],
        &inputs,
    )?;
    if stamp.is_fresh(&package.join(format!("{MODULE}_bg.wasm"))) {
        return Ok(());
    }
    screen::step("Building the client for the browser (the first time takes some minutes)");
    toolchain
        .cargo_build(project)
        .args(["--locked", "--profile", PROFILE, "--package", PACKAGE])
        .work(project, "wasm-build")?;
    write_javascript(project, &module(project, MODULE), &package)?;
    stamp.keep()
}

/// Where a compiled module lies.
pub(crate) fn module(project: &Project, name: &str) -> PathBuf {
    let built = project.wasm_target().join(TARGET).join(PROFILE);
    built.join(format!("{name}.wasm"))
}

/// Runs the second binary of this crate, which holds wasm-bindgen as a library.
pub(crate) fn write_javascript(project: &Project, module: &PathBuf, package: &PathBuf) -> Result<()> {
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
        .args([module, package])
        .work(project, "bindgen")
}
