//! Processes of this benchmark: on a core of their own where there are two, ended when they are dropped, and
//! with what they cost in processor time and memory, as the system counts it.

use anyhow::{Context as _, Result, ensure};
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::available_parallelism;

/// Ticks of processor time a second: fixed on Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// Which core a process gets.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Core {
    /// The server under test.
    Server = 0,
    /// The load.
    Load = 1,
}

/// A process; it is killed when dropped.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Process {
    /// Starts a program, with pipes to and from it.
    pub(crate) fn start<S: AsRef<OsStr>>(
        core: Core,
        program: &Path,
        words: impl IntoIterator<Item = S>,
    ) -> Result<Self> {
        let mut command = on_core(core, program);
        let child = command
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        Ok(Self(child))
    }

    /// The process itself, for its pipes.
    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.0
    }

    /// Seconds of processor time so far.
    pub(crate) fn cpu_s(&self) -> Result<f64> {
        cpu_s(&self.0.id().to_string())
    }

    /// Memory of its own that it holds now, in KiB.
    pub(crate) fn memory_kib(&self) -> Result<f64> {
        let path = format!("/proc/{}/smaps_rollup", self.0.id());
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
        let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
        let number = line.and_then(|rest| rest.split_whitespace().next());
        Ok(number.context("no Pss")?.parse()?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Seconds of processor time of a process; `self` is this one.
pub(crate) fn cpu_s(process: &str) -> Result<f64> {
    let path = format!("/proc/{process}/stat");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    // The name in parentheses may hold spaces; user and system time are the 12th and 13th words after it.
    let (_, rest) = text.rsplit_once(')').context("no name")?;
    let ticks: Vec<f64> = rest
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    ensure!(ticks.len() == 2, "{path} is short");
    Ok(ticks.iter().sum::<f64>() / TICKS_PER_SECOND)
}

/// The program, bound to its core where that can be.
fn on_core(core: Core, program: &Path) -> Command {
    let cores = available_parallelism().map_or(1, usize::from);
    let binder = Path::new("/usr/bin/taskset");
    if cores < 2 || !binder.exists() {
        return Command::new(program);
    }
    let mut command = Command::new(binder);
    command
        .args(["--cpu-list", &(core as usize).to_string()])
        .arg(program);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_this_process_is_known() {
        assert!(cpu_s("self").unwrap() >= 0.0);
        assert!(cpu_s("nobody").is_err());
    }
}
