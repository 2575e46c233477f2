//! What the server checks of an external commit: of somebody who comes into a room by its link.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;
use undertone_fuzz::{HonestRoom, damaged_bytes};
use undertone_mls::{CommitCheck, check_commit};
use undertone_wire::conversation::CommitBundle;
use undertone_wire::{Epoch, ErrorCode};

static ROOM: OnceLock<HonestRoom> = OnceLock::new();

fuzz_target!(|input: &[u8]| {
    let room = ROOM.get_or_init(HonestRoom::new);
    let Some((part, input)) = input.split_first() else {
        return;
    };
    let valid = room.join.clone();
    let bundle = match part % 3 {
        0 => CommitBundle {
            commit: damaged_bytes(&valid.commit, input),
            ..valid
        },
        1 => CommitBundle {
            group_info: damaged_bytes(&valid.group_info, input),
            ..valid
        },
        // Nobody is added by an external commit, so that no Welcome fits it.
        _ => CommitBundle {
            welcome: Some(input.to_vec().into()),
            ..valid
        },
    };
    let check = CommitCheck {
        state: &room.state,
        conversation: room.conversation,
        sender: room.newcomer,
        epoch: Epoch(1),
        bundle: &bundle,
        proposals: &[],
    };
    match check_commit(check) {
        Ok(_) => assert!(bundle == room.join, "a damaged join passes"),
        Err(error) => assert_ne!(error.code(), ErrorCode::Internal, "{error:?}"),
    }
});
