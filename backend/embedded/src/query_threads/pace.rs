//! Owns the pace of one query: at full speed while it is short, and then in turn with the other long ones.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use auditlog_core::query::Turnstile;
use parking_lot::{Mutex, MutexGuard};
use rustix::time::{ClockId, clock_gettime};

use crate::query_threads::turns::{TURN, Ticket, Turns};

/// A query that has used this much CPU time is long. Rare matches and pages take a few milliseconds.
const LONG: Duration = Duration::from_millis(5);
/// How long a query waits for its turn before it checks whether its caller still waits.
const WAIT: Duration = Duration::from_millis(5);

/// The pace of one query, on its own thread and on its helpers.
#[derive(Debug)]
pub(super) struct Pace {
    turns: Arc<Turns>,
    phase: Mutex<Phase>,
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    /// It waits for its thread.
    Waiting,
    /// It has not used much CPU time since this instant, when its thread had used this much.
    Short(Instant, Duration),
    /// It waits for its turn.
    Queued(Ticket),
    /// Its turn began at this instant.
    Running(Instant),
    /// It has ended.
    Ended,
}

impl Pace {
    pub(super) fn new(turns: &Arc<Turns>) -> Self {
        Self { turns: Arc::clone(turns), phase: Mutex::new(Phase::Waiting) }
    }

    /// The query starts on this thread.
    pub(super) fn begin(&self) {
        *self.phase() = Phase::Short(Instant::now(), used());
    }

    /// The query ended, with or without success.
    pub(super) fn end(&self) {
        match std::mem::replace(&mut *self.phase(), Phase::Ended) {
            Phase::Waiting | Phase::Short(..) | Phase::Ended => {}
            Phase::Queued(ticket) => self.turns.leave(ticket),
            Phase::Running(_) => self.turns.end(),
        }
    }

    /// A poisoned lock means that another thread panicked; each change here is complete in itself.
    fn phase(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock()
    }

    /// Waits for the turn. The phase stays locked: of a query's threads one waits, and the others wait for that one.
    fn wait(&self, phase: &mut Phase, ticket: Ticket) -> bool {
        let has_come = self.turns.wait(ticket, WAIT);
        *phase = if has_come { Phase::Running(Instant::now()) } else { Phase::Queued(ticket) };
        has_come
    }
}

impl Turnstile for Pace {
    fn lets_pass(&self) -> bool {
        let mut phase = self.phase();
        match *phase {
            Phase::Waiting | Phase::Ended => true,
            Phase::Short(began, before) => {
                // Querying the CPU time costs more than reading the clock. A helper thread has used nothing before, so
                // the query's own thread is the one that finds out.
                if began.elapsed() < LONG || used() < before + LONG {
                    return true;
                }
                self.wait(&mut phase, self.turns.join())
            }
            Phase::Queued(ticket) => self.wait(&mut phase, ticket),
            Phase::Running(since) if since.elapsed() < TURN || !self.turns.is_waited_for() => true,
            Phase::Running(_) => {
                self.turns.end();
                self.wait(&mut phase, self.turns.join())
            }
        }
    }
}

/// The CPU time that this thread has used.
fn used() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}
