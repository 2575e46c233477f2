//! The part of the facade that is about files.

use super::Client;
use crate::error::ClientError;
use crate::file::{self, Download, OpenedPicture, Outgoing};
use crate::message::draft::Draft;
use crate::message::key::MessageKey;
use crate::view::{self, GalleryView};
use undertone_wire::ConversationId;

impl Client {
    /// Shows a message with files at once; resolves when they are read, sealed and kept on this device,
    /// from where they are sent whatever happens. `key` is drawn by the caller: the same key again sends
    /// nothing. The text of the draft may be empty.
    pub async fn send_files(
        &self,
        conversation: ConversationId,
        key: MessageKey,
        (draft, files): (impl Into<Draft>, Vec<Outgoing>),
    ) -> Result<MessageKey, ClientError> {
        file::send_files(self.core(), (conversation, key), draft.into(), files).await
    }

    /// Halts the upload of a file.
    pub fn pause_file(&self, key: MessageKey, index: u32) -> Result<(), ClientError> {
        file::pause(self.core(), key, index)
    }

    /// Goes on with an upload that was halted or has failed.
    pub fn resume_file(&self, key: MessageKey, index: u32) -> Result<(), ClientError> {
        file::resume(self.core(), key, index)
    }

    /// Takes a file back whose message is not sent yet. With the last one goes the message.
    pub fn cancel_file(&self, key: MessageKey, index: u32) -> Result<(), ClientError> {
        file::cancel(self.core(), key, index)
    }

    /// Begins to open a file.
    pub fn download(&self, key: MessageKey, index: u32) -> Result<Download, ClientError> {
        Download::begin(self.core(), key, index)
    }

    /// Opens a picture, if its own bytes say that it can be drawn without harm.
    pub async fn picture(&self, key: MessageKey, index: u32) -> Result<OpenedPicture, ClientError> {
        file::picture(self.core(), key, index).await
    }

    /// The newest pictures of a conversation, the oldest of them first.
    pub fn pictures(&self, conversation: ConversationId) -> Result<Vec<GalleryView>, ClientError> {
        view::pictures(self.core(), conversation)
    }

    /// Whether a file keeps what it says about its maker when it is sent, by its name and media type:
    /// whoever is about to send it is told.
    pub fn tells_of_maker(name: &str, media_type: &str) -> bool {
        file::kind::tells_of_maker(name, media_type)
    }

    /// The longest file that can be sent, in bytes.
    pub fn file_bytes_max(&self) -> Result<u64, ClientError> {
        file::size_limit(self.core())
    }
}
