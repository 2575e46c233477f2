//! The page reads from either side: places and spaces are named by where a line begins and ends, never by left
//! and right. It does not look at whether a screen is right; `web/e2e/directions.spec.ts` does.

use super::tree::{Finding, Tree, code_lines};

/// Utilities that name a side; a value follows.
const SIDED: [&str; 12] = [
    "ml-",
    "mr-",
    "pl-",
    "pr-",
    "left-",
    "right-",
    "scroll-ml-",
    "scroll-mr-",
    "scroll-pl-",
    "scroll-pr-",
    "space-l-",
    "space-r-",
];

/// Utilities that name a side; a value may follow.
const SIDES: [&str; 14] = [
    "border-l",
    "border-r",
    "rounded-l",
    "rounded-r",
    "rounded-tl",
    "rounded-tr",
    "rounded-bl",
    "rounded-br",
    "text-left",
    "text-right",
    "float-left",
    "float-right",
    "clear-left",
    "clear-right",
];

/// Declarations that name a side, without spaces.
const DECLARATIONS: [&str; 14] = [
    "left:",
    "right:",
    "margin-left:",
    "margin-right:",
    "padding-left:",
    "padding-right:",
    "border-left:",
    "border-right:",
    "border-left-",
    "border-right-",
    "text-align:left",
    "text-align:right",
    "float:left",
    "float:right",
];

/// Utilities and declarations that are right in one direction of writing only.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let utilities = tree.ending(&[".tsx"]).map(|(path, text)| (path, text, true));
    let styles = tree.ending(&[".css"]).map(|(path, text)| (path, text, false));
    let page = utilities
        .chain(styles)
        .filter(|(path, ..)| path.starts_with("web/src/"));
    page.flat_map(|(path, text, is_code)| {
        code_lines(text)
            .filter_map(|(number, line)| {
                let found = if is_code { utility(line) } else { declaration(line) }?;
                Some(Finding::line(path, number, format!("names a side: `{found}`")))
            })
            .collect::<Vec<_>>()
    })
    .collect()
}

fn utility(line: &str) -> Option<&str> {
    let mut words = line.split(|sign: char| sign.is_whitespace() || "'\"`{}<>()".contains(sign));
    words.find(|word| {
        let name = word.rsplit(':').next().unwrap_or(word).trim_start_matches('-');
        let is_side = |side: &&str| {
            let rest = name.strip_prefix(*side);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        SIDED.iter().any(|side| name.starts_with(side)) || SIDES.iter().any(is_side)
    })
}

fn declaration(line: &str) -> Option<&'static str> {
    let packed: String = line.chars().filter(|sign| !sign.is_whitespace()).collect();
    DECLARATIONS
        .into_iter()
        .find(|declaration| packed.starts_with(declaration))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> usize {
        check(&Tree::sample(&[(path, text)])).len()
    }

    #[test]
    fn utilities_that_name_a_side_are_found() {
        for class in [
            "ml-2",
            "md:pl-4",
            "-mr-1",
            "text-left",
            "hover:border-l-2",
            "rounded-tl-field",
            "right-0",
        ] {
            let line = format!("<p className=\"flex {class}\" />");
            assert_eq!(findings("web/src/a.tsx", &line), 1, "{class}");
        }
    }

    #[test]
    fn logical_utilities_and_words_are_not() {
        let fine = "<p className=\"ms-2 md:ps-4 border-line text-start end-0 rounded-field\">Left of it, border-less</p>";
        assert_eq!(findings("web/src/a.tsx", fine), 0);
        assert_eq!(findings("web/src/a.tsx", "// ml-2 would be wrong"), 0);
        assert_eq!(findings("web/e2e/a.tsx", "<p className=\"ml-2\" />"), 0);
    }

    #[test]
    fn declarations_that_name_a_side_are_found() {
        assert_eq!(findings("web/src/a.css", "p {\n  margin-left: 1rem;\n}"), 1);
        assert_eq!(findings("web/src/a.css", "p {\n  text-align: right;\n}"), 1);
        assert_eq!(
            findings(
                "web/src/a.css",
                "p {\n  margin-inline: 1rem;\n  text-align: start;\n}"
            ),
            0
        );
    }
}
