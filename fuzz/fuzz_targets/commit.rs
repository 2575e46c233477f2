//! What the server checks of a commit, its GroupInfo and its Welcome.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;
use undertone_fuzz::{Honest, damaged_bytes, without_membership_tag};
use undertone_mls::{CommitCheck, check_commit};
use undertone_wire::conversation::CommitBundle;
use undertone_wire::{Epoch, ErrorCode};

static HONEST: OnceLock<Honest> = OnceLock::new();

fuzz_target!(|input: &[u8]| {
    let honest = HONEST.get_or_init(Honest::new);
    let Some((part, input)) = input.split_first() else {
        return;
    };
    let valid = honest.bundle.clone();
    let bundle = match part % 3 {
        0 => CommitBundle {
            commit: damaged_bytes(&valid.commit, input),
            ..valid
        },
        1 => CommitBundle {
            group_info: damaged_bytes(&valid.group_info, input),
            ..valid
        },
        _ => CommitBundle {
            welcome: valid
                .welcome
                .as_ref()
                .map(|welcome| damaged_bytes(welcome, input)),
            ..valid
        },
    };
    let check = CommitCheck {
        state: &honest.state,
        conversation: honest.conversation,
        sender: honest.sender,
        epoch: Epoch(1),
        bundle: &bundle,
        proposals: &[],
    };
    match check_commit(check) {
        // The Welcome is sealed for the joiner: only its form and whom it names can be checked here.
        Ok(_) => assert!(
            without_membership_tag(bundle.commit.as_slice())
                == without_membership_tag(honest.bundle.commit.as_slice())
                && bundle.group_info == honest.bundle.group_info,
            "a damaged commit passes"
        ),
        Err(error) => assert_ne!(error.code(), ErrorCode::Internal, "{error:?}"),
    }
});
