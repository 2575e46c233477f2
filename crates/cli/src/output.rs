//! What a command prints: one JSON object or lines for people, never both. Errors go to standard
//! error in the same two forms.

use crate::error::CliError;
use serde::Serialize;
use std::error::Error as StdError;
use std::io::{self, Write};

/// In which form results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// For people.
    Human,
    /// One JSON object on each line.
    Json,
}

/// Where results go.
pub(crate) struct Output {
    form: Form,
    out: Box<dyn Write>,
}

impl Output {
    /// To standard output.
    pub(crate) fn stdout(form: Form) -> Self {
        Self {
            form,
            out: Box::new(io::stdout()),
        }
    }

    /// Prints one result and hands it over at once, so that who waits for a line gets it.
    pub(crate) fn print<T: Serialize>(
        &mut self,
        value: &T,
        human: impl FnOnce(&T) -> String,
    ) -> Result<(), CliError> {
        let mut line = match self.form {
            Form::Human => human(value),
            Form::Json => json_line(value)?,
        };
        line.push('\n');
        self.out
            .write_all(line.as_bytes())
            .and_then(|()| self.out.flush())
            .map_err(CliError::Output)
    }
}

impl Output {
    /// Tells people on standard error what takes a while. Programs find it in the result.
    pub(crate) fn remark(&self, text: &str) {
        match self.form {
            Form::Human => drop(writeln!(io::stderr(), "{text}")),
            Form::Json => {}
        }
    }
}

#[derive(Serialize)]
struct ErrorLine<'a> {
    error: ErrorFields<'a>,
}

#[derive(Serialize)]
struct ErrorFields<'a> {
    code: &'a str,
    message: &'a str,
}

/// Prints a failure to standard error. With nobody left to tell, it stays untold.
pub(crate) fn print_failure(form: Form, code: &str, message: &str) {
    let line = match form {
        Form::Human => format!("undertone: {message}"),
        Form::Json => json_line(&ErrorLine {
            error: ErrorFields { code, message },
        })
        .unwrap_or_default(),
    };
    drop(writeln!(io::stderr(), "{line}"));
}

/// An error with its causes, as one line for people.
pub(crate) fn describe(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut last = text.clone();
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        // Some say their cause in their own words, some repeat what was said above them.
        if !text.contains(&words) && !words.contains(&last) {
            text = format!("{}: {words}", text.trim_end_matches('.'));
        }
        last = words;
        source = cause.source();
    }
    text
}

fn json_line<T: Serialize>(value: &T) -> Result<String, CliError> {
    serde_json::to_string(value).map_err(|error| CliError::Output(error.into()))
}

/// Text of other people for a terminal: without control characters, which could move the cursor,
/// colour the screen or hide what follows.
pub(crate) fn printable(text: &str) -> String {
    let safe = |c: char| match c {
        '\n' => c,
        '\t' => ' ',
        c if c.is_control() || is_direction_mark(c) => '\u{fffd}',
        c => c,
    };
    text.chars().map(safe).collect()
}

/// Marks that turn the direction of the text after them around.
fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Told(&'static str, #[source] Option<Box<Told>>);

    #[test]
    fn each_cause_is_told_once() {
        let chain = |texts: [&'static str; 3]| {
            texts
                .into_iter()
                .rev()
                .fold(None, |source, text| Some(Box::new(Told(text, source))))
        };
        let told = |texts| describe(chain(texts).unwrap().as_ref());
        assert_eq!(
            told(["It failed.", "no disk", "errno 5"]),
            "It failed: no disk: errno 5"
        );
        assert_eq!(told(["No.", "No.", "No. (forbidden)"]), "No.");
        assert_eq!(told(["a: b", "b", "c"]), "a: b: c");
    }

    #[test]
    fn other_peoples_text_cannot_drive_the_terminal() {
        assert_eq!(
            printable("a\u{1b}[2Jb\r\u{7}\u{202e}c"),
            "a\u{fffd}[2Jb\u{fffd}\u{fffd}\u{fffd}c"
        );
        assert_eq!(printable("two\nlines, ü 👋"), "two\nlines, ü 👋");
    }
}
