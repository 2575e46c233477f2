//! What a device uploads, and a client gets to add a device.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;
use undertone_fuzz::{Honest, damaged};
use undertone_mls::inspect_key_package;
use undertone_wire::Timestamp;

static HONEST: OnceLock<Vec<u8>> = OnceLock::new();

fuzz_target!(|input: &[u8]| {
    let honest = HONEST.get_or_init(|| Honest::new().key_package);
    let bytes = damaged(honest, input);
    let accepted = inspect_key_package(&bytes, Timestamp::default()).is_ok();
    assert!(!accepted || bytes == *honest, "only the honest one is signed");
});
