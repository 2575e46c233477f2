//! What the server reads from a WebSocket.

#![no_main]

use libfuzzer_sys::fuzz_target;
use undertone_wire::stream::ClientFrame;

fuzz_target!(|bytes: &[u8]| {
    undertone_fuzz::decode::<ClientFrame>(bytes);
});
