//! Filters of values and times, decided for many rows by the encoded contents of their pages: an entry of a dictionary
//! is tested once, and no text is created for any row.

use auditlog_core::{
    query::{Bounds, FieldTest, Filter, Meter, Test},
    store::QueryError,
};

use crate::{
    executor::{
        SegmentRows,
        place::Place,
        row_error::RowError,
        text_test::{ColumnTest, column_tests},
    },
    segment::RowRange,
};

/// The code of a value that satisfies the test.
const SATISFIES: u32 = 1;
/// Stands for a value that does not.
const NO_MATCH: u32 = 0;

/// Whether a filter is of the kind that is decided here.
pub(super) fn suits(filter: &Filter) -> bool {
    match filter {
        Filter::All => true,
        Filter::And(parts) | Filter::Or(parts) => parts.iter().all(suits),
        Filter::Not(part) => suits(part),
        Filter::Field(test) => time_test(test).is_some() || column_tests(test).is_some(),
        Filter::Text(_) => false,
    }
}

/// Some rows of a segment as sorted ranges, and their number.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) part: SegmentRows<'a>,
    pub(super) ranges: &'a [RowRange],
    pub(super) count: usize,
    pub(super) meter: &'a Meter<'a>,
}

impl Rows<'_> {
    /// For each row whether the filter holds. `None` where the file has unknown encodings.
    pub(super) fn holding(self, filter: &Filter) -> Result<Option<Vec<bool>>, QueryError> {
        Ok(Some(match filter {
            Filter::All => vec![true; self.count],
            Filter::And(parts) => {
                let mut all = vec![true; self.count];
                for part in parts {
                    let Some(holding) = self.holding(part)? else { return Ok(None) };
                    all.iter_mut().zip(holding).for_each(|(all, holds)| *all &= holds);
                    if !all.contains(&true) {
                        break;
                    }
                }
                all
            }
            Filter::Or(parts) => {
                let mut any = vec![false; self.count];
                for part in parts {
                    let Some(holding) = self.holding(part)? else { return Ok(None) };
                    any.iter_mut().zip(holding).for_each(|(any, holds)| *any |= holds);
                }
                any
            }
            Filter::Not(part) => {
                let Some(holding) = self.holding(part)? else { return Ok(None) };
                holding.into_iter().map(|holds| !holds).collect()
            }
            Filter::Field(test) => return self.holding_test(test),
            Filter::Text(_) => return Ok(None),
        }))
    }

    fn holding_test(self, test: &FieldTest) -> Result<Option<Vec<bool>>, QueryError> {
        if let Some((column, bounds)) = time_test(test) {
            let times = self.part.segment.times(column, self.ranges, self.meter)?;
            return Ok(times.map(|times| times.iter().map(|time| bounds.contain(time)).collect()));
        }
        let Some(tests) = column_tests(test) else { return Ok(None) };
        let mut any = vec![false; self.count];
        for test in tests {
            if !self.add_holding(&test, &mut any)? {
                return Ok(None);
            }
        }
        Ok(Some(any))
    }

    /// Adds the rows with a text that satisfies the test. Returns whether the column's encoding is known here.
    fn add_holding(self, test: &ColumnTest<'_>, any: &mut [bool]) -> Result<bool, QueryError> {
        let mut failure: Option<RowError> = None;
        let codes = self.part.segment.codes(test.place.column(), self.ranges, self.meter, |value| {
            if failure.is_some() {
                return NO_MATCH;
            }
            let examined = self.meter.examine(value.len()).map_err(RowError::from);
            match examined.and_then(|()| test.holds(value).map_err(RowError::from)) {
                Ok(holds) => u32::from(holds),
                Err(error) => {
                    failure = Some(error);
                    NO_MATCH
                }
            }
        });
        // Behind a failure nothing was tested.
        if let Some(failure) = failure {
            return Err(failure.in_segment(self.part.segment));
        }
        let Some(codes) = codes? else { return Ok(false) };
        match codes.as_single() {
            Some(codes) => any.iter_mut().zip(codes).for_each(|(any, code)| *any |= *code == SATISFIES),
            None => any.iter_mut().enumerate().for_each(|(row, any)| *any |= codes.of_row(row).contains(&SATISFIES)),
        }
        Ok(true)
    }
}

/// The column of a test that bounds a time, which every row has.
fn time_test(test: &FieldTest) -> Option<(&'static str, Bounds<i64>)> {
    match (Place::of(&test.field), &test.test) {
        (Place::Time(column), Test::Time(bounds)) => Some((column, *bounds)),
        _ => None,
    }
}
