//! The part of the facade that is about what is said of messages: edits, deletions, reactions, pins, and
//! who has read them. What shows at once is undone if the server refuses it for good.

use super::Client;
use crate::change::Change;
use crate::error::ClientError;
use crate::message::key::MessageKey;
use crate::message::{read, receipt, talk};
use crate::view::{self, EditView, MessageView, PrivacyView, ReaderView};
use undertone_wire::ConversationId;
use undertone_wire::limits::TEXT_BYTES_MAX;

impl Client {
    /// Changes what an own message says. The key that this and the like give is for [`Self::counted`].
    pub fn edit(&self, key: MessageKey, text: impl Into<String>) -> Result<MessageKey, ClientError> {
        talk::edit(self.core(), key, text.into())
    }

    /// What a message said first, and after each edit.
    pub fn edits(&self, key: MessageKey) -> Result<Vec<EditView>, ClientError> {
        view::edits(self.core(), key)
    }

    /// Deletes messages on this device only.
    pub fn delete_here(&self, keys: &[MessageKey]) -> Result<(), ClientError> {
        talk::delete_here(self.core(), keys)
    }

    /// Takes a message back for everyone: an own one, or as an admin that of somebody else.
    pub fn delete_for_everyone(&self, key: MessageKey) -> Result<MessageKey, ClientError> {
        talk::delete_for_everyone(self.core(), key)
    }

    /// Puts an emoji at a message, or takes it away.
    pub fn react(&self, key: MessageKey, emoji: &str, on: bool) -> Result<MessageKey, ClientError> {
        talk::react(self.core(), key, (emoji, on))
    }

    /// Pins a message for everyone, or no longer.
    pub fn pin(&self, key: MessageKey, on: bool) -> Result<MessageKey, ClientError> {
        talk::pin(self.core(), key, on)
    }

    /// The pinned messages of a conversation, the last pinned first.
    pub fn pinned(&self, conversation: ConversationId) -> Result<Vec<MessageView>, ClientError> {
        view::pinned(self.core(), conversation)
    }

    /// Stars a message on this device, or no longer.
    pub fn star(&self, key: MessageKey, on: bool) -> Result<(), ClientError> {
        talk::star(self.core(), key, on)
    }

    /// The starred messages, the newest first.
    pub fn starred(&self) -> Result<Vec<MessageView>, ClientError> {
        view::starred(self.core())
    }

    /// Passes messages on into each of the conversations; gives the keys of the new messages.
    pub async fn forward(
        &self,
        keys: &[MessageKey],
        conversations: &[ConversationId],
    ) -> Result<Vec<MessageKey>, ClientError> {
        talk::forward(self.core(), keys, conversations).await
    }

    /// Resolves when what was said about a message counts for everyone, or was refused for good.
    pub async fn counted(&self, said: MessageKey) -> Result<(), ClientError> {
        talk::counted(self.core(), said).await
    }

    /// Who has read an own message, and who has not said so.
    pub fn readers(&self, key: MessageKey) -> Result<Vec<ReaderView>, ClientError> {
        view::readers(self.core(), key)
    }

    /// A message was read, and all before it.
    pub fn mark_read_up_to(&self, key: MessageKey) -> Result<(), ClientError> {
        read::mark_read_up_to(self.core(), key)
    }

    /// Queues at once what is to be told of reading, for a client that is about to end.
    pub fn tell_read(&self) -> Result<(), ClientError> {
        receipt::tell_now(self.core())
    }

    /// Keeps what is being written in a conversation; an empty text keeps nothing.
    pub fn save_draft(&self, conversation: ConversationId, text: &str) -> Result<(), ClientError> {
        let core = self.core();
        if core.store.conversation(conversation)?.is_none() {
            return Err(ClientError::UnknownConversation);
        }
        if text.len() > TEXT_BYTES_MAX {
            return Err(ClientError::MessageTooLong);
        }
        let is_news = if text.trim().is_empty() {
            core.store.delete_draft(conversation)?
        } else {
            let before = core.store.draft(conversation)?;
            core.store.save_draft(conversation, text)?;
            before.is_none()
        };
        if is_news {
            core.publish(Change::Conversations);
        }
        Ok(())
    }

    /// What is being written in a conversation.
    pub fn draft(&self, conversation: ConversationId) -> Result<String, ClientError> {
        Ok(self.core().store.draft(conversation)?.unwrap_or_default())
    }

    /// What the user tells others of what they do.
    pub fn privacy(&self) -> Result<PrivacyView, ClientError> {
        Ok(self.core().store.privacy()?)
    }

    /// Sets it. It is kept on this device.
    pub fn set_privacy(&self, privacy: PrivacyView) -> Result<(), ClientError> {
        receipt::set_privacy(self.core(), privacy)
    }
}
