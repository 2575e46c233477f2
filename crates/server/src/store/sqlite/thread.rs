//! The threads that hold the connections to the file. The file is closed before whoever held the store goes
//! on: a process that ended meanwhile would take SQLCipher's library from under them.

use std::io;
use std::thread::{self, JoinHandle};

/// Threads that are waited for when this is dropped. What tells them to end has to be dropped before.
#[derive(Debug, Default)]
pub(super) struct Threads(Vec<JoinHandle<()>>);

impl Threads {
    /// Starts one more.
    pub(super) fn spawn(&mut self, name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let thread = thread::Builder::new().name(name.to_owned()).spawn(work)?;
        self.0.push(thread);
        Ok(())
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        let own = thread::current().id();
        for thread in self.0.drain(..).filter(|thread| thread.thread().id() != own) {
            if thread.join().is_err() {
                tracing::error!("a thread of the store panicked");
            }
        }
    }
}
