//! Owns the file FORMAT, which states the version of the data directory in words that people can read.

use std::path::Path;

use crate::{
    data_directory::{durable, private},
    error::{OpenError, StoreError},
};

/// The newest format that this release reads, and the one it writes.
pub(crate) const FORMAT: u32 = 1;

const PREFIX: &str = "auditlog data directory, format ";

/// Reads the format. `None` where the file does not exist.
pub(super) fn read(root: &Path, file: &Path) -> Result<Option<u32>, OpenError> {
    let Some(bytes) = private::read(file).map_err(StoreError::io(file))? else { return Ok(None) };
    let text = String::from_utf8(bytes).unwrap_or_default();
    let number = text.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix('\n')?.parse::<u32>().ok());
    match number {
        Some(found @ 1..=FORMAT) => Ok(Some(found)),
        Some(found) if found > FORMAT => Err(OpenError::NewerFormat { path: root.to_owned(), found, newest: FORMAT }),
        _ => Err(OpenError::Corrupted {
            detail: format!("{}: this is not a format of a data directory", file.display()),
        }),
    }
}

pub(super) fn write(file: &Path) -> Result<(), StoreError> {
    durable::write_file(file, format!("{PREFIX}{FORMAT}\n").as_bytes())
}
