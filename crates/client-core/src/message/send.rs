//! Sending, as far as the writer is concerned: the message is shown at once, then stored and queued in
//! one transaction. The way to the server is the business of `sync::outbox`.

use super::compose::{self, Composed};
use super::key::MessageKey;
use crate::change::Change;
use crate::core::{Core, Me};
use crate::error::ClientError;
use crate::store::conversation::ConversationState;
use crate::store::message::{MessageState, StoredMessage};
use crate::testing::{SEND_AFTER_QUEUE, SEND_BEFORE_QUEUE};
use std::time::Duration;
use undertone_wire::{ConversationId, Timestamp};

/// A message that is shown and not yet stored.
#[derive(Debug, Clone)]
pub(crate) struct Bubble {
    pub(crate) key: MessageKey,
    pub(crate) conversation: ConversationId,
    pub(crate) text: String,
    pub(crate) written_at: Timestamp,
    composed: Composed,
}

/// Shows, stores and queues a message. The same key again does nothing. If it cannot be stored, it is
/// withdrawn from the screen and the caller still has the text.
pub(crate) async fn send_text(
    core: &Core,
    conversation: ConversationId,
    key: MessageKey,
    text: &str,
) -> Result<MessageKey, ClientError> {
    let me = core.me()?;
    if core.store.message(key)?.is_some() {
        return Ok(key);
    }
    match core
        .store
        .conversation(conversation)?
        .map(|conversation| conversation.state)
    {
        Some(ConversationState::Active) => {}
        Some(ConversationState::Blocked) => return Err(ClientError::ConversationBlocked),
        Some(ConversationState::Creating) | None => return Err(ClientError::UnknownConversation),
    }
    if !core.bubbles.borrow().iter().any(|bubble| bubble.key == key) {
        let written_at = core.platform.now();
        let composed = compose::text(text, written_at, &mut rand::rngs::OsRng)?;
        let bubble = Bubble {
            key,
            conversation,
            text: text.to_owned(),
            written_at,
            composed,
        };
        core.bubbles.borrow_mut().push(bubble);
    }
    announce(core, conversation);
    // Whoever shows it gets the word before the disk does.
    core.platform.sleep(Duration::ZERO).await;
    let stored = store_bubbles(core, &me);
    if stored.is_err() {
        core.bubbles.borrow_mut().retain(|bubble| bubble.key != key);
    }
    announce(core, conversation);
    stored.map(|()| key)
}

/// Tries a failed message again.
pub(crate) fn retry(core: &Core, key: MessageKey) -> Result<(), ClientError> {
    let message = core.store.message(key)?.ok_or(ClientError::UnknownMessage)?;
    if !matches!(message.state, MessageState::Failed(_)) {
        return Ok(());
    }
    core.transaction(|| {
        core.store
            .set_message_state(message.row, &MessageState::Sending)?;
        Ok(core.store.add_outgoing(message.row, message.conversation)?)
    })?;
    announce(core, message.conversation);
    Ok(())
}

/// Deletes a failed message.
pub(crate) fn discard(core: &Core, key: MessageKey) -> Result<(), ClientError> {
    let message = core.store.message(key)?.ok_or(ClientError::UnknownMessage)?;
    if !matches!(message.state, MessageState::Failed(_)) {
        return Ok(());
    }
    core.transaction(|| Ok(core.store.delete_message(message.row)?))?;
    announce(core, message.conversation);
    Ok(())
}

/// Stores all that is shown and not stored, in the order in which it was written.
fn store_bubbles(core: &Core, me: &Me) -> Result<(), ClientError> {
    let bubbles = core.bubbles.borrow().clone();
    if bubbles.is_empty() {
        return Ok(());
    }
    core.checkpoints.reach(SEND_BEFORE_QUEUE)?;
    core.transaction(|| {
        for bubble in &bubbles {
            let row = core.store.add_message(&row_of(me, bubble))?;
            core.store.add_outgoing(row, bubble.conversation)?;
        }
        Ok(())
    })?;
    core.bubbles
        .borrow_mut()
        .retain(|bubble| !bubbles.iter().any(|stored| stored.key == bubble.key));
    Ok(core.checkpoints.reach(SEND_AFTER_QUEUE)?)
}

fn row_of(me: &Me, bubble: &Bubble) -> StoredMessage {
    StoredMessage {
        row: 0,
        key: bubble.key,
        conversation: bubble.conversation,
        message: bubble.composed.message,
        sequence: None,
        sender: me.user,
        sender_device: me.device,
        own: true,
        state: MessageState::Sending,
        sent_at: bubble.written_at,
        text: bubble.text.clone(),
        content: bubble.composed.content.clone(),
        franking_mac: Vec::new(),
        payload_hash: None,
    }
}

fn announce(core: &Core, conversation: ConversationId) {
    core.publish(Change::Timeline(conversation));
    core.publish(Change::Conversations);
    core.publish(Change::Connection);
}
