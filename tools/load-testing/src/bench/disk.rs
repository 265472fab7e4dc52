//! Owns the bytes on disk.

use std::{fs, io, os::unix::fs::MetadataExt as _, path::Path};

use crate::bench::{Report, Row};

/// Disk space that the server reserves for changes that protect or free space; docs/spec/data-directory.md.
const RESERVE: &str = "RESERVE";

/// Measures a stopped server's directory in bytes allocated by the file system, without the reserve.
pub(super) fn measure(data_dir: &Path, events: u64, report: &mut Report) -> io::Result<()> {
    let reserve = data_dir.join(RESERVE);
    let reserve_bytes = if reserve.exists() { allocated_bytes(&reserve)? } else { 0 };
    let total = allocated_bytes(data_dir)?.saturating_sub(reserve_bytes);
    report.add(Row::of("stored bytes per event, everything").with("B", per(total, events)).bar("≤120", "105"));
    for entry in fs::read_dir(data_dir)? {
        let entry = entry?;
        if entry.file_name() == RESERVE {
            continue;
        }
        let bytes = allocated_bytes(&entry.path())?;
        if bytes * 100 > total {
            let what = format!("  of these in {}", entry.file_name().to_string_lossy());
            report.add(Row::of(what).with("B", per(bytes, events)));
        }
    }
    Ok(())
}

fn allocated_bytes(path: &Path) -> io::Result<u64> {
    let metadata = fs::symlink_metadata(path)?;
    let mut bytes = metadata.blocks() * 512;
    if metadata.is_dir() {
        for entry in fs::read_dir(path)? {
            bytes += allocated_bytes(&entry?.path())?;
        }
    }
    Ok(bytes)
}

#[expect(clippy::cast_precision_loss, reason = "bytes on disk are far below 2^53")]
fn per(bytes: u64, events: u64) -> f64 {
    bytes as f64 / events as f64
}
