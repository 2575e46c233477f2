//! How hard a password is to guess. It is a crate of its own because its word lists and patterns are
//! larger than half of the client core: the page fetches them only where somebody chooses a password.
//! Whether a password may be used is not decided here: the core does that.

pub mod browser;

use zxcvbn::zxcvbn;

/// What was found about a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estimate {
    /// From 0, guessed at once, to 4, beyond guessing.
    pub score: u8,
    /// What is weak about it and how to do better, in English.
    pub hint: Option<String>,
}

/// Judges a password against a guesser who tries the known words first.
pub fn estimate(password: &str, known: &[&str]) -> Estimate {
    let found = zxcvbn(password, known);
    let hint = found.feedback().map(|feedback| {
        let warning = feedback.warning().map(|warning| warning.to_string());
        let suggestion = feedback.suggestions().first().map(ToString::to_string);
        [warning, suggestion]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" ")
    });
    Estimate {
        score: found.score().into(),
        hint,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_guessed_first_has_no_score_and_a_hint() {
        let weak = estimate("password", &[]);
        assert_eq!(weak.score, 0);
        assert!(weak.hint.is_some_and(|hint| !hint.is_empty()));
    }

    #[test]
    fn several_words_are_beyond_guessing() {
        let strong = estimate("correct horse battery staple", &[]);
        assert_eq!((strong.score, strong.hint), (4, None));
    }

    #[test]
    fn a_known_word_makes_a_password_weaker() {
        let stranger = estimate("oyunlaradze77", &[]);
        let known = estimate("oyunlaradze77", &["oyunlaradze"]);
        assert!(known.score < stranger.score, "{known:?} {stranger:?}");
    }
}
