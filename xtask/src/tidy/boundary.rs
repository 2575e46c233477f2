//! What may be named only in one place.

use super::tree::{Finding, Tree, code_lines, is_rule_source};

/// The crates whose SQL must lie in their store.
const CRATES_WITH_A_STORE: [&str; 2] = ["crates/server/src/", "crates/client-core/src/"];

/// Database drivers: whoever names them speaks SQL.
const DRIVERS: [&str; 3] = ["rusqlite", "tokio_postgres", "deadpool_postgres"];

/// How an SQL statement begins in a string.
const STATEMENTS: [&str; 10] = [
    "\"SELECT ",
    "\"INSERT ",
    "\"UPDATE ",
    "\"DELETE FROM ",
    "\"CREATE ",
    "\"PRAGMA ",
    "\"insert into ",
    "\"delete from ",
    "\"create table ",
    "\"pragma ",
];

/// Where code may know that it runs in WebAssembly.
const WASM_PLACES: [&str; 6] = [
    "crates/client-core/src/platform.rs",
    "crates/client-core/src/platform/",
    "crates/client-core/src/transport/",
    "crates/client-core/src/store/",
    "crates/client-wasm/",
    "crates/strength/src/browser.rs",
];

/// OpenMLS outside its crate.
pub(super) fn openmls(tree: &Tree) -> Vec<Finding> {
    named_outside(tree, "openmls", "crates/mls/")
}

/// The OPAQUE library outside its crate.
pub(super) fn opaque(tree: &Tree) -> Vec<Finding> {
    let mut findings = named_outside(tree, "opaque_ke", "crates/opaque/");
    findings.extend(named_outside(tree, "opaque-ke", "crates/opaque/"));
    findings
}

/// Finds a word in code and manifests outside one directory. The workspace's manifest names every dependency.
fn named_outside(tree: &Tree, word: &str, home: &str) -> Vec<Finding> {
    let files = tree.ending(&[".rs", "/Cargo.toml"]);
    let outside = files.filter(|(path, _)| !path.starts_with(home) && !is_rule_source(path));
    outside
        .flat_map(|(path, text)| {
            let named = code_lines(text)
                .filter(|(_, line)| !line.trim_start().starts_with('#') || line.contains("#["));
            named
                .filter(|(_, line)| line.contains(word))
                .map(|(number, _)| Finding::line(path, number, format!("names `{word}`")))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// SQL, or a database driver, outside a store. Tests may break a database on purpose.
pub(super) fn sql(tree: &Tree) -> Vec<Finding> {
    let outside = tree.rust().filter(|(path, _)| {
        CRATES_WITH_A_STORE.iter().any(|sources| {
            path.strip_prefix(sources)
                .is_some_and(|inner| !inner.starts_with("store/") && !inner.contains("tests"))
        })
    });
    outside
        .flat_map(|(path, text)| {
            code_lines(text)
                .filter_map(|(number, line)| {
                    let found = DRIVERS
                        .iter()
                        .chain(&STATEMENTS)
                        .find(|needle| line.contains(*needle))?;
                    Some(Finding::line(
                        path,
                        number,
                        format!("speaks to a database: `{}`", found.trim_matches(['"', ' '])),
                    ))
                })
                .collect::<Vec<_>>()
        })
        .collect()
}

/// A `cfg` about WebAssembly where none belongs. Types for TypeScript may: they exist only there.
pub(super) fn wasm(tree: &Tree) -> Vec<Finding> {
    let outside = tree.rust().filter(|(path, _)| {
        !is_rule_source(path) && !WASM_PLACES.iter().any(|place| path.starts_with(place))
    });
    outside
        .flat_map(|(path, text)| {
            code_lines(text)
                .filter(|(_, line)| line.contains("target_arch") || line.contains("target_family"))
                .filter(|(_, line)| !line.contains("feature = \"typescript\""))
                .map(|(number, _)| Finding::line(path, number, "asks for the target"))
                .collect::<Vec<_>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(path: &str, text: &str) -> Tree {
        Tree::sample(&[(path, text)])
    }

    #[test]
    fn openmls_has_one_home() {
        assert_eq!(
            openmls(&one("crates/mls/src/group.rs", "use openmls::group::MlsGroup;")),
            []
        );
        assert_eq!(
            openmls(&one("crates/server/src/a.rs", "// openmls would be wrong here")),
            []
        );
        assert_eq!(
            openmls(&one("crates/server/src/a.rs", "use openmls::group::MlsGroup;")).len(),
            1
        );
        assert_eq!(
            openmls(&one("crates/server/Cargo.toml", "openmls.workspace = true")).len(),
            1
        );
        assert_eq!(openmls(&one("Cargo.toml", "openmls = \"=0.9.2\"")), []);
    }

    #[test]
    fn the_password_library_has_one_home() {
        assert_eq!(
            opaque(&one("crates/opaque/src/lib.rs", "use opaque_ke::ServerSetup;")),
            []
        );
        assert_eq!(
            opaque(&one("crates/client-core/src/a.rs", "let a: opaque_ke::X;")).len(),
            1
        );
        assert_eq!(
            opaque(&one("crates/cli/Cargo.toml", "opaque-ke.workspace = true")).len(),
            1
        );
    }

    #[test]
    fn sql_lives_in_the_store() {
        let statement = "const FIND: &str = \"SELECT name FROM users\";";
        assert_eq!(
            sql(&one("crates/server/src/store/sqlite/account.rs", statement)),
            []
        );
        assert_eq!(
            sql(&one("crates/server/src/handler/login.rs", statement)).len(),
            1
        );
        assert_eq!(
            sql(&one(
                "crates/client-core/src/client.rs",
                "fn f(c: &rusqlite::Connection) {}"
            ))
            .len(),
            1
        );
        assert_eq!(
            sql(&one(
                "crates/server/src/auth/mod.rs",
                "// see rusqlite\nlet a = \"Select one\";"
            )),
            []
        );
    }

    #[test]
    fn few_places_know_the_target() {
        let line = "#[cfg(target_arch = \"wasm32\")]";
        assert_eq!(wasm(&one("crates/client-core/src/transport/web.rs", line)), []);
        assert_eq!(wasm(&one("crates/client-core/src/sync/inbox.rs", line)).len(), 1);
        assert_eq!(
            wasm(&one("crates/wire/src/id.rs", "#[cfg(target_family = \"wasm\")]")).len(),
            1
        );
    }
}
