//! The project stands alone: nothing in it names a place on one machine or a package registry's host.

use super::tree::{Finding, Tree, is_rule_source};

/// Directories that exist only on somebody's machine.
const DIRECTORIES: [&str; 4] = ["/work/", "/root/", "/home/", "/Users/"];

/// Hosts that package managers know by themselves.
const HOSTS: [&str; 6] = [
    "registry.npmjs.org",
    "static.crates.io",
    "index.crates.io",
    "deb.debian.org",
    "files.pythonhosted.org",
    "proxy.golang.org",
];

/// Finds such names in all tracked files.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let files = tree.files().filter(|(path, _)| !is_rule_source(path));
    files
        .flat_map(|(path, text)| {
            text.lines()
                .enumerate()
                .filter_map(|(index, line)| {
                    let directory = DIRECTORIES
                        .iter()
                        .find(|directory| starts_a_path(line, directory));
                    let host = HOSTS.iter().find(|host| line.contains(**host));
                    let name = directory.or(host)?;
                    Some(Finding::line(path, index + 1, format!("names `{name}`")))
                })
                .collect::<Vec<_>>()
        })
        .collect()
}

/// True if the directory stands in the line as the beginning of a path, not within a longer one.
fn starts_a_path(line: &str, directory: &str) -> bool {
    line.match_indices(directory).any(|(start, _)| {
        let before = line.get(..start).and_then(|text| text.chars().next_back());
        !before.is_some_and(|letter| letter.is_alphanumeric() || "_-.~}>)/*".contains(letter))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Vec<Finding> {
        check(&Tree::sample(&[("docs/a.md", text)]))
    }

    #[test]
    fn places_on_one_machine_are_found() {
        assert_eq!(one("see /root/notes").len(), 1);
        assert_eq!(one("\"/home/alice/undertone\"").len(), 1);
        assert_eq!(one("target/work/x, $HOME/root/x, ../home/x"), []);
    }

    #[test]
    fn registry_hosts_are_found() {
        assert_eq!(one("\"resolved\": \"https://registry.npmjs.org/vite\"").len(), 1);
        assert_eq!(one("https://nodejs.org"), []);
    }
}
