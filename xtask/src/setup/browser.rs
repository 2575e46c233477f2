//! A Chromium for the browser tests.

use crate::environment;
use crate::machine::{Missing, find_program, install_packages, package_command};
use crate::project::Project;
use std::path::PathBuf;

/// The names under which Chromium is installed.
const NAMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
];

/// Where it lies on a Mac.
const MAC: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

/// Finds Chromium (the variable `CHROMIUM` first) or installs it.
pub(super) fn chromium(project: &Project) -> Result<PathBuf, Missing> {
    if let Some(named) = environment::variable("CHROMIUM") {
        let path = PathBuf::from(&named);
        return path.is_file().then_some(path).ok_or_else(|| {
            Missing::new(
                &format!("the browser that CHROMIUM names ({named})"),
                "set CHROMIUM to a file that exists",
            )
        });
    }
    if let Some(found) = find() {
        return Ok(found);
    }
    if install_packages(project, &["chromium"])
        && let Some(found) = find()
    {
        return Ok(found);
    }
    let remedy = format!(
        "{}, or set CHROMIUM to the path of one",
        package_command(&["chromium"])
    );
    Err(Missing::new("Chromium, for the browser tests", remedy))
}

fn find() -> Option<PathBuf> {
    let mac = PathBuf::from(MAC);
    find_program(&NAMES).or_else(|| mac.is_file().then_some(mac))
}
