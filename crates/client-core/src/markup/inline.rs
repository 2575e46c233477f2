//! Which marks belong together: the delimiter rules of CommonMark, over the tokens of one paragraph.
//! A mark without a partner is the text that it is. Each mark is opened once and closed once.

use super::block::Budget;
use super::link::Target;
use super::token::{Mark, Run, Token, tokens};
use super::{Inline, link};

/// Marks that are open at once, at most; a further one is text.
const OPEN_MAX: usize = 24;

/// Reads a paragraph.
pub(super) fn parse(text: &str, budget: &mut Budget) -> Vec<Inline> {
    let mut stack = Stack::default();
    for token in tokens(text, budget) {
        match token {
            Token::Inline(inline) => stack.append(inline),
            Token::Bracket => stack.append(text_of("[")),
            Token::LinkStart => stack.open_link(),
            Token::LinkEnd(target) => stack.close_link(target),
            Token::Run(run) => stack.run(run),
        }
    }
    stack.finish()
}

/// Something that is open.
#[derive(Debug)]
enum Opener {
    /// Marks; `left` of them are not closed yet.
    Run { run: Run, left: u8 },
    /// The text of a link: marks do not reach over its ends.
    Link,
}

#[derive(Debug)]
struct Frame {
    opener: Opener,
    inlines: Vec<Inline>,
}

/// How many runs are open in the present link or outside all: a mark looks for its partner only where
/// there is one, and what stands between them is then closed for good.
#[derive(Debug, Clone, Default)]
struct Census([[u16; 6]; 4]);

impl Census {
    fn slot(&mut self, run: Run) -> Option<&mut u16> {
        self.0.get_mut(run.mark as usize)?.get_mut(class(run))
    }

    fn holds_partner(&self, closer: Run) -> bool {
        let Some(counts) = self.0.get(closer.mark as usize) else {
            return false;
        };
        let mut open = counts.iter().enumerate().filter(|(_, count)| **count > 0);
        open.any(|(class, _)| may_pair(class, closer))
    }
}

/// Runs that pair alike: by their length, and whether they could close as well.
const fn class(run: Run) -> usize {
    let length = match run.length {
        1 => 0,
        2 => 1,
        _ => 2,
    };
    if run.closes { length + 3 } else { length }
}

/// CommonMark's rule of three: `**a*b**` is bold, not italics twice.
const fn may_pair(class: usize, closer: Run) -> bool {
    let length = class % 3 + 1;
    let either_both = class >= 3 || closer.opens;
    let sum = length + closer.length as usize;
    let all_threes = length.is_multiple_of(3) && closer.length.is_multiple_of(3);
    !either_both || !sum.is_multiple_of(3) || all_threes
}

#[derive(Debug, Default)]
struct Stack {
    root: Vec<Inline>,
    frames: Vec<Frame>,
    census: Census,
    /// Of what is outside the present link; links do not stand in links.
    outside: Option<Census>,
}

impl Stack {
    fn append(&mut self, inline: Inline) {
        let inlines = self
            .frames
            .last_mut()
            .map_or(&mut self.root, |frame| &mut frame.inlines);
        push(inlines, inline);
    }

    fn run(&mut self, run: Run) {
        let mut left = run.length;
        while left > 0 && run.closes && self.census.holds_partner(run) {
            left = self.close(run, left);
        }
        if left == 0 {
            return;
        }
        if run.opens && self.frames.len() < OPEN_MAX {
            if let Some(count) = self.census.slot(run) {
                *count = count.saturating_add(1);
            }
            self.frames.push(Frame {
                opener: Opener::Run { run, left },
                inlines: Vec::new(),
            });
        } else {
            self.append(signs(run.mark, left));
        }
    }

    /// Closes the nearest partner with what it can take, and gives what is left of the closing run.
    fn close(&mut self, closer: Run, left: u8) -> u8 {
        loop {
            let fits = match self.frames.last() {
                Some(Frame {
                    opener: Opener::Run { run, .. },
                    ..
                }) => run.mark == closer.mark && may_pair(class(*run), closer),
                _ => return left,
            };
            if fits {
                break;
            }
            self.give_up();
        }
        let Some(mut frame) = self.frames.pop() else {
            return left;
        };
        let Opener::Run { run, left: open } = frame.opener else {
            return left;
        };
        let used = if open >= 2 && left >= 2 { 2 } else { 1 };
        let inside = std::mem::take(&mut frame.inlines);
        let made = if inside.is_empty() {
            None
        } else {
            made(closer.mark, used, inside)
        };
        let open = open.saturating_sub(used);
        match made {
            Some(inline) if open > 0 => self.frames.push(Frame {
                opener: Opener::Run { run, left: open },
                inlines: vec![inline],
            }),
            made => {
                self.uncount(run);
                // Marks around nothing are text.
                self.append(made.unwrap_or_else(|| signs(run.mark, used.saturating_mul(2))));
                if open > 0 {
                    self.append(signs(run.mark, open));
                }
            }
        }
        left.saturating_sub(used)
    }

    /// The newest open run has no partner: it is text before what follows it.
    fn give_up(&mut self) {
        let Some(frame) = self.frames.pop() else { return };
        match frame.opener {
            Opener::Run { run, left } => {
                self.uncount(run);
                self.append(signs(run.mark, left));
            }
            Opener::Link => self.append(text_of("[")),
        }
        for inline in frame.inlines {
            self.append(inline);
        }
    }

    fn uncount(&mut self, run: Run) {
        if let Some(count) = self.census.slot(run) {
            *count = count.saturating_sub(1);
        }
    }

    fn open_link(&mut self) {
        self.outside = Some(std::mem::take(&mut self.census));
        self.frames.push(Frame {
            opener: Opener::Link,
            inlines: Vec::new(),
        });
    }

    fn close_link(&mut self, target: Target) {
        while let Some(Frame {
            opener: Opener::Run { .. },
            ..
        }) = self.frames.last()
        {
            self.give_up();
        }
        self.census = self.outside.take().unwrap_or_default();
        if let Some(frame) = self.frames.pop() {
            self.append(link::link(target, frame.inlines));
        }
    }

    fn finish(mut self) -> Vec<Inline> {
        while !self.frames.is_empty() {
            self.give_up();
        }
        self.root
    }
}

fn made(mark: Mark, used: u8, inlines: Vec<Inline>) -> Option<Inline> {
    match (mark, used) {
        (Mark::Star | Mark::Underscore, 1) => Some(Inline::Italic(inlines)),
        (Mark::Star | Mark::Underscore, 2) => Some(Inline::Bold(inlines)),
        (Mark::Tilde, 2) => Some(Inline::Strike(inlines)),
        (Mark::Pipe, 2) => Some(Inline::Spoiler(inlines)),
        _ => None,
    }
}

fn signs(mark: Mark, count: u8) -> Inline {
    Inline::Text(mark.sign().to_string().repeat(usize::from(count)))
}

fn text_of(text: &str) -> Inline {
    Inline::Text(text.to_owned())
}

/// Adds an inline; text joins the text before it.
fn push(inlines: &mut Vec<Inline>, inline: Inline) {
    match (inlines.last_mut(), inline) {
        (Some(Inline::Text(text)), Inline::Text(more)) => text.push_str(&more),
        (_, inline) => inlines.push(inline),
    }
}
