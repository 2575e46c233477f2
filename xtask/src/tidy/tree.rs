//! The tracked files as the rules see them, and what a rule finds.

use crate::process::Task;
use crate::project::Project;
use anyhow::{Context as _, Result};
use std::collections::BTreeMap;
use std::fmt;
use std::fs;

/// Where a rule is broken.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finding {
    path: String,
    line: Option<usize>,
    what: String,
}

impl Finding {
    /// A file as a whole.
    pub(super) fn file(path: &str, what: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line: None,
            what: what.into(),
        }
    }

    /// A line of it, counted from 1.
    pub(super) fn line(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line: Some(line),
            what: what.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(formatter, "{}:{line}: {}", self.path, self.what),
            None => write!(formatter, "{}: {}", self.path, self.what),
        }
    }
}

/// All files that are tracked, or would be with the next commit.
#[derive(Debug)]
pub(super) struct Tree {
    /// By path from the root; files that are not text are empty.
    files: BTreeMap<String, String>,
    /// What cargo says about the project's crates.
    metadata: serde_json::Value,
}

impl Tree {
    pub(super) fn read(project: &Project) -> Result<Self> {
        let list = Task::new("git")
            .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
            .within(project.root())
            .read()
            .context("tidy needs a git clone")?;
        let mut files = BTreeMap::new();
        for path in list.split('\0').filter(|path| !path.is_empty()) {
            // A file that was deleted but not yet committed is listed and absent.
            if let Ok(bytes) = fs::read(project.root().join(path)) {
                files.insert(path.to_owned(), String::from_utf8(bytes).unwrap_or_default());
            }
        }
        Ok(Self {
            files,
            metadata: project.metadata()?,
        })
    }

    /// A made-up project.
    #[cfg(test)]
    pub(super) fn sample(files: &[(&str, &str)]) -> Self {
        let own = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
        Self {
            files: files.iter().map(own).collect(),
            metadata: serde_json::Value::Null,
        }
    }

    /// The same with what cargo would say.
    #[cfg(test)]
    pub(super) fn with_metadata(mut self, metadata: serde_json::Value) -> Self {
        self.metadata = metadata;
        self
    }

    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    pub(super) fn metadata(&self) -> &serde_json::Value {
        &self.metadata
    }

    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// True for a file, or for a directory that holds one.
    pub(super) fn has(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let inside = format!("{path}/");
        self.files.contains_key(path)
            || self
                .files
                .range(inside.clone()..)
                .next()
                .is_some_and(|(next, _)| next.starts_with(&inside))
    }

    /// All files in order.
    pub(super) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Files with one of these endings.
    pub(super) fn ending<'a>(&'a self, endings: &'a [&'a str]) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.files()
            .filter(move |(path, _)| endings.iter().any(|ending| path.ends_with(ending)))
    }

    /// Rust files.
    pub(super) fn rust(&self) -> impl Iterator<Item = (&str, &str)> {
        self.ending(&[".rs"])
    }
}

/// The lines that are not comments, counted from 1.
pub(super) fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
        .filter(|(_, line)| {
            let start = line.trim_start();
            !start.starts_with("//") && !start.starts_with("* ") && !start.starts_with("/*")
        })
}

/// The rules' own sources, which must name what they look for.
pub(super) fn is_rule_source(path: &str) -> bool {
    path.starts_with("xtask/src/tidy/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_exist_if_a_file_lies_in_them() {
        let tree = Tree::sample(&[("docs/operate.md", ""), ("docs.md", "")]);
        assert!(tree.has("docs/operate.md") && tree.has("docs") && tree.has("docs/"));
        assert!(!tree.has("doc") && !tree.has("docs/op"));
    }

    #[test]
    fn comments_are_no_code() {
        let lines: Vec<usize> = code_lines("//! a\ncode // b\n  // c\n/* d\n * e\n*/\ncode")
            .map(|line| line.0)
            .collect();
        assert_eq!(lines, [2, 6, 7]);
    }
}
