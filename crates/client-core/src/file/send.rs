//! Sending files, as far as the writer is concerned: the message is shown and stored at once, then each
//! file is read, stripped, sealed and kept as ciphertext beside the store. From then on the way to the
//! server is the business of `upload`.

use super::download::Download;
use super::error::FileError;
use super::outgoing::{self, Outgoing};
use super::preview;
use super::seal::{FileKeys, Layout};
use super::source::{FileSource, MemorySource};
use super::strip::{self, Format};
use super::upload::INTERRUPTED;
use super::{transfer, upload};
use crate::core::{Core, Me};
use crate::error::ClientError;
use crate::message::compose::{self, Composed, Saying};
use crate::message::draft::Draft;
use crate::message::key::MessageKey;
use crate::message::send::{announce, answered, check_open, timer_of};
use crate::message::signals;
use crate::store::file::{FilePlace, FileState, StoredFile};
use crate::store::message::{Lifetime, Marks, MessageState, RowKind, StoredMessage};
use sha2::{Digest, Sha256};
use std::rc::Rc;
use std::time::Duration;
use undertone_wire::content::{Attachment, FileReference, Part};
use undertone_wire::limits::{SEGMENT_BYTES, TEXT_BYTES_MAX};
use undertone_wire::{ConversationId, Timestamp};

/// Segments that are read at once.
const SEGMENTS_AT_ONCE: u32 = 16;

/// Shows and stores a message with files, reads and seals them; resolves when this device needs their
/// sources no more and sends them by itself. The same key again does nothing. If one cannot be read, the
/// message is withdrawn and the caller still has everything.
///
/// Dropping the future leaves a message that cannot be sent; it fails at the next start.
pub(crate) async fn send_files(
    core: &Rc<Core>,
    (conversation, key): (ConversationId, MessageKey),
    draft: Draft,
    files: Vec<Outgoing>,
) -> Result<MessageKey, ClientError> {
    send(core, (conversation, key), (draft, false), files).await
}

/// Passes the files of a message on: fetched, sealed anew, and uploaded to where they go.
pub(crate) async fn forward(
    core: &Rc<Core>,
    conversation: ConversationId,
    message: &StoredMessage,
) -> Result<MessageKey, ClientError> {
    let key = MessageKey::random(&mut rand::rngs::OsRng);
    let draft = Draft::from(&message.text);
    let mut files = Vec::new();
    for file in core.store.files(message.row)? {
        let source = Download::begin(core, message.key, file.place)?;
        files.push(Outgoing {
            name: file.reference.name,
            media_type: outgoing::printable(file.reference.media_type),
            preview: file.reference.preview.filter(preview::is_safe),
            duration_ms: file.reference.duration_ms,
            source: Box::new(source),
        });
    }
    send(core, (conversation, key), (draft, true), files).await
}

async fn send(
    core: &Rc<Core>,
    (conversation, key): (ConversationId, MessageKey),
    (draft, forwarded): (Draft, bool),
    files: Vec<Outgoing>,
) -> Result<MessageKey, ClientError> {
    if let Some(known) = core.store.message(key)? {
        if !was_interrupted(&known) {
            return Ok(key);
        }
        // Here are its sources once more.
        transfer::withdraw_row(core, known.row)?;
    }
    check_open(core, conversation)?;
    outgoing::check(&files, transfer::size_limit(core)?)?;
    if draft.text.len() > TEXT_BYTES_MAX {
        return Err(ClientError::MessageTooLong);
    }
    let me = core.me()?;
    let row = store(core, &me, (conversation, key), (&draft, forwarded, &files))?;
    signals::sent(core, conversation);
    announce(core, conversation);
    for (place, file) in (0..).zip(files) {
        let at = FilePlace { message: row, place };
        if let Err(error) = seal(core, at, file).await {
            transfer::withdraw_row(core, row)?;
            return Err(error);
        }
    }
    announce(core, conversation);
    upload::start(core);
    Ok(key)
}

/// Whether the client ended while a file of this message was read.
fn was_interrupted(message: &StoredMessage) -> bool {
    matches!(&message.state, MessageState::Failed(failure) if failure.code == INTERRUPTED)
}

/// Stores the message, as far as it is known, and its files.
fn store(
    core: &Core,
    me: &Me,
    (conversation, key): (ConversationId, MessageKey),
    (draft, forwarded, files): (&Draft, bool, &[Outgoing]),
) -> Result<i64, ClientError> {
    let rng = &mut rand::rngs::OsRng;
    let references: Vec<_> = files.iter().map(|file| outgoing::reference(file, rng)).collect();
    let saying = Saying {
        expires: timer_of(core, conversation, draft)?,
        in_reply_to: answered(core, conversation, draft.reply_to)?,
        forwarded,
        ..Saying::just(Part::Files(Attachment {
            text: draft.text.clone(),
            files: references.clone(),
        }))
    };
    let written_at = core.platform.now();
    let composed = compose::part(saying.clone(), written_at, rng)?;
    let about = About {
        conversation,
        key,
        written_at,
    };
    core.transaction(|| {
        let row = core
            .store
            .add_message(&message(me, about, (&saying, composed), &draft.text))?;
        for (place, reference) in (0..).zip(references) {
            core.store.add_file(&StoredFile {
                message: row,
                place,
                reference,
                state: FileState::Sealing,
                sent: 0,
                is_here: false,
            })?;
        }
        Ok(row)
    })
}

/// Where and when a message is written.
#[derive(Debug, Clone, Copy)]
struct About {
    conversation: ConversationId,
    key: MessageKey,
    written_at: Timestamp,
}

fn message(me: &Me, about: About, (saying, composed): (&Saying, Composed), text: &str) -> StoredMessage {
    StoredMessage {
        row: 0,
        key: about.key,
        conversation: about.conversation,
        message: composed.message,
        sequence: None,
        sender: me.user,
        sender_device: me.device,
        own: true,
        state: MessageState::Sending,
        sent_at: about.written_at,
        text: text.to_owned(),
        content: composed.content,
        franking_mac: Vec::new(),
        payload_hash: None,
        lifetime: Lifetime {
            expiry: saying.expires,
            expires_at: None,
        },
        kind: RowKind::Message,
        marks: Marks {
            reply_to: saying.in_reply_to,
            forwarded: saying.forwarded,
            ..Marks::default()
        },
    }
}

/// Reads a file once, seals it, and keeps what is said of it.
async fn seal(core: &Core, at: FilePlace, file: Outgoing) -> Result<(), ClientError> {
    let known = core.store.file(at)?.ok_or(FileError::Cancelled)?;
    let source = stripped(file.source).await?;
    let size = source.size();
    let limit = transfer::size_limit(core)?;
    if size > limit {
        return Err(FileError::TooLarge { size, limit }.into());
    }
    let keys = FileKeys::derive(known.reference.key.as_slice(), size);
    let sha256 = write_sealed(core, &known, (&keys, source.as_ref())).await?;
    let reference = FileReference {
        size,
        sha256: sha256.as_slice().into(),
        ..known.reference
    };
    core.transaction(|| {
        let state = core.store.file(at)?.map(|file| file.state);
        if state != Some(FileState::Sealing) {
            return Err(FileError::Cancelled.into());
        }
        core.store.set_file_reference(at, &reference)?;
        core.store.set_file_sent(at, 0)?;
        core.store
            .set_file_here(reference.blob, Some(core.platform.now()))?;
        Ok(core.store.set_file_state(at, &FileState::Uploading)?)
    })
}

/// Writes the sealed file beside the store; gives the hash of what it holds.
async fn write_sealed(
    core: &Core,
    file: &StoredFile,
    (keys, source): (&FileKeys, &dyn FileSource),
) -> Result<[u8; 32], ClientError> {
    let layout = keys.layout();
    let mut writer = core.sealed.create(file.reference.blob).await?;
    let mut hash = Sha256::new();
    writer.write(keys.commitment())?;
    let mut next = 0;
    while next < layout.segments() {
        let until = next.saturating_add(SEGMENTS_AT_ONCE).min(layout.segments());
        let content = source
            .read(
                Layout::begin_of(next).min(source.size()),
                content_of(layout, next..until),
            )
            .await
            .map_err(FileError::Unreadable)?;
        hash.update(&content);
        let mut rest = content.as_slice();
        for number in next..until {
            let (segment, after) = rest
                .split_at_checked(layout.content_of(number))
                .ok_or(FileError::Unreadable(super::SourceError::Changed))?;
            rest = after;
            let sealed = keys
                .seal(number, segment)
                .map_err(|error| FileError::Damaged(Some(error)))?;
            writer.write(&sealed)?;
        }
        next = until;
        upload::sealing(core, file, Layout::begin_of(next).min(source.size()))?;
        // Others have their turn, and the user may have taken it back meanwhile.
        core.platform.sleep(Duration::ZERO).await;
        core.checkpoints.alive()?;
        if core.store.file(file.at())?.is_none() {
            return Err(FileError::Cancelled.into());
        }
    }
    writer.finish()?;
    Ok(hash.finalize().into())
}

fn content_of(layout: Layout, segments: std::ops::Range<u32>) -> usize {
    segments
        .map(|number| layout.content_of(number))
        .fold(0, usize::saturating_add)
        .min(SEGMENT_BYTES.saturating_mul(usize::try_from(SEGMENTS_AT_ONCE).unwrap_or(1)))
}

/// The source itself; of a picture, one that tells no more than what is to be seen.
async fn stripped(source: Box<dyn FileSource>) -> Result<Box<dyn FileSource>, FileError> {
    let size = source.size();
    let head = usize::try_from(size).unwrap_or(usize::MAX).min(strip::HEAD_BYTES);
    let head = source.read(0, head).await.map_err(FileError::Unreadable)?;
    let Some(format) = Format::of(&head) else {
        return Ok(source);
    };
    if size > strip::PICTURE_BYTES_MAX {
        return Err(FileError::TooLarge {
            size,
            limit: strip::PICTURE_BYTES_MAX,
        });
    }
    let whole = usize::try_from(size).unwrap_or(usize::MAX);
    let picture = source.read(0, whole).await.map_err(FileError::Unreadable)?;
    let stripped = format
        .strip(&picture)
        .map_err(|_damaged| FileError::PictureDamaged)?;
    Ok(Box::new(MemorySource::from(stripped)))
}
