//! What a message's text means: a small, safe subset of Markdown with mentions and spoilers, parsed to
//! a tree that a screen draws element by element. It never makes HTML, knows no names of people, and
//! takes what it does not know for plain text: there is no text that it refuses.
//!
//! `docs/protocol.md`, "Text", says what counts as a mark. Work and depth are bounded whatever comes in.

mod block;
mod clean;
mod inline;
mod link;
mod plain;
mod punycode;
#[cfg(test)]
mod tests;
mod token;

use serde::{Deserialize, Serialize};
use undertone_wire::UserId;

pub use clean::clean;
pub use plain::{Spoilers, plain, plain_with, plain_with_names};

/// A part of a message that stands on lines of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// Running text.
    Paragraph(Vec<Inline>),
    /// Text as it was typed, in letters of one width.
    Code {
        /// Lower case letters, digits and `+-#._`, as its writer named it.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "typescript", tsify(optional))]
        language: Option<String>,
        /// The lines, without one at the end.
        text: String,
    },
    /// What somebody said elsewhere.
    Quote(Vec<Block>),
    /// A list.
    List {
        /// Numbers, or dots.
        ordered: bool,
        /// The first number.
        start: u32,
        /// What is in each.
        items: Vec<Vec<Block>>,
    },
}

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Inline {
    /// Plain text.
    Text(String),
    /// `**bold**`
    Bold(Vec<Inline>),
    /// `*italics*`
    Italic(Vec<Inline>),
    /// `~~struck~~`
    Strike(Vec<Inline>),
    /// `` `code` ``
    Code(String),
    /// `[text](https://…)`, or an address that stands for itself.
    Link {
        /// Where it goes: always `http`, `https` or `mailto`.
        href: String,
        /// The host that it goes to, or the mail address, in letters that cannot deceive.
        host: String,
        /// The text looks like another address, or the host imitates another: show `host` beside it.
        deceptive: bool,
        /// What is shown.
        inlines: Vec<Inline>,
    },
    /// `||spoiler||`: hidden until it is asked for.
    Spoiler(Vec<Inline>),
    /// `<@USERID>`
    Mention {
        /// Who.
        user: UserId,
    },
    /// `<@everyone>` or `<@admins>`
    MentionRole(MentionedRole),
    /// The next line of the same paragraph.
    LineBreak,
}

/// Several people at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum MentionedRole {
    /// All who are in the conversation.
    Everyone,
    /// Its admins and owners.
    Admins,
}

/// Reads a text.
pub fn parse(text: &str) -> Vec<Block> {
    block::parse(&clean(text))
}

/// Whom a tree names, each once.
pub fn mentioned(blocks: &[Block]) -> Mentioned {
    let mut found = Mentioned::default();
    for block in blocks {
        match block {
            Block::Paragraph(inlines) => found.look(inlines),
            Block::Code { .. } => {}
            Block::Quote(blocks) => found.join(mentioned(blocks)),
            Block::List { items, .. } => {
                for item in items {
                    found.join(mentioned(item));
                }
            }
        }
    }
    found
}

/// Whom a text names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mentioned {
    /// People, in the order of their first mention.
    pub users: Vec<UserId>,
    /// All who are in the conversation.
    pub everyone: bool,
    /// Its admins and owners.
    pub admins: bool,
}

impl Mentioned {
    fn look(&mut self, inlines: &[Inline]) {
        for inline in inlines {
            match inline {
                Inline::Mention { user } => self.add(*user),
                Inline::MentionRole(role) => match role {
                    MentionedRole::Everyone => self.everyone = true,
                    MentionedRole::Admins => self.admins = true,
                },
                Inline::Bold(inlines)
                | Inline::Italic(inlines)
                | Inline::Strike(inlines)
                | Inline::Link { inlines, .. }
                | Inline::Spoiler(inlines) => self.look(inlines),
                Inline::Text(_) | Inline::Code(_) | Inline::LineBreak => {}
            }
        }
    }

    /// More people than a conversation has room for are not looked at.
    fn add(&mut self, user: UserId) {
        if self.users.len() < undertone_wire::limits::MEMBERS_MAX && !self.users.contains(&user) {
            self.users.push(user);
        }
    }

    fn join(&mut self, other: Self) {
        other.users.into_iter().for_each(|user| self.add(user));
        self.everyone |= other.everyone;
        self.admins |= other.admins;
    }
}
