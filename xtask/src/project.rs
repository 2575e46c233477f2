//! Where things are: the root of the project, its target directory and what lies in them.

use crate::environment;
use crate::process::Task;
use anyhow::{Context as _, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};

/// The project on this machine.
#[derive(Debug)]
pub(crate) struct Project {
    root: PathBuf,
    target: PathBuf,
}

impl Project {
    /// Finds the project that `cargo xtask` was called in.
    pub(crate) fn open() -> Result<Self> {
        let manifest = environment::variable("CARGO_MANIFEST_DIR")
            .context("CARGO_MANIFEST_DIR is not set: call this as `cargo xtask`")?;
        let root = Path::new(&manifest)
            .parent()
            .context("xtask lies in no project")?
            .to_path_buf();
        ensure!(
            root.join("Cargo.toml").is_file(),
            "{} holds no Cargo.toml",
            root.display()
        );
        let metadata = Self::read_metadata(&root)?;
        let target = metadata
            .get("target_directory")
            .and_then(serde_json::Value::as_str)
            .context("cargo metadata names no target directory")?;
        Ok(Self {
            root,
            target: PathBuf::from(target),
        })
    }

    /// What cargo says about the project's own crates.
    pub(crate) fn metadata(&self) -> Result<serde_json::Value> {
        Self::read_metadata(&self.root)
    }

    fn read_metadata(root: &Path) -> Result<serde_json::Value> {
        let text = Task::new(cargo_program())
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .within(root)
            .read()?;
        serde_json::from_str(&text).context("cargo metadata is not JSON")
    }

    /// The root of the clone.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The web page's sources.
    pub(crate) fn web(&self) -> PathBuf {
        self.root.join("web")
    }

    /// Where natively built things go.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Where WebAssembly is built: apart, since two toolchains in one directory rebuild everything.
    pub(crate) fn wasm_target(&self) -> PathBuf {
        environment::variable("UNDERTONE_WASM_TARGET_DIR")
            .map_or_else(|| self.target.join("wasm"), PathBuf::from)
    }

    /// A log file for one step, its directory made.
    pub(crate) fn log(&self, name: &str) -> Result<PathBuf> {
        let directory = self.target.join("xtask").join("logs");
        fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
        Ok(directory.join(format!("{name}.log")))
    }

    /// Cargo with the project's toolchain, in the project's root.
    pub(crate) fn cargo(&self) -> Task {
        Task::new(cargo_program())
            .within(&self.root)
            .env("CARGO_TARGET_DIR", &self.target)
    }
}

/// The cargo that runs us, so that its version stays the same throughout.
fn cargo_program() -> String {
    environment::variable("CARGO").unwrap_or_else(|| "cargo".to_owned())
}
