//! Owns the figures of a part of the run, and the line that is printed for it.

use std::{collections::BTreeMap, fmt, ops::Add, time::Duration};

use serde::Serialize;

use crate::{
    load::{Latencies, Outcome, Percentiles},
    soak::{Counted, Question, Standing, readers::Reads},
};

/// The header of the lines.
pub(super) const HEADER: [&str; 2] = [
    "  time  events/s | acknowledge, ms  | newest page, ms  | memory   open  segments |   log  ledger | written for  processor s",
    "                 |     p50      p99 |     p50      p99 |    MiB  files           |   MiB     MiB | a byte in    for a million",
];

const MIB: f64 = 1_048_576.0;

/// The observations in a part of the run.
#[derive(Debug)]
pub(super) struct Period {
    pub lasted: Duration,
    pub sent: Outcome,
    pub read: Reads,
    /// The maximum of each value.
    pub peak: Standing,
    /// The counters' increase in it.
    pub counted: Counted,
}

/// One or more periods, combined.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// Their duration.
    pub seconds: f64,
    /// Events acknowledged for the first time.
    pub events: u64,
    /// Events that an earlier process had stored without an answer, or that were sent again on purpose.
    pub duplicates: u64,
    /// Answers 429 and 503, to writers and readers.
    pub overloads: u64,
    /// Requests without an answer, which were sent again.
    pub retries: u64,
    /// Latency of writes, from when each was due.
    pub acknowledge: Percentiles,
    /// Latency of reads, from when each was due.
    pub questions: BTreeMap<Question, Percentiles>,
    /// The maximum of each value.
    pub peak: Standing,
    /// The mean over the periods of the highest resident memory.
    pub resident_bytes_mean: f64,
    /// The counters' increase.
    pub counted: Counted,
    /// Bytes written per byte received.
    pub write_amplification: f64,
    /// Processor seconds of the server per million events.
    pub seconds_per_million: f64,
}

impl Summary {
    pub(super) fn of(periods: &[Period]) -> Self {
        let mut sent = Outcome::default();
        let mut read = Reads::default();
        let (mut peak, mut counted) = (Standing::default(), Counted::default());
        for period in periods {
            sent.add(&period.sent);
            read.add(&period.read);
            peak = peak.with(period.peak, f64::max);
            counted = counted.with(period.counted, f64::add);
        }
        let count = f64::from(u32::try_from(periods.len()).unwrap_or(u32::MAX)).max(1.0);
        Self {
            seconds: periods.iter().map(|period| period.lasted.as_secs_f64()).sum(),
            events: sent.stored,
            duplicates: sent.duplicates,
            overloads: sent.overloads + read.overloads,
            retries: sent.retries + read.retries,
            acknowledge: sent.latencies.percentiles(),
            questions: read
                .latencies
                .iter()
                .map(|(question, latencies)| (*question, latencies.percentiles()))
                .collect(),
            peak,
            resident_bytes_mean: periods.iter().map(|period| period.peak.resident_bytes).sum::<f64>() / count,
            counted,
            write_amplification: counted.write_amplification(),
            seconds_per_million: counted.seconds_per_million(),
        }
    }

    /// Events acknowledged for the first time, per second.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of events are far below 2^53")]
    pub fn events_per_second(&self) -> f64 {
        self.events as f64 / self.seconds.max(f64::MIN_POSITIVE)
    }

    /// Latency of a kind of reads.
    #[must_use]
    pub fn question(&self, question: Question) -> Percentiles {
        self.questions.get(&question).copied().unwrap_or_else(|| Latencies::default().percentiles())
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let newest = self.question(Question::NewestPage);
        write!(
            formatter,
            "{:>9.0} | {:>7.1} {:>8.1} | {:>7.1} {:>8.1} | {:>6.0} {:>6.0} {:>9.0} | {:>5.0} {:>7.0} | {:>11.2} {:>12.1}",
            self.events_per_second(),
            self.acknowledge.p50_ms,
            self.acknowledge.p99_ms,
            newest.p50_ms,
            newest.p99_ms,
            self.peak.resident_bytes / MIB,
            self.peak.open_files,
            self.peak.segments,
            self.peak.wal_file_bytes / MIB,
            self.peak.ledger_file_bytes / MIB,
            self.write_amplification,
            self.seconds_per_million,
        )?;
        if self.overloads > 0 {
            write!(formatter, " | {} asked to come again later", self.overloads)?;
        }
        if self.retries > 0 {
            write!(formatter, " | {} without an answer", self.retries)?;
        }
        Ok(())
    }
}
