//! Where the user's clock hangs: how far it is ahead of UTC at any moment, summer time included. A machine
//! that does not say where it is shows UTC.

use jiff::tz::TimeZone;
use undertone_wire::Timestamp;

/// A place with a clock.
#[derive(Debug, Clone)]
pub struct Zone(TimeZone);

impl Zone {
    /// Where this machine says that it is, as it starts.
    pub fn of_machine() -> Self {
        Self(TimeZone::try_system().unwrap_or(TimeZone::UTC))
    }

    /// Where the clock shows UTC.
    pub const fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// How many minutes the clock is ahead of UTC at a moment.
    pub fn offset_minutes(&self, at: Timestamp) -> i32 {
        let at = i64::try_from(at.as_millis()).ok();
        let at = at.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
        at.map_or(0, |at| self.0.to_offset(at).seconds().div_euclid(60))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(rule: &str) -> Zone {
        Zone(TimeZone::posix(rule).unwrap())
    }

    fn at(text: &str) -> Timestamp {
        let moment: jiff::Timestamp = text.parse().unwrap();
        Timestamp::from_millis(u64::try_from(moment.as_millisecond()).unwrap())
    }

    #[test]
    fn the_clock_goes_forward_and_back_in_the_hour_that_the_place_says() {
        let berlin = zone("CET-1CEST,M3.5.0,M10.5.0/3");
        let new_york = zone("EST5EDT,M3.2.0,M11.1.0");
        let kathmandu = zone("NPT-5:45");
        for (zone, moment, ahead) in [
            (&berlin, "2026-03-29T00:59:59Z", 60),
            (&berlin, "2026-03-29T01:00:00Z", 120),
            (&berlin, "2026-10-25T00:59:59Z", 120),
            (&berlin, "2026-10-25T01:00:00Z", 60),
            (&new_york, "2026-03-08T06:59:59Z", -300),
            (&new_york, "2026-03-08T07:00:00Z", -240),
            (&new_york, "2026-11-01T06:00:00Z", -300),
            (&kathmandu, "2026-07-01T00:00:00Z", 345),
            (&Zone::utc(), "2026-07-01T00:00:00Z", 0),
        ] {
            assert_eq!(zone.offset_minutes(at(moment)), ahead, "{moment}");
        }
    }

    #[test]
    fn a_moment_beyond_all_calendars_is_utc() {
        let berlin = zone("CET-1CEST,M3.5.0,M10.5.0/3");
        assert_eq!(berlin.offset_minutes(Timestamp::from_millis(u64::MAX)), 0);
    }
}
