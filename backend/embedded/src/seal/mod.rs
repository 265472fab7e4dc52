//! Owns how the tail becomes segments while commits continue.
//!
//! Everything in the tail is sealed at once: the writer provides the tail, this module writes the files, and the writer
//! lists the files in the manifest and removes the commits' rows in one transaction. A failure in between leaves files
//! that the manifest does not list, which the next start removes, and a tail that the next seal includes.

mod plan;

use std::time::Duration;

use auditlog_core::timestamp::{MICROS_PER_DAY, Timestamp};

use crate::{
    commit::{Job, NewSegment, SegmentChange},
    engine::Engine,
    error::StoreError,
    segment::{SegmentError, SegmentWriter},
    tail::TailBatch,
};
use plan::{SegmentPlan, plan};

/// Seals everything in the current tail. Returns the number of segments written. Blocks the thread.
pub(crate) fn seal(engine: &Engine) -> Result<usize, StoreError> {
    let _one_at_a_time = engine.sealing.lock();
    let frozen = engine.ask_writer(Job::Freeze)?;
    if frozen.logs.is_empty() {
        return Ok(0);
    }
    let segments = write_segments(engine, plan(&frozen, engine.options.own_segment_events))?;
    let count = segments.len();
    engine.counters.count_seal(segments.iter().map(|new| new.segment.meta()));
    let change = SegmentChange::Seal { frozen, segments };
    engine.ask_writer(|reply| Job::Segments(Box::new(change), reply))?;
    Ok(count)
}

/// Whether the tail is large or old enough to be sealed.
pub(crate) fn is_due(engine: &Engine) -> bool {
    let (published, options) = (&engine.published, &engine.options);
    if published.tail_events() >= options.seal_events || published.tail_bytes() >= options.seal_bytes {
        return true;
    }
    let today = engine.now().day();
    let is_old = |batch: &std::sync::Arc<TailBatch>| batch.day < today;
    published.tail_events() > 0 && published.logs().iter().any(|view| view.batches.first().is_some_and(is_old))
}

/// The time until the end of the UTC day, when the tail becomes due.
pub(crate) fn until_day_ends(now: Timestamp) -> Duration {
    let micros = MICROS_PER_DAY - now.as_micros().rem_euclid(MICROS_PER_DAY);
    Duration::from_micros(micros.unsigned_abs())
}

/// Writes all segments or none.
fn write_segments(engine: &Engine, plans: Vec<SegmentPlan>) -> Result<Vec<NewSegment>, StoreError> {
    let mut segments: Vec<NewSegment> = Vec::with_capacity(plans.len());
    for planned in plans {
        match write_segment(engine, planned) {
            Ok(segment) => segments.push(segment),
            Err(error) => {
                for written in segments.iter().map(|written| written.segment.meta()) {
                    engine.remove_segment(written.day, written.id);
                }
                return Err(error);
            }
        }
    }
    Ok(segments)
}

fn write_segment(engine: &Engine, planned: SegmentPlan) -> Result<NewSegment, StoreError> {
    let tenants = planned.runs.iter().map(|run| (run.tenant_id.clone(), run.number)).collect();
    let segment = engine.write_segment(planned.day, |directory, id| {
        let mut writer = SegmentWriter::create(directory, id)?;
        for run in planned.runs {
            writer.begin_run(run.rows())?;
            run.batches.iter().try_for_each(|batch| writer.push(&batch.columns))?;
        }
        writer.finish()
    })?;
    Ok(NewSegment { segment, tenants })
}

impl From<SegmentError> for StoreError {
    fn from(error: SegmentError) -> Self {
        match error {
            SegmentError::Source(source) => source.into(),
            SegmentError::Io { path, source } => Self::Io { path, source },
            other => Self::Stopped(other.to_string()),
        }
    }
}
