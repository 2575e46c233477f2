//! How files begin and how long they may be.

use super::tree::{Finding, Tree};

/// The longest source file.
const LINES_MAX: usize = 600;

/// The longest ARCHITECTURE.md: it stays an overview.
const ARCHITECTURE_LINES_MAX: usize = 300;

/// Files without `//!` or `/** … */` at their head.
pub(super) fn headers(tree: &Tree) -> Vec<Finding> {
    let rust = tree.rust().filter(|(_, text)| !text.starts_with("//!"));
    let rust = rust.map(|(path, _)| Finding::file(path, "does not begin with `//!`"));
    let script = tree
        .ending(&[".ts", ".tsx"])
        .filter(|(_, text)| !text.starts_with("/**"));
    let script = script.map(|(path, _)| Finding::file(path, "does not begin with `/**`"));
    rust.chain(script).collect()
}

/// Source files that are too long.
pub(super) fn lengths(tree: &Tree) -> Vec<Finding> {
    longer_than(tree, &[".rs", ".ts", ".tsx", ".css", ".sql"], LINES_MAX)
}

/// An overview that has become a book.
pub(super) fn architecture(tree: &Tree) -> Vec<Finding> {
    longer_than(tree, &["ARCHITECTURE.md"], ARCHITECTURE_LINES_MAX)
}

fn longer_than(tree: &Tree, endings: &[&str], lines_max: usize) -> Vec<Finding> {
    let counted = tree
        .ending(endings)
        .map(|(path, text)| (path, text.lines().count()));
    let long = counted.filter(|(_, lines)| *lines > lines_max);
    long.map(|(path, lines)| Finding::file(path, format!("has {lines} lines of at most {lines_max}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_says_what_it_is() {
        let good = [
            ("a.rs", "//! A.\n"),
            ("b.ts", "/** B. */\n"),
            ("c.md", "no header needed"),
        ];
        assert_eq!(headers(&Tree::sample(&good)), []);
        let bad = [
            ("a.rs", "use std::fs;\n"),
            ("b.tsx", "import x from 'y';\n"),
            ("c.rs", ""),
        ];
        assert_eq!(headers(&Tree::sample(&bad)).len(), 3);
    }

    #[test]
    fn lengths_are_counted_in_lines() {
        let (fits, long) = ("x\n".repeat(LINES_MAX), "x\n".repeat(LINES_MAX + 1));
        assert_eq!(
            lengths(&Tree::sample(&[("a.rs", &fits), ("package-lock.json", &long)])),
            []
        );
        assert_eq!(
            lengths(&Tree::sample(&[("a.rs", &long), ("b.tsx", &long)])).len(),
            2
        );
    }

    #[test]
    fn the_overview_stays_short() {
        let long = "x\n".repeat(ARCHITECTURE_LINES_MAX + 1);
        assert_eq!(
            architecture(&Tree::sample(&[("ARCHITECTURE.md", &long)])).len(),
            1
        );
        assert_eq!(architecture(&Tree::sample(&[("ARCHITECTURE.md", "short")])), []);
    }
}
