//! What is said about messages, of the facade: conversions only, as in `client`.

use crate::client::{Client, each};
use crate::convert::{ToCore, ToPage};
use crate::failure::Failure;
use crate::input::{ConversationIdText, MessageKeyText, parse, parse_each};
use tsify::Ts;
use undertone_client_core::MessageKey;
use undertone_client_core::view::{EditView, MessageView, PrivacyView, ReaderView};
use undertone_wire::ConversationId;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
impl Client {
    /// Changes what an own message says.
    pub fn edit(&self, key: &MessageKeyText, text: String) -> Result<(), Failure> {
        self.core.edit(parse(key)?, text)?;
        Ok(())
    }

    /// What a message said first, and after each edit.
    pub fn edits(&self, key: &MessageKeyText) -> Result<Vec<Ts<EditView>>, Failure> {
        each(self.core.edits(parse(key)?)?)
    }

    /// Deletes messages on this device only.
    #[wasm_bindgen(js_name = deleteHere)]
    pub fn delete_here(&self, keys: Vec<MessageKeyText>) -> Result<(), Failure> {
        Ok(self.core.delete_here(&parse_each(&keys)?)?)
    }

    /// Takes a message back for everyone.
    #[wasm_bindgen(js_name = deleteForEveryone)]
    pub fn delete_for_everyone(&self, key: &MessageKeyText) -> Result<(), Failure> {
        self.core.delete_for_everyone(parse(key)?)?;
        Ok(())
    }

    /// Puts an emoji at a message, or takes it away.
    pub fn react(&self, key: &MessageKeyText, emoji: &str, on: bool) -> Result<(), Failure> {
        self.core.react(parse(key)?, emoji, on)?;
        Ok(())
    }

    /// Pins a message for everyone, or no longer.
    pub fn pin(&self, key: &MessageKeyText, on: bool) -> Result<(), Failure> {
        self.core.pin(parse(key)?, on)?;
        Ok(())
    }

    /// The pinned messages of a conversation, the last pinned first.
    pub fn pinned(&self, conversation: &ConversationIdText) -> Result<Vec<Ts<MessageView>>, Failure> {
        each(self.core.pinned(parse(conversation)?)?)
    }

    /// Stars a message on this device, or no longer.
    pub fn star(&self, key: &MessageKeyText, on: bool) -> Result<(), Failure> {
        Ok(self.core.star(parse(key)?, on)?)
    }

    /// The starred messages, the newest first.
    pub fn starred(&self) -> Result<Vec<Ts<MessageView>>, Failure> {
        each(self.core.starred()?)
    }

    /// Passes messages on into each of the conversations.
    pub async fn forward(
        &self,
        keys: Vec<MessageKeyText>,
        conversations: Vec<ConversationIdText>,
    ) -> Result<(), Failure> {
        let keys: Vec<MessageKey> = parse_each(&keys)?;
        let conversations: Vec<ConversationId> = parse_each(&conversations)?;
        self.core.forward(&keys, &conversations).await?;
        Ok(())
    }

    /// Who has read an own message, and who has not said so.
    pub fn readers(&self, key: &MessageKeyText) -> Result<Vec<Ts<ReaderView>>, Failure> {
        each(self.core.readers(parse(key)?)?)
    }

    /// A message was read, and all before it.
    #[wasm_bindgen(js_name = markReadUpTo)]
    pub fn mark_read_up_to(&self, key: &MessageKeyText) -> Result<(), Failure> {
        Ok(self.core.mark_read_up_to(parse(key)?)?)
    }

    /// One message.
    pub fn message(&self, key: &MessageKeyText) -> Result<Option<Ts<MessageView>>, Failure> {
        let message = self.core.message(parse(key)?)?;
        message.map(|message| message.to_page()).transpose()
    }

    /// Keeps what is being written in a conversation; an empty text keeps nothing.
    #[wasm_bindgen(js_name = saveDraft)]
    pub fn save_draft(&self, conversation: &ConversationIdText, text: &str) -> Result<(), Failure> {
        Ok(self.core.save_draft(parse(conversation)?, text)?)
    }

    /// What is being written in a conversation.
    pub fn draft(&self, conversation: &ConversationIdText) -> Result<String, Failure> {
        Ok(self.core.draft(parse(conversation)?)?)
    }

    /// What the user tells others of what they do.
    pub fn privacy(&self) -> Result<Ts<PrivacyView>, Failure> {
        self.core.privacy()?.to_page()
    }

    /// Sets it.
    #[wasm_bindgen(js_name = setPrivacy)]
    pub fn set_privacy(&self, privacy: &Ts<PrivacyView>) -> Result<(), Failure> {
        Ok(self.core.set_privacy(privacy.to_core()?)?)
    }
}
