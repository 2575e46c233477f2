//! What a client reads out of an opened message.

#![no_main]

use libfuzzer_sys::fuzz_target;
use undertone_wire::content::{Content, Envelope};

fuzz_target!(|bytes: &[u8]| {
    undertone_fuzz::decode::<Content>(bytes);
    if let Some(envelope) = undertone_fuzz::decode::<Envelope>(bytes) {
        undertone_fuzz::decode::<Content>(envelope.content.as_slice());
    }
});
