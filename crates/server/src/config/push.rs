//! The settings of Web Push: whether devices are woken, and what the push services are told. What is sent is
//! in [`crate::push`].

use super::ConfigError;

/// How a server wakes devices that are not connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushSettings {
    /// Whether it does at all: it is the only time that it calls somebody by itself.
    pub enabled: bool,
    /// Whom a push service may write to about what comes from here: `mailto:` or `https:`.
    pub contact: String,
    /// Whether push services may be on this machine or in its network, also without encryption.
    pub private_endpoints: bool,
}

impl PushSettings {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        if self.contact.starts_with("mailto:") || self.contact.starts_with("https:") {
            Ok(())
        } else {
            Err(ConfigError::PushContact)
        }
    }
}

impl Default for PushSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            contact: "mailto:nobody@example.org".to_owned(),
            private_endpoints: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SETTINGS;

    #[test]
    fn the_defaults_are_those_of_the_reference() {
        let settings = PushSettings::default();
        let word = |is_on| if is_on { "on" } else { "off" };
        for (flag, value) in [
            ("push", word(settings.enabled)),
            ("push-contact", settings.contact.as_str()),
            ("push-private-endpoints", word(settings.private_endpoints)),
        ] {
            let setting = SETTINGS.iter().find(|setting| setting.flag == flag).unwrap();
            assert_eq!(setting.default, value, "{flag}");
        }
        assert_eq!(settings.validate(), Ok(()));
        let nameless = PushSettings {
            contact: "root".to_owned(),
            ..settings
        };
        assert_eq!(nameless.validate(), Err(ConfigError::PushContact));
    }
}
