//! The messages as rows of the screen: days, names, texts, files, reactions, and which rows belong to
//! which message.

use super::state::State;
use super::text::{Look, cut, lines, one_line};
use crate::command::result::HappeningEvent;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use time::{Duration, OffsetDateTime, UtcOffset};
use undertone_client_core::MessageKey;
use undertone_client_core::view::{FileView, MessageStateView, MessageView, TransferView};
use undertone_wire::Timestamp;

/// Messages of one person stand under one name for so long.
const GROUPED_MS: u64 = 5 * 60 * 1000;
const DIM: Style = Style::new().add_modifier(Modifier::DIM);
const FAILED: Style = Style::new().fg(Color::Red);
/// Colours of names, by the colour of the identity.
const COLOURS: [Color; 6] = [
    Color::Cyan,
    Color::Green,
    Color::Yellow,
    Color::Blue,
    Color::Magenta,
    Color::LightRed,
];

/// One row.
pub(super) struct Row {
    /// Whose it is.
    pub(super) key: Option<MessageKey>,
    pub(super) line: Line<'static>,
}

/// All rows of what is loaded, oldest first.
pub(super) fn rows(state: &State, width: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut before: Option<&MessageView> = None;
    for message in &state.messages {
        let day = day_of(state, message.sent_at_ms);
        if before.is_none_or(|before| day_of(state, before.sent_at_ms) != day) {
            rows.push(between(&day, width));
        }
        if state.first_unread == Some(message.key) {
            rows.push(between("new", width));
        }
        rows.extend(message_rows(state, message, before, width));
        before = Some(message);
    }
    rows
}

/// The rows that are seen: the last ones, or those around the chosen message.
pub(super) fn seen(state: &State, rows: Vec<Row>, height: usize) -> Vec<Row> {
    let chosen = rows
        .iter()
        .rposition(|row| row.key.is_some() && row.key == state.chosen);
    let end = match chosen {
        Some(at) => at
            .saturating_add(height / 3)
            .saturating_add(1)
            .max(height)
            .min(rows.len()),
        None => rows.len(),
    };
    let begin = end.saturating_sub(height);
    rows.into_iter()
        .skip(begin)
        .take(end.saturating_sub(begin))
        .collect()
}

fn between(words: &str, width: usize) -> Row {
    let side = "─".repeat(width.saturating_sub(words.chars().count().saturating_add(2)) / 2);
    Row {
        key: None,
        line: Line::styled(format!("{side} {words} {side}"), DIM),
    }
}

fn message_rows(
    state: &State,
    message: &MessageView,
    before: Option<&MessageView>,
    width: usize,
) -> Vec<Row> {
    let is_chosen = state.chosen == Some(message.key);
    let mut all = Vec::new();
    if let Some(event) = HappeningEvent::of(message) {
        all.push(Line::styled(cut(&format!("· {}", event.words()), width), DIM));
    } else if message.hidden {
        all.push(Line::styled("  (from somebody you blocked)", DIM));
    } else {
        if !continues(before, message) {
            all.push(head(state, message));
        }
        all.extend(
            body(message, is_chosen, width.saturating_sub(2))
                .into_iter()
                .map(indented),
        );
    }
    let row = |line: Line<'static>| Row {
        key: Some(message.key),
        line: if is_chosen {
            line.style(Style::new().bg(Color::DarkGray))
        } else {
            line
        },
    };
    all.into_iter().map(row).collect()
}

fn indented(mut line: Line<'static>) -> Line<'static> {
    line.spans.insert(0, Span::raw("  "));
    line
}

/// Whether a message stands under the name of the one before it.
fn continues(before: Option<&MessageView>, message: &MessageView) -> bool {
    before.is_some_and(|before| {
        before.event.is_none()
            && !before.hidden
            && before.sender == message.sender
            && message.reply.is_none()
            && message.sent_at_ms.saturating_sub(before.sent_at_ms) < GROUPED_MS
    })
}

fn head(state: &State, message: &MessageView) -> Line<'static> {
    let colour = COLOURS
        .get(usize::from(message.identity_colour) % COLOURS.len())
        .copied()
        .unwrap_or(Color::Reset);
    let name = Style::new().fg(colour).add_modifier(Modifier::BOLD);
    let mut spans = vec![
        Span::styled(one_line(&message.sender_name), name),
        Span::styled(format!("  {}", clock_of(state, message.sent_at_ms)), DIM),
    ];
    if message.sender_name_clash {
        spans.push(Span::styled(
            format!("  (user name {})", one_line(&message.sender_user_name)),
            FAILED,
        ));
    }
    if message.shared {
        spans.push(Span::styled("  (shared)", DIM));
    }
    Line::from(spans)
}

fn body(message: &MessageView, reveals: bool, width: usize) -> Vec<Line<'static>> {
    if message.deleted {
        return vec![Line::styled("(deleted)", DIM)];
    }
    let mut all = Vec::new();
    if let Some(reply) = &message.reply {
        let text = format!("┌ {}: {}", one_line(&reply.sender_name), one_line(&reply.text));
        all.push(Line::styled(cut(&text, width), DIM));
    }
    all.extend(lines(
        &message.blocks,
        Look {
            width,
            reveals,
            mentions: &message.mentions,
        },
    ));
    all.extend(message.files.iter().map(|file| file_line(file, width)));
    if !message.reactions.is_empty() {
        let each = message.reactions.iter();
        let each = each.map(|reaction| format!("{} {}", one_line(&reaction.emoji), reaction.count));
        all.push(Line::styled(each.collect::<Vec<_>>().join("  "), DIM));
    }
    if let Some((words, style)) = marks(message) {
        match all.last_mut() {
            Some(line) => line.spans.push(Span::styled(format!("  {words}"), style)),
            None => all.push(Line::styled(words, style)),
        }
    }
    all
}

/// What else there is to say of a message.
fn marks(message: &MessageView) -> Option<(String, Style)> {
    let mut words = Vec::new();
    let mut style = DIM;
    for (is_so, word) in [
        (message.forwarded, "forwarded"),
        (message.edited, "edited"),
        (message.pinned, "pinned"),
        (message.starred, "★"),
        (message.expiry.is_some(), "vanishes"),
    ] {
        if is_so {
            words.push(word.to_owned());
        }
    }
    if message.own {
        match message.state {
            MessageStateView::Sending => words.push("…".to_owned()),
            MessageStateView::Sent if message.read_by > 0 => words.push("✓✓".to_owned()),
            MessageStateView::Sent => words.push("✓".to_owned()),
            MessageStateView::Failed => {
                let why = message.failure.as_ref().map(|failure| one_line(&failure.message));
                words.push(format!("not sent: {}", why.unwrap_or_default()));
                style = FAILED;
            }
        }
    }
    (!words.is_empty()).then(|| (words.join(" "), style))
}

fn file_line(file: &FileView, width: usize) -> Line<'static> {
    let transfer = match &file.transfer {
        TransferView::None | TransferView::Here => String::new(),
        TransferView::Sealing { .. } => ", encrypting".to_owned(),
        TransferView::Uploading { done } => format!(", {}", percent(*done, file.size)),
        TransferView::Paused { .. } => ", paused".to_owned(),
        TransferView::Failed { code } => format!(", failed: {}", one_line(code)),
    };
    let text = format!("[{}, {}{transfer}]", one_line(&file.name), size_words(file.size));
    Line::styled(cut(&text, width), Style::new().fg(Color::Cyan))
}

fn percent(done: u64, size: u64) -> String {
    let done = done.saturating_mul(100).checked_div(size).unwrap_or(100);
    format!("{} %", done.min(100))
}

fn size_words(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KiB", bytes.div_ceil(1024)),
        _ => format!("{} MiB", bytes.div_ceil(1_048_576)),
    }
}

fn moment(state: &State, ms: u64) -> OffsetDateTime {
    let seconds = i64::try_from(ms / 1000).unwrap_or_default();
    let utc = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let ahead = state.zone.offset_minutes(Timestamp::from_millis(ms));
    let offset = Duration::minutes(i64::from(ahead)).whole_seconds();
    let offset = i32::try_from(offset)
        .ok()
        .and_then(|seconds| UtcOffset::from_whole_seconds(seconds).ok());
    utc.checked_to_offset(offset.unwrap_or(UtcOffset::UTC))
        .unwrap_or(utc)
}

fn day_of(state: &State, ms: u64) -> String {
    moment(state, ms).date().to_string()
}

fn clock_of(state: &State, ms: u64) -> String {
    let moment = moment(state, ms);
    format!("{:02}:{:02}", moment.hour(), moment.minute())
}
