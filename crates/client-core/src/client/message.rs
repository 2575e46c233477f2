//! The part of the facade that is about messages and about who is there.

use super::Client;
use crate::error::ClientError;
use crate::message::draft::Draft;
use crate::message::key::MessageKey;
use crate::message::{read, send, signals};
use undertone_wire::ConversationId;
use undertone_wire::signal::Visibility;

impl Client {
    /// Shows a message at once; resolves when it is stored on this device and will be sent. `key` is
    /// drawn by the caller: the same key again sends nothing.
    pub async fn send_text(
        &self,
        conversation: ConversationId,
        key: MessageKey,
        draft: impl Into<Draft>,
    ) -> Result<MessageKey, ClientError> {
        send::send_text(self.core(), conversation, key, draft.into()).await
    }

    /// Sends a failed message again.
    pub fn retry(&self, key: MessageKey) -> Result<(), ClientError> {
        send::retry(self.core(), key)
    }

    /// Deletes a failed message.
    pub fn discard(&self, key: MessageKey) -> Result<(), ClientError> {
        send::discard(self.core(), key)
    }

    /// Everything in a conversation was read: timers begin that begin with reading.
    pub fn mark_read(&self, conversation: ConversationId) -> Result<(), ClientError> {
        read::mark_read(self.core(), conversation)
    }

    /// The user is writing in a conversation. To be called at every key: others are told now and then.
    pub fn typing(&self, conversation: ConversationId) -> Result<(), ClientError> {
        signals::typing(self.core(), conversation)
    }

    /// The user has stopped writing, without sending.
    pub fn stopped_typing(&self, conversation: ConversationId) -> Result<(), ClientError> {
        signals::stopped_typing(self.core(), conversation)
    }

    /// The user is at the device, or not.
    pub fn set_attention(&self, here: bool) -> Result<(), ClientError> {
        signals::set_attention(self.core(), here)
    }

    /// Sets whom the user shows themselves to. It is kept on this device.
    pub fn set_visibility(&self, visibility: Visibility) -> Result<(), ClientError> {
        signals::set_visibility(self.core(), visibility)
    }

    /// Whom the user shows themselves to.
    pub fn visibility(&self) -> Result<Visibility, ClientError> {
        Ok(self.core().store.visibility()?)
    }
}
