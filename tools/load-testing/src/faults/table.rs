//! Owns the figures of all cases, and how they are printed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Write as _},
    num::NonZeroU64,
    time::Instant,
};

use serde::Serialize;

use crate::{
    faults::{CaseResult, Class, Injection, Kind, Outcome},
    record::Kind as Promise,
};

/// The results of the faults of one kind in calls of one class.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// The number of runs of the workload.
    pub cases: u64,
    /// The calls that were made to fail.
    pub fired: BTreeSet<u64>,
    /// The effects of the faults.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// Acknowledged events that were lost.
    pub lost: u64,
    /// Events and answers that were served wrong.
    pub served_wrong: u64,
    /// Other broken promises: a start, a stop, a message, a check.
    pub other: u64,
}

/// All cases.
#[derive(Debug, Clone)]
pub struct Table {
    /// The number of calls of each class in every run of the workload.
    calls: BTreeMap<Class, u64>,
    step: u64,
    rows: BTreeMap<(Class, Kind), Row>,
    acknowledged: u64,
    violations: Vec<Injection>,
    began: Instant,
}

/// The table as JSON.
#[derive(Debug, Clone, Serialize)]
pub struct TableSummary {
    calls: BTreeMap<&'static str, u64>,
    step: u64,
    cases: u64,
    calls_failed: u64,
    calls_not_reached: u64,
    acknowledged_events: u64,
    outcomes: BTreeMap<&'static str, u64>,
    lost: u64,
    served_wrong: u64,
    other_violations: u64,
    violations: Vec<String>,
    elapsed_seconds: f64,
}

impl Table {
    pub(super) fn new(calls: BTreeMap<Class, u64>, step: NonZeroU64) -> Self {
        let (rows, violations) = (BTreeMap::new(), Vec::new());
        Self { calls, step: step.get(), rows, acknowledged: 0, violations, began: Instant::now() }
    }

    pub(super) fn add(&mut self, injection: Injection, result: &CaseResult) {
        let row = self.rows.entry((injection.class, injection.kind)).or_default();
        row.cases += 1;
        if !result.report.injected.is_empty() {
            row.fired.insert(injection.at);
            *row.outcomes.entry(result.outcome).or_default() += 1;
        }
        for (kind, count) in &result.violations {
            let sum = match *kind {
                kind if kind == Promise::Lost.as_str() => &mut row.lost,
                kind if kind == Promise::Refused.as_str() || kind == Promise::Damaged.as_str() => &mut row.other,
                _ => &mut row.served_wrong,
            };
            *sum += count;
        }
        self.acknowledged += result.acknowledged;
        if !result.violations.is_empty() {
            self.violations.push(injection);
            let files = result.report.injected.join(" ");
            eprintln!("^ {injection} ({files}): {}, {:?}", result.outcome.as_str(), result.violations);
            eprintln!("  again: hammer faults --server-binary … --only {injection}");
        }
        let cases = self.cases();
        if cases.is_multiple_of(100) {
            eprintln!("{cases} cases, now {injection}; {} broke a promise", self.violations.len());
        }
    }

    /// The faults under which a promise was broken.
    #[must_use]
    pub fn violations(&self) -> &[Injection] {
        &self.violations
    }

    /// One row for each class and kind.
    #[must_use]
    pub const fn rows(&self) -> &BTreeMap<(Class, Kind), Row> {
        &self.rows
    }

    /// Calls that every run makes but no fault reached, although each was meant to be reached: empty, unless the
    /// workload differs between runs.
    #[must_use]
    pub fn not_reached(&self) -> Vec<Injection> {
        let missing = |(&(class, kind), row): (&(Class, Kind), &Row)| {
            let calls = self.calls.get(&class).copied().unwrap_or(0);
            let calls = if self.step == 1 && kind.fault != super::Fault::Short { calls } else { 0 };
            let fired = row.fired.clone();
            (1..=calls).filter(move |at| !fired.contains(at)).map(move |at| Injection { class, kind, at })
        };
        self.rows.iter().flat_map(missing).collect()
    }

    /// The table for machines.
    #[must_use]
    pub fn summary(&self) -> TableSummary {
        let mut outcomes = BTreeMap::new();
        for (outcome, count) in self.rows.values().flat_map(|row| &row.outcomes) {
            *outcomes.entry(outcome.as_str()).or_default() += count;
        }
        let sum = |value: fn(&Row) -> u64| self.rows.values().map(value).sum();
        TableSummary {
            calls: self.calls.iter().map(|(class, calls)| (class.as_str(), *calls)).collect(),
            step: self.step,
            cases: self.cases(),
            calls_failed: sum(Row::fired),
            calls_not_reached: u64::try_from(self.not_reached().len()).unwrap_or(u64::MAX),
            acknowledged_events: self.acknowledged,
            outcomes,
            lost: sum(|row| row.lost),
            served_wrong: sum(|row| row.served_wrong),
            other_violations: sum(|row| row.other),
            violations: self.violations.iter().map(ToString::to_string).collect(),
            elapsed_seconds: self.began.elapsed().as_secs_f64(),
        }
    }

    fn cases(&self) -> u64 {
        self.rows.values().map(|row| row.cases).sum()
    }
}

impl Row {
    fn fired(&self) -> u64 {
        u64::try_from(self.fired.len()).unwrap_or(u64::MAX)
    }

    fn write(&self, name: &str, out: &mut String) -> fmt::Result {
        write!(out, "{name:<24} {:>6} {:>6}", self.cases, self.fired())?;
        for outcome in Outcome::ALL {
            write!(out, " {:>14}", self.outcomes.get(&outcome).copied().unwrap_or(0))?;
        }
        writeln!(out, " {:>5} {:>12} {:>6}", self.lost, self.served_wrong, self.other)
    }

    fn add(&mut self, other: &Self) {
        self.cases += other.cases;
        for (outcome, count) in &other.outcomes {
            *self.outcomes.entry(*outcome).or_default() += count;
        }
        self.lost += other.lost;
        self.served_wrong += other.served_wrong;
        self.other += other.other;
        // Only the total is meaningful; the numbers of different classes are unrelated.
        let first = self.fired.last().map_or(1, |last| last + 1);
        self.fired.extend(first..first + other.fired());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = format!("{:<24} {:>6} {:>6}", "fault", "cases", "fired");
        for outcome in Outcome::ALL {
            write!(text, " {:>14}", outcome.as_str())?;
        }
        writeln!(text, " {:>5} {:>12} {:>6}", "lost", "served wrong", "other")?;
        let mut sum = Row::default();
        for ((class, kind), row) in &self.rows {
            row.write(&format!("{} {}", class.as_str(), kind.as_str()), &mut text)?;
            sum.add(row);
        }
        sum.write("all", &mut text)?;
        formatter.write_str(&text)
    }
}
