//! Work left for later, and tests that do not run or only wait.

use super::tree::{Finding, Tree, code_lines, is_rule_source};

/// Marks of unfinished work, as whole words.
const LATER: [&str; 4] = ["TODO", "FIXME", "XXX", "todo!"];

/// Files that we did not write.
const FOREIGN: [&str; 4] = [
    "LICENSE",
    "Cargo.lock",
    "web/package-lock.json",
    "crates/client-core/testdata/naughty/blns.json",
];

/// Ways to switch a test off or to run it alone.
const SWITCHES_RUST: [&str; 1] = ["#[ignore"];
const SWITCHES_WEB: [&str; 4] = [".skip(", ".only(", ".todo(", ".fixme("];

/// Ways to wait for the clock instead of for the event.
const SLEEPS: [&str; 3] = ["time::sleep", "thread::sleep", "waitForTimeout("];

/// Unfinished work.
pub(super) fn unfinished(tree: &Tree) -> Vec<Finding> {
    let ours = tree
        .files()
        .filter(|(path, _)| !FOREIGN.contains(path) && !is_rule_source(path));
    ours.flat_map(|(path, text)| {
        text.lines()
            .enumerate()
            .filter_map(|(index, line)| {
                let mark = LATER.iter().find(|mark| has_word(line, mark))?;
                Some(Finding::line(path, index + 1, format!("says `{mark}`")))
            })
            .collect::<Vec<_>>()
    })
    .collect()
}

/// Tests that are switched off or alone.
pub(super) fn switched_off(tree: &Tree) -> Vec<Finding> {
    let rust = tree.rust().filter(|(path, _)| !is_rule_source(path));
    let mut findings = having(rust, &SWITCHES_RUST);
    findings.extend(having(
        tree.ending(&[".test.ts", ".test.tsx", ".spec.ts"]),
        &SWITCHES_WEB,
    ));
    findings
}

/// Tests that sleep.
pub(super) fn sleeps(tree: &Tree) -> Vec<Finding> {
    let whole_files = tree.files().filter(|(path, _)| is_test_file(path));
    let mut findings = having(whole_files, &SLEEPS);
    for (path, text) in tree
        .rust()
        .filter(|(path, _)| !is_test_file(path) && !is_rule_source(path))
    {
        let Some(start) = test_module_start(text) else {
            continue;
        };
        let tests = code_lines(text).filter(|(number, _)| *number > start);
        let sleeping = tests.filter(|(_, line)| SLEEPS.iter().any(|sleep| line.contains(sleep)));
        findings.extend(sleeping.map(|(number, _)| Finding::line(path, number, "sleeps in a test")));
    }
    findings
}

/// The line at which a file's own test module begins.
fn test_module_start(text: &str) -> Option<usize> {
    let lines: Vec<&str> = text.lines().collect();
    let pairs = lines.iter().zip(lines.iter().skip(1));
    pairs.enumerate().find_map(|(index, (mark, module))| {
        let begins = *mark == "#[cfg(test)]" && module.starts_with("mod ") && module.ends_with('{');
        begins.then_some(index + 1)
    })
}

fn is_test_file(path: &str) -> bool {
    path.contains("/tests/")
        || path.starts_with("web/e2e/")
        || [".test.ts", ".test.tsx", ".spec.ts", "/tests.rs"]
            .iter()
            .any(|ending| path.ends_with(ending))
}

fn having<'a>(files: impl Iterator<Item = (&'a str, &'a str)>, needles: &[&str]) -> Vec<Finding> {
    files
        .flat_map(|(path, text)| {
            code_lines(text)
                .filter_map(|(number, line)| {
                    let needle = needles.iter().find(|needle| line.contains(**needle))?;
                    Some(Finding::line(path, number, format!("uses `{needle}`")))
                })
                .collect::<Vec<_>>()
        })
        .collect()
}

/// True if `word` stands in the line and no letter or digit touches it.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(start, found)| {
        let before = line.get(..start).and_then(|text| text.chars().next_back());
        let after = line
            .get(start + found.len()..)
            .and_then(|text| text.chars().next());
        let touches =
            |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
        !touches(before) && !touches(after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(path: &str, text: &str) -> Tree {
        Tree::sample(&[(path, text)])
    }

    #[test]
    fn unfinished_work_is_found_anywhere() {
        assert_eq!(unfinished(&one("a.rs", "// TODO: later\n")).len(), 1);
        assert_eq!(unfinished(&one("docs/a.md", "FIXME")).len(), 1);
        assert_eq!(unfinished(&one("a.rs", "fn f() { todo!() }")).len(), 1);
        assert_eq!(unfinished(&one("a.rs", "let METHODOLOGY_TODOS = 1;")), []);
        assert_eq!(unfinished(&one("web/package-lock.json", "XXX")), []);
    }

    #[test]
    fn switched_off_tests_are_found() {
        assert_eq!(
            switched_off(&one("crates/a/tests/b.rs", "#[ignore = \"slow\"]")).len(),
            1
        );
        assert_eq!(
            switched_off(&one("web/e2e/a.spec.ts", "test.skip('later', () => {});")).len(),
            1
        );
        assert_eq!(
            switched_off(&one("web/src/a.test.ts", "describe.only('this', () => {});")).len(),
            1
        );
        assert_eq!(switched_off(&one("crates/a/src/b.rs", "items.skip(1)")), []);
    }

    #[test]
    fn tests_wait_for_events_and_not_for_the_clock() {
        let sleep = "tokio::time::sleep(second).await;";
        assert_eq!(sleeps(&one("crates/a/tests/b.rs", sleep)).len(), 1);
        assert_eq!(
            sleeps(&one("web/e2e/a.spec.ts", "await page.waitForTimeout(500);")).len(),
            1
        );
        assert_eq!(
            sleeps(&one(
                "crates/a/src/b.rs",
                &format!("#[cfg(test)]\nmod tests {{\n{sleep}\n}}")
            ))
            .len(),
            1
        );
        assert_eq!(
            sleeps(&one(
                "crates/a/src/b.rs",
                &format!("{sleep}\n#[cfg(test)]\nmod tests;")
            )),
            []
        );
    }
}
