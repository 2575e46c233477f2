//! The full-screen client as it is drawn: one function from the state to a frame. It changes nothing.

use super::command::HELP;
use super::state::{Focus, Found, Over, State};
use super::text::{cut, one_line};
use super::timeline;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Clear, Paragraph};
use undertone_client_core::view::{ConnectionState, ConversationView, PresenceView};
use undertone_wire::conversation::ConversationKind;

/// Columns of the list, and from which width on it stands beside the messages.
const LIST_COLUMNS: u16 = 28;
const WIDE: u16 = 72;
/// Lines of what is being written, at most.
const COMPOSER_LINES: usize = 6;
const DIM: Style = Style::new().add_modifier(Modifier::DIM);
const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);
const CHOSEN: Style = Style::new().add_modifier(Modifier::REVERSED);
const WARNING: Style = Style::new().fg(Color::Yellow);

const KEYS: [(&str, &str); 11] = [
    ("Tab", "list, messages, writing"),
    ("Enter", "send; open; jump to what was found"),
    ("Alt+Enter, Ctrl+J", "a new line"),
    ("Up", "from the first line: choose a message"),
    ("r  e  +  d", "at a chosen message: reply, edit, react, delete"),
    ("PgUp  PgDn  End", "older, newer, newest"),
    ("Ctrl+N  Ctrl+P", "next, previous conversation"),
    ("Ctrl+F", "search"),
    ("Ctrl+W", "delete a word"),
    ("Esc", "one step back"),
    ("F1, Ctrl+C", "help, leave"),
];

/// Draws everything.
pub(super) fn draw(frame: &mut Frame<'_>, state: &State) {
    let area = frame.area();
    let [main, foot] = Layout::vertical([Constraint::Min(1), Constraint::Length(1)]).areas(area);
    draw_foot(frame, state, foot);
    if area.width >= WIDE {
        let [list, rest] =
            Layout::horizontal([Constraint::Length(LIST_COLUMNS), Constraint::Min(1)]).areas(main);
        draw_list(frame, state, list);
        draw_conversation(frame, state, rest);
    } else if state.focus == Focus::List || state.open.is_none() {
        draw_list(frame, state, main);
    } else {
        draw_conversation(frame, state, main);
    }
    match &state.over {
        Over::Nothing => {}
        Over::Help => draw_help(frame, main),
        Over::Found(found) => draw_found(frame, found, main),
    }
}

fn draw_list(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let block = Block::new()
        .borders(Borders::RIGHT)
        .border_style(focused(state, Focus::List));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let height = usize::from(inner.height);
    let skip = state.at.saturating_add(1).saturating_sub(height);
    let width = usize::from(inner.width);
    let lines: Vec<Line<'_>> = state
        .conversations
        .iter()
        .enumerate()
        .skip(skip)
        .take(height)
        .map(|(at, view)| list_line(state, view, (at, width)))
        .collect();
    if lines.is_empty() {
        frame.render_widget(Paragraph::new("Nobody yet: /open NAME").style(DIM), inner);
    } else {
        frame.render_widget(Paragraph::new(lines), inner);
    }
}

fn list_line(state: &State, view: &ConversationView, (at, width): (usize, usize)) -> Line<'static> {
    let unread = if view.unread > 0 {
        format!(" {}", view.unread)
    } else {
        String::new()
    };
    let sign = match view.kind {
        _ if view.request => "? ",
        ConversationKind::Direct if is_here(view) => "● ",
        ConversationKind::Direct => "○ ",
        ConversationKind::Group => "# ",
        ConversationKind::Room => "⌂ ",
    };
    let room = width.saturating_sub(unread.len().saturating_add(2));
    let title = format!("{sign}{}", cut(&view.title, room));
    let mut style = if view.unread > 0 { BOLD } else { Style::new() };
    if at == state.at && state.focus == Focus::List {
        style = style.patch(CHOSEN);
    } else if Some(view.conversation) == state.open {
        style = style.fg(Color::Cyan);
    }
    let used = Span::raw(title.as_str()).width().saturating_add(unread.len());
    let space = " ".repeat(width.saturating_sub(used));
    Line::styled(format!("{title}{space}{unread}"), style)
}

fn is_here(view: &ConversationView) -> bool {
    let presence = view.peer.as_ref().map(|peer| &peer.presence);
    presence.is_some_and(|presence| matches!(presence, PresenceView::Here | PresenceView::Away { .. }))
}

fn draw_conversation(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let writing = writing(state);
    let lines = u16::try_from(writing.lines.len()).unwrap_or(1);
    let [head, messages, composer] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(1),
        Constraint::Length(lines.saturating_add(1)),
    ])
    .areas(area);
    draw_head(frame, state, head);
    let width = usize::from(messages.width);
    let rows = timeline::rows(state, width);
    let seen = timeline::seen(state, rows, usize::from(messages.height));
    // Few messages stand at the bottom, above what is being written.
    let free = usize::from(messages.height).saturating_sub(seen.len());
    let free = std::iter::repeat_n(Line::default(), free);
    let lines: Vec<Line<'_>> = free.chain(seen.into_iter().map(|row| row.line)).collect();
    frame.render_widget(Paragraph::new(lines), messages);
    draw_composer(frame, state, (writing, composer));
}

fn draw_head(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let Some(view) = state.present() else {
        frame.render_widget(Line::styled("Choose a conversation", DIM), area);
        return;
    };
    let mut spans = vec![Span::styled(one_line(&view.title), BOLD)];
    let more = if view.typing.is_empty() {
        match view.kind {
            ConversationKind::Direct if is_here(view) => "online".to_owned(),
            ConversationKind::Direct => String::new(),
            ConversationKind::Group | ConversationKind::Room => format!("{} people", view.people),
        }
    } else {
        let names: Vec<String> = view.typing.iter().map(|name| one_line(name)).collect();
        format!("{} writing…", names.join(", "))
    };
    spans.push(Span::styled(format!("  {more}"), DIM));
    if view.request {
        let answers = match view.kind {
            ConversationKind::Direct => "  (a stranger: /accept or /ignore)",
            ConversationKind::Group | ConversationKind::Room => {
                "  (a stranger added you: /accept or /ignore)"
            }
        };
        spans.push(Span::styled(answers, WARNING));
    }
    if state.more_after {
        spans.push(Span::styled("  (older messages; End: newest)", WARNING));
    }
    frame.render_widget(Line::from(spans), area);
}

/// What is being written, as lines, and where the cursor is in them.
struct Writing {
    lines: Vec<String>,
    cursor: (usize, usize),
}

fn writing(state: &State) -> Writing {
    let text = state.composer.text();
    let before = state.composer.before();
    let line = before.matches('\n').count();
    let column = Span::raw(before.rsplit('\n').next().unwrap_or_default()).width();
    let all: Vec<String> = text.split('\n').map(one_line).collect();
    // The line with the cursor is always among those that are seen.
    let skip = line.saturating_add(1).saturating_sub(COMPOSER_LINES);
    Writing {
        lines: all.into_iter().skip(skip).take(COMPOSER_LINES).collect(),
        cursor: (column, line.saturating_sub(skip)),
    }
}

fn draw_composer(frame: &mut Frame<'_>, state: &State, (writing, area): (Writing, Rect)) {
    let block = Block::new()
        .borders(Borders::TOP)
        .border_style(focused(state, Focus::Compose));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let width = usize::from(inner.width).saturating_sub(3);
    // A long line moves under the cursor.
    let shift = writing.cursor.0.saturating_sub(width);
    let lines: Vec<Line<'_>> = writing
        .lines
        .iter()
        .map(|line| Line::raw(format!("> {}", line.chars().skip(shift).collect::<String>())))
        .collect();
    frame.render_widget(Paragraph::new(lines), inner);
    if state.focus == Focus::Compose && state.over == Over::Nothing {
        let column = u16::try_from(writing.cursor.0.saturating_sub(shift).saturating_add(2));
        let line = u16::try_from(writing.cursor.1);
        let at = Position {
            x: inner
                .x
                .saturating_add(column.unwrap_or(u16::MAX))
                .min(inner.right().saturating_sub(1)),
            y: inner
                .y
                .saturating_add(line.unwrap_or(0))
                .min(inner.bottom().saturating_sub(1)),
        };
        frame.set_cursor_position(at);
    }
}

fn draw_foot(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let connection = match state.connection {
        ConnectionState::Online => "",
        ConnectionState::Connecting => "connecting… ",
        ConnectionState::Offline => "offline, sent later ",
        ConnectionState::SignedOut => "signed out ",
    };
    let line = match &state.notice {
        Some(notice) => Line::from(vec![
            Span::styled(connection, WARNING),
            Span::styled(cut(notice, usize::from(area.width)), WARNING),
        ]),
        None => Line::from(vec![
            Span::styled(connection, WARNING),
            Span::styled(
                "Tab: move  Enter: send  /: commands  F1: help  Ctrl+C: leave",
                DIM,
            ),
        ]),
    };
    frame.render_widget(line, area);
}

fn draw_help(frame: &mut Frame<'_>, area: Rect) {
    let line = |(left, right): &(&'static str, &'static str)| {
        Line::from(vec![
            Span::styled(format!(" {left:<20}"), BOLD),
            Span::raw(*right),
        ])
    };
    let lines: Vec<Line<'_>> = KEYS.iter().chain(&HELP).map(line).collect();
    over(frame, area, ("Help", lines));
}

fn draw_found(frame: &mut Frame<'_>, found: &Found, area: Rect) {
    let width = usize::from(area.width).saturating_sub(4);
    let height = usize::from(area.height).saturating_sub(2).max(1);
    let skip = found.at.saturating_add(1).saturating_sub(height);
    let mut lines: Vec<Line<'_>> = found
        .results
        .iter()
        .enumerate()
        .skip(skip)
        .map(|(at, result)| {
            let name = one_line(&result.message.sender_name);
            let title = one_line(&result.conversation_title);
            let text = cut(&format!("{title} · {name}: {}", result.text), width);
            Line::styled(text, if at == found.at { CHOSEN } else { Style::new() })
        })
        .collect();
    if lines.is_empty() {
        lines.push(Line::styled("Nothing found.", DIM));
    }
    let title = format!("{} found: {}", found.results.len(), cut(&found.query, width / 2));
    over(frame, area, (&title, lines));
}

/// A box over everything.
fn over(frame: &mut Frame<'_>, area: Rect, (title, lines): (&str, Vec<Line<'_>>)) {
    frame.render_widget(Clear, area);
    let block = Block::bordered().title(title.to_owned());
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

fn focused(state: &State, focus: Focus) -> Style {
    if state.focus == focus {
        Style::new().fg(Color::Cyan)
    } else {
        DIM
    }
}
