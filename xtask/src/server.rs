//! The `undertone` binary, as a user gets it: without the features that only tests switch on.

use crate::project::Project;
use crate::run::Kind;
use crate::screen;
use anyhow::{Context as _, Result};
use std::fs;
use std::path::PathBuf;

/// Builds the binary and returns where it lies.
///
/// A build of the whole workspace (the tests') leaves a binary with test features at the usual place;
/// therefore this one is kept at a place of its own.
pub(crate) fn build(project: &Project, kind: Kind) -> Result<PathBuf> {
    screen::step("Building the server");
    let options: &[&str] = match kind {
        Kind::Quick => &[],
        Kind::Released => &["--release"],
    };
    project
        .cargo()
        .args(["build", "--locked", "--bins"])
        .args(options)
        // The same packages as the tests', but for the one that switches test features on: so both
        // builds want the same features of the dependencies, and these are built once.
        .args([
            "--workspace",
            "--exclude",
            "undertone-client-wasm",
            "--exclude",
            "undertone-system-tests",
        ])
        .args(["--exclude", "xtask"])
        .work(project, "server-build")?;
    let name = format!("undertone{}", std::env::consts::EXE_SUFFIX);
    let built = project.target().join(kind.directory()).join(&name);
    let directory = project.target().join("xtask").join("bin");
    let kept = directory.join(&name);
    fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
    // A running server keeps its file: replace the name, do not write into it.
    let fresh = directory.join(format!("{name}.new"));
    fs::copy(&built, &fresh).with_context(|| format!("cannot copy {}", built.display()))?;
    fs::rename(&fresh, &kept).with_context(|| format!("cannot replace {}", kept.display()))?;
    Ok(kept)
}
