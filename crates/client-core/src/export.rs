//! A conversation as a file that people keep: text to read, or JSON for programs. It comes in parts, so
//! that a long history is never in memory as a whole; where the file goes is the caller's business. What
//! was written to vanish does vanish: of messages with a timer only their place is kept.

use crate::core::Core;
use crate::error::ClientError;
use crate::json;
use crate::markup::clean;
use crate::message::clock;
use crate::store::export::Place;
use crate::view::{self, EventView, MessageView};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use undertone_wire::{ConversationId, MessageId, UserId};

/// Messages of one part.
const PART_MESSAGES: u32 = 200;

/// How it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// Text to read.
    Text,
    /// JSON for programs.
    Json,
}

/// A part of the file. All parts one after another are the file.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct ExportPage {
    /// What comes next in the file.
    pub text: String,
    /// Where the next part begins; missing with the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", tsify(optional))]
    pub next: Option<String>,
}

impl std::fmt::Debug for ExportPage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExportPage")
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

/// A message as programs read it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "each is a mark of its own")]
struct Exported<'m> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<MessageId>,
    sent_at: String,
    sender: UserId,
    sender_name: &'m str,
    own: bool,
    #[serde(skip_serializing_if = "str::is_empty")]
    text: &'m str,
    #[serde(skip_serializing_if = "Option::is_none")]
    answers: Option<&'m str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    edited: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    deleted: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    forwarded: bool,
    /// It had a timer: what it said is not in the file.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    vanishes: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reactions: Vec<ExportedReaction<'m>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<ExportedFile<'m>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'m EventView>,
}

#[derive(Serialize)]
struct ExportedReaction<'m> {
    emoji: &'m str,
    count: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExportedFile<'m> {
    name: &'m str,
    size: u64,
    media_type: &'m str,
}

/// Writes a part: the first, or the one that another named as the next.
pub(crate) fn page(
    core: &Core,
    conversation: ConversationId,
    format: ExportFormat,
    after: Option<&str>,
) -> Result<ExportPage, ClientError> {
    let me = core.me()?;
    let known = core.store.conversation(conversation)?;
    let known = known.ok_or(ClientError::UnknownConversation)?;
    let place = match after {
        Some(text) => place_of(text).ok_or(ClientError::UnknownMessage)?,
        None => Place::BEGINNING,
    };
    let now = clock::shown(core);
    let rows = core.store.rows_after(conversation, place, PART_MESSAGES, now)?;
    let next = rows.last().map(|(_, place)| *place);
    let is_full = u32::try_from(rows.len()).is_ok_and(|count| count == PART_MESSAGES);
    let stored = rows.into_iter().map(|(message, _)| message).collect();
    let messages = view::messages(core, &me, stored)?;
    let frame = Frame {
        title: view::title(core, &known)?,
        conversation,
        is_first: after.is_none(),
        is_last: !is_full,
    };
    let text = match format {
        ExportFormat::Text => frame.as_text(&messages),
        ExportFormat::Json => frame.as_json(&messages)?,
    };
    Ok(ExportPage {
        text,
        next: next
            .filter(|_| is_full)
            .map(|place| format!("{}.{}", place.position, place.row)),
    })
}

fn place_of(text: &str) -> Option<Place> {
    let (position, row) = text.split_once('.')?;
    Some(Place {
        position: position.parse().ok()?,
        row: row.parse().ok()?,
    })
}

/// What stands around the messages of a part.
struct Frame {
    title: String,
    conversation: ConversationId,
    is_first: bool,
    is_last: bool,
}

impl Frame {
    fn as_text(&self, messages: &[MessageView]) -> String {
        let mut text = String::new();
        if self.is_first {
            let _written = writeln!(text, "{}\nTimes are UTC.\n", one_line(&self.title));
        }
        for message in messages {
            text.push_str(&text_of(message));
        }
        text
    }

    fn as_json(&self, messages: &[MessageView]) -> Result<String, ClientError> {
        let mut text = String::new();
        if self.is_first {
            let title = written(&self.title)?;
            let conversation = written(&self.conversation)?;
            let _written = write!(
                text,
                "{{\"conversation\":{conversation},\"title\":{title},\"messages\":["
            );
        }
        for (at, message) in messages.iter().enumerate() {
            if at > 0 || !self.is_first {
                text.push(',');
            }
            text.push('\n');
            text.push_str(&written(&exported(message))?);
        }
        if self.is_last {
            text.push_str("\n]}\n");
        }
        Ok(text)
    }
}

fn written(value: &impl Serialize) -> Result<String, ClientError> {
    json::to_string(value).map_err(ClientError::Export)
}

fn exported(message: &MessageView) -> Exported<'_> {
    let vanishes = message.expiry.is_some();
    Exported {
        vanishes,
        id: message.message,
        sent_at: moment(message.sent_at_ms)
            .and_then(|moment| moment.format(&Rfc3339).ok())
            .unwrap_or_default(),
        sender: message.sender,
        sender_name: &message.sender_name,
        own: message.own,
        text: if vanishes { "" } else { &message.text },
        answers: message.reply.as_ref().map(|reply| reply.text.as_str()),
        edited: message.edited,
        deleted: message.deleted,
        forwarded: message.forwarded,
        reactions: message
            .reactions
            .iter()
            .map(|reaction| ExportedReaction {
                emoji: &reaction.emoji,
                count: reaction.count,
            })
            .collect(),
        files: message
            .files
            .iter()
            .filter(|_| !vanishes)
            .map(|file| ExportedFile {
                name: &file.name,
                size: file.size,
                media_type: &file.media_type,
            })
            .collect(),
        event: message.event.as_ref(),
    }
}

/// One message as lines of a text file: the first names when and who, the others are indented.
pub fn text_of(message: &MessageView) -> String {
    let mut lines = Vec::new();
    if let Some(event) = &message.event {
        lines.push(format!("* {}", event_words(event)));
    } else {
        lines.push(format!("{}: {}", one_line(&message.sender_name), said(message)));
    }
    for file in message.files.iter().filter(|_| message.expiry.is_none()) {
        lines.push(format!("[file: {}, {} bytes]", one_line(&file.name), file.size));
    }
    let time = moment(message.sent_at_ms).map(stamp).unwrap_or_default();
    format!("{time} {}\n", lines.join("\n").replace('\n', "\n    "))
}

/// The text as it was written, with names in place of ids.
fn said(message: &MessageView) -> String {
    if message.deleted {
        return "(deleted)".to_owned();
    }
    if message.expiry.is_some() {
        return "(a message that vanishes)".to_owned();
    }
    let mut text = clean(&message.text);
    for mention in &message.mentions {
        text = text.replace(
            &format!("<@{}>", mention.user),
            &format!("@{}", one_line(&mention.name)),
        );
    }
    if let Some(reply) = &message.reply {
        text = format!(
            "(to {}: \"{}\") {text}",
            one_line(&reply.sender_name),
            one_line(&reply.text)
        );
    }
    if message.edited {
        text.push_str(" (edited)");
    }
    text
}

fn event_words(event: &EventView) -> String {
    let kind = json::to_value(&event.what).ok();
    let kind = kind
        .as_ref()
        .and_then(serde_json::Value::as_str)
        .unwrap_or_default();
    let whom: Vec<String> = event.whom.iter().map(|person| one_line(&person.name)).collect();
    let to = if whom.is_empty() {
        String::new()
    } else {
        format!(": {}", whom.join(", "))
    };
    format!("{}, {}{to}", one_line(&event.who_name), kind.replace('_', " "))
}

/// A name in one line, without what could disturb it.
fn one_line(text: &str) -> String {
    clean(text).replace(['\n', '\t'], " ")
}

fn moment(ms: u64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms).checked_mul(1_000_000)?).ok()
}

fn stamp(moment: OffsetDateTime) -> String {
    let (date, hour, minute) = (moment.date(), moment.hour(), moment.minute());
    format!("[{date} {hour:02}:{minute:02}]")
}

/// The name of a file for a conversation: letters and digits of its title, and never a path.
pub fn file_name(title: &str, conversation: ConversationId, ending: &str) -> String {
    let letters: String = clean(title)
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '-' })
        .take(48)
        .collect();
    let words: Vec<&str> = letters.split('-').filter(|word| !word.is_empty()).collect();
    let id: String = conversation.to_string().chars().take(8).collect();
    match words.as_slice() {
        [] => format!("{id}.{ending}"),
        words => format!("{}-{id}.{ending}", words.join("-")),
    }
}

#[cfg(test)]
mod tests {
    use super::file_name;
    use undertone_wire::ConversationId;

    #[test]
    fn a_file_name_is_never_a_path() {
        let id = ConversationId::from_bytes([0; 16]);
        assert_eq!(file_name("Tea & cake", id, "txt"), "Tea-cake-aaaaaaaa.txt");
        assert_eq!(
            file_name("../../etc/passwd", id, "txt"),
            "etc-passwd-aaaaaaaa.txt"
        );
        assert_eq!(file_name("..", id, "json"), "aaaaaaaa.json");
        assert_eq!(file_name("CON\u{0}\u{202e}\n", id, "txt"), "CON-aaaaaaaa.txt");
        assert_eq!(file_name("茶の会", id, "txt"), "茶の会-aaaaaaaa.txt");
        assert!(file_name(&"é".repeat(500), id, "txt").len() <= 255);
    }
}
