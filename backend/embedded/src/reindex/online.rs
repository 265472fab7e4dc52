//! Owns rebuilding the index files of a store that is in use.
//!
//! Files that a reader may have open are never changed. A segment whose index is wrong is replaced, as in a compaction,
//! by a new segment with its own number. The new segment's data file is a hard link to the old data file. A crash
//! leaves names that the manifest does not list, which the next start removes.

use std::{path::Path, sync::Arc};

use auditlog_core::{
    query::QueryBudget,
    store::{QueryError, Reindexed},
};

use crate::{
    cache::{Cache, FileMeta},
    compaction,
    engine::Engine,
    error::StoreError,
    reindex::CACHE_BYTES,
    segment::{Segment, build_index, has_outdated_index, has_whole_index, reads_whole_index, write_successor},
};

/// Rebuilds the indexes of the current segments. Only compaction waits meanwhile. Blocks the thread.
pub(crate) fn reindex(engine: &Engine, budget: &QueryBudget) -> Result<Reindexed, QueryError> {
    let _no_compaction = engine.compacting.lock();
    budget.check()?;
    // The store's own cache is left to queries.
    let cache = Arc::new(Cache::new(CACHE_BYTES));
    let mut reindexed = Reindexed::default();
    for segment in compaction::segments(engine).into_values() {
        budget.check()?;
        if engine.seal_due.is_stopping() {
            return Err(QueryError::Unavailable("the store is closing".into()));
        }
        let directory = engine.day_directory(segment.meta().day);
        let index = build_index(&directory, segment.meta(), &cache).map_err(StoreError::from)?;
        if is_right(&directory, &segment, &index, &cache) {
            reindexed.unchanged += 1;
        } else {
            replace(engine, segment, &index)?;
            reindexed.rebuilt += 1;
        }
    }
    Ok(reindexed)
}

/// Rebuilds index files of an earlier release, which cannot be read. Blocks the thread.
pub(crate) fn renew_outdated(engine: &Engine) -> Result<(), StoreError> {
    let _no_compaction = engine.compacting.lock();
    let segments = compaction::segments(engine).into_values();
    // A damaged index does not stop the start: queries that read it fail, and `reindex` repairs it.
    let outdated: Vec<_> = segments.filter(|segment| matches!(has_outdated_index(segment), Ok(true))).collect();
    if outdated.is_empty() {
        return Ok(());
    }
    let rows: u64 = outdated.iter().map(|segment| u64::from(segment.meta().rows)).sum();
    tracing::info!(segments = outdated.len(), rows, "an earlier release wrote these indexes: rebuilding them");
    let cache = Arc::new(Cache::new(CACHE_BYTES));
    for segment in outdated {
        let index = build_index(&engine.day_directory(segment.meta().day), segment.meta(), &cache)?;
        replace(engine, segment, &index)?;
    }
    Ok(())
}

/// Whether queries read this index, and the next start would open it.
fn is_right(directory: &Path, segment: &Segment, index: &[u8], cache: &Arc<Cache>) -> bool {
    let meta = segment.meta();
    FileMeta::of(index) == meta.index && reads_whole_index(segment) && has_whole_index(directory, meta, cache)
}

fn replace(engine: &Engine, segment: Arc<Segment>, index: &[u8]) -> Result<(), StoreError> {
    let meta = segment.meta();
    let written = engine.write_segment(meta.day, |directory, id| write_successor(directory, meta, id, index))?;
    engine.counters.count_reindexing(written.meta());
    tracing::info!(segment = %meta.id, successor = %written.meta().id, "an index was rebuilt");
    compaction::replace(engine, &[segment], engine.numbered(written))
}
