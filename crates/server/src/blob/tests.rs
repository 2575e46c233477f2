//! The same behaviour of both places, and what only one of them has.

use super::*;
use crate::config::S3Keys;
use crate::tests::logs::Captured;
use futures::TryStreamExt;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;
use tempfile::TempDir;
use tracing::instrument::WithSubscriber;
use undertone_test_s3::{ACCESS_KEY, Mood, SECRET_KEY, TestS3};

const FILE: BlobFile = BlobFile::from_bytes([0xab; 16]);
const OTHER: BlobFile = BlobFile::from_bytes([0xac; 16]);

/// A place of each kind, with what it lies on.
struct Ground {
    blobs: Blobs,
    s3: Option<TestS3>,
    home: TempDir,
}

fn place(s3: &TestS3) -> BlobPlace {
    let place: BlobPlace = s3.url().parse().unwrap();
    place.with_keys(S3Keys::new(ACCESS_KEY, SECRET_KEY))
}

fn quick() -> Patience {
    Patience {
        connect: Duration::from_millis(500),
        silence: Duration::from_millis(300),
        piece: Duration::from_secs(2),
    }
}

fn bucket() -> Ground {
    let home = TempDir::new().unwrap();
    let s3 = TestS3::start(home.path()).unwrap();
    let blobs = Blobs::open_with(&place(&s3), home.path(), quick()).unwrap();
    Ground {
        blobs,
        s3: Some(s3),
        home,
    }
}

fn both() -> [Ground; 2] {
    let home = TempDir::new().unwrap();
    let blobs = Blobs::at(home.path().join("blobs"));
    [
        Ground {
            blobs,
            s3: None,
            home,
        },
        bucket(),
    ]
}

fn at(file: BlobFile, received: usize) -> StoredBlob {
    StoredBlob {
        blob: BlobId::from_bytes([1; 16]),
        file,
        size: 10_000_000,
        received: u64::try_from(received).unwrap(),
    }
}

fn made(length: u32) -> Bytes {
    (0..length)
        .map(|number| (number / 7).to_le_bytes()[1] ^ number.to_le_bytes()[0])
        .collect()
}

/// Writes these bytes in pieces that end here.
async fn write(blobs: &Blobs, file: BlobFile, bytes: &Bytes, ends: &[usize]) {
    let mut from = 0;
    for end in ends {
        blobs
            .write(&at(file, from), bytes.slice(from..*end))
            .await
            .unwrap();
        blobs.settle(&at(file, from)).await;
        from = *end;
    }
}

async fn all(blobs: &Blobs, there: usize, part: Range<u64>) -> io::Result<Vec<u8>> {
    let read = blobs
        .read(&at(FILE, there), part)
        .await
        .map_err(io::Error::other)?;
    let chunks: Vec<Bytes> = read.try_collect().await?;
    Ok(chunks.concat())
}

#[tokio::test]
async fn pieces_are_read_as_they_were_written() {
    for Ground { blobs, .. } in both() {
        blobs.prepare().await.unwrap();
        let bytes = made(2_500_000);
        let ends = [100_000, 100_001, 1_048_576, 1_300_000, 2_200_000, 2_500_000];
        write(&blobs, FILE, &bytes, &ends).await;
        assert!(all(&blobs, 2_500_000, 0..2_500_000).await.unwrap() == bytes);
        for part in [
            0..1,
            99_999..100_002,
            1_048_575..1_048_577,
            1_000_000..2_200_000,
            2_499_999..2_500_000,
        ] {
            let usizes = usize::try_from(part.start).unwrap()..usize::try_from(part.end).unwrap();
            assert!(all(&blobs, 2_500_000, part).await.unwrap() == bytes[usizes]);
        }
        assert!(
            all(&blobs, 2_500_000, 2_499_000..2_500_001).await.is_err(),
            "it is shorter"
        );
        let piece = bytes.slice(1_000_000..1_100_000);
        let there = at(FILE, 2_500_000);
        assert!(blobs.holds(&there, 1_000_000, piece.clone()).await.unwrap());
        assert!(!blobs.holds(&there, 1_000_001, piece).await.unwrap());
    }
}

#[tokio::test]
async fn a_piece_that_was_stored_but_not_noted_is_stored_again() {
    for Ground { blobs, .. } in both() {
        let bytes = made(300_000);
        write(&blobs, FILE, &bytes, &[100_000]).await;
        // A server dies behind these: nobody notes them, and what they replace stays.
        blobs
            .write(&at(FILE, 100_000), bytes.slice(100_000..250_000))
            .await
            .unwrap();
        blobs
            .write(&at(FILE, 100_000), bytes.slice(100_000..150_000))
            .await
            .unwrap();
        assert!(all(&blobs, 100_000, 0..100_000).await.unwrap() == bytes[..100_000]);
        blobs
            .write(&at(FILE, 100_000), bytes.slice(100_000..200_000))
            .await
            .unwrap();
        blobs.settle(&at(FILE, 100_000)).await;
        // A request of the one that died arrives late.
        blobs.write(&at(FILE, 0), bytes.slice(..100_000)).await.unwrap();
        blobs
            .write(&at(FILE, 200_000), bytes.slice(200_000..))
            .await
            .unwrap();
        assert!(all(&blobs, 300_000, 0..300_000).await.unwrap() == bytes);
    }
}

#[tokio::test]
async fn what_is_deleted_is_gone_whole_and_nothing_else() {
    for Ground { blobs, s3, home } in both() {
        let bytes = made(1_500_000);
        write(&blobs, FILE, &bytes, &[100_000, 1_200_000, 1_500_000]).await;
        // Left behind by somebody who died.
        blobs
            .write(&at(FILE, 1_500_000), bytes.slice(..77))
            .await
            .unwrap();
        write(&blobs, OTHER, &bytes, &[10]).await;
        let mut files = blobs.files().await.unwrap();
        files.sort_unstable();
        assert_eq!(files, [FILE, OTHER]);
        blobs.delete(FILE).await.unwrap();
        assert_eq!(blobs.files().await.unwrap(), [OTHER]);
        blobs.delete(FILE).await.unwrap();
        assert!(all(&blobs, 1_500_000, 0..10).await.is_err());
        if let Some(s3) = s3 {
            assert_eq!(s3.objects().unwrap().len(), 1);
            // What is not named like a blob is somebody else's.
            let stranger = home.path().join("blobs/undertone/ab/notes.txt");
            fs::write(&stranger, "theirs").unwrap();
            assert_eq!(blobs.files().await.unwrap(), [OTHER]);
        }
    }
}

#[tokio::test]
async fn what_a_piece_replaces_does_not_stay() {
    let Ground {
        blobs,
        s3,
        home: _home,
    } = bucket();
    let bytes = made(1_100_000);
    write(
        &blobs,
        FILE,
        &bytes,
        &[1000, 2000, 3000, 1_048_576, 1_048_600, 1_100_000],
    )
    .await;
    assert_eq!(s3.unwrap().objects().unwrap().len(), 2);
}

#[tokio::test]
async fn a_blob_is_changed_by_one_at_a_time() {
    let blobs = Blobs::at("unused");
    let id = BlobId::from_bytes([1; 16]);
    let first = blobs.turn(id).await;
    let second = blobs.turn(id);
    tokio::pin!(second);
    assert!(futures::poll!(second.as_mut()).is_pending());
    drop(first);
    assert!(futures::poll!(second.as_mut()).is_ready());
}

#[tokio::test]
async fn files_are_their_owners_alone() {
    let home = TempDir::new().unwrap();
    let directory = Directory::at(home.path().join("blobs"));
    let path = directory.path(FILE);
    let blobs = Blobs::of(Place::Directory(directory));
    write(&blobs, FILE, &made(10), &[10]).await;
    assert!(path.ends_with(format!("blobs/ab/{}", "ab".repeat(16))));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_directory_that_cannot_be_used_is_an_error() {
    let home = TempDir::new().unwrap();
    let taken = home.path().join("blobs");
    fs::write(&taken, "a file").unwrap();
    let blobs = Blobs::at(taken);
    assert!(blobs.prepare().await.is_err());
    assert!(blobs.write(&at(FILE, 0), Bytes::from_static(b"x")).await.is_err());
}

fn s3_error<T: std::fmt::Debug>(outcome: Result<T, BlobError>) -> S3Error {
    match outcome {
        Err(BlobError::S3(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_s3_that_is_slow_overloaded_or_away_is_an_error_in_time_and_loses_nothing() {
    let Ground { blobs, s3, home } = bucket();
    let s3 = s3.unwrap();
    let bytes = made(200_000);
    write(&blobs, FILE, &bytes, &[100_000]).await;
    let next = async || blobs.write(&at(FILE, 100_000), bytes.slice(100_000..)).await;
    s3.behave(Mood::Silent);
    assert_eq!(s3_error(next().await), S3Error::Late);
    // It stores, and the answer is lost.
    s3.behave(Mood::Mute);
    assert_eq!(s3_error(next().await), S3Error::Late);
    s3.behave(Mood::Overloaded);
    let error = s3_error(next().await);
    assert_eq!(error.to_string(), "S3 fails: SlowDown");
    assert!(error.may_pass());
    let address = s3.address();
    s3.stop();
    assert_eq!(s3_error(next().await), S3Error::Unreachable);
    assert_eq!(s3_error(blobs.delete(FILE).await), S3Error::Unreachable);
    blobs.prepare().await.unwrap();
    let _s3 = TestS3::start_at(home.path(), address).unwrap();
    next().await.unwrap();
    assert!(all(&blobs, 200_000, 0..200_000).await.unwrap() == bytes);
}

#[tokio::test]
async fn an_s3_that_does_not_know_the_keys_or_the_bucket_is_told_at_the_start() {
    let Ground { s3, home, .. } = bucket();
    let s3 = s3.unwrap();
    let with = |url: &str, secret: &str| {
        let place: BlobPlace = url.parse().unwrap();
        let place = place.with_keys(S3Keys::new(ACCESS_KEY, secret));
        Blobs::open_with(&place, home.path(), quick()).unwrap()
    };
    let error = s3_error(with(&s3.url(), "wrong").prepare().await);
    assert_eq!(error.to_string(), "S3 refuses: SignatureDoesNotMatch");
    let elsewhere = s3.url().replace("s3://blobs", "s3://other");
    let error = s3_error(with(&elsewhere, SECRET_KEY).prepare().await);
    assert_eq!(error.to_string(), "S3 refuses: NoSuchBucket");
    with(&s3.url(), SECRET_KEY).prepare().await.unwrap();
}

#[tokio::test]
async fn neither_logs_nor_errors_tell_the_keys() {
    let Ground { s3, home, .. } = bucket();
    let s3 = s3.unwrap();
    let captured = Captured::default();
    let told = async {
        let wrong: BlobPlace = s3.url().parse().unwrap();
        let wrong = wrong.with_keys(S3Keys::new(ACCESS_KEY, "whisper-it"));
        let refused = Blobs::open_with(&wrong, home.path(), quick()).unwrap();
        let good = Blobs::open_with(&place(&s3), home.path(), quick()).unwrap();
        let mut told = format!("{wrong:?} {refused:?} {good:?}");
        let error = refused.write(&at(FILE, 0), made(10)).await.unwrap_err();
        tracing::error!(error = &error as &dyn Error, "refused");
        told = [told, format!("{error:?} {error}")].concat();
        write(&good, FILE, &made(100), &[10, 100]).await;
        s3.behave(Mood::Overloaded);
        good.prepare().await.unwrap();
        let late = s3_error(good.write(&at(FILE, 100), made(10)).await);
        [told, format!("{late:?}")].concat()
    }
    .with_subscriber(captured.subscriber())
    .await;
    let log = captured.text();
    assert!(
        log.contains("there are no files until S3 answers"),
        "the search sees the log: {log}"
    );
    for secret in [ACCESS_KEY, SECRET_KEY, "whisper-it"] {
        assert!(!log.contains(secret), "the log has {secret}: {log}");
        assert!(!told.contains(secret), "somebody is told {secret}: {told}");
    }
}
