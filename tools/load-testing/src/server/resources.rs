//! Owns the resources that a process holds: memory and open files.

use std::fs;

use serde::Serialize;

use crate::server::{Memory, memory_of};

/// The resources of a process at one moment. Zeros if the system does not report them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Resources {
    /// Resident memory.
    pub resident_mib: u64,
    /// The highest resident memory so far.
    pub highest_mib: u64,
    /// Open files and connections.
    pub descriptors: u64,
}

impl Resources {
    /// Reads the resources of a process.
    #[must_use]
    pub fn of(process: u32) -> Self {
        let Memory { resident_kib: resident, highest_kib: highest } = memory_of(process).unwrap_or_default();
        let descriptors = fs::read_dir(format!("/proc/{process}/fd")).map_or(0, Iterator::count);
        Self { resident_mib: resident / 1_024, highest_mib: highest / 1_024, descriptors: descriptors as u64 }
    }
}
