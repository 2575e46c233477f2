//! What this machine has, what may be installed on it, and how to say what is missing.

use crate::environment;
use crate::process::Task;
use crate::project::Project;
use crate::screen;
use anyhow::{Result, bail};
use std::fmt::Write as _;
use std::path::PathBuf;

/// Something that must be there and could not be installed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Missing {
    /// What and what for.
    pub(crate) what: String,
    /// The command that installs it.
    pub(crate) remedy: String,
}

impl Missing {
    pub(crate) fn new(what: &str, remedy: impl Into<String>) -> Self {
        Self {
            what: what.to_owned(),
            remedy: remedy.into(),
        }
    }
}

/// Gathers all that is missing, so that the user reads it at once and not one by one.
#[derive(Debug, Default)]
pub(crate) struct Shortage(Vec<Missing>);

impl Shortage {
    /// Keeps what was found, or remembers what is missing.
    pub(crate) fn note<T>(&mut self, found: Result<T, Missing>) -> Option<T> {
        match found {
            Ok(value) => Some(value),
            Err(missing) => {
                self.0.push(missing);
                None
            }
        }
    }

    /// An error that names all that is missing with the commands to type.
    pub(crate) fn settle(self) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut text = "This machine lacks something that cannot be installed from here:".to_owned();
        for missing in &self.0 {
            // Writing to a String cannot fail.
            let _ = write!(text, "\n\n  {}\n      {}", missing.what, missing.remedy);
        }
        bail!("{text}\n\nThen start the same command again.")
    }
}

/// The first of these programs that is on the search path.
pub(crate) fn find_program(names: &[&str]) -> Option<PathBuf> {
    let path = environment::path();
    let directories: Vec<PathBuf> = std::env::split_paths(&path).collect();
    names.iter().find_map(|name| {
        let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        directories
            .iter()
            .map(|directory| directory.join(&file))
            .find(|candidate| candidate.is_file())
    })
}

/// True if we are the user that may do everything.
pub(crate) fn is_root() -> bool {
    cfg!(unix) && Task::new("id").args(["-u"]).read().is_ok_and(|id| id == "0")
}

/// Installs Debian packages if this is Debian and we may; false if not.
pub(crate) fn install_packages(project: &Project, packages: &[&str]) -> bool {
    let Some(prefix) = package_authority() else {
        return false;
    };
    screen::step(&format!("Installing {} (Debian packages)", packages.join(", ")));
    let install = || {
        apt_get(prefix, "install")
            .args(["-y", "--no-install-recommends"])
            .args(packages)
    };
    if install().captured(project, "apt-install").is_ok() {
        return true;
    }
    // Most often the package lists are missing or old.
    let refreshed = apt_get(prefix, "update").captured(project, "apt-update");
    refreshed
        .and_then(|()| install().captured(project, "apt-install"))
        .is_ok()
}

/// The command by which a user installs Debian packages.
pub(crate) fn package_command(packages: &[&str]) -> String {
    format!("sudo apt-get install {}", packages.join(" "))
}

/// What has to stand before `apt-get`, or nothing if we may not call it.
fn package_authority() -> Option<&'static [&'static str]> {
    find_program(&["apt-get"])?;
    if is_root() {
        return Some(&[]);
    }
    let may = find_program(&["sudo"]).is_some() && Task::new("sudo").args(["-n", "true"]).succeeds();
    may.then_some(&["sudo", "-n", "DEBIAN_FRONTEND=noninteractive"])
}

fn apt_get(prefix: &[&str], verb: &str) -> Task {
    let words: Vec<&str> = prefix.iter().copied().chain(["apt-get", "-q", verb]).collect();
    let (program, args) = words
        .split_first()
        .map_or(("apt-get", [].as_slice()), |(first, rest)| (*first, rest));
    Task::new(program)
        .args(args)
        .env("DEBIAN_FRONTEND", "noninteractive")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortage_names_everything_with_its_command() {
        let mut shortage = Shortage::default();
        assert_eq!(shortage.note(Ok(7)), Some(7));
        assert_eq!(
            shortage.note::<()>(Err(Missing::new(
                "perl, for OpenSSL",
                "sudo apt-get install perl"
            ))),
            None
        );
        assert_eq!(
            shortage.note::<()>(Err(Missing::new("make", "sudo apt-get install make"))),
            None
        );
        let text = shortage.settle().unwrap_err().to_string();
        assert!(
            text.contains("perl, for OpenSSL\n      sudo apt-get install perl"),
            "{text}"
        );
        assert!(text.contains("make\n      sudo apt-get install make"), "{text}");
    }

    #[test]
    fn no_shortage_is_no_error() {
        assert!(Shortage::default().settle().is_ok());
    }

    #[test]
    fn programs_are_found_by_name() {
        assert!(find_program(&["there-is-no-such-program", "cargo"]).is_some());
        assert!(find_program(&["there-is-no-such-program"]).is_none());
    }
}
