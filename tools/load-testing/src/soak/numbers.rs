//! Owns the selection of the server's metrics, and the values derived from them.

use serde::Serialize;

use crate::server::{Metrics, written_bytes};

/// Values that only rise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Counted {
    /// Events made durable.
    pub events: f64,
    /// The total length of their canonical texts.
    pub event_bytes: f64,
    /// Bytes written into the write-ahead log.
    pub log_bytes: f64,
    /// Bytes checkpointed from there into the ledger's file.
    pub written_back_bytes: f64,
    /// Bytes of segments written by sealing.
    pub sealed_bytes: f64,
    /// Bytes of segments written by compaction.
    pub compacted_bytes: f64,
    /// All bytes that the process has dirtied, as counted by the kernel: an independent measurement.
    pub kernel_bytes: f64,
    /// Processor time of the server.
    pub processor_seconds: f64,
}

impl Counted {
    pub(super) fn read(metrics: &Metrics, process: u32) -> Self {
        let store = |name: &str| metrics.sum(&format!("auditlog_store_{name}_total"));
        Self {
            events: store("events_stored"),
            event_bytes: store("event_bytes"),
            log_bytes: store("log_written_bytes"),
            written_back_bytes: store("written_back_bytes"),
            sealed_bytes: store("sealed_bytes"),
            compacted_bytes: store("compacted_bytes"),
            kernel_bytes: written_bytes(process).unwrap_or(0.0),
            processor_seconds: metrics.sum("process_cpu_seconds_total"),
        }
    }

    /// Field by field.
    pub(super) fn with(self, other: Self, combine: fn(f64, f64) -> f64) -> Self {
        Self {
            events: combine(self.events, other.events),
            event_bytes: combine(self.event_bytes, other.event_bytes),
            log_bytes: combine(self.log_bytes, other.log_bytes),
            written_back_bytes: combine(self.written_back_bytes, other.written_back_bytes),
            sealed_bytes: combine(self.sealed_bytes, other.sealed_bytes),
            compacted_bytes: combine(self.compacted_bytes, other.compacted_bytes),
            kernel_bytes: combine(self.kernel_bytes, other.kernel_bytes),
            processor_seconds: combine(self.processor_seconds, other.processor_seconds),
        }
    }

    /// Bytes written per byte received.
    #[must_use]
    pub fn write_amplification(&self) -> f64 {
        let written = self.log_bytes + self.written_back_bytes + self.sealed_bytes + self.compacted_bytes;
        written / self.event_bytes.max(1.0)
    }

    /// Processor seconds per million events.
    #[must_use]
    pub fn seconds_per_million(&self) -> f64 {
        self.processor_seconds / (self.events / 1_000_000.0).max(f64::MIN_POSITIVE)
    }
}

/// Values that rise and fall.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Standing {
    /// Memory of the process.
    pub resident_bytes: f64,
    /// Files and connections it has open.
    pub open_files: f64,
    /// Sealed segments.
    pub segments: f64,
    /// Files in their directories.
    pub segment_files: f64,
    /// Their length.
    pub segment_bytes: f64,
    /// Length of the write-ahead log's file.
    pub wal_file_bytes: f64,
    /// Length of the ledger's file.
    pub ledger_file_bytes: f64,
    /// Memory of unsealed events.
    pub tail_bytes: f64,
    /// Memory of caches.
    pub cache_bytes: f64,
}

impl Standing {
    pub(super) fn read(metrics: &Metrics) -> Self {
        let store = |name: &str| metrics.sum(&format!("auditlog_store_{name}"));
        Self {
            resident_bytes: metrics.sum("process_resident_memory_bytes"),
            open_files: metrics.sum("process_open_fds"),
            segments: store("segments"),
            segment_files: store("segment_files"),
            segment_bytes: store("segment_bytes"),
            wal_file_bytes: store("wal_file_bytes"),
            ledger_file_bytes: store("ledger_file_bytes"),
            tail_bytes: store("tail_bytes"),
            cache_bytes: store("cache_bytes"),
        }
    }

    /// Field by field.
    pub(super) fn with(self, other: Self, combine: fn(f64, f64) -> f64) -> Self {
        Self {
            resident_bytes: combine(self.resident_bytes, other.resident_bytes),
            open_files: combine(self.open_files, other.open_files),
            segments: combine(self.segments, other.segments),
            segment_files: combine(self.segment_files, other.segment_files),
            segment_bytes: combine(self.segment_bytes, other.segment_bytes),
            wal_file_bytes: combine(self.wal_file_bytes, other.wal_file_bytes),
            ledger_file_bytes: combine(self.ledger_file_bytes, other.ledger_file_bytes),
            tail_bytes: combine(self.tail_bytes, other.tail_bytes),
            cache_bytes: combine(self.cache_bytes, other.cache_bytes),
        }
    }
}
