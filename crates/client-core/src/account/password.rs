//! Passwords as they are typed, and how strong they must be; the platform has the word lists. What becomes of
//! one is the login's business.

use super::AccountError;
use crate::platform::{NoEstimate, Platform};
use std::fmt;
use undertone_wire::UserName;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// Longest password, in bytes: more than anyone types, little enough to work on.
const PASSWORD_BYTES_MAX: usize = 1024;
/// What a guesser tries first, beside the user's name.
const OBVIOUS_WORDS: [&str; 2] = ["undertone", "messenger"];
/// The lowest score of a password that may be used, of 0 to 4.
const SCORE_MIN: u8 = 3;

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
    pub async fn strength(
        &self,
        name: &str,
        platform: &dyn Platform,
    ) -> Result<PasswordStrength, NoEstimate> {
        let [first, second] = OBVIOUS_WORDS;
        let estimate = platform.estimate(&self.0, &[name, first, second]).await?;
        Ok(PasswordStrength {
            score: estimate.score,
            acceptable: estimate.score >= SCORE_MIN,
            hint: estimate.hint,
        })
    }

    /// Refuses what is too easily guessed: whoever holds the server's data and key file can try
    /// passwords at the price of Argon2id (design D7). What cannot be judged is refused as well.
    pub(super) async fn require_strong(
        &self,
        name: &UserName,
        platform: &dyn Platform,
    ) -> Result<(), AccountError> {
        let strength = self.strength(name.as_str(), platform).await?;
        if strength.acceptable {
            return Ok(());
        }
        let advice = strength.hint.filter(|hint| !hint.is_empty());
        let advice = advice.unwrap_or_else(|| "Take a few more words.".to_owned());
        Err(InvalidPassword::Weak(advice).into())
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
    use crate::platform::NativePlatform;

    fn password(text: &str) -> Password {
        Password::new(text.to_owned()).unwrap()
    }

    #[tokio::test]
    async fn weak_passwords_are_refused_with_words() {
        let platform = NativePlatform::new();
        let name: UserName = "ines.okafor".parse().unwrap();
        for weak in [
            "password",
            "12345678",
            "ines.okafor1",
            "undertone1",
            "qwertyuiop",
            "aaaaaaaaaaaaaa",
        ] {
            let refused = password(weak).require_strong(&name, &platform).await.unwrap_err();
            assert!(
                matches!(&refused, AccountError::Password(InvalidPassword::Weak(hint)) if !hint.is_empty()),
                "{weak}: {refused}"
            );
        }
        password("correct horse battery staple")
            .require_strong(&name, &platform)
            .await
            .unwrap();
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
