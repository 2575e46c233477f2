//! Files for stories: of any length, made as they are read, and known by their hash.

use crate::actor::Actor;
use anyhow::Result;
use async_trait::async_trait;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};
use undertone_client_core::MessageKey;
use undertone_client_core::file::{FileSource, Outgoing, SourceError};
use undertone_client_core::view::MessageView;
use undertone_wire::ConversationId;

/// A megabyte.
pub const MEGABYTE: u64 = 1024 * 1024;
/// Bytes that are the same number again and again.
const PAGE: usize = 4096;

/// A file that is nowhere: each page of it is its number, again and again.
struct Made(u64);

fn made(from: u64, length: usize) -> Vec<u8> {
    let page_bytes = PAGE as u64;
    let skip = usize::try_from(from % page_bytes).unwrap_or_default();
    let mut bytes = Vec::with_capacity(length + 2 * PAGE);
    for page in from / page_bytes.. {
        if bytes.len() >= skip + length {
            break;
        }
        bytes.extend(page.to_be_bytes().repeat(PAGE / 8));
    }
    bytes.truncate(skip + length);
    bytes.split_off(skip)
}

#[async_trait(?Send)]
impl FileSource for Made {
    fn size(&self) -> u64 {
        self.0
    }

    async fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>, SourceError> {
        Ok(made(offset, length))
    }
}

/// A file of so many bytes.
pub fn made_file(name: &str, size: u64) -> Outgoing {
    Outgoing {
        name: name.to_owned(),
        media_type: "application/octet-stream".to_owned(),
        preview: None,
        duration_ms: None,
        source: Box::new(Made(size)),
    }
}

/// The length and the hash of such a file.
pub fn made_hash(size: u64) -> Result<(u64, Vec<u8>)> {
    let mut hash = Sha256::new();
    let mut from = 0;
    while from < size {
        let length = (size - from).min(MEGABYTE);
        hash.update(made(from, usize::try_from(length)?));
        from += length;
    }
    Ok((size, hash.finalize().to_vec()))
}

impl Actor {
    /// Hands files over, without waiting for the server.
    pub async fn attaches(
        &self,
        talk: ConversationId,
        text: &str,
        files: Vec<Outgoing>,
    ) -> Result<MessageKey> {
        let key = MessageKey::random(&mut OsRng);
        Ok(self.client()?.send_files(talk, key, (text, files)).await?)
    }

    /// Waits for a message with this text.
    pub async fn receives(&self, talk: ConversationId, text: &str) -> Result<MessageView> {
        self.until(&format!("{} receives {text:?}", self.name()), |_| {
            Ok(self.message_saying(talk, text).ok())
        })
        .await
    }

    /// Opens a file; gives its length and hash.
    pub async fn opens_file(&self, message: &MessageView, index: u32) -> Result<(u64, Vec<u8>)> {
        let mut download = self.client()?.download(message.key, index)?;
        let (mut length, mut hash) = (0, Sha256::new());
        while let Some(piece) = download.next().await? {
            length += u64::try_from(piece.len())?;
            hash.update(&piece);
        }
        Ok((length, hash.finalize().to_vec()))
    }
}
