//! What is being written: text, a cursor, lines. It knows no screen and no conversation.

/// Text under a cursor.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Composer {
    before: Vec<char>,
    /// In reverse: its last character is the one under the cursor.
    after: Vec<char>,
}

impl Composer {
    /// All of it.
    pub(super) fn text(&self) -> String {
        self.before.iter().chain(self.after.iter().rev()).collect()
    }

    /// What stands before the cursor.
    pub(super) fn before(&self) -> String {
        self.before.iter().collect()
    }

    /// Replaces all of it; the cursor stands at the end.
    pub(super) fn set(&mut self, text: &str) {
        self.after.clear();
        self.before = text.chars().filter(|c| is_typed(*c)).collect();
    }

    /// Takes it.
    pub(super) fn take(&mut self) -> String {
        let text = self.text();
        *self = Self::default();
        text
    }

    /// Adds text at the cursor: keys, or what was pasted.
    pub(super) fn insert(&mut self, text: &str) {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        self.before.extend(text.chars().filter(|c| is_typed(*c)));
    }

    pub(super) fn backspace(&mut self) {
        self.before.pop();
    }

    pub(super) fn delete(&mut self) {
        self.after.pop();
    }

    /// Deletes the word before the cursor.
    pub(super) fn delete_word(&mut self) {
        while self.before.pop_if(|c| c.is_whitespace()).is_some() {}
        while self.before.pop_if(|c| !c.is_whitespace()).is_some() {}
    }

    pub(super) fn left(&mut self) {
        self.after.extend(self.before.pop());
    }

    pub(super) fn right(&mut self) {
        self.before.extend(self.after.pop());
    }

    /// To the beginning of the line.
    pub(super) fn home(&mut self) {
        while let Some(c) = self.before.pop_if(|c| *c != '\n') {
            self.after.push(c);
        }
    }

    /// To the end of the line.
    pub(super) fn end(&mut self) {
        while let Some(c) = self.after.pop_if(|c| *c != '\n') {
            self.before.push(c);
        }
    }

    /// To the line above, if there is one.
    pub(super) fn up(&mut self) -> bool {
        if !self.before.contains(&'\n') {
            return false;
        }
        let column = self.column();
        self.home();
        self.left();
        self.home();
        self.move_to(column);
        true
    }

    /// To the line below, if there is one.
    pub(super) fn down(&mut self) -> bool {
        if !self.after.contains(&'\n') {
            return false;
        }
        let column = self.column();
        self.end();
        self.right();
        self.move_to(column);
        true
    }

    fn column(&self) -> usize {
        self.before.iter().rev().take_while(|c| **c != '\n').count()
    }

    fn move_to(&mut self, column: usize) {
        for _ in 0..column {
            match self.after.pop_if(|c| *c != '\n') {
                Some(c) => self.before.push(c),
                None => return,
            }
        }
    }
}

/// Whether a character is part of a text: a terminal that pastes could send others.
fn is_typed(c: char) -> bool {
    c == '\n' || c == '\t' || !c.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_changed_at_the_cursor() {
        let mut composer = Composer::default();
        composer.insert("helo");
        composer.left();
        composer.insert("l");
        composer.end();
        composer.insert(" wrold");
        composer.delete_word();
        composer.insert("world");
        assert_eq!(composer.text(), "hello world");
        composer.home();
        composer.delete();
        composer.right();
        composer.backspace();
        assert_eq!(
            (composer.before(), composer.text()),
            (String::new(), "llo world".to_owned())
        );
        assert_eq!(composer.take(), "llo world");
        assert_eq!(composer.text(), "");
    }

    #[test]
    fn the_cursor_moves_between_lines() {
        let mut composer = Composer::default();
        composer.insert("first\r\nno\nthird");
        assert!(composer.up());
        assert_eq!(composer.before(), "first\nno");
        assert!(composer.up() && !composer.up());
        assert_eq!(composer.before(), "fi");
        assert!(composer.down() && composer.down() && !composer.down());
        assert_eq!(composer.before(), "first\nno\nth");
    }

    #[test]
    fn what_is_pasted_cannot_drive_the_terminal() {
        let mut composer = Composer::default();
        composer.insert("a\u{1b}[2Jb\u{7}\nc");
        assert_eq!(composer.text(), "a[2Jb\nc");
    }
}
