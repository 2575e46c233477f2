//! Blobs over HTTP: sealed bytes go up in pieces and come down in ranges, whatever happens in between, and
//! wherever they lie.

use super::guest::{create as guest_room, found_room};
use super::{Server, Talk, code, phone::Phone};
use crate::maintenance::cleanup;
use crate::server::{Environment, start};
use crate::store::blob::{BLOB_OVERHEAD_BYTES, Extension};
use crate::{Checkpoints, Config};
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use rand::RngCore;
use rand::rngs::OsRng;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tower::ServiceExt;
use undertone_test_s3::Mood;
use undertone_wire::blob::{BlobResponse, CreateBlobRequest, sealed_bytes};
use undertone_wire::error::ErrorResponse;
use undertone_wire::limits::BLOB_PIECE_BYTES_MAX;
use undertone_wire::{BlobId, ConversationId, ErrorBody, ErrorCode};

mod ground;

use ground::{Ground, talk_on};

const PATH: &str = "/api/v1/blobs";

/// An answer of the server that need not be JSON.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn progress(&self) -> Result<BlobResponse, ErrorBody> {
        if self.status == StatusCode::OK {
            return Ok(serde_json::from_slice(&self.body).unwrap());
        }
        let refused: ErrorResponse = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(self.status.as_u16(), refused.error.code.status());
        Err(refused.error)
    }

    fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Server {
    async fn answer(&self, phone: &Phone, request: Request<Body>) -> Answer {
        let mut request = request;
        let bearer = format!("Bearer {}", phone.token).parse().unwrap();
        request.headers_mut().insert(header::AUTHORIZATION, bearer);
        let from = SocketAddr::from((Ipv4Addr::LOCALHOST, 4));
        request.extensions_mut().insert(ConnectInfo(from));
        let router = crate::router::router(self.state.clone());
        let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: to_bytes(body, usize::MAX).await.unwrap().to_vec(),
        }
    }

    async fn place(&self, phone: &Phone, request: CreateBlobRequest) -> Result<BlobResponse, ErrorBody> {
        self.post(phone, PATH, &request).await
    }

    async fn bring(
        &self,
        phone: &Phone,
        blob: BlobId,
        (offset, piece): (u64, &[u8]),
    ) -> Result<BlobResponse, ErrorBody> {
        let request = Request::put(format!("{PATH}/{blob}?offset={offset}"));
        let request = request.body(Body::from(piece.to_vec())).unwrap();
        self.answer(phone, request).await.progress()
    }

    async fn fetch(&self, phone: &Phone, blob: BlobId, range: Option<&str>) -> Answer {
        let mut request = Request::get(format!("{PATH}/{blob}"));
        if let Some(range) = range {
            request = request.header(header::RANGE, range);
        }
        self.answer(phone, request.body(Body::empty()).unwrap()).await
    }

    async fn progress(&self, phone: &Phone, blob: BlobId) -> Result<BlobResponse, ErrorBody> {
        self.get(phone, &format!("{PATH}/{blob}/progress")).await
    }
}

/// Each of these on the disk and on S3.
macro_rules! on_both_grounds {
    ($($name:ident,)*) => {
        mod on_disk {
            $(#[tokio::test] async fn $name() { super::$name(super::Ground::Disk).await; })*
        }
        mod on_s3 {
            $(#[tokio::test] async fn $name() { super::$name(super::Ground::s3()).await; })*
        }
    };
}

on_both_grounds! {
    what_goes_up_in_pieces_comes_down_whole_and_in_ranges,
    a_piece_that_is_there_is_answered_again_and_no_other_takes_its_place,
    a_piece_that_comes_many_times_at_once_is_there_once,
    sizes_and_shares_are_limited,
    the_uploader_deletes_and_nothing_is_left,
    addresses_and_offsets_of_other_forms_reach_no_file,
    a_place_that_fails_acknowledges_nothing,
    a_guest_has_a_share_of_their_own,
    a_clean_up_takes_what_is_past_its_time_and_what_nobody_knows,
    an_upload_goes_on_after_a_restart,
}

fn random(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    OsRng.fill_bytes(&mut bytes);
    bytes
}

fn id(number: u8) -> BlobId {
    BlobId::from_bytes([number; 16])
}

fn request(number: u8, conversation: ConversationId, size: u64) -> CreateBlobRequest {
    CreateBlobRequest {
        blob: id(number),
        conversation,
        size,
        expires_after_seconds: None,
    }
}

/// Uploads these bytes in one piece.
async fn upload(talk: &Talk, number: u8, bytes: &[u8]) -> BlobId {
    let size = u64::try_from(bytes.len()).unwrap();
    let asked = request(number, talk.id, size);
    talk.server.place(&talk.alice, asked).await.unwrap();
    let done = talk
        .server
        .bring(&talk.alice, id(number), (0, bytes))
        .await
        .unwrap();
    assert_eq!((done.offset, done.size), (size, size));
    id(number)
}

async fn what_goes_up_in_pieces_comes_down_whole_and_in_ranges(ground: Ground) {
    let Talk {
        server,
        alice,
        bob,
        id: room,
    } = talk_on(&ground).await;
    let bytes = random(2 * BLOB_PIECE_BYTES_MAX + 5000);
    let size = u64::try_from(bytes.len()).unwrap();
    let asked = request(1, room, size);
    let begun = server.place(&alice, asked.clone()).await.unwrap();
    assert_eq!((begun.blob, begun.offset, begun.size), (id(1), 0, size));
    assert_eq!(
        server.fetch(&bob, id(1), None).await.status,
        StatusCode::NOT_FOUND
    );
    let mut offset = 0;
    for piece in bytes.chunks(BLOB_PIECE_BYTES_MAX) {
        offset = server.bring(&alice, id(1), (offset, piece)).await.unwrap().offset;
        assert_eq!(server.progress(&alice, id(1)).await.unwrap().offset, offset);
        assert_eq!(server.place(&alice, asked.clone()).await.unwrap().offset, offset);
    }
    let whole = server.fetch(&bob, id(1), None).await;
    assert_eq!((whole.status, whole.body == bytes), (StatusCode::OK, true));
    assert_eq!(whole.header(header::CONTENT_LENGTH), size.to_string());
    for (name, value) in [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CONTENT_DISPOSITION, "attachment"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::CACHE_CONTROL,
            "private, max-age=3600, immutable, no-transform",
        ),
        (header::ACCEPT_RANGES, "bytes"),
        (header::CONTENT_ENCODING, ""),
    ] {
        assert_eq!(whole.header(name.clone()), value, "{name}");
    }
    let part = server.fetch(&bob, id(1), Some("bytes=1048570-1048585")).await;
    assert_eq!(part.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.body, bytes[1_048_570..1_048_586]);
    assert_eq!(
        part.header(header::CONTENT_RANGE),
        format!("bytes 1048570-1048585/{size}")
    );
    let behind = server.fetch(&bob, id(1), Some(&format!("bytes={size}-"))).await;
    assert_eq!(behind.status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(behind.header(header::CONTENT_RANGE), format!("bytes */{size}"));
    assert!(behind.body.is_empty());
}

async fn a_piece_that_is_there_is_answered_again_and_no_other_takes_its_place(ground: Ground) {
    let Talk {
        server,
        alice,
        bob,
        id: room,
    } = talk_on(&ground).await;
    server.place(&alice, request(1, room, 100)).await.unwrap();
    let bytes = random(100);
    for _ in 0..2 {
        assert_eq!(
            server
                .bring(&alice, id(1), (0, &bytes[..60]))
                .await
                .unwrap()
                .offset,
            60
        );
    }
    assert_eq!(
        server
            .bring(&alice, id(1), (20, &bytes[20..30]))
            .await
            .unwrap()
            .offset,
        60
    );
    for (offset, piece, refusal) in [
        (0, &[0; 60][..], ErrorCode::CounterConflict),
        (50, &bytes[50..70], ErrorCode::CounterConflict),
        (61, &bytes[61..], ErrorCode::CounterConflict),
        (60, &[1; 41][..], ErrorCode::TooLarge),
        (u64::MAX, &[1][..], ErrorCode::TooLarge),
        (60, &[][..], ErrorCode::BadRequest),
    ] {
        let refused = server.bring(&alice, id(1), (offset, piece)).await;
        assert_eq!(code(refused), refusal, "{offset}");
    }
    assert_eq!(
        code(server.bring(&bob, id(1), (60, &bytes[60..])).await),
        ErrorCode::NotFound
    );
    assert_eq!(code(server.progress(&bob, id(1)).await), ErrorCode::NotFound);
    assert_eq!(
        server
            .bring(&alice, id(1), (60, &bytes[60..]))
            .await
            .unwrap()
            .offset,
        100
    );
    assert_eq!(
        server
            .bring(&alice, id(1), (60, &bytes[60..]))
            .await
            .unwrap()
            .offset,
        100
    );
    assert_eq!(server.fetch(&bob, id(1), None).await.body, bytes);
}

async fn a_piece_that_comes_many_times_at_once_is_there_once(ground: Ground) {
    let Talk {
        server,
        alice,
        bob,
        id: room,
    } = talk_on(&ground).await;
    let bytes = random(300_000);
    server.place(&alice, request(1, room, 300_000)).await.unwrap();
    let other_bytes = random(300_000);
    let mut kept = Vec::new();
    for (offset, end) in [(0, 100_000), (100_000, 200_000), (200_000, 300_000)] {
        let (piece, other) = (&bytes[offset..end], &other_bytes[offset..end]);
        let at = u64::try_from(offset).unwrap();
        let same = (0..8).map(|_| server.bring(&alice, id(1), (at, piece)));
        let others = (0..4).map(|_| server.bring(&alice, id(1), (at, other)));
        let (same, others) =
            futures::join!(futures::future::join_all(same), futures::future::join_all(others));
        // Whoever was first has it; what was acknowledged is what lies there.
        let (winner, winners, losers) = if same.iter().any(Result::is_ok) {
            (piece, same, others)
        } else {
            (other, others, same)
        };
        assert!(winners.iter().all(Result::is_ok), "{winners:?}");
        for refused in losers {
            assert_eq!(code(refused), ErrorCode::CounterConflict);
        }
        kept.extend_from_slice(winner);
    }
    assert_eq!(server.fetch(&bob, id(1), None).await.body, kept);
}

async fn sizes_and_shares_are_limited(ground: Ground) {
    let change = |config: &mut Config| {
        ground.settle(config);
        config.blobs.file_bytes_max = 1000;
        config.blobs.user_bytes_max = 2 * (sealed_bytes(1000) + BLOB_OVERHEAD_BYTES) + sealed_bytes(1000);
    };
    let server = Server::start_with(change).await;
    let (mut alice, bob) = (server.register("alice").await, server.register("bob").await);
    bob.stock(&server, 3).await;
    let room = alice.begin(&server, bob.user).await;
    let largest = sealed_bytes(1000);
    for (size, refusal) in [
        (0, ErrorCode::BadRequest),
        (largest + 1, ErrorCode::TooLarge),
        (u64::MAX, ErrorCode::TooLarge),
    ] {
        let refused = server.place(&alice, request(1, room, size)).await;
        assert_eq!(code(refused), refusal, "{size}");
    }
    let brief = CreateBlobRequest {
        expires_after_seconds: Some(1),
        ..request(1, room, 10)
    };
    assert_eq!(code(server.place(&alice, brief).await), ErrorCode::BadRequest);
    for number in 1..=2 {
        server
            .place(&alice, request(number, room, largest))
            .await
            .unwrap();
    }
    let third = server.place(&alice, request(3, room, largest)).await;
    assert_eq!(code(third), ErrorCode::LimitReached);
    let stranger = server.register("carol").await;
    let refused = server.place(&stranger, request(4, room, 10)).await;
    assert_eq!(code(refused), ErrorCode::NotFound);
    let large = vec![0; BLOB_PIECE_BYTES_MAX + 1];
    let refused = server.bring(&alice, id(1), (0, &large)).await;
    assert_eq!(code(refused), ErrorCode::TooLarge);
    assert_eq!(server.progress(&alice, id(1)).await.unwrap().offset, 0);
}

async fn the_uploader_deletes_and_nothing_is_left(ground: Ground) {
    let talk = talk_on(&ground).await;
    let blob = upload(&talk, 1, &random(5000)).await;
    let Talk {
        server, alice, bob, ..
    } = talk;
    assert_eq!(ground.files(&server).len(), 1);
    let path = format!("{PATH}/{blob}");
    assert_eq!(code(server.delete(&bob, &path).await), ErrorCode::NotFound);
    server.delete(&alice, &path).await.unwrap();
    assert!(ground.files(&server).is_empty());
    assert_eq!(server.fetch(&bob, blob, None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(code(server.delete(&alice, &path).await), ErrorCode::NotFound);
}

async fn addresses_and_offsets_of_other_forms_reach_no_file(ground: Ground) {
    let talk = talk_on(&ground).await;
    let blob = upload(&talk, 1, b"bytes").await;
    let Talk { server, alice, .. } = talk;
    let upper = blob.to_string().to_uppercase();
    let ids = [
        "..",
        "%2e%2e",
        "..%2f..%2fkeys.json",
        "%2fetc%2fpasswd",
        "keys.json",
        "%00",
        upper.as_str(),
        "a",
    ];
    for id in ids {
        for method in [Method::GET, Method::DELETE] {
            let asked = Request::builder().method(method).uri(format!("{PATH}/{id}"));
            let answer = server.answer(&alice, asked.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{id}");
        }
    }
    for query in [
        "",
        "?offset=",
        "?offset=-1",
        "?offset=1e3",
        "?offset=99999999999999999999",
        "?Offset=0",
    ] {
        let asked = Request::put(format!("{PATH}/{blob}{query}"))
            .body(Body::from("bytes"))
            .unwrap();
        let refused = server.answer(&alice, asked).await.progress();
        assert_eq!(code(refused), ErrorCode::BadRequest, "{query}");
    }
    assert_eq!(ground.files(&server).len(), 1);
}

async fn a_place_that_fails_acknowledges_nothing(ground: Ground) {
    let Talk {
        server,
        alice,
        id: room,
        ..
    } = talk_on(&ground).await;
    server.place(&alice, request(1, room, 100)).await.unwrap();
    let directory = ground.root(&server);
    match &ground {
        Ground::Disk => {
            std::fs::remove_dir(&directory).unwrap();
            std::fs::write(&directory, "in the way").unwrap();
        }
        Ground::S3 { s3, .. } => s3.behave(Mood::Overloaded),
    }
    let refused = server.bring(&alice, id(1), (0, &[1; 100])).await;
    assert_eq!(code(refused), ErrorCode::Unavailable);
    assert_eq!(server.progress(&alice, id(1)).await.unwrap().offset, 0);
    match &ground {
        Ground::Disk => std::fs::remove_file(&directory).unwrap(),
        Ground::S3 { s3, .. } => s3.behave(Mood::Well),
    }
    assert_eq!(
        server.bring(&alice, id(1), (0, &[1; 100])).await.unwrap().offset,
        100
    );
}

async fn a_guest_has_a_share_of_their_own(ground: Ground) {
    let change = |config: &mut Config| {
        ground.settle(config);
        config.blobs.guest_bytes_max = 100 + BLOB_OVERHEAD_BYTES;
    };
    let server = Server::start_with(change).await;
    let mut guest = server.guest("quiet-otter").await;
    let (founding, _) = found_room(&mut guest);
    guest_room(&server, &guest, &founding).await.unwrap();
    let room = founding.conversation;
    server.place(&guest, request(1, room, 100)).await.unwrap();
    let refused = server.place(&guest, request(2, room, 1)).await;
    assert_eq!(code(refused), ErrorCode::LimitReached);
}

async fn a_clean_up_takes_what_is_past_its_time_and_what_nobody_knows(ground: Ground) {
    let (server, clock) = Server::start_still_with(|config| ground.settle(config)).await;
    let (mut alice, bob) = (server.register("alice").await, server.register("bob").await);
    bob.stock(&server, 3).await;
    let room = alice.begin(&server, bob.user).await;
    let brief = CreateBlobRequest {
        expires_after_seconds: Some(60),
        ..request(1, room, 10)
    };
    server.place(&alice, brief).await.unwrap();
    server.place(&alice, request(2, room, 10)).await.unwrap();
    for number in [1, 2] {
        server
            .bring(&alice, id(number), (0, &[number; 10]))
            .await
            .unwrap();
    }
    let (shelf, stray) = (ground.root(&server).join("00"), "00".repeat(16));
    let stray = match &ground {
        Ground::Disk => shelf.join(stray),
        Ground::S3 { .. } => shelf.join(stray).join("00000000-00000012"),
    };
    std::fs::create_dir_all(stray.parent().unwrap()).unwrap();
    for path in [stray, shelf.join("notes.txt")] {
        std::fs::write(path, "of an older backup").unwrap();
    }
    let environment = Environment {
        clock: clock.clone(),
        checkpoints: Checkpoints::default(),
    };
    let clean = async || {
        let cleaned = cleanup(&server.state.config, &environment).await.unwrap();
        cleaned.swept.blobs
    };
    assert_eq!(clean().await, 1, "the one that nobody knows");
    clock.advance(Duration::from_mins(1));
    assert_eq!(
        server.fetch(&bob, id(1), None).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(clean().await, 1, "the one whose time is over");
    assert_eq!(clean().await, 0);
    assert_eq!(server.fetch(&bob, id(2), None).await.body, [2; 10]);
    assert_eq!(ground.files(&server).len(), 2, "what is no blob stays");
}

impl Server {
    /// Stops, and starts again on the same data.
    async fn restart(self) -> Self {
        let Self {
            running,
            state,
            _directory: directory,
        } = self;
        let config = state.config.clone();
        running.shutdown().await;
        drop(state);
        let running = start(config, Environment::default()).await.unwrap();
        let state = running.state().clone();
        Self {
            running,
            state,
            _directory: directory,
        }
    }
}

async fn an_upload_goes_on_after_a_restart(ground: Ground) {
    let Talk {
        server,
        alice,
        bob,
        id: room,
    } = talk_on(&ground).await;
    let bytes = random(200_000);
    let asked = request(1, room, 200_000);
    server.place(&alice, asked.clone()).await.unwrap();
    server.bring(&alice, id(1), (0, &bytes[..120_000])).await.unwrap();
    let server = server.restart().await;
    assert_eq!(server.place(&alice, asked).await.unwrap().offset, 120_000);
    let done = server
        .bring(&alice, id(1), (120_000, &bytes[120_000..]))
        .await
        .unwrap();
    assert_eq!(done.offset, done.size);
    let server = server.restart().await;
    assert_eq!(server.fetch(&bob, id(1), None).await.body, bytes);
}

#[tokio::test]
async fn what_s3_cannot_give_is_an_error_and_not_an_empty_file() {
    let ground = Ground::s3();
    let talk = talk_on(&ground).await;
    let bytes = random(BLOB_PIECE_BYTES_MAX);
    let blob = upload(&talk, 1, &bytes).await;
    let Talk {
        server, alice, bob, ..
    } = talk;
    let Ground::S3 { s3, .. } = &ground else {
        panic!("it is one")
    };
    s3.behave(Mood::Overloaded);
    let answer = server.fetch(&bob, blob, None).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(code(answer.progress()), ErrorCode::Unavailable);
    // Deleting is believed, and done when it can be.
    server.delete(&alice, &format!("{PATH}/{blob}")).await.unwrap();
    assert_eq!(server.fetch(&bob, blob, None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(ground.files(&server).len(), 1);
    s3.behave(Mood::Well);
    let cleaned = cleanup(&server.state.config, &Environment::default())
        .await
        .unwrap();
    assert_eq!((cleaned.swept.blobs, ground.files(&server).len()), (1, 0));
}

#[tokio::test]
async fn a_piece_that_another_server_has_stored_meanwhile_is_not_lost() {
    let ground = Ground::s3();
    let Talk {
        server,
        alice,
        bob,
        id: room,
    } = talk_on(&ground).await;
    let Ground::S3 { s3, .. } = &ground else {
        panic!("it is one")
    };
    let bytes = random(100);
    server.place(&alice, request(1, room, 100)).await.unwrap();
    s3.behave(Mood::Silent);
    let before = s3.requests();
    let at_another = async {
        while s3.requests() == before {
            tokio::task::yield_now().await;
        }
        let extension = Extension {
            blob: id(1),
            user: alice.user,
            from: 0,
            to: 100,
            now: server.state.clock.now(),
        };
        server.state.store.extend_blob(extension).await.unwrap().unwrap();
        s3.behave(Mood::Well);
    };
    let (here, ()) = futures::join!(server.bring(&alice, id(1), (0, &bytes)), at_another);
    assert_eq!(here.unwrap().offset, 100);
    assert_eq!(server.fetch(&bob, id(1), None).await.body, bytes);
}
