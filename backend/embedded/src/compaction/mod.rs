//! Owns compaction: small segments are joined into larger ones.
//!
//! Rows are sorted by tenant and sequence, and neighbouring segments follow each other without a gap, so joining is
//! copying: for each tenant the rows of one segment after those of another. Large row groups that hold one tenant only
//! and have the current columns are copied as they are stored, with their part of the index; all others are decoded and
//! encoded again. The old files stay readable for readers that have them open.

mod plan;

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    commit::{Job, NewSegment, SegmentChange},
    engine::Engine,
    error::StoreError,
    segment::{self, Segment, SegmentId},
};
use plan::{Eagerness, Sizes, next_group};

/// Performs the compactions that are due. Returns the number of segments written. Blocks the thread.
pub(crate) fn compact_due(engine: &Engine) -> Result<usize, StoreError> {
    let inputs_min = engine.options.compaction_inputs_min;
    compact(engine, Eagerness::WhenDue { today: engine.now().day(), inputs_min })
}

/// Joins all segments that may be joined. Returns the number of segments written. Blocks the thread.
pub(crate) fn compact_all(engine: &Engine) -> Result<usize, StoreError> {
    compact(engine, Eagerness::Always)
}

fn compact(engine: &Engine, eagerness: Eagerness) -> Result<usize, StoreError> {
    let _one_at_a_time = engine.compacting.lock();
    let (own_rows_min, rows_max) = (engine.options.own_segment_events, engine.options.compaction_events_max);
    let mut written = 0;
    while !engine.seal_due.is_stopping() {
        let segments = segments(engine);
        let metas: Vec<_> = segments.values().map(|segment| segment.meta()).collect();
        let Some(group) = next_group(&metas, eagerness, Sizes { own_rows_min, rows_max }) else { break };
        let inputs: Vec<_> = group.iter().filter_map(|id| segments.get(id).cloned()).collect();
        join(engine, &inputs)?;
        written += 1;
    }
    Ok(written)
}

/// Every current segment.
pub(crate) fn segments(engine: &Engine) -> BTreeMap<SegmentId, Arc<Segment>> {
    let views = engine.published.logs();
    let parts = views.iter().flat_map(|view| view.parts.iter());
    parts.map(|part| (part.segment.meta().id, Arc::clone(&part.segment))).collect()
}

fn join(engine: &Engine, inputs: &[Arc<Segment>]) -> Result<(), StoreError> {
    let output = write_joined(engine, inputs)?;
    engine.counters.count_compaction(output.segment.meta());
    replace(engine, inputs, output)?;
    Ok(())
}

/// Replaces segments by one that holds the same rows, and removes their files. The caller must hold
/// [`Engine::compacting`].
pub(crate) fn replace(engine: &Engine, inputs: &[Arc<Segment>], output: NewSegment) -> Result<(), StoreError> {
    let change = SegmentChange::Replacement { inputs: inputs.to_vec(), output };
    engine.ask_writer(|reply| Job::Segments(Box::new(change), reply))?;
    for input in inputs.iter().map(|input| input.meta()) {
        engine.remove_segment(input.day, input.id);
    }
    Ok(())
}

fn write_joined(engine: &Engine, inputs: &[Arc<Segment>]) -> Result<NewSegment, StoreError> {
    let day = inputs.first().map_or(0, |input| input.meta().day);
    let written = engine.write_segment(day, |directory, id| segment::join(directory, id, inputs))?;
    Ok(engine.numbered(written))
}
