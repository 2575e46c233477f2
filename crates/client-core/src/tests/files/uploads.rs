//! Uploads that are cut off, killed, halted, refused and taken back: nothing is lost, nothing comes twice,
//! and nothing is left of what was given up.

use super::*;

#[test]
fn the_message_waits_for_its_last_file() {
    let mut two = two();
    two.world.server.blobs().pieces_left.set(Some(1));
    let before = two.world.server.sent(two.talk);
    let files = vec![file("one", bytes(10)), file("two", bytes(3_000_000))];
    two.send(draft(""), files).unwrap();
    two.world.pass(60_000);
    assert_eq!(two.world.server.sent(two.talk), before);
    assert_eq!(two.sent().files[0].transfer, TransferView::Here);
    assert_eq!(two.sent().files[1].transfer, TransferView::Uploading { done: 0 });
    two.world.server.blobs().pieces_left.set(None);
    two.settle();
    assert_eq!(two.got().files.len(), 2);
    assert_eq!(two.open_at_bob(1).unwrap(), bytes(3_000_000));
}

#[test]
fn an_upload_goes_on_after_a_restart_where_it_had_got_to() {
    let mut two = two();
    let content = bytes(4_000_000);
    two.world.server.blobs().pieces_left.set(Some(3));
    two.send(draft(""), vec![file("large", content.clone())]).unwrap();
    two.world.pass(1000);
    let TransferView::Uploading { done } = two.sent().files[0].transfer else {
        panic!("{:?}", two.sent().files);
    };
    assert!(done > 0 && done < 4_000_000);
    let alice = Rc::clone(&two.alice);
    two.world.server.blobs().pieces_left.set(None);
    two.world.restart(&alice);
    two.settle();
    assert_eq!(two.open_at_bob(0).unwrap(), content);
    assert_eq!(
        two.world.server.blobs().received.get(),
        sealed_bytes(4_000_000),
        "nothing twice"
    );
}

#[test]
fn a_kill_at_any_point_of_an_upload_loses_and_doubles_nothing() {
    for point in [
        FILE_BEFORE_PIECE,
        FILE_AFTER_PIECE,
        FILE_BEFORE_QUEUE,
        SEND_BEFORE_WIRE,
    ] {
        let mut two = two();
        let content = bytes(1_500_000);
        let passed = Cell::new(0);
        let checkpoints = Checkpoints::new(move |reached| {
            passed.set(passed.get() + u32::from(reached == point));
            reached == point && (passed.get() == 3 || !point.contains("piece"))
        });
        let alice = Rc::clone(&two.alice);
        alice.checkpoints.replace(checkpoints.clone());
        two.world.restart(&alice);
        two.send(draft("once"), vec![file("large", content.clone())])
            .unwrap();
        two.world.pass(5000);
        assert!(checkpoints.is_killed(), "{point}");
        alice.checkpoints.take();
        two.world.restart(&alice);
        two.settle();
        assert_eq!(two.bob.texts(two.talk), ["once"], "{point}");
        assert_eq!(two.open_at_bob(0).unwrap(), content, "{point}");
        assert_eq!(two.blob_count(), 1, "{point}");
    }
}

#[test]
fn an_upload_survives_a_network_that_loses_much() {
    let mut two = two();
    let content = bytes(2_000_000);
    two.alice.link.faults.set(crate::tests::network::Faults {
        lose: 300,
        ..Default::default()
    });
    two.send(draft(""), vec![file("large", content.clone())]).unwrap();
    two.world.pass(120_000);
    two.settle();
    assert_eq!(two.open_at_bob(0).unwrap(), content);
}

#[test]
fn a_blob_that_the_server_lost_half_way_is_sent_from_its_beginning() {
    let mut two = two();
    two.world.server.blobs().pieces_left.set(Some(3));
    two.send(draft(""), vec![file("large", bytes(4_000_000))])
        .unwrap();
    two.world.pass(1000);
    two.world.server.blobs().lose();
    two.world.server.blobs().pieces_left.set(None);
    two.settle();
    assert_eq!(two.open_at_bob(0).unwrap(), bytes(4_000_000));
}

#[test]
fn an_upload_can_be_halted_and_resumed() {
    let mut two = two();
    two.world.server.blobs().pieces_left.set(Some(2));
    two.send(draft(""), vec![file("large", bytes(3_000_000))])
        .unwrap();
    two.world.pass(1000);
    two.alice.client().pause_file(KEY, 0).unwrap();
    two.world.server.blobs().pieces_left.set(None);
    let received = two.world.server.blobs().received.get();
    two.world.pass(60_000);
    assert_eq!(two.world.server.blobs().received.get(), received);
    assert!(matches!(two.sent().files[0].transfer, TransferView::Paused { done } if done > 0));
    two.alice.client().resume_file(KEY, 0).unwrap();
    two.settle();
    assert_eq!(two.open_at_bob(0).unwrap(), bytes(3_000_000));
}

#[test]
fn an_upload_that_is_taken_back_leaves_nothing_anywhere() {
    let mut two = two();
    two.world.server.blobs().pieces_left.set(Some(2));
    let files = vec![file("stays", bytes(10)), file("goes", bytes(3_000_000))];
    two.send(draft("words"), files).unwrap();
    two.world.pass(1000);
    two.alice.client().cancel_file(KEY, 1).unwrap();
    two.world.server.blobs().pieces_left.set(None);
    two.settle();
    assert_eq!(two.got().files.len(), 1, "the others go without it");
    assert_eq!(two.blob_count(), 1);
    assert_eq!(code(two.alice.client().cancel_file(KEY, 1)), "unknown_file");
    two.alice.client().cancel_file(KEY, 0).unwrap();
    assert_eq!(two.sent().files.len(), 1, "what is sent is not taken back so");
}

#[test]
fn with_its_last_file_a_message_is_taken_back() {
    let mut two = two();
    two.world.server.blobs().pieces_left.set(Some(2));
    two.send(draft("words"), vec![file("goes", bytes(3_000_000))])
        .unwrap();
    two.world.pass(1000);
    assert_eq!(two.blob_count(), 1);
    two.alice.client().cancel_file(KEY, 0).unwrap();
    two.settle();
    assert!(two.alice.client().message(KEY).unwrap().is_none());
    assert_eq!(two.blob_count(), 0);
    assert!(World::sealed_files(&two.alice).is_empty());
}

#[test]
fn what_the_server_refuses_fails_with_its_code_and_can_be_tried_again() {
    let mut two = two();
    two.world
        .server
        .blobs()
        .refuse_next
        .borrow_mut()
        .push(ErrorCode::LimitReached);
    two.send(draft("words"), vec![file("large", bytes(100))]).unwrap();
    two.world.pass(5000);
    let failed = two.sent();
    assert_eq!(failed.state, MessageStateView::Failed);
    assert_eq!(failed.failure.unwrap().code, "limit_reached");
    let code = "limit_reached".to_owned();
    assert_eq!(failed.files[0].transfer, TransferView::Failed { code });
    two.alice.client().retry(KEY).unwrap();
    two.settle();
    assert_eq!(two.open_at_bob(0).unwrap(), bytes(100));
}

#[test]
fn a_failed_message_that_is_discarded_takes_its_files_along() {
    let mut two = two();
    two.send(draft(""), vec![file("one", bytes(10))]).unwrap();
    two.world
        .server
        .blobs()
        .refuse_next
        .borrow_mut()
        .push(ErrorCode::TooLarge);
    two.world.pass(5000);
    two.alice.client().discard(KEY).unwrap();
    two.settle();
    assert!(two.alice.client().message(KEY).unwrap().is_none());
    assert!(World::sealed_files(&two.alice).is_empty());
    assert_eq!(two.blob_count(), 0);
}
