//! Owns the reading of a server's numbers, and their sums over restarts.

use std::ops::{Add, Sub};

use crate::{
    server::{Metrics, ServerProcess},
    soak::{Counted, Standing},
};

/// Looks at a server from time to time. What it counts between the last look and a kill is not known.
#[derive(Debug, Default)]
pub(super) struct Sampler {
    /// Since the first look.
    counted: Counted,
    /// What the running process said last.
    process: Counted,
    /// The sum when a period ended last.
    period: Counted,
    now: Standing,
    peak: Standing,
}

impl Sampler {
    /// Nothing changes where the server does not answer.
    pub(super) async fn look(&mut self, server: &ServerProcess) {
        let metrics = Metrics::ask(server.address()).await;
        if metrics.is_empty() {
            return;
        }
        let process = Counted::read(&metrics, server.id());
        self.counted = self.counted.with(process.with(self.process, f64::sub), f64::add);
        self.process = process;
        self.now = Standing::read(&metrics);
        self.peak = self.peak.with(self.now, f64::max);
    }

    /// A new process counts from 0.
    pub(super) fn restarted(&mut self) {
        self.process = Counted::default();
    }

    /// The highest numbers of the period that ends now, and what was counted in it.
    pub(super) fn take(&mut self) -> (Standing, Counted) {
        let counted = self.counted.with(self.period, f64::sub);
        self.period = self.counted;
        (std::mem::take(&mut self.peak), counted)
    }

    pub(super) const fn now(&self) -> Standing {
        self.now
    }

    pub(super) const fn counted(&self) -> Counted {
        self.counted
    }
}
