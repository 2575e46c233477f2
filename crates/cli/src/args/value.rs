//! Values of options: lengths of time, what of the history is shared, on and off. Nothing is done
//! with them here.

use std::fmt;
use std::str::FromStr;
use undertone_wire::content::{Expiry, HistorySharing};
use undertone_wire::group::Role;

/// Why an option's value cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidValue {
    /// Not a length of time.
    #[error("give a number and s, m, h, d or w, such as 30s, 10m, 2h, 1d or 1w")]
    Length,
    /// Not a part of a history.
    #[error("give a number of messages, such as 50, of hours, such as 12h, or off")]
    History,
}

/// A length of time in whole seconds, such as `90s`, `2h` or `1w`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seconds(pub(crate) u32);

/// Its largest whole unit.
impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60)];
        let whole = |(_, length): &(&str, u32)| self.0 > 0 && self.0.is_multiple_of(*length);
        let (unit, length) = units.into_iter().find(whole).unwrap_or(("s", 1));
        write!(f, "{}{unit}", self.0 / length)
    }
}

impl FromStr for Seconds {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let unit = text.chars().next_back().ok_or(InvalidValue::Length)?;
        let seconds: u32 = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return Err(InvalidValue::Length),
        };
        let number = text
            .strip_suffix(unit)
            .and_then(number)
            .ok_or(InvalidValue::Length)?;
        let seconds = seconds.checked_mul(number).ok_or(InvalidValue::Length)?;
        Ok(Self(seconds))
    }
}

/// Digits alone: no sign, no blanks.
fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

/// A length of time, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SecondsOrOff {
    /// So long.
    For(Seconds),
    /// `off` or `never`.
    Off,
}

impl FromStr for SecondsOrOff {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        match text {
            "off" | "never" => Ok(Self::Off),
            text => text.parse().map(Self::For),
        }
    }
}

impl SecondsOrOff {
    /// The seconds, if there are any.
    pub(crate) fn seconds(self) -> Option<u32> {
        match self {
            Self::For(seconds) => Some(seconds.0),
            Self::Off => None,
        }
    }
}

/// What those who join get to read of before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct History(pub(crate) HistorySharing);

impl FromStr for History {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let count = |text: &str| {
            number(text)
                .and_then(|number| u16::try_from(number).ok())
                .ok_or(InvalidValue::History)
        };
        Ok(Self(match (text, text.strip_suffix('h')) {
            ("off", _) => HistorySharing::Nothing,
            (_, Some(hours)) => HistorySharing::Hours(count(hours)?),
            (messages, None) => HistorySharing::Messages(count(messages)?),
        }))
    }
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Switch {
    /// Yes.
    On,
    /// No.
    Off,
}

impl Switch {
    /// True if on.
    pub(crate) fn is_on(self) -> bool {
        self == Self::On
    }
}

/// What a person may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum RoleName {
    /// Reads, and leaves: whoever is muted.
    #[value(alias = "read_only")]
    ReadOnly,
    /// Writes as well.
    Member,
    /// Adds, removes, mutes and bans those below, and sets the terms.
    Admin,
    /// Gives and takes roles, too.
    Owner,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::ReadOnly => Self::ReadOnly,
            RoleName::Member => Self::Member,
            RoleName::Admin => Self::Admin,
            RoleName::Owner => Self::Owner,
        }
    }
}

/// A timer that begins with sending, or with reading.
pub(crate) fn expiry(seconds: u32, after_read: bool) -> Expiry {
    if after_read {
        Expiry::AfterRead(seconds)
    } else {
        Expiry::AfterSent(seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_have_a_unit() {
        let read = |text: &str| text.parse().map(|Seconds(seconds)| seconds);
        assert_eq!(read("30s"), Ok(30));
        assert_eq!(read("10m"), Ok(600));
        assert_eq!(read("2h"), Ok(7_200));
        assert_eq!(read("1d"), Ok(86_400));
        assert_eq!(read("1w"), Ok(604_800));
        for text in ["0s", "90s", "10m", "2h", "36h", "3d", "2w"] {
            assert_eq!(
                text.parse().map(|length: Seconds| length.to_string()),
                Ok(text.to_owned())
            );
        }
        for wrong in ["", "s", "30", "-1s", "+1s", "1 s", "1.5h", "1H", "99999w", "ü"] {
            assert_eq!(read(wrong), Err(InvalidValue::Length), "{wrong}");
        }
        assert_eq!("off".parse(), Ok(SecondsOrOff::Off));
        assert_eq!("5s".parse(), Ok(SecondsOrOff::For(Seconds(5))));
    }

    #[test]
    fn history_is_shared_by_number_or_by_hours() {
        let read = |text: &str| text.parse().map(|History(history)| history);
        assert_eq!(read("50"), Ok(HistorySharing::Messages(50)));
        assert_eq!(read("12h"), Ok(HistorySharing::Hours(12)));
        assert_eq!(read("off"), Ok(HistorySharing::Nothing));
        for wrong in ["", "h", "-1", "70000", "5m"] {
            assert_eq!(read(wrong), Err(InvalidValue::History), "{wrong}");
        }
    }
}
