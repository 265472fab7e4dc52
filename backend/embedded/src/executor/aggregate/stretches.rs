//! Numbers the stretches of time of a histogram. Most events lie in the stretch of the one before; late ones in one that
//! was met already; so the calendar is hardly asked.

use std::ops::Range;

use auditlog_core::query::Calendar;

/// The stretches that were met, numbered in the order they were.
#[derive(Debug)]
pub(super) struct Stretches<'a> {
    calendar: &'a Calendar,
    /// By time, with their numbers.
    by_time: Vec<(Range<i64>, u32)>,
    /// Where in `by_time` the last one is.
    last: usize,
}

impl<'a> Stretches<'a> {
    pub(super) fn new(calendar: &'a Calendar) -> Self {
        Self { calendar, by_time: Vec::new(), last: 0 }
    }

    /// The number of the stretch that a time lies in.
    pub(super) fn code(&mut self, micros: i64) -> u32 {
        if let Some((stretch, code)) = self.by_time.get(self.last)
            && stretch.contains(&micros)
        {
            return *code;
        }
        let behind = self.by_time.partition_point(|(stretch, _)| stretch.start <= micros);
        self.last = behind.saturating_sub(1);
        if let Some((stretch, code)) = self.by_time.get(self.last)
            && stretch.contains(&micros)
        {
            return *code;
        }
        let code = u32::try_from(self.by_time.len()).unwrap_or(u32::MAX - 1);
        self.by_time.insert(behind, (self.calendar.stretch_of(micros), code));
        self.last = behind;
        code
    }

    /// Each stretch by its number.
    pub(super) fn into_ranges(self) -> Vec<Range<i64>> {
        let mut by_code = self.by_time;
        by_code.sort_unstable_by_key(|(_, code)| *code);
        by_code.into_iter().map(|(stretch, _)| stretch).collect()
    }
}
