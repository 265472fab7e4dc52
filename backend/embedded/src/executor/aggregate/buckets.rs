//! Assigns each event of a histogram the number of its bucket. Most events fall into the bucket of the previous event,
//! and late ones into a known bucket, so the calendar is rarely computed.

use std::ops::Range;

use auditlog_core::query::Calendar;

use crate::segment::Codes;

/// The buckets that have occurred, numbered in the order of their first occurrence.
#[derive(Debug)]
pub(super) struct Buckets<'a> {
    calendar: &'a Calendar,
    /// By time, with their numbers.
    by_time: Vec<(Range<i64>, u32)>,
}

impl<'a> Buckets<'a> {
    pub(super) fn new(calendar: &'a Calendar) -> Self {
        Self { calendar, by_time: Vec::new() }
    }

    /// For each time the number of its bucket.
    pub(super) fn codes(&mut self, mut times: &[i64]) -> Codes {
        let mut codes = Codes::single(times.len());
        while let Some((first, rest)) = times.split_first() {
            let (bucket, code) = self.find(*first);
            let more = rest.iter().take_while(|time| bucket.contains(time)).count();
            codes.push_run(code, 1 + more);
            times = &rest[more..];
        }
        codes
    }

    /// The bucket that a time lies in, and its number.
    fn find(&mut self, micros: i64) -> (Range<i64>, u32) {
        let behind = self.by_time.partition_point(|(bucket, _)| bucket.start <= micros);
        let known = behind.checked_sub(1).and_then(|at| self.by_time.get(at));
        if let Some(known) = known.filter(|(bucket, _)| bucket.contains(&micros)) {
            return known.clone();
        }
        let code = u32::try_from(self.by_time.len()).unwrap_or(u32::MAX - 1);
        let met = (self.calendar.bucket_of(micros), code);
        self.by_time.insert(behind, met.clone());
        met
    }

    /// Each bucket by its number.
    pub(super) fn into_ranges(self) -> Vec<Range<i64>> {
        let mut by_code = self.by_time;
        by_code.sort_unstable_by_key(|(_, code)| *code);
        by_code.into_iter().map(|(bucket, _)| bucket).collect()
    }
}
