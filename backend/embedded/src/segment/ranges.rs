//! Finds the tenants' ranges in sorted rows, and refuses unsorted rows.

use std::cmp::Ordering;

use arrow_array::{Array, RecordBatch};
use auditlog_core::{id::TenantId, timestamp::Timestamp};

use super::{ROWS_MAX, SegmentError, TenantRange};
use crate::columns::{integer_column, name, text_column, time_column};

/// Collects ranges over consecutive batches.
#[derive(Default)]
pub(crate) struct RangeBuilder {
    ranges: Vec<TenantRange>,
    rows: u32,
}

impl RangeBuilder {
    /// Adds the next rows.
    pub(crate) fn push(&mut self, batch: &RecordBatch) -> Result<(), SegmentError> {
        let tenants = text_column(batch, name::TENANT_ID);
        let sequences = integer_column(batch, name::SEQUENCE).ok_or_else(|| missing(name::SEQUENCE))?;
        let times = time_column(batch, name::OCCURRED_AT).ok_or_else(|| missing(name::OCCURRED_AT))?;
        if sequences.null_count() + times.null_count() > 0 {
            return Err(missing("a sequence or time"));
        }
        for row in 0..batch.num_rows() {
            let tenant = tenants.get(row).ok_or_else(|| missing(name::TENANT_ID))?;
            let sequence = u64::try_from(sequences.value(row)).map_err(|_| missing(name::SEQUENCE))?;
            self.push_row(tenant, sequence, Timestamp::from_micros(times.value(row)))?;
        }
        Ok(())
    }

    fn push_row(&mut self, tenant: &str, sequence: u64, time: Timestamp) -> Result<(), SegmentError> {
        let row = self.rows;
        self.add_rows(1)?;
        if let Some(last) = self.last_of(tenant, sequence)? {
            last.rows += 1;
            last.occurred_at_min = last.occurred_at_min.min(time);
            last.occurred_at_max = last.occurred_at_max.max(time);
            return Ok(());
        }
        self.ranges.push(TenantRange {
            tenant_id: TenantId::parse(tenant).ok_or_else(|| missing(name::TENANT_ID))?,
            row_start: row,
            rows: 1,
            first_sequence: sequence,
            occurred_at_min: time,
            occurred_at_max: time,
        });
        Ok(())
    }

    /// Adds consecutive rows of one tenant; their start is computed here.
    pub(crate) fn push_range(&mut self, range: &TenantRange) -> Result<(), SegmentError> {
        let row_start = self.rows;
        self.add_rows(range.rows)?;
        if let Some(last) = self.last_of(range.tenant_id.as_str(), range.first_sequence)? {
            last.rows += range.rows;
            last.occurred_at_min = last.occurred_at_min.min(range.occurred_at_min);
            last.occurred_at_max = last.occurred_at_max.max(range.occurred_at_max);
            return Ok(());
        }
        self.ranges.push(TenantRange { row_start, ..range.clone() });
        Ok(())
    }

    fn add_rows(&mut self, rows: u32) -> Result<(), SegmentError> {
        let too_many = || SegmentError::Rows(format!("there are more than {ROWS_MAX}"));
        self.rows = self.rows.checked_add(rows).filter(|rows| *rows <= ROWS_MAX).ok_or_else(too_many)?;
        Ok(())
    }

    /// The range that rows of this tenant continue from this sequence on; `None` where they begin one.
    fn last_of(&mut self, tenant: &str, sequence: u64) -> Result<Option<&mut TenantRange>, SegmentError> {
        let Some(last) = self.ranges.last_mut() else { return Ok(None) };
        match last.tenant_id.as_str().cmp(tenant) {
            Ordering::Less => Ok(None),
            Ordering::Equal if sequence == last.first_sequence + u64::from(last.rows) => Ok(Some(last)),
            Ordering::Equal => {
                Err(SegmentError::Rows(format!("sequence {sequence} of {tenant} does not follow its neighbour")))
            }
            Ordering::Greater => Err(SegmentError::Rows(format!("{tenant} is out of order"))),
        }
    }

    /// The number of rows added.
    pub(crate) fn rows(&self) -> u32 {
        self.rows
    }

    /// The ranges, sorted by tenant.
    pub(crate) fn finish(self) -> Vec<TenantRange> {
        self.ranges
    }
}

fn missing(what: &str) -> SegmentError {
    SegmentError::Rows(format!("{what} is missing or unreadable"))
}
