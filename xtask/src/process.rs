//! Running other programs: shown, captured, or only asked.
//! A failure always names the exact command, so that the developer can repeat it.

use crate::project::Project;
use crate::screen;
use anyhow::{Context as _, Result, bail, ensure};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::IsTerminal as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// How many of the first and of the last lines of a failed program are shown.
const HEAD_LINES: usize = 10;
const TAIL_LINES: usize = 60;

/// One run of a program.
pub(crate) struct Task {
    command: Command,
    shown: String,
}

impl Task {
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        let shown = program.as_ref().to_string_lossy().into_owned();
        Self {
            command: Command::new(program),
            shown,
        }
    }

    pub(crate) fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        for arg in args {
            self.shown.push(' ');
            self.shown.push_str(&arg.as_ref().to_string_lossy());
            self.command.arg(arg);
        }
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    pub(crate) fn within(mut self, directory: &Path) -> Self {
        self.command.current_dir(directory);
        self
    }

    /// Runs with its output on the screen.
    pub(crate) fn show(mut self) -> Result<()> {
        let status = self
            .command
            .status()
            .with_context(|| format!("cannot start `{}`", self.shown))?;
        ensure!(status.success(), "`{}` failed ({status})", self.shown);
        Ok(())
    }

    /// Runs with its output on the screen when a person watches, else into a log that is shown on failure.
    pub(crate) fn work(self, project: &Project, log: &str) -> Result<()> {
        if std::io::stderr().is_terminal() {
            return self.show();
        }
        self.captured(project, log)
    }

    /// Runs with its output in a log file, of which both ends are shown on failure.
    pub(crate) fn captured(mut self, project: &Project, log: &str) -> Result<()> {
        let path = project.log(log)?;
        let out = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        let errors = out.try_clone().context("cannot share the log file")?;
        let status = self
            .command
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(errors)
            .status()
            .with_context(|| format!("cannot start `{}`", self.shown))?;
        if !status.success() {
            screen::say(&ends(&fs::read_to_string(&path).unwrap_or_default()));
            bail!(
                "`{}` failed ({status}); all it said is in {}",
                self.shown,
                path.display()
            );
        }
        Ok(())
    }

    /// Runs silently and returns what it printed, without the last line's end.
    pub(crate) fn read(mut self) -> Result<String> {
        let output = self
            .command
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("cannot start `{}`", self.shown))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("`{}` failed ({}): {}", self.shown, output.status, said.trim());
        }
        let text = String::from_utf8(output.stdout)
            .with_context(|| format!("`{}` printed something that is not text", self.shown))?;
        Ok(text.trim_end().to_owned())
    }

    /// Runs with its progress on the screen and returns what it printed.
    pub(crate) fn listen(mut self) -> Result<String> {
        let output = self
            .command
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .with_context(|| format!("cannot start `{}`", self.shown))?;
        ensure!(
            output.status.success(),
            "`{}` failed ({})",
            self.shown,
            output.status
        );
        String::from_utf8(output.stdout)
            .with_context(|| format!("`{}` printed something that is not text", self.shown))
    }

    /// Runs silently; true if it could be started and succeeded.
    pub(crate) fn succeeds(mut self) -> bool {
        self.command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }

    /// Runs with all output thrown away; the failure is the caller's to explain.
    /// (A program that leaves a server running must not inherit a pipe that we wait on.)
    pub(crate) fn silent(mut self) -> Result<()> {
        let status = self
            .command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .with_context(|| format!("cannot start `{}`", self.shown))?;
        ensure!(status.success(), "`{}` failed ({status})", self.shown);
        Ok(())
    }

    /// Becomes that program (where the system can), so that signals such as Ctrl-C reach it directly.
    pub(crate) fn become_it(mut self) -> Result<()> {
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt as _;
            let error = self.command.exec();
            Err(error).with_context(|| format!("cannot start `{}`", self.shown))
        }
        #[cfg(not(unix))]
        self.show()
    }
}

/// The beginning and the end of a long text: some programs say first what is wrong, some last.
fn ends(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    if lines.len() <= HEAD_LINES + TAIL_LINES {
        return lines.join("\n");
    }
    let head = lines.iter().take(HEAD_LINES);
    let tail = lines.iter().skip(lines.len() - TAIL_LINES);
    head.chain(&["…"])
        .chain(tail)
        .copied()
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_command() {
        let error = Task::new("rustc").args(["--no-such-option"]).read().unwrap_err();
        assert!(
            error.to_string().starts_with("`rustc --no-such-option` failed"),
            "{error}"
        );
    }

    #[test]
    fn a_missing_program_is_an_error_and_not_a_success() {
        assert!(Task::new("there-is-no-such-program").read().is_err());
        assert!(!Task::new("there-is-no-such-program").succeeds());
    }

    #[test]
    fn only_the_ends_of_a_long_log_are_shown() {
        let long = (0..100)
            .map(|line| line.to_string())
            .collect::<Vec<_>>()
            .join("\n");
        let shown = ends(&long);
        assert!(
            shown.starts_with("0\n") && shown.contains("\n9\n…\n40\n") && shown.ends_with("\n99"),
            "{shown}"
        );
        assert_eq!(ends("short"), "short");
    }
}
