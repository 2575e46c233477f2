//! Files of a message as a screen shows them: by their sender's word, but only what is safe to show.

use crate::core::Core;
use crate::error::ClientError;
use crate::file::{kind, name, preview};
use crate::message::clock;
use crate::message::key::MessageKey;
use crate::store::file::{FileState, StoredFile};
use serde::{Deserialize, Serialize};
use undertone_wire::{Bytes, ConversationId};

/// Of so many files of a conversation, the newest, the pictures are looked at one after the other.
const GALLERY_FILES_MAX: u32 = 5000;

/// One file of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct FileView {
    /// Which of the message's files: what it is called by.
    pub index: u32,
    /// Its name, safe to show and to save under: no path, no tricks with the direction of writing.
    pub name: String,
    /// Its media type, by its sender's word.
    pub media_type: String,
    /// Its length in bytes.
    pub size: u64,
    /// How it may be shown.
    pub kind: FileKind,
    /// Of pictures and videos, in pixels, by their sender's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub width: Option<u32>,
    /// Of pictures and videos, in pixels, by their sender's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub height: Option<u32>,
    /// A small PNG, JPEG or WebP whose dimensions were checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional, type = "string"))]
    pub thumbnail: Option<Bytes>,
    /// Of audio and video, by their sender's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub duration_ms: Option<u32>,
    /// Where it is on its way.
    pub transfer: TransferView,
}

/// A picture of a conversation, for who looks at them one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct GalleryView {
    /// The message that it belongs to.
    pub key: MessageKey,
    /// The picture, without its thumbnail.
    pub file: FileView,
}

/// How a file may be shown: by its media type alone, and only what is drawn without running anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// PNG, JPEG, WebP, GIF or AVIF.
    Picture,
    /// Played in place, where the program can.
    Video,
    /// Played in place, where the program can.
    Audio,
    /// A row with its name.
    Other,
}

/// Where a file is on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum TransferView {
    /// On the server; not on this device.
    None,
    /// It is read and encrypted; the upload has not begun.
    Sealing {
        /// So many of its bytes are.
        done: u64,
    },
    /// On its way to the server.
    Uploading {
        /// So many of its bytes are there.
        done: u64,
    },
    /// The user halted it.
    Paused {
        /// So many of its bytes are there.
        done: u64,
    },
    /// It will not go on by itself.
    Failed {
        /// Why: a stable code.
        code: String,
    },
    /// It lies on this device, encrypted.
    Here,
}

/// The files of a message, by the number of its row.
pub(crate) fn files(core: &Core, message: i64) -> Result<Vec<FileView>, ClientError> {
    let files = core.store.files(message)?;
    Ok(files.into_iter().map(view).collect())
}

/// The newest pictures of a conversation, the oldest of them first.
pub(crate) fn pictures(core: &Core, conversation: ConversationId) -> Result<Vec<GalleryView>, ClientError> {
    let files = core
        .store
        .files_of(conversation, (clock::shown(core), GALLERY_FILES_MAX))?;
    let pictures = files.into_iter().rev().filter_map(|(key, file)| {
        let file = FileView {
            thumbnail: None,
            ..view(file)
        };
        (file.kind == FileKind::Picture).then_some(GalleryView { key, file })
    });
    Ok(pictures.collect())
}

/// What a message says in a line: its words, or the names of its files if it has none.
pub(super) fn line(core: &Core, message: i64, words: String) -> Result<String, ClientError> {
    if !words.is_empty() {
        return Ok(words);
    }
    let files = core.store.files(message)?;
    let names: Vec<_> = files
        .iter()
        .map(|file| name::safe(&file.reference.name))
        .collect();
    Ok(names.join(", "))
}

fn view(file: StoredFile) -> FileView {
    let transfer = transfer(&file);
    let reference = file.reference;
    let preview = reference.preview;
    let size = preview.as_ref().and_then(preview::dimensions);
    FileView {
        index: file.place,
        name: name::safe(&reference.name),
        kind: kind::of(&reference.media_type),
        media_type: reference.media_type,
        size: reference.size,
        width: size.map(|(width, _)| width),
        height: size.map(|(_, height)| height),
        thumbnail: preview
            .and_then(|preview| preview.thumbnail)
            .filter(|thumbnail| preview::is_safe_thumbnail(thumbnail.as_slice())),
        duration_ms: reference.duration_ms,
        transfer,
    }
}

fn transfer(file: &StoredFile) -> TransferView {
    let done = file.sent.min(file.reference.size);
    match &file.state {
        FileState::Complete if file.is_here => TransferView::Here,
        FileState::Complete => TransferView::None,
        FileState::Sealing => TransferView::Sealing { done },
        FileState::Uploading => TransferView::Uploading { done },
        FileState::Paused => TransferView::Paused { done },
        FileState::Failed(code) => TransferView::Failed { code: code.clone() },
    }
}
