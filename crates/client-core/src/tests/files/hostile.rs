//! Sources that lie, servers that change what they keep, and senders who mean ill: at worst a file is an
//! error in its own place.

use super::*;

#[test]
fn what_is_beyond_a_limit_is_said_before_anything_is_sent() {
    struct Long;
    #[async_trait(?Send)]
    impl FileSource for Long {
        fn size(&self) -> u64 {
            FILE_BYTES_MAX + 1
        }
        async fn read(&self, _: u64, _: usize) -> Result<Vec<u8>, SourceError> {
            panic!("it is not read")
        }
    }
    let mut two = two();
    let long = Outgoing {
        source: Box::new(Long),
        ..file("long", Vec::new())
    };
    assert_eq!(code(two.send(draft(""), vec![long])), "too_large");
    assert_eq!(code(two.send(draft(""), Vec::new())), "too_many_files");
    let eleven = (0..11).map(|_| file("one", Vec::new())).collect();
    assert_eq!(code(two.send(draft(""), eleven)), "too_many_files");
    let odd = Outgoing {
        preview: Some(Preview {
            width: 1,
            height: 1,
            thumbnail: Some(Bytes(b"<svg/>".to_vec())),
        }),
        ..file("odd", Vec::new())
    };
    assert_eq!(code(two.send(draft(""), vec![odd])), "bad_request");
    assert!(two.alice.messages(two.talk).iter().all(|row| row.event.is_some()));
    assert_eq!(two.blob_count(), 0);
}

#[test]
fn a_source_that_changes_while_it_is_read_withdraws_the_message() {
    struct Shrinks;
    #[async_trait(?Send)]
    impl FileSource for Shrinks {
        fn size(&self) -> u64 {
            2_000_000
        }
        async fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>, SourceError> {
            if offset > 0 {
                Err(SourceError::Changed)
            } else {
                Ok(vec![0; length])
            }
        }
    }
    let mut two = two();
    let shrinks = Outgoing {
        source: Box::new(Shrinks),
        ..file("shrinks", Vec::new())
    };
    assert_eq!(code(two.send(draft("words"), vec![shrinks])), "file_unreadable");
    assert!(two.alice.client().message(KEY).unwrap().is_none());
    two.settle();
    assert!(World::sealed_files(&two.alice).is_empty());
    two.send(draft("words"), vec![file("again", bytes(9))]).unwrap();
    two.settle();
    assert_eq!(two.open_at_bob(0).unwrap(), bytes(9));
}

#[test]
fn a_damaged_picture_is_not_sent_rather_than_sent_with_what_it_tells() {
    let told = include_bytes!("../../file/strip/pictures/baseline-told.jpg");
    let mut two = two();
    let picture = file("p.jpg", told[..500].to_vec());
    assert_eq!(code(two.send(draft(""), vec![picture])), "picture_damaged");
    assert_eq!(two.blob_count(), 0);
}

#[test]
fn a_file_that_claims_to_be_a_picture_is_not_shown_as_one() {
    let mut two = two();
    let picture = Outgoing {
        media_type: "image/png".to_owned(),
        ..file("p.png", b"<svg onload=alert(1)>".to_vec())
    };
    two.send(draft(""), vec![picture]).unwrap();
    two.settle();
    let (bob, key) = (two.bob.client(), two.got().key);
    assert_eq!(code(two.world.run(bob.picture(key, 0))), "picture_not_shown");
    assert_eq!(two.open_at_bob(0).unwrap(), b"<svg onload=alert(1)>");
}

#[test]
fn a_changed_blob_is_not_opened() {
    let changes: [fn(&mut Vec<u8>); 4] = [
        |bytes| bytes[0] ^= 1,
        |bytes| bytes[100_000] ^= 1,
        |bytes| bytes[32..].rotate_left(65_552),
        |bytes| {
            let last = bytes.len() - 1;
            bytes[last] ^= 0x80;
        },
    ];
    for change in changes {
        let mut two = two();
        two.send(draft(""), vec![file("large", bytes(1_500_000))])
            .unwrap();
        two.settle();
        two.world.server.blobs().change(change);
        assert!(matches!(
            two.open_at_bob(0),
            Err(ClientError::File(FileError::Damaged(_)))
        ));
        assert_eq!(
            two.got().files[0].transfer,
            TransferView::None,
            "nothing of it is kept"
        );
        two.settle();
    }
}

#[test]
fn the_hash_is_checked_though_only_padding_fills_the_last_segments() {
    let mut two = two();
    let size = 4 * 1024 * 1024 + 1;
    two.send(draft(""), vec![file("large", vec![7; size])]).unwrap();
    two.settle();
    let (bob, key) = (two.bob.client(), two.got().key);
    let store = &bob.core().store;
    let row = store.message(key).unwrap().unwrap().row;
    let known = store.files(row).unwrap().remove(0);
    let lie = FileReference {
        sha256: Bytes(vec![0; 32]),
        ..known.reference.clone()
    };
    for (reference, is_whole) in [(lie, false), (known.reference.clone(), true)] {
        store.set_file_reference(known.at(), &reference).unwrap();
        let mut download = bob.download(key, 0).unwrap().slowly();
        let read = two.world.run(async {
            let mut length = 0;
            while let Some(piece) = download.next().await? {
                length += piece.len();
            }
            Ok::<_, ClientError>(length)
        });
        assert_eq!(read.ok(), is_whole.then_some(size));
    }
    assert_eq!(two.got().files[0].transfer, TransferView::Here, "padding and all");
}

#[test]
fn a_file_that_is_gone_is_said_to_be_gone() {
    let mut two = two();
    two.send(draft(""), vec![file("large", bytes(100))]).unwrap();
    two.settle();
    two.world.server.blobs().lose();
    assert_eq!(code(two.open_at_bob(0)), "file_gone");
    assert_eq!(code(two.open_at_bob(1)), "unknown_file");
}

fn reference() -> FileReference {
    FileReference {
        blob: BlobId::from_bytes([9; 16]),
        key: Bytes(vec![1; 32]),
        size: 10,
        sha256: Bytes(vec![2; 32]),
        name: "a.png".to_owned(),
        media_type: "image/png".to_owned(),
        preview: None,
        duration_ms: None,
    }
}

#[test]
fn a_hostile_senders_files_are_refused_or_shown_harmlessly() {
    let mut two = two();
    let files = |files| {
        Part::Files(Attachment {
            text: "look".to_owned(),
            files,
        })
    };
    two.alice.say(two.talk, files(Vec::new()));
    two.alice.say(
        two.talk,
        files(vec![FileReference {
            key: Bytes(vec![1; 31]),
            ..reference()
        }]),
    );
    two.alice.say(two.talk, files(vec![reference(); 11]));
    two.alice.say(
        two.talk,
        files(vec![FileReference {
            name: "..\\..\\\u{202e}gpj.exe".to_owned(),
            preview: Some(Preview {
                width: u32::MAX,
                height: 1,
                thumbnail: Some(Bytes(b"<svg/>".to_vec())),
            }),
            ..reference()
        }]),
    );
    two.settle();
    let got: Vec<_> = two.bob.messages(two.talk);
    let got: Vec<_> = got.iter().filter(|row| row.event.is_none()).collect();
    assert_eq!(got.len(), 1, "those beyond the limits are not there");
    let shown = &got[0].files[0];
    assert_eq!(shown.name, "gpj.exe");
    assert_eq!(
        (shown.width, shown.height, shown.thumbnail.as_ref()),
        (None, None, None)
    );
    two.world.run(two.alice.send(two.talk, "and the talk goes on"));
    two.settle();
    assert_eq!(two.bob.texts(two.talk), ["look", "and the talk goes on"]);
}
