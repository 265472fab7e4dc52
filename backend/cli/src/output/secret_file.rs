//! Files that hold secrets: readable by their owner alone from the first byte on.

use std::{
    fs::OpenOptions,
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

use crate::failure::Failure;

/// Writes `text` to `path`, which afterwards only its owner may read.
pub(crate) fn write_secret_file(path: &Path, text: &str) -> Result<(), Failure> {
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
        // The mode above applies to new files only.
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        file.write_all(text.as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()
    };
    write().map_err(|error| Failure::caused_by(format!("{} cannot be written", path.display()), &error))
}
