//! Owns rebuilding the index files of a stopped store in place.

use std::{path::Path, sync::Arc};

use auditlog_core::{
    id::TenantId,
    store::{ReindexProgress, Reindexed},
};

use crate::{
    cache::{Cache, FileMeta},
    data_directory::DataDirectory,
    error::{OpenError, StoreError},
    ledger::{Ledger, LedgerKey, TenantNumber, open_current_ledger, tenant_names},
    recovery::leftovers,
    reindex::CACHE_BYTES,
    segment::{SegmentMeta, build_index, has_whole_index, replace_index},
};

/// Rebuilds every index and replaces the files that are missing, damaged or different. If interrupted, it can be
/// started again.
///
/// # Errors
/// [`OpenError`] where the directory is in use, a data file or the ledger is damaged, or the ledger is of another
/// release: only a start migrates it.
pub fn run(data_dir: &Path, progress: &mut dyn FnMut(ReindexProgress)) -> Result<Reindexed, OpenError> {
    let directory = DataDirectory::open_stopped(data_dir)?;
    let paths = directory.paths();
    let mut ledger = open_current_ledger(paths, &LedgerKey::derive(&directory.secrets().pepper))?;
    let names = tenant_names(&ledger.tenants()?.whole()?);
    let segments = ledger.segments(|number| names.get(&number).cloned())?.whole()?;
    leftovers::refuse_linked_days(paths, &segments)?;
    ledger.begin_run(paths)?;
    let number_of = |tenant: &_| names.iter().find(|(_, name)| *name == tenant).map(|(number, _)| *number);
    let cache = Arc::new(Cache::new(CACHE_BYTES));
    let mut reindexed = Reindexed::default();
    let indexes_total = segments.len() as u64;
    for (meta, indexes_done) in segments.iter().zip(1..) {
        let day = paths.day(meta.day);
        let index = build_index(&day, meta, &cache).map_err(StoreError::from)?;
        if FileMeta::of(&index) == meta.index && has_whole_index(&day, meta, &cache) {
            reindexed.unchanged += 1;
        } else {
            let index = replace_index(&day, meta.id, &index).map_err(StoreError::from)?;
            record(&mut ledger, meta, index, number_of)?;
            reindexed.rebuilt += 1;
        }
        progress(ReindexProgress { indexes_done, indexes_total });
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
