//! What stands in the credential of a leaf.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;
use undertone_fuzz::{Honest, damaged};
use undertone_mls::verify_certificate;

static HONEST: OnceLock<Vec<u8>> = OnceLock::new();

fuzz_target!(|input: &[u8]| {
    let honest = HONEST.get_or_init(|| Honest::new().certificate);
    let bytes = damaged(honest, input);
    if let Ok(body) = verify_certificate(&bytes) {
        // Nobody forges a signature by chance; another encoding of the same statement may pass.
        assert_eq!(body, verify_certificate(honest).expect("honest"));
    }
});
