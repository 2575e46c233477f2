//! Blocks: what lines begin with. Headings, tables, rules, indented code and HTML are not among them and
//! stay the text that they are. Each line is looked at once per depth, and the depth is bounded.

use super::inline;
use super::{Block, Inline};

/// Quotes and lists in each other, at most.
const DEPTH_MAX: u8 = 6;
/// Marks of all kinds in one text, at most; what follows them is plain.
const MARKS_MAX: u32 = 4_000;
/// Longest name of a language, in bytes.
const LANGUAGE_BYTES_MAX: usize = 32;
/// Digits of a list's number, at most.
const DIGITS_MAX: usize = 9;

/// What is left of the marks that one text may have.
#[derive(Debug)]
pub(super) struct Budget(u32);

impl Budget {
    /// Takes one, if there is one left.
    pub(super) const fn take(&mut self) -> bool {
        let left = self.0 > 0;
        self.0 = self.0.saturating_sub(1);
        left
    }

    const fn is_spent(&self) -> bool {
        self.0 == 0
    }
}

/// Reads a clean text.
pub(super) fn parse(text: &str) -> Vec<Block> {
    let lines: Vec<&str> = text.split('\n').collect();
    let mut budget = Budget(MARKS_MAX);
    Reader {
        lines: &lines,
        depth: 0,
        budget: &mut budget,
    }
    .blocks()
}

/// Reads lines of one depth.
struct Reader<'t, 'b> {
    lines: &'b [&'t str],
    depth: u8,
    budget: &'b mut Budget,
}

/// What a list item begins with.
struct Marker<'t> {
    /// The digits, if it has a number.
    number: Option<u32>,
    /// `-`, `*`, `+`, `.` or `)`: another one begins another list.
    sign: char,
    /// What follows it on its line.
    rest: &'t str,
    /// Following lines that begin with so many spaces belong to it.
    indent: usize,
    /// Its text begins so far from the beginning of the line.
    width: usize,
}

/// What an opening fence says.
struct Fence<'t> {
    sign: char,
    length: usize,
    info: &'t str,
}

impl<'t> Reader<'t, '_> {
    fn blocks(mut self) -> Vec<Block> {
        let mut blocks = Vec::new();
        while let Some(line) = self.peek() {
            if self.budget.is_spent() {
                blocks.extend(self.rest_as_text());
                break;
            }
            if is_blank(line) {
                self.skip();
            } else if let Some(fence) = fence(line) {
                blocks.push(self.code(&fence));
            } else if self.nests() && quoted(line).is_some() {
                blocks.push(self.quote());
            } else if let Some(marker) = self.marker(line) {
                blocks.push(self.list(&marker));
            } else {
                blocks.push(self.paragraph());
            }
        }
        blocks
    }

    fn peek(&self) -> Option<&'t str> {
        self.lines.first().copied()
    }

    fn skip(&mut self) {
        self.lines = self.lines.get(1..).unwrap_or_default();
    }

    const fn nests(&self) -> bool {
        self.depth < DEPTH_MAX
    }

    /// The blocks of lines that stand inside one of this depth.
    fn inside(&mut self, lines: &[&'t str]) -> Vec<Block> {
        Reader {
            lines,
            depth: self.depth.saturating_add(1),
            budget: self.budget,
        }
        .blocks()
    }

    /// A fence that is not closed reaches to the end of what it stands in.
    fn code(&mut self, fence: &Fence<'t>) -> Block {
        self.budget.take();
        self.skip();
        let mut text = Vec::new();
        while let Some(line) = self.peek() {
            self.skip();
            let bare = line.trim();
            let closes = bare.len() >= fence.length && bare.chars().all(|c| c == fence.sign);
            if closes {
                break;
            }
            text.push(line);
        }
        Block::Code {
            language: language(fence.info),
            text: text.join("\n"),
        }
    }

    fn quote(&mut self) -> Block {
        self.budget.take();
        let mut inside = Vec::new();
        while let Some(rest) = self.peek().and_then(quoted) {
            inside.push(rest);
            self.skip();
        }
        Block::Quote(self.inside(&inside))
    }

    fn marker(&self, line: &'t str) -> Option<Marker<'t>> {
        if self.nests() { marker(line) } else { None }
    }

    fn list(&mut self, first: &Marker<'t>) -> Block {
        let mut items = Vec::new();
        while let Some(next) = self.next_item(first) {
            self.budget.take();
            self.skip();
            let mut lines = vec![next.rest];
            self.item(&next, &mut lines);
            items.push(self.inside(&lines));
            if self.budget.is_spent() {
                break;
            }
        }
        Block::List {
            ordered: first.number.is_some(),
            start: first.number.unwrap_or(1),
            items,
        }
    }

    /// The next item of the same list, if that is what comes next.
    fn next_item(&self, first: &Marker<'t>) -> Option<Marker<'t>> {
        let next = marker(self.peek()?)?;
        let same = next.sign == first.sign && next.number.is_some() == first.number.is_some();
        same.then_some(next)
    }

    /// The further lines of an item: those that are indented, and blank ones between them or before the
    /// next item.
    fn item(&mut self, item: &Marker<'t>, lines: &mut Vec<&'t str>) {
        loop {
            let blank = self.lines.iter().take_while(|line| is_blank(line)).count();
            let Some(line) = self.lines.get(blank) else { return };
            if let Some(rest) = indented(line, item) {
                lines.extend(std::iter::repeat_n("", blank));
                lines.push(rest);
                self.lines = self.lines.get(blank.saturating_add(1)..).unwrap_or_default();
            } else {
                if marker(line).is_some() {
                    self.lines = self.lines.get(blank..).unwrap_or_default();
                }
                return;
            }
        }
    }

    fn paragraph(&mut self) -> Block {
        let mut lines = Vec::new();
        while let Some(line) = self.peek() {
            if is_blank(line) || (!lines.is_empty() && self.interrupts(line)) {
                break;
            }
            lines.push(line.trim_end());
            self.skip();
        }
        Block::Paragraph(inline::parse(lines.join("\n").trim(), self.budget))
    }

    /// Whether a line ends the paragraph before it. A list with a number does so only from 1 on: a year
    /// at the beginning of a line is none.
    fn interrupts(&self, line: &'t str) -> bool {
        let begins_list = |marker: Marker<'_>| marker.number.is_none_or(|number| number == 1);
        fence(line).is_some()
            || (self.nests() && quoted(line).is_some())
            || self.marker(line).is_some_and(begins_list)
    }

    /// What is left when no more marks are read.
    fn rest_as_text(&mut self) -> Option<Block> {
        let text = self.lines.join("\n").trim().to_owned();
        self.lines = &[];
        (!text.is_empty()).then(|| Block::Paragraph(vec![Inline::Text(text)]))
    }
}

fn fence(line: &str) -> Option<Fence<'_>> {
    let line = line.trim_start_matches(' ');
    let sign = line.chars().next().filter(|sign| matches!(sign, '`' | '~'))?;
    let info = line.trim_start_matches(sign);
    let length = line.len().saturating_sub(info.len());
    // With a backtick after it, it is code in a line.
    let is_fence = length >= 3 && !(sign == '`' && info.contains('`'));
    is_fence.then_some(Fence { sign, length, info })
}

fn is_blank(line: &str) -> bool {
    line.trim().is_empty()
}

/// What a line quotes: `>` alone, before a space, or before another one. `>_<` is a face.
fn quoted(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches(' ').strip_prefix('>')?;
    match rest.chars().next() {
        None | Some('>') => Some(rest),
        Some(' ') => rest.get(1..),
        Some(_) => None,
    }
}

/// An item has text on its first line: a lone `-` is one.
fn marker(line: &str) -> Option<Marker<'_>> {
    let bare = line.trim_start_matches(' ');
    let bare_sign = bare.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = bare.get(..bare.len().saturating_sub(bare_sign.len()))?;
    let number = match digits.len() {
        0 => None,
        1..=DIGITS_MAX => Some(digits.parse().ok()?),
        _ => return None,
    };
    let sign = bare_sign.chars().next()?;
    let fits = match number {
        Some(_) => matches!(sign, '.' | ')'),
        None => matches!(sign, '-' | '*' | '+'),
    };
    let rest = bare_sign.get(1..).filter(|_| fits)?.strip_prefix(' ')?;
    let rest = rest.trim_start_matches(' ');
    if is_blank(rest) {
        return None;
    }
    Some(Marker {
        number,
        sign,
        rest,
        indent: line.len().saturating_sub(bare.len()).saturating_add(2),
        width: line.len().saturating_sub(rest.len()),
    })
}

/// A line without the spaces, or the one tab, that put it into an item.
fn indented<'t>(line: &'t str, marker: &Marker<'_>) -> Option<&'t str> {
    let bare = line.trim_start_matches(' ');
    let spaces = line.len().saturating_sub(bare.len());
    if spaces >= marker.indent {
        return line.get(spaces.min(marker.width)..);
    }
    line.strip_prefix('\t')
}

fn language(info: &str) -> Option<String> {
    let name = info.split_whitespace().next()?.to_ascii_lowercase();
    let fits = name.len() <= LANGUAGE_BYTES_MAX
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '#' | '.' | '_'));
    fits.then_some(name)
}
