//! Owns rebuilding the index files of a stopped store in place.

use std::{path::Path, sync::Arc};

use auditlog_core::{id::TenantId, store::Reindexed};

use crate::{
    cache::{Cache, FileMeta},
    data_directory::DataDirectory,
    error::{OpenError, StoreError},
    ledger::{Ledger, LedgerKey, TenantNumber, open_ledger},
    recovery::{leftovers, names},
    reindex::CACHE_BYTES,
    segment::{SegmentMeta, build_index, has_whole_index, replace_index},
};

/// The progress of the rebuilding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Segments rebuilt or checked so far.
    pub segments_done: u64,
    /// Segments in total.
    pub segments_total: u64,
}

/// Rebuilds every index and replaces the files that are missing, damaged or different. If interrupted, it can be
/// started again.
///
/// # Errors
/// [`OpenError`] where the directory is in use, or a data file or the ledger is damaged.
pub fn run(data_dir: &Path, progress: &mut dyn FnMut(Progress)) -> Result<Reindexed, OpenError> {
    let directory = DataDirectory::open_stopped(data_dir)?;
    let paths = directory.paths();
    let mut ledger = open_ledger(paths, &LedgerKey::derive(&directory.secrets().pepper))?;
    let names = names(&ledger.tenants()?.whole()?);
    let segments = ledger.segments(|number| names.get(&number).cloned())?.whole()?;
    leftovers::refuse_linked_days(paths, &segments)?;
    ledger.begin_run(paths)?;
    let number_of = |tenant: &_| names.iter().find(|(_, name)| *name == tenant).map(|(number, _)| *number);
    let cache = Arc::new(Cache::new(CACHE_BYTES));
    let mut reindexed = Reindexed::default();
    let segments_total = segments.len() as u64;
    for (meta, segments_done) in segments.iter().zip(1..) {
        let day = paths.day(meta.day);
        let index = build_index(&day, meta, &cache).map_err(StoreError::from)?;
        if FileMeta::of(&index) == meta.index && has_whole_index(&day, meta, &cache) {
            reindexed.unchanged += 1;
        } else {
            let index = replace_index(&day, meta.id, &index).map_err(StoreError::from)?;
            record(&mut ledger, meta, index, number_of)?;
            reindexed.rebuilt += 1;
        }
        progress(Progress { segments_done, segments_total });
    }
    ledger.close_with_sums(paths)?;
    Ok(reindexed)
}

fn record(
    ledger: &mut Ledger,
    meta: &SegmentMeta,
    index: FileMeta,
    number_of: impl Fn(&TenantId) -> Option<TenantNumber>,
) -> Result<(), StoreError> {
    let change = ledger.change()?;
    change.delete_segment(meta.id)?;
    change.insert_segment(&SegmentMeta { index, ..meta.clone() }, number_of)?;
    change.commit().map(drop)
}
