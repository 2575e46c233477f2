//! The project stands alone: nothing in it names a place on one machine or a package registry's host.

use super::tree::{Finding, Tree, is_rule_source};

/// Top directories that exist only on somebody's machine. In parts, so that this file names none.
const DIRECTORIES: [&str; 4] = ["work", "root", "home", "Users"];

/// The labels of hosts that package managers know by themselves.
const HOSTS: [[&str; 3]; 6] = [
    ["registry", "npmjs", "org"],
    ["static", "crates", "io"],
    ["index", "crates", "io"],
    ["deb", "debian", "org"],
    ["files", "pythonhosted", "org"],
    ["proxy", "golang", "org"],
];

/// Finds such names in all tracked files.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let directories = DIRECTORIES.map(|name| format!("/{name}/"));
    let hosts = HOSTS.map(|labels| labels.join("."));
    let files = tree.files().filter(|(path, _)| !is_rule_source(path));
    files
        .flat_map(|(path, text)| {
            text.lines()
                .enumerate()
                .filter_map(|(index, line)| {
                    let directory = directories
                        .iter()
                        .find(|directory| starts_a_path(line, directory));
                    let host = hosts.iter().find(|host| line.contains(host.as_str()));
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
        for name in DIRECTORIES {
            assert_eq!(one(&format!("see /{name}/notes")).len(), 1);
            assert_eq!(one(&format!("\"/{name}/alice/undertone\"")).len(), 1);
            assert_eq!(one(&format!("target/{name}/x, $HOME/{name}/x, ../{name}/x")), []);
        }
    }

    #[test]
    fn registry_hosts_are_found() {
        for labels in HOSTS {
            assert_eq!(
                one(&format!("\"resolved\": \"https://{}/vite\"", labels.join("."))).len(),
                1
            );
        }
        assert_eq!(one("https://nodejs.org"), []);
    }
}
