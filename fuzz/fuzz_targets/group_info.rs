//! What a client reads of the group that a server shows it at a room's door.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;
use undertone_fuzz::{HonestRoom, damaged};
use undertone_mls::read_group_info;

static ROOM: OnceLock<HonestRoom> = OnceLock::new();

fuzz_target!(|input: &[u8]| {
    let room = ROOM.get_or_init(HonestRoom::new);
    let Some((part, input)) = input.split_first() else {
        return;
    };
    let (mut group_info, mut tree) = (room.group_info.clone(), room.ratchet_tree.clone());
    if part % 2 == 0 {
        group_info = damaged(&group_info, input);
    } else {
        tree = damaged(&tree, input);
    }
    let honest = group_info == room.group_info && tree == room.ratchet_tree;
    let known = read_group_info(&group_info);
    // The GroupInfo is signed, and it names the tree's hash: no other pair leads anywhere.
    if room.come_by(&group_info, &tree).is_ok() {
        assert!(honest && known.is_ok(), "a damaged group is joined");
    }
});
