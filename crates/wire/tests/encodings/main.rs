//! What travels, byte for byte. A change of an encoding shows here; if it is meant, the files beside
//! this one change in the same commit, and `PROTOCOL_VERSION` is thought about.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should say where"
)]

mod cbor;
mod json;
mod property;
mod recovery;
mod sample;

use std::fmt::Write as _;

/// Compares lines of `name value` with a committed file, and on a difference shows all of them.
#[track_caller]
fn assert_committed(file: &str, committed: &str, lines: &[(&str, String)]) {
    let mut now = String::new();
    for (name, value) in lines {
        writeln!(now, "{name} {value}").unwrap();
    }
    for (was, is) in committed.lines().zip(now.lines()) {
        assert_eq!(was, is, "{file} says otherwise; all of it now:\n{now}");
    }
    assert_eq!(
        committed, now,
        "{file} has another number of lines; all of it now:\n{now}"
    );
}

/// One sample for each variant of an enum; it does not compile when one is missing.
macro_rules! every_variant {
    ($type:ty { $($name:literal: $variant:pat => $value:expr,)* }) => {{
        let _exhaustive = |value: &$type| match value { $($variant => (),)* };
        let samples: Vec<(&'static str, $type)> = vec![$(($name, $value),)*];
        $(assert!(
            samples.iter().any(|(name, value)| *name == $name && matches!(value, $variant)),
            "{} is a sample of another variant", $name,
        );)*
        samples
    }};
}
pub(crate) use every_variant;
