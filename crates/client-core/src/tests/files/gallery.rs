//! Looking at the pictures of a conversation one after the other, and how far a file is before it is sent.

use super::*;
use crate::client::Client;
use std::time::Duration;

fn picture(name: &str) -> Outgoing {
    Outgoing {
        media_type: "image/png".to_owned(),
        preview: Some(Preview {
            width: 640,
            height: 400,
            thumbnail: None,
        }),
        ..file(name, bytes(100))
    }
}

impl Two {
    fn sends_pictures(&mut self, number: u8, files: Vec<Outgoing>) -> MessageKey {
        let key = MessageKey::from_bytes([number; 16]);
        let client = self.alice.client();
        self.world
            .run(client.send_files(self.talk, key, (draft("look"), files)))
            .unwrap();
        self.settle();
        key
    }

    fn bob_looks_at(&self) -> Vec<String> {
        let pictures = self.bob.client().pictures(self.talk).unwrap();
        pictures.into_iter().map(|picture| picture.file.name).collect()
    }
}

#[test]
fn all_pictures_of_a_conversation_are_there_but_those_that_are_not_shown() {
    let mut two = two();
    two.sends_pictures(
        1,
        vec![picture("a.png"), file("plan.zip", bytes(9)), picture("b.png")],
    );
    let second = two.sends_pictures(2, vec![picture("c.png")]);
    assert_eq!(two.bob_looks_at(), ["a.png", "b.png", "c.png"]);
    let shown = two.bob.client().pictures(two.talk).unwrap();
    assert_eq!((shown[1].key, shown[1].file.index), (shown[0].key, 2));
    assert_eq!(shown[1].file.width, Some(640));
    two.alice.client().delete_for_everyone(second).unwrap();
    two.settle();
    assert_eq!(two.bob_looks_at(), ["a.png", "b.png"]);
    let alice = two.bob.client().message(shown[0].key).unwrap().unwrap().sender;
    two.bob.client().block(alice, true).unwrap();
    assert_eq!(two.bob_looks_at(), [] as [&str; 0]);
}

#[test]
fn the_screen_is_told_how_much_of_a_file_is_sealed() {
    struct Looks {
        client: Client,
        seen: Rc<Cell<u64>>,
    }
    #[async_trait(?Send)]
    impl FileSource for Looks {
        fn size(&self) -> u64 {
            8_000_000
        }
        async fn read(&self, _: u64, length: usize) -> Result<Vec<u8>, SourceError> {
            // With a second for every piece, each is told.
            self.client.core().platform.sleep(Duration::from_secs(1)).await;
            let message = self.client.message(KEY).unwrap();
            if let Some(TransferView::Sealing { done }) = message.map(|it| it.files[0].transfer.clone()) {
                self.seen.set(done.max(self.seen.get()));
            }
            Ok(vec![0; length])
        }
    }
    let mut two = two();
    let seen = Rc::new(Cell::new(0));
    let source = Looks {
        client: two.alice.client(),
        seen: Rc::clone(&seen),
    };
    let looks = Outgoing {
        source: Box::new(source),
        ..file("large", Vec::new())
    };
    two.world.server.blobs().pieces_left.set(Some(0));
    two.send(draft(""), vec![looks]).unwrap();
    assert!(seen.get() > 1_000_000 && seen.get() < 8_000_000, "{}", seen.get());
    assert_eq!(two.sent().files[0].transfer, TransferView::Uploading { done: 0 });
}
