//! Documents that name files, tests and dependencies: what they name must be there.

use super::tree::{Finding, Tree};
use std::path::Path;

/// Where paths in backticks begin.
const ROOTS: [&str; 6] = ["crates/", "web/", "docs/", "xtask/", ".github/", ".config/"];

/// Links, and paths in backticks, to files that are not there.
pub(super) fn links(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.ending(&[".md"]) {
        let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
        for (number, line) in prose(text) {
            let missing_links = link_targets(line)
                .map(|target| join(directory, target))
                .filter(|target| !tree.has(target));
            findings.extend(
                missing_links.map(|target| Finding::line(path, number, format!("{target} does not exist"))),
            );
            let quoted = quoted(line).filter(|word| is_path(word) && path != "CHANGELOG.md");
            let missing = quoted.filter(|word| !tree.has(word) && !is_made(word));
            findings
                .extend(missing.map(|word| Finding::line(path, number, format!("{word} does not exist"))));
        }
    }
    findings
}

/// Tests in the last column of docs/parity.md: `path::name`.
pub(super) fn parity(tree: &Tree) -> Vec<Finding> {
    const PATH: &str = "docs/parity.md";
    let Some(text) = tree.text(PATH) else {
        return vec![Finding::file(PATH, "does not exist")];
    };
    let mut findings = Vec::new();
    for (number, line) in prose(text) {
        let Some(column) = line
            .strip_prefix("| ")
            .and_then(|row| row.trim_end().trim_end_matches('|').rsplit('|').next())
        else {
            continue;
        };
        let missing = quoted(column).filter(|test| !test_exists(tree, test));
        findings.extend(missing.map(|test| Finding::line(PATH, number, format!("there is no test {test}"))));
    }
    findings
}

fn test_exists(tree: &Tree, test: &str) -> bool {
    let Some((path, name)) = test.split_once("::") else {
        return false;
    };
    let declared = if Path::new(path)
        .extension()
        .is_some_and(|extension| extension == "rs")
    {
        format!("fn {name}(")
    } else {
        format!("('{name}'")
    };
    tree.text(path).is_some_and(|text| text.contains(&declared))
}

/// Dependencies without a reason, and reasons without a dependency.
pub(super) fn dependencies(tree: &Tree) -> Vec<Finding> {
    const PATH: &str = "docs/dependencies.md";
    let Some(text) = tree.text(PATH) else {
        return vec![Finding::file(PATH, "does not exist")];
    };
    let explained: Vec<&str> = prose(text)
        .filter(|(_, line)| line.starts_with("| `"))
        .flat_map(|(_, line)| {
            quoted(
                line.trim_start_matches("| ")
                    .split('|')
                    .next()
                    .unwrap_or_default(),
            )
        })
        .collect();
    let mut used = section_keys(
        tree.text("Cargo.toml").unwrap_or_default(),
        "[workspace.dependencies]",
    );
    used.extend(package_keys(tree.text("web/package.json").unwrap_or_default()));
    let silent = used
        .iter()
        .filter(|name| !name.starts_with("undertone-") && !explained.contains(&name.as_str()));
    let mut findings: Vec<Finding> = silent
        .map(|name| Finding::file(PATH, format!("does not say why `{name}` is there")))
        .collect();
    let gone = explained
        .iter()
        .filter(|name| !used.iter().any(|used| used == *name));
    findings.extend(gone.map(|name| Finding::file(PATH, format!("explains `{name}`, which is not used"))));
    findings
}

/// The keys of one section of a TOML file.
fn section_keys(toml: &str, section: &str) -> Vec<String> {
    let lines = toml
        .lines()
        .skip_while(|line| *line != section)
        .skip(1)
        .take_while(|line| !line.starts_with('['));
    let keys = lines
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(['=', '.']));
    keys.map(|(key, _)| key.trim().to_owned()).collect()
}

/// The packages that a package.json asks for.
fn package_keys(json: &str) -> Vec<String> {
    let manifest: serde_json::Value = serde_json::from_str(json).unwrap_or_default();
    let sections = ["dependencies", "devDependencies"]
        .into_iter()
        .filter_map(|name| manifest.get(name)?.as_object());
    sections.flat_map(|section| section.keys().cloned()).collect()
}

/// The lines outside code blocks, counted from 1.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut in_code = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        (!in_code && !fence).then_some((index + 1, line))
    })
}

/// Targets of links and pictures that lie within the project.
fn link_targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| {
        let target = rest.split([')', ' ', '#']).next()?;
        let outside = target.contains("://") || target.starts_with("mailto:");
        (!target.is_empty() && !outside).then_some(target)
    })
}

/// The words in backticks.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// True for `crates/wire/src/limits.rs`, false for patterns and commands.
fn is_path(word: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/_-.".contains(letter);
    ROOTS.iter().any(|root| word.starts_with(root)) && word.chars().all(plain)
}

/// True for what the build makes: it is not tracked.
fn is_made(word: &str) -> bool {
    ["web/dist", "web/src/core/pkg", "web/node_modules"]
        .iter()
        .any(|made| word.starts_with(made))
}

fn join(directory: &str, target: &str) -> String {
    let mut parts: Vec<&str> = directory.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_somewhere() {
        let good = [
            (
                "README.md",
                "[a](docs/a.md#part) [b](https://example.org) [c](#here) ![p](docs/p.png)",
            ),
            (
                "docs/a.md",
                "[up](../README.md)\n```\n[not](a-link.md)\n```\nsee `docs/a.md` and `crates/*/x`",
            ),
            ("docs/p.png", ""),
        ];
        assert_eq!(links(&Tree::sample(&good)), []);
        let bad = [
            ("README.md", "[a](docs/b.md)"),
            ("docs/a.md", "see `crates/wire/src/gone.rs`"),
        ];
        assert_eq!(links(&Tree::sample(&bad)).len(), 2);
    }

    #[test]
    fn the_tests_of_parity_exist() {
        let rust = (
            "crates/system-tests/tests/talk.rs",
            "async fn two_people_talk() {}",
        );
        let browser = (
            "web/e2e/talk.spec.ts",
            "test('Alice and Bob talk', async () => {});",
        );
        let row = |test: &str| {
            format!(
                "| # | Feature | From | What | Test |\n|---|---|---|---|---|\n| 1 | `x` | A | y | {test} |"
            )
        };
        let check = |test: &str| parity(&Tree::sample(&[rust, browser, ("docs/parity.md", &row(test))]));
        assert_eq!(check("`crates/system-tests/tests/talk.rs::two_people_talk`"), []);
        assert_eq!(check("`web/e2e/talk.spec.ts::Alice and Bob talk`"), []);
        assert_eq!(check(""), []);
        assert_eq!(
            check("`crates/system-tests/tests/talk.rs::three_people_talk`").len(),
            1
        );
        assert_eq!(check("`web/e2e/gone.spec.ts::Alice and Bob talk`").len(), 1);
        assert_eq!(check("`two_people_talk`").len(), 1);
        assert_eq!(parity(&Tree::sample(&[])).len(), 1);
    }

    #[test]
    fn each_dependency_has_its_reason() {
        let cargo = "[workspace.dependencies]\n# Ours\nundertone-wire = { path = \"x\" }\nserde = \"1\"\n\n[profile.dev]\nopt-level = 1\n";
        let npm = "{ \"dependencies\": { \"react\": \"19\" }, \"devDependencies\": { \"vite\": \"8\" } }";
        let check = |table: &str| {
            dependencies(&Tree::sample(&[
                ("Cargo.toml", cargo),
                ("web/package.json", npm),
                ("docs/dependencies.md", table),
            ]))
        };
        assert_eq!(check("| `serde` | writes |\n| `react`, `vite` | the page |"), []);
        assert_eq!(check("| `serde` | writes |\n| `react` | the page |").len(), 1);
        assert_eq!(
            check("| `serde` | a |\n| `react`, `vite` | b |\n| `left-pad` | c |").len(),
            1
        );
    }
}
