//! Passwords as they are typed, and how strong they are. What becomes of one is the login's business.

use std::fmt;
use undertone_wire::UserName;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;
use zxcvbn::Score;

/// Longest password, in bytes: more than anyone types, little enough to work on.
const PASSWORD_BYTES_MAX: usize = 1024;
/// What a guesser tries first, beside the user's name.
const OBVIOUS_WORDS: [&str; 2] = ["undertone", "messenger"];

/// Why a password cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPassword {
    /// Nothing was typed.
    #[error("a password is needed")]
    Empty,
    /// Longer than 1,024 bytes.
    #[error("this password is too long")]
    TooLong,
    /// Too easily guessed: the words say why and how to do better.
    #[error("this password is too easy to guess. {0}")]
    Weak(String),
}

/// A password in memory: wiped when dropped, never shown, the same however the keyboard composes its
/// letters (Unicode NFC, as RFC 8265 asks).
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Takes what was typed.
    pub fn new(typed: String) -> Result<Self, InvalidPassword> {
        let typed = Zeroizing::new(typed);
        if typed.is_empty() {
            return Err(InvalidPassword::Empty);
        }
        if typed.len() > PASSWORD_BYTES_MAX {
            return Err(InvalidPassword::TooLong);
        }
        // Room for the longest result, so that growing leaves no copy behind: NFC can triple a text.
        let mut composed = Zeroizing::new(String::with_capacity(typed.len().saturating_mul(3)));
        composed.extend(typed.nfc());
        Ok(Self(composed))
    }

    /// What goes into the password exchange.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// How hard it is to guess for someone who knows the user's name.
    pub fn strength(&self, name: &str) -> PasswordStrength {
        let [first, second] = OBVIOUS_WORDS;
        let estimate = zxcvbn::zxcvbn(&self.0, &[name, first, second]);
        let hint = estimate.feedback().map(|feedback| {
            let warning = feedback.warning().map(|warning| warning.to_string());
            let suggestion = feedback.suggestions().first().map(ToString::to_string);
            [warning, suggestion]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(" ")
        });
        PasswordStrength {
            score: estimate.score().into(),
            acceptable: estimate.score() >= Score::Three,
            hint,
        }
    }

    /// Refuses what is too easily guessed: whoever holds the server's data and key file can try
    /// passwords at the price of Argon2id (design D7).
    pub fn require_strong(&self, name: &UserName) -> Result<(), InvalidPassword> {
        let strength = self.strength(name.as_str());
        if strength.acceptable {
            return Ok(());
        }
        let advice = strength.hint.filter(|hint| !hint.is_empty());
        Err(InvalidPassword::Weak(
            advice.unwrap_or_else(|| "Take a few more words.".to_owned()),
        ))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// How strong a password is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordStrength {
    /// From 0, guessed at once, to 4, beyond guessing.
    pub score: u8,
    /// Whether it may be used: a score of 3 at least.
    pub acceptable: bool,
    /// What is weak about it and how to do better, in English.
    pub hint: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::new(text.to_owned()).unwrap()
    }

    #[test]
    fn weak_passwords_are_refused_with_words() {
        let name: UserName = "ines.okafor".parse().unwrap();
        for weak in [
            "password",
            "12345678",
            "ines.okafor1",
            "undertone1",
            "qwertyuiop",
            "aaaaaaaaaaaaaa",
        ] {
            let refused = password(weak).require_strong(&name).unwrap_err();
            assert!(
                matches!(&refused, InvalidPassword::Weak(hint) if !hint.is_empty()),
                "{weak}: {refused}"
            );
        }
        assert_eq!(
            password("correct horse battery staple").require_strong(&name),
            Ok(())
        );
    }

    #[test]
    fn lengths_are_bounded() {
        assert_eq!(Password::new(String::new()).unwrap_err(), InvalidPassword::Empty);
        assert_eq!(
            Password::new("x".repeat(1025)).unwrap_err(),
            InvalidPassword::TooLong
        );
    }

    #[test]
    fn the_same_letters_are_the_same_password() {
        assert_eq!(
            password("caf\u{e9}").as_bytes(),
            password("cafe\u{301}").as_bytes()
        );
    }

    #[test]
    fn a_password_is_not_shown() {
        assert_eq!(format!("{:?}", password("hunter2")), "Password(…)");
    }
}
