//! What the server reads of an encrypted message.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;
use undertone_fuzz::{Honest, damaged};
use undertone_mls::message_header;

static HONEST: OnceLock<Vec<u8>> = OnceLock::new();

fuzz_target!(|input: &[u8]| {
    let honest = HONEST.get_or_init(|| Honest::new().message);
    let _ = message_header(&damaged(honest, input));
});
