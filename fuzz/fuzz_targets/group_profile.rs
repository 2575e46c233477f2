//! What a group says of itself in its GroupContext.

#![no_main]

use libfuzzer_sys::fuzz_target;
use undertone_wire::UserId;
use undertone_wire::group::{GroupProfile, Role};

fuzz_target!(|bytes: &[u8]| {
    let Some(mut profile) = undertone_fuzz::decode::<GroupProfile>(bytes) else {
        return;
    };
    // Roles may be unsorted here, as a hostile founder writes them: giving one must still hold.
    let somebody = UserId::from_bytes([7; 16]);
    profile.set_role(somebody, Role::Admin);
    assert_eq!(profile.role(somebody), Role::Admin);
});
