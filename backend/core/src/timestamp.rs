//! Owns the one representation of time: microseconds since 1970, UTC. Knows RFC 3339, but no clock.

use std::fmt;

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A point in time, in whole microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// Microseconds in a second.
pub const MICROS_PER_SECOND: i64 = 1_000_000;
/// Microseconds in an hour.
pub const MICROS_PER_HOUR: i64 = 3_600 * MICROS_PER_SECOND;
/// Microseconds in a UTC day.
pub const MICROS_PER_DAY: i64 = 24 * MICROS_PER_HOUR;

/// The years 0000 to 9999 in UTC: the times that RFC 3339 can represent.
const PRINTABLE_MICROS: std::ops::Range<i64> = -62_167_219_200_000_000..253_402_300_800_000_000;

impl Timestamp {
    /// The earliest time an event may carry: 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);

    /// Wraps a count of microseconds since 1970.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole milliseconds since 1970, rounded down.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// Days since 1970-01-01, rounded down: the UTC day this time lies in.
    #[must_use]
    pub const fn day(self) -> i64 {
        self.0.div_euclid(MICROS_PER_DAY)
    }

    /// Parses RFC 3339 with any offset. Fractions longer than six digits are cut, not rounded.
    ///
    /// Returns `None` where the text is not RFC 3339 or lies outside the years 0000 to 9999.
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let parsed = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        let micros = i64::try_from(parsed.unix_timestamp_nanos().div_euclid(1_000)).ok()?;
        // The year as written is in bounds; its offset may push the time out of them.
        PRINTABLE_MICROS.contains(&micros).then_some(Self(micros))
    }
}

/// Prints RFC 3339 in UTC with exactly six fraction digits, the canonical form: `2026-11-23T08:00:00.000000Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !PRINTABLE_MICROS.contains(&self.0) {
            // No event has such a time; a log line may.
            let (date, micros) = (self.0.div_euclid(MICROS_PER_DAY), self.0.rem_euclid(MICROS_PER_DAY));
            let (year, month, day) = civil_from_days(date);
            return write!(formatter, "{year}-{month:02}-{day:02}, {micros} microseconds");
        }
        formatter.write_str(std::str::from_utf8(&self.digits()).map_err(|_| fmt::Error)?)
    }
}

impl Timestamp {
    /// Appends what [`Display`](fmt::Display) prints. Every event prints two times, and the formatter costs more than
    /// the digits.
    pub fn print(self, out: &mut String) {
        match std::str::from_utf8(&self.digits()) {
            Ok(text) if PRINTABLE_MICROS.contains(&self.0) => out.push_str(text),
            _ => out.push_str(&self.to_string()),
        }
    }

    /// The canonical form of a time that RFC 3339 can represent. Setting the digits one by one costs a tenth of the
    /// formatter's padding.
    fn digits(self) -> [u8; 27] {
        let (date, micros) = (self.0.div_euclid(MICROS_PER_DAY), self.0.rem_euclid(MICROS_PER_DAY));
        let (year, month, day) = civil_from_days(date);
        let seconds = micros / MICROS_PER_SECOND;
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        put_digits(&mut text[..4], year);
        put_digits(&mut text[5..7], month);
        put_digits(&mut text[8..10], day);
        put_digits(&mut text[11..13], seconds / 3_600);
        put_digits(&mut text[14..16], seconds / 60 % 60);
        put_digits(&mut text[17..19], seconds % 60);
        put_digits(&mut text[20..26], micros % MICROS_PER_SECOND);
        text
    }
}

/// Fills `digits` with the last decimal digits of a number that is not negative and fits 32 bits.
fn put_digits(digits: &mut [u8], number: i64) {
    let mut number = u32::try_from(number).unwrap_or(0);
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789"[(number % 10) as usize];
        number /= 10;
    }
}

/// Converts days since 1970-01-01 into a civil date of the proleptic Gregorian calendar.
///
/// The algorithm is `civil_from_days` of Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms": printing a
/// time is on the path of every event, and this costs a few nanoseconds.
const fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_shifted + 2) / 5 + 1;
    let month = if month_shifted < 10 { month_shifted + 3 } else { month_shifted - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_six_fraction_digits_in_utc() {
        let time = Timestamp::parse_rfc3339("2024-02-29T23:59:59.123456789+02:00").unwrap();
        assert_eq!(time.to_string(), "2024-02-29T21:59:59.123456Z");
    }

    #[test]
    fn agrees_with_the_time_crate_on_every_day_of_four_centuries() {
        for day in -100_000..100_000 {
            let time = Timestamp::from_micros(day * MICROS_PER_DAY + 1);
            let mut printed = String::new();
            time.print(&mut printed);
            assert_eq!(printed, time.to_string());
            assert_eq!(Timestamp::parse_rfc3339(&printed), Some(time), "day {day}");
        }
    }

    #[test]
    fn refuses_what_is_not_rfc_3339() {
        for text in
            ["", "2024-01-01", "2024-01-01T00:00:00", "2024-13-01T00:00:00Z", "now", "1e9", "9999-12-31T23:59:59-01:00"]
        {
            assert_eq!(Timestamp::parse_rfc3339(text), None, "{text}");
        }
    }
}
