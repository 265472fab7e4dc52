//! Owns the notation of times in a query: RFC 3339, a UTC date, a time span before now, or `now`.

use crate::{
    query::{SearchError, error::Span},
    timestamp::{MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_SECOND, Timestamp},
};

/// The times that a written time denotes: a date is its whole UTC day, everything else one microsecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    /// Its first microsecond since 1970.
    pub(super) first: i64,
    /// Its last one.
    pub(super) last: i64,
}

impl Moment {
    const fn instant(micros: i64) -> Self {
        Self { first: micros, last: micros }
    }

    /// Parses a written time; relative ones count back from `now`.
    pub(super) fn parse(text: &str, span: Span, now: Timestamp) -> Result<Self, SearchError> {
        if text == "now" {
            return Ok(Self::instant(now.as_micros()));
        }
        if let Some(time) = Timestamp::parse_rfc3339(text) {
            return Ok(Self::instant(time.as_micros()));
        }
        let day = is_date_shaped(text).then(|| Timestamp::parse_rfc3339(&format!("{text}T00:00:00Z"))).flatten();
        if let Some(midnight) = day {
            let first = midnight.as_micros();
            return Ok(Self { first, last: first + MICROS_PER_DAY - 1 });
        }
        relative_micros(text).and_then(|back| now.as_micros().checked_sub(back)).map(Self::instant).ok_or_else(|| {
            span.error(
                "invalid_time",
                format!(
                    "`{text}` is no time. Write RFC 3339 (`2026-01-31T08:00:00Z`; in a URL `+` is written `%2B`), \
                     a UTC date (`2026-01-31`), or how long ago (`30m`, `12h`, `7d`, `2w`)"
                ),
            )
        })
    }
}

fn is_date_shaped(text: &str) -> bool {
    text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() })
}

/// The length of `30m`, `12h`, `7d`, `2w` in microseconds.
fn relative_micros(text: &str) -> Option<i64> {
    let unit = match text.bytes().last()? {
        b'm' => 60 * MICROS_PER_SECOND,
        b'h' => MICROS_PER_HOUR,
        b'd' => MICROS_PER_DAY,
        b'w' => 7 * MICROS_PER_DAY,
        _ => return None,
    };
    let count = &text[..text.len() - 1];
    // At most six digits: a million weeks ago is before any calendar.
    if count.is_empty() || count.len() > 6 || !count.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    count.parse::<i64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<(String, i64)> {
        let now = Timestamp::parse_rfc3339("2026-11-23T08:00:00Z").unwrap();
        let moment = Moment::parse(text, Span { start: 0, end: text.len() }, now).ok()?;
        Some((Timestamp::from_micros(moment.first).to_string(), moment.last - moment.first + 1))
    }

    #[test]
    fn times_are_absolute_or_relative() {
        let cases = [
            ("2026-01-31", "2026-01-31T00:00:00.000000Z", MICROS_PER_DAY),
            ("2024-02-29", "2024-02-29T00:00:00.000000Z", MICROS_PER_DAY),
            ("2026-01-31T08:00:00Z", "2026-01-31T08:00:00.000000Z", 1),
            ("2026-01-31T08:00:00.1234567+02:00", "2026-01-31T06:00:00.123456Z", 1),
            ("now", "2026-11-23T08:00:00.000000Z", 1),
            ("30m", "2026-11-23T07:30:00.000000Z", 1),
            ("0h", "2026-11-23T08:00:00.000000Z", 1),
            ("12h", "2026-11-22T20:00:00.000000Z", 1),
            ("7d", "2026-11-16T08:00:00.000000Z", 1),
            ("2w", "2026-11-09T08:00:00.000000Z", 1),
        ];
        for (text, first, length) in cases {
            assert_eq!(parse(text), Some((first.to_owned(), length)), "{text}");
        }
    }

    #[test]
    fn anything_else_is_no_time() {
        for text in [
            "",
            "d",
            "7",
            "7y",
            "-7d",
            "+7d",
            "7.5d",
            "7 d",
            "1234567d",
            "2026-02-30",
            "2026-1-1",
            "2026-01",
            "20260131",
            "2026-01-31T08:00",
            "2026-01-31T08:00:00 02:00",
            "yesterday",
            "７d",
            "1e3h",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
