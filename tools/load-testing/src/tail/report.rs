//! Owns the report of a run: the figures, and each broken promise.

use std::{fmt, time::Duration};

use serde::Serialize;

use crate::{
    load::{Latencies, Percentiles},
    server::Metrics,
    tail::{Book, TailPlan, reader::Got, sender::Sent},
};

/// The outcome of a run.
#[derive(Debug, Serialize)]
pub struct TailReport {
    /// Events sent per second.
    pub events_per_second: f64,
    /// The time from when a request was due to its acknowledgement.
    pub acknowledge: Percentiles,
    /// The time from when an event was due to its delivery, over all readers.
    pub delivery: Percentiles,
    /// The number of events that all readers received together.
    pub delivered: u64,
    /// The number of events that the server printed for tails.
    pub printed: f64,
    /// The number of events that it sent to tails, including the reader that does not read.
    pub sent_to_tails: f64,
    /// Processor time of the server while events were sent, in seconds.
    pub server_cpu_seconds: f64,
    /// How the stream of the reader that does not read ended.
    pub stalled: String,
    /// The server's mistakes.
    pub violations: Vec<String>,
}

/// The observations of a run.
pub(super) struct Run {
    pub(super) sent: Sent,
    pub(super) took: Duration,
    pub(super) got: Vec<Got>,
    pub(super) stalled: String,
    pub(super) before: Metrics,
    pub(super) after: Metrics,
    pub(super) end: Metrics,
}

impl TailReport {
    pub(super) fn of(plan: &TailPlan, book: &Book, run: Run) -> Self {
        let Run { sent, took, got, stalled, before, after, end } = run;
        let mut violations = sent.failures;
        let mut delivery = Latencies::default();
        for (number, one) in got.iter().enumerate() {
            delivery.add(&one.latencies);
            violations.extend(compare(number, one, book));
        }
        if stalled.starts_with("GAP") {
            violations.push(stalled.clone());
        }
        let printed = end.sum("auditlog_tail_frames_printed_total") - before.sum("auditlog_tail_frames_printed_total");
        if (printed - float(plan.events.get())).abs() > 0.5 {
            violations.push(format!("{printed} events were printed, and {} sent", plan.events));
        }
        Self {
            events_per_second: float(plan.events.get()) / took.as_secs_f64(),
            acknowledge: sent.latencies.percentiles(),
            delivery: delivery.percentiles(),
            delivered: got.iter().map(|one| one.events.len() as u64).sum(),
            printed,
            sent_to_tails: end.sum("auditlog_tail_frames_sent_total") - before.sum("auditlog_tail_frames_sent_total"),
            server_cpu_seconds: after.sum("process_cpu_seconds_total") - before.sum("process_cpu_seconds_total"),
            stalled,
            violations,
        }
    }
}

/// Checks that each acknowledged and requested event arrived once, in order, with its content; and nothing else.
fn compare(number: usize, got: &Got, book: &Book) -> Option<String> {
    let expected = book.expected(|event| got.wanted.includes(event));
    if let Some(odd) = got.odd.first() {
        return Some(format!("reader {number}: {odd}"));
    }
    if got.events == expected {
        return None;
    }
    let differs = got.events.iter().zip(&expected).position(|(one, other)| one != other);
    let place = differs.unwrap_or_else(|| got.events.len().min(expected.len()));
    let (came, wanted) = (got.events.get(place), expected.get(place));
    Some(format!(
        "reader {number} got {} events of {}; at place {place} came {came:?} and was expected {wanted:?}",
        got.events.len(),
        expected.len()
    ))
}

#[expect(clippy::cast_precision_loss, reason = "counts of a run stay far below 2^53")]
const fn float(count: u64) -> f64 {
    count as f64
}

impl fmt::Display for TailReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (acknowledge, delivery) = (self.acknowledge, self.delivery);
        writeln!(formatter, "events sent a second      {:.0}", self.events_per_second)?;
        writeln!(formatter, "acknowledge p50, p99      {:.1}, {:.1} ms", acknowledge.p50_ms, acknowledge.p99_ms)?;
        writeln!(
            formatter,
            "delivery p50, p99, max    {:.1}, {:.1}, {:.1} ms",
            delivery.p50_ms, delivery.p99_ms, delivery.max_ms
        )?;
        writeln!(formatter, "events delivered          {}", self.delivered)?;
        writeln!(formatter, "events printed, sent      {:.0}, {:.0}", self.printed, self.sent_to_tails)?;
        writeln!(formatter, "processor time of server  {:.1} s", self.server_cpu_seconds)?;
        writeln!(formatter, "the reader that stalls    {}", self.stalled)?;
        self.violations.iter().try_for_each(|violation| writeln!(formatter, "VIOLATION {violation}"))
    }
}
