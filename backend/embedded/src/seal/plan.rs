//! Owns which events of a tail go into which segment.

use std::{collections::BTreeMap, sync::Arc};

use auditlog_core::id::TenantId;

use crate::{commit::FrozenTail, ledger::TenantNumber, tail::TailBatch};

/// One segment to be written.
#[derive(Debug)]
pub(super) struct SegmentPlan {
    /// The UTC day on which all its events were received.
    pub day: i64,
    /// By tenant, one run for each.
    pub runs: Vec<Run>,
}

/// Neighbouring events of one tenant.
#[derive(Debug)]
pub(super) struct Run {
    pub tenant_id: TenantId,
    pub number: TenantNumber,
    pub batches: Vec<Arc<TailBatch>>,
}

impl Run {
    pub(super) fn rows(&self) -> u64 {
        self.batches.iter().map(|batch| batch.rows() as u64).sum()
    }
}

/// Determines which runs share a segment: the day, the run's ordinal within the day for its tenant, and the tenant
/// where it has enough rows for a segment of its own.
///
/// Around midnight requests of two days may interleave in one log. Sequences within a segment have no gap, so each run
/// of one day that follows a run of another day starts another segment.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    day: i64,
    nth: usize,
    alone: Option<TenantId>,
}

/// Distributes a tail over segments. Runs come sorted by tenant, as the tail's logs are.
pub(super) fn plan(frozen: &FrozenTail, own_segment_events: u64) -> Vec<SegmentPlan> {
    let mut places: BTreeMap<Place, SegmentPlan> = BTreeMap::new();
    for log in &frozen.logs {
        let mut runs_of_day: BTreeMap<i64, usize> = BTreeMap::new();
        for batches in log.batches.chunk_by(|left, right| left.day == right.day) {
            let Some(day) = batches.first().map(|batch| batch.day) else { continue };
            let count = runs_of_day.entry(day).or_default();
            let nth = *count;
            *count += 1;
            let run = Run { tenant_id: log.tenant_id.clone(), number: log.number, batches: batches.to_vec() };
            let alone = (run.rows() >= own_segment_events).then(|| log.tenant_id.clone());
            let plan = places.entry(Place { day, nth, alone });
            plan.or_insert_with(|| SegmentPlan { day, runs: Vec::new() }).runs.push(run);
        }
    }
    places.into_values().collect()
}

#[cfg(test)]
mod tests {
    use arrow_array::{RecordBatch, RecordBatchOptions};
    use arrow_schema::Schema;
    use auditlog_core::{merkle::CompactRange, timestamp::Timestamp};

    use super::*;
    use crate::commit::FrozenLog;

    fn batch(first_sequence: u64, rows: usize, day: i64) -> Arc<TailBatch> {
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let columns = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), vec![], &options).unwrap();
        Arc::new(TailBatch::new(columns, first_sequence, vec![[0; 32]; rows], day))
    }

    fn log(tenant: &str, batches: Vec<Arc<TailBatch>>) -> FrozenLog {
        let tenant_id = TenantId::parse(tenant).unwrap();
        FrozenLog { tenant_id, number: TenantNumber(1), tree: CompactRange::new(), blocks: Vec::new(), batches }
    }

    /// A tenant, its first sequence, and its number of rows.
    type Shape = (String, u64, u64);

    /// For each segment its day, and the runs in it.
    fn shape(logs: Vec<FrozenLog>) -> Vec<(i64, Vec<Shape>)> {
        let frozen =
            FrozenTail { last_commit: 1, generation: 0, commit_bytes: 0, newest_receipt: Timestamp::EPOCH, logs };
        let run = |run: Run| (run.tenant_id.to_string(), run.batches[0].first_sequence, run.rows());
        let segment = |plan: SegmentPlan| (plan.day, plan.runs.into_iter().map(run).collect());
        plan(&frozen, 100).into_iter().map(segment).collect()
    }

    #[test]
    fn tenants_share_a_segment_until_one_has_enough_for_its_own() {
        let shape = shape(vec![
            log("a", vec![batch(0, 10, 5), batch(10, 20, 5)]),
            log("b", vec![batch(7, 100, 5)]),
            log("c", vec![batch(3, 1, 5)]),
        ]);
        let shared = vec![("a".to_owned(), 0, 30), ("c".to_owned(), 3, 1)];
        assert_eq!(shape, [(5, shared), (5, vec![("b".to_owned(), 7, 100)])]);
    }

    #[test]
    fn days_that_interleave_around_midnight_never_share_a_segment_nor_leave_a_gap() {
        let days = [5, 6, 5, 6, 6];
        let batches = days.iter().zip(0..).map(|(day, sequence)| batch(sequence, 1, *day)).collect();
        let shape = shape(vec![log("a", batches), log("b", vec![batch(0, 1, 6)])]);
        let run = |tenant: &str, first, rows| (tenant.to_owned(), first, rows);
        assert_eq!(
            shape,
            [
                (5, vec![run("a", 0, 1)]),
                (5, vec![run("a", 2, 1)]),
                (6, vec![run("a", 1, 1), run("b", 0, 1)]),
                (6, vec![run("a", 3, 2)]),
            ]
        );
    }
}
