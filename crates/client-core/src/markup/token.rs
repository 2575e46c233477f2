//! The pieces of a line: text, code, links, mentions, and runs of marks that may or may not mean
//! something. Which of them do is decided in `inline`. The text is read once, from the left.

use super::block::Budget;
use super::link::{self, Target};
use super::{Inline, MentionedRole};
use std::collections::HashMap;

/// Longest text between `<@` and `>`, in bytes.
const MENTION_BYTES_MAX: usize = 32;
/// Longest run of marks that means something.
const RUN_MAX: usize = 3;

/// A piece.
#[derive(Debug)]
pub(super) enum Token {
    /// What is there already.
    Inline(Inline),
    /// Text of a link begins; what it points at is known when it ends.
    LinkStart,
    /// It ends.
    LinkEnd(Target),
    /// A bracket that begins no link, as far as is known.
    Bracket,
    /// Marks.
    Run(Run),
}

/// Marks that stand together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    pub(super) mark: Mark,
    /// 1 to 3 of `*` and `_`; 2 of the others.
    pub(super) length: u8,
    pub(super) opens: bool,
    pub(super) closes: bool,
}

/// Which mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Star,
    Underscore,
    Tilde,
    Pipe,
}

impl Mark {
    const fn of(c: char) -> Option<Self> {
        match c {
            '*' => Some(Self::Star),
            '_' => Some(Self::Underscore),
            '~' => Some(Self::Tilde),
            '|' => Some(Self::Pipe),
            _ => None,
        }
    }

    /// The character.
    pub(super) const fn sign(self) -> char {
        match self {
            Self::Star => '*',
            Self::Underscore => '_',
            Self::Tilde => '~',
            Self::Pipe => '|',
        }
    }
}

/// Takes a paragraph apart.
pub(super) fn tokens(text: &str, budget: &mut Budget) -> Vec<Token> {
    let mut reader = Reader {
        text,
        at: 0,
        before: None,
        plain: String::new(),
        tokens: Vec::new(),
        brackets: Vec::new(),
        ticks: Ticks::of(text),
    };
    while let Some(c) = reader.peek() {
        if !reader.special(c, budget) {
            reader.plain.push(c);
            reader.advance(c.len_utf8());
        }
    }
    reader.flush();
    reader.tokens
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// The character before.
    before: Option<char>,
    /// Text that is not yet a token.
    plain: String,
    tokens: Vec<Token>,
    /// Places of brackets that could begin a link.
    brackets: Vec<usize>,
    ticks: Ticks,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn advance(&mut self, bytes: usize) {
        let passed = self.rest().get(..bytes).unwrap_or_default();
        self.before = passed.chars().next_back().or(self.before);
        self.at = self.at.saturating_add(bytes);
    }

    fn flush(&mut self) {
        if !self.plain.is_empty() {
            let text = std::mem::take(&mut self.plain);
            self.tokens.push(Token::Inline(Inline::Text(text)));
        }
    }

    fn push(&mut self, token: Token, bytes: usize) {
        self.flush();
        self.tokens.push(token);
        self.advance(bytes);
    }

    fn as_text(&mut self, bytes: usize) {
        let text = self.rest().get(..bytes).unwrap_or_default();
        self.plain.push_str(text);
        self.advance(bytes);
    }

    /// Reads what begins here, if it is more than a character.
    fn special(&mut self, c: char, budget: &mut Budget) -> bool {
        if c == '\n' {
            self.push(Token::Inline(Inline::LineBreak), 1);
            return true;
        }
        if !matches!(
            c,
            '\\' | '`' | '<' | '[' | ']' | '!' | '*' | '_' | '~' | '|' | 'h' | 'H' | 'm' | 'M'
        ) {
            return false;
        }
        match c {
            '\\' => self.escape(),
            '!' if self.rest().starts_with("![") => {
                // A picture from elsewhere stays text: its bracket begins no link.
                self.brackets.push(usize::MAX);
                self.as_text(2);
                true
            }
            '`' => self.code(budget),
            '<' => self.angle(budget),
            '[' => self.open_bracket(),
            ']' => self.close_bracket(budget),
            'h' | 'H' | 'm' | 'M' => self.address(budget),
            _ => Mark::of(c).is_some_and(|mark| self.run(mark, budget)),
        }
    }

    fn escape(&mut self) -> bool {
        let escaped = self.rest().chars().nth(1).filter(char::is_ascii_punctuation);
        if let Some(escaped) = escaped {
            self.plain.push(escaped);
            self.advance(2);
        }
        escaped.is_some()
    }

    fn code(&mut self, budget: &mut Budget) -> bool {
        let length = run_length(self.rest(), '`');
        let inside = self.ticks.closing(self.at, length).and_then(|end| {
            let begin = self.at.saturating_add(length);
            self.text.get(begin..end)
        });
        let Some(inside) = inside.filter(|_| budget.take()) else {
            self.as_text(length);
            return true;
        };
        let text = inside.replace('\n', " ");
        // One space on both sides is for code that begins or ends with a backtick.
        let stripped = text.strip_prefix(' ').and_then(|text| text.strip_suffix(' '));
        let text = match stripped {
            Some(stripped) if !stripped.trim().is_empty() => stripped.to_owned(),
            _ => text,
        };
        let bytes = inside.len().saturating_add(length.saturating_mul(2));
        self.push(Token::Inline(Inline::Code(text)), bytes);
        true
    }

    /// `<@…>`, or an address between angle brackets.
    fn angle(&mut self, budget: &mut Budget) -> bool {
        let inside = self.rest().get(1..).unwrap_or_default();
        if let Some(name) = inside.strip_prefix('@') {
            let found = name.bytes().take(MENTION_BYTES_MAX).position(|b| b == b'>');
            let mention = found.and_then(|end| Some((mention(name.get(..end)?)?, end)));
            let Some((mention, end)) = mention.filter(|_| budget.take()) else {
                return false;
            };
            self.push(Token::Inline(mention), end.saturating_add(3));
            return true;
        }
        let end = inside.find(|c: char| c == '<' || c == '>' || c.is_whitespace());
        let address = end
            .filter(|end| inside.as_bytes().get(*end) == Some(&b'>'))
            .and_then(|end| inside.get(..end));
        let target = address.and_then(link::target);
        let (Some(address), Some(target)) = (address, target.filter(|_| budget.take())) else {
            return false;
        };
        self.push(
            Token::Inline(target.standing_for(address)),
            address.len().saturating_add(2),
        );
        true
    }

    fn open_bracket(&mut self) -> bool {
        self.flush();
        self.brackets.push(self.tokens.len());
        self.push(Token::Bracket, 1);
        true
    }

    fn close_bracket(&mut self, budget: &mut Budget) -> bool {
        let Some(opener) = self.brackets.pop() else {
            return false;
        };
        let after = self.rest().get(1..).unwrap_or_default();
        let Some((address, bytes)) = link::destination(after) else {
            return false;
        };
        let Some(target) = link::target(&address).filter(|_| budget.take()) else {
            return false;
        };
        self.flush();
        // Something to press, and no link in a link.
        let shown = self.tokens.get(opener.saturating_add(1)..).unwrap_or_default();
        if shown.is_empty() {
            return false;
        }
        if let Some(token) = self.tokens.get_mut(opener) {
            *token = Token::LinkStart;
        }
        self.brackets.clear();
        self.push(Token::LinkEnd(target), bytes.saturating_add(1));
        true
    }

    /// An address that stands for itself.
    fn address(&mut self, budget: &mut Budget) -> bool {
        if self.before.is_some_and(char::is_alphanumeric) {
            return false;
        }
        let Some(address) = link::bare_address(self.rest()) else {
            return false;
        };
        let Some(target) = link::target(address) else {
            return false;
        };
        if !budget.take() {
            return false;
        }
        self.push(Token::Inline(target.standing_for(address)), address.len());
        true
    }

    fn run(&mut self, mark: Mark, budget: &mut Budget) -> bool {
        let length = run_length(self.rest(), mark.sign());
        let fits = match mark {
            Mark::Star | Mark::Underscore => length <= RUN_MAX,
            Mark::Tilde | Mark::Pipe => length == 2,
        };
        if !fits || !budget.take() {
            self.as_text(length);
            return true;
        }
        let after = self.rest().get(length..).unwrap_or_default().chars().next();
        let (opens, closes) = flanks(mark, self.before, after);
        let length_read = u8::try_from(length).unwrap_or(u8::MAX);
        let run = Run {
            mark,
            length: length_read,
            opens,
            closes,
        };
        self.push(Token::Run(run), length);
        true
    }
}

fn run_length(text: &str, sign: char) -> usize {
    text.len().saturating_sub(text.trim_start_matches(sign).len())
}

fn mention(name: &str) -> Option<Inline> {
    Some(match name {
        "everyone" => Inline::MentionRole(MentionedRole::Everyone),
        "admins" => Inline::MentionRole(MentionedRole::Admins),
        _ => Inline::Mention {
            user: name.parse().ok()?,
        },
    })
}

/// Whether a run may open and may close, by what stands around it, as in CommonMark. Punctuation of other
/// scripts counts as letters: it stands without spaces, and marks must work beside it.
fn flanks(mark: Mark, before: Option<char>, after: Option<char>) -> (bool, bool) {
    let is_space = |c: Option<char>| c.is_none_or(char::is_whitespace);
    let is_sign = |c: Option<char>| c.is_some_and(|c| c.is_ascii_punctuation());
    let left = !is_space(after) && (!is_sign(after) || is_space(before) || is_sign(before));
    let right = !is_space(before) && (!is_sign(before) || is_space(after) || is_sign(after));
    match mark {
        Mark::Star | Mark::Tilde => (left, right),
        Mark::Underscore => (
            left && (!right || is_sign(before)),
            right && (!left || is_sign(after)),
        ),
        // Hiding too much is better than showing what was meant to be hidden.
        Mark::Pipe => (true, true),
    }
}

/// Where the runs of backticks are, by their length.
struct Ticks(HashMap<usize, std::vec::IntoIter<usize>>);

impl Ticks {
    fn of(text: &str) -> Self {
        let mut runs: HashMap<usize, Vec<usize>> = HashMap::new();
        let mut at = 0;
        for piece in text.split_inclusive(|c| c != '`') {
            let length = run_length(piece, '`');
            if length > 0 {
                runs.entry(length).or_default().push(at);
            }
            at = at.saturating_add(piece.len());
        }
        Self(
            runs.into_iter()
                .map(|(length, places)| (length, places.into_iter()))
                .collect(),
        )
    }

    /// The next run of this length after `at`. It is asked with growing places only.
    fn closing(&mut self, at: usize, length: usize) -> Option<usize> {
        let places = self.0.get_mut(&length)?;
        while let Some(place) = places.as_slice().first().copied() {
            if place > at {
                return Some(place);
            }
            places.next();
        }
        None
    }
}
