//! Which crate may use which: the arrows of ARCHITECTURE.md.

use super::tree::{Finding, Tree};
use serde_json::Value;

/// Each crate and the project's crates that it may use, in tests too.
const ARROWS: [(&str, &[&str]); 12] = [
    ("undertone-wire", &[]),
    ("undertone-opaque", &[]),
    ("undertone-strength", &[]),
    ("undertone-mls", &["undertone-wire"]),
    (
        "undertone-server",
        &[
            "undertone-wire",
            "undertone-mls",
            "undertone-opaque",
            "undertone-test-s3",
        ],
    ),
    ("undertone-test-s3", &[]),
    (
        "undertone-client-core",
        &[
            "undertone-wire",
            "undertone-mls",
            "undertone-opaque",
            "undertone-strength",
        ],
    ),
    (
        "undertone-client-wasm",
        &["undertone-wire", "undertone-client-core"],
    ),
    (
        "undertone-cli",
        &["undertone-wire", "undertone-server", "undertone-client-core"],
    ),
    (
        "undertone-system-tests",
        &[
            "undertone-wire",
            "undertone-mls",
            "undertone-opaque",
            "undertone-server",
            "undertone-client-core",
            "undertone-bench",
            "undertone-test-s3",
        ],
    ),
    (
        "undertone-bench",
        &[
            "undertone-wire",
            "undertone-mls",
            "undertone-server",
            "undertone-client-core",
        ],
    ),
    ("xtask", &[]),
];

/// What only tests switch on, and the crate that is nothing but tests.
const TESTING: &str = "testing";
const NEVER_SHIPS: &str = "undertone-system-tests";

/// Finds crates that use more than they may, and crates that nobody has thought about.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in list(tree.metadata(), "packages") {
        let name = word(package, "name");
        let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| *known == name) else {
            findings.push(Finding::file(
                &format!("crate {name}"),
                "is not in the table of arrows",
            ));
            continue;
        };
        for dependency in list(package, "dependencies") {
            let used = word(dependency, "name");
            let own = used.starts_with("undertone-") || used == "xtask";
            // A crate's own tests may have it with what is for tests.
            if own && used != name && !allowed.contains(&used) {
                findings.push(Finding::file(
                    &format!("crate {name}"),
                    format!("must not depend on {used}"),
                ));
            }
        }
    }
    findings
}

/// Finds crates that ship and ask for a feature that only tests may switch on: it ends programs on
/// purpose, and makes commits that nobody can use.
pub(super) fn testing(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in list(tree.metadata(), "packages") {
        let name = word(package, "name");
        for dependency in list(package, "dependencies") {
            let asks = list(dependency, "features")
                .iter()
                .any(|feature| feature == TESTING);
            let ships = name != NEVER_SHIPS && word(dependency, "kind") != "dev";
            if asks && ships {
                let used = word(dependency, "name");
                findings.push(Finding::file(
                    &format!("crate {name}"),
                    format!("must not ask for `{TESTING}` of {used}"),
                ));
            }
        }
    }
    findings
}

/// Finds crates that do not take the workspace's lints. The fuzz targets are a workspace of their own.
pub(super) fn lints(tree: &Tree) -> Vec<Finding> {
    let manifests = tree.ending(&["/Cargo.toml"]);
    let lax = manifests
        .filter(|(path, _)| !path.starts_with("fuzz/"))
        .filter(|(_, text)| !text.contains("[lints]\nworkspace = true\n"));
    lax.map(|(path, _)| Finding::file(path, "has no `[lints] workspace = true`"))
        .collect()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value
        .get(key)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

fn word<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn using(name: &str, used: &[&str]) -> Vec<Finding> {
        let dependencies: Vec<Value> = used.iter().map(|name| json!({ "name": name })).collect();
        let metadata = json!({ "packages": [{ "name": name, "dependencies": dependencies }] });
        check(&Tree::sample(&[]).with_metadata(metadata))
    }

    #[test]
    fn the_server_must_not_know_the_client() {
        assert_eq!(using("undertone-server", &["undertone-wire", "axum"]), []);
        assert_eq!(using("undertone-server", &["undertone-server"]), []);
        let findings = using("undertone-server", &["undertone-client-core"]);
        assert_eq!(
            findings,
            [Finding::file(
                "crate undertone-server",
                "must not depend on undertone-client-core"
            )]
        );
    }

    #[test]
    fn what_travels_depends_on_nothing_of_ours() {
        assert_eq!(using("undertone-wire", &["undertone-mls"]).len(), 1);
    }

    #[test]
    fn a_new_crate_needs_its_arrows() {
        assert_eq!(using("undertone-gossip", &[]).len(), 1);
    }

    #[test]
    fn what_ships_has_no_test_features() {
        let asking = |name: &str, kind: Value| {
            let dependency = json!({ "name": "undertone-mls", "kind": kind, "features": ["testing"] });
            let metadata = json!({ "packages": [{ "name": name, "dependencies": [dependency] }] });
            testing(&Tree::sample(&[]).with_metadata(metadata))
        };
        assert_eq!(asking("undertone-server", Value::Null).len(), 1);
        assert_eq!(asking("undertone-server", json!("dev")), []);
        assert_eq!(asking(NEVER_SHIPS, Value::Null), []);
    }

    #[test]
    fn a_crate_without_the_lints_is_found() {
        let strict = ("crates/a/Cargo.toml", "[package]\n\n[lints]\nworkspace = true\n");
        let lax = ("crates/b/Cargo.toml", "[package]\n");
        assert_eq!(lints(&Tree::sample(&[strict, lax])).len(), 1);
    }
}
