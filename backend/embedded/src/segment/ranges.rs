//! Finds the tenants' ranges of rows that come sorted, and refuses rows that are not.

use arrow_array::{Array, RecordBatch};
use auditlog_core::{id::TenantId, timestamp::Timestamp};

use super::{ROWS_MAX, SegmentError, TenantRange};
use crate::columns::{integer_column, name, text_column, time_column};

/// Collects ranges over batches that follow each other.
#[derive(Default)]
pub(crate) struct RangeBuilder {
    ranges: Vec<TenantRange>,
    rows: u32,
}

impl RangeBuilder {
    /// Takes in the next rows.
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
        if row == ROWS_MAX {
            return Err(SegmentError::Rows(format!("there are more than {ROWS_MAX}")));
        }
        self.rows += 1;
        let Some(last) = self.ranges.last_mut().filter(|last| last.tenant_id.as_str() == tenant) else {
            return self.start(tenant, row, sequence, time);
        };
        if sequence != last.first_sequence + u64::from(last.rows) {
            return Err(SegmentError::Rows(format!("sequence {sequence} of {tenant} does not follow its neighbour")));
        }
        last.rows += 1;
        last.occurred_at_min = last.occurred_at_min.min(time);
        last.occurred_at_max = last.occurred_at_max.max(time);
        Ok(())
    }

    fn start(&mut self, tenant: &str, row: u32, sequence: u64, time: Timestamp) -> Result<(), SegmentError> {
        if self.ranges.last().is_some_and(|last| last.tenant_id.as_str() > tenant) {
            return Err(SegmentError::Rows(format!("{tenant} comes too late")));
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

    /// How many rows were taken in.
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
