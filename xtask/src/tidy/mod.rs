//! `cargo xtask tidy`: the rules of ARCHITECTURE.md and CONTRIBUTING.md that a program can check.
//! A rule looks at the tracked files' text alone; it neither compiles nor changes anything.

mod arrows;
mod boundary;
mod direction;
mod document;
mod layout;
mod place;
mod promise;
mod tree;
mod web;

use crate::project::Project;
use crate::screen;
use anyhow::{Result, bail};
use tree::{Finding, Tree};

/// A rule: its sentence, and the function that finds where it is broken.
type Rule = (&'static str, fn(&Tree) -> Vec<Finding>);

/// All rules.
const RULES: [Rule; 22] = [
    (
        "crates depend on each other only along the arrows of ARCHITECTURE.md",
        arrows::check,
    ),
    ("every crate takes the workspace's lints", arrows::lints),
    ("what only tests switch on does not ship", arrows::testing),
    ("OpenMLS is named only in crates/mls", boundary::openmls),
    ("opaque-ke is named only in crates/opaque", boundary::opaque),
    ("SQL is written only in store/", boundary::sql),
    (
        "only platform, transport and store know that they run in WebAssembly",
        boundary::wasm,
    ),
    (
        "the WebAssembly package is imported only in web/src/core",
        web::package_importers,
    ),
    (
        "features do not import features, components import nothing of the app",
        web::layers,
    ),
    (
        "the page never makes markup or code from text",
        web::unsafe_markup,
    ),
    (
        "the page names no side: it is read from left and from right",
        direction::check,
    ),
    ("npm's lock file fits package.json", web::locked),
    ("every source file begins by saying what it is", layout::headers),
    ("no source file is longer than 600 lines", layout::lengths),
    ("ARCHITECTURE.md stays within 300 lines", layout::architecture),
    ("nothing is left for later", promise::unfinished),
    ("no test is switched off or alone", promise::switched_off),
    ("no test sleeps", promise::sleeps),
    (
        "nothing names a place on one machine or a package registry",
        place::check,
    ),
    ("documents point to files that exist", document::links),
    ("the tests that docs/parity.md names exist", document::parity),
    (
        "docs/dependencies.md says why each dependency is there",
        document::dependencies,
    ),
];

/// Checks the project and shows what is wrong.
pub(crate) fn tidy(project: &Project) -> Result<()> {
    let tree = Tree::read(project)?;
    let complaints = complaints(&tree);
    if complaints.is_empty() {
        screen::say(&format!("{} rules hold in {} files.", RULES.len(), tree.len()));
        return Ok(());
    }
    screen::say(&complaints.join("\n"));
    bail!("{} places break a rule", complaints.len())
}

/// One line for each place where a rule is broken.
fn complaints(tree: &Tree) -> Vec<String> {
    RULES
        .iter()
        .flat_map(|(sentence, rule)| {
            rule(tree)
                .into_iter()
                .map(move |finding| format!("{finding} ({sentence})"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_is_tidy() {
        let tree = Tree::read(&Project::open().unwrap()).unwrap();
        let complaints = complaints(&tree);
        assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
    }

    #[test]
    fn a_complaint_names_the_place_and_the_rule() {
        let tree = Tree::sample(&[("crates/server/src/a.rs", "//! A.\nuse openmls::prelude::*;\n")]);
        let complaints = complaints(&tree);
        assert!(
            complaints
                .iter()
                .any(|line| line.starts_with("crates/server/src/a.rs:2: ")
                    && line.ends_with("(OpenMLS is named only in crates/mls)")),
            "{complaints:?}"
        );
    }
}
