//! Files go with their messages, here and on the server, and no others do; what was passed on stays.

use super::*;
use crate::message::reaper::RAW_STORAGE_BOUND;

#[test]
fn a_timer_goes_with_the_blob_to_the_server() {
    let mut two = two();
    let vanishing = Draft {
        expires: Some(Expiry::AfterSent(300)),
        ..draft("soon gone")
    };
    two.send(vanishing, vec![file("one", bytes(10))]).unwrap();
    two.settle();
    drop(two.open_at_bob(0).unwrap());
    let blob = two.world.server.blobs().all().pop().unwrap();
    assert_eq!(
        blob.request.expires_after_seconds,
        Some(3900),
        "and an hour, should this device be gone by then"
    );
    assert_eq!(World::sealed_files(&two.alice).len(), 1);
    assert_eq!(World::sealed_files(&two.bob).len(), 1);
    two.world.pass(310_000);
    assert!(two.alice.texts(two.talk).is_empty() && two.bob.texts(two.talk).is_empty());
    two.settle();
    assert!(
        World::sealed_files(&two.alice).is_empty() && World::sealed_files(&two.bob).is_empty(),
        "its sealed bytes go with the message, on both devices"
    );
    assert_eq!(two.blob_count(), 0, "on the server, too");
}

#[test]
fn a_timer_that_begins_with_reading_leaves_the_blob_until_all_have_read_and_have_had_their_time() {
    let mut two = two();
    let vanishing = Draft {
        expires: Some(Expiry::AfterRead(30)),
        ..draft("read me")
    };
    two.send(vanishing, vec![file("one", bytes(10))]).unwrap();
    two.settle();
    assert_eq!(
        two.world.server.blobs().all()[0].request.expires_after_seconds,
        None
    );
    two.world.pass(120_000);
    assert!(two.alice.texts(two.talk).is_empty());
    assert_eq!(two.open_at_bob(0).unwrap(), bytes(10));
    assert_eq!(World::sealed_files(&two.bob).len(), 1);
    // Whoever has not answered is not told of.
    let (bob, talk) = (Rc::clone(&two.bob), two.talk);
    two.world.run(bob.send(talk, "thanks"));
    two.bob.client().mark_read(two.talk).unwrap();
    two.settle();
    two.world.pass(10_000);
    assert_eq!((two.bob.texts(two.talk).len(), two.blob_count()), (2, 1));
    two.world.pass(80_000);
    two.settle();
    assert_eq!(two.bob.texts(two.talk), ["thanks"]);
    assert!(
        World::sealed_files(&two.bob).is_empty() && World::sealed_files(&two.alice).is_empty(),
        "the sealed bytes of both go"
    );
    assert_eq!(two.blob_count(), 0, "those of the server, too");
}

/// A picture of a few pixels with a word in it.
fn thumbnail(word: &str) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x00\x00\x08\x00\x00\x00\x08\x08\x02".to_vec();
    png.extend([0; 7]);
    png.extend(word.as_bytes());
    png
}

#[test]
fn nothing_of_a_file_that_ended_is_left_on_either_device() {
    const CANARIES: [&str; 3] = ["unmistakable.png", "distinctive", "peculiar"];
    let mut two = two_who_store_plainly();
    let vanishing = Draft {
        expires: Some(Expiry::AfterSent(60)),
        ..draft("a peculiar picture")
    };
    let picture = Outgoing {
        media_type: "image/png".to_owned(),
        preview: Some(Preview {
            width: 640,
            height: 400,
            thumbnail: Some(Bytes(thumbnail("distinctive"))),
        }),
        ..file("unmistakable.png", bytes(100_000))
    };
    two.send(vanishing, vec![picture]).unwrap();
    two.settle();
    drop(two.open_at_bob(0).unwrap());
    for canary in CANARIES {
        assert!(two.world.files_hold(canary), "{canary} was never there");
    }
    let devices = [Rc::clone(&two.alice), Rc::clone(&two.bob)];
    for device in &devices {
        assert_eq!(World::sealed_files(device).len(), 1);
    }
    two.world
        .pass(60_000 + u64::try_from(RAW_STORAGE_BOUND.as_millis()).unwrap());
    for canary in CANARIES {
        assert!(!two.world.files_hold(canary), "{canary} is left");
    }
    for device in &devices {
        assert!(World::sealed_files(device).is_empty(), "sealed bytes are left");
    }
    assert_eq!(two.blob_count(), 0);
}

#[test]
fn a_message_that_is_deleted_for_everyone_takes_its_blobs_along() {
    let mut two = two();
    two.send(
        draft("words"),
        vec![file("one", bytes(10)), file("two", bytes(20))],
    )
    .unwrap();
    two.settle();
    drop(two.open_at_bob(0).unwrap());
    assert_eq!((two.blob_count(), World::sealed_files(&two.bob).len()), (2, 1));
    two.alice.client().delete_for_everyone(KEY).unwrap();
    two.settle();
    assert!(two.got().deleted && two.got().files.is_empty());
    assert_eq!(two.blob_count(), 0);
    assert!(World::sealed_files(&two.alice).is_empty());
    assert!(World::sealed_files(&two.bob).is_empty());
}

#[test]
fn a_message_that_is_deleted_here_leaves_its_blobs_to_the_others() {
    let mut two = two();
    two.send(draft("words"), vec![file("one", bytes(10))]).unwrap();
    two.settle();
    two.alice.client().delete_here(&[KEY]).unwrap();
    two.settle();
    assert!(World::sealed_files(&two.alice).is_empty());
    assert_eq!(two.open_at_bob(0).unwrap(), bytes(10));
}

#[test]
fn whoever_signs_out_keeps_no_sealed_files() {
    let mut two = two();
    two.send(draft("words"), vec![file("one", bytes(10))]).unwrap();
    two.settle();
    let alice = two.alice.client();
    alice.core().store.wipe().unwrap();
    alice.core().signal.notify();
    two.world.pass(1000);
    assert!(World::sealed_files(&two.alice).is_empty());
}

#[test]
fn files_are_passed_on_as_files_of_their_own() {
    let mut two = two();
    let content = bytes(2_500_000);
    two.send(draft("words"), vec![file("large", content.clone())])
        .unwrap();
    two.settle();
    let cleo = two.world.someone("Cleo");
    let carol = two.world.device(&cleo);
    let other = two.world.run(two.bob.open(&cleo));
    two.world.settle(&[&two.bob, &carol]);
    let (bob, key) = (two.bob.client(), two.got().key);
    two.world.run(bob.forward(&[key], &[other])).unwrap();
    two.world.settle(&[&two.bob, &carol]);
    // The first is taken back: what was passed on stays.
    two.alice.client().delete_for_everyone(KEY).unwrap();
    two.settle();
    let got = carol.messages(other).pop().unwrap();
    assert!(got.forwarded);
    assert_eq!(
        (got.text.as_str(), got.files[0].name.as_str()),
        ("words", "large")
    );
    assert_eq!(two.open(&carol, (got.key, 0)).unwrap(), content);
    assert_eq!(two.blob_count(), 1);
}
