//! How long a device looks for words in a long history, natively: what is measured stands in
//! `undertone_bench::search`. Figures go to standard output as JSON. `--quick`: few messages.

use anyhow::{Result, bail};
use std::time::Instant;
use undertone_bench::search::{FULL, QUICK, measure};
use undertone_client_core::store::StoreLocation;

#[expect(clippy::disallowed_methods, reason = "a stopwatch needs a clock")]
#[expect(clippy::print_stdout, reason = "the result, for whoever makes a table of it")]
fn main() -> Result<()> {
    // `cargo bench` adds `--bench`.
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let messages = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => FULL,
        ["--quick"] => QUICK,
        _ => bail!("usage: search [--quick]"),
    };
    let start = Instant::now();
    let clock = || start.elapsed().as_secs_f64() * 1000.0;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let folder = tempfile::tempdir()?;
    let location = StoreLocation::File(folder.path().join("profile.db"));
    eprintln!("  {messages} messages are stored");
    let figures = runtime.block_on(measure(&location, messages, &clock))?;
    println!("{}", serde_json::to_string(&figures)?);
    Ok(())
}
