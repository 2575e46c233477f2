//! The one place that reads environment variables and the clock.

use std::ffi::OsString;
use std::time::{Duration, Instant};

/// A variable that is set and not empty.
pub(crate) fn variable(name: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the environment"
    )]
    let value = std::env::var(name);
    value.ok().filter(|value| !value.is_empty())
}

/// The search path for programs.
pub(crate) fn path() -> OsString {
    std::env::var_os("PATH").unwrap_or_default()
}

/// True in a pipeline.
pub(crate) fn is_ci() -> bool {
    variable("CI").is_some_and(|value| value != "false")
}

/// How long some work took.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the clock"
    )]
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}
