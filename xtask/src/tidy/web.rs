//! The web page's layers: who may import whom, and what no page may do.

use super::tree::{Finding, Tree, code_lines};
use serde_json::Value;

/// Where the generated WebAssembly package lies, and who may import it.
const PACKAGE: &str = "web/src/core/pkg";
const PACKAGE_IMPORTERS: &str = "web/src/core/";

/// What npm has locked.
const LOCK: &str = "web/package-lock.json";

/// What would turn text into markup or code.
const UNSAFE: [&str; 8] = [
    "dangerouslySetInnerHTML",
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "eval(",
    "new Function(",
    "srcDoc=",
];

/// Imports of the WebAssembly package from outside the core.
pub(super) fn package_importers(tree: &Tree) -> Vec<Finding> {
    let outside = page_files(tree).filter(|(path, _)| !path.starts_with(PACKAGE_IMPORTERS));
    outside
        .flat_map(|(path, text)| {
            let imports = imports(path, text).filter(|(_, target)| target.starts_with(PACKAGE));
            imports
                .map(|(line, _)| Finding::line(path, line, "imports the WebAssembly package"))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Imports between features, and imports of the app from components.
pub(super) fn layers(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in page_files(tree) {
        for (line, target) in imports(path, text) {
            if let (Some(own), Some(other)) = (feature(path), feature(&target))
                && own != other
            {
                findings.push(Finding::line(
                    path,
                    line,
                    format!("feature {own} imports feature {other}"),
                ));
            }
            let of_the_app = ["features/", "app/", "core/"]
                .iter()
                .any(|layer| inner(&target).starts_with(layer));
            if inner(path).starts_with("components/") && of_the_app {
                findings.push(Finding::line(path, line, format!("a component imports {target}")));
            }
        }
    }
    findings
}

/// Ways to run text.
pub(super) fn unsafe_markup(tree: &Tree) -> Vec<Finding> {
    page_files(tree)
        .flat_map(|(path, text)| {
            code_lines(text)
                .filter_map(|(number, line)| {
                    let found = UNSAFE.iter().find(|needle| line.contains(**needle))?;
                    Some(Finding::line(
                        path,
                        number,
                        format!("uses `{}`", found.trim_end_matches(['(', '='])),
                    ))
                })
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Packages that package.json asks for in another version than the lock file holds.
pub(super) fn locked(tree: &Tree) -> Vec<Finding> {
    let read =
        |path: &str| serde_json::from_str::<Value>(tree.text(path).unwrap_or_default()).unwrap_or_default();
    let (manifest, lock) = (read("web/package.json"), read(LOCK));
    let sections = ["dependencies", "devDependencies"];
    let differing = sections.iter().filter(|section| {
        let locked = lock.pointer("/packages/").and_then(|root| root.get(section));
        manifest.get(section) != locked
    });
    differing
        .map(|section| Finding::file(LOCK, format!("has other {section} than package.json")))
        .collect()
}

fn page_files(tree: &Tree) -> impl Iterator<Item = (&str, &str)> {
    tree.ending(&[".ts", ".tsx"])
        .filter(|(path, _)| path.starts_with("web/src/"))
}

/// The path below web/src.
fn inner(path: &str) -> &str {
    path.strip_prefix("web/src/").unwrap_or_default()
}

/// The feature that a file belongs to.
fn feature(path: &str) -> Option<&str> {
    inner(path).strip_prefix("features/")?.split('/').next()
}

/// The relative imports of a file as paths from the root, with their lines.
fn imports<'a>(path: &'a str, text: &'a str) -> impl Iterator<Item = (usize, String)> + 'a {
    code_lines(text).filter_map(move |(number, line)| {
        let after = [
            "from '",
            "import '",
            "import('",
            "from \"",
            "import \"",
            "import(\"",
        ]
        .iter()
        .find_map(|word| line.split_once(word))?
        .1;
        let specifier = after.split(['\'', '"']).next()?;
        specifier
            .starts_with('.')
            .then(|| (number, resolve(path, specifier)))
    })
}

/// `../b/c` seen from `web/src/a/d.ts` is `web/src/b/c`.
fn resolve(from: &str, specifier: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in specifier.split('/') {
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

    fn one(path: &str, text: &str) -> Tree {
        Tree::sample(&[(path, text)])
    }

    #[test]
    fn specifiers_are_resolved() {
        assert_eq!(
            resolve("web/src/features/rooms/Room.tsx", "../../core/pkg/x.js"),
            "web/src/core/pkg/x.js"
        );
        assert_eq!(resolve("web/src/a.ts", "./b"), "web/src/b");
    }

    #[test]
    fn only_the_core_imports_the_package() {
        let import = |depth: &str| format!("import init from '{depth}pkg/undertone_client_wasm.js';");
        assert_eq!(
            package_importers(&one("web/src/core/worker.ts", &import("./"))),
            []
        );
        assert_eq!(
            package_importers(&one("web/src/app/App.tsx", &import("../core/"))).len(),
            1
        );
    }

    #[test]
    fn features_stay_apart() {
        let import = "import { Avatar } from '../rooms/Avatar';";
        assert_eq!(
            layers(&one("web/src/features/conversation/View.tsx", import)).len(),
            1
        );
        assert_eq!(
            layers(&one(
                "web/src/features/rooms/parts/View.tsx",
                "import { A } from '../Avatar';"
            )),
            []
        );
    }

    #[test]
    fn components_know_nothing_of_the_app() {
        let import = "import { useView } from '../../core/useView';";
        assert_eq!(
            layers(&one("web/src/components/Button/Button.tsx", import)).len(),
            1
        );
        assert_eq!(
            layers(&one(
                "web/src/components/Button/Button.tsx",
                "import { I } from '../Icon/Icon';"
            )),
            []
        );
        assert_eq!(layers(&one("web/src/features/rooms/Room.tsx", import)), []);
    }

    #[test]
    fn the_lock_file_fits_the_manifest() {
        let check = |locked: &str| {
            let manifest = "{ \"dependencies\": { \"react\": \"19.3.1\" } }";
            let lock = format!(
                "{{ \"packages\": {{ \"\": {{ \"dependencies\": {{ \"react\": \"{locked}\" }} }} }} }}"
            );
            locked_findings(manifest, &lock)
        };
        assert_eq!(check("19.3.1"), 0);
        assert_eq!(check("19.3.0"), 1);
    }

    fn locked_findings(manifest: &str, lock: &str) -> usize {
        locked(&Tree::sample(&[("web/package.json", manifest), (LOCK, lock)])).len()
    }

    #[test]
    fn text_never_becomes_markup() {
        assert_eq!(
            unsafe_markup(&one(
                "web/src/a.tsx",
                "<p dangerouslySetInnerHTML={{ __html: text }} />"
            ))
            .len(),
            1
        );
        assert_eq!(
            unsafe_markup(&one("web/src/a.ts", "element.innerHTML = text;")).len(),
            1
        );
        assert_eq!(
            unsafe_markup(&one(
                "web/src/a.ts",
                "// innerHTML is refused\nelement.textContent = text;"
            )),
            []
        );
    }
}
