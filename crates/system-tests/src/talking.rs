//! What a story tells of what people say about messages: `alice.replies(…)`, `bob.reacts(…)`.

use crate::actor::Actor;
use anyhow::{Context, Result};
use rand::rngs::OsRng;
use undertone_client_core::MessageKey;
use undertone_client_core::message::draft::Draft;
use undertone_client_core::view::MessageView;
use undertone_wire::ConversationId;

impl Actor {
    /// The newest message with this text, as this device shows it.
    pub fn message_saying(&self, talk: ConversationId, text: &str) -> Result<MessageView> {
        let mut messages = self.messages(talk)?.into_iter().rev();
        messages
            .find(|message| message.text == text)
            .with_context(|| format!("{} sees no {text:?}", self.name()))
    }

    /// Answers the message with this text, and waits until the server has the answer.
    pub async fn replies(&self, talk: ConversationId, to: &str, text: &str) -> Result<()> {
        let draft = Draft {
            text: text.to_owned(),
            reply_to: Some(self.message_saying(talk, to)?.key),
            ..Draft::default()
        };
        let client = self.client()?;
        let key = client
            .send_text(talk, MessageKey::random(&mut OsRng), draft)
            .await?;
        client.wait_sent(key).await?;
        Ok(())
    }

    /// Changes what the message with this text says.
    pub async fn edits(&self, talk: ConversationId, text: &str, new: &str) -> Result<()> {
        let client = self.client()?;
        let said = client.edit(self.message_saying(talk, text)?.key, new)?;
        Ok(client.counted(said).await?)
    }

    /// Takes the message with this text back for everyone.
    pub async fn deletes(&self, talk: ConversationId, text: &str) -> Result<()> {
        let client = self.client()?;
        let said = client.delete_for_everyone(self.message_saying(talk, text)?.key)?;
        Ok(client.counted(said).await?)
    }

    /// Puts an emoji at the message with this text, or takes it away.
    pub async fn reacts(&self, talk: ConversationId, text: &str, (emoji, on): (&str, bool)) -> Result<()> {
        let client = self.client()?;
        let said = client.react(self.message_saying(talk, text)?.key, emoji, on)?;
        Ok(client.counted(said).await?)
    }

    /// Pins the message with this text.
    pub async fn pins(&self, talk: ConversationId, text: &str) -> Result<()> {
        let client = self.client()?;
        let said = client.pin(self.message_saying(talk, text)?.key, true)?;
        Ok(client.counted(said).await?)
    }

    /// Reads everything.
    pub fn has_read(&self, talk: ConversationId) -> Result<()> {
        Ok(self.client()?.mark_read(talk)?)
    }

    /// Waits until the message with this text is so on this device.
    pub async fn sees_message(
        &self,
        talk: ConversationId,
        text: &str,
        so: impl Fn(&MessageView) -> bool,
    ) -> Result<MessageView> {
        let what = format!("{} sees {text:?} as it is wanted", self.name());
        self.until(&what, |_| Ok(self.message_saying(talk, text).ok().filter(&so)))
            .await
            .with_context(|| format!("shown: {:?}", self.timeline(talk)))
    }
}
