//! What the developer reads: one line a step, in plain words, on standard error.
//! Standard output stays free for results that scripts read.

use std::fmt::Write as _;

/// A line as it is.
pub(crate) fn say(words: &str) {
    eprintln!("{words}");
}

/// The start of a step.
pub(crate) fn step(words: &str) {
    eprintln!("• {words}");
}

/// An error with its causes, outermost first.
pub(crate) fn fail(error: &anyhow::Error) {
    let mut text = format!("✗ {error}");
    for cause in error.chain().skip(1) {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n  because: {cause}");
    }
    eprintln!("{text}");
}

/// A result for scripts.
#[expect(
    clippy::print_stdout,
    reason = "a result for scripts, the one thing that goes to standard output"
)]
pub(crate) fn result(words: &str) {
    println!("{words}");
}
