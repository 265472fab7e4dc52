//! Owns rebuilding the index files of a stopped store from its data files.

use std::{path::Path, sync::Arc};

use crate::{
    cache::{Cache, FileMeta},
    data_directory::{DataDirectory, durable},
    error::{OpenError, StoreError},
    ledger::{Ledger, TenantNumber},
    recovery::names,
    segment::{SegmentMeta, write_index},
    store::open_ledger,
};

/// What a cache for one reading pass may hold: blocks are read once.
const CACHE_BYTES: usize = 8 << 20;

/// What was rebuilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReindexReport {
    /// How many index files were written anew.
    pub rebuilt: u64,
    /// How many were right as they were.
    pub unchanged: u64,
}

/// How far the rebuilding has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Segments that are done.
    pub segments_done: u64,
    /// Segments there are.
    pub segments_total: u64,
}

/// Builds every index file anew, missing and damaged ones too. Data files are only read. Interrupted, it is started
/// again.
///
/// # Errors
/// [`OpenError`] where the directory is in use, or a data file or the ledger is damaged.
pub fn run(data_dir: &Path, progress: &mut dyn FnMut(Progress)) -> Result<ReindexReport, OpenError> {
    let directory = DataDirectory::open_stopped(data_dir)?;
    let paths = directory.paths();
    let mut ledger = open_ledger(paths)?;
    // From here on the ledger changes, so what a clean stop said about its bytes is over.
    durable::remove_file(&paths.ledger_sums())?;
    let names = names(&ledger.tenants()?);
    let segments = ledger.segments(|number| names.get(&number).cloned())?;
    let number_of = |tenant: &_| names.iter().find(|(_, name)| *name == tenant).map(|(number, _)| *number);
    let cache = Arc::new(Cache::new(CACHE_BYTES));
    let mut report = ReindexReport::default();
    let segments_total = segments.len() as u64;
    for (meta, segments_done) in segments.iter().zip(1..) {
        let day = paths.day(meta.day);
        let index = write_index(&day, meta, &cache).map_err(StoreError::from)?;
        if index == meta.index {
            report.unchanged += 1;
        } else {
            record(&mut ledger, meta, index, number_of)?;
            report.rebuilt += 1;
        }
        progress(Progress { segments_done, segments_total });
    }
    ledger.close_with_sums(paths)?;
    Ok(report)
}

fn record(
    ledger: &mut Ledger,
    meta: &SegmentMeta,
    index: FileMeta,
    number_of: impl Fn(&auditlog_core::id::TenantId) -> Option<TenantNumber>,
) -> Result<(), StoreError> {
    let change = ledger.change()?;
    change.delete_segment(meta.id)?;
    change.insert_segment(&SegmentMeta { index, ..meta.clone() }, number_of)?;
    change.commit()
}
