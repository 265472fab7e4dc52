//! Owns the library faults/conditions.c, which slows a server's disk and changes its clock while it runs.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

const SOURCE: &str = include_str!("../../faults/conditions.c");

/// The compiled library and the settings that it reads.
#[derive(Debug)]
pub(super) struct Conditions {
    library: PathBuf,
    numbers_path: PathBuf,
    numbers: File,
}

impl Conditions {
    /// Compiles it in `directory` with the system's C compiler; disk and clock are normal at first.
    pub(super) fn compile(directory: &Path) -> io::Result<Self> {
        let (source, library) = (directory.join("conditions.c"), directory.join("conditions.so"));
        fs::write(&source, SOURCE)?;
        let mut command = Command::new("cc");
        let output = command.args(["-shared", "-fPIC", "-O2", "-o"]).arg(&library).arg(&source).output()?;
        if !output.status.success() {
            return Err(io::Error::other(format!("cc: {}", String::from_utf8_lossy(&output.stderr).trim())));
        }
        let numbers_path = directory.join("conditions");
        fs::write(&numbers_path, [0; 16])?;
        let numbers = File::options().write(true).open(&numbers_path)?;
        Ok(Self { library, numbers_path, numbers })
    }

    /// The environment of a process that uses it.
    pub(super) fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("LD_PRELOAD", self.library.display().to_string()),
            ("HAMMER_CONDITIONS", self.numbers_path.display().to_string()),
        ]
    }

    /// Makes every sync take this much longer.
    pub(super) fn delay_disk(&self, delay: Duration) -> io::Result<()> {
        let micros = i64::try_from(delay.as_micros()).unwrap_or(i64::MAX);
        self.numbers.write_all_at(&micros.to_ne_bytes(), 0)
    }

    /// Makes the wall clock wrong by this many seconds.
    pub(super) fn shift_clock(&self, seconds: i64) -> io::Result<()> {
        self.numbers.write_all_at(&seconds.to_ne_bytes(), 8)
    }
}
