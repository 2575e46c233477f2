//! Files between two people: they arrive as they were, and the server learns nothing.

#![allow(clippy::cast_possible_truncation, reason = "lengths in a test are small")]

mod gallery;
mod gone;
mod hostile;
mod uploads;

use super::world::{Device, World};
use crate::error::ClientError;
use crate::file::{FileError, FileSource, MemorySource, Outgoing, SourceError};
use crate::message::draft::Draft;
use crate::message::key::MessageKey;
use crate::testing::{Checkpoints, FILE_AFTER_PIECE, FILE_BEFORE_PIECE, FILE_BEFORE_QUEUE, SEND_BEFORE_WIRE};
use crate::view::{FileKind, MessageStateView, MessageView, TransferView};
use async_trait::async_trait;
use std::cell::Cell;
use std::rc::Rc;
use undertone_wire::blob::sealed_bytes;
use undertone_wire::content::{Attachment, Expiry, FileReference, Part, Preview};
use undertone_wire::limits::FILE_BYTES_MAX;
use undertone_wire::{BlobId, Bytes, ConversationId, ErrorCode};

const KEY: MessageKey = MessageKey::from_bytes([5; 16]);

struct Two {
    world: World,
    alice: Rc<Device>,
    bob: Rc<Device>,
    talk: ConversationId,
}

fn two() -> Two {
    two_in(World::new())
}

/// The same, with stores that can be read without a key.
fn two_who_store_plainly() -> Two {
    let world = World::new();
    world.store_plainly();
    two_in(world)
}

fn two_in(mut world: World) -> Two {
    let (ada, ben) = (world.someone("Ada"), world.someone("Ben"));
    let (alice, bob) = (world.device(&ada), world.device(&ben));
    let talk = world.run(alice.open(&ben));
    world.settle(&[&alice, &bob]);
    Two {
        world,
        alice,
        bob,
        talk,
    }
}

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 131 % 251) as u8).collect()
}

fn file(name: &str, content: Vec<u8>) -> Outgoing {
    Outgoing {
        name: name.to_owned(),
        media_type: "application/zip".to_owned(),
        preview: None,
        duration_ms: None,
        source: Box::new(MemorySource::from(content)),
    }
}

fn draft(text: &str) -> Draft {
    Draft::from(text)
}

impl Two {
    /// Alice sends files; it is not waited for the server.
    fn send(&mut self, draft: Draft, files: Vec<Outgoing>) -> Result<MessageKey, ClientError> {
        let client = self.alice.client();
        self.world.run(client.send_files(self.talk, KEY, (draft, files)))
    }

    fn settle(&mut self) {
        let (alice, bob) = (Rc::clone(&self.alice), Rc::clone(&self.bob));
        self.world.settle(&[&alice, &bob]);
    }

    fn sent(&self) -> MessageView {
        self.alice.client().message(KEY).unwrap().unwrap()
    }

    fn got(&self) -> MessageView {
        self.bob.messages(self.talk).pop().unwrap()
    }

    fn open(&mut self, device: &Rc<Device>, (key, index): (MessageKey, u32)) -> Result<Vec<u8>, ClientError> {
        let client = device.client();
        self.world.run(async {
            let mut download = client.download(key, index)?;
            let mut content = Vec::new();
            while let Some(piece) = download.next().await? {
                content.extend(piece);
            }
            Ok(content)
        })
    }

    fn open_at_bob(&mut self, index: u32) -> Result<Vec<u8>, ClientError> {
        let (bob, key) = (Rc::clone(&self.bob), self.got().key);
        self.open(&bob, (key, index))
    }

    fn blob_count(&self) -> usize {
        self.world.server.blobs().all().len()
    }
}

fn code(result: Result<impl std::fmt::Debug, ClientError>) -> String {
    result.unwrap_err().code().to_owned()
}

#[test]
fn files_arrive_as_they_were_with_words_to_them() {
    let mut two = two();
    let (large, empty) = (bytes(3_000_000), Vec::new());
    let files = vec![
        file("../holiday\u{202e}.zip", large.clone()),
        file("", empty.clone()),
    ];
    assert_eq!(two.send(draft("Look!"), files).unwrap(), KEY);
    assert_eq!(two.sent().state, MessageStateView::Sending);
    two.settle();
    let sent = two.sent();
    assert_eq!(
        (sent.state, sent.text.as_str()),
        (MessageStateView::Sent, "Look!")
    );
    assert!(sent.files.iter().all(|file| file.transfer == TransferView::Here));
    let got = two.got();
    assert_eq!((got.text.as_str(), got.files.len()), ("Look!", 2));
    assert_eq!(got.message, sent.message);
    assert_eq!(two.bob.conversations()[0].last_text.as_deref(), Some("Look!"));
    let first = &got.files[0];
    assert_eq!((first.name.as_str(), first.size), ("holiday.zip", 3_000_000));
    assert_eq!((first.index, first.kind), (0, FileKind::Other));
    assert_eq!(first.transfer, TransferView::None);
    assert_eq!(got.files[1].name, "file");
    assert_eq!(two.open_at_bob(0).unwrap(), large);
    assert_eq!(two.open_at_bob(1).unwrap(), empty);
    assert_eq!(two.got().files[0].transfer, TransferView::Here, "it is kept");
    two.world.server.blobs().lose();
    assert_eq!(
        two.open_at_bob(0).unwrap(),
        large,
        "and opened without the server"
    );
    let alice = Rc::clone(&two.alice);
    assert_eq!(two.open(&alice, (KEY, 0)).unwrap(), large);
}

#[test]
fn the_server_sees_only_sealed_bytes_of_a_size_class() {
    let mut two = two();
    let content = b"a very secret canary ".repeat(10_000);
    two.send(draft(""), vec![file("canary.txt", content.clone())])
        .unwrap();
    two.settle();
    let blobs = two.world.server.blobs().all();
    assert_eq!(blobs.len(), 1);
    assert_eq!(blobs[0].bytes.len() as u64, sealed_bytes(content.len() as u64));
    assert!(!blobs[0].bytes.windows(6).any(|window| window == b"canary"));
    assert_eq!(blobs[0].request.conversation, two.talk);
    assert_eq!(blobs[0].by, two.alice.id);
    assert_eq!(
        two.bob.conversations()[0].last_text.as_deref(),
        Some("canary.txt")
    );
    assert_eq!(two.open_at_bob(0).unwrap(), content);
}

#[test]
fn what_a_picture_tells_of_its_maker_does_not_arrive() {
    let told = include_bytes!("../file/strip/pictures/turned-told.jpg");
    let mut two = two();
    let picture = Outgoing {
        media_type: "image/jpeg".to_owned(),
        ..file("p.jpg", told.to_vec())
    };
    two.send(draft(""), vec![picture]).unwrap();
    two.settle();
    let got = two.open_at_bob(0).unwrap();
    assert!(got.len() < told.len());
    assert!(!got.windows(6).any(|window| window == b"CANARY"));
    assert_eq!(two.got().files[0].size, got.len() as u64);
    let (bob, key) = (two.bob.client(), two.got().key);
    let shown = two.world.run(bob.picture(key, 0)).unwrap();
    assert_eq!((shown.media_type, shown.bytes.len()), ("image/jpeg", got.len()));
}

#[test]
fn the_middle_of_a_file_is_opened_without_the_rest() {
    let mut two = two();
    let content = bytes(5_000_000);
    two.send(draft(""), vec![file("film", content.clone())]).unwrap();
    two.settle();
    let download = two.bob.client().download(two.got().key, 0).unwrap();
    for (offset, length) in [
        (0, 10),
        (65_530, 20),
        (4_999_990, 100),
        (2_000_000, 300_000),
        (5_000_000, 9),
    ] {
        let end = (offset + length).min(content.len());
        let read = two.world.run(download.read_part(offset as u64, length)).unwrap();
        assert_eq!(read, content[offset..end], "{offset}");
    }
    assert!(
        two.world.server.blobs().largest.get() < 1_200_000,
        "never the whole"
    );
}
