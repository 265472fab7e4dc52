//! Owns the file FORMAT: which version of the data directory this is, in words that people can read.

use std::{fs, io::ErrorKind, path::Path};

use crate::{
    data_directory::durable,
    error::{OpenError, StoreError},
};

/// The newest format this release knows, and the one it writes.
pub(crate) const FORMAT: u32 = 1;

const PREFIX: &str = "auditlog data directory, format ";

/// Reads the format. `None` where the file is not there.
pub(super) fn read(root: &Path, file: &Path) -> Result<Option<u32>, OpenError> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == ErrorKind::InvalidData => String::new(),
        Err(error) => return Err(StoreError::io(file)(error).into()),
    };
    let number = text.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix('\n')?.parse::<u32>().ok());
    match number {
        Some(found @ 1..=FORMAT) => Ok(Some(found)),
        Some(found) if found > FORMAT => Err(OpenError::NewerFormat { path: root.to_owned(), found, newest: FORMAT }),
        _ => Err(OpenError::Corrupted { detail: format!("{}: this is no format of a data directory", file.display()) }),
    }
}

pub(super) fn write(file: &Path) -> Result<(), StoreError> {
    durable::write_file(file, format!("{PREFIX}{FORMAT}\n").as_bytes())
}
