//! Owns what a process holds of the machine: memory and open files.

use std::fs;

use serde::Serialize;

use crate::server::memory_kib;

/// What a process holds at one moment. Zeros where the system does not tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Resources {
    /// Resident memory.
    pub resident_mib: u64,
    /// The most of it there ever was.
    pub highest_mib: u64,
    /// Open files and connections.
    pub descriptors: u64,
}

impl Resources {
    /// Of a process, now.
    #[must_use]
    pub fn of(process: u32) -> Self {
        let (resident, highest) = memory_kib(process).unwrap_or_default();
        let descriptors = fs::read_dir(format!("/proc/{process}/fd")).map_or(0, Iterator::count);
        Self { resident_mib: resident / 1_024, highest_mib: highest / 1_024, descriptors: descriptors as u64 }
    }
}
