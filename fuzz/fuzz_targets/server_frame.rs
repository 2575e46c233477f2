//! What a client reads from a WebSocket.

#![no_main]

use libfuzzer_sys::fuzz_target;
use undertone_wire::stream::ServerFrame;

fuzz_target!(|bytes: &[u8]| {
    undertone_fuzz::decode::<ServerFrame>(bytes);
});
