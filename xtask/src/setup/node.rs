//! Node.js and npm, which build the web page. They are the user's to install.

use crate::machine::{Missing, find_program};
use crate::process::Task;

/// The oldest Node.js that the page's tools run on.
const NODE_MIN: (u32, u32) = (20, 19);

/// A recent Node.js with npm.
pub(super) fn node() -> Result<(), Missing> {
    let remedy = "install Node.js 22 from https://nodejs.org or your system's packages";
    let version = Task::new("node").args(["--version"]).read().ok();
    match version.as_deref().and_then(parse_version) {
        None => return Err(Missing::new("Node.js, to build the web page", remedy)),
        Some(found) if found < NODE_MIN => {
            let what = format!(
                "Node.js {}.{} or later (this one is {}.{})",
                NODE_MIN.0, NODE_MIN.1, found.0, found.1
            );
            return Err(Missing::new(&what, remedy));
        }
        Some(_) => {}
    }
    if find_program(&["npm", "npm.cmd"]).is_none() {
        return Err(Missing::new("npm, which comes with Node.js", remedy));
    }
    Ok(())
}

/// Major and minor number of `v20.19.1`.
fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.strip_prefix('v')?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_versions_are_compared_as_numbers() {
        assert_eq!(parse_version("v20.19.1"), Some((20, 19)));
        assert!(parse_version("v9.99.0").unwrap() < NODE_MIN);
        assert!(parse_version("v22.1.0").unwrap() > NODE_MIN);
        assert_eq!(parse_version("node"), None);
    }
}
