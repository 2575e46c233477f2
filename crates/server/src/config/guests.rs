//! The settings of guests: whether there are any, how long they stay, and how much they may do. What
//! the limits do is in [`crate::rate_limit`] and [`crate::auth::ProofsOfWork`].

use std::num::NonZeroU32;
use std::time::Duration;

/// The most bits of a proof of work that clients agree to.
pub const PROOF_BITS_MAX: u8 = 24;

/// How a server treats people without an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuestSettings {
    /// Whether it takes any.
    pub enabled: bool,
    /// A guest who does not come back for so many hours ends.
    pub idle_hours: NonZeroU32,
    /// Messages of one guest.
    pub messages_per_minute: NonZeroU32,
    /// Rooms made by one guest.
    pub rooms_per_hour: NonZeroU32,
    /// Guests from one network.
    pub sessions_per_hour: NonZeroU32,
    /// New guests in a minute, of all networks together, that come in without a proof of work.
    pub free_per_minute: u32,
    /// How hard the proof is, in bits: each doubles the work.
    pub proof_bits: u8,
}

impl GuestSettings {
    /// How long a guest stays after they were last here.
    pub fn idle(&self) -> Duration {
        Duration::from_secs(u64::from(self.idle_hours.get()).saturating_mul(3600))
    }
}

impl Default for GuestSettings {
    fn default() -> Self {
        let some = |number: u32| NonZeroU32::MIN.saturating_add(number.saturating_sub(1));
        Self {
            enabled: true,
            idle_hours: some(24),
            messages_per_minute: some(10),
            rooms_per_hour: some(3),
            sessions_per_hour: some(5),
            free_per_minute: 30,
            proof_bits: 18,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SETTINGS;

    #[test]
    fn the_defaults_are_those_of_the_reference() {
        let settings = GuestSettings::default();
        let default = |flag: &str| {
            let setting = SETTINGS.iter().find(|setting| setting.flag == flag);
            setting.unwrap().default.to_owned()
        };
        assert_eq!(default("guests"), if settings.enabled { "on" } else { "off" });
        for (flag, value) in [
            ("guest-idle-hours", settings.idle_hours.get()),
            ("guest-messages-per-minute", settings.messages_per_minute.get()),
            ("guest-rooms-per-hour", settings.rooms_per_hour.get()),
            ("guest-sessions-per-hour", settings.sessions_per_hour.get()),
            ("guest-free-per-minute", settings.free_per_minute),
            ("guest-proof-bits", u32::from(settings.proof_bits)),
        ] {
            assert_eq!(default(flag), value.to_string(), "{flag}");
        }
        assert_eq!(settings.idle(), Duration::from_hours(24));
    }
}
