//! Undoing a commit that nobody could process: everything is as it was, and what was sent is a hole.

use super::conversation::{commit, conversation, member, standing};
use super::group::{group_profile, join, new_group, suspect};
use super::log::message;
use super::{TestStore, device, on_both_databases, user};
use crate::store::commit::{NewCommit, NewGroupInfo, NewMember, NewWelcome, Suspect, Undone, Verdict};
use crate::store::conversation::Refusal;
use undertone_wire::conversation::EntryKind;
use undertone_wire::group::Role;
use undertone_wire::{Bytes, Counter, Epoch, Sequence};

on_both_databases!(
    an_undone_commit_leaves_holes_and_everything_else_as_it_was,
    what_another_user_acknowledged_is_not_undone,
    only_the_newest_commit_is_undone_and_only_once,
    whoever_removed_or_moved_devices_in_vain_gets_them_back,
    too_many_undone_commits_are_enough,
    a_group_info_is_replaced_once_when_it_is_wanted,
    whoever_failed_by_a_wrong_key_is_not_charged,
    what_an_external_commit_was_made_from_stays_in_its_hole,
);

async fn an_undone_commit_leaves_holes_and_everything_else_as_it_was(store: TestStore) {
    let id = store.gather(group_profile()).await;
    store.say(message(id, 3, 1, 1)).await.unwrap();
    let mut profile = group_profile();
    profile.set_role(user(3), Role::ReadOnly);
    profile.retention_seconds = Some(60);
    let bad = NewCommit {
        profile: Some(profile),
        ..commit(1, 1, 2, 1)
    };
    let sequence = store.accept(bad).await;
    store.say(message(id, 1, 3, 2)).await.unwrap();
    store.has(1, 4).await;
    let verdict = store.void_commit(suspect(sequence)).await.unwrap();
    assert_eq!(verdict, Verdict::Voided(Undone::default()));
    assert_eq!(store.epoch_of(2).await, Epoch(1));
    let page = store.whole_log(2).await;
    let kinds: Vec<_> = page
        .entries
        .iter()
        .map(|entry| (entry.sequence.0, entry.kind))
        .collect();
    assert_eq!(
        kinds,
        [
            (2, EntryKind::Message),
            (3, EntryKind::Voided),
            (4, EntryKind::Voided)
        ]
    );
    let hole = &page.entries[1];
    assert!(hole.payload.is_empty() && hole.franking_mac.is_empty());
    assert_eq!(
        (hole.sender, hole.counter, hole.epoch),
        (device(1), Counter(2), Epoch(1))
    );
    let snapshot = store.group_snapshot(standing(1, 4)).await.unwrap().unwrap();
    assert_eq!((snapshot.epoch, snapshot.public_state), (Epoch(1), vec![0x51]));
    assert_eq!(snapshot.profile, Some(group_profile()));
    let material = store.group_material(id).await.unwrap().unwrap();
    assert_eq!(material.group_info, Bytes(vec![0x61]));
    assert_eq!(store.say(message(id, 3, 2, 1)).await, Ok(5), "not muted");
    assert_eq!(
        store.say(message(id, 1, 3, 1)).await,
        Ok(4),
        "a used counter stays used"
    );
    assert_eq!(store.say(message(id, 1, 4, 1)).await, Ok(6));
    assert_eq!(store.accept(commit(1, 2, 1, 1)).await, 7);
}

async fn what_another_user_acknowledged_is_not_undone(store: TestStore) {
    let mut new = new_group(1, group_profile());
    new.commit.added.push(NewMember {
        user: user(1),
        ..member(4)
    });
    store.create_conversation(new).await.unwrap();
    let adding = NewCommit {
        added: vec![member(5)],
        welcome: Some(NewWelcome {
            welcome: Bytes(vec![0x73]),
            ratchet_tree: Bytes(vec![0x74]),
        }),
        ..commit(1, 1, 2, 1)
    };
    assert_eq!(store.accept(adding).await, 2);
    store.has(1, 2).await;
    store.has(4, 2).await;
    store.has(5, 2).await;
    let verdict = store.void_commit(suspect(2)).await.unwrap();
    let Verdict::Voided(undone) = verdict else {
        panic!("the committer's devices, and whom it added, do not count: {verdict:?}")
    };
    assert_eq!((undone.added, undone.was_join), (vec![device(5)], false));
    assert!(store.heads(device(5)).await.unwrap().is_empty());
    assert!(store.pending_welcomes(device(5)).await.unwrap().is_empty());
    assert_eq!(store.accept(commit(1, 1, 3, 1)).await, 3);
    store.has(2, 3).await;
    assert_eq!(store.void_commit(suspect(3)).await.unwrap(), Verdict::Stands);
    assert_eq!(store.epoch_of(3).await, Epoch(2));
}

async fn only_the_newest_commit_is_undone_and_only_once(store: TestStore) {
    let id = store.gather(group_profile()).await;
    store.say(message(id, 2, 1, 1)).await.unwrap();
    for nothing in [1, 2, 9] {
        assert_eq!(
            store.void_commit(suspect(nothing)).await.unwrap(),
            Verdict::Stands
        );
    }
    assert_eq!(store.accept(commit(1, 1, 2, 1)).await, 3);
    assert_eq!(store.accept(commit(1, 1, 3, 2)).await, 4);
    assert_eq!(store.void_commit(suspect(3)).await.unwrap(), Verdict::Stands);
    assert!(matches!(
        store.void_commit(suspect(4)).await.unwrap(),
        Verdict::Voided(_)
    ));
    for again in [3, 4] {
        assert_eq!(store.void_commit(suspect(again)).await.unwrap(), Verdict::Stands);
    }
    let elsewhere = Suspect {
        conversation: conversation(9),
        sequence: Sequence(1),
    };
    assert_eq!(store.void_commit(elsewhere).await.unwrap(), Verdict::Stands);
    assert_eq!(store.epoch_of(1).await, Epoch(2));
}

async fn whoever_removed_or_moved_devices_in_vain_gets_them_back(store: TestStore) {
    let id = store.gather(group_profile()).await;
    store.say(message(id, 3, 1, 1)).await.unwrap();
    store.has(3, 2).await;
    let removing = NewCommit {
        removed: vec![device(3)],
        ..commit(1, 1, 2, 1)
    };
    let sequence = store.accept(removing).await;
    assert!(store.heads(device(3)).await.unwrap().is_empty());
    let verdict = store.void_commit(suspect(sequence)).await.unwrap();
    let Verdict::Voided(undone) = verdict else {
        panic!("{verdict:?}")
    };
    assert_eq!(undone.restored, [device(3)]);
    let head = store.heads(device(3)).await.unwrap()[0];
    assert_eq!(
        (head.cursor, head.head, head.epoch),
        (Sequence(2), Sequence(3), Epoch(1))
    );
    assert_eq!(store.say(message(id, 3, 2, 1)).await, Ok(4));

    let again = NewCommit {
        removed: vec![device(2)],
        ..join(2, user(2), 1, 1)
    };
    let sequence = store.accept(again).await;
    let verdict = store.void_commit(suspect(sequence)).await.unwrap();
    let Verdict::Voided(undone) = verdict else {
        panic!("{verdict:?}")
    };
    assert!(undone.was_join);
    assert_eq!(
        (undone.added, undone.restored),
        (vec![device(2)], vec![device(2)])
    );
    let head = store.heads(device(2)).await.unwrap()[0];
    assert_eq!((head.cursor, head.first_kept), (Sequence(1), Sequence(2)));
    assert_eq!(
        store.say(message(id, 2, 1, 1)).await,
        Err(Refusal::CounterConflict)
    );
    assert_eq!(
        store.say(message(id, 2, 2, 1)).await,
        Ok(6),
        "its counter goes on"
    );

    let newcomer = store.accept(join(8, user(8), 1, 1)).await;
    assert!(matches!(
        store.void_commit(suspect(newcomer)).await.unwrap(),
        Verdict::Voided(Undone { was_join: true, .. })
    ));
    assert!(store.heads(device(8)).await.unwrap().is_empty());
    store.accept(join(8, user(8), 1, 1)).await;
}

async fn too_many_undone_commits_are_enough(store: TestStore) {
    let id = store.gather(group_profile()).await;
    for counter in 1..=3 {
        let standing = store.group_snapshot(standing(2, counter)).await.unwrap();
        assert!(standing.is_ok(), "the {counter}th");
        let sequence = store.accept(commit(1, 2, counter, 1)).await;
        assert!(matches!(
            store.void_commit(suspect(sequence)).await.unwrap(),
            Verdict::Voided(_)
        ));
    }
    let refused = store.group_snapshot(standing(2, 4)).await.unwrap();
    assert_eq!(refused.unwrap_err(), Refusal::Charged);
    assert!(store.outside_view(id, user(2)).await.unwrap().unwrap().is_charged);
    assert!(!store.outside_view(id, user(3)).await.unwrap().unwrap().is_charged);
    assert!(store.group_snapshot(standing(3, 1)).await.unwrap().is_ok());
    assert_eq!(
        store.say(message(id, 2, 4, 1)).await,
        Ok(5),
        "messages harm nobody"
    );
}

async fn a_group_info_is_replaced_once_when_it_is_wanted(store: TestStore) {
    let id = store.gather(group_profile()).await;
    let replace = async |epoch, byte| {
        let new = NewGroupInfo {
            conversation: id,
            epoch: Epoch(epoch),
            group_info: Bytes(vec![byte]),
            other_key: false,
        };
        store.replace_group_info(new).await.unwrap();
        store.group_material(id).await.unwrap().unwrap().group_info
    };
    assert_eq!(replace(1, 0xa1).await, Bytes(vec![0x61]), "nobody asked");
    let sequence = store.accept(join(8, user(8), 1, 1)).await;
    store.void_commit(suspect(sequence)).await.unwrap();
    assert_eq!(replace(2, 0xa2).await, Bytes(vec![0x61]), "of another epoch");
    assert_eq!(replace(1, 0xa3).await, Bytes(vec![0xa3]));
    assert_eq!(replace(1, 0xa4).await, Bytes(vec![0xa3]), "the first counts");
}

async fn whoever_failed_by_a_wrong_key_is_not_charged(store: TestStore) {
    let id = store.gather(group_profile()).await;
    let fail = async || {
        let sequence = store.accept(join(8, user(8), 1, 1)).await;
        store.void_commit(suspect(sequence)).await.unwrap();
    };
    let replace = async |other_key| {
        let new = NewGroupInfo {
            conversation: id,
            epoch: Epoch(1),
            group_info: Bytes(vec![0xa1]),
            other_key,
        };
        store.replace_group_info(new).await.unwrap();
    };
    let charged = async || store.outside_view(id, user(8)).await.unwrap().unwrap().is_charged;
    fail().await;
    replace(false).await;
    for _ in 0..4 {
        fail().await;
        replace(true).await;
        assert!(!charged().await, "only the first was their own");
    }
    fail().await;
    fail().await;
    assert!(charged().await, "as long as nobody says otherwise");
    replace(true).await;
    assert!(!charged().await, "both were in doubt");
    fail().await;
    replace(false).await;
    fail().await;
    replace(false).await;
    assert!(charged().await, "three that were their own");
    replace(true).await;
    assert!(charged().await, "nobody asked any more");
}

async fn what_an_external_commit_was_made_from_stays_in_its_hole(store: TestStore) {
    let id = store.gather(group_profile()).await;
    let sequence = store.accept(join(8, user(8), 1, 1)).await;
    store.say(message(id, 8, 2, 2)).await.unwrap();
    store.void_commit(suspect(sequence)).await.unwrap();
    let page = store.whole_log(2).await;
    let holes: Vec<_> = page.entries.iter().map(|entry| entry.payload.clone()).collect();
    assert_eq!(holes, [Bytes(vec![0x61]), Bytes::default()]);
}
