//! The files below a directory, in a fixed order.

use anyhow::{Context as _, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// Directories that hold what is made, never what is written.
const MADE: [&str; 5] = ["node_modules", "dist", "target", "test-results", ".git"];

/// All files below `start` (or `start` itself), sorted, without those that are made.
pub(crate) fn below(start: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut waiting = vec![start.to_path_buf()];
    while let Some(path) = waiting.pop() {
        if !path.is_dir() {
            if path.is_file() {
                found.push(path);
            }
            continue;
        }
        let entries = fs::read_dir(&path).with_context(|| format!("cannot list {}", path.display()))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("cannot list {}", path.display()))?;
            if !MADE.iter().any(|made| entry.file_name() == *made) {
                waiting.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The files that lie in a directory itself, sorted.
pub(crate) fn directly_in(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(directory).with_context(|| format!("cannot list {}", directory.display()))?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut files = paths
        .collect::<std::io::Result<Vec<_>>>()
        .with_context(|| format!("cannot list {}", directory.display()))?;
    files.retain(|path| path.is_file());
    files.sort();
    Ok(files)
}
