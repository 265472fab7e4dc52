//! Owns reading the free space of the disk.

use std::path::Path;

use crate::error::StoreError;

/// The number of bytes that this process may still write to the file system of `path`.
pub(crate) fn free_bytes(path: &Path) -> Result<u64, StoreError> {
    let status = rustix::fs::statvfs(path).map_err(|errno| StoreError::io(path)(errno.into()))?;
    Ok(status.f_bavail.saturating_mul(status.f_frsize))
}
