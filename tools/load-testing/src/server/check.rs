//! Owns `auditlog check` on a data directory that no server has open.

use std::{
    fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Disk space that the server reserves: it has no content, so a copy does not need it.
const RESERVE: &str = "RESERVE";

/// The result of `check`.
#[derive(Debug, Clone)]
pub struct CheckReport {
    /// Whether every stored byte is as it was written.
    pub is_clean: bool,
    /// Its output.
    pub output: String,
}

/// Runs `check` on a data directory that is no longer needed: removed if it is clean, otherwise kept for inspection.
pub fn check(binary: &Path, data_dir: &DisposableCopy) -> io::Result<CheckReport> {
    let DisposableCopy(copy) = data_dir;
    let output = Command::new(binary)
        .args(["check", "--data-dir"])
        .arg(copy)
        .stdin(Stdio::null())
        .env("AUDITLOG__STORAGE__MIN_FREE_BYTES", "0")
        .output()?;
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let is_clean = output.status.success();
    if is_clean {
        fs::remove_dir_all(copy)?;
    }
    Ok(CheckReport { is_clean, output: format!("check of {}: {}: {text}", copy.display(), output.status) })
}

/// A copy of a stopped server's data directory. The server starts on the original meanwhile, so that it performs its
/// own recovery and does not work on what the check changed.
#[derive(Debug)]
pub struct DisposableCopy(PathBuf);

impl DisposableCopy {
    /// Copies `data_dir` to `place`, which must not exist.
    pub fn of(data_dir: &Path, place: PathBuf) -> io::Result<Self> {
        copy_directory(data_dir, &place)?;
        Ok(Self(place))
    }

    /// The directory itself, if it is not needed afterwards.
    #[must_use]
    pub const fn original(data_dir: PathBuf) -> Self {
        Self(data_dir)
    }
}

fn copy_directory(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    fs::set_permissions(to, fs::metadata(from)?.permissions())?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy_directory(&entry.path(), &target)?;
        } else if kind.is_symlink() {
            symlink(fs::read_link(entry.path())?, target)?;
        } else if entry.file_name() != RESERVE {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
