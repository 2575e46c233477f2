//! Measures groups natively and writes the figures to standard output as JSON. `--quick`: only whether
//! it works. `cargo xtask bench` makes a table of them.

use anyhow::{Result, bail};
use std::time::Instant;
use undertone_bench::groups::{Plan, measure};

#[expect(clippy::disallowed_methods, reason = "a stopwatch needs a clock")]
#[expect(clippy::print_stdout, reason = "the result, for whoever makes a table of it")]
fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let plan = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => Plan::FULL,
        ["--quick"] => Plan::QUICK,
        _ => bail!("usage: groups [--quick]"),
    };
    let start = Instant::now();
    let clock = || start.elapsed().as_secs_f64() * 1000.0;
    let figures = measure(plan, &clock, &|words| eprintln!("  {words}"))?;
    println!("{}", serde_json::to_string(&figures)?);
    Ok(())
}
