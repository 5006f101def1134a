//! Points in time, to the millisecond.
//!
//! A row holds milliseconds since the Unix epoch, the API speaks RFC 3339 in UTC, and a person reads a date in words:
//! all three come from here, so that no two places round differently.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The last millisecond of the year 9999: RFC 3339 has four digits for the year.
const LATEST: i64 = 253_402_300_799_999;
/// An end that is nearer than this many milliseconds is told to the minute.
const TWO_DAYS: i64 = 2 * 24 * 60 * 60 * 1000;

/// A point in time. Serialises as RFC 3339 (`2026-11-21T22:00:00.000Z`); reads that or a row's milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since the Unix epoch, kept between the epoch and the end of the year 9999.
    #[must_use]
    pub fn from_millis(millis: i64) -> Self {
        Self(millis.clamp(0, LATEST))
    }

    /// From whole seconds since the Unix epoch, as tokens carry them.
    #[must_use]
    pub fn from_seconds(seconds: i64) -> Self {
        Self::from_millis(seconds.saturating_mul(1000))
    }

    /// Parses RFC 3339 with any offset.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc3339(text).ok().map(|at| Self::from_millis(at.timestamp_millis()))
    }

    /// Parses a date as HTTP writes it: `Sun, 06 Nov 1994 08:49:37 GMT`. Not the two older ways, which nobody writes any more.
    #[must_use]
    pub fn parse_http(text: &str) -> Option<Self> {
        const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
        let (_, date) = text.strip_suffix(" GMT")?.split_once(", ")?;
        let mut parts = date.split(' ');
        let (day, month, year, time) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let month = MONTHS.find(month).filter(|place| month.len() == 3 && place % 3 == 0)? / 3 + 1;
        Self::parse(&format!("{year}-{month:02}-{day}T{time}Z"))
    }

    /// Milliseconds since the Unix epoch: what a row holds.
    #[must_use]
    pub fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down: what a token carries.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The same moment without its milliseconds. A link's `exp` is whole seconds, so an invitation's is too: the two
    /// must end at the same moment.
    #[must_use]
    pub fn whole_seconds(self) -> Self {
        Self::from_seconds(self.seconds())
    }

    /// When its day began, in UTC.
    #[must_use]
    pub fn start_of_day(self) -> Self {
        const DAY: i64 = 24 * 60 * 60 * 1000;
        Self(self.0 - self.0.rem_euclid(DAY))
    }

    /// Its day, in UTC: `2026-11-28`.
    #[must_use]
    pub fn date(self) -> String {
        self.utc().format("%Y-%m-%d").to_string()
    }

    /// This long after.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self::from_millis(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// This long before.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self::from_millis(self.0.saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long until then; nothing if that has passed.
    #[must_use]
    pub fn until(self, then: Self) -> Duration {
        Duration::from_millis(u64::try_from(then.0.saturating_sub(self.0)).unwrap_or_default())
    }

    /// The date in words, in UTC: `28 November 2026`.
    #[must_use]
    pub fn date_in_words(self) -> String {
        self.utc().format("%-d %B %Y").to_string()
    }

    /// Date and time in words, in UTC: `28 November 2026, 09:00 UTC`.
    #[must_use]
    pub fn in_words(self) -> String {
        self.utc().format("%-d %B %Y, %H:%M UTC").to_string()
    }

    /// An end in words: the date, and the time as well while it is so near that the date alone would leave a doubt.
    #[must_use]
    pub fn end_in_words(self, now: Self) -> String {
        let is_near = (0..TWO_DAYS).contains(&self.0.saturating_sub(now.0));
        if is_near { self.in_words() } else { self.date_in_words() }
    }

    fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or_default()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.utc().to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = Timestamp;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an RFC 3339 time such as 2026-11-21T22:00:00Z")
            }
            fn visit_i64<E: serde::de::Error>(self, millis: i64) -> Result<Timestamp, E> {
                Ok(Timestamp::from_millis(millis))
            }
            fn visit_u64<E: serde::de::Error>(self, millis: u64) -> Result<Timestamp, E> {
                i64::try_from(millis).map(Timestamp::from_millis).map_err(E::custom)
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Timestamp, E> {
                Timestamp::parse(text)
                    .ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_any(Either).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_reads_back_from_what_the_api_writes_and_from_what_a_row_holds() {
        let at = Timestamp::from_millis(1_795_298_400_123);
        assert_eq!(serde_json::to_string(&at).unwrap(), "\"2026-11-21T22:00:00.123Z\"");
        assert_eq!(serde_json::from_str::<Timestamp>("\"2026-11-21T23:00:00.123+01:00\"").unwrap(), at);
        assert_eq!(serde_json::from_str::<Timestamp>("1795298400123").unwrap(), at);
    }

    #[test]
    fn dates_are_in_words_a_person_can_not_misread() {
        let at = Timestamp::from_millis(1_795_298_400_123);
        assert_eq!(at.date_in_words(), "21 November 2026");
        assert_eq!(at.in_words(), "21 November 2026, 22:00 UTC");
    }

    #[test]
    fn a_date_of_http_is_read_and_nothing_else_is() {
        let read = |text: &str| Timestamp::parse_http(text).map(Timestamp::seconds);
        assert_eq!(read("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(read("Mon, 01 Jan 2029 00:00:00 GMT"), Some(1_861_920_000));
        for wrong in [
            "",
            "120",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 anF 1994 08:49:37 GMT",
            "Sun, 06 Nove 1994 08:49:37 GMT",
            "Sun, 36 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn no_sum_leaves_the_calendar() {
        assert_eq!(Timestamp::from_millis(i64::MAX).to_string(), "9999-12-31T23:59:59.999Z");
        assert_eq!(Timestamp::from_millis(0).minus(Duration::from_secs(1)), Timestamp::from_millis(0));
        assert_eq!(Timestamp::from_seconds(i64::MAX).plus(Duration::MAX).millis(), LATEST);
    }
}
