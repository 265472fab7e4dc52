//! Owns the bounds of a histogram's buckets: fixed lengths of time, and calendar units of a time zone, whose offsets
//! from UTC change over the year. The rules of all zones are compiled in, so no file is read and every machine agrees.

use std::ops::Range;

use jiff::{
    Timestamp as Instant,
    civil::{Date, Weekday},
    tz::{TimeZone, TimeZoneDatabase},
};

use super::Interval;
use crate::timestamp::{MICROS_PER_HOUR, MICROS_PER_SECOND, Timestamp};

/// An interval in a time zone.
#[derive(Debug, Clone)]
pub struct Calendar {
    interval: Interval,
    zone: TimeZone,
    zone_name: String,
}

/// There is no time zone of this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time zone; write a name of the IANA database, `Europe/Berlin`, or `UTC`")]
pub struct UnknownTimeZone(pub String);

impl Calendar {
    /// The intervals of a time zone, by its name in the IANA database.
    ///
    /// # Errors
    /// [`UnknownTimeZone`].
    pub fn new(interval: Interval, zone_name: &str) -> Result<Self, UnknownTimeZone> {
        let unknown = || UnknownTimeZone(zone_name.to_owned());
        let zone = match zone_name {
            "UTC" => TimeZone::UTC,
            name => TimeZoneDatabase::bundled().get(name).map_err(|_| unknown())?,
        };
        // The database ignores case; here a zone has exactly one spelling.
        let zone_name = zone.iana_name().unwrap_or(zone_name).to_owned();
        Ok(Self { interval, zone, zone_name })
    }

    /// The intervals of UTC.
    #[must_use]
    pub fn utc(interval: Interval) -> Self {
        Self { interval, zone: TimeZone::UTC, zone_name: "UTC".to_owned() }
    }

    /// The length of each bucket.
    #[must_use]
    pub const fn interval(&self) -> Interval {
        self.interval
    }

    /// The name of the time zone.
    #[must_use]
    pub fn zone_name(&self) -> &str {
        &self.zone_name
    }

    /// The bucket that a time lies in, both in microseconds since 1970. Buckets neither overlap nor leave a gap.
    #[must_use]
    pub fn bucket_of(&self, micros: i64) -> Range<i64> {
        match self.interval {
            Interval::Minute => self.on_the_clock(micros, 60 * MICROS_PER_SECOND),
            Interval::Hour => self.on_the_clock(micros, MICROS_PER_HOUR),
            Interval::Day | Interval::Week | Interval::Month => self.in_the_calendar(micros),
        }
    }

    /// The local time at which a bucket begins. A time of day is followed by its offset from UTC, because an hour may
    /// occur twice. `None` beyond the years that a calendar supports.
    #[must_use]
    pub fn label_of(&self, start: Timestamp) -> Option<String> {
        let local = instant(start.as_micros())?.to_zoned_datetime(self.zone.clone());
        let format = match self.interval {
            Interval::Minute | Interval::Hour if self.zone == TimeZone::UTC => "%Y-%m-%d %H:%M",
            Interval::Minute | Interval::Hour => "%Y-%m-%d %H:%M %:z",
            Interval::Day | Interval::Week => "%Y-%m-%d",
            Interval::Month => "%Y-%m",
        };
        Some(local.strftime(format).to_string())
    }

    /// A bucket of a fixed length of local clock time. It ends early where the clock is changed: an hour that is
    /// repeated is two buckets.
    fn on_the_clock(&self, micros: i64, length: i64) -> Range<i64> {
        let Some(at) = instant(micros) else { return micros..micros + 1 };
        let offset = i64::from(self.zone.to_offset(at).seconds()) * MICROS_PER_SECOND;
        let start = (micros + offset).div_euclid(length) * length - offset;
        let bucket = start..start + length;
        let set_before = instant(micros + 1).and_then(|at| self.zone.preceding(at).next());
        let set_after = self.zone.following(at).next();
        let since = set_before.map_or(i64::MIN, |set| set.timestamp().as_microsecond());
        let until = set_after.map_or(i64::MAX, |set| set.timestamp().as_microsecond());
        bucket.start.max(since)..bucket.end.min(until)
    }

    /// A bucket from midnight to midnight, a whole number of days.
    fn in_the_calendar(&self, micros: i64) -> Range<i64> {
        let bucket = instant(micros).and_then(|at| {
            let bucket = self.bucket_of_date(self.zone.to_datetime(at).date())?;
            if bucket.contains(&micros) {
                return Some(bucket);
            }
            // The clock was set back over midnight: a date that has ended does not begin again.
            self.bucket_of_date(self.zone.to_datetime(instant(bucket.end)?).date())
        });
        // Beyond the years that a calendar supports, where there are no events.
        bucket.unwrap_or(micros..micros + 1)
    }

    fn bucket_of_date(&self, date: Date) -> Option<Range<i64>> {
        let (first, behind) = self.dates_around(date)?;
        Some(self.midnight(first)?..self.midnight(behind)?)
    }

    /// The first date of the bucket that a date lies in, and the first date after the bucket.
    fn dates_around(&self, date: Date) -> Option<(Date, Date)> {
        match self.interval {
            Interval::Month => {
                let first = date.first_of_month();
                Some((first, first.last_of_month().tomorrow().ok()?))
            }
            Interval::Week => {
                let sunday = date.nth_weekday(-1, Weekday::Sunday).ok()?;
                let first = sunday.tomorrow().ok()?;
                let first = if date.weekday() == Weekday::Monday { date } else { first };
                Some((first, first.nth_weekday(1, Weekday::Monday).ok()?))
            }
            Interval::Minute | Interval::Hour | Interval::Day => Some((date, date.tomorrow().ok()?)),
        }
    }

    /// The first moment of a date. Where the clock is changed at midnight that is not 0:00.
    fn midnight(&self, date: Date) -> Option<i64> {
        date.to_zoned_datetime(self.zone.clone()).ok().map(|zoned| zoned.timestamp().as_microsecond())
    }
}

/// Two calendars are equal where they have the same intervals and zone names.
impl PartialEq for Calendar {
    fn eq(&self, other: &Self) -> bool {
        (self.interval, &self.zone_name) == (other.interval, &other.zone_name)
    }
}

fn instant(micros: i64) -> Option<Instant> {
    Instant::from_microsecond(micros).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> i64 {
        Timestamp::parse_rfc3339(text).expect(text).as_micros()
    }

    #[test]
    fn buckets_follow_the_clock_and_the_calendar_of_the_place() {
        let cases = [
            (Interval::Minute, "UTC", "2026-11-24T08:15:59Z", "2026-11-24T08:15:00Z", "2026-11-24T08:16:00Z"),
            (Interval::Hour, "UTC", "1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1970-01-01T01:00:00Z"),
            // Half an hour off.
            (Interval::Hour, "Asia/Kolkata", "2026-11-24T08:15:00Z", "2026-11-24T07:30:00Z", "2026-11-24T08:30:00Z"),
            (Interval::Day, "Europe/Berlin", "2026-11-23T23:30:00Z", "2026-11-23T23:00:00Z", "2026-11-24T23:00:00Z"),
            // 23 and 25 hours long.
            (Interval::Day, "Europe/Berlin", "2026-03-29T10:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
            (Interval::Day, "Europe/Berlin", "2026-10-25T10:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
            // The hour from two to three comes twice.
            (Interval::Hour, "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"),
            (Interval::Hour, "Europe/Berlin", "2026-10-25T01:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"),
            // Set back by half an hour in the middle of an hour: from two o'clock to half past one.
            (
                Interval::Hour,
                "Australia/Lord_Howe",
                "2026-04-04T14:45:00Z",
                "2026-04-04T14:00:00Z",
                "2026-04-04T15:00:00Z",
            ),
            (
                Interval::Hour,
                "Australia/Lord_Howe",
                "2026-04-04T15:15:00Z",
                "2026-04-04T15:00:00Z",
                "2026-04-04T15:30:00Z",
            ),
            // There is no midnight on this day: the clock jumps to one o'clock.
            (Interval::Day, "Africa/Cairo", "2026-04-24T10:00:00Z", "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z"),
            (Interval::Week, "UTC", "2026-11-24T08:00:00Z", "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"),
            (Interval::Week, "UTC", "2026-11-23T00:00:00Z", "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"),
            (Interval::Week, "UTC", "2026-11-22T23:59:59Z", "2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z"),
            (Interval::Month, "UTC", "2028-02-29T12:00:00Z", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"),
            (
                Interval::Month,
                "America/New_York",
                "2026-12-31T12:00:00Z",
                "2026-12-01T05:00:00Z",
                "2027-01-01T05:00:00Z",
            ),
        ];
        for (interval, zone, time, start, end) in cases {
            let calendar = Calendar::new(interval, zone).unwrap();
            assert_eq!(calendar.bucket_of(at(time)), at(start)..at(end), "{} of {time} in {zone}", interval.as_str());
        }
    }

    #[test]
    fn a_time_zone_has_one_spelling_and_an_unknown_one_is_refused() {
        let calendar = Calendar::new(Interval::Day, "europe/berlin").unwrap();
        assert_eq!(calendar, Calendar::new(Interval::Day, "Europe/Berlin").unwrap());
        assert_ne!(calendar, Calendar::utc(Interval::Day));
        for name in ["", "Berlin", "+02:00", "../etc/passwd", "Europe/Berlin "] {
            assert_eq!(Calendar::new(Interval::Day, name), Err(UnknownTimeZone(name.to_owned())), "{name}");
        }
    }

    #[test]
    fn a_bucket_is_written_as_its_place_writes_it() {
        let cases = [
            (Interval::Minute, "UTC", "2026-11-24T08:15:00Z", "2026-11-24 08:15"),
            (Interval::Hour, "Asia/Kolkata", "2026-11-24T07:30:00Z", "2026-11-24 13:00 +05:30"),
            // The hour from two to three comes twice.
            (Interval::Hour, "Europe/Berlin", "2026-10-25T00:00:00Z", "2026-10-25 02:00 +02:00"),
            (Interval::Hour, "Europe/Berlin", "2026-10-25T01:00:00Z", "2026-10-25 02:00 +01:00"),
            (Interval::Day, "Europe/Berlin", "2026-11-23T23:00:00Z", "2026-11-24"),
            // A day without a midnight.
            (Interval::Day, "Africa/Cairo", "2026-04-23T22:00:00Z", "2026-04-24"),
            (Interval::Week, "UTC", "2026-11-23T00:00:00Z", "2026-11-23"),
            (Interval::Month, "America/New_York", "2026-12-01T05:00:00Z", "2026-12"),
        ];
        for (interval, zone, start, expected) in cases {
            let label = Calendar::new(interval, zone).unwrap().label_of(Timestamp::from_micros(at(start)));
            assert_eq!(label.as_deref(), Some(expected), "{} at {start} in {zone}", interval.as_str());
        }
    }

    proptest! {
        #[test]
        fn buckets_neither_overlap_nor_leave_a_gap(
            seconds in 0_i64..4_000_000_000,
            interval in prop::sample::select(Interval::ALL.to_vec()),
            zone in prop::sample::select(vec![
                "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Cairo",
                "Pacific/Apia", "America/Sao_Paulo", "Europe/Dublin", "Asia/Kathmandu", "Africa/Monrovia", "America/Goose_Bay",
            ]),
        ) {
            let calendar = Calendar::new(interval, zone).unwrap();
            let micros = seconds * MICROS_PER_SECOND;
            let bucket = calendar.bucket_of(micros);
            prop_assert!(bucket.contains(&micros), "{bucket:?}");
            prop_assert_eq!(&calendar.bucket_of(bucket.start), &bucket);
            prop_assert_eq!(&calendar.bucket_of(bucket.end - 1), &bucket);
            prop_assert_eq!(calendar.bucket_of(bucket.end).start, bucket.end);
            prop_assert_eq!(calendar.bucket_of(bucket.start - 1).end, bucket.start);
        }
    }
}
