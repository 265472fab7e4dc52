//! Owns the readings of a server's metrics, and their sums over restarts.

use std::ops::{Add, Sub};

use crate::{
    server::{Metrics, ServerProcess},
    soak::{Counted, Standing},
};

/// Reads a server's metrics at intervals. Increases between the last reading and a kill are lost.
#[derive(Debug, Default)]
pub(super) struct Sampler {
    /// Since the first look.
    counted: Counted,
    /// The last reading of the running process.
    process: Counted,
    /// The sum at the end of the last period.
    period: Counted,
    now: Standing,
    peak: Standing,
}

/// The readings of a period.
pub(super) struct Sampled {
    /// The maxima.
    pub(super) peak: Standing,
    /// The increase of the counters.
    pub(super) counted: Counted,
}

impl Sampler {
    /// Changes nothing if the server does not answer.
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

    /// Ends a period.
    pub(super) fn take(&mut self) -> Sampled {
        let counted = self.counted.with(self.period, f64::sub);
        self.period = self.counted;
        Sampled { peak: std::mem::take(&mut self.peak), counted }
    }

    pub(super) const fn now(&self) -> Standing {
        self.now
    }

    pub(super) const fn counted(&self) -> Counted {
        self.counted
    }
}
