//! Signals: sealed as the server relays them, and opened as a client reads them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use undertone_wire::signal::{SealedSignal, Signal, Visibility};

fuzz_target!(|bytes: &[u8]| {
    undertone_fuzz::decode::<SealedSignal>(bytes);
    undertone_fuzz::decode::<Signal>(bytes);
    undertone_fuzz::decode::<Visibility>(bytes);
});
