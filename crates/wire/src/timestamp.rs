//! Points in time: RFC 3339 in UTC in JSON, milliseconds since 1970 in CBOR.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
pub struct Timestamp(u64);

impl Timestamp {
    /// From milliseconds since 1970; what lies after the year 9999 becomes the end of it.
    pub const fn from_millis(milliseconds: u64) -> Self {
        const END_OF_9999: u64 = 253_402_300_799_999;
        Self(if milliseconds > END_OF_9999 {
            END_OF_9999
        } else {
            milliseconds
        })
    }

    /// Milliseconds since 1970.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// This much later; stops at the year 9999.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self::from_millis(self.0.saturating_add(milliseconds))
    }

    /// This much earlier; stops at 1970.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self(self.0.saturating_sub(milliseconds))
    }

    /// How long after `earlier` this is; nothing if it is before.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    fn to_text(self) -> Option<String> {
        let nanoseconds = i128::from(self.0).checked_mul(1_000_000)?;
        OffsetDateTime::from_unix_timestamp_nanos(nanoseconds)
            .ok()?
            .format(&Rfc3339)
            .ok()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text().ok_or(fmt::Error)?)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_u64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = String::deserialize(deserializer)?;
            let parsed = OffsetDateTime::parse(&text, &Rfc3339).map_err(de::Error::custom)?;
            let milliseconds =
                u64::try_from(parsed.unix_timestamp_nanos() / 1_000_000).map_err(de::Error::custom)?;
            Ok(Self::from_millis(milliseconds))
        } else {
            u64::deserialize(deserializer).map(Self::from_millis)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_is_rfc_3339_in_json() {
        let at = Timestamp::from_millis(1_763_724_000_123);
        assert_eq!(
            serde_json::to_string(&at).unwrap(),
            "\"2025-11-21T11:20:00.123Z\""
        );
        assert_eq!(
            serde_json::from_str::<Timestamp>("\"2025-11-21T12:20:00.123+01:00\"").unwrap(),
            at
        );
    }

    #[test]
    fn every_timestamp_can_be_written() {
        let last = Timestamp::from_millis(u64::MAX);
        assert_eq!(last.to_string(), "9999-12-31T23:59:59.999Z");
        assert_eq!(last.plus(Duration::MAX), last);
        assert_eq!(Timestamp::default().minus(Duration::MAX), Timestamp::default());
    }
}
