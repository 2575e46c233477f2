//! Names that people type: parsed once, at the edge.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;
use unicode_normalization::UnicodeNormalization;
use unicode_security::RestrictionLevelDetection;
use unicode_security::confusable_detection::skeleton;
use unicode_security::restriction_level::RestrictionLevel;

use crate::limits::{USER_NAME_CHARS_MAX, USER_NAME_CHARS_MIN};

/// Why a user name was refused; each has words of its own beside the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUserName {
    /// Fewer than [`USER_NAME_CHARS_MIN`] characters.
    #[error("a name has at least {USER_NAME_CHARS_MIN} characters")]
    TooShort,
    /// More than [`USER_NAME_CHARS_MAX`] characters.
    #[error("a name has at most {USER_NAME_CHARS_MAX} characters")]
    TooLong,
    /// Something else than letters, digits and `.`, `-`, `_` or spaces between them.
    #[error("a name has only letters, digits and single . - _ between them")]
    Alphabet,
    /// The name of an account has no spaces, so that a guest's is told from it.
    #[error("the name of an account has no spaces; use . - _ between words")]
    Spaces,
    /// Letters of scripts that are easily taken for each other.
    #[error("a name keeps to one alphabet, so that nobody can imitate another")]
    MixedScripts,
}

/// The name of a user: 2 to 32 letters or digits of one script, with single `.`, `-`, `_` or spaces
/// between them. Only guests have spaces in theirs ([`UserName::for_account`]). Keeps the capitals that were typed; two names with the same
/// [`UserName::unique_key`] are the same name. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String))]
pub struct UserName(String);

impl UserName {
    /// The name as it was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether an account may have it.
    pub fn is_account_name(&self) -> bool {
        !self.0.contains(' ')
    }

    /// The name, if an account may have it.
    pub fn for_account(self) -> Result<Self, InvalidUserName> {
        if self.is_account_name() {
            Ok(self)
        } else {
            Err(InvalidUserName::Spaces)
        }
    }

    /// What must be unique on a server: the lower-case name with look-alikes made equal (Unicode TR39).
    /// `i` counts as `l` as well, since a capital I looks like it: Ian and Lan are one name.
    pub fn unique_key(&self) -> String {
        look_alike_key(&self.0)
    }
}

/// The same for all texts that are easily taken for each other (Unicode TR39).
pub fn look_alike_key(text: &str) -> String {
    skeleton(&text.to_lowercase())
        .collect::<String>()
        .to_lowercase()
        .replace('i', "l")
}

impl FromStr for UserName {
    type Err = InvalidUserName;

    fn from_str(text: &str) -> Result<Self, InvalidUserName> {
        // A bound before any work on what may be megabytes.
        if text.len() > USER_NAME_CHARS_MAX * 16 {
            return Err(InvalidUserName::TooLong);
        }
        let name: String = text.trim().nfkc().collect();
        let count = name.chars().count();
        if count < USER_NAME_CHARS_MIN {
            return Err(InvalidUserName::TooShort);
        }
        if count > USER_NAME_CHARS_MAX {
            return Err(InvalidUserName::TooLong);
        }
        let mut after_separator = true;
        for c in name.chars() {
            let separator = matches!(c, '.' | '-' | '_' | ' ');
            if separator && after_separator || !separator && !c.is_alphanumeric() {
                return Err(InvalidUserName::Alphabet);
            }
            after_separator = separator;
        }
        if after_separator {
            return Err(InvalidUserName::Alphabet);
        }
        // A space is in no identifier profile; what is between spaces is judged together.
        let letters = name.replace(' ', "");
        if letters.as_str().detect_restriction_level() > RestrictionLevel::HighlyRestrictive {
            return Err(InvalidUserName::MixedScripts);
        }
        Ok(Self(name))
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserName(…)")
    }
}

impl Serialize for UserName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for UserName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, InvalidUserName> {
        text.parse::<UserName>().map(|name| name.as_str().to_owned())
    }

    #[test]
    fn ordinary_names_are_kept_as_typed() {
        for name in [
            "Ada",
            "ines.okafor",
            "per-nygaard",
            "mei_lin",
            "Łukasz",
            "Мария",
            "山田太郎",
            "o2",
        ] {
            assert_eq!(parse(name).as_deref(), Ok(name));
        }
        assert_eq!(parse("  Ada ").as_deref(), Ok("Ada"));
    }

    #[test]
    fn each_mistake_is_named() {
        assert_eq!(parse("a"), Err(InvalidUserName::TooShort));
        assert_eq!(parse(&"a".repeat(33)), Err(InvalidUserName::TooLong));
        assert_eq!(parse(&"a".repeat(10_000_000)), Err(InvalidUserName::TooLong));
        for name in [
            "a  b",
            "a. b",
            "a\tb",
            ".ada",
            "ada.",
            "a..b",
            "a@b",
            "a\u{202e}b",
            "<ada>",
            "a\u{0}b",
            "--",
        ] {
            assert_eq!(parse(name), Err(InvalidUserName::Alphabet), "{name:?}");
        }
        assert_eq!(parse("аda"), Err(InvalidUserName::MixedScripts), "a Cyrillic а");
    }

    #[test]
    fn only_a_guest_has_spaces() {
        let guest: UserName = " Brisk Magpie ".parse().unwrap();
        assert_eq!(guest.as_str(), "Brisk Magpie");
        assert!(!guest.is_account_name());
        assert_eq!(guest.for_account(), Err(InvalidUserName::Spaces));
        let account: UserName = "brisk.magpie".parse().unwrap();
        assert!(account.is_account_name());
        assert_eq!(account.clone().for_account(), Ok(account));
    }

    #[test]
    fn look_alikes_are_one_name() {
        let key = |text: &str| text.parse::<UserName>().unwrap().unique_key();
        assert_eq!(key("Ada"), key("ada"));
        assert_eq!(key("paypal"), key("paypaI"));
        assert_eq!(key("bo0"), key("boO"));
        assert_eq!(key("IAN"), key("ian"));
        assert_ne!(key("ada"), key("adam"));
    }

    #[test]
    fn deserialisation_goes_through_the_constructor() {
        assert!(serde_json::from_str::<UserName>("\"a  b\"").is_err());
        assert!(serde_json::from_str::<UserName>("\"Ada\"").is_ok());
    }
}
