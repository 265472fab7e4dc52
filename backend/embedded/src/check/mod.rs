//! Owns reading everything back: every stored byte of a stopped data directory, or every event of a running store.
//!
//! Nothing is believed: blocks are compared with their checksums, rows are decoded, leaves recomputed from them, trees
//! built from the leaves and compared with what was recorded when the events were acknowledged. Nothing is changed.

mod manifest;
mod segments;
mod tail;
mod tree;
mod verify;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use auditlog_core::{id::TenantId, leaf::Hash};

pub(crate) use verify::verify;

use crate::{
    cache::Cache,
    data_directory::{DataDirectory, Paths},
    error::{OpenError, StoreError},
    ledger::{Ledger, Sums},
};
use manifest::Manifest;
use segments::check_segment;
use tree::SealedTree;

/// What a cache for one reading pass may hold: blocks are read once.
const CACHE_BYTES: usize = 8 << 20;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CheckReport {
    /// What is wrong. Empty means that every stored byte is as it was acknowledged.
    pub problems: Vec<Problem>,
    /// Each tenant's log.
    pub logs: Vec<CheckedLog>,
    /// How many segments there are.
    pub segments: u64,
    /// How many bytes were read.
    pub bytes: u64,
}

/// One tenant's log as it was recomputed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedLog {
    /// Whose.
    pub tenant_id: TenantId,
    /// How many events it has.
    pub size: u64,
    /// The root over them. `None` where damage leaves it unknown.
    pub root: Option<Hash>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file it was found in.
    pub file: PathBuf,
    /// Where in it, where that is known.
    pub offset: Option<u64>,
    /// Whose log it concerns, where it concerns one.
    pub tenant_id: Option<TenantId>,
    /// What is wrong, for an operator.
    pub detail: String,
}

/// How far a check has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that were read.
    pub bytes_done: u64,
    /// Bytes there are.
    pub bytes_total: u64,
}

/// Checks the data directory of a stopped store. `progress` is told after each file.
///
/// # Errors
/// [`OpenError`] where the directory is in use, is none, or cannot be read: whatever is not damage.
pub fn run(data_dir: &Path, progress: &mut dyn FnMut(Progress)) -> Result<CheckReport, OpenError> {
    let directory = DataDirectory::open_stopped(data_dir)?;
    let mut check = Check { paths: directory.paths().clone(), report: CheckReport::default() };
    match check.run(progress) {
        Ok(()) => {}
        // The ledger is so damaged that nothing more can be read of it.
        Err(StoreError::Corrupted(detail)) => check.ledger_problem(detail, None),
        Err(StoreError::Ledger(error)) => check.ledger_problem(error.to_string(), None),
        Err(error) => return Err(error.into()),
    }
    Ok(check.report)
}

struct Check {
    paths: Paths,
    report: CheckReport,
}

impl Check {
    fn run(&mut self, progress: &mut dyn FnMut(Progress)) -> Result<(), StoreError> {
        self.check_sums()?;
        let ledger = Ledger::open_read_only(&self.paths.ledger())?;
        for finding in ledger.integrity_findings()? {
            self.ledger_problem(finding, None);
        }
        let manifest = Manifest::read(&ledger)?;
        let ledger_bytes = file_bytes(&self.paths.ledger());
        let sealed_bytes: u64 = manifest.segments.iter().map(|meta| meta.data.bytes + meta.index.bytes).sum();
        let bytes_total = ledger_bytes + sealed_bytes;
        self.report.bytes = ledger_bytes;
        progress(Progress { bytes_done: self.report.bytes, bytes_total });
        let mut trees: BTreeMap<TenantId, SealedTree> = BTreeMap::new();
        for (tenant, gap) in manifest.gaps() {
            self.ledger_problem(gap.to_string(), Some(tenant));
        }
        let cache = Arc::new(Cache::new(CACHE_BYTES));
        for meta in &manifest.segments {
            let directory = self.paths.day(meta.day);
            let problems = &mut self.report.problems;
            check_segment(&directory, meta, &cache, &mut trees, &mut |problem| problems.push(problem))?;
            self.report.segments += 1;
            self.report.bytes += meta.data.bytes + meta.index.bytes;
            progress(Progress { bytes_done: self.report.bytes, bytes_total });
        }
        self.check_logs(&ledger, &manifest, &mut trees)
    }

    fn check_logs(
        &mut self,
        ledger: &Ledger,
        manifest: &Manifest,
        trees: &mut BTreeMap<TenantId, SealedTree>,
    ) -> Result<(), StoreError> {
        let tails = tail::read(ledger, manifest);
        if let Some(problem) = &tails.problem {
            self.ledger_problem(problem.clone(), None);
        }
        for (number, tenant_id) in &manifest.names {
            let sealed = manifest.tree(*number);
            let recomputed = trees.remove(tenant_id).unwrap_or_default();
            let stored = ledger.tree_hashes(*number)?;
            let (range, findings) = recomputed.compare(&sealed, &stored);
            for finding in findings {
                self.ledger_problem(finding, Some(tenant_id.clone()));
            }
            let tail = tails.leaves.get(number).map_or(&[][..], Vec::as_slice);
            let size = sealed.size() + tail.len() as u64;
            let root = range.map(|range| tree::root_with(range, tail));
            if size > 0 {
                self.report.logs.push(CheckedLog { tenant_id: tenant_id.clone(), size, root });
            }
        }
        self.report.logs.sort_by(|left, right| left.tenant_id.cmp(&right.tenant_id));
        Ok(())
    }

    /// A ledger that was closed cleanly has a checksum for each of its blocks.
    fn check_sums(&mut self) -> Result<(), StoreError> {
        let sums = match Sums::read(&self.paths.ledger_sums()) {
            Ok(sums) => sums,
            Err(StoreError::Corrupted(detail)) => {
                let file = self.paths.ledger_sums();
                self.report.problems.push(Problem { file, offset: None, tenant_id: None, detail });
                None
            }
            Err(error) => return Err(error),
        };
        let Some(sums) = sums else { return Ok(()) };
        if file_bytes(&self.paths.wal()) > 0 {
            let detail = "the ledger was closed, and yet its write-ahead log is not empty".to_owned();
            self.report.problems.push(Problem { file: self.paths.wal(), offset: None, tenant_id: None, detail });
        }
        for finding in sums.findings(&self.paths.ledger())? {
            let (file, offset) = (self.paths.ledger(), Some(finding.offset));
            self.report.problems.push(Problem { file, offset, tenant_id: None, detail: finding.detail });
        }
        Ok(())
    }

    fn ledger_problem(&mut self, detail: String, tenant_id: Option<TenantId>) {
        self.report.problems.push(Problem { file: self.paths.ledger(), offset: None, tenant_id, detail });
    }
}

fn file_bytes(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}
