//! Owns the full check: reads every stored byte of a stopped data directory, or every event of a running store.
//!
//! Nothing is trusted: blocks are compared with their checksums, rows are decoded, leaves are recomputed from them, and
//! trees are built from the leaves and compared with those recorded when the events were acknowledged. Nothing is
//! changed. After damage is found, the check still reads the rest.

mod classes;
mod compare;
mod duplicates;
mod ids;
mod manifest;
mod pass;
mod receipts;
mod segments;
mod tail;
mod tree;
mod verify;

use std::path::Path;

use auditlog_core::store::{CheckProgress, CheckReport, Finding, Findings, Part, Verification};

pub(crate) use verify::verify;

use crate::{
    data_directory::{DataDirectory, Paths},
    error::{OpenError, StoreError},
    ledger::{Ledger, LedgerKey, StopFile, StopRecord},
    segment::SegmentFiles,
};
use manifest::{Problems, text_of};
use pass::{Pass, Recorded};

/// Checks the data directory of a stopped store. `progress` is called after each row group.
///
/// # Errors
/// [`OpenError`] where the directory is in use or is not a data directory, its secrets cannot be read, or its
/// ledger is of another release: everything that is not damage.
pub fn run(data_dir: &Path, progress: &mut dyn FnMut(CheckProgress)) -> Result<CheckReport, OpenError> {
    let directory = DataDirectory::open_stopped(data_dir)?;
    let (paths, key) = (directory.paths(), LedgerKey::derive(&directory.secrets().pepper));
    let mut findings = Findings::default();
    let file = read_stop_file(paths, &key, &mut findings);
    let ledger = match Ledger::open_read_only(&paths.ledger(), &key) {
        Ok(ledger) => ledger,
        Err(error @ StoreError::OlderTables { .. }) => return Err(error.into()),
        Err(error) => {
            // The ledger is so damaged that nothing can be read from it.
            Problems(&mut findings).push(Part::Ledger, &text_of(&error));
            let verification = Verification { logs: Vec::new(), findings: in_ledger(findings, paths) };
            return Ok(CheckReport { verification, ..CheckReport::default() });
        }
    };
    check_ledger(&ledger, &file, &mut findings);
    if findings.is_empty() {
        // Another version number in a ledger that ledger.sum contradicts is damage.
        ledger.refuse_newer()?;
    }
    let recorded = Recorded::read(&ledger, in_ledger(findings, paths));
    let ledger_bytes = file_bytes(&paths.ledger());
    let segments = recorded.segments();
    let sealed_bytes =
        segments.iter().map(|meta| meta.data.bytes.saturating_add(meta.index.bytes)).fold(0, u64::saturating_add);
    let bytes_total = ledger_bytes.saturating_add(sealed_bytes);
    let files = segments.len() as u64;
    progress(CheckProgress { bytes_done: ledger_bytes, bytes_total });
    let pass = Pass {
        paths,
        open: &|meta, cache| SegmentFiles::open(&paths.day(meta.day), meta, cache),
        wanted: None,
        step: &mut |bytes| {
            progress(CheckProgress { bytes_done: ledger_bytes + bytes, bytes_total });
            Ok(())
        },
    };
    let mut verification = pass.run(recorded).map_err(StoreError::from)?;
    verification.findings = in_ledger(verification.findings, paths);
    Ok(CheckReport { verification, files, bytes: bytes_total })
}

/// Reads the file written by a clean stop, and compares the ledger with it byte by byte.
fn read_stop_file(paths: &Paths, key: &LedgerKey, findings: &mut Findings) -> StopFile {
    let sums_path = paths.ledger_sums();
    let file = match StopRecord::read(&sums_path, key) {
        Ok(file) => file,
        Err(error) => {
            findings.push(Finding::new(Part::File, text_of(&error)).in_file(sums_path.display().to_string()));
            return StopFile::Damaged;
        }
    };
    if let StopFile::Read(StopRecord::Closed(sums)) = &file {
        if file_bytes(&paths.wal()) > 0 {
            let detail = "the ledger was closed, and yet its write-ahead log is not empty";
            findings.push(Finding::new(Part::Ledger, detail).in_file(paths.wal().display().to_string()));
        }
        match sums.findings(&paths.ledger()) {
            Ok(found) => found.into_iter().for_each(|found| {
                findings.push(Finding::new(Part::Ledger, found.detail).at(Some(found.offset)));
            }),
            Err(error) => findings.push(Finding::new(Part::Ledger, text_of(&error))),
        }
    }
    file
}

fn check_ledger(ledger: &Ledger, file: &StopFile, findings: &mut Findings) {
    match ledger.stop_finding(file) {
        Ok(None) => {}
        Ok(Some(finding)) => findings.push(Finding::new(Part::File, finding)),
        Err(error) => findings.push(Finding::new(Part::Ledger, text_of(&error))),
    }
    match ledger.integrity_findings() {
        Ok(found) => found.into_iter().for_each(|detail| findings.push(Finding::new(Part::Ledger, detail))),
        Err(error) => findings.push(Finding::new(Part::Ledger, text_of(&error))),
    }
}

/// Assigns findings without a file to the ledger.
fn in_ledger(mut findings: Findings, paths: &Paths) -> Findings {
    for finding in &mut findings.listed {
        finding.file.get_or_insert_with(|| paths.ledger().display().to_string());
    }
    findings
}

fn file_bytes(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}
