//! What the server checks of somebody's wish to leave.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;
use undertone_fuzz::{HonestRoom, damaged, without_membership_tag};
use undertone_mls::{ProposalCheck, check_proposal};
use undertone_wire::{Epoch, ErrorCode};

static ROOM: OnceLock<HonestRoom> = OnceLock::new();

fuzz_target!(|input: &[u8]| {
    let room = ROOM.get_or_init(HonestRoom::new);
    let proposal = damaged(&room.proposal, input);
    let check = ProposalCheck {
        state: &room.state,
        conversation: room.conversation,
        sender: room.leaver,
        epoch: Epoch(1),
        earlier: &[],
        proposal: &proposal,
    };
    match check_proposal(check) {
        Ok(_) => assert!(
            without_membership_tag(&proposal) == without_membership_tag(&room.proposal),
            "a damaged proposal passes"
        ),
        Err(error) => assert_ne!(error.code(), ErrorCode::Internal, "{error:?}"),
    }
});
