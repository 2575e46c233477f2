//! Measures delivery: the real `undertone serve`, and beside it a bare reference that does the least that a
//! server must which stores what it delivers. Three processes: the server under test, the load, and this one,
//! which prepares, starts both, and writes the figures to standard output as JSON. It judges nothing;
//! `cargo xtask bench delivery` makes a table of it, and docs/performance.md says what was found when.
//!
//! # Layout
//! - [`args`], [`report`]: what is wanted, and what was found
//! - [`town`]: accounts, groups and sessions, made by the server's own checks in a data directory or in a
//!   [`database`]
//! - [`frames`]: what the clients send, byte by byte
//! - [`server`], [`child`]: the servers, each a process of its own; what they cost
//! - [`reference`]: the bare reference
//! - [`order`], [`load`]: the load's process, and how it is told what to do
//! - [`search`], [`scenario`]: what is done and in which order

mod args;
mod child;
mod database;
mod frames;
mod load;
mod order;
mod reference;
mod report;
mod scenario;
mod search;
mod server;
mod stopwatch;
mod town;

use anyhow::{Context as _, Result, bail};
use args::Wish;
use std::path::{Path, PathBuf};
use tokio::runtime;

#[expect(clippy::print_stdout, reason = "the result, for whoever makes a table of it")]
fn main() -> Result<()> {
    // Both sides use the one provider in the build; a second installation is no harm.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["load"] => one_thread()?.block_on(load::run()),
        ["reference", place, rest @ ..] => {
            let tls = match rest {
                [] => None,
                [certificate, key] => Some((PathBuf::from(certificate), PathBuf::from(key))),
                _ => bail!("the reference takes a directory, and a certificate with its key"),
            };
            // As many threads as the server under test has.
            let runtime = runtime::Builder::new_multi_thread().enable_all().build()?;
            runtime.block_on(reference::run(Path::new(place), tls))
        }
        _ => {
            let wish = Wish::parse(&words).context("delivery takes: --server FILE [--quick] …")?;
            let figures = one_thread()?.block_on(scenario::measure(&wish))?;
            println!("{}", serde_json::to_string(&figures)?);
            Ok(())
        }
    }
}

fn one_thread() -> Result<runtime::Runtime> {
    Ok(runtime::Builder::new_current_thread().enable_all().build()?)
}
