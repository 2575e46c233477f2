//! The web page: its packages and its build. What is in it is decided in web/.

use crate::files;
use crate::machine::find_program;
use crate::process::Task;
use crate::project::Project;
use crate::run::Kind;
use crate::screen;
use crate::stamp::Stamp;
use anyhow::{Context as _, Result};

/// npm with some words, in web/.
pub(crate) fn npm(project: &Project, words: &[&str]) -> Result<Task> {
    let npm = find_program(&["npm", "npm.cmd"]).context("npm is not on the search path")?;
    Ok(Task::new(npm).args(words).within(&project.web()))
}

/// The packages that the page is built from, as locked.
///
/// Not `npm ci`: it refuses a lock file that lacks the packages of systems other than the one it was made
/// on, which npm leaves out when a registry does not offer them. `--no-save` keeps to the lock file and
/// leaves it alone; that it fits package.json is a rule of tidy.
pub(crate) fn install(project: &Project) -> Result<()> {
    let modules = project.web().join("node_modules");
    let lock = project.web().join("package-lock.json");
    let node = Task::new("node").args(["--version"]).read()?;
    let stamp = Stamp::new(modules.join(".undertone").join("packages"), &[&node], &[lock])?;
    if stamp.is_fresh(&modules) {
        return Ok(());
    }
    screen::step("Installing the web page's packages");
    npm(project, &["install", "--no-save", "--no-audit", "--no-fund"])?.captured(project, "npm-install")?;
    stamp.keep()
}

/// Builds web/dist; the WebAssembly package must be there.
pub(crate) fn build(project: &Project, kind: Kind) -> Result<()> {
    let web = project.web();
    let dist = web.join("dist").join("index.html");
    let mut inputs = files::directly_in(&web)?;
    inputs.extend(["src", "public"].map(|name| web.join(name)));
    let stamp = Stamp::new(
        web.join("node_modules").join(".undertone").join("dist"),
        &[&format!("{kind:?}")],
        &inputs,
    )?;
    if stamp.is_fresh(&dist) {
        return Ok(());
    }
    screen::step("Building the web page");
    let mut task = npm(project, &["run", "build"])?;
    if kind == Kind::Released {
        // web/budget.ts then holds the page to what a released one may weigh.
        task = task.env("UNDERTONE_RELEASED", "yes");
    }
    task.captured(project, "web-build")?;
    stamp.keep()
}
