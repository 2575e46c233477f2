//! `cargo xtask build` and `cargo xtask run`: from a clean clone to a running server.

use crate::environment;
use crate::process::Task;
use crate::project::Project;
use crate::screen;
use crate::setup::{self, BuildTools};
use crate::{server, wasm, web};
use anyhow::Result;
use std::path::PathBuf;

/// What is built for: trying something at once, or others to download.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Quick,
    Released,
}

impl Kind {
    /// Where Cargo puts what is built for it, below the target directory.
    pub(crate) const fn directory(self) -> &'static str {
        match self {
            Self::Quick => "debug",
            Self::Released => "release",
        }
    }
}

/// Installs what building needs and builds everything; returns the server's binary.
pub(crate) fn build(project: &Project, kind: Kind) -> Result<PathBuf> {
    let tools = setup::for_building(project)?;
    build_with(project, &tools, kind)
}

/// Builds everything with tools that are there.
fn build_with(project: &Project, tools: &BuildTools, kind: Kind) -> Result<PathBuf> {
    build_page(project, tools, kind)?;
    server::build(project, kind)
}

/// Builds what the browser loads.
pub(crate) fn build_page(project: &Project, tools: &BuildTools, kind: Kind) -> Result<()> {
    wasm::build(project, &tools.wasm, kind)?;
    web::build(project, kind)
}

/// Builds everything and becomes `undertone serve`.
pub(crate) fn run(project: &Project, server_args: &[String]) -> Result<()> {
    let binary = build(project, Kind::Quick)?;
    screen::step("Starting Undertone (Ctrl-C stops it)");
    let mut serve = Task::new(binary).args(["serve"]);
    if chooses_no_data_directory(server_args) && environment::variable("UNDERTONE_DATA").is_none() {
        serve = serve.args(["--data"]).args([project.root().join("data")]);
    }
    serve.args(server_args).become_it()
}

fn chooses_no_data_directory(server_args: &[String]) -> bool {
    !server_args
        .iter()
        .any(|arg| arg == "--data" || arg.starts_with("--data=") || arg.starts_with("--config"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_own_data_directory_wins() {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(chooses_no_data_directory(&words("--listen 0.0.0.0:8443")));
        assert!(!chooses_no_data_directory(&words("--data /srv/undertone")));
        assert!(!chooses_no_data_directory(&words("--data=/srv/undertone")));
        assert!(!chooses_no_data_directory(&words("--config undertone.toml")));
    }
}
