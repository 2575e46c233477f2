//! Text of people as lines of a terminal: marks become styles, long lines are broken, and nothing that
//! somebody wrote can drive the terminal. It knows no conversation.

use crate::output::printable;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use undertone_client_core::markup::{Block, Inline, MentionedRole};
use undertone_client_core::view::MentionView;

const CODE: Style = Style::new().fg(Color::Yellow);
const LINK: Style = Style::new().fg(Color::Cyan).add_modifier(Modifier::UNDERLINED);
const MENTION: Style = Style::new().fg(Color::Magenta).add_modifier(Modifier::BOLD);
const WARNING: Style = Style::new().fg(Color::Red);
const QUOTED: Style = Style::new().add_modifier(Modifier::DIM);
const HIDDEN: &str = "▒▒▒▒▒";

/// How a message is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look<'m> {
    /// Columns.
    pub(super) width: usize,
    /// Whether spoilers are shown.
    pub(super) reveals: bool,
    /// Names of those who are mentioned.
    pub(super) mentions: &'m [MentionView],
}

/// A part of a line that is not broken yet.
#[derive(Debug, Clone)]
struct Piece {
    text: String,
    style: Style,
}

/// The lines of a message.
pub(super) fn lines(blocks: &[Block], look: Look<'_>) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for block in blocks {
        lines.extend(block_lines(block, look));
    }
    lines
}

fn block_lines(block: &Block, look: Look<'_>) -> Vec<Line<'static>> {
    match block {
        Block::Paragraph(inlines) => {
            let mut rows = vec![Vec::new()];
            for inline in inlines {
                pieces(inline, Style::new(), look, &mut rows);
            }
            rows.into_iter()
                .flat_map(|row| broken(&row, look.width))
                .collect()
        }
        Block::Code { text, .. } => text
            .split('\n')
            .flat_map(|line| {
                let piece = Piece {
                    text: printable(&line.replace('\t', "    ")),
                    style: CODE,
                };
                broken(&[piece], look.width)
            })
            .collect(),
        Block::Quote(blocks) => {
            let inside = lines(blocks, narrower(look, 2));
            inside
                .into_iter()
                .map(|line| after("│ ", line.patch_style(QUOTED)))
                .collect()
        }
        Block::List {
            ordered,
            start,
            items,
        } => {
            let mut all = Vec::new();
            for (number, item) in (*start..).zip(items) {
                let sign = if *ordered {
                    format!("{number}. ")
                } else {
                    "• ".to_owned()
                };
                let space = " ".repeat(sign.chars().count());
                for (at, line) in lines(item, narrower(look, space.len())).into_iter().enumerate() {
                    all.push(after(if at == 0 { &sign } else { &space }, line));
                }
            }
            all
        }
    }
}

fn narrower(look: Look<'_>, by: usize) -> Look<'_> {
    Look {
        width: look.width.saturating_sub(by).max(8),
        ..look
    }
}

fn after(sign: &str, mut line: Line<'static>) -> Line<'static> {
    line.spans.insert(0, Span::raw(sign.to_owned()));
    line
}

/// Adds an inline to the last row; a line break begins another one.
fn pieces(inline: &Inline, style: Style, look: Look<'_>, rows: &mut Vec<Vec<Piece>>) {
    let mut add = |text: String, style: Style| {
        if let Some(row) = rows.last_mut() {
            row.push(Piece { text, style });
        }
    };
    match inline {
        Inline::Text(text) => {
            for (at, line) in printable(text).split('\n').enumerate() {
                if at > 0 {
                    rows.push(Vec::new());
                }
                if let Some(row) = rows.last_mut() {
                    row.push(Piece {
                        text: line.to_owned(),
                        style,
                    });
                }
            }
        }
        Inline::Code(text) => add(printable(text), style.patch(CODE)),
        Inline::Bold(inside) => each(inside, style.add_modifier(Modifier::BOLD), look, rows),
        Inline::Italic(inside) => each(inside, style.add_modifier(Modifier::ITALIC), look, rows),
        Inline::Strike(inside) => each(inside, style.add_modifier(Modifier::CROSSED_OUT), look, rows),
        Inline::Spoiler(inside) if look.reveals => {
            each(inside, style.add_modifier(Modifier::REVERSED), look, rows);
        }
        Inline::Spoiler(_) => add(HIDDEN.to_owned(), style),
        Inline::Link {
            href,
            host,
            deceptive,
            inlines,
        } => {
            each(inlines, style.patch(LINK), look, rows);
            let shows_itself = matches!(inlines.as_slice(), [Inline::Text(text)] if text == href);
            let mut add = |text: String, style: Style| {
                if let Some(row) = rows.last_mut() {
                    row.push(Piece { text, style });
                }
            };
            if *deceptive {
                add(format!(" (goes to {})", printable(host)), WARNING);
            } else if !shows_itself {
                add(format!(" ({})", printable(href)), QUOTED);
            }
        }
        Inline::Mention { user } => {
            let known = look.mentions.iter().find(|mention| mention.user == *user);
            let name = known.map_or("…", |mention| mention.name.as_str());
            add(format!("@{}", one_line(name)), MENTION);
        }
        Inline::MentionRole(role) => {
            let name = match role {
                MentionedRole::Everyone => "@everyone",
                MentionedRole::Admins => "@admins",
            };
            add(name.to_owned(), MENTION);
        }
        Inline::LineBreak => rows.push(Vec::new()),
    }
}

fn each(inlines: &[Inline], style: Style, look: Look<'_>, rows: &mut Vec<Vec<Piece>>) {
    for inline in inlines {
        pieces(inline, style, look, rows);
    }
}

/// A name or a title in one line.
pub(super) fn one_line(text: &str) -> String {
    printable(text).replace('\n', " ")
}

/// A text in one line of at most so many columns.
pub(super) fn cut(text: &str, width: usize) -> String {
    let text = one_line(text);
    if columns(&text) <= width {
        return text;
    }
    let mut kept = String::new();
    for c in text.chars() {
        if columns(&kept).saturating_add(column(c)) >= width {
            break;
        }
        kept.push(c);
    }
    kept.push('…');
    kept
}

fn columns(text: &str) -> usize {
    Span::raw(text).width()
}

fn column(c: char) -> usize {
    Span::raw(&*c.encode_utf8(&mut [0; 4])).width()
}

/// Breaks a row at spaces, and words that are longer than a line where the line ends.
fn broken(row: &[Piece], width: usize) -> Vec<Line<'static>> {
    let mut breaker = Breaker {
        width: width.max(1),
        ..Breaker::default()
    };
    for piece in row {
        for word in piece.text.split_inclusive(' ') {
            breaker.word(word, piece.style);
        }
    }
    breaker.lines.push(Line::from(breaker.spans));
    breaker.lines
}

#[derive(Default)]
struct Breaker {
    width: usize,
    used: usize,
    spans: Vec<Span<'static>>,
    lines: Vec<Line<'static>>,
}

impl Breaker {
    fn word(&mut self, word: &str, style: Style) {
        let length = columns(word.trim_end_matches(' '));
        if self.used > 0 && self.used.saturating_add(length) > self.width {
            self.begin_line();
        }
        let mut fits = String::new();
        for c in word.chars() {
            let wide = column(c);
            if self.used.saturating_add(wide) > self.width {
                // A space at the end of a line needs no room.
                if c == ' ' {
                    continue;
                }
                self.add(&mut fits, style);
                self.begin_line();
            }
            self.used = self.used.saturating_add(wide);
            fits.push(c);
        }
        self.add(&mut fits, style);
    }

    fn add(&mut self, text: &mut String, style: Style) {
        if !text.is_empty() {
            self.spans.push(Span::styled(std::mem::take(text), style));
        }
    }

    fn begin_line(&mut self) {
        self.lines.push(Line::from(std::mem::take(&mut self.spans)));
        self.used = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use undertone_client_core::markup;

    fn shown(text: &str, width: usize) -> Vec<String> {
        let look = Look {
            width,
            reveals: false,
            mentions: &[],
        };
        lines(&markup::parse(text), look)
            .iter()
            .map(|line| line.to_string().trim_end().to_owned())
            .collect()
    }

    #[test]
    fn long_lines_are_broken_at_spaces() {
        assert_eq!(shown("the quick brown fox", 10), ["the quick", "brown fox"]);
        assert_eq!(shown("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(shown("今天天气很好", 5), ["今天", "天气", "很好"]);
        assert_eq!(shown("one\ntwo", 10), ["one", "two"]);
    }

    #[test]
    fn marks_are_drawn_and_spoilers_stay_hidden() {
        assert_eq!(shown("**b** `c` ||secret||", 40), ["b c ▒▒▒▒▒"]);
        assert_eq!(shown("> said\n- one\n- two", 40), ["│ said", "• one", "• two"]);
        assert_eq!(
            shown("[bank.example](https://evil.example)", 60),
            ["bank.example (goes to evil.example)"]
        );
        let look = Look {
            width: 40,
            reveals: true,
            mentions: &[],
        };
        assert_eq!(lines(&markup::parse("||secret||"), look)[0].to_string(), "secret");
    }

    #[test]
    fn nothing_drives_the_terminal() {
        let text = "a\u{1b}[2J\u{9b}31m\u{202e}b `\u{7}` ```\n\u{1b}]0;x\u{7}\n```";
        let all = shown(text, 80).concat();
        assert!(all.chars().all(|c| !c.is_control() && c != '\u{202e}'), "{all:?}");
    }

    #[test]
    fn texts_are_cut_to_columns() {
        assert_eq!(cut("short", 10), "short");
        assert_eq!(cut("a long title", 7), "a long…");
        assert_eq!(cut("天天天天", 5), "天天…");
        assert_eq!(cut("two\nlines", 20), "two lines");
    }
}
