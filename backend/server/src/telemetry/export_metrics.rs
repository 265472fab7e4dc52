//! Owns the metrics of export jobs.

use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

/// How an export job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum ExportEnd {
    /// Its file is complete.
    Completed,
    /// Its file could not be made.
    Failed,
    /// The job was cancelled or deleted.
    Cancelled,
}

impl ExportEnd {
    const ALL: [Self; 3] = [Self::Completed, Self::Failed, Self::Cancelled];
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EndLabels {
    outcome: ExportEnd,
}

/// The metrics of export jobs.
#[derive(Debug, Default)]
pub(crate) struct ExportMetrics {
    running: Gauge,
    ended: Family<EndLabels, Counter>,
    bytes: Counter,
}

impl ExportMetrics {
    /// Registers the metrics, starting at zero.
    pub(crate) fn new(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        // Created at the start, so that the first count is visible as an increase.
        for outcome in ExportEnd::ALL {
            drop(metrics.ended.get_or_create(&EndLabels { outcome }));
        }
        registry.register("export_jobs_running", "Export jobs whose files are being made", metrics.running.clone());
        registry.register("export_jobs_ended", "Export jobs that ended, by outcome", metrics.ended.clone());
        registry.register("export_file_bytes", "Bytes written to files of export jobs", metrics.bytes.clone());
        metrics
    }

    /// Counts a running job until the returned guard is dropped.
    pub(crate) fn begin(&self) -> RunningExport {
        self.running.inc();
        RunningExport(self.running.clone())
    }

    /// Counts the end of a job.
    pub(crate) fn count_end(&self, outcome: ExportEnd) {
        self.ended.get_or_create(&EndLabels { outcome }).inc();
    }

    /// Counts bytes written to a file.
    pub(crate) fn count_bytes(&self, bytes: u64) {
        self.bytes.inc_by(bytes);
    }
}

/// A job whose file is being made.
#[derive(Debug)]
pub(crate) struct RunningExport(Gauge);

impl Drop for RunningExport {
    fn drop(&mut self) {
        self.0.dec();
    }
}
