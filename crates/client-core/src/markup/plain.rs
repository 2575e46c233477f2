//! A text without its marks: for previews, notifications, search and terminals.

use super::{Block, Inline, MentionedRole, parse};
use undertone_wire::UserId;

/// What stands for a letter that is hidden.
const HIDDEN: char = '▒';
/// So many of them stand for any spoiler, so that its length does not tell.
const HIDDEN_COUNT: usize = 5;

/// What becomes of spoilers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spoilers {
    /// They stay hidden: somebody may see this who did not ask for it.
    Hidden,
    /// Their text stands there.
    Shown,
}

/// The text without marks; spoilers stay hidden, people who are mentioned are `@…`.
pub fn plain(text: &str) -> String {
    plain_with(text, Spoilers::Hidden)
}

/// The text without marks.
pub fn plain_with(text: &str, spoilers: Spoilers) -> String {
    plain_with_names(text, spoilers, &mut |_| None)
}

/// The text without marks, with the names of those who are mentioned.
pub fn plain_with_names(
    text: &str,
    spoilers: Spoilers,
    name: &mut dyn FnMut(UserId) -> Option<String>,
) -> String {
    let mut writer = Writer {
        text: String::with_capacity(text.len()),
        spoilers,
        name,
    };
    writer.blocks(&parse(text));
    writer.text
}

/// The text of some inlines.
pub(super) fn inlines_with(inlines: &[Inline], spoilers: Spoilers) -> String {
    let mut writer = Writer {
        text: String::new(),
        spoilers,
        name: &mut |_| None,
    };
    writer.inlines(inlines);
    writer.text
}

struct Writer<'n> {
    text: String,
    spoilers: Spoilers,
    name: &'n mut dyn FnMut(UserId) -> Option<String>,
}

impl Writer<'_> {
    fn blocks(&mut self, blocks: &[Block]) {
        let mut before: Option<&Block> = None;
        for block in blocks {
            match (before, block) {
                (None, _) => {}
                (Some(Block::Paragraph(_)), Block::Paragraph(_)) => self.text.push_str("\n\n"),
                (Some(_), _) => self.text.push('\n'),
            }
            self.block(block);
            before = Some(block);
        }
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Paragraph(inlines) => self.inlines(inlines),
            Block::Code { text, .. } => self.text.push_str(text),
            Block::Quote(blocks) => self.prefixed("> ", blocks),
            Block::List {
                ordered,
                start,
                items,
            } => {
                for (at, item) in (0_u32..).zip(items) {
                    if at > 0 {
                        self.text.push('\n');
                    }
                    let sign = if *ordered {
                        format!("{}. ", start.saturating_add(at))
                    } else {
                        "- ".to_owned()
                    };
                    self.item(&sign, item);
                }
            }
        }
    }

    /// Every line begins with a sign.
    fn prefixed(&mut self, sign: &str, blocks: &[Block]) {
        let inside = self.apart(blocks);
        let lines: Vec<String> = inside.split('\n').map(|line| format!("{sign}{line}")).collect();
        self.text.push_str(&lines.join("\n"));
    }

    /// The first line begins with a sign, the others stand under its text.
    fn item(&mut self, sign: &str, blocks: &[Block]) {
        let inside = self.apart(blocks);
        let space = " ".repeat(sign.len());
        self.text.push_str(sign);
        self.text.push_str(&inside.replace('\n', &format!("\n{space}")));
    }

    fn apart(&mut self, blocks: &[Block]) -> String {
        let around = std::mem::take(&mut self.text);
        self.blocks(blocks);
        std::mem::replace(&mut self.text, around)
    }

    fn inlines(&mut self, inlines: &[Inline]) {
        for inline in inlines {
            self.inline(inline);
        }
    }

    fn inline(&mut self, inline: &Inline) {
        match inline {
            Inline::Text(text) | Inline::Code(text) => self.text.push_str(text),
            Inline::Bold(inlines)
            | Inline::Italic(inlines)
            | Inline::Strike(inlines)
            | Inline::Link { inlines, .. } => self.inlines(inlines),
            Inline::Spoiler(inlines) => match self.spoilers {
                Spoilers::Shown => self.inlines(inlines),
                Spoilers::Hidden => self.text.extend(std::iter::repeat_n(HIDDEN, HIDDEN_COUNT)),
            },
            Inline::Mention { user } => {
                let name = (self.name)(*user).unwrap_or_else(|| "…".to_owned());
                self.text.push('@');
                self.text.push_str(&name);
            }
            Inline::MentionRole(role) => self.text.push_str(match role {
                MentionedRole::Everyone => "@everyone",
                MentionedRole::Admins => "@admins",
            }),
            Inline::LineBreak => self.text.push('\n'),
        }
    }
}
