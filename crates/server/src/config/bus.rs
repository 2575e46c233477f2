//! The setting of the bus: how several servers on one database tell each other what was stored.

use super::ConfigError;
use std::fmt;
use std::str::FromStr;

/// How servers tell each other news.
#[derive(Clone, PartialEq, Eq)]
pub enum BusUrl {
    /// There is one server.
    Local,
    /// By NATS: addresses that begin with `nats://` or `tls://`, separated by commas.
    Nats(String),
}

impl fmt::Debug for BusUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("Local"),
            // It may hold a password.
            Self::Nats(_) => f.write_str("Nats(…)"),
        }
    }
}

impl FromStr for BusUrl {
    type Err = ConfigError;
    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let is_nats = |one: &str| {
            let rest = one.strip_prefix("nats://").or_else(|| one.strip_prefix("tls://"));
            rest.is_some_and(|rest| !rest.is_empty())
        };
        match text {
            "" | "local" => Ok(Self::Local),
            urls if urls.split(',').map(str::trim).all(is_nats) => Ok(Self::Nats(urls.to_owned())),
            _ => Err(ConfigError::Bus),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bus_is_this_server_or_nats() {
        let bus = |text: &str| text.parse::<BusUrl>();
        assert_eq!(bus(""), Ok(BusUrl::Local));
        assert_eq!(bus("local"), Ok(BusUrl::Local));
        let two = "nats://one:4222, tls://ada:secret@two:4222";
        assert_eq!(bus(two), Ok(BusUrl::Nats(two.to_owned())));
        for wrong in ["nats://", "http://one", "nats://one,two", "nats"] {
            assert_eq!(bus(wrong), Err(ConfigError::Bus), "{wrong}");
        }
        assert!(!format!("{:?}", bus(two)).contains("secret"));
    }
}
