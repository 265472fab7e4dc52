//! Owns the table of the effects on well-behaved clients.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

use crate::{
    bench::Machine,
    hostile::{Figure, HostilePlan, Kind, others::Seen},
    load::Percentiles,
    server::Resources,
};

/// How one figure changed.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Change {
    /// Without hostile clients.
    pub quiet: Percentiles,
    /// With them.
    pub hostile: Percentiles,
}

/// One kind of hostility and its outcome.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// Its name.
    pub kind: &'static str,
    /// Its description.
    pub done: &'static str,
    /// The server's answers to it, by kind, with their numbers.
    pub answers: BTreeMap<String, u64>,
    /// How long well-behaved clients waited.
    pub changes: BTreeMap<Figure, Change>,
    /// Acknowledged events of well-behaved clients in the hostile phases.
    pub stored_events: u64,
    /// Answers 429 and 503 to well-behaved clients in them.
    pub overloads: u64,
    /// Reconnections of well-behaved clients in them.
    pub reconnects: u64,
    /// The server's resources before the first phase.
    pub before: Resources,
    /// Its resources soon after the last phase.
    pub after: Resources,
    /// Broken promises.
    pub violations: BTreeMap<&'static str, u64>,
}

/// All measurements.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    machine: Machine,
    seconds_of_each_sort: f64,
    events_per_second: u64,
    rows: Vec<Row>,
}

/// The experience of well-behaved clients.
#[derive(Clone, Copy)]
pub(super) struct Observed<'a> {
    /// Without hostile clients.
    pub(super) quiet: &'a Seen,
    /// With them.
    pub(super) hostile: &'a Seen,
}

/// The server's resources.
#[derive(Clone, Copy)]
pub(super) struct ServerResources {
    /// Before the first phase.
    pub(super) before: Resources,
    /// Soon after the last one.
    pub(super) after: Resources,
}

impl Row {
    pub(super) fn new(
        kind: Kind,
        seen: Observed<'_>,
        resources: ServerResources,
        answers: BTreeMap<String, u64>,
        violations: BTreeMap<&'static str, u64>,
    ) -> Self {
        let Observed { quiet, hostile } = seen;
        let ServerResources { before, after } = resources;
        let change =
            |figure| (figure, Change { quiet: quiet.percentiles(figure), hostile: hostile.percentiles(figure) });
        Self {
            kind: kind.as_str(),
            done: kind.describe(),
            answers,
            changes: Figure::ALL.into_iter().map(change).collect(),
            stored_events: hostile.stored,
            overloads: hostile.overloads,
            reconnects: hostile.reconnects,
            before,
            after,
            violations,
        }
    }

    /// The server's answers, the most frequent first.
    fn answered(&self) -> String {
        let mut answers: Vec<_> = self.answers.iter().map(|(answer, count)| (*count, answer.clone())).collect();
        if self.overloads > 0 {
            answers.push((self.overloads, "429 or 503 to others".to_owned()));
        }
        if self.reconnects > 0 {
            answers.push((self.reconnects, "others' connections closed".to_owned()));
        }
        answers.sort_by(|left, right| right.cmp(left));
        answers.into_iter().map(|(count, answer)| format!("{count} × {answer}")).collect::<Vec<_>>().join(", ")
    }
}

impl Report {
    pub(super) fn new(plan: &HostilePlan) -> Self {
        Self {
            machine: Machine::look(&plan.work_dir, &plan.server_binary),
            seconds_of_each_sort: plan.phase.as_secs_f64() * f64::from(plan.phases),
            events_per_second: plan.events_per_second.get(),
            rows: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, row: Row) {
        eprintln!("{row}");
        self.rows.push(row);
    }

    /// One per kind.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Broken promises of all kinds.
    #[must_use]
    pub fn violations(&self) -> BTreeMap<&'static str, u64> {
        let mut sum = BTreeMap::new();
        for (kind, count) in self.rows.iter().flat_map(|row| &row.violations) {
            *sum.entry(*kind).or_default() += count;
        }
        sum
    }
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (quiet, hostile) = (self.quiet, self.hostile);
        let percent = (hostile.p99_ms / quiet.p99_ms.max(f64::MIN_POSITIVE) - 1.0) * 100.0;
        write!(
            formatter,
            "{:.1} → {:.1}; {:.1} → {:.1} ({percent:+.0} %)",
            quiet.p50_ms, hostile.p50_ms, quiet.p99_ms, hostile.p99_ms
        )
    }
}

impl fmt::Display for Row {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "| {}: {} | {} |", self.kind, self.done, self.answered())?;
        for figure in Figure::ALL {
            match self.changes.get(&figure) {
                Some(change) => write!(formatter, " {change} |")?,
                None => write!(formatter, " |")?,
            }
        }
        write!(
            formatter,
            " {} → {}; {} → {} |",
            self.before.resident_mib, self.after.resident_mib, self.before.descriptors, self.after.descriptors
        )
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", self.machine)?;
        writeln!(
            formatter,
            "{} events/s in batches of 200 beside 200 single events/s, 50 newest pages/s and 50 needles/s; {:.0} s quiet \
             and {:.0} s hostile for each kind; p50, then p99, quiet → hostile, in ms\n",
            self.events_per_second, self.seconds_of_each_sort, self.seconds_of_each_sort
        )?;
        writeln!(
            formatter,
            "| attack | answers | batch acknowledged | single event acknowledged | newest page | needle \
             | resident MiB; descriptors, before → after |"
        )?;
        writeln!(formatter, "|---|---|---|---|---|---|---|")?;
        for row in &self.rows {
            writeln!(formatter, "{row}")?;
        }
        Ok(())
    }
}
