//! What a client makes of the text of a message, and of what somebody searches for.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| undertone_fuzz::markup(text));
