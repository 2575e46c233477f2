//! The task that brings sealed files to the server, piece by piece, from wherever the server has got to:
//! after a broken connection, a reload or a restart of either side it goes on. With the last file of a
//! message, the message is queued. It also deletes what nobody needs any more, here and there.

use super::error::FileError;
use super::seal::Layout;
use crate::account::AccountError;
use crate::core::Core;
use crate::error::ClientError;
use crate::message::compose;
use crate::message::send::announce;
use crate::store::file::{FileState, GoneBlob, StoredFile};
use crate::store::message::{Failure, MessageState, StoredMessage};
use crate::sync::backoff;
use crate::sync::status::Phase;
use crate::testing::{FILE_AFTER_PIECE, FILE_BEFORE_PIECE, FILE_BEFORE_QUEUE};
use crate::transport::api::ApiError;
use futures::FutureExt;
use futures::future::select;
use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;
use undertone_wire::blob::{BlobResponse, CreateBlobRequest};
use undertone_wire::content::{Attachment, Content, Expiry, Part};
use undertone_wire::limits::BLOB_PIECE_BYTES_MAX;
use undertone_wire::{BlobId, ErrorCode, codec};

/// The first piece: on a slow line a larger one might not arrive in time.
const PIECE_BYTES_FIRST: usize = 128 * 1024;
/// Pieces grow while they take less than this, and shrink when one does not arrive.
const PIECE_LASTS_MS: u64 = 1500;
/// Screens are told of progress no more often than so.
const TELL_EVERY_MS: u64 = 250;
/// So much longer than its message a blob stays on the server, should the device be gone that deletes it
/// in time: the message may wait for its other files before its own time begins.
const EXPIRY_GRACE_SECONDS: u32 = 3600;
/// Sealed files of at most so many bytes stay on this device, to be shown again.
pub(super) const KEPT_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// All that stay together; the oldest go first.
const KEPT_TOTAL_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// The code of a file that was not read to its end.
pub(super) const INTERRUPTED: &str = "file_interrupted";

/// How far the task is.
#[derive(Debug)]
pub(crate) struct Uploads {
    running: Cell<bool>,
    piece_bytes: Cell<usize>,
    told_ms: Cell<u64>,
}

impl Default for Uploads {
    fn default() -> Self {
        Self {
            running: Cell::new(false),
            piece_bytes: Cell::new(PIECE_BYTES_FIRST),
            told_ms: Cell::new(0),
        }
    }
}

/// Starts the task, unless it runs. It goes on until the client is dropped.
pub(crate) fn start(core: &Rc<Core>) {
    if !core.uploads.running.replace(true) {
        core.spawn(run(Rc::clone(core)).boxed_local());
    }
}

/// What came of a try.
enum Round {
    /// There may be more.
    Done,
    /// The server or the network is not there.
    TryLater,
    Idle,
}

async fn run(core: Rc<Core>) {
    if let Err(error) = sweep(&core).await {
        failed(&error);
    }
    let mut failures = 0_u32;
    while core.checkpoints.alive().is_ok() {
        let told = core.signal.count();
        let round = round(&core).await.unwrap_or_else(|error| {
            failed(&error);
            Round::TryLater
        });
        match round {
            Round::Done => failures = 0,
            Round::Idle => core.signal.after(told).await,
            Round::TryLater => {
                failures = failures.saturating_add(1);
                let delay = backoff::delay(failures, &mut rand::rngs::OsRng);
                let was_online = core.status.phase() == Phase::Online;
                let back = core.signal.until(|| {
                    let is_online = core.status.phase() == Phase::Online;
                    (is_online && !was_online).then_some(())
                });
                select(pin!(back), core.platform.sleep(delay)).await;
            }
        }
    }
}

fn failed(error: &ClientError) {
    tracing::warn!(
        error = error as &dyn std::error::Error,
        "files could not be brought on their way"
    );
}

/// What was being read when the client ended cannot go on: its source is not known any more.
pub(crate) fn fail_interrupted(core: &Core) -> Result<(), ClientError> {
    for file in core.store.interrupted_files()? {
        let failure = Failure {
            code: INTERRUPTED.to_owned(),
            message: "this file was not read to its end; attach it again".to_owned(),
        };
        fail(core, &file, failure)?;
    }
    Ok(())
}

/// What lies on this device for nothing goes.
async fn sweep(core: &Core) -> Result<(), ClientError> {
    for blob in core.sealed.list().await? {
        if !core.store.knows_blob(blob)? {
            core.sealed.delete(blob).await?;
        }
    }
    Ok(())
}

async fn round(core: &Core) -> Result<Round, ClientError> {
    if core.me().is_err() {
        return Ok(Round::Idle);
    }
    if let Some(gone) = core
        .store
        .gone_blobs()?
        .into_iter()
        .find(|gone| may_delete(core, gone))
    {
        return delete(core, gone).await;
    }
    if core.status.phase() != Phase::Online {
        return Ok(Round::Idle);
    }
    match core.store.next_upload()? {
        Some(file) => upload(core, file).await,
        None => Ok(Round::Idle),
    }
}

fn may_delete(core: &Core, gone: &GoneBlob) -> bool {
    !gone.on_server || core.status.phase() == Phase::Online
}

async fn delete(core: &Core, gone: GoneBlob) -> Result<Round, ClientError> {
    if !core.store.knows_blob(gone.blob)? {
        core.sealed.delete(gone.blob).await?;
    }
    if gone.on_server {
        let deleted = core
            .account
            .authorized(async |token| core.api.delete_blob(token, gone.blob).await)
            .await;
        match deleted {
            Err(AccountError::Api(error)) if error.is_temporary() => return Ok(Round::TryLater),
            // It is gone, or was never there, or is somebody else's: nothing more can be done.
            Ok(()) | Err(AccountError::Api(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    core.transaction(|| Ok(core.store.forget_gone_blob(gone.blob)?))?;
    // Whoever waits until nothing is to be done looks again.
    core.signal.notify();
    Ok(Round::Done)
}

/// Brings one file as far as it comes.
async fn upload(core: &Core, mut file: StoredFile) -> Result<Round, ClientError> {
    let layout = Layout::of(file.reference.size);
    let Some(message) = core.store.message_of_row(file.message)? else {
        // Deleted in this moment, and its files with it.
        return Ok(Round::Done);
    };
    let begun = match begin_blob(core, (&message, &file)).await {
        Ok(begun) => begun,
        Err(error) => return refused(core, &file, error),
    };
    progressed(core, &mut file, begun.offset)?;
    while file.sent < layout.sealed() {
        let piece = core.uploads.piece_bytes.get().min(to_edge(file.sent));
        let bytes = core.sealed.read(file.reference.blob, file.sent, piece).await?;
        if bytes.is_empty() {
            // Somebody deleted it from the disk.
            let failure = Failure {
                code: FileError::Gone.code().to_owned(),
                message: "this file is no longer on this device".to_owned(),
            };
            fail(core, &file, failure)?;
            return Ok(Round::Done);
        }
        core.checkpoints.reach(FILE_BEFORE_PIECE)?;
        let began_ms = core.platform.monotonic_ms();
        let (blob, offset) = (file.reference.blob, file.sent);
        let put = core
            .account
            .authorized(async |token| core.api.put_blob(token, (blob, offset), &bytes).await)
            .await;
        core.checkpoints.reach(FILE_AFTER_PIECE)?;
        adapt(
            core,
            put.is_ok(),
            core.platform.monotonic_ms().saturating_sub(began_ms),
        );
        match put {
            Ok(response) => progressed(core, &mut file, response.offset)?,
            Err(error) => return piece_refused(core, &file, error),
        }
        let now = core.store.file(file.at())?.map(|file| file.state);
        if now != Some(FileState::Uploading) {
            return Ok(Round::Done);
        }
    }
    complete(core, &file).await?;
    Ok(Round::Done)
}

/// Bytes up to the next multiple of the largest piece: one that ends there is cheaper for a server that keeps
/// pieces as they come.
fn to_edge(sent: u64) -> usize {
    let into = usize::try_from(sent % (BLOB_PIECE_BYTES_MAX as u64)).unwrap_or(0);
    BLOB_PIECE_BYTES_MAX - into
}

async fn begin_blob(
    core: &Core,
    (message, file): (&StoredMessage, &StoredFile),
) -> Result<BlobResponse, AccountError> {
    let request = CreateBlobRequest {
        blob: file.reference.blob,
        conversation: message.conversation,
        size: Layout::of(file.reference.size).sealed(),
        expires_after_seconds: match message.lifetime.expiry {
            Some(Expiry::AfterSent(seconds)) => Some(seconds.saturating_add(EXPIRY_GRACE_SECONDS)),
            // Who reads it when is not known: by the conversation's retention.
            Some(Expiry::AfterRead(_)) | None => None,
        },
    };
    core.account
        .authorized(async |token| core.api.create_blob(token, &request).await)
        .await
}

/// Larger pieces on a quick line, smaller ones on a bad one.
fn adapt(core: &Core, arrived: bool, took_ms: u64) {
    let piece = core.uploads.piece_bytes.get();
    let next = if !arrived {
        (piece / 2).max(PIECE_BYTES_FIRST / 4)
    } else if took_ms < PIECE_LASTS_MS {
        piece.saturating_mul(2).min(BLOB_PIECE_BYTES_MAX)
    } else {
        piece
    };
    core.uploads.piece_bytes.set(next);
}

fn progressed(core: &Core, file: &mut StoredFile, offset: u64) -> Result<(), ClientError> {
    file.sent = offset;
    core.transaction(|| Ok(core.store.set_file_sent(file.at(), offset)?))?;
    let now = core.platform.monotonic_ms();
    if now.saturating_sub(core.uploads.told_ms.get()) >= TELL_EVERY_MS {
        core.uploads.told_ms.set(now);
        tell(core, file)?;
    }
    Ok(())
}

/// So many bytes of a file are sealed: its screen is told now and then.
pub(super) fn sealing(core: &Core, file: &StoredFile, done: u64) -> Result<(), ClientError> {
    let now = core.platform.monotonic_ms();
    if now.saturating_sub(core.uploads.told_ms.get()) < TELL_EVERY_MS {
        return Ok(());
    }
    core.uploads.told_ms.set(now);
    core.transaction(|| Ok(core.store.set_file_sent(file.at(), done)?))?;
    tell(core, file)
}

fn tell(core: &Core, file: &StoredFile) -> Result<(), ClientError> {
    if let Some(message) = core.store.message_of_row(file.message)? {
        announce(core, message.conversation);
    }
    Ok(())
}

/// A piece was not taken.
fn piece_refused(core: &Core, file: &StoredFile, error: AccountError) -> Result<Round, ClientError> {
    match &error {
        // The server has got further, or has lost it: ask again where it is, after a pause.
        AccountError::Api(error)
            if matches!(
                error.code(),
                Some(ErrorCode::NotFound | ErrorCode::CounterConflict)
            ) =>
        {
            Ok(Round::TryLater)
        }
        _ => refused(core, file, error),
    }
}

/// What the server or the network said no to.
fn refused(core: &Core, file: &StoredFile, error: AccountError) -> Result<Round, ClientError> {
    match &error {
        AccountError::Api(error) if error.is_temporary() => Ok(Round::TryLater),
        AccountError::Api(ApiError::Refused(body)) => {
            let failure = Failure {
                code: body.code.as_str().to_owned(),
                message: body.message.clone(),
            };
            fail(core, file, failure)?;
            Ok(Round::Done)
        }
        _ => Err(error.into()),
    }
}

/// A file does not go on by itself, and so does not its message.
fn fail(core: &Core, file: &StoredFile, failure: Failure) -> Result<(), ClientError> {
    core.transaction(|| {
        core.store
            .set_file_state(file.at(), &FileState::Failed(failure.code.clone()))?;
        Ok(core
            .store
            .set_message_state(file.message, &MessageState::Failed(failure))?)
    })?;
    tell(core, file)
}

/// A file is on the server; perhaps it was the last that its message waited for.
async fn complete(core: &Core, file: &StoredFile) -> Result<(), ClientError> {
    core.checkpoints.reach(FILE_BEFORE_QUEUE)?;
    core.transaction(|| {
        core.store.set_file_state(file.at(), &FileState::Complete)?;
        queue_if_complete(core, file.message)
    })?;
    tell(core, file)?;
    keep_within_limits(core).await
}

/// Queues a message whose files are all on the server, with what is known of them now. Part of a
/// transaction.
pub(super) fn queue_if_complete(core: &Core, row: i64) -> Result<(), ClientError> {
    let files = core.store.files(row)?;
    let complete = files.iter().all(|file| file.state == FileState::Complete);
    let Some(message) = core.store.message_of_row(row)?.filter(|_| complete) else {
        return Ok(());
    };
    let content: Content = codec::from_cbor(&message.content)?;
    let Part::Files(attachment) = content.part else {
        return Ok(());
    };
    let content = Content {
        part: Part::Files(Attachment {
            files: files.into_iter().map(|file| file.reference).collect(),
            ..attachment
        }),
        ..content
    };
    let bytes = codec::to_cbor(&content)?;
    let id = compose::message_id(content.salt.as_slice(), &bytes);
    core.store.set_message_content(row, id, &bytes)?;
    Ok(core.store.add_outgoing(row, message.conversation)?)
}

/// Large files and the oldest of too many do not stay on this device: they can be fetched again.
pub(super) async fn keep_within_limits(core: &Core) -> Result<(), ClientError> {
    let mut total = 0_u64;
    let mut gone: Vec<BlobId> = Vec::new();
    for file in core.store.files_here()? {
        let bytes = Layout::of(file.reference.size).sealed();
        total = total.saturating_add(bytes);
        if bytes > KEPT_BYTES_MAX || total > KEPT_TOTAL_BYTES_MAX {
            total = total.saturating_sub(bytes);
            gone.push(file.reference.blob);
        }
    }
    for blob in gone {
        core.transaction(|| Ok(core.store.set_file_here(blob, None)?))?;
        core.sealed.delete(blob).await?;
    }
    Ok(())
}
