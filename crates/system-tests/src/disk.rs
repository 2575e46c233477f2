//! Disks that fail: one that is small and can be filled, and one that does not say that it has written. Both
//! need root on Linux, and say so where they cannot be had.

use anyhow::{Context, Result, ensure};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// What fills a disk: small enough that nothing of note fits beside it.
const CRUMB: [u8; 512] = [0; 512];

/// A disk of some megabytes. It goes when it is dropped.
#[derive(Debug)]
pub struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    /// A new one of that size. Nothing, and a word on standard output why, where that is not permitted.
    pub fn mount(megabytes: u32) -> Result<Option<Self>> {
        let folder = TempDir::new()?;
        let size = format!("size={megabytes}m");
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(folder.path())
            .output();
        match mount {
            Ok(done) if done.status.success() => Ok(Some(Self { folder })),
            Ok(done) => Ok(skipped("no disk", &String::from_utf8_lossy(&done.stderr))),
            Err(error) => Ok(skipped("no disk", &error.to_string())),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes until nothing more fits.
    pub fn fill(&self) -> Result<()> {
        let mut ballast = File::create(self.ballast())?;
        loop {
            match ballast.write_all(&CRUMB) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Makes room again.
    pub fn free(&self) -> Result<()> {
        Ok(fs::remove_file(self.ballast())?)
    }

    fn ballast(&self) -> PathBuf {
        self.path().join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a database may still be closing.
        let _gone = Command::new("umount").arg("--lazy").arg(self.path()).status();
    }
}

/// While it lives, the system answers every attempt of this process to have one file written for good with an
/// error.
#[derive(Debug)]
pub struct BrokenSync(Child);

impl BrokenSync {
    /// Begins with the next attempt. Nothing, and a word on standard output why, where that is not permitted.
    pub fn begin(file: &Path) -> Result<Option<Self>> {
        ensure!(file.exists(), "there is no {}", file.display());
        let tracer = Command::new("strace")
            .args([
                "-f",
                "-e",
                "trace=fsync,fdatasync",
                "-e",
                "inject=fsync,fdatasync:error=EIO",
            ])
            .args(["-o", "/dev/null", "-p", &std::process::id().to_string(), "-P"])
            .arg(file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let mut tracer = match tracer {
            Ok(tracer) => Self(tracer),
            Err(error) => return Ok(skipped("no failing disk", &format!("strace: {error}"))),
        };
        let mut said = BufReader::new(tracer.0.stderr.take().context("its words are not heard")?);
        let mut first = String::new();
        // It says when it is there, in its first line but for the one about the path.
        while !first.contains("attached") {
            if said.read_line(&mut first)? == 0 {
                return Ok(skipped("no failing disk", &first));
            }
        }
        // Whoever does not listen stops it.
        std::thread::spawn(move || said.read_to_end(&mut Vec::new()));
        Ok(Some(tracer))
    }
}

impl Drop for BrokenSync {
    fn drop(&mut self) {
        // It lets go of this process when it is asked to end.
        let asked = Command::new("kill")
            .args(["-TERM", &self.0.id().to_string()])
            .status();
        if !asked.is_ok_and(|status| status.success()) {
            let _killed = self.0.kill();
        }
        let _reaped = self.0.wait();
    }
}

#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
fn skipped<T>(what: &str, reason: &str) -> Option<T> {
    println!("skipped: {what} can be made here: {}", reason.trim());
    None
}
