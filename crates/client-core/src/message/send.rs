//! Sending, as far as the writer is concerned: the message is shown at once, then stored and queued in
//! one transaction. The way to the server is the business of `sync::outbox`.

use super::compose::{self, Composed, Saying};
use super::draft::Draft;
use super::key::MessageKey;
use super::{signals, talk};
use crate::change::Change;
use crate::conversation::intent;
use crate::core::{Core, Me};
use crate::error::ClientError;
use crate::file;
use crate::people::request;
use crate::store::conversation::ConversationState;
use crate::store::message::{Lifetime, Marks, MessageState, RowKind, StoredMessage};
use crate::testing::{SEND_AFTER_QUEUE, SEND_BEFORE_QUEUE};
use std::time::Duration;
use undertone_wire::content::{Expiry, Part};
use undertone_wire::{ConversationId, MessageId, Timestamp};

/// A message that is shown and not yet stored.
#[derive(Debug, Clone)]
pub(crate) struct Bubble {
    pub(crate) key: MessageKey,
    pub(crate) conversation: ConversationId,
    pub(crate) text: String,
    pub(crate) expires: Option<Expiry>,
    pub(crate) written_at: Timestamp,
    pub(crate) reply_to: Option<MessageId>,
    pub(crate) forwarded: bool,
    composed: Composed,
}

/// A part that waits to be sent and that nobody is shown.
pub(crate) struct Queued {
    pub(crate) key: MessageKey,
    pub(crate) row: i64,
    pub(crate) written_at: Timestamp,
}

/// Shows, stores and queues a message. The same key again does nothing. If it cannot be stored, it is
/// withdrawn from the screen and the caller still has the text.
pub(crate) async fn send_text(
    core: &Core,
    conversation: ConversationId,
    key: MessageKey,
    draft: Draft,
) -> Result<MessageKey, ClientError> {
    if core.store.message(key)?.is_some() {
        return Ok(key);
    }
    check_open(core, conversation)?;
    if !core.bubbles.borrow().iter().any(|bubble| bubble.key == key) {
        let bubble = bubble(core, (conversation, key), draft)?;
        core.bubbles.borrow_mut().push(bubble);
    }
    send_bubble(core, conversation, key).await
}

/// Passes on what a message says, as a message of its own.
pub(crate) async fn send_forwarded(
    core: &Core,
    conversation: ConversationId,
    part: Part,
) -> Result<MessageKey, ClientError> {
    check_open(core, conversation)?;
    let key = MessageKey::random(&mut rand::rngs::OsRng);
    let saying = Saying {
        expires: intent::timer(core, conversation)?,
        forwarded: true,
        ..Saying::just(part)
    };
    let bubble = composed(core, (conversation, key), saying)?;
    core.bubbles.borrow_mut().push(bubble);
    send_bubble(core, conversation, key).await
}

async fn send_bubble(
    core: &Core,
    conversation: ConversationId,
    key: MessageKey,
) -> Result<MessageKey, ClientError> {
    let me = core.me()?;
    signals::sent(core, conversation);
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

/// What is no text waits to be sent like a text, and counts when it comes back through the log. Nobody is
/// shown it. Part of a transaction.
pub(crate) fn queue_part(
    core: &Core,
    me: &Me,
    conversation: ConversationId,
    part: Part,
) -> Result<MessageKey, ClientError> {
    queue(core, me, conversation, (Saying::just(part), None)).map(|queued| queued.key)
}

/// The same for something that is about a message: it goes with it.
pub(crate) fn queue(
    core: &Core,
    me: &Me,
    conversation: ConversationId,
    (saying, about): (Saying, Option<i64>),
) -> Result<Queued, ClientError> {
    let key = MessageKey::random(&mut rand::rngs::OsRng);
    let bubble = Bubble {
        text: String::new(),
        ..composed(core, (conversation, key), saying)?
    };
    let plain = row_of(me, &bubble);
    let row = core.store.add_message(&StoredMessage {
        kind: RowKind::Hidden,
        marks: Marks {
            about,
            ..Marks::default()
        },
        ..plain
    })?;
    core.store.add_outgoing(row, conversation)?;
    Ok(Queued {
        key,
        row,
        written_at: bubble.written_at,
    })
}

/// Resolves when a part that was queued counts, or was refused for good.
pub(crate) async fn part_sent(core: &Core, key: MessageKey) -> Result<(), ClientError> {
    core.until(|| match core.store.message(key)?.map(|row| row.state) {
        None => Ok(Some(())),
        Some(MessageState::Failed(failure)) => {
            forget_part(core, key)?;
            Err(ClientError::NotSent(failure))
        }
        Some(MessageState::Sending | MessageState::Sent) => Ok(None),
    })
    .await
}

fn forget_part(core: &Core, key: MessageKey) -> Result<(), ClientError> {
    core.transaction(|| {
        if let Some(row) = core.store.message(key)? {
            core.store.delete_message(row.row)?;
            core.reaper.deleted();
        }
        Ok(())
    })
}

pub(crate) fn check_open(core: &Core, conversation: ConversationId) -> Result<(), ClientError> {
    check_inside(core, conversation)?;
    // Writing into a request accepts it.
    request::written(core, conversation)
}

/// Whether something can be sent from this device.
pub(super) fn check_inside(core: &Core, conversation: ConversationId) -> Result<(), ClientError> {
    let known = core.store.conversation(conversation)?;
    match known.map(|known| known.state) {
        // What is written while this device comes in again is sent when it is there.
        Some(ConversationState::Active | ConversationState::Lost) => Ok(()),
        Some(ConversationState::Blocked | ConversationState::Removed | ConversationState::Closed) => {
            Err(ClientError::ConversationBlocked)
        }
        Some(ConversationState::Creating | ConversationState::Joining | ConversationState::Waiting)
        | None => Err(ClientError::UnknownConversation),
    }
}

/// A draft as it is shown and will be sent: without a timer of its own, the conversation's counts.
fn bubble(core: &Core, place: (ConversationId, MessageKey), draft: Draft) -> Result<Bubble, ClientError> {
    compose::check_text(&draft.text)?;
    let saying = Saying {
        expires: timer_of(core, place.0, &draft)?,
        in_reply_to: answered(core, place.0, draft.reply_to)?,
        ..Saying::just(Part::Text(draft.text))
    };
    composed(core, place, saying)
}

/// The timer of a draft; by the conversation's, if it has none of its own.
pub(crate) fn timer_of(
    core: &Core,
    conversation: ConversationId,
    draft: &Draft,
) -> Result<Option<Expiry>, ClientError> {
    let expires = match draft.expires {
        None if !draft.keep => intent::timer(core, conversation)?,
        own => own,
    };
    compose::check_timer(expires)?;
    Ok(expires)
}

/// The id of the message that a draft answers.
pub(crate) fn answered(
    core: &Core,
    conversation: ConversationId,
    key: Option<MessageKey>,
) -> Result<Option<MessageId>, ClientError> {
    let Some(key) = key else { return Ok(None) };
    let shown = core.bubbles.borrow();
    let shown = shown.iter().find(|bubble| bubble.key == key);
    if let Some(shown) = shown.filter(|shown| shown.conversation == conversation) {
        return Ok(Some(shown.composed.message));
    }
    let target = talk::target(core, key)?;
    if target.conversation != conversation {
        return Err(ClientError::UnknownMessage);
    }
    Ok(Some(target.message))
}

fn composed(
    core: &Core,
    (conversation, key): (ConversationId, MessageKey),
    saying: Saying,
) -> Result<Bubble, ClientError> {
    let written_at = core.platform.now();
    let text = talk::words(&saying.part).to_owned();
    let (expires, reply_to, forwarded) = (saying.expires, saying.in_reply_to, saying.forwarded);
    let composed = compose::part(saying, written_at, &mut rand::rngs::OsRng)?;
    Ok(Bubble {
        key,
        conversation,
        text,
        expires,
        written_at,
        reply_to,
        forwarded,
        composed,
    })
}

/// Tries a failed message again.
pub(crate) fn retry(core: &Core, key: MessageKey) -> Result<(), ClientError> {
    let message = core.store.message(key)?.ok_or(ClientError::UnknownMessage)?;
    if !matches!(message.state, MessageState::Failed(_)) {
        return Ok(());
    }
    // What waits for its files is sent when they are on the server.
    if file::resume_all(core, &message)? {
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
    core.transaction(|| {
        file::withdrawn(core, message.row)?;
        Ok(core.store.delete_message(message.row)?)
    })?;
    core.reaper.deleted();
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
        lifetime: Lifetime {
            expiry: bubble.expires,
            expires_at: None,
        },
        kind: RowKind::Message,
        marks: Marks {
            reply_to: bubble.reply_to,
            forwarded: bubble.forwarded,
            ..Marks::default()
        },
    }
}

pub(crate) fn announce(core: &Core, conversation: ConversationId) {
    core.publish(Change::Timeline(conversation));
    core.publish(Change::Conversations);
    core.publish(Change::Connection);
}
