//! Owns what is told of a run: the figures, and each broken promise.

use std::fmt;

use serde::Serialize;

/// What came of a run.
#[derive(Debug, Default, Serialize)]
pub struct ExportReport {
    /// The server's resident memory before the first export, in MiB.
    pub resident_before_mib: u64,
    /// The same after the last one.
    pub resident_after_mib: u64,
    /// One for each file.
    pub rows: Vec<ExportRow>,
    /// One for each export in the background.
    pub jobs: Vec<JobRow>,
    /// What the server did wrong.
    pub violations: Vec<String>,
}

/// What came of one file.
#[derive(Debug, Serialize)]
pub struct ExportRow {
    /// Which events, and what kind of file.
    pub name: String,
    /// How many events it holds.
    pub events: u64,
    /// How long it is.
    pub bytes: u64,
    /// From the request to the last byte.
    pub seconds: f64,
    /// Processor time of the server meanwhile.
    pub server_cpu_seconds: f64,
    /// The most resident memory of the server meanwhile, in MiB.
    pub resident_mib: u64,
}

/// What came of one export in the background.
#[derive(Debug, Serialize)]
pub struct JobRow {
    /// What kind of file.
    pub name: String,
    /// How many events it holds.
    pub events: u64,
    /// How long it is.
    pub bytes: u64,
    /// How much of the log had been looked at when the server was killed. `None` where it was too quick for that.
    pub killed_at_percent: Option<f64>,
    /// How much of it had been when the server that was started again was first asked.
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
