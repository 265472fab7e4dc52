//! Owns the figures of a campaign.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use serde::Serialize;

use crate::{
    campaign::Fault,
    load::{Latencies, Outcome, Percentiles},
    record::{Kind, Record},
    server::Metrics,
    verify::Verified,
};

/// The actions and findings of a campaign.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// All interruptions.
    pub interruptions: u64,
    /// Those before the server had reported that it is ready.
    pub during_start: u64,
    /// Data directories used.
    pub directories: u64,
    /// Events acknowledged.
    pub acknowledged: u64,
    /// Events sent and not answered by the end.
    pub in_doubt: u64,
    /// Seals that the servers reported before they were interrupted.
    pub seals: f64,
    /// Compactions that they reported.
    pub compactions: f64,
    /// `auditlog check` runs that were clean.
    pub clean_checks: u64,
    /// What the proofs covered.
    pub verified: Verified,
    /// The times from start to readiness.
    pub starts: Latencies,
    /// Broken promises of each kind.
    pub violations: BTreeMap<&'static str, u64>,
    began: Option<Instant>,
}

/// The tally as JSON.
#[derive(Debug, Clone, Serialize)]
pub struct TallySummary {
    interruptions: u64,
    during_start: u64,
    directories: u64,
    acknowledged_events: u64,
    in_doubt_events: u64,
    seals: f64,
    compactions: f64,
    clean_checks: u64,
    verified: Verified,
    start: Percentiles,
    elapsed_seconds: f64,
    violations: BTreeMap<&'static str, u64>,
}

impl Tally {
    /// Records a load that ended with an interruption.
    pub(super) fn add_load(&mut self, outcome: &Outcome, metrics: &Metrics) {
        self.began.get_or_insert_with(Instant::now);
        self.acknowledged += outcome.stored + outcome.duplicates;
        self.seals += metrics.sum("auditlog_store_seals_total");
        self.compactions += metrics.sum("auditlog_store_compactions_total");
    }

    /// Records a start.
    pub(super) fn add_start(&mut self, took: Duration) {
        self.began.get_or_insert_with(Instant::now);
        self.starts.note(took);
    }

    /// Notes what a record holds against the server.
    pub(super) fn set_violations(&mut self, record: &Record) {
        self.violations = record.violations().counts();
    }

    /// Records a server that did not start, or did not answer, after an interruption.
    pub(super) fn count_refusal(&mut self, fault: &Fault) {
        eprintln!("VIOLATION {}: {fault}", Kind::Refused.as_str());
        *self.violations.entry(Kind::Refused.as_str()).or_default() += 1;
    }

    /// One line of progress.
    pub(super) fn print_progress(&self, of: u64) {
        if self.interruptions.is_multiple_of(20) || self.interruptions == of || !self.violations.is_empty() {
            eprintln!(
                "{}/{of} interruptions ({} during start), {} events acknowledged, {} walked, {} seals, {} compactions, {:.0} s",
                self.interruptions,
                self.during_start,
                self.acknowledged,
                self.verified.walked,
                self.seals,
                self.compactions,
                self.elapsed_seconds()
            );
        }
    }

    /// The tally for machines.
    #[must_use]
    pub fn summary(&self) -> TallySummary {
        TallySummary {
            interruptions: self.interruptions,
            during_start: self.during_start,
            directories: self.directories,
            acknowledged_events: self.acknowledged,
            in_doubt_events: self.in_doubt,
            seals: self.seals,
            compactions: self.compactions,
            clean_checks: self.clean_checks,
            verified: self.verified.clone(),
            start: self.starts.percentiles(),
            elapsed_seconds: self.elapsed_seconds(),
            violations: self.violations.clone(),
        }
    }

    fn elapsed_seconds(&self) -> f64 {
        self.began.map_or(0.0, |began| began.elapsed().as_secs_f64())
    }
}
