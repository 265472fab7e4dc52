//! Owns the report of a run: the figures, and each broken promise.

use std::fmt;

use serde::Serialize;

/// The outcome of a run.
#[derive(Debug, Default, Serialize)]
pub struct ExportReport {
    /// The server's resident memory before the first export, in MiB.
    pub resident_before_mib: u64,
    /// The same after the last one.
    pub resident_after_mib: u64,
    /// One per file.
    pub rows: Vec<ExportRow>,
    /// One per background export.
    pub jobs: Vec<JobRow>,
    /// The server's mistakes.
    pub violations: Vec<String>,
}

/// The outcome of one file.
#[derive(Debug, Serialize)]
pub struct ExportRow {
    /// The selection of events and the kind of file.
    pub name: String,
    /// The number of events in it.
    pub events: u64,
    /// Its length.
    pub bytes: u64,
    /// From the request to the last byte.
    pub seconds: f64,
    /// Processor time of the server meanwhile.
    pub server_cpu_seconds: f64,
    /// The most resident memory of the server meanwhile, in MiB.
    pub resident_mib: u64,
}

/// The outcome of one background export.
#[derive(Debug, Serialize)]
pub struct JobRow {
    /// The kind of file.
    pub name: String,
    /// The number of events in it.
    pub events: u64,
    /// Its length.
    pub bytes: u64,
    /// The scanned share of the log when the server was killed. `None` if the job finished before.
    pub killed_at_percent: Option<f64>,
    /// The scanned share at the first request to the restarted server.
    pub seen_again_at_percent: Option<f64>,
    /// From the request to the end, with kill and start.
    pub seconds: f64,
    /// The most resident memory of the server meanwhile, in MiB.
    pub resident_mib: u64,
}

impl ExportRow {
    #[expect(clippy::cast_precision_loss, reason = "counts of a run stay far below 2^53")]
    const fn events_f64(&self) -> f64 {
        self.events as f64
    }
}

impl fmt::Display for ExportReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "{:44} {:>10} {:>14} {:>8} {:>10} {:>10} {:>9}",
            "file", "events", "bytes", "seconds", "events/s", "CPU us/ev", "RSS MiB"
        )?;
        for row in &self.rows {
            let rate = row.events_f64() / row.seconds;
            let micros = row.server_cpu_seconds * 1_000_000.0 / row.events_f64();
            writeln!(
                formatter,
                "{:44} {:>10} {:>14} {:>8.1} {rate:>10.0} {micros:>10.1} {:>9}",
                row.name, row.events, row.bytes, row.seconds, row.resident_mib
            )?;
        }
        writeln!(
            formatter,
            "\n{:44} {:>10} {:>14} {:>8} {:>10} {:>10} {:>9}",
            "file", "events", "bytes", "seconds", "killed at", "seen again", "RSS MiB"
        )?;
        for job in &self.jobs {
            let [killed, seen] = [job.killed_at_percent, job.seen_again_at_percent]
                .map(|percent| percent.map_or_else(|| "–".to_owned(), |percent| format!("{percent:.0} %")));
            writeln!(
                formatter,
                "{:44} {:>10} {:>14} {:>8.1} {killed:>10} {seen:>10} {:>9}",
                job.name, job.events, job.bytes, job.seconds, job.resident_mib
            )?;
        }
        writeln!(
            formatter,
            "\nresident memory of the server: {} MiB before, {} MiB after",
            self.resident_before_mib, self.resident_after_mib
        )?;
        self.violations.iter().try_for_each(|violation| writeln!(formatter, "VIOLATION {violation}"))
    }
}
